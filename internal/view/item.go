// SPDX-License-Identifier: Apache-2.0

package view

import (
	"maps"
	"slices"

	"workstream.dev/operator/internal/compact"
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
	Transfer     *offer          `json:"transfer,omitempty"`   // to another agent, while it stays with its own
	Consults     []consult       `json:"consults,omitempty"`   // handed out: replaced, never changed
	Attributes   rule.Attributes `json:"attributes,omitempty"` // handed out: replaced, never changed
	OpenedAt     event.Instant   `json:"openedAt"`
	QueuedAt     event.Instant   `json:"queuedAt,omitempty"`
	EnteredAt    event.Instant   `json:"enteredAt,omitempty"`
	ChangedAt    event.Instant   `json:"changedAt"`
	ClosedAt     event.Instant   `json:"closedAt,omitempty"`
	// BlockedUntil is set while a wrap-up holds capacity for a fixed time, which may outlast the item.
	BlockedUntil event.Instant `json:"blockedUntil,omitempty"`
	Messages     []message     `json:"messages,omitempty"`
	// Rules are how many rules there were each time that the item was routed.
	Rules []int `json:"rules,omitempty"`
	// Queued says that it is in Queue now, offered or not.
	Queued bool `json:"queued,omitempty"`
	// Picked says that it is there to be picked while it waits, Exact that who picks it must have its skills: so says the
	// workstream which routed it last, and the plan may not have that any more.
	Picked bool `json:"picked,omitempty"`
	Exact  bool `json:"exact,omitempty"`
	// Priority, Skills and Classified are what classification gave it; Units and Profiles what it takes of an agent.
	Priority   int32        `json:"priority,omitempty"`
	Skills     []plan.Skill `json:"skills,omitempty"`
	Classified []string     `json:"classified,omitempty"`
	Units      int32        `json:"units,omitempty"`
	Profiles   []string     `json:"profiles,omitempty"`
	Promoted   bool         `json:"promoted,omitempty"`
	// GoneUntil is set while the customer's connection is lost.
	GoneUntil event.Instant `json:"goneUntil,omitempty"`
	// Omitted is what the trace had after its first steps.
	Omitted omitted `json:"omitted,omitzero"`
	// Parked is who had it before it waited for its customer.
	Parked string `json:"parked,omitempty"`

	// packed are the first steps in bytes, packedSteps how many they are; steps are those after them.
	packed      []byte
	packedSteps int
	steps       []event.Recorded
	place       int  // in order
	stale       bool // its image is not what it is

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

	Profiles []string  `json:"profiles,omitempty"`
	Via      event.Via `json:"via,omitempty"`
	From     string    `json:"from,omitempty"`
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
	if it.packedSteps+len(it.steps) < firstSteps+2*lastSteps {
		return
	}
	it.steps, it.packed, it.packedSteps = it.trace(), nil, 0
	cut := len(it.steps) - lastSteps
	first, middle := it.steps[:firstSteps], it.steps[firstSteps:cut]
	from := countRouted(first)
	to := from + countRouted(middle)
	it.Rules = slices.Concat(it.Rules[:from], it.Rules[to:])
	last := middle[len(middle)-1]
	it.Omitted = omitted{Steps: it.Omitted.Steps + len(middle), Seq: last.Seq, Time: last.Time}
	it.steps = slices.Concat(first, it.steps[cut:])
}

// trace returns all steps that are kept.
func (it *item) trace() []event.Recorded {
	if it.packedSteps == 0 {
		return it.steps
	}
	// They were written here, and the journal holds a snapshot against its digest: this is no error that can be.
	first, _ := event.Read(compact.NewReader(it.packed))
	return append(first, it.steps...)
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

// parkLocked notes who had an item that waits for its customer from now on; with "" it no longer does.
func (v *View) parkLocked(it *item, agent string) {
	if it.Parked != "" {
		delete(v.parked[it.Parked], it.ID)
		if len(v.parked[it.Parked]) == 0 {
			delete(v.parked, it.Parked)
		}
	}
	if it.Parked = agent; agent == "" {
		return
	}
	if v.parked[agent] == nil {
		v.parked[agent] = map[string]*item{}
	}
	v.parked[agent][it.ID] = it
}

func (v *View) moveLocked(it *item, state event.State, reason event.Reason) {
	if it.State != state {
		v.states[it.State]--
		v.states[state]++
	}
	v.parkLocked(it, "")
	it.State, it.Reason = state, reason
}

func (v *View) openedLocked(r event.Recorded, e event.ItemOpened) {
	it := &item{
		Opened: r.Seq, ID: e.Item, Type: e.Type, State: event.Open, Reason: event.AwaitingAgentAssignment,
		Workstream: e.Workstream, Channel: e.Channel, Conversation: e.Conversation, Record: e.Record,
		Customer: e.Customer, Attributes: e.Attributes, OpenedAt: r.Time, ChangedAt: r.Time,
		steps: []event.Recorded{r},
	}
	it.Priority = defaultPriority
	it.settings(v.plan.Workstream(e.Workstream))
	v.items[it.ID] = it
	v.inOrderLocked(it, nil)
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
	v.tellAllLocked(r, it.seenBy(), &StreamEvent{Type: ItemUpdated, Item: it.view()})
}

func (v *View) routedLocked(r event.Recorded, e event.ItemRouted) {
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	it.Revision = e.Revision
	rules := triedRules(e)
	if w := v.plan.Workstream(it.Workstream); w != nil {
		it.settings(w)
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
	if e.Queue != it.Queue || e.Since != it.QueuedAt {
		it.Promoted = false // ItemPromoted follows where it is still, or again
	}
	it.Queue, it.QueuedAt, it.EnteredAt = e.Queue, e.Since, e.Entered
	v.moveLocked(it, event.Open, e.Reason)
	v.queueLocked(e.Queue).add(it)
}

func (v *View) offerMadeLocked(r event.Recorded, e event.OfferMade) {
	o := &offer{
		ID: e.Offer, Item: e.Item, Agent: e.Agent, Queue: e.Queue, Units: e.Units, Made: r.Time, Expires: e.Expires,
		Profiles: e.Profiles, Via: e.Via, From: e.From,
	}
	a := v.agentLocked(e.Agent)
	a.Offers[o.ID] = o
	a.hold(e.Item, held{e.Units, e.Profiles})
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	if e.Via == event.ViaTransfer {
		it.Transfer = o
		v.tellLocked(r, e.From, &StreamEvent{
			Type: TransferOffered, Offer: o.ID, ItemID: it.ID, To: o.Agent, Expires: moment(e.Expires),
		})
	} else {
		it.Offer = o
		v.moveLocked(it, event.Open, event.AwaitingAgentAcceptance)
		v.queueLocked(it.Queue).offered++
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, &StreamEvent{
		Type: OfferMade, Offer: o.ID, Item: it.view(), Expires: moment(e.Expires), Via: o.Via, From: o.From,
	}))
}

func (v *View) offerClosedLocked(r event.Recorded, e event.OfferClosed) {
	a := v.agentLocked(e.Agent)
	delete(a.Offers, e.Offer)
	a.free(e.Item)
	it := v.stepLocked(r, e.Item)
	switch {
	case it == nil:
	case it.Transfer != nil && it.Transfer.ID == e.Offer:
		from := it.Transfer.From
		it.Transfer = nil
		v.tellLocked(r, from, &StreamEvent{
			Type: TransferClosed, Offer: e.Offer, ItemID: it.ID, To: e.Agent, Outcome: string(e.Outcome), Reason: e.Reason,
		})
	case it.Offer != nil && it.Offer.ID == e.Offer:
		v.unofferLocked(it)
		v.moveLocked(it, event.Open, event.AwaitingAgentAssignment)
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, &StreamEvent{
		Type: OfferClosed, Offer: e.Offer, ItemID: e.Item, Outcome: string(e.Outcome), Reason: e.Reason,
	}))
}

