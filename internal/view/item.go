// SPDX-License-Identifier: Apache-2.0

package view

import (
	"maps"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// item is what is known of a work item. Its exported fields are its part of a snapshot.
type item struct {
	// Opened is the sequence of the event that opened it: the order of lists, and their continue token.
	Opened       uint64          `json:"opened"`
	ID           string          `json:"id"`
	Type         plan.ItemType   `json:"type"`
	State        event.State     `json:"state"`
	Reason       event.Reason    `json:"reason"`
	Workstream   string          `json:"workstream"`
	Revision     string          `json:"revision,omitempty"`
	Channel      string          `json:"channel,omitempty"`
	Conversation string          `json:"conversation,omitempty"`
	Record       string          `json:"record,omitempty"`
	Customer     event.Customer  `json:"customer,omitzero"`
	Queue        string          `json:"queue,omitempty"`
	Agent        string          `json:"agent,omitempty"`
	Offer        *offer          `json:"offer,omitempty"`
	Attributes   rule.Attributes `json:"attributes,omitempty"` // handed out: replaced, never changed
	OpenedAt     event.Instant   `json:"openedAt"`
	QueuedAt     event.Instant   `json:"queuedAt,omitempty"`
	ChangedAt    event.Instant   `json:"changedAt"`
	ClosedAt     event.Instant   `json:"closedAt,omitempty"`
	// BlockedUntil is set while a wrap-up holds capacity for a fixed time, which may outlast the item.
	BlockedUntil event.Instant `json:"blockedUntil,omitempty"`
	Messages     []message     `json:"messages,omitempty"`
	// Rules are how many rules there were each time that the item was routed.
	Rules []int `json:"rules,omitempty"`
	// Queued says that it is in Queue now, offered or not.
	Queued bool `json:"queued,omitempty"`
	// Mode is that of the workstream which routed it last: the plan may not have it any more.
	Mode plan.Mode `json:"mode,omitempty"`
	// Omitted is what the trace had after its first steps.
	Omitted omitted `json:"omitted,omitzero"`

	steps   []event.Recorded
	dropped bool
	pick    bool // it is counted in the picks of its queue
}

// omitted counts the steps that are no longer kept. Seq and Time are of the last one.
type omitted struct {
	Steps int           `json:"steps"`
	Seq   uint64        `json:"seq"`
	Time  event.Instant `json:"time"`
}

// offer is a live offer.
type offer struct {
	ID      string        `json:"id"`
	Item    string        `json:"item"`
	Agent   string        `json:"agent"`
	Queue   string        `json:"queue"`
	Units   int32         `json:"units"`
	Made    event.Instant `json:"made"`
	Expires event.Instant `json:"expires"`
}

// message is one message of a timeline.
type message struct {
	Position uint64        `json:"position"`
	ID       string        `json:"id"`
	Agent    string        `json:"agent,omitempty"` // empty: from the customer
	Text     string        `json:"text"`
	At       event.Instant `json:"at"`
	Delivery string        `json:"delivery,omitempty"`
	Outcome  Delivery      `json:"outcome,omitempty"`
	Failure  string        `json:"failure,omitempty"`
}

// stepLocked notes r on the trace of an item and returns the item; nil when it is no longer kept.
func (v *View) stepLocked(r event.Recorded, id string) *item {
	it := v.items[id]
	if it != nil {
		it.step(r)
		it.ChangedAt = r.Time
	}
	return it
}

// step notes r on the trace. What is offered to nobody who takes it goes round for days, so the middle is left out from
// time to time. Readers may be at the slices: they are replaced or added to, never changed.
func (it *item) step(r event.Recorded) {
	it.steps = append(it.steps, r)
	if len(it.steps) < firstSteps+2*lastSteps {
		return
	}
	cut := len(it.steps) - lastSteps
	first, middle := it.steps[:firstSteps], it.steps[firstSteps:cut]
	from := countRouted(first)
	to := from + countRouted(middle)
	it.Rules = slices.Concat(it.Rules[:from], it.Rules[to:])
	last := middle[len(middle)-1]
	it.Omitted = omitted{Steps: it.Omitted.Steps + len(middle), Seq: last.Seq, Time: last.Time}
	it.steps = slices.Concat(first, it.steps[cut:])
}

func countRouted(steps []event.Recorded) int {
	n := 0
	for i := range steps {
		if _, ok := steps[i].Event.(event.ItemRouted); ok {
			n++
		}
	}
	return n
}

func (v *View) moveLocked(it *item, state event.State, reason event.Reason) {
	if it.State != state {
		v.states[it.State]--
		v.states[state]++
	}
	it.State, it.Reason = state, reason
}

func (v *View) openedLocked(r event.Recorded, e event.ItemOpened) {
	it := &item{
		Opened: r.Seq, ID: e.Item, Type: e.Type, State: event.Open, Reason: event.AwaitingAgentAssignment,
		Workstream: e.Workstream, Channel: e.Channel, Conversation: e.Conversation, Record: e.Record,
		Customer: e.Customer, Attributes: e.Attributes, OpenedAt: r.Time, ChangedAt: r.Time,
		steps: []event.Recorded{r},
	}
	if w := v.plan.Workstream(e.Workstream); w != nil {
		it.Mode = w.Mode
	}
	v.items[it.ID] = it
	v.order = append(v.order, it)
	v.states[event.Open]++
}

func (v *View) updatedLocked(r event.Recorded, e event.ItemUpdated) {
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	merged := make(rule.Attributes, len(it.Attributes)+len(e.Attributes))
	maps.Copy(merged, it.Attributes)
	maps.Copy(merged, e.Attributes)
	it.Attributes = merged
	if who := it.seenBy(); who != "" {
		v.tellLocked(r, who, StreamEvent{Type: ItemUpdated, Item: it.view()})
	}
}

func (v *View) routedLocked(r event.Recorded, e event.ItemRouted) {
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	it.Revision = e.Revision
	rules := triedRules(e)
	if w := v.plan.Workstream(it.Workstream); w != nil {
		it.Mode = w.Mode
		if w.Revision == e.Revision {
			rules = len(w.Routing.Rules)
		}
	}
	it.Rules = append(it.Rules, rules)
}

func (v *View) queuedLocked(r event.Recorded, e event.ItemQueued) {
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	v.dequeueLocked(it)
	it.Queue, it.QueuedAt = e.Queue, e.Since
	v.moveLocked(it, event.Open, e.Reason)
	v.queueLocked(e.Queue).add(it)
}

func (v *View) offerMadeLocked(r event.Recorded, e event.OfferMade) {
	o := &offer{
		ID: e.Offer, Item: e.Item, Agent: e.Agent, Queue: e.Queue, Units: e.Units, Made: r.Time, Expires: e.Expires,
	}
	a := v.agentLocked(e.Agent)
	a.Offers[o.ID] = o
	a.hold(e.Item, e.Units)
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	it.Offer = o
	v.moveLocked(it, event.Open, event.AwaitingAgentAcceptance)
	v.queueLocked(it.Queue).offered++
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, StreamEvent{
		Type: OfferMade, Offer: o.ID, Item: it.view(), Expires: moment(e.Expires),
	}))
}

