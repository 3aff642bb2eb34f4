// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/testkit/apiclient"
)

const (
	testNamespace = "contoso"
	testIssuer    = "https://issuer.test"
	testAudience  = "workstream"
	// patience is for what happens soon; a test that waits for it has failed otherwise.
	patience = time.Minute
)

// world is everything around a distributor: its volume, its secrets, an identity provider, a business system that is
// called back. It outlives restarts.
type world struct {
	t        testing.TB
	dir      string
	issuer   *apiclient.Issuer
	secret   string
	callback *callback
	plan     []byte
	version  string
	log      *logbook
}

// logbook has all that was logged, from debug on. Whatever a test is about, nothing that is nobody's business may be in
// it.
type logbook struct {
	mu     sync.Mutex
	text   bytes.Buffer
	secret []string
}

// Write implements io.Writer.
func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if testing.Verbose() && !bytes.Contains(line, []byte("level=DEBUG")) {
		_, _ = os.Stderr.Write(line)
	}
	return l.text.Write(line)
}

// keepOut names what must not be logged.
func (l *logbook) keepOut(secret ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secret = append(l.secret, secret...)
}

func (l *logbook) check(tb testing.TB) {
	tb.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.secret {
		if bytes.Contains(l.text.Bytes(), []byte(s)) {
			tb.Errorf("the log has %q in it", s)
		}
	}
}

// callback is the receiver of a channel's outbound webhooks. It checks what it gets.
type callback struct {
	*httptest.Server

	mu     sync.Mutex
	got    []outbound
	status int // what it answers, 200 unless set
}

type outbound struct {
	ID   string
	Type string `json:"type"`
	Data struct {
		Conversation string `json:"conversation"`
		Item         string `json:"item"`
		Message      struct {
			ID   string `json:"id"`
			Text string `json:"text"`
		} `json:"message"`
	} `json:"data"`
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	issuer, err := apiclient.NewIssuer(testIssuer, testAudience)
	check(tb, err)
	w := &world{t: tb, dir: tb.TempDir(), issuer: issuer, secret: apiclient.NewSigningSecret(), log: &logbook{}}
	w.log.keepOut(w.secret, "Mia", "u1-private", "tier-gold")
	tb.Cleanup(func() { w.log.check(tb) })
	check(tb, os.Mkdir(w.credentials(), 0o700))
	check(tb, os.WriteFile(filepath.Join(w.credentials(), "web.signingSecret"), []byte(w.secret), 0o600))
	check(tb, os.WriteFile(filepath.Join(w.credentials(), "keys.jwks.json"), issuer.JWKS(), 0o600))
	w.callback = w.newCallback()
	w.setPlan(func(*plan.Plan) {})
	return w
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func (w *world) credentials() string { return filepath.Join(w.dir, "credentials") }

func (w *world) newCallback() *callback {
	c := &callback{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.t.Error(err)
		}
		id, ts := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
		if want := apiclient.Sign(w.secret, id, ts, body); r.Header.Get("webhook-signature") != want {
			w.t.Errorf("callback %s is not signed with the channel's secret", id)
		}
		o := outbound{ID: id}
		if err := json.Unmarshal(body, &o); err != nil {
			w.t.Error(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.status != 0 {
			rw.WriteHeader(c.status)
			return
		}
		c.got = append(c.got, o)
	}))
	w.t.Cleanup(c.Close)
	return c
}

// received are the different deliveries so far, in the order of their first arrival.
func (c *callback) received() []outbound {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []outbound
	for _, o := range c.got {
		if !slices.ContainsFunc(list, func(p outbound) bool { return p.ID == o.ID }) {
			list = append(list, o)
		}
	}
	return list
}

// setPlan makes the plan that new apps get.
func (w *world) setPlan(change func(*plan.Plan)) {
	w.t.Helper()
	p := &plan.Plan{
		Namespace: testNamespace,
		Workstreams: []plan.Workstream{
			{
				Name: "chat", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Units: 30,
				AllowedPresences: []plan.Presence{plan.Available, plan.Busy},
				Offer:            plan.Offer{Timeout: 2 * time.Minute, ReofferAfter: 2 * time.Minute, MaxDeclines: 3},
				WrapUp:           plan.WrapUp{Block: plan.BlockAlways}, Lifecycle: plan.DefaultLifecycle(plan.Messaging, "Custom", 8*time.Hour),
				Variables: []plan.Variable{{Name: "tier", Kind: rule.Text}},
				Routing: plan.Routing{Ruleset: "queues", Fallback: "general", Rules: []plan.Rule{{
					Name: "vip", Split: []plan.Target{{Queue: "vip", Percent: 100}},
					When: &rule.Condition{Attribute: "context.tier", Operator: rule.Equal, Values: []string{"tier-gold"}},
				}}},
			},
			{
				Name: "cases", Type: plan.Record, RecordType: "case", Mode: plan.Pick, Units: 10,
				AllowedPresences: []plan.Presence{plan.Available, plan.Busy},
				Offer:            plan.Offer{Timeout: 2 * time.Minute, ReofferAfter: 2 * time.Minute, MaxDeclines: 3},
				Routing:          plan.Routing{Fallback: "cases"},
			},
		},
		Channels: []plan.Channel{{
			Name: "web", Workstream: "chat", Type: "Custom",
			Custom: &plan.Custom{Address: "contoso-web", Credentials: "web", CallbackURL: w.callback.URL},
		}},
		Queues: []plan.Queue{
			{Name: "cases", Type: plan.Record, Priority: 100, Method: plan.HighestCapacity},
			{Name: "general", Type: plan.Messaging, Priority: 100, Method: plan.HighestCapacity},
			{Name: "vip", Type: plan.Messaging, Priority: 10, Method: plan.HighestCapacity},
		},
		Agents: []plan.Agent{
			{Name: "ann", Subject: "ann", Roles: []plan.Role{plan.RoleAgent}, Units: 100, Queues: []string{"cases", "general", "vip"}},
			{Name: "bob", Subject: "bob", Roles: []plan.Role{plan.RoleAgent}, Units: 100, Queues: []string{"general"}},
		},
		Issuers: []plan.Issuer{{
			Issuer: testIssuer, Audiences: []string{testAudience}, JWKSFile: "keys.jwks.json", RolesClaim: "roles",
		}},
	}
	for i := range p.Workstreams {
		check(w.t, p.Workstreams[i].SetRevision())
	}
	change(p)
	var err error
	w.plan, w.version, err = p.Encode()
	check(w.t, err)
}

