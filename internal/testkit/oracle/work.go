// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// give makes an item Active with an agent.
func (o *Oracle) give(it *item, a *agent, units int32, profiles []string) {
	if it.agent != "" {
		it.last = it.agent
		o.release(o.agent(it.agent), it.id)
	}
	if en := a.entry(it.id); en != nil && en.why == forOffer {
		en.why = forActive
		en.isIts()
	} else {
		if it.state == event.Open {
			a.wasAssigned(it.queue, o.seq)
		}
		o.take(a, &entry{item: it.id, units: units, profiles: profiles, why: forActive})
	}
	it.queued, it.stale, it.promoted, it.deferred = false, false, false, nil
	it.agent, it.state, it.touched, it.entered, it.lost = a.name, event.Active, o.clock, 0, 0
}

// closeOffer ends an offer that was not accepted.
func (o *Oracle) closeOffer(of *offer, outcome event.OfferOutcome, reason event.Reason) {
	o.log(event.OfferClosed{Offer: of.id, Item: of.item, Agent: of.agent, Outcome: outcome, Reason: reason})
	of.live, of.outcome, of.reason = false, outcome, reason
	o.giveBack(o.agent(of.agent), of.item)
}

// revoke ends the live offer of an item, should it have one.
func (o *Oracle) revoke(it *item, reason event.Reason) {
	if of := o.liveOffer(it); of != nil {
		o.closeOffer(of, event.Revoked, reason)
	}
}

// notTaken is an offer that was declined or expired.
func (o *Oracle) notTaken(of *offer, outcome event.OfferOutcome) {
	it, a := o.item(of.item), o.agent(of.agent)
	o.closeOffer(of, outcome, "")
	if !of.transfer {
		d := it.decline(of.agent)
		if d == nil {
			it.declines = append(it.declines, decline{agent: of.agent})
			d = &it.declines[len(it.declines)-1]
		}
		if outcome == event.Declined {
			d.count++
		}
		d.until = after(o.clock, it.ws.Offer.ReofferAfter)
	}
	o.punish(it, a, outcome)
	if !of.transfer {
		o.requeue(it, event.OfferNotTaken)
	}
}

// punish changes the presence of an agent who did not take a conversation, where the plan asks for it.
func (o *Oracle) punish(it *item, a *agent, outcome event.OfferOutcome) {
	rules := o.plan.PresenceRules
	if it.kind != plan.Messaging || !a.connected {
		return
	}
	switch {
	case outcome == event.Expired && rules.Missed && !it.ws.Allows(plan.Away):
		if a.choice != plan.Away || a.choiceAs != plan.Inactive {
			o.choose(a, plan.Away, plan.Inactive, "", event.CauseMissed)
		}
	case outcome == event.Declined && rules.Declined && !it.ws.Allows(plan.DoNotDisturb):
		if a.choice != plan.DoNotDisturb || a.choiceAs != "" {
			o.choose(a, plan.DoNotDisturb, "", "", event.CauseDeclined)
		}
	}
}

// callOff ends what goes on about an item beside its agent.
func (o *Oracle) callOff(it *item, reason event.Reason) {
	o.revoke(it, reason)
	for _, c := range o.consultsOn(it) {
		o.endConsultation(it, c, event.ConsultWithdrawn)
	}
}

// letGo takes an Active item from its agent, back to Open.
func (o *Oracle) letGo(it *item, reason event.Reason) {
	o.callOff(it, reason)
	a := o.agent(it.agent)
	o.log(event.ItemReleased{Item: it.id, Agent: a.name, Reason: reason})
	o.release(a, it.id)
	it.agent, it.last, it.state, it.touched, it.lost, it.released = "", a.name, event.Open, o.clock, 0, o.clock
}

func (o *Oracle) agentLost(it *item) {
	o.letGo(it, event.AgentConnectionLost)
	o.requeue(it, event.AgentConnectionLost)
}

func (o *Oracle) wrapUp(it *item, reason event.Reason, delivery string) {
	o.callOff(it, reason)
	a := o.agent(it.agent)
	ev := event.WrapUpStarted{Item: it.id, Agent: a.name, Reason: reason, Delivery: delivery}
	w := it.ws.WrapUp
	switch w.Block {
	case plan.BlockNever:
		ev.Released = true
	case plan.BlockCustom:
		ev.BlockedUntil = after(o.clock, w.For)
	case plan.BlockAlways:
	}
	o.log(ev)
	en := a.entry(it.id)
	en.why = forWrapUp
	it.state, it.ended, it.touched, it.gone, it.lost = event.WrapUp, reason, o.clock, false, 0
	if ev.Released {
		o.freeWrapUp(a, en)
	} else {
		en.until = ev.BlockedUntil
	}
	o.deliver(delivery, it.id, "")
}

