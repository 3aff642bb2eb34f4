// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/ingress/desk"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/view"
)

const patience = time.Minute

// stage is a stream server for one agent over a real view, with all that it asks for faked.
type stage struct {
	t      *testing.T
	view   *view.View
	server *Server
	url    string
	seq    uint64

	mu        sync.Mutex
	connected int
	refuse    error // of AgentConnected
	caller    auth.Caller
	verdict   error         // of Verify
	asked     chan struct{} // one for each Verify
	left      chan struct{} // one for each disconnection
	do        func(cmd event.Command) (event.Result, error)
}

// Start implements ingress.Starter.
func (d *stage) Start(cmd event.Command, done func(event.Result, error)) {
	go func() { done(d.do(cmd)) }()
}

func newStage(t *testing.T) *stage {
	t.Helper()
	d := &stage{
		t: t, view: view.New(), left: make(chan struct{}, 16), asked: make(chan struct{}, 1024),
		caller: auth.Caller{Subject: "s", Agent: "ann", Roles: []plan.Role{plan.RoleAgent}, Expires: time.Now().Add(time.Hour)},
	}
	p := &plan.Plan{Namespace: "contoso", Agents: []plan.Agent{{Name: "ann", Subject: "s", Roles: []plan.Role{plan.RoleAgent}, Units: 10}}}
	_, version, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d.fold(event.PlanActivated{Version: version, Plan: p})
	d.server = New(Options{
		Presence: d, Streams: d.view, Verifier: d, Plan: d.view.Plan, Commands: &desk.Desk{Starter: d, Timeline: d.view},
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		caller := d.caller
		d.mu.Unlock()
		if err := d.server.Serve(w, r, &caller, "token"); err != nil {
			p := (*ingress.Problem)(nil)
			if !errors.As(err, &p) {
				p = ingress.Failed(err)
			}
			p.Write(w)
		}
	}))
	t.Cleanup(func() {
		d.view.CloseStreams()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := d.server.Wait(ctx); err != nil {
			t.Error("a stream did not end")
		}
		srv.Close()
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.connected != 0 {
			t.Errorf("%d connections are counted after all ended", d.connected)
		}
	})
	d.url = "ws" + strings.TrimPrefix(srv.URL, "http")
	return d
}

// AgentConnected implements Presence.
func (d *stage) AgentConnected(context.Context, string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse == nil {
		d.connected++
	}
	return d.refuse
}

// AgentDisconnected implements Presence.
func (d *stage) AgentDisconnected(string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.connected--
	d.left <- struct{}{}
}

// Verify implements Verifier.
func (d *stage) Verify(context.Context, string) (auth.Caller, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked <- struct{}{}
	return d.caller, d.verdict
}

func (d *stage) change(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fn()
}

func (d *stage) fold(e event.Event) {
	d.seq++
	d.view.Fold([]event.Recorded{{Seq: d.seq, Time: event.Instant(d.seq), Event: e}})
}

// tell makes something happen to the agent.
func (d *stage) tell(p plan.Presence) {
	d.fold(event.PresenceChanged{Agent: "ann", Presence: p, Cause: event.CauseAgent})
}

func (d *stage) dial(query string, change ...func(*websocket.DialOptions)) *websocket.Conn {
	d.t.Helper()
	conn, status := d.tryDial(query, change...)
	if conn == nil {
		d.t.Fatalf("dialling is answered with status %d", status)
	}
	return conn
}

// tryDial returns no connection but the status when the upgrade is refused.
func (d *stage) tryDial(query string, change ...func(*websocket.DialOptions)) (*websocket.Conn, int) {
	d.t.Helper()
	options := &websocket.DialOptions{}
	for _, c := range change {
		c(options)
	}
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, d.url+query, options) //nolint:bodyclose // Dial has closed it
	switch {
	case err == nil:
		d.t.Cleanup(func() { _ = conn.CloseNow() })
		return conn, resp.StatusCode
	case resp == nil:
		return nil, 0
	default:
		return nil, resp.StatusCode
	}
}

type frame struct {
	Type     string
	Seq      uint64
	Resumed  bool
	Presence plan.Presence
	Agent    view.AgentView
}

func (d *stage) read(conn *websocket.Conn) frame {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	_, body, err := conn.Read(ctx)
	if err != nil {
		d.t.Fatalf("reading a frame: %v", err)
	}
	var f frame
	if err := json.Unmarshal(body, &f); err != nil {
		d.t.Fatal(err)
	}
	return f
}

// wantClose reads until the server closes.
func (d *stage) wantClose(conn *websocket.Conn, code websocket.StatusCode, reason string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	for {
		_, _, err := conn.Read(ctx)
		if err == nil {
			continue
		}
		closed := websocket.CloseError{}
		if !errors.As(err, &closed) || closed.Code != code || !strings.Contains(closed.Reason, reason) {
			d.t.Fatalf("closed with %v, want %d %q", err, code, reason)
		}
		return
	}
}