func (w *world) config() Config {
	return Config{
		Namespace: testNamespace, Distributor: "default", Replica: "test-0",
		Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0",
		DataDir: filepath.Join(w.dir, "data"), CredentialsDir: w.credentials(),
		CheckInvariants: true, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// start starts a distributor on the world's volume, and gives it the plan unless its journal has one.
func (w *world) start(change ...func(*App)) *App {
	w.t.Helper()
	a := w.build(change...)
	check(w.t, a.Start(context.Background()))
	if a.view.PlanVersion() == "" {
		check(w.t, a.Activate(context.Background(), w.version, w.plan))
	}
	return a
}

func (w *world) build(change ...func(*App)) *App {
	w.t.Helper()
	a, err := New(w.config())
	check(w.t, err)
	for _, c := range change {
		c(a)
	}
	w.t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			w.t.Errorf("stopping: %v", err)
		}
	})
	return a
}

// kill ends a distributor as a power failure would: nothing is finished, nothing is kept.
func (w *world) kill(a *App) {
	a.abortLoop()
	<-a.loopEnded
	a.view.CloseStreams()
	_ = a.apiServer.Close()
	check(w.t, a.Stop(context.Background()))
}

func (w *world) token(subject string, roles ...string) string {
	w.t.Helper()
	token, err := w.issuer.Token(subject, time.Hour, roles...)
	check(w.t, err)
	w.log.keepOut(token)
	return token
}

func (w *world) client(a *App, subject string, roles ...string) *apiclient.Client {
	w.t.Helper()
	c := &apiclient.Client{BaseURL: "http://" + a.Addr(), Namespace: testNamespace}
	if subject != "" {
		c.Token = w.token(subject, roles...)
	}
	return c
}

func (w *world) webhook(a *App) *apiclient.Webhook {
	return &apiclient.Webhook{Client: w.client(a, ""), Address: "contoso-web", Secret: w.secret}
}

// say has a customer send a message.
func (w *world) say(a *App, conversation, text string) apiclient.Answer {
	w.t.Helper()
	w.log.keepOut(text)
	answer, err := w.webhook(a).Message(context.Background(), message(conversation, text))
	check(w.t, err)
	return answer
}

func message(conversation, text string) apiclient.Inbound {
	return apiclient.Inbound{
		Conversation: conversation, Customer: map[string]any{"id": "u1-private", "name": "Mia"},
		Message: map[string]any{"text": text}, Context: map[string]any{"tier": "tier-gold"},
	}
}

func (w *world) stream(c *apiclient.Client, after uint64) *apiclient.Stream {
	w.t.Helper()
	s, err := c.Stream(context.Background(), after)
	check(w.t, err)
	return s
}

// online connects an agent and makes them available.
func (w *world) online(a *App, agent string) (*apiclient.Client, *apiclient.Stream) {
	w.t.Helper()
	c := w.client(a, agent)
	s := w.stream(c, 0)
	check(w.t, c.SetPresence(context.Background(), "Available"))
	return c, s
}

func (w *world) next(s *apiclient.Stream, types ...string) apiclient.Event {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	e, err := s.Next(ctx, types...)
	check(w.t, err)
	return e
}

func (w *world) do(c *apiclient.Client, path string, body any) apiclient.Answer {
	w.t.Helper()
	if m, ok := body.(map[string]string); ok && len(m["text"]) > 5 {
		w.log.keepOut(m["text"])
	}
	answer, err := c.Do(context.Background(), path, body)
	if err != nil {
		w.t.Fatalf("%s: %v", path, err)
	}
	return answer
}

// eventually waits until done returns nothing; what it returns says what is missing.
func (w *world) eventually(done func() string) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		missing := done()
		if missing == "" {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal(missing)
		}
		<-tick.C
	}
}

func (w *world) delivered(n int) []outbound {
	w.t.Helper()
	w.eventually(func() string {
		if got := len(w.callback.received()); got < n {
			return fmt.Sprintf("%d deliveries, want %d", got, n)
		}
		return ""
	})
	return w.callback.received()
}

func problem(err error) (status int, reason string) {
	if p, ok := err.(*apiclient.Problem); ok { //nolint:errorlint // the client wraps none
		return p.Status, p.Reason
	}
	return 0, fmt.Sprint(err)
}