// end closes an item. ev has what is known of why.
func (o *Oracle) end(it *item, ev event.ItemClosed) {
	o.callOff(it, ev.Reason)
	ev.Item, ev.Agent = it.id, it.agent
	o.log(ev)
	if a := o.agent(it.agent); a != nil {
		it.last = a.name
		if en := a.entry(it.id); en != nil && en.why == forWrapUp && en.until != 0 {
			en.why = forBlock
		} else {
			o.release(a, it.id)
		}
	}
	it.state, it.ended, it.queued, it.agent, it.gone = event.Closed, ev.Reason, false, "", false
	o.deliver(ev.Delivery, it.id, "")
}

func (o *Oracle) offerOf(id string) *offer {
	for _, of := range o.offers {
		if of.id == id {
			return of
		}
	}
	return nil
}

func (o *Oracle) accept(c event.AcceptOffer) event.Result {
	if res := o.answerConsult(c.Agent, c.Offer, true); res != nil {
		return *res
	}
	a, of := o.agent(c.Agent), o.offerOf(c.Offer)
	switch {
	case of != nil && of.agent == c.Agent && !of.live && of.outcome == "":
		return event.Result{Duplicate: true, Item: of.item, Offer: of.id}
	case a == nil:
		return refuse(event.UnknownAgent)
	case of == nil:
		return refuse(event.UnknownOffer)
	case of.agent != c.Agent:
		return refuse(event.OfferNotYours)
	case !of.live:
		return refuse(map[event.OfferOutcome]event.RejectionReason{
			event.Declined: event.OfferDeclined, event.Expired: event.OfferExpired, event.Revoked: event.OfferRevoked,
		}[of.outcome])
	}
	it := o.item(of.item)
	ev := event.ItemAssigned{Item: it.id, Agent: a.name, Offer: of.id, How: event.ByOffer}
	en := a.entry(it.id)
	ev.Units, ev.Profiles = en.units, en.profiles
	if of.transfer {
		ev.How = event.ByTransfer
		if con := o.consultOf(it, a.name); con != nil {
			o.endConsultation(it, con, event.ConsultWithdrawn)
		}
	}
	o.log(ev)
	of.live = false
	o.give(it, a, 0, nil)
	return event.Result{Item: it.id, Offer: of.id}
}

func (o *Oracle) decline(c event.DeclineOffer) event.Result {
	if res := o.answerConsult(c.Agent, c.Offer, false); res != nil {
		return *res
	}
	of := o.offerOf(c.Offer)
	switch {
	case of != nil && of.agent == c.Agent && !of.live && of.outcome == event.Declined:
		return event.Result{Duplicate: true, Item: of.item, Offer: of.id}
	case o.agent(c.Agent) == nil:
		return refuse(event.UnknownAgent)
	case of == nil:
		return refuse(event.UnknownOffer)
	case of.agent != c.Agent:
		return refuse(event.OfferNotYours)
	case !of.live:
		return refuse(map[event.OfferOutcome]event.RejectionReason{
			"": event.OfferAccepted, event.Expired: event.OfferExpired, event.Revoked: event.OfferRevoked,
		}[of.outcome])
	case o.item(of.item).ws.Offer.Presentation == plan.PromptNoDecline && !of.transfer:
		return refuse(event.DeclineNotAllowed)
	}
	o.notTaken(of, event.Declined)
	return event.Result{Item: of.item, Offer: of.id}
}

func (o *Oracle) pick(c event.PickItem) event.Result {
	a, it := o.agent(c.Agent), o.item(c.Item)
	switch {
	case a == nil || o.plan.Agent(c.Agent) == nil:
		return refuse(event.UnknownAgent)
	case it == nil:
		return refuse(event.UnknownItem)
	case it.state == event.Active && it.agent == a.name:
		return event.Result{Duplicate: true, Item: it.id}
	case it.state == event.Closed:
		return refuse(event.WrongState)
	}
	if resumed := it.state == event.Waiting && it.last == a.name; !resumed {
		if reason := o.unpickable(it, a); reason != "" {
			return refuse(reason)
		}
	}
	if it.never(a.name) {
		return refuse(event.AgentExcluded)
	}
	o.log(event.ItemAssigned{Item: it.id, Agent: a.name, Units: it.ws.Units, Profiles: it.needs(), How: event.ByPick})
	o.give(it, a, it.ws.Units, it.needs())
	return event.Result{Item: it.id}
}

// unpickable says why an agent may not take an item out of its queue, whoever its customer is; "" when nothing is against it.
func (o *Oracle) unpickable(it *item, a *agent) event.RejectionReason {
	pushed := it.ws.Mode == plan.Push
	switch {
	case pushed && !it.ws.PickFromPush:
		return event.ItemNotPickable
	case !it.queued:
		return event.WrongState
	case !o.member(a, it.queue):
		return event.NotAQueueMember
	case !pushed && !o.fits(it, a):
		return event.InsufficientCapacity
	case o.unskilled(it, a).Reason != "":
		return event.SkillRequired
	}
	return ""
}

