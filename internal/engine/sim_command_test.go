// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"strconv"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// mood is how the inhabitants of a simulation are: what they do often in one, they do seldom in another.
type mood []int

// doing is one thing that can be done.
type doing struct {
	weight int
	do     func(s *sim, i int) event.Command
}

// doings are all that can be done, each with how often it is done on average.
func doings() []doing {
	return []doing{
		{200, (*sim).receive},
		{70, (*sim).submit},
		{20, (*sim).leave},
		{25, (*sim).customerGone},
		{15, (*sim).customerBack},
		{190, (*sim).accept},
		{45, (*sim).decline},
		{80, func(s *sim, _ int) event.Command { return event.ConnectAgent{Agent: s.agent()} }},
		{8, func(s *sim, _ int) event.Command { return event.DisconnectAgent{Agent: s.agent()} }},
		{25, (*sim).presence},
		{40, func(s *sim, _ int) event.Command { return event.PickItem{Agent: s.agent(), Item: s.item()} }},
		{45, (*sim).send},
		{50, func(s *sim, _ int) event.Command {
			agent, item := s.one(s.held)
			return event.EndItem{Agent: agent, Item: item}
		}},
		{60, func(s *sim, _ int) event.Command {
			agent, item := s.one(s.held)
			return event.CloseItem{Agent: agent, Item: item}
		}},
		{50, (*sim).transfer},
		{60, (*sim).consult},
		{15, (*sim).endConsult},
		{30, (*sim).assign},
		{8, func(s *sim, _ int) event.Command { return event.ForceClose{Supervisor: "sue", Item: s.item()} }},
		{20, (*sim).confirm},
		{25, func(s *sim, _ int) event.Command { s.plan = s.editedPlan(); return s.activate() }},
		{3, func(*sim, int) event.Command { return event.DisconnectAll{} }},
		{12, (*sim).again},
		{10, func(*sim, int) event.Command { return event.Tick{} }},
	}
}

func (s *sim) randomMood() mood {
	m := make(mood, len(doings()))
	for i, d := range doings() {
		m[i] = d.weight * []int{1, 1, 1, 2, 4}[s.IntN(5)]
		if s.IntN(8) == 0 {
			m[i] = 1
		}
	}
	if s.IntN(2) == 0 { // obsessed
		m[s.IntN(len(m))] *= 10
	}
	return m
}

func (s *sim) command(i int) event.Command {
	sum := 0
	for _, w := range s.mood {
		sum += w
	}
	n := s.IntN(sum)
	for k, w := range s.mood {
		if n -= w; n < 0 {
			return doings()[k].do(s, i)
		}
	}
	panic("no command")
}

func (s *sim) pick(list []string) string {
	if len(list) == 0 {
		return "nobody"
	}
	return list[s.IntN(len(list))]
}

// agent is mostly one of the plan.
func (s *sim) agent() string {
	if n := len(s.plan.Agents); n > 0 && s.IntN(10) > 0 {
		return s.plan.Agents[s.IntN(n)].Name
	}
	return fmt.Sprintf("a%02d", s.IntN(7))
}

// item is mostly one of the last.
func (s *sim) item() string {
	if len(s.items) > 12 && s.IntN(10) > 0 {
		return s.pick(s.items[len(s.items)-12:])
	}
	return s.pick(s.items)
}

// one returns one of what is held, mostly by whom it is held, and at times what was held before.
func (s *sim) one(list []holding) (agent, id string) {
	if n := s.IntN(10); (n == 0 || len(list) == 0) && len(s.past) > 0 {
		list = s.past[max(0, len(s.past)-10):]
	}
	if len(list) == 0 {
		return s.agent(), "none"
	}
	h := list[s.IntN(len(list))]
	if s.IntN(20) == 0 {
		h.agent = s.agent()
	}
	return h.agent, h.id
}

func (s *sim) channel() string { return s.pick([]string{"web", "web", "app", "desk"}) }

func (s *sim) conversation() string { return fmt.Sprintf("c%d", s.IntN(15)) }

func (s *sim) intake(scope string) event.Intake {
	if s.IntN(2) == 0 {
		return event.Intake{Scope: scope}
	}
	return event.Intake{Scope: scope, Key: fmt.Sprintf("k%d", s.IntN(500)), Digest: s.pick([]string{"d", "d", "d", "e"})}
}

func (s *sim) attributes(root string) rule.Attributes {
	a := rule.Attributes{}
	if s.IntN(2) == 0 {
		a[root+"tier"] = rule.TextValue(s.pick([]string{"gold", "Silver", "b\xffd"}))
	}
	if s.IntN(3) == 0 {
		a[root+"basket"] = rule.NumberValue(float64(s.IntN(1000)) / 8)
	}
	if s.has(withLists, 3) {
		a["customer.preferredAgents"] = rule.TextValue(s.agents())
	}
	if s.has(withLists, 4) {
		a["customer.neverAgents"] = rule.TextValue(s.agents())
	}
	if s.IntN(20) == 0 {
		a["item.priority"] = rule.NumberValue(1) // is not the sender's to say
	}
	return a
}

// agents are some, between commas.
func (s *sim) agents() string {
	var names []string
	for range 1 + s.IntN(4) {
		names = append(names, s.pick([]string{"", " "})+s.agent())
	}
	return strings.Join(names, ",")
}

func (s *sim) receive(i int) event.Command {
	ch := s.channel()
	return event.ReceiveMessage{
		Intake: s.intake("channel/" + ch), Item: fmt.Sprintf("i%d", i), Message: fmt.Sprintf("m%d", i), Channel: ch,
		Conversation: s.conversation(), Customer: event.Customer{ID: "u"}, Text: "text", Attributes: s.attributes("context."),
	}
}