func TestStreamTellsStateThenEvents(t *testing.T) {
	d := newStage(t)
	d.tell(plan.Available)
	conn := d.dial("")
	hello := d.read(conn)
	if hello.Type != "hello" || hello.Seq != 2 || hello.Resumed || hello.Agent.Presence != plan.Available || !hello.Agent.Connected {
		t.Errorf("hello is %+v", hello)
	}
	d.tell(plan.Busy)
	if got := d.read(conn); got.Type != "presence.changed" || got.Seq != 3 || got.Presence != plan.Busy {
		t.Errorf("then %+v", got)
	}
}

func TestStreamResumes(t *testing.T) {
	d := newStage(t)
	for _, p := range []plan.Presence{plan.Available, plan.Busy, plan.Away} { // 2, 3, 4
		d.tell(p)
	}
	conn := d.dial("?after=2")
	var got []uint64
	hello := d.read(conn)
	for range 2 {
		got = append(got, d.read(conn).Seq)
	}
	d.tell(plan.Available)
	got = append(got, d.read(conn).Seq)
	if diff := cmp.Diff([]uint64{3, 4, 5}, got); diff != "" || !hello.Resumed || hello.Seq != 2 {
		t.Errorf("hello %+v, then (-want +got):\n%s", hello, diff)
	}
	// A sequence from another life cannot be resumed after.
	if hello := d.read(d.dial("?after=99")); hello.Resumed || hello.Seq != 5 {
		t.Errorf("after what never was: %+v", hello)
	}
}

func TestStreamClosesWithAReason(t *testing.T) {
	for name, tc := range map[string]struct {
		before func(d *stage)
		after  func(d *stage, conn *websocket.Conn)
		code   websocket.StatusCode
		reason string
	}{
		"the distributor stops": {
			after: func(d *stage, _ *websocket.Conn) { d.view.CloseStreams() },
			code:  websocket.StatusGoingAway, reason: "resume after 1",
		},
		"the token expires": {
			before: func(d *stage) { d.caller.Expires = time.Now().Add(50 * time.Millisecond) },
			code:   CloseUnauthenticated, reason: "expired",
		},
		"the token is no longer accepted": {
			before: func(d *stage) { d.server.pingEvery = 10 * time.Millisecond },
			after: func(d *stage, _ *websocket.Conn) {
				d.change(func() { d.verdict = &auth.Error{Description: "no such issuer"} })
			},
			code: CloseUnauthenticated, reason: "no such issuer",
		},
		"the role is taken away": {
			before: func(d *stage) { d.server.pingEvery = 10 * time.Millisecond },
			after:  func(d *stage, _ *websocket.Conn) { d.change(func() { d.caller.Roles = nil }) },
			code:   CloseForbidden, reason: "no longer this agent",
		},
		"the subject is another agent's now": {
			before: func(d *stage) { d.server.pingEvery = 10 * time.Millisecond },
			after:  func(d *stage, _ *websocket.Conn) { d.change(func() { d.caller.Agent = "bob" }) },
			code:   CloseForbidden, reason: "no longer this agent",
		},
		"the client sends no text": {
			after: func(d *stage, conn *websocket.Conn) {
				if err := conn.Write(d.t.Context(), websocket.MessageBinary, []byte(`{"id":"1"}`)); err != nil {
					d.t.Error(err)
				}
			},
			code: websocket.StatusUnsupportedData, reason: "must be text",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newStage(t)
			if tc.before != nil {
				tc.before(d)
			}
			conn := d.dial("")
			d.read(conn)
			if tc.after != nil {
				tc.after(d, conn)
			}
			d.wantClose(conn, tc.code, tc.reason)
			<-d.left
		})
	}
}

func TestStreamOutlivesMissingKeys(t *testing.T) {
	d := newStage(t)
	d.server.pingEvery = 5 * time.Millisecond
	conn := d.dial("")
	d.read(conn)
	d.change(func() { d.verdict = &auth.Error{Description: "keys", Unavailable: true} })
	go func() {
		for range 5 {
			<-d.asked
		}
		d.tell(plan.Busy)
	}()
	if got := d.read(conn); got.Presence != plan.Busy {
		t.Errorf("got %+v", got)
	}
}