// yours returns an item that an agent has, or why the agent has it not.
func (o *Oracle) yours(agent, id string) (*item, *event.Result) {
	no := func(r event.RejectionReason) (*item, *event.Result) {
		res := refuse(r)
		return nil, &res
	}
	if o.plan.Agent(agent) == nil {
		return no(event.UnknownAgent)
	}
	it := o.item(id)
	switch {
	case it == nil:
		return no(event.UnknownItem)
	case it.agent == agent && it.state != event.Closed:
		return it, nil
	case it.last == agent && (it.agent == "" || it.state == event.Closed):
		return no(event.WrongState)
	default:
		return no(event.ItemNotYours)
	}
}

func (o *Oracle) send(c event.SendMessage) event.Result {
	it, no := o.speaks(c)
	if no != nil {
		return *no
	}
	for _, s := range it.sent {
		if s.agent == c.Agent && s.message == c.Message {
			if s.text != c.Text || s.internal != c.Internal {
				return refuse(event.MessageIDReused)
			}
			return event.Result{Duplicate: true, Item: it.id, Message: c.Message}
		}
	}
	switch {
	case it.kind == plan.Record, it.state != event.Active:
		return refuse(event.WrongState)
	case !c.Internal && o.plan.Channel(it.channel) == nil:
		return refuse(event.UnknownChannel)
	}
	it.position++
	ev := event.MessageSent{
		Item: it.id, Agent: c.Agent, Message: c.Message, Position: it.position, Text: c.Text, Internal: c.Internal,
	}
	if o.callback(it) && !c.Internal {
		ev.Delivery = it.id + "-m" + strconv.FormatUint(it.position, 10)
	}
	o.log(ev)
	it.sent = append(it.sent, sent{c.Agent, c.Message, c.Text, c.Internal})
	it.touched = o.clock
	o.deliver(ev.Delivery, it.id, c.Message)
	return event.Result{Item: it.id, Message: c.Message}
}

// speaks returns the item on which an agent may send a message: who has it any, who has joined it an internal one.
func (o *Oracle) speaks(c event.SendMessage) (*item, *event.Result) {
	it := o.item(c.Item)
	if it != nil && o.plan.Agent(c.Agent) != nil {
		if con := o.consultOf(it, c.Agent); con != nil {
			if con.joined && c.Internal {
				return it, nil
			}
			res := refuse(event.ItemNotYours)
			return nil, &res
		}
	}
	return o.yours(c.Agent, c.Item)
}

func (o *Oracle) endItem(c event.EndItem) event.Result {
	it, no := o.yours(c.Agent, c.Item)
	switch {
	case no != nil:
		return *no
	case it.state != event.Active:
		return refuse(event.WrongState)
	case it.kind == plan.Record:
		o.end(it, event.ItemClosed{Reason: event.RecordResolved})
	default:
		o.wrapUp(it, event.AgentMovedToWrapUp, o.endDelivery(it))
	}
	return event.Result{Item: it.id}
}

func (o *Oracle) closeItem(c event.CloseItem) event.Result {
	it, no := o.yours(c.Agent, c.Item)
	switch {
	case no != nil:
		return *no
	case it.state == event.WrapUp:
		reason := event.ConversationEndedByCustomer
		if it.ended == event.AgentMovedToWrapUp {
			reason = event.ConversationEndedByAgent
		}
		o.end(it, event.ItemClosed{Reason: reason})
	case it.kind == plan.Record:
		return refuse(event.WrongState)
	case it.ws.Lifecycle.Waits:
		o.callOff(it, event.AwaitingCustomerResponse)
		a := o.agent(it.agent)
		o.log(event.ItemParked{Item: it.id, Agent: a.name})
		o.release(a, it.id)
		it.agent, it.last, it.state, it.touched, it.gone, it.lost = "", a.name, event.Waiting, o.clock, false, 0
	default:
		o.letGo(it, event.AgentClosedSession)
		o.cool(it, c.Agent)
		o.requeue(it, event.AgentClosedSession)
	}
	return event.Result{Item: it.id}
}

// cool keeps an item from an agent for a while.
func (o *Oracle) cool(it *item, agent string) {
	d := it.decline(agent)
	if d == nil {
		it.declines = append(it.declines, decline{agent: agent})
		d = &it.declines[len(it.declines)-1]
	}
	d.until = after(o.clock, it.ws.Offer.ReofferAfter)
}

func (o *Oracle) forceClose(c event.ForceClose) event.Result {
	it := o.item(c.Item)
	switch {
	case it == nil:
		return refuse(event.UnknownItem)
	case it.state == event.Closed:
		return refuse(event.WrongState)
	}
	o.end(it, event.ItemClosed{Reason: event.ForceClosedBySupervisor, By: c.Supervisor, Delivery: o.endDelivery(it)})
	return event.Result{Item: it.id}
}
