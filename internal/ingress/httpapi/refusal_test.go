// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/plan"
)

func TestWebhookRefusesWhatIsNotSigned(t *testing.T) {
	w := newWorld(t)
	body := message("c-1", "hi")
	wrong := signed("w1", body)
	wrong[5] = "v1," + strings.Repeat("A", 43) + "="
	for name, tc := range map[string]struct {
		headers []string
		field   string
	}{
		"no headers":          {nil, "webhook-id"},
		"another signature":   {wrong, "webhook-signature"},
		"another body's":      {signed("w1", body+" "), "webhook-signature"},
		"an old one":          {signedAt("w1", body, time.Now().Add(-6*time.Minute)), "webhook-timestamp"},
		"one from the future": {signedAt("w1", body, time.Now().Add(6*time.Minute)), "webhook-timestamp"},
	} {
		got := w.wantProblem("401 InvalidSignature", "POST "+webhookPath, "", body, tc.headers...)
		if got.problem.Field != tc.field {
			t.Errorf("%s: field %q, want %q", name, got.problem.Field, tc.field)
		}
	}
	if n := w.view.Seq(); n != 1 {
		t.Errorf("%d events after refusals, want only the plan's", n)
	}
}

func TestWebhookIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	body := message("c-1", "once")
	first := w.want(202, "POST "+webhookPath, "", body, signed("w1", body)...)
	// A retry carries a new time, so a new signature.
	again := w.want(202, "POST "+webhookPath, "", body, signedAt("w1", body, time.Now().Add(time.Minute))...)
	if first.body["duplicate"] != false || again.body["duplicate"] != true ||
		first.text("item") != again.text("item") || first.text("message") != again.text("message") {
		t.Errorf("first %v, then %v", first.body, again.body)
	}
	other := message("c-1", "twice")
	w.wantProblem("422 IntakeKeyReused", "POST "+webhookPath, "", other, signed("w1", other)...)
	assertTexts(t, w, first.text("item"), []string{"once"})

	leave := `{"type":"conversation.ended","data":{"conversation":"c-1"}}`
	w.want(202, "POST "+webhookPath, "", leave, signed("w2", leave)...)
	if again := w.want(202, "POST "+webhookPath, "", leave, signed("w2", leave)...); again.body["duplicate"] != true {
		t.Errorf("the end again: %v", again.body)
	}
	w.wantProblem("404 UnknownConversation", "POST "+webhookPath, "", leave, signed("w3", leave)...)
}