func TestSlowClientIsToldWhereToResume(t *testing.T) {
	d := newStage(t)
	conn := d.dial("", func(o *websocket.DialOptions) {
		// A small window, so that what the client does not read stays with the server.
		o.HTTPClient = &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
				if tcp, ok := c.(*net.TCPConn); ok {
					_ = tcp.SetReadBuffer(4096)
				}
				return c, err
			},
		}}
	})
	d.read(conn)
	for range 60_000 {
		d.tell(plan.Busy)
	}
	// What it got before it fell behind is complete; then it learns where to go on.
	last := uint64(1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, body, err := conn.Read(ctx)
		closed := websocket.CloseError{}
		if errors.As(err, &closed) {
			want := "too slow; resume after " + jsonNumber(last)
			if closed.Code != websocket.StatusTryAgainLater || closed.Reason != want {
				t.Fatalf("closed with %v, want %q", closed, want)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var f frame
		if err := json.Unmarshal(body, &f); err != nil || f.Seq != last+1 {
			t.Fatalf("after %d comes %s", last, body)
		}
		last = f.Seq
	}
	if last >= d.seq {
		t.Fatal("the client was not slow at all")
	}
	if hello := d.read(d.dial("?after=" + jsonNumber(last))); !hello.Resumed || hello.Seq != last {
		t.Errorf("resuming there: %+v", hello)
	}
}

func jsonNumber(n uint64) string {
	b, _ := json.Marshal(n) // a number always encodes
	return string(b)
}

func TestDeadClientIsNoticed(t *testing.T) {
	d := newStage(t)
	d.server.pingEvery, d.server.pongTimeout = 10*time.Millisecond, 50*time.Millisecond
	conn := d.dial("")
	d.read(conn) // and never again, so no ping is answered
	select {
	case <-d.left:
	case <-time.After(patience):
		t.Fatal("the agent stays connected")
	}
}

func TestClientThatGoesIsNoticed(t *testing.T) {
	d := newStage(t)
	conn := d.dial("")
	d.read(conn)
	if err := conn.Close(websocket.StatusNormalClosure, "lunch"); err != nil {
		t.Fatal(err)
	}
	<-d.left
}

func TestStreamIsRefusedBeforeTheUpgrade(t *testing.T) {
	origin := func(o *websocket.DialOptions) { o.HTTPHeader = http.Header{"Origin": {"https://elsewhere.example"}} }
	for name, tc := range map[string]struct {
		before func(d *stage)
		query  string
		change func(*websocket.DialOptions)
		status int
	}{
		"a sequence in words":  {query: "?after=last", status: 400},
		"a negative sequence":  {query: "?after=-1", status: 400},
		"a page from far away": {change: origin, status: 403},
		"an agent who left": {
			before: func(d *stage) { d.caller.Agent = "zoe" }, status: 403,
		},
		"a full journal": {
			before: func(d *stage) { d.refuse = ingress.ErrFull }, status: 503,
		},
		"a distributor that stops": {
			before: func(d *stage) { d.view.CloseStreams() }, status: 503,
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newStage(t)
			if tc.before != nil {
				tc.before(d)
			}
			if tc.change == nil {
				tc.change = func(*websocket.DialOptions) {}
			}
			if conn, status := d.tryDial(tc.query, tc.change); conn != nil || status != tc.status {
				t.Fatalf("got status %d, want %d", status, tc.status)
			}
		})
	}
	t.Run("no upgrade", func(t *testing.T) {
		d := newStage(t)
		resp, err := http.Get("http" + strings.TrimPrefix(d.url, "ws"))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUpgradeRequired {
			t.Errorf("got %d", resp.StatusCode)
		}
	})
	t.Run("no key", func(t *testing.T) {
		d := newStage(t)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http"+strings.TrimPrefix(d.url, "ws"), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Upgrade", "websocket")
		req.Header.Set("Connection", "Upgrade")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("got %d", resp.StatusCode)
		}
		<-d.left // it was counted in, and out again
	})
}

func TestPagesMayConnect(t *testing.T) {
	d := newStage(t)
	host := strings.TrimPrefix(d.url, "ws://")
	d.read(d.dial("", func(o *websocket.DialOptions) { o.HTTPHeader = http.Header{"Origin": {"http://" + host}} }))
	// From elsewhere with the token in hand; the answer repeats the subprotocol, never the token.
	conn := d.dial("", func(o *websocket.DialOptions) {
		o.HTTPHeader = http.Header{"Origin": {"https://elsewhere.example"}}
		o.Subprotocols = []string{Subprotocol, tokenProtocol + "abc.def"}
	})
	d.read(conn)
	if got := conn.Subprotocol(); got != Subprotocol {
		t.Errorf("the subprotocol is %q", got)
	}
}

func TestTokenFromSubprotocols(t *testing.T) {
	for header, want := range map[string]string{
		"":                                "",
		"workstream.v1":                   "",
		"workstream.v1, bearer.abc.d-e_f": "abc.d-e_f",
		"bearer.abc,workstream.v1":        "abc",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Sec-WebSocket-Protocol", header)
		if got := Token(r); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

func TestWaitGivesUpWithItsContext(t *testing.T) {
	d := newStage(t)
	d.read(d.dial(""))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := d.server.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v while a stream lives", err)
	}
}