func (v *View) offerClosedLocked(r event.Recorded, e event.OfferClosed) {
	a := v.agentLocked(e.Agent)
	delete(a.Offers, e.Offer)
	a.free(e.Item)
	if it := v.stepLocked(r, e.Item); it != nil && it.Offer != nil && it.Offer.ID == e.Offer {
		v.unofferLocked(it)
		v.moveLocked(it, event.Open, event.AwaitingAgentAssignment)
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, StreamEvent{
		Type: OfferClosed, Offer: e.Offer, ItemID: e.Item, Outcome: e.Outcome, Reason: e.Reason,
	}))
}

// assignedLocked takes the item from wherever it was: its queue, an offer, or another agent.
func (v *View) assignedLocked(r event.Recorded, e event.ItemAssigned) {
	a := v.agentLocked(e.Agent)
	delete(a.Offers, e.Offer)
	a.hold(e.Item, e.Units)
	a.Items[e.Item] = struct{}{}
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	v.dequeueLocked(it)
	if before := it.Agent; before != "" && before != e.Agent {
		v.agentLocked(before).drop(e.Item)
		v.tellLocked(r, before, v.capacityLocked(before, StreamEvent{
			Type: ItemReleased, ItemID: it.ID, Reason: event.AssignedBySupervisor,
		}))
	}
	it.Agent = e.Agent
	reason := event.InConversation
	if e.How == event.BySupervisor {
		reason = event.AssignedBySupervisor
	}
	v.moveLocked(it, event.Active, reason)
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, StreamEvent{
		Type: ItemAssigned, Item: it.view(), How: e.How, Offer: e.Offer,
	}))
}

func (v *View) releasedLocked(r event.Recorded, e event.ItemReleased) {
	v.agentLocked(e.Agent).drop(e.Item)
	if it := v.stepLocked(r, e.Item); it != nil {
		it.Agent = ""
		v.moveLocked(it, event.Open, e.Reason)
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, StreamEvent{Type: ItemReleased, ItemID: e.Item, Reason: e.Reason}))
}

func (v *View) parkedLocked(r event.Recorded, e event.ItemParked) {
	v.agentLocked(e.Agent).drop(e.Item)
	if it := v.stepLocked(r, e.Item); it != nil {
		it.Agent = ""
		v.moveLocked(it, event.Waiting, event.AwaitingCustomerResponse)
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, StreamEvent{
		Type: ItemParked, ItemID: e.Item, Reason: event.AwaitingCustomerResponse,
	}))
}

