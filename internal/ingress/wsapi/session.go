// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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
	raw    *corked // below conn
	sub    *view.Subscription
	token  string
	// last is the sequence that the client has after what was written; of the writer alone.
	last uint64

	caller    atomic.Pointer[auth.Caller]
	checked   atomic.Pointer[plan.Plan] // by which the caller was checked for commands
	verifying sync.Mutex
	// answers wait to be written; slots has as many as there are commands under way.
	answers  chan []byte
	slots    chan struct{}
	commands sync.WaitGroup

	closing sync.Once
}

// run writes; two more goroutines read and ping, and each command has its own. Each of the three ends the others, by
// closing the connection.
func (s *session) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, s.raw.interrupt)
	defer stop()
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
	s.commands.Wait()
	_ = s.conn.CloseNow()
}

// write sends the hello, what was missed, then what happens and what commands are answered with.
func (s *session) write(ctx context.Context) {
	hello := s.sub.Hello
	hello.Agent.Connected = true // by this very connection, which the state may not include yet
	if !s.send(hello, hello.Seq) {
		return
	}
	for i := range s.sub.Missed {
		s.sub.Missed[i].Experience = s.sub.Experience(&s.sub.Missed[i])
		if !s.send(&s.sub.Missed[i], s.sub.Missed[i].Seq) {
			return
		}
	}
	expiry := time.NewTimer(time.Until(s.caller.Load().Expires))
	defer expiry.Stop()
	for {
		var answer []byte
		select {
		case <-ctx.Done():
			return
		case <-expiry.C:
			s.close(CloseUnauthenticated, "the token expired; connect again with a new one")
			return
		case answer = <-s.answers:
			s.raw.hold()
		case e, ok := <-s.sub.Events():
			if !ok {
				s.over()
				return
			}
			s.raw.hold()
			e.Experience = s.sub.Experience(&e)
			if !s.send(&e, e.Seq) {
				return
			}
		}
		ok := s.writeMore(answer)
		if err := s.raw.release(); err != nil || !ok {
			return
		}
	}
}

// writeMore writes what else there is by now: an answer comes after all that its command caused.
func (s *session) writeMore(answer []byte) bool {
	for {
		select {
		case e, ok := <-s.sub.Events():
			if !ok {
				break // the next turn says why
			}
			e.Experience = s.sub.Experience(&e)
			if !s.send(&e, e.Seq) {
				return false
			}
			continue
		default:
		}
		if answer != nil && !s.frame(answer) {
			return false
		}
		select {
		case answer = <-s.answers:
		default:
			return true
		}
	}
}

func (s *session) send(message any, seq uint64) bool {
	body, err := encode(message)
	if err != nil {
		s.server.Log.Error("Encoding a frame", "agent", s.caller.Load().Agent, "error", err)
		s.close(websocket.StatusInternalError, "a frame could not be written")
		return false
	}
	if !s.frame(body) {
		return false
	}
	s.last = seq
	return true
}

// encode is json.Marshal, which would go once more through what a value has written of itself.
func encode(message any) ([]byte, error) {
	if m, ok := message.(json.Marshaler); ok {
		return m.MarshalJSON()
	}
	return json.Marshal(message)
}

// frame writes without a context, which would cost a timer each time: the connection below has a time-out, and ends when
// the session does.
func (s *session) frame(body []byte) bool {
	return s.conn.Write(context.Background(), websocket.MessageText, body) == nil
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

// read takes commands, notices when the client goes, and answers its pings. Like frame it does without a context.
func (s *session) read(ctx context.Context) {
	s.conn.SetReadLimit(maxFrame)
	for {
		kind, frame, err := s.conn.Read(context.Background())
		if err != nil {
			return
		}
		if kind != websocket.MessageText {
			s.close(websocket.StatusUnsupportedData, "frames must be text")
			return
		}
		s.receive(ctx, frame)
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
		if allowed, _ := s.allowed(ctx); !allowed || !s.alive(ctx) {
			return
		}
	}
}

func (s *session) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, s.server.pongTimeout)
	defer cancel()
	return s.conn.Ping(ctx) == nil
}

// allowed asks again what the plan of now says of the token. Not sure is who was allowed before while nobody can say now:
// they may go on listening.
func (s *session) allowed(ctx context.Context) (yes, sure bool) {
	err := s.verify(ctx)
	if refused := (*auth.Error)(nil); errors.As(err, &refused) {
		if refused.Unavailable {
			return true, false
		}
		s.close(CloseUnauthenticated, refused.Description)
		return false, true
	}
	if err != nil {
		s.close(CloseForbidden, errAnother.Error())
		return false, true
	}
	return true, true
}

var errAnother = errors.New("the caller is no longer this agent")

// verify takes over what the caller may do now. It is done once at a time: what an older plan says must not come last.
func (s *session) verify(ctx context.Context) error {
	s.verifying.Lock()
	defer s.verifying.Unlock()
	caller, err := s.server.Verifier.Verify(ctx, s.token)
	if err != nil {
		return err
	}
	if !caller.Has(plan.RoleAgent) || caller.Agent != s.caller.Load().Agent {
		return errAnother
	}
	s.caller.Store(&caller)
	return nil
}

// close tells the client why, once.
func (s *session) close(code websocket.StatusCode, reason string) {
	s.closing.Do(func() {
		s.server.Log.Debug("Closing a stream", "agent", s.caller.Load().Agent, "code", int(code), "reason", reason)
		_ = s.conn.Close(code, reason)
	})
}
