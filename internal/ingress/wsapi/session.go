// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"bytes"
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
	checks    sync.WaitGroup
	// slots has one for each command that is under way or has an answer to be written.
	slots chan struct{}
	// events and frame are used again and again; of the writer alone.
	events []*view.StreamEvent
	frame  []byte

	// answers are to be written. Who puts one nudges sub.
	answers outbox

	closing sync.Once
}

// outbox keeps frames until the writer takes them.
type outbox struct {
	mu     sync.Mutex
	frames [][]byte
}

func (o *outbox) put(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.frames = append(o.frames, frame)
}

func (o *outbox) take() (frames [][]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	frames, o.frames = o.frames, nil
	return frames
}

// run writes; two more goroutines read and ping. Each of the three ends the others, by closing the connection.
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
	s.checks.Wait()
	_ = s.conn.CloseNow()
}

// write sends the hello, what was missed, then what happens and what commands are answered with.
func (s *session) write(ctx context.Context) {
	hello := s.sub.Hello
	hello.Agent.Connected = true // by this very connection, which the state may not include yet
	body, err := json.Marshal(hello)
	if !s.send(body, err) {
		return
	}
	s.last = hello.Seq
	for _, e := range s.sub.Missed {
		if !s.tell(e) {
			return
		}
	}
	s.sub.Missed = nil
	expiry := time.NewTimer(time.Until(s.caller.Load().Expires))
	defer expiry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-expiry.C:
			s.close(CloseUnauthenticated, "the token expired; connect again with a new one")
			return
		case <-s.sub.Ready():
		}
		s.raw.hold()
		ok, over := s.writeAll()
		if err := s.raw.release(); err != nil || !ok {
			return
		}
		if over {
			s.over()
			return
		}
	}
}

// writeAll writes what there is by now. An answer comes after all that its command caused, which was told before it was
// answered: so answers are looked for first, and written last.
func (s *session) writeAll() (ok, over bool) {
	answers := s.answers.take()
	s.events, over = s.sub.Take(s.events)
	for _, e := range s.events {
		if !s.tell(e) {
			return false, over
		}
	}
	for _, a := range answers {
		if !s.send(a, nil) {
			return false, over
		}
		<-s.slots
	}
	return true, over
}

// tell sends an event with what the agent is shown with it now.
func (s *session) tell(e *view.StreamEvent) bool {
	var err error
	if s.frame, err = e.AppendJSON(s.frame[:0], s.sub.Experience(e)); !s.send(s.frame, err) {
		return false
	}
	s.last = e.Seq
	return true
}

// send writes a frame without a context, which would cost a timer each time: the connection below has a time-out, and ends
// when the session does.
func (s *session) send(body []byte, err error) bool {
	if err != nil {
		s.server.Log.Error("Encoding a frame", "agent", s.caller.Load().Agent, "error", err)
		_ = s.raw.release() // a client who is gone cannot be told
		s.close(websocket.StatusInternalError, "a frame could not be written")
		return false
	}
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

// read takes commands, notices when the client goes, and answers its pings. Like send it does without a context.
func (s *session) read(ctx context.Context) {
	s.conn.SetReadLimit(maxFrame)
	const usual = 4 << 10
	var frame bytes.Buffer
	for {
		if frame.Reset(); frame.Cap() > usual {
			frame = bytes.Buffer{}
		}
		kind, r, err := s.conn.Reader(context.Background())
		if err != nil {
			return
		}
		if _, err := frame.ReadFrom(r); err != nil {
			return
		}
		if kind != websocket.MessageText {
			s.close(websocket.StatusUnsupportedData, "frames must be text")
			return
		}
		s.receive(ctx, frame.Bytes())
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