func (v *View) wrapUpLocked(r event.Recorded, e event.WrapUpStarted) {
	if e.Released {
		v.agentLocked(e.Agent).free(e.Item)
	}
	if it := v.stepLocked(r, e.Item); it != nil {
		it.BlockedUntil = e.BlockedUntil
		v.moveLocked(it, event.WrapUp, e.Reason)
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, StreamEvent{Type: ItemWrapUp, ItemID: e.Item, Reason: e.Reason}))
}

func (v *View) wrapUpReleasedLocked(r event.Recorded, e event.WrapUpReleased) {
	v.agentLocked(e.Agent).free(e.Item)
	if it := v.stepLocked(r, e.Item); it != nil {
		it.BlockedUntil = 0
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, StreamEvent{Type: CapacityChanged, ItemID: e.Item}))
}

// closedLocked leaves capacity that a wrap-up blocks for a fixed time where it is: WrapUpReleased ends that.
func (v *View) closedLocked(r event.Recorded, e event.ItemClosed) {
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	v.dequeueLocked(it)
	who := e.Agent
	if who == "" {
		who = it.Agent
	}
	if who != "" {
		a := v.agentLocked(who)
		delete(a.Items, it.ID)
		if it.BlockedUntil == 0 {
			a.free(it.ID)
		}
		it.Agent = who
	}
	it.ClosedAt = r.Time
	v.moveLocked(it, event.Closed, e.Reason)
	v.closed = append(v.closed, it)
	if who != "" {
		v.tellLocked(r, who, v.capacityLocked(who, StreamEvent{Type: ItemClosed, ItemID: it.ID, Reason: e.Reason}))
	}
}

func (v *View) receivedLocked(r event.Recorded, e event.MessageReceived) {
	it := v.items[e.Item]
	if it == nil {
		return
	}
	it.ChangedAt = r.Time
	it.Messages = append(it.Messages, message{Position: e.Position, ID: e.Message, Text: e.Text, At: r.Time})
	if who := it.seenBy(); who != "" {
		m := it.Messages[len(it.Messages)-1].view()
		v.tellLocked(r, who, StreamEvent{Type: MessageReceived, ItemID: it.ID, Message: &m})
	}
}

func (v *View) sentLocked(r event.Recorded, e event.MessageSent) {
	it := v.items[e.Item]
	if it == nil {
		return
	}
	it.ChangedAt = r.Time
	m := message{Position: e.Position, ID: e.Message, Agent: e.Agent, Text: e.Text, At: r.Time, Delivery: e.Delivery}
	if e.Delivery != "" {
		m.Outcome = DeliveryPending
	}
	it.Messages = append(it.Messages, m)
	shown := m.view()
	v.tellLocked(r, e.Agent, StreamEvent{Type: MessageSent, ItemID: it.ID, Message: &shown})
}

func (v *View) deliveredLocked(r event.Recorded, id, delivery, failure string) {
	it := v.items[id]
	if it == nil {
		return
	}
	for i := len(it.Messages) - 1; i >= 0; i-- {
		m := &it.Messages[i]
		if m.Delivery != delivery || m.Delivery == "" {
			continue
		}
		m.Outcome, m.Failure = DeliveryDelivered, failure
		typ := MessageDelivered
		if failure != "" {
			m.Outcome, typ = DeliveryFailed, MessageFailed
		}
		shown := m.view()
		v.tellLocked(r, m.Agent, StreamEvent{Type: typ, ItemID: it.ID, Message: &shown})
		return
	}
}

// seenBy is the agent who has the item or is offered it.
func (it *item) seenBy() string {
	if it.Offer != nil {
		return it.Offer.Agent
	}
	if it.State == event.Active || it.State == event.WrapUp {
		return it.Agent
	}
	return ""
}

func (it *item) view() *ItemView {
	w := &ItemView{
		ID: it.ID, Type: it.Type, State: it.State, Reason: it.Reason, Workstream: it.Workstream, Revision: it.Revision,
		Channel: it.Channel, Conversation: it.Conversation, Record: it.Record, Customer: it.Customer,
		Queue: it.Queue, Agent: it.Agent, Attributes: it.Attributes, OpenedAt: moment(it.OpenedAt),
		QueuedAt: moment(it.QueuedAt), ChangedAt: moment(it.ChangedAt), ClosedAt: moment(it.ClosedAt),
	}
	if it.Offer != nil {
		o := it.Offer.view()
		w.Offer = &o
	}
	return w
}

func (o *offer) view() OfferView {
	return OfferView{
		ID: o.ID, Item: o.Item, Agent: o.Agent, Queue: o.Queue, Units: o.Units, MadeAt: moment(o.Made), Expires: moment(o.Expires),
	}
}

func (m *message) view() MessageView {
	w := MessageView{
		Position: m.Position, ID: m.ID, From: FromCustomer, Text: m.Text, At: moment(m.At), Delivery: m.Outcome, Failure: m.Failure,
	}
	if m.Agent != "" {
		w.From, w.Agent = FromAgent, m.Agent
	}
	return w
}
