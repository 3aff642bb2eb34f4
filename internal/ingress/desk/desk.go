// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/plan"
)

// timeout is how long a caller waits for a command to become durable.
const timeout = 10 * time.Second

// Timeline has the messages of items, those that are closed included; a view.View.
type Timeline interface {
	// Sent returns the text of an agent's message, and whether there is one of that id.
	Sent(item, agent, message string) (text string, found bool)
}

// Desk carries operations out.
type Desk struct {
	Doer ingress.Doer
	// Starter is what Start needs, and Do does not.
	Starter  ingress.Starter
	Timeline Timeline
}

// Answer is what an operation came to.
type Answer struct {
	Item    string `json:"item,omitempty"`
	Offer   string `json:"offer,omitempty"`
	Message string `json:"message,omitempty"`
	// Duplicate says that it had been done before.
	Duplicate bool `json:"duplicate"`
}

// Do carries an operation out for a caller and returns when that is durable. target is the id or name of what it is about,
// body a JSON object or nothing. An error is an *ingress.Problem, or one of ingress.Doer.
func (d *Desk) Do(ctx context.Context, caller *auth.Caller, op *Operation, target string, body []byte) (Answer, error) {
	cmd, err := commandOf(caller, op, target, body)
	if err != nil {
		return Answer{}, err
	}
	result, err := Perform(ctx, d.Doer, cmd)
	return d.answer(op, target, cmd, result, err)
}

// Start is Do without waiting: done is called once, with what Do would return, and must not block.
func (d *Desk) Start(caller *auth.Caller, op *Operation, target string, body []byte, done func(Answer, error)) {
	cmd, err := commandOf(caller, op, target, body)
	if err != nil {
		done(Answer{}, err)
		return
	}
	var called atomic.Bool
	late := time.AfterFunc(timeout, func() {
		if called.CompareAndSwap(false, true) {
			done(Answer{}, context.DeadlineExceeded)
		}
	})
	d.Starter.Start(cmd, func(result event.Result, err error) {
		if called.CompareAndSwap(false, true) {
			late.Stop()
			if err == nil && result.Rejected != nil {
				err = ingress.Rejected(result.Rejected)
			}
			done(d.answer(op, target, cmd, result, err))
		}
	})
}

// commandOf is what an operation asks for, when the caller may.
func commandOf(caller *auth.Caller, op *Operation, target string, body []byte) (event.Command, error) {
	if !caller.Has(op.Roles...) {
		return nil, ingress.NewProblem(http.StatusForbidden, ingress.ReasonForbidden, "this needs the role "+RoleNames(op.Roles))
	}
	if op.Target != "" {
		if err := name(string(op.Target), target); err != nil {
			return nil, err
		}
	}
	return op.command(&asked{caller: caller, target: target, body: body})
}

// answer says what became of a command.
func (d *Desk) answer(op *Operation, target string, cmd event.Command, result event.Result, err error) (Answer, error) {
	if p := (*ingress.Problem)(nil); errors.As(err, &p) {
		if done, ok := d.again(cmd, p); ok {
			return done, nil
		}
	}
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Item: result.Item, Offer: result.Offer, Message: result.Message, Duplicate: result.Duplicate}
	if a.Item == "" && op.Target == OfItem {
		a.Item = target
	}
	return a, nil
}

// again recognises a message that is sent once more after its item has moved on. The engine forgets the ids of messages
// with the item; what was shown of it is still there.
func (d *Desk) again(cmd event.Command, p *ingress.Problem) (Answer, bool) {
	c, is := cmd.(event.SendMessage)
	if !is || p.Reason != string(event.WrongState) && p.Reason != string(event.ItemNotYours) {
		return Answer{}, false
	}
	if text, found := d.Timeline.Sent(c.Item, c.Agent, c.Message); !found || text != c.Text {
		return Answer{}, false
	}
	return Answer{Item: c.Item, Message: c.Message, Duplicate: true}, true
}

// Perform has a command carried out within the time that callers wait. A refusal is an *ingress.Problem.
func Perform(ctx context.Context, doer ingress.Doer, cmd event.Command) (event.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	result, err := doer.Do(ctx, cmd)
	if err != nil {
		return result, err
	}
	if result.Rejected != nil {
		return result, ingress.Rejected(result.Rejected)
	}
	return result, nil
}

// RoleNames is for people: "Agent or Supervisor".
func RoleNames(roles []plan.Role) string {
	list := make([]string, len(roles))
	for i, r := range roles {
		list[i] = string(r)
	}
	return strings.Join(list, " or ")
}
