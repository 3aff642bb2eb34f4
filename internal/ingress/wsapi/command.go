// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/ingress/desk"
	"workstream.dev/operator/internal/plan"
)

const (
	// inFlight is how many commands of one connection are carried out at a time, or have answers that are not written yet;
	// the next one waits.
	inFlight = 64
	// maxFrame is a body as large as HTTP takes it, and what is around it.
	maxFrame = ingress.MaxBody + 4096
)

// Commands carries operations out; a desk.Desk.
type Commands interface {
	// Start calls done once; that must not block.
	Start(caller *auth.Caller, op *desk.Operation, target string, body []byte, done func(desk.Answer, error))
}

// command is a frame from a client.
type command struct {
	// ID is the client's; the answer has the same.
	ID string `json:"id"`
	// Do is the name of the operation, Target the offer, item or agent that it is about.
	Do     string          `json:"do"`
	Target string          `json:"target"`
	Body   json.RawMessage `json:"body"`
}

// reply answers a command.
type reply struct {
	Type string `json:"type"` // answer
	ID   string `json:"id"`
	// Status is what HTTP would have answered with.
	Status int `json:"status"`
	// RetryAfter is in seconds, where it makes sense to try again.
	RetryAfter int `json:"retryAfter,omitempty"`
	Body       any `json:"body"` // a desk.Answer or an ingress.Problem
}

// receive starts one command, of which it keeps nothing of frame. It waits while too many are under way.
func (s *session) receive(ctx context.Context, frame []byte) {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	c, ok := plain(frame)
	if !ok {
		if err := ingress.Decode(frame, &c); err != nil {
			s.answer("", "unknown", desk.Answer{}, err)
			return
		}
	}
	op := desk.Find(c.Do)
	if err := c.check(op); err != nil {
		s.answer(c.ID, "unknown", desk.Answer{}, err)
		return
	}
	began := time.Now()
	done := func(a desk.Answer, err error) {
		status := s.answer(c.ID, c.Do, a, err)
		s.server.metrics.observe(c.Do, status, time.Since(began))
	}
	p := s.server.Plan()
	if p == s.checked.Load() {
		s.server.Commands.Start(s.caller.Load(), op, c.Target, c.Body, done)
		return
	}
	s.checks.Go(func() { // it may take a while, and pings are to be answered
		if err := s.check(ctx, p); err != nil {
			done(desk.Answer{}, err)
			return
		}
		s.server.Commands.Start(s.caller.Load(), op, c.Target, c.Body, done)
	})
}

func (c *command) check(op *desk.Operation) error {
	if err := ingress.CheckLength("id", c.ID, ingress.MaxID, true); err != nil {
		return err
	}
	if op == nil {
		return ingress.InvalidField("do", "", "there is no operation of this name; the description of the stream lists them")
	}
	if op.Target == "" && c.Target != "" {
		return ingress.InvalidField("target", "", "this operation has no target")
	}
	return nil
}

// check holds the caller against the plan of now: what may be asked for by HTTP may be asked for here, and nothing else.
func (s *session) check(ctx context.Context, p *plan.Plan) error {
	switch allowed, sure := s.allowed(ctx); {
	case !allowed:
		return ingress.NewProblem(http.StatusForbidden, ingress.ReasonForbidden, errAnother.Error())
	case !sure: // the roles may be others now
		p := ingress.NewProblem(http.StatusServiceUnavailable, ingress.ReasonCredentialsPending,
			"the keys of the token's issuer cannot be had at the moment")
		p.RetryAfter = 2
		return p
	}
	s.checked.Store(p)
	return nil
}

// answer hands an answer to the writer, and returns its status.
func (s *session) answer(id, do string, a desk.Answer, err error) int {
	r := reply{Type: "answer", ID: id, Status: http.StatusOK, Body: a}
	if err != nil {
		p := (*ingress.Problem)(nil)
		if !errors.As(err, &p) {
			p = ingress.Failed(err)
		}
		if p == nil {
			s.server.Log.Error("Carrying out a command", "do", do, "error", err)
			p = ingress.NewProblem(http.StatusInternalServerError, ingress.ReasonInternal, "something went wrong here; the log says what")
		}
		r.Status, r.RetryAfter, r.Body = p.Status, p.RetryAfter, p
	}
	frame, ok := r.plain(&a)
	if !ok || err != nil {
		var wrong error
		if frame, wrong = json.Marshal(r); wrong != nil { // answers are plain data: this cannot be
			frame = fmt.Appendf(nil, `{"type":"answer","id":%s,"status":500,"body":{}}`, strconv.Quote(id))
		}
	}
	s.answers.put(frame)
	s.sub.Nudge()
	return r.Status
}
