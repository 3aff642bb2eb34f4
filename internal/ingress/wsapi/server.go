// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/view"
)

const (
	// Subprotocol is what the frames are in; clients may ask for it.
	Subprotocol = "workstream.v1"
	// tokenProtocol carries a token, because the browsers' API can set no header.
	tokenProtocol = "bearer."
)

// Presence is told of every connection. The agent is connected from the first to the last of them.
type Presence interface {
	// AgentConnected returns when that is durable; its errors are those of ingress.Doer.
	AgentConnected(ctx context.Context, agent string) error
	// AgentDisconnected must be called once for each AgentConnected that returned nil.
	AgentDisconnected(agent string)
}

// Streams subscribes to what agents are told; a view.View.
type Streams interface {
	Subscribe(agent string, after uint64) (*view.Subscription, error)
}

// Verifier says whose a token is; an auth.Verifier.
type Verifier interface {
	Verify(ctx context.Context, token string) (auth.Caller, error)
}

// Options are what a Server needs.
type Options struct {
	Presence Presence
	Streams  Streams
	// Verifier is asked again for the token of every connection now and then, and before the first command under each plan:
	// roles may have changed.
	Verifier Verifier
	// Plan returns the one in force.
	Plan     func() *plan.Plan
	Commands Commands
	Log      *slog.Logger
	Metrics  prometheus.Registerer
}

// Server serves streams.
type Server struct {
	Options

	metrics      *metrics
	pingEvery    time.Duration
	pongTimeout  time.Duration
	writeTimeout time.Duration
	sessions     sync.WaitGroup
}

// New returns a server.
func New(o Options) *Server {
	return &Server{
		Options: o, metrics: newMetrics(o.Metrics),
		pingEvery: 20 * time.Second, pongTimeout: 10 * time.Second, writeTimeout: 30 * time.Second,
	}
}

// Token returns the token that a client put among the subprotocols, or nothing.
func Token(r *http.Request) string {
	for _, header := range r.Header.Values("Sec-WebSocket-Protocol") {
		for p := range strings.SplitSeq(header, ",") {
			if token, ok := strings.CutPrefix(strings.TrimSpace(p), tokenProtocol); ok {
				return token
			}
		}
	}
	return ""
}

// Serve keeps one stream of the caller, an agent, until it is over. An error is one from before the connection became a
// WebSocket.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, caller *auth.Caller, token string) error {
	s.sessions.Add(1)
	defer s.sessions.Done()
	after, err := admit(r)
	if err != nil {
		return err
	}
	sub, err := s.Streams.Subscribe(caller.Agent, after)
	switch {
	case errors.Is(err, view.ErrClosing):
		return ingress.ErrStopping
	case errors.Is(err, view.ErrUnknownAgent):
		return ingress.NewProblem(http.StatusForbidden, ingress.ReasonForbidden, "the plan has no agent "+caller.Agent+" any more")
	case err != nil:
		return fmt.Errorf("subscribing: %w", err)
	}
	defer sub.Close()
	// Before the upgrade: a client that is answered 503 knows to come back.
	if err := s.Presence.AgentConnected(r.Context(), caller.Agent); err != nil {
		return err
	}
	defer s.Presence.AgentDisconnected(caller.Agent)
	corker := &corker{ResponseWriter: w, timeout: s.writeTimeout}
	conn, err := websocket.Accept(corker, r, &websocket.AcceptOptions{
		Subprotocols:       []string{Subprotocol},
		InsecureSkipVerify: true, // the origin is checked by admit
	})
	if err != nil {
		// It has been answered.
		s.Log.Debug("Refused a stream", "agent", caller.Agent, "error", err)
		return nil
	}
	session := &session{
		server: s, conn: conn, raw: corker.conn, sub: sub, token: token, last: sub.Hello.Seq,
		slots: make(chan struct{}, inFlight),
	}
	session.caller.Store(caller)
	session.run(context.WithoutCancel(r.Context()))
	return nil
}

// Wait returns when all streams are over, or with ctx. It ends none: view.View.CloseStreams does.
func (s *Server) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		s.sessions.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// admit refuses what is no opening handshake of ours, and returns the sequence to resume after.
func admit(r *http.Request) (after uint64, err error) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return 0, ingress.NewProblem(http.StatusUpgradeRequired, ingress.ReasonUpgradeRequired, "this is a WebSocket; ask for an upgrade")
	}
	if !sameOrigin(r) && Token(r) == "" {
		p := ingress.NewProblem(http.StatusForbidden, ingress.ReasonForbidden,
			"pages of another origin must send the token as a subprotocol")
		p.Field = "Origin"
		return 0, p
	}
	if value := r.URL.Query().Get("after"); value != "" {
		if after, err = strconv.ParseUint(value, 10, 64); err != nil {
			p := ingress.NewProblem(http.StatusBadRequest, ingress.ReasonBadRequest, "after must be a sequence number")
			p.Field = "after"
			return 0, p
		}
	}
	return after, nil
}

// sameOrigin reports whether the request is from no page, or from one of this host. A page elsewhere that has the token
// in its hands may connect; one that relies on what the browser adds by itself may not.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}
