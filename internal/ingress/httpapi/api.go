// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/credential"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/ingress/desk"
	"workstream.dev/operator/internal/view"
)

// Verifier says whose a token is; an auth.Verifier.
type Verifier interface {
	Verify(ctx context.Context, token string) (auth.Caller, error)
}

// Streamer keeps the stream of an agent; a wsapi.Server. An error is one that is still to be answered.
type Streamer interface {
	Serve(w http.ResponseWriter, r *http.Request, caller *auth.Caller, token string) error
}

// Options are what the API needs.
type Options struct {
	// Namespace is the one that is served.
	Namespace string
	Doer      ingress.Doer
	// View is what reads are answered from, and where the plan in force is.
	View *view.View
	// Ready reports whether View has all that the journal has. Nothing is answered from half a state.
	Ready       func() bool
	Verifier    Verifier
	Streamer    Streamer
	Credentials *credential.Dir
	Log         *slog.Logger
	Metrics     prometheus.Registerer
}

// API is the handler of all paths.
type API struct {
	Options

	desk    desk.Desk
	mux     *http.ServeMux
	metrics *metrics
	now     func() time.Time
	newID   func() string
	tags    string // what the tags of this process begin with
}

// New returns the API.
func New(o Options) *API {
	a := &API{
		Options: o, desk: desk.Desk{Doer: o.Doer, Timeline: o.View}, mux: http.NewServeMux(), metrics: newMetrics(o.Metrics),
		now: time.Now, newID: ingress.NewID, tags: ingress.NewID(),
	}
	for _, r := range routes() {
		a.mux.HandleFunc(r.method+" "+r.path, func(w http.ResponseWriter, req *http.Request) { a.serve(w, req, &r) })
	}
	return a
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, pattern := a.mux.Handler(r)
	handler := http.Handler(a.mux) // it alone sets the values of the path
	if pattern == "" {
		handler = unmatched(found)
	}
	a.observe(w, r, pattern, handler)
}

// unmatched answers with problems where the mux would with text: no such path, or not this method.
func unmatched(mux http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		probe := &headersOnly{header: http.Header{}}
		mux.ServeHTTP(probe, r)
		p := ingress.NewProblem(http.StatusNotFound, ingress.ReasonNotFound, "nothing is at this path; /openapi.yaml lists what is")
		if probe.status == http.StatusMethodNotAllowed {
			allow := probe.header.Get("Allow")
			w.Header().Set("Allow", allow)
			p = ingress.NewProblem(http.StatusMethodNotAllowed, ingress.ReasonMethodNotAllowed, "allowed here: "+allow)
		}
		p.Write(w)
	})
}

// headersOnly is a response writer that forgets the body.
type headersOnly struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (h *headersOnly) Header() http.Header { return h.header }

// Write implements http.ResponseWriter.
func (h *headersOnly) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements http.ResponseWriter.
func (h *headersOnly) WriteHeader(status int) { h.status = status }

// NewServer returns a server with time-outs for every way of being slow. Streams set their own once they are upgraded.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		// What it has to say is about clients that misbehave.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
