// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"

	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/view"
)

// The close codes beside those of RFC 6455.
const (
	CloseUnauthenticated websocket.StatusCode = 4401 // get a new token, then connect
	CloseForbidden       websocket.StatusCode = 4403 // connecting again does not help
)

// session is one live connection.
type session struct {
	server *Server
	conn   *websocket.Conn
	sub    *view.Subscription
	caller *auth.Caller
	token  string
	// last is the sequence that the client has after what was written; of the writer alone.
	last uint64

	closing sync.Once
}

// run writes; two more goroutines read and ping. Each of the three ends the others, by closing the connection.
func (s *session) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var others sync.WaitGroup
	others.Go(func() {
		defer cancel()
		s.read(ctx)
	})
	others.Go(func() {
		defer cancel()
		s.ping(ctx)
	})
	s.write(ctx)
	cancel()
	others.Wait()
	_ = s.conn.CloseNow()
}

// write sends the hello, what was missed, then what happens.
func (s *session) write(ctx context.Context) {
	hello := s.sub.Hello
	hello.Agent.Connected = true // by this very connection, which the state may not include yet
	if !s.send(ctx, hello, hello.Seq) {
		return
	}
	for i := range s.sub.Missed {
		if !s.send(ctx, &s.sub.Missed[i], s.sub.Missed[i].Seq) {
			return
		}
	}
	expiry := time.NewTimer(time.Until(s.caller.Expires))
	defer expiry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-expiry.C:
			s.close(CloseUnauthenticated, "the token expired; connect again with a new one")
			return
		case e, ok := <-s.sub.Events():
			if !ok {
				s.over()
				return
			}
			if !s.send(ctx, &e, e.Seq) {
				return
			}
		}
	}
}

func (s *session) send(ctx context.Context, frame any, seq uint64) bool {
	body, err := json.Marshal(frame)
	if err != nil {
		s.server.Log.Error("Encoding a frame", "agent", s.caller.Agent, "error", err)
		s.close(websocket.StatusInternalError, "a frame could not be written")
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, s.server.writeTimeout)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, body); err != nil {
		return false
	}
	s.last = seq
	return true
}

// over tells why the subscription ended.
func (s *session) over() {
	switch err := s.sub.Err(); {
	case errors.Is(err, view.ErrSlow):
		s.close(websocket.StatusTryAgainLater, fmt.Sprintf("too slow; resume after %d", s.last))
	case errors.Is(err, view.ErrClosing):
		s.close(websocket.StatusGoingAway, fmt.Sprintf("the distributor is stopping; resume after %d", s.last))
	default:
		s.close(websocket.StatusInternalError, fmt.Sprintf("the stream ended; resume after %d", s.last))
	}
}

// read notices when the client goes, and answers its pings. Frames are refused: nothing here would act on them.
func (s *session) read(ctx context.Context) {
	s.conn.SetReadLimit(1024)
	if _, _, err := s.conn.Read(ctx); err == nil {
		s.close(websocket.StatusUnsupportedData, "this stream takes no frames; send commands by HTTP")
	}
}

// ping finds out dead connections, and callers who may no longer listen.
func (s *session) ping(ctx context.Context) {
	tick := time.NewTicker(s.server.pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !s.allowed(ctx) || !s.alive(ctx) {
			return
		}
	}
}

func (s *session) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, s.server.pongTimeout)
	defer cancel()
	return s.conn.Ping(ctx) == nil
}

// allowed asks again what the plan of now says of the token.
func (s *session) allowed(ctx context.Context) bool {
	caller, err := s.server.Verifier.Verify(ctx, s.token)
	if refused := (*auth.Error)(nil); errors.As(err, &refused) {
		if refused.Unavailable {
			return true // the keys are gone for a moment; what was proven before still holds
		}
		s.close(CloseUnauthenticated, refused.Description)
		return false
	}
	if err != nil || !caller.Has(plan.RoleAgent) || caller.Agent != s.caller.Agent {
		s.close(CloseForbidden, "the caller is no longer this agent")
		return false
	}
	return true
}

// close tells the client why, once.
func (s *session) close(code websocket.StatusCode, reason string) {
	s.closing.Do(func() {
		s.server.Log.Debug("Closing a stream", "agent", s.caller.Agent, "code", int(code), "reason", reason)
		_ = s.conn.Close(code, reason)
	})
}
