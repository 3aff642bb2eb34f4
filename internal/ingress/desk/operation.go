// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/plan"
)

// Target is what an operation is about.
type Target string

// The targets. An operation about the caller has none.
const (
	OfAgent Target = "agent"
	OfItem  Target = "item"
	OfOffer Target = "offer"
)

// Operation is one thing that may be asked for.
type Operation struct {
	Name   string
	Target Target
	// Roles may ask for it, any of them.
	Roles []plan.Role
	// NeedsBody says that there is no sense in it without a body.
	NeedsBody bool

	command func(*asked) (event.Command, error)
}

// asked is an operation with all that it is asked with.
type asked struct {
	caller *auth.Caller
	target string
	body   []byte
}

// decode reads the body into v, strictly. None is as good as an empty object.
func (a *asked) decode(v any) error {
	if len(a.body) == 0 {
		return ingress.Decode([]byte("{}"), v)
	}
	return ingress.Decode(a.body, v)
}

// Operations lists them all.
func Operations() []Operation {
	agent, supervisor := []plan.Role{plan.RoleAgent}, []plan.Role{plan.RoleSupervisor}
	return []Operation{
		{Name: "presence", Roles: agent, NeedsBody: true, command: presence},
		{Name: "accept", Target: OfOffer, Roles: agent, command: bare(func(a *asked) event.Command {
			return event.AcceptOffer{Agent: a.caller.Agent, Offer: a.target}
		})},
		{Name: "decline", Target: OfOffer, Roles: agent, command: bare(func(a *asked) event.Command {
			return event.DeclineOffer{Agent: a.caller.Agent, Offer: a.target}
		})},
		{Name: "pick", Target: OfItem, Roles: agent, command: bare(func(a *asked) event.Command {
			return event.PickItem{Agent: a.caller.Agent, Item: a.target}
		})},
		{Name: "message", Target: OfItem, Roles: agent, NeedsBody: true, command: message},
		{Name: "end", Target: OfItem, Roles: agent, command: bare(func(a *asked) event.Command {
			return event.EndItem{Agent: a.caller.Agent, Item: a.target}
		})},
		{Name: "close", Target: OfItem, Roles: agent, command: bare(func(a *asked) event.Command {
			return event.CloseItem{Agent: a.caller.Agent, Item: a.target}
		})},
		{Name: "transfer", Target: OfItem, Roles: agent, NeedsBody: true, command: transfer},
		{Name: "consult", Target: OfItem, Roles: agent, NeedsBody: true, command: consult},
		{Name: "end-consult", Target: OfItem, Roles: agent, command: endConsult},
		{Name: "assign", Target: OfItem, Roles: supervisor, NeedsBody: true, command: assign},
		{Name: "force-close", Target: OfItem, Roles: supervisor, command: bare(func(a *asked) event.Command {
			return event.ForceClose{Supervisor: a.caller.Name(), Item: a.target}
		})},
		{Name: "agent-presence", Target: OfAgent, Roles: supervisor, NeedsBody: true, command: presence},
	}
}

var byName = func() map[string]*Operation {
	m := map[string]*Operation{}
	for _, op := range Operations() {
		m[op.Name] = &op
	}
	return m
}()

// Find returns the operation of that name, or nil.
func Find(name string) *Operation { return byName[name] }

// bare is for operations that say everything by what they are about.
func bare(command func(*asked) event.Command) func(*asked) (event.Command, error) {
	return func(a *asked) (event.Command, error) {
		if len(a.body) == 0 {
			return command(a), nil
		}
		if err := a.decode(&struct{}{}); err != nil {
			return nil, err
		}
		return command(a), nil
	}
}

// presence is the agent's own choice, or a supervisor's about the target.
func presence(a *asked) (event.Command, error) {
	var in struct {
		Presence string `json:"presence"`
	}
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	if err := name("presence", in.Presence); err != nil {
		return nil, err
	}
	cmd := event.SetPresence{Agent: a.caller.Agent, Presence: plan.Presence(in.Presence)}
	if a.target != "" {
		cmd.Agent, cmd.Supervisor = a.target, a.caller.Name()
	}
	return cmd, nil
}

// message writes to the customer, or to the other agents of the item only. The id is the agent's, so that sending again
// after a broken connection is safe.
func message(a *asked) (event.Command, error) {
	var in struct {
		ID       string `json:"id"`
		Text     string `json:"text"`
		Internal bool   `json:"internal"`
	}
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	if err := name("id", in.ID); err != nil {
		return nil, err
	}
	if err := ingress.CheckLength("text", in.Text, ingress.MaxText, true); err != nil {
		return nil, err
	}
	return event.SendMessage{
		Agent: a.caller.Agent, Item: a.target, Message: in.ID, Text: in.Text, Internal: in.Internal,
	}, nil
}

// transfer puts the agent's item into another queue, or offers it to another agent.
func transfer(a *asked) (event.Command, error) {
	var in struct {
		Queue string `json:"queue"`
		To    string `json:"to"`
	}
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	if err := oneOf("queue", in.Queue, "to", in.To); err != nil {
		return nil, err
	}
	return event.TransferItem{Agent: a.caller.Agent, Item: a.target, Queue: in.Queue, To: in.To}, nil
}

// consult asks another agent to join.
func consult(a *asked) (event.Command, error) {
	var in struct {
		Agent string `json:"agent"`
	}
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	if err := name("agent", in.Agent); err != nil {
		return nil, err
	}
	return event.RequestConsult{Agent: a.caller.Agent, Item: a.target, To: in.Agent}, nil
}

// endConsult ends the consultation of an agent; who names none leaves.
func endConsult(a *asked) (event.Command, error) {
	var in struct {
		Agent string `json:"agent"`
	}
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	if in.Agent == "" {
		in.Agent = a.caller.Agent
	}
	if err := name("agent", in.Agent); err != nil {
		return nil, err
	}
	return event.EndConsult{Agent: a.caller.Agent, Item: a.target, Consultant: in.Agent}, nil
}

// assign gives an item to an agent, or puts it into a queue.
func assign(a *asked) (event.Command, error) {
	var in struct {
		Agent string `json:"agent"`
		Queue string `json:"queue"`
	}
	if err := a.decode(&in); err != nil {
		return nil, err
	}
	if err := oneOf("agent", in.Agent, "queue", in.Queue); err != nil {
		return nil, err
	}
	return event.AssignItem{Supervisor: a.caller.Name(), Item: a.target, Agent: in.Agent, Queue: in.Queue}, nil
}

// name checks a text that is required and short.
func name(field, value string) error { return ingress.CheckLength(field, value, ingress.MaxID, true) }

// oneOf checks that one of two fields is given and the other is not.
func oneOf(field, value, other, otherValue string) error {
	switch {
	case value != "" && otherValue != "":
		return ingress.InvalidField(other, "", "give "+field+" or "+other+", not both")
	case otherValue != "":
		return name(other, otherValue)
	case value != "":
		return name(field, value)
	}
	return ingress.InvalidField(field, "", "give "+field+" or "+other)
}
