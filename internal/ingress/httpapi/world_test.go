// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/channel/custom"
	"workstream.dev/operator/internal/credential"
	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/ingress/desk"
	"workstream.dev/operator/internal/ingress/wsapi"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/view"
)

const (
	issuerName = "https://login.contoso.example"
	secret     = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	root       = "/v1/namespaces/contoso"
)

// world is the API over a real engine, view, verifier and stream server. What it lacks is a journal.
type world struct {
	t       *testing.T
	api     *API
	view    *view.View
	streams *wsapi.Server
	metrics *prometheus.Registry
	key     *ecdsa.PrivateKey
	dir     string
	log     *strings.Builder
	spec    *validator

	mu     sync.Mutex
	engine *engine.Engine
	ahead  time.Duration // of the engine's clock before the real one
	fail   error         // what Do returns instead
	live   map[string]int
}

func testPlan() *plan.Plan {
	offer := plan.Offer{Timeout: 2 * time.Minute, ReofferAfter: 2 * time.Minute, MaxDeclines: 3}
	roles := []plan.Role{plan.RoleAgent}
	presences := []plan.Presence{plan.Available, plan.Busy}
	queue := func(name string, typ plan.ItemType, method plan.Method) plan.Queue {
		return plan.Queue{Name: name, Type: typ, Priority: 100, Method: method}
	}
	return &plan.Plan{
		Namespace: "contoso",
		Workstreams: []plan.Workstream{
			{
				Name: "chat", Revision: "r1", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Units: 30,
				AllowedPresences: presences, Offer: offer, WrapUp: plan.WrapUp{Block: plan.BlockAlways}, Lifecycle: plan.DefaultLifecycle(plan.Messaging, "Custom", 8*time.Hour),
				Experience: experience(),
				Variables:  []plan.Variable{{Name: "basket", Kind: rule.Number}, {Name: "tier", Kind: rule.Text}},
				Routing: plan.Routing{Fallback: "general", Ruleset: "chat", Rules: []plan.Rule{{
					Name: "vip", Split: []plan.Target{{Queue: "vip", Percent: 100}},
					When: &rule.Condition{Attribute: "context.tier", Operator: rule.Equal, Values: []string{"gold"}},
				}}},
			},
			{
				Name: "cases", Revision: "r2", Type: plan.Record, RecordType: "case", Mode: plan.Pick, Units: 10,
				AllowedPresences: presences, Offer: offer, Routing: plan.Routing{Fallback: "backlog"},
			},
		},
		Channels: []plan.Channel{
			{
				Name: "shop", Workstream: "chat", Type: "Custom",
				Custom: &plan.Custom{Address: "web", Credentials: "web", CallbackURL: "https://example.com/callback"},
			},
			{
				Name: "unready", Workstream: "chat", Type: "Custom",
				Custom: &plan.Custom{Address: "unready", Credentials: "missing"},
			},
		},
		Queues: []plan.Queue{
			queue("vip", plan.Messaging, plan.HighestCapacity), queue("general", plan.Messaging, plan.RoundRobin),
			queue("backlog", plan.Record, plan.LeastActive),
		},
		Agents: []plan.Agent{
			{Name: "ann", DisplayName: "Ann", Subject: "ann@contoso.com", Roles: roles, Units: 100, Queues: []string{"vip"}},
			{Name: "bob", Subject: "bob@contoso.com", Roles: roles, Units: 20, Queues: []string{"backlog", "general"}},
		},
		Issuers: []plan.Issuer{{Issuer: issuerName, Audiences: []string{"workstream"}, JWKSFile: "keys.jwks.json"}},
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	w := &world{
		t: t, view: view.New(), engine: engine.New(), key: key, dir: t.TempDir(), live: map[string]int{},
		metrics: prometheus.NewRegistry(), log: &strings.Builder{}, spec: newValidator(t),
	}
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256"}}})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(w.dir, "keys.jwks.json"), keys, 0o600))
	must(t, os.WriteFile(filepath.Join(w.dir, "web.signingSecret"), []byte(secret), 0o600))
	credentials := credential.NewDir(w.dir, nil)
	verifier := auth.New(w.view.Plan, credentials)
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	w.streams = wsapi.New(wsapi.Options{
		Presence: w, Streams: w.view, Verifier: verifier, Plan: w.view.Plan, Commands: &desk.Desk{Doer: w, Timeline: w.view},
		Log: log, Metrics: w.metrics,
	})
	w.api = New(Options{
		Namespace: "contoso", Doer: w, View: w.view, Ready: func() bool { return true }, Verifier: verifier,
		Streamer: w.streams, Credentials: credentials, Log: log, Metrics: w.metrics,
	})
	w.activate(testPlan())
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) activate(p *plan.Plan) {
	w.t.Helper()
	_, version, err := p.Encode()
	must(w.t, err)
	_, err = w.Do(w.t.Context(), event.ActivatePlan{Version: version, Plan: p})
	must(w.t, err)
}

// Do implements ingress.Doer.
func (w *world) Do(_ context.Context, cmd event.Command) (event.Result, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return event.Result{}, w.fail
	}
	out, err := w.engine.Step(event.Instant(time.Now().Add(w.ahead).UnixMicro()), cmd)
	if err != nil {
		return out.Result, err
	}
	w.view.Fold(out.Events)
	return out.Result, w.engine.CheckInvariants()
}

// AgentConnected implements wsapi.Presence.
func (w *world) AgentConnected(ctx context.Context, agent string) error {
	w.mu.Lock()
	w.live[agent]++
	first := w.live[agent] == 1
	w.mu.Unlock()
	if !first {
		return nil
	}
	_, err := w.Do(ctx, event.ConnectAgent{Agent: agent})
	return err
}