func TestWebhookRefusesBadBodies(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct {
		body   string
		status int
		reason string
		field  string
	}{
		"1 MB":         {`{"type":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "BodyTooLarge", ""},
		"broken JSON":  {`{"type":"message.created","data":{`, 400, "MalformedBody", ""},
		"wrong type":   {`{"type":"message.created","data":{"conversation":1}}`, 422, "InvalidField", "data.conversation"},
		"unknown type": {`{"type":"message.read","data":{}}`, 422, "InvalidField", "type"},
	} {
		got := w.wantProblem(fmt.Sprintf("%d %s", tc.status, tc.reason), "POST "+webhookPath, "", tc.body, signed("w1", tc.body)...)
		if got.problem.Field != tc.field {
			t.Errorf("%s: field %q", name, got.problem.Field)
		}
	}
	body := message("c", "hi")
	for _, id := range []string{"caf\xe9", "a\tb"} {
		if got := w.wantProblem("400 BadRequest", "POST "+webhookPath, "", body, signed(id, body)...); got.problem.Field != "webhook-id" {
			t.Errorf("an id that no log can hold: field %q", got.problem.Field)
		}
	}
	w.want(202, "POST "+webhookPath, "", body, signed("café 🎈", body)...)
	w.wantProblem("404 UnknownChannel", "POST /webhooks/contoso/nowhere", "", body, signed("w1", body)...)
	w.wantProblem("404 NotFound", "POST /webhooks/fabrikam/web", "", body, signed("w1", body)...)
	w.wantProblem("415 UnsupportedMediaType", "POST "+webhookPath, "", body,
		append(signed("w1", body), "Content-Type", "application/x-www-form-urlencoded")...)
	got := w.wantProblem("503 CredentialsPending", "POST /webhooks/contoso/unready", "", body, signed("w1", body)...)
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if w.log.String() != "" {
		t.Errorf("strangers fill the log: %s", w.log)
	}
}

func TestRecordRefusals(t *testing.T) {
	w := newWorld(t)
	const records = root + "/workstreams/cases/records"
	for name, tc := range map[string]struct {
		body  string
		field string
		also  bool // the document forbids it too
	}{
		"no id":                 {`{}`, "id", true},
		"a long id":             {`{"id":"` + strings.Repeat("x", 257) + `"}`, "id", true},
		"an unknown field":      {`{"id":"1","attrs":{}}`, "attrs", true},
		"attributes as a list":  {`{"id":"1","attributes":[]}`, "attributes", true},
		"attributes null":       {`{"id":"1","attributes":null}`, "attributes", true},
		"a blank id":            {`{"id":" "}`, "id", true},
		"the id twice":          {`{"id":"1","id":"2"}`, "id", false},
		"an attribute twice":    {`{"id":"1","attributes":{"a":1,"a":2}}`, "attributes.a", false},
		"the id in capitals":    {`{"ID":"1"}`, "ID", true},
		"a customer as text":    {`{"id":"1","customer":"u1"}`, "customer", true},
		"a customer null":       {`{"id":"1","customer":null}`, "customer", true},
		"more of a customer":    {`{"id":"1","customer":{"mail":"x"}}`, "mail", true},
		"a customer's long id":  {`{"id":"1","customer":{"id":"` + strings.Repeat("x", 257) + `"}}`, "customer.id", true},
		"a list null":           {`{"id":"1","customer":{"neverAgents":null}}`, "customer.neverAgents", true},
		"four preferred agents": {`{"id":"1","customer":{"preferredAgents":["a","b","c","d"]}}`, "customer.preferredAgents", true},
		"a wrong name":          {`{"id":"1","customer":{"neverAgents":["ann","Bob"]}}`, "customer.neverAgents", true},
		"a number as name":      {`{"id":"1","customer":{"preferredAgents":[1]}}`, "customer.preferredAgents", true},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			got := w.wantProblem("422 InvalidField", "POST "+records, w.system(), tc.body)
			if got.problem.Field != tc.field {
				t.Errorf("field %q (%s)", got.problem.Field, got.problem.Detail)
			}
			if tc.also {
				w.spec.wantRefused(t, "POST", records, tc.body)
			}
		})
	}
	w.t = t
	w.wantProblem("404 UnknownWorkstream", "POST "+root+"/workstreams/none/records", w.system(), `{"id":"1"}`)
	w.wantProblem("409 NotARecordWorkstream", "POST "+root+"/workstreams/chat/records", w.system(), `{"id":"1"}`)
	w.wantProblem("413 BodyTooLarge", "POST "+records, w.system(), `{"id":"`+strings.Repeat("x", ingress.MaxBody)+`"}`)
	w.wantProblem("422 InvalidField", "POST "+records, w.system(), `{"id":"1"}`, "Idempotency-Key", strings.Repeat("k", 256))
	w.wantProblem("403 Forbidden", "POST "+records, w.ann(), `{"id":"1"}`)

	for _, key := range []string{"caf\xe9", "a\tb"} { // Latin-1, and a tab: what a journal would change, or a log misread
		w.wantProblem("400 BadRequest", "POST "+records, w.system(), `{"id":"1"}`, "Idempotency-Key", key)
	}
	first := w.want(202, "POST "+records, w.system(), `{"id":"1"}`, "Idempotency-Key", "k")
	again := w.want(202, "POST "+records, w.system(), `{ "id": "1" }`, "Idempotency-Key", "k")
	if again.body["duplicate"] != true || again.text("item") != first.text("item") {
		t.Errorf("first %v, then %v", first.body, again.body)
	}
	w.wantProblem("422 IntakeKeyReused", "POST "+records, w.system(), `{"id":"2"}`, "Idempotency-Key", "k")
}

func TestTokensAreRefused(t *testing.T) {
	w := newWorld(t)
	foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	claims := jwt.Claims{
		Issuer: issuerName, Subject: "ann@contoso.com", Audience: jwt.Audience{"workstream"},
		Expiry: jwt.NewNumericDate(time.Now().Add(time.Hour)),
	}
	expired := claims
	expired.Expiry = jwt.NewNumericDate(time.Now().Add(-5 * time.Minute))
	elsewhere := claims
	elsewhere.Audience = jwt.Audience{"mail"}
	for name, tc := range map[string]struct{ token, challenge string }{
		"none":             {"", `Bearer realm="workstream"`},
		"nonsense":         {"nonsense", "no signed JWT"},
		"expired":          {w.tokenOf(w.key, expired), "expired at"},
		"foreign":          {w.tokenOf(foreign, claims), "signature"},
		"another audience": {w.tokenOf(w.key, elsewhere), "another audience"},
	} {
		got := w.wantProblem("401 Unauthenticated", "GET "+root+"/agent", tc.token, "")
		challenge := got.header.Get("WWW-Authenticate")
		if !strings.Contains(challenge, tc.challenge) || tc.token != "" && !strings.Contains(challenge, `error="invalid_token"`) {
			t.Errorf("%s: WWW-Authenticate is %s", name, challenge)
		}
		if tc.token != "" && strings.Contains(challenge+got.problem.Detail+w.log.String(), tc.token) {
			t.Errorf("%s: the token is repeated", name)
		}
	}
	// Who is unknown does not learn which namespace is served.
	w.wantProblem("401 Unauthenticated", "GET /v1/namespaces/fabrikam/agent", "", "")
	w.wantProblem("404 NotFound", "GET /v1/namespaces/fabrikam/agent", w.ann(), "")

	without := testPlan()
	without.Issuers = nil
	w.activate(without)
	got := w.wantProblem("401 Unauthenticated", "GET "+root+"/agent", w.ann(), "")
	if !strings.Contains(got.problem.Detail, "no token issuer is configured") {
		t.Errorf("without issuers: %s", got.problem.Detail)
	}
}

func TestKeysThatAreNotThereAreNotTheCallersFault(t *testing.T) {
	w := newWorld(t)
	p := testPlan()
	p.Issuers[0].JWKSFile = "later.jwks.json"
	w.activate(p)
	got := w.wantProblem("503 CredentialsPending", "GET "+root+"/agent", w.ann(), "")
	if got.header.Get("Retry-After") == "" || !strings.Contains(w.log.String(), "later.jwks.json") {
		t.Errorf("headers %v, log %s", got.header, w.log)
	}
}

func TestRolesAreAskedFor(t *testing.T) {
	w := newWorld(t)
	tokens := map[plan.Role]string{plan.RoleAgent: w.ann(), plan.RoleSupervisor: w.supervisor(), plan.RoleIntegration: w.system()}
	for _, r := range routes() {
		if len(r.roles) == 0 {
			continue
		}
		path := strings.NewReplacer("{namespace}", "contoso", "{item}", "x", "{offer}", "x", "{agent}", "x", "{workstream}", "x").Replace(r.path)
		for role, token := range tokens {
			got := w.call(r.method, path, token, "")
			if allowed := slices.Contains(r.roles, role); allowed == (got.problem.Reason == ingress.ReasonForbidden) {
				t.Errorf("%s %s as %s: %d %s", r.method, r.path, role, got.status, got.problem.Detail)
			}
		}
	}
}

func TestAgentsActOnWhatIsTheirs(t *testing.T) {
	w := newWorld(t)
	w.connect("ann")
	w.connect("bob")
	item := w.write("c-1", "hi")
	offer := w.offer(item)
	w.wantProblem("403 OfferNotYours", "POST "+root+"/offers/"+offer+"/accept", w.bob(), "")
	w.wantProblem("403 OfferNotYours", "POST "+root+"/offers/"+offer+"/decline", w.bob(), "")
	w.wantProblem("404 UnknownOffer", "POST "+root+"/offers/none/accept", w.ann(), "")
	w.want(200, "POST "+root+"/offers/"+offer+"/accept", w.ann(), "")
	for path, body := range map[string]string{
		"messages": `{"id":"r1","text":"x"}`, "end": "", "close": "", "transfer": `{"queue":"general"}`,
	} {
		w.wantProblem("403 ItemNotYours", "POST "+root+"/items/"+item+"/"+path, w.bob(), body)
	}
	w.want(200, "POST "+root+"/items/"+item+"/messages", w.ann(), `{"id":"r1","text":"x"}`)
	w.wantProblem("422 MessageIDReused", "POST "+root+"/items/"+item+"/messages", w.ann(), `{"id":"r1","text":"y"}`)
	w.wantProblem("404 UnknownQueue", "POST "+root+"/items/"+item+"/transfer", w.ann(), `{"queue":"none"}`)
	w.wantProblem("409 QueueTypeMismatch", "POST "+root+"/items/"+item+"/transfer", w.ann(), `{"queue":"backlog"}`)
	w.wantProblem("409 ItemNotPickable", "POST "+root+"/items/"+w.write("c-2", "hi")+"/pick", w.ann(), "")
	w.wantProblem("404 UnknownAgent", "POST "+root+"/items/"+item+"/assign", w.supervisor(), `{"agent":"none"}`)
	w.want(200, "POST "+root+"/items/"+item+"/end", w.ann(), "")
	w.wantProblem("409 WrongState", "POST "+root+"/items/"+item+"/messages", w.ann(), `{"id":"r2","text":"x"}`)
}

func TestOfferIsOver(t *testing.T) {
	w := newWorld(t)
	w.connect("ann")
	expired := w.offer(w.write("c-1", "hi"))
	w.advance(2*time.Minute + time.Second)
	w.wantProblem("409 OfferExpired", "POST "+root+"/offers/"+expired+"/accept", w.ann(), "")
	declined := w.offer(w.write("c-2", "hi"))
	w.want(200, "POST "+root+"/offers/"+declined+"/decline", w.ann(), "")
	w.wantProblem("409 OfferDeclined", "POST "+root+"/offers/"+declined+"/accept", w.ann(), "")
}

func TestCommandBodiesAreStrict(t *testing.T) {
	w := newWorld(t)
	w.connect("ann")
	for name, tc := range map[string]struct {
		method, path, body string
		status             int
		field              string
		also               bool // the document forbids it too
	}{
		"a field where there is none": {"POST", "/items/x/end", `{"why":"done"}`, 422, "why", true},
		"presence missing":            {"PUT", "/agent/presence", `{}`, 422, "presence", true},
		"presence as a number":        {"PUT", "/agent/presence", `{"presence":1}`, 422, "presence", true},
		"no presence of ours":         {"PUT", "/agent/presence", `{"presence":"Sleeping"}`, 422, "", false},
		"presence null":               {"PUT", "/agent/presence", `{"presence":null}`, 422, "presence", true},
		"presence twice":              {"PUT", "/agent/presence", `{"presence":"Away","presence":"Busy"}`, 422, "presence", false},
		"presence in capitals":        {"PUT", "/agent/presence", `{"PRESENCE":"Away"}`, 422, "PRESENCE", true},
		"null":                        {"POST", "/items/x/end", `null`, 422, "", true},
		"blank text":                  {"POST", "/items/x/messages", `{"id":"1","text":" \n"}`, 422, "text", true},
		"internal as a text":          {"POST", "/items/x/messages", `{"id":"1","text":"x","internal":"yes"}`, 422, "internal", true},
		"queue and agent":             {"POST", "/items/x/transfer", `{"queue":"vip","to":"bob"}`, 422, "to", true},
		"to nobody":                   {"POST", "/items/x/transfer", `{"to":""}`, 422, "queue", true},
		"to a blank":                  {"POST", "/items/x/transfer", `{"to":" "}`, 422, "to", true},
		"a consultation with nobody":  {"POST", "/items/x/consult", `{}`, 422, "agent", true},
		"no body where one is needed": {"PUT", "/agent/presence", ``, 415, "Content-Type", false},
		"empty text":                  {"POST", "/items/x/messages", `{"id":"1","text":""}`, 422, "text", true},
		"no id":                       {"POST", "/items/x/messages", `{"text":"x"}`, 422, "id", true},
		"an unknown field":            {"POST", "/items/x/messages", `{"id":"1","text":"x","html":"<b>"}`, 422, "html", true},
		"a very long text": {
			"POST", "/items/x/messages", `{"id":"1","text":"` + strings.Repeat("x", ingress.MaxText+1) + `"}`, 422, "text", true,
		},
		"broken JSON":                  {"POST", "/items/x/transfer", `{"queue"`, 400, "", false},
		"no queue":                     {"POST", "/items/x/transfer", `{}`, 422, "queue", true},
		"something after the object":   {"POST", "/items/x/transfer", `{"queue":"vip"}{}`, 400, "", false},
		"an optional body that is too": {"POST", "/items/x/end", `{"x":"` + strings.Repeat("x", ingress.MaxBody) + `"}`, 413, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			got := w.want(tc.status, tc.method+" "+root+tc.path, w.ann(), tc.body)
			if got.problem.Field != tc.field {
				t.Errorf("field %q (%s)", got.problem.Field, got.problem.Detail)
			}
			if tc.also {
				w.spec.wantRefused(t, tc.method, root+tc.path, tc.body)
			}
		})
	}
}

func TestPathsAndMethodsThatAreNotThere(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/nothing", root, root + "/items/x/y/z", "/webhooks/contoso"} {
		w.wantProblem("404 NotFound", "GET "+path, w.ann(), "")
	}
	got := w.wantProblem("405 MethodNotAllowed", "DELETE "+root+"/items/x", w.ann(), "")
	if allow := got.header.Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("Allow is %q", allow)
	}
	w.wantProblem("405 MethodNotAllowed", "GET "+webhookPath, "", "")
	count := testutil.CollectAndCount(w.api.metrics.durations)
	w.wantProblem("404 NotFound", "GET /made/up", "", "")
	if got := testutil.CollectAndCount(w.api.metrics.durations); got != count {
		t.Errorf("a path that was made up added %d time series", got-count)
	}
}

func TestFailuresOfTheDoer(t *testing.T) {
	w := newWorld(t)
	body := message("c", "hi")
	for name, tc := range map[string]struct {
		err    error
		status int
		reason string
		retry  bool
	}{
		"full":      {fmt.Errorf("appending: %w", ingress.ErrFull), 503, "JournalFull", true},
		"stopping":  {ingress.ErrStopping, 503, "Stopping", true},
		"not ready": {ingress.ErrNotReady, 503, "NotReady", true},
		"busy":      {ingress.ErrBusy, 503, "Busy", true},
		"too large": {ingress.ErrTooLarge, 413, "TooLarge", false},
		"uncertain": {ingress.ErrUncertain, 503, "OutcomeUnknown", true},
		"slow":      {context.DeadlineExceeded, 503, "OutcomeUnknown", true},
		"a bug":     {errors.New("secret detail"), 500, "Internal", false},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.refuseAll(tc.err)
			defer w.refuseAll(nil)
			got := w.wantProblem(fmt.Sprintf("%d %s", tc.status, tc.reason), "POST "+webhookPath, "", body, signed("w1", body)...)
			if (got.header.Get("Retry-After") != "") != tc.retry || strings.Contains(got.problem.Detail, "secret") {
				t.Errorf("headers %v, detail %s", got.header, got.problem.Detail)
			}
			// Reads go on.
			w.want(200, "GET "+root+"/queues", w.supervisor(), "")
		})
	}
	w.t = t
	w.want(202, "POST "+webhookPath, "", body, signed("w1", body)...) // nothing was remembered of the failures
}

func TestNothingIsAnsweredFromHalfAState(t *testing.T) {
	w := newWorld(t)
	w.api.Ready = func() bool { return false }
	w.wantProblem("503 NotReady", "GET "+root+"/queues", w.supervisor(), "")
	w.wantProblem("503 NotReady", "POST "+webhookPath, "", message("c", "hi"))
}

func TestPanicIsAnsweredWithoutDetail(t *testing.T) {
	w := newWorld(t)
	w.api.Verifier = nil
	got := w.wantProblem("500 Internal", "GET "+root+"/agent", w.ann(), "")
	if strings.Contains(got.problem.Detail, "nil") || !strings.Contains(w.log.String(), "serve.go") {
		t.Errorf("answered %q; the log says %s", got.problem.Detail, w.log)
	}
}

func TestCallerWhoIsGoneIsNotAnswered(t *testing.T) {
	w := newWorld(t)
	w.refuseAll(context.Canceled)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	body := message("c", "hi")
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, webhookPath, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i, h := 0, signed("w1", body); i < len(h); i += 2 {
		r.Header.Set(h[i], h[i+1])
	}
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	if rec.Body.Len() != 0 || w.log.Len() != 0 {
		t.Errorf("answered %d %s, log %s", rec.Code, rec.Body, w.log)
	}
}
