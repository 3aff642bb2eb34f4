// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/plan"
)

// doer remembers what it was asked for, and answers as it is told.
type doer struct {
	got    event.Command
	answer event.Result
	err    error
}

func (d *doer) Do(_ context.Context, cmd event.Command) (event.Result, error) {
	d.got = cmd
	return d.answer, d.err
}

// timeline knows one message.
type timeline struct{ item, agent, message, text string }

func (s timeline) Sent(item, agent, message string) (string, bool) {
	if (timeline{item, agent, message, s.text}) == s {
		return s.text, true
	}
	return "", false
}

var ann = &auth.Caller{Subject: "ann@contoso.com", Agent: "ann", Roles: []plan.Role{plan.RoleAgent, plan.RoleSupervisor}}

func TestEveryOperationIsACommand(t *testing.T) {
	bodies := map[string]string{
		"presence": `{"presence":"Lunch"}`, "message": `{"id":"m","text":"x","internal":true}`, "transfer": `{"to":"bob"}`,
		"consult": `{"agent":"bob"}`, "assign": `{"queue":"vip"}`, "agent-presence": `{"presence":"Away"}`,
	}
	want := map[string]event.Command{
		"presence":       event.SetPresence{Agent: "ann", Presence: "Lunch"},
		"accept":         event.AcceptOffer{Agent: "ann", Offer: "x"},
		"decline":        event.DeclineOffer{Agent: "ann", Offer: "x"},
		"pick":           event.PickItem{Agent: "ann", Item: "x"},
		"message":        event.SendMessage{Agent: "ann", Item: "x", Message: "m", Text: "x", Internal: true},
		"end":            event.EndItem{Agent: "ann", Item: "x"},
		"close":          event.CloseItem{Agent: "ann", Item: "x"},
		"transfer":       event.TransferItem{Agent: "ann", Item: "x", To: "bob"},
		"consult":        event.RequestConsult{Agent: "ann", Item: "x", To: "bob"},
		"end-consult":    event.EndConsult{Agent: "ann", Item: "x", Consultant: "ann"},
		"assign":         event.AssignItem{Supervisor: "ann", Item: "x", Queue: "vip"},
		"force-close":    event.ForceClose{Supervisor: "ann", Item: "x"},
		"agent-presence": event.SetPresence{Agent: "x", Presence: "Away", Supervisor: "ann"},
	}
	got := map[string]event.Command{}
	for _, op := range Operations() {
		d := &doer{}
		target := ""
		if op.Target != "" {
			target = "x"
		}
		body := []byte(bodies[op.Name])
		if (len(body) > 0) != op.NeedsBody {
			t.Errorf("%s: needs a body: %v", op.Name, op.NeedsBody)
		}
		if _, err := (&Desk{Doer: d}).Do(t.Context(), ann, Find(op.Name), target, body); err != nil {
			t.Errorf("%s: %v", op.Name, err)
		}
		got[op.Name] = d.got
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}

func TestDeskRefuses(t *testing.T) {
	agent := &auth.Caller{Agent: "bob", Roles: []plan.Role{plan.RoleAgent}}
	for name, tc := range map[string]struct {
		caller             *auth.Caller
		op, target, body   string
		status             int
		reason, wantsField string
	}{
		"another role":     {agent, "force-close", "x", "", 403, "Forbidden", ""},
		"about nothing":    {agent, "end", "", "", 422, "InvalidField", "item"},
		"about a blank":    {agent, "accept", " ", "", 422, "InvalidField", "offer"},
		"an unknown field": {agent, "end", "x", `{"a":1}`, 422, "InvalidField", "a"},
		"nothing to do":    {agent, "transfer", "x", "", 422, "InvalidField", "queue"},
		"two things to do": {ann, "assign", "x", `{"agent":"a","queue":"b"}`, 422, "InvalidField", "queue"},
	} {
		d := &doer{}
		_, err := (&Desk{Doer: d}).Do(t.Context(), tc.caller, Find(tc.op), tc.target, []byte(tc.body))
		p := (*ingress.Problem)(nil)
		if !errors.As(err, &p) || p.Status != tc.status || p.Reason != tc.reason || p.Field != tc.wantsField {
			t.Errorf("%s: %+v", name, err)
		}
		if d.got != nil {
			t.Errorf("%s: it was asked for all the same", name)
		}
	}
}

func TestMessageOfAnItemThatMovedOnIsKnown(t *testing.T) {
	send := func(reason event.RejectionReason, text string) (Answer, error) {
		d := &Desk{
			Doer:     &doer{answer: event.Result{Rejected: &event.Rejection{Reason: reason}}},
			Timeline: timeline{"i1", "ann", "m1", "hello"},
		}
		return d.Do(t.Context(), ann, Find("message"), "i1", []byte(`{"id":"m1","text":"`+text+`"}`))
	}
	for _, reason := range []event.RejectionReason{event.WrongState, event.ItemNotYours} {
		if got, err := send(reason, "hello"); err != nil || got != (Answer{Item: "i1", Message: "m1", Duplicate: true}) {
			t.Errorf("%s: %+v, %v", reason, got, err)
		}
	}
	if got, err := send(event.WrongState, "another"); err == nil {
		t.Errorf("another text under the same id: %+v", got)
	}
	if got, err := send(event.UnknownChannel, "hello"); err == nil {
		t.Errorf("refused for another reason: %+v", got)
	}
}