// AgentDisconnected implements wsapi.Presence.
func (w *world) AgentDisconnected(agent string) {
	w.mu.Lock()
	w.live[agent]--
	last := w.live[agent] == 0
	w.mu.Unlock()
	if last {
		_, _ = w.Do(context.Background(), event.DisconnectAgent{Agent: agent})
	}
}

// connect makes an agent reachable without a socket.
func (w *world) connect(agent string) {
	w.t.Helper()
	must(w.t, w.AgentConnected(w.t.Context(), agent))
	result, err := w.Do(w.t.Context(), event.SetPresence{Agent: agent, Presence: plan.Available})
	must(w.t, err)
	if result.Rejected != nil {
		w.t.Fatal(result.Rejected.Message)
	}
}

// advance lets time go by for the engine.
func (w *world) advance(d time.Duration) {
	w.t.Helper()
	w.mu.Lock()
	w.ahead += d
	w.mu.Unlock()
	_, err := w.Do(w.t.Context(), event.Tick{})
	must(w.t, err)
}

func (w *world) refuseAll(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = err
}

// token is one of the issuer's, for an hour.
func (w *world) token(subject string, roles ...string) string {
	w.t.Helper()
	return w.tokenOf(w.key, jwt.Claims{
		Issuer: issuerName, Subject: subject, Audience: jwt.Audience{"workstream"}, Expiry: jwt.NewNumericDate(time.Now().Add(time.Hour)),
	}, roles...)
}

func (w *world) tokenOf(key *ecdsa.PrivateKey, claims jwt.Claims, roles ...string) string {
	w.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	must(w.t, err)
	token, err := jwt.Signed(signer).Claims(claims).Claims(map[string]any{"roles": roles}).Serialize()
	must(w.t, err)
	return token
}

func (w *world) ann() string        { return w.token("ann@contoso.com") }
func (w *world) bob() string        { return w.token("bob@contoso.com") }
func (w *world) supervisor() string { return w.token("sue@contoso.com", "Supervisor") }
func (w *world) system() string     { return w.token("case-system", "Integration") }

// response is an answer that the document allows.
type response struct {
	status  int
	header  http.Header
	body    map[string]any
	problem ingress.Problem
}

func (r *response) text(field string) string {
	s, _ := r.body[field].(string)
	return s
}

// call sends a request with a token and a JSON body, both may be empty, and holds the answer against the document.
func (w *world) call(method, path, token, body string, headers ...string) *response {
	w.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, reader)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.send(r, body)
}

func (w *world) send(r *http.Request, body string) *response {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	got := &response{status: rec.Code, header: rec.Header()}
	w.spec.check(w.t, r, body, rec)
	if strings.HasSuffix(rec.Header().Get("Content-Type"), "json") {
		must(w.t, json.Unmarshal(rec.Body.Bytes(), &got.body))
	}
	if rec.Code >= 400 {
		if ct := rec.Header().Get("Content-Type"); ct != "application/problem+json" {
			w.t.Errorf("%s %s: a problem of type %q", r.Method, r.URL.Path, ct)
		}
		must(w.t, json.Unmarshal(rec.Body.Bytes(), &got.problem))
		if got.problem.Status != rec.Code {
			w.t.Errorf("%s %s: status %d, in the problem %d", r.Method, r.URL.Path, rec.Code, got.problem.Status)
		}
	}
	return got
}

// want sends a request, METHOD PATH, that must have that status.
func (w *world) want(status int, target, token, body string, headers ...string) *response {
	w.t.Helper()
	method, path, _ := strings.Cut(target, " ")
	got := w.call(method, path, token, body, headers...)
	if got.status != status {
		w.t.Fatalf("%s: got %d %v, want %d", target, got.status, got.body, status)
	}
	return got
}

// wantProblem sends a request that must fail so: STATUS REASON.
func (w *world) wantProblem(want, target, token, body string, headers ...string) *response {
	w.t.Helper()
	method, path, _ := strings.Cut(target, " ")
	got := w.call(method, path, token, body, headers...)
	if answer := fmt.Sprintf("%d %s", got.status, got.problem.Reason); answer != want {
		w.t.Fatalf("%s: got %s (%s), want %s", target, answer, got.problem.Detail, want)
	}
	return got
}

// signed are the headers of a webhook that is sent now.
func signed(id, body string) []string { return signedAt(id, body, time.Now()) }

func signedAt(id, body string, at time.Time) []string {
	keys, err := custom.Keys([]byte(secret))
	if err != nil {
		panic(err)
	}
	return []string{
		custom.HeaderID, id, custom.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10),
		custom.HeaderSignature, custom.Sign(keys[0], id, at, []byte(body)),
	}
}

const webhookPath = "/webhooks/contoso/web"

func message(conversation, text string) string {
	return `{"type":"message.created","data":{"conversation":"` + conversation + `","customer":{"id":"u1","name":"Mia"},` +
		`"message":{"text":"` + text + `"},"context":{"tier":"gold"}}}`
}

// write sends a customer's message and returns the item.
func (w *world) write(conversation, text string) string {
	w.t.Helper()
	body := message(conversation, text)
	return w.want(http.StatusAccepted, "POST "+webhookPath, "", body, signed(ingress.NewID(), body)...).text("item")
}

// offer returns the offer that is out for an item.
func (w *world) offer(item string) string {
	w.t.Helper()
	it, found := w.view.Item(item)
	if !found || it.Offer == nil {
		w.t.Fatalf("item %s is not offered: %+v", item, it)
	}
	return it.Offer.ID
}