// submit tells of a record, and each fourth time that it is over. That draws the same: seeds keep most of what they have.
func (s *sim) submit(i int) event.Command {
	c := event.SubmitRecord{
		Intake: s.intake("workstream/cases"), Item: fmt.Sprintf("i%d", i), Workstream: s.pick([]string{"cases", "cases", "cases", "chat", "none"}),
		Record: fmt.Sprintf("r%d", s.IntN(10)), Attributes: s.attributes("record."),
	}
	if i%4 == 0 {
		return event.CloseRecord{Intake: c.Intake, Workstream: c.Workstream, Record: c.Record, Integration: "crm\xff"}
	}
	return c
}

func (s *sim) leave(int) event.Command {
	ch := s.channel()
	return event.LeaveConversation{Intake: s.intake("channel/" + ch), Channel: ch, Conversation: s.conversation()}
}

func (s *sim) customerGone(int) event.Command {
	ch := s.channel()
	return event.DisconnectCustomer{Intake: s.intake("channel/" + ch), Channel: ch, Conversation: s.conversation()}
}

func (s *sim) customerBack(int) event.Command {
	ch := s.channel()
	return event.ReconnectCustomer{Intake: s.intake("channel/" + ch), Channel: ch, Conversation: s.conversation()}
}

// accept is mostly of an offer, and at times of a consultation.
func (s *sim) accept(int) event.Command {
	list := s.offers
	if s.IntN(6) == 0 {
		list = s.consults
	}
	agent, offer := s.one(list)
	return event.AcceptOffer{Agent: agent, Offer: offer}
}

func (s *sim) decline(int) event.Command {
	list := s.offers
	if s.IntN(6) == 0 {
		list = s.consults
	}
	agent, offer := s.one(list)
	return event.DeclineOffer{Agent: agent, Offer: offer}
}

func (s *sim) presence(int) event.Command {
	all := []plan.Presence{
		plan.Available, plan.Available, plan.Available, plan.Available, plan.Busy, plan.DoNotDisturb, plan.Away, plan.Offline, "Gone",
		plan.Inactive, "Ready", "Ready", "Ready", "Focus", "Lunch",
	}
	c := event.SetPresence{Agent: s.agent(), Presence: all[s.IntN(len(all))]}
	if s.IntN(4) == 0 {
		c.Supervisor = "sue"
	}
	return c
}

func (s *sim) send(int) event.Command {
	agent, item := s.one(s.held)
	c := event.SendMessage{Agent: agent, Item: item, Message: strconv.Itoa(s.IntN(6)), Text: s.pick([]string{"a", "b\xff"})}
	c.Internal = s.IntN(3) == 0
	if len(s.consults) > 0 && s.IntN(3) == 0 {
		c.Agent, c.Item = s.one(s.consults)
		c.Item, _, _ = strings.Cut(c.Item, "-")
	}
	return c
}

func (s *sim) queue() string { return fmt.Sprintf("q%d", s.IntN(6)) }

func (s *sim) transfer(int) event.Command {
	agent, item := s.one(s.held)
	if s.IntN(3) > 0 {
		if len(s.held) > 0 && s.IntN(2) == 0 { // again and again the same
			agent, item = s.held[0].agent, s.held[0].id
		}
		return event.TransferItem{Agent: agent, Item: item, To: s.agent()}
	}
	return event.TransferItem{Agent: agent, Item: item, Queue: s.queue()}
}

func (s *sim) consult(i int) event.Command {
	agent, item := s.one(s.held)
	if len(s.held) > 0 && s.IntN(2) == 0 { // again and again about the same
		agent, item = s.held[0].agent, s.held[0].id
		if n := len(s.plan.Agents); n > 0 {
			return event.RequestConsult{Agent: agent, Item: item, To: s.plan.Agents[i%n].Name}
		}
	}
	return event.RequestConsult{Agent: agent, Item: item, To: s.agent()}
}

func (s *sim) endConsult(int) event.Command {
	consultant, id := s.one(s.consults)
	item, _, _ := strings.Cut(id, "-")
	c := event.EndConsult{Agent: consultant, Item: item, Consultant: consultant}
	for _, h := range s.held {
		if h.id == item && s.IntN(2) == 0 {
			c.Agent = h.agent
		}
	}
	if s.IntN(8) == 0 {
		c.Agent = s.agent()
	}
	return c
}

func (s *sim) assign(int) event.Command {
	if s.IntN(3) == 0 {
		return event.AssignItem{Supervisor: "sue", Item: s.item(), Queue: s.queue()}
	}
	return event.AssignItem{Supervisor: "sue", Item: s.item(), Agent: s.agent()}
}

func (s *sim) confirm(int) event.Command {
	if list := s.world.Engine().Deliveries(); len(list) > 0 {
		return event.ConfirmDelivery{Delivery: list[s.IntN(len(list))].ID, Failure: s.pick([]string{"", "", "gone"})}
	}
	return event.ConfirmDelivery{Delivery: "none"}
}

// again is the last command, sent once more. Whoever takes something in gives it an id that is new each time.
func (s *sim) again(i int) event.Command {
	switch c := s.last.(type) {
	case event.ReceiveMessage:
		c.Item = fmt.Sprintf("i%d", i)
		return c
	case event.SubmitRecord:
		c.Item = fmt.Sprintf("i%d", i)
		return c
	default:
		return c
	}
}

func (s *sim) activate() event.Command {
	_, version, err := s.plan.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	if s.inForce != nil { // a replica takes what is as it was from the plan in force
		if s.plan, err = plan.Assemble(s.plan.Manifest(), s.inForce, s.plan.Part); err != nil {
			s.t.Fatal(err)
		}
	}
	s.inForce = s.plan
	return event.ActivatePlan{Version: version, Plan: s.plan}
}
