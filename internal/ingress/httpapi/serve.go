// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/ingress/desk"
	"workstream.dev/operator/internal/ingress/wsapi"
)

// call is a request on its way through a handler.
type call struct {
	*http.Request

	w      http.ResponseWriter
	caller *auth.Caller // nil where no token is asked for
	token  string
}

// answer is a success. A nil answer has been written already.
type answer struct {
	status   int
	body     any
	location string
	tag      string // of the content, for If-None-Match
	// raw replaces body.
	raw         []byte
	contentType string
}

func ok(body any) *answer { return &answer{status: http.StatusOK, body: body} }

// serve runs a route's checks in the order in which strangers may learn something: who they are, before what is here.
func (a *API) serve(w http.ResponseWriter, r *http.Request, to *route) {
	c := &call{Request: r, w: w}
	reply, err := a.handle(c, to)
	if err != nil {
		a.fail(c, err)
		return
	}
	if reply != nil {
		a.write(w, reply)
	}
}

func (a *API) handle(c *call, to *route) (*answer, error) {
	if !to.unready && (!a.Ready() || a.View.PlanVersion() == "") {
		return nil, ingress.ErrNotReady
	}
	if len(to.roles) > 0 {
		if err := a.authenticate(c); err != nil {
			return nil, err
		}
	}
	if ns := c.PathValue("namespace"); strings.Contains(to.path, "{namespace}") && ns != a.Namespace {
		return nil, ingress.NewProblem(http.StatusNotFound, ingress.ReasonNotFound, fmt.Sprintf("namespace %q is not served here", ns))
	}
	if len(to.roles) > 0 && !c.caller.Has(to.roles...) {
		return nil, ingress.NewProblem(http.StatusForbidden, ingress.ReasonForbidden, "this needs the role "+desk.RoleNames(to.roles))
	}
	return to.handle(a, c)
}

func (a *API) authenticate(c *call) error {
	c.token = tokenOf(c.Request)
	if c.token == "" {
		c.w.Header().Set("WWW-Authenticate", auth.Challenge(nil))
		return ingress.NewProblem(http.StatusUnauthorized, ingress.ReasonUnauthenticated, "a bearer token is missing")
	}
	caller, err := a.Verifier.Verify(c.Context(), c.token)
	refused := (*auth.Error)(nil)
	switch {
	case errors.As(err, &refused) && refused.Unavailable:
		a.Log.Warn("Verifying a token", "error", errors.Unwrap(refused))
		p := ingress.NewProblem(http.StatusServiceUnavailable, ingress.ReasonCredentialsPending, refused.Description)
		p.RetryAfter = 2
		return p
	case refused != nil:
		c.w.Header().Set("WWW-Authenticate", auth.Challenge(refused))
		return ingress.NewProblem(http.StatusUnauthorized, ingress.ReasonUnauthenticated, refused.Description)
	case err != nil:
		return err
	}
	c.caller = &caller
	return nil
}

// tokenOf is from the header, or for WebSockets from the subprotocols.
func tokenOf(r *http.Request) string {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(value)
	}
	return wsapi.Token(r)
}

// fail answers with err.
func (a *API) fail(c *call, err error) {
	p := (*ingress.Problem)(nil)
	if !errors.As(err, &p) {
		p = ingress.Failed(err)
	}
	if p == nil {
		if c.Context().Err() != nil {
			return // nobody is there to be answered
		}
		a.Log.Error("Handling a request", "route", c.Pattern, "error", err)
		p = fault()
	}
	p.Write(c.w)
}

// fault is the problem of what is nobody's but ours.
func fault() *ingress.Problem {
	return ingress.NewProblem(http.StatusInternalServerError, ingress.ReasonInternal, "something went wrong here; the log says what")
}

func (a *API) write(w http.ResponseWriter, reply *answer) {
	h := w.Header()
	if reply.tag != "" {
		h.Set("ETag", reply.tag)
	}
	if reply.status == http.StatusNotModified {
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(reply.status)
		return
	}
	body, contentType := reply.raw, reply.contentType
	if body == nil {
		var err error
		if body, err = json.Marshal(reply.body); err != nil {
			a.Log.Error("Encoding an answer", "error", err)
			fault().Write(w)
			return
		}
		contentType = "application/json"
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Type", contentType)
	if reply.location != "" {
		h.Set("Location", reply.location)
	}
	w.WriteHeader(reply.status)
	_, _ = w.Write(body) // a caller who is gone cannot be told so
}

// query refuses parameters other than these.
func query(c *call, allowed ...string) error {
	values, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return ingress.NewProblem(http.StatusBadRequest, ingress.ReasonBadRequest, "the query is not URL-encoded")
	}
	for name, given := range values {
		if len(given) > 1 {
			return parameter(name, given[1], "the parameter is given more than once")
		}
		if !slices.Contains(allowed, name) {
			p := ingress.NewProblem(http.StatusBadRequest, ingress.ReasonBadRequest,
				fmt.Sprintf("there is no parameter %q here; there are %s", name, strings.Join(allowed, ", ")))
			p.Field = name
			return p
		}
	}
	return nil
}