// assignedLocked takes the item from wherever it was: its queue, an offer, or another agent.
func (v *View) assignedLocked(r event.Recorded, e event.ItemAssigned) {
	a := v.agentLocked(e.Agent)
	delete(a.Offers, e.Offer)
	a.hold(e.Item, held{e.Units, e.Profiles})
	a.Items[e.Item] = struct{}{}
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	v.dequeueLocked(it)
	it.Transfer, it.Promoted = nil, false
	reason, lost := event.InConversation, event.TransferredToAgent
	if e.How == event.BySupervisor {
		reason, lost = event.AssignedBySupervisor, event.AssignedBySupervisor
	}
	if before := it.Agent; before != "" && before != e.Agent {
		v.dropLocked(v.agentLocked(before), e.Item)
		v.tellLocked(r, before, v.capacityLocked(before, &StreamEvent{Type: ItemReleased, ItemID: it.ID, Reason: lost}))
	}
	it.Agent = e.Agent
	v.moveLocked(it, event.Active, reason)
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, &StreamEvent{
		Type: ItemAssigned, Item: it.view(), How: e.How, Via: e.Via, Offer: e.Offer,
	}))
}

func (v *View) releasedLocked(r event.Recorded, e event.ItemReleased) {
	v.dropLocked(v.agentLocked(e.Agent), e.Item)
	if it := v.stepLocked(r, e.Item); it != nil {
		it.Agent = ""
		v.moveLocked(it, event.Open, e.Reason)
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, &StreamEvent{Type: ItemReleased, ItemID: e.Item, Reason: e.Reason}))
}

func (v *View) parkedLocked(r event.Recorded, e event.ItemParked) {
	v.dropLocked(v.agentLocked(e.Agent), e.Item)
	if it := v.stepLocked(r, e.Item); it != nil {
		it.Agent, it.GoneUntil = "", 0 // who is waited for need not be connected
		v.moveLocked(it, event.Waiting, event.AwaitingCustomerResponse)
		v.parkLocked(it, e.Agent)
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, &StreamEvent{
		Type: ItemParked, ItemID: e.Item, Reason: event.AwaitingCustomerResponse,
	}))
}

func (v *View) wrapUpLocked(r event.Recorded, e event.WrapUpStarted) {
	if e.Released {
		v.leaveLocked(v.agentLocked(e.Agent), e.Item)
	}
	if it := v.stepLocked(r, e.Item); it != nil {
		it.BlockedUntil, it.GoneUntil = e.BlockedUntil, 0
		v.moveLocked(it, event.WrapUp, e.Reason)
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, &StreamEvent{Type: ItemWrapUp, ItemID: e.Item, Reason: e.Reason}))
}

func (v *View) wrapUpReleasedLocked(r event.Recorded, e event.WrapUpReleased) {
	v.leaveLocked(v.agentLocked(e.Agent), e.Item)
	if it := v.stepLocked(r, e.Item); it != nil {
		it.BlockedUntil = 0
	}
	v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, &StreamEvent{Type: CapacityChanged, ItemID: e.Item}))
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
			v.leaveLocked(a, it.ID)
		}
		it.Agent = who
	}
	it.ClosedAt, it.GoneUntil = r.Time, 0
	v.moveLocked(it, event.Closed, e.Reason)
	v.closed = append(v.closed, it)
	if who != "" {
		v.tellLocked(r, who, v.capacityLocked(who, &StreamEvent{Type: ItemClosed, ItemID: it.ID, Reason: e.Reason}))
	}
}
