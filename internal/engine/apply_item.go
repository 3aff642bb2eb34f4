// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

func (e *Engine) applyOpened(ev *event.ItemOpened, now event.Instant) {
	it := e.spareItems.get()
	it.ID, it.Type, it.Workstream, it.Channel, it.Conversation = ev.Item, ev.Type, ev.Workstream, ev.Channel, ev.Conversation
	it.Customer, it.Record, it.State, it.Since, it.created = ev.Customer, ev.Record, event.Open, now, now
	it.prepare()
	e.addAttributes(it, ev.Attributes)
	if e.plan != nil {
		it.ws = e.definition(e.plan.Workstream(ev.Workstream))
	}
	if it.ws == nil {
		panic("engine: item " + it.ID + " is of no workstream of the plan")
	}
	it.Revision, it.Hours = it.ws.Revision, it.ws.HoursVersion()
	e.items[it.ID], e.lastItem = it, it
	if it.Type == plan.Record {
		e.records[it.recordKey()] = it
	} else {
		e.conversations[it.conversationKey()] = it
	}
	e.touch(it, now)
}

// applyRouted takes over the revision that routed the item: the plan's, or the one that the item has.
func (e *Engine) applyRouted(ev *event.ItemRouted) {
	it := e.mustItem(ev.Item)
	e.leave(it)
	it.Revision, it.Stale = ev.Revision, false
	if w := e.plan.Workstream(it.Workstream); w != nil && w.Revision == ev.Revision {
		own := e.definition(w)
		if own == it.ws {
			return
		}
		it.ws = own
		it.Hours = it.ws.HoursVersion()
		e.schedule(it)
	}
}

// applyQueued puts an item into a queue, by the rules or by a supervisor who knows better: news of before count no more.
func (e *Engine) applyQueued(ev *event.ItemQueued) {
	it := e.mustItem(ev.Item)
	e.leave(it)
	it.Promoted = it.Promoted && it.Queue == ev.Queue && it.Since == ev.Since
	it.Queue, it.Since, it.Entered, it.Stale = ev.Queue, ev.Since, ev.Entered, false
	e.join(it)
	it.fresh = true
	e.markItem(it)
}

// applyOffer takes an item out of its queue, or leaves it with the agent who transfers it.
func (e *Engine) applyOffer(ev *event.OfferMade, now event.Instant) {
	it, a := e.mustItem(ev.Item), e.mustAgent(ev.Agent)
	e.leave(it)
	it.Offers++
	it.Offer = e.spareOffers.get()
	*it.Offer = offer{ID: ev.Offer, Agent: ev.Agent, Queue: ev.Queue, From: ev.From, Expires: ev.Expires}
	e.scheduleOffer(it)
	if ev.From == "" {
		a.assignedFrom(ev.Queue, e.seq)
	} else {
		e.touch(it, now)
	}
	e.take(a, it.ID, ev.Units, ev.Profiles, holdsOffer)
}

func (e *Engine) scheduleOffer(it *item) {
	it.Offer.expiry = timer{kind: offerTimer, of: &it.ID}
	e.timers.set(&it.Offer.expiry, it.Offer.Expires)
}

func (a *agent) assignedFrom(queue string, seq uint64) {
	if a.LastAssigned == nil {
		a.LastAssigned = make(map[string]uint64)
	}
	a.LastAssigned[queue] = seq
}

// applyOfferClosed gives back what an offer took. Who would not take a transfer has not declined the item.
func (e *Engine) applyOfferClosed(ev *event.OfferClosed, now event.Instant) {
	it := e.mustItem(ev.Item)
	transfer := it.Offer != nil && it.Offer.From != ""
	e.endOffer(it, endedOffer{Offer: ev.Offer, Item: ev.Item, Agent: ev.Agent, Outcome: ev.Outcome, Reason: ev.Reason})
	e.giveBack(e.mustAgent(ev.Agent), it.ID)
	if ev.Outcome == event.Revoked || transfer {
		return
	}
	d := e.coolOff(it, ev.Agent, now)
	if ev.Outcome == event.Declined {
		d.Count++
	}
}

// coolOff keeps an agent from being offered an item again for a while.
func (e *Engine) coolOff(it *item, agent string, now event.Instant) *decline {
	d := it.Declines[agent]
	if d == nil {
		by := agent
		d = &decline{cool: timer{kind: coolTimer, of: &it.ID, by: &by}}
		if it.Declines == nil {
			it.Declines = make(map[string]*decline)
		}
		it.Declines[agent] = d
		e.indexDeclined(it)
	}
	d.Until = after(now, it.ws.Offer.ReofferAfter)
	if d.Until > now {
		e.cools.set(&d.cool, d.Until)
	}
	return d
}

// indexDeclined makes a record that was declined known to activate: a plan may change who has declined it for good.
func (e *Engine) indexDeclined(it *item) {
	if it.Type == plan.Record && len(it.Declines) > 0 {
		e.declined[it.ID] = it
	}
}

func (e *Engine) endOffer(it *item, ended endedOffer) {
	if it.Offer == nil || it.Offer.ID != ended.Offer {
		panic("engine: offer " + ended.Offer + " is not the live one of item " + it.ID)
	}
	e.timers.remove(&it.Offer.expiry)
	e.spareOffers.put(it.Offer)
	it.Offer = nil
	e.endedOffers.putLimited(ended.Offer, ended, rememberEnded)
}

// applyAssigned makes an item Active with an agent: from an offer, whose capacity it takes over, or without one.
func (e *Engine) applyAssigned(ev *event.ItemAssigned, now event.Instant) {
	it, a := e.mustItem(ev.Item), e.mustAgent(ev.Agent)
	e.leave(it)
	if it.Agent != "" {
		it.Last = it.Agent
		e.release(e.mustAgent(it.Agent), it.ID)
	}
	if it.Offer != nil {
		e.endOffer(it, endedOffer{Offer: ev.Offer, Item: it.ID, Agent: ev.Agent})
		e.hold(a, a.entry(it.ID), holdsActive)
	} else {
		if it.State == event.Open { // else it did not come out of a queue
			a.assignedFrom(it.Queue, e.seq)
		}
		e.take(a, it.ID, ev.Units, ev.Profiles, holdsActive)
	}
	it.Agent, it.State, it.Deferred, it.Stale = ev.Agent, event.Active, 0, false
	it.Entered, it.Promoted = 0, false
	e.touch(it, now)
}

// applyReleased makes an Active item Open. Who closed a live chat without ending it is not offered it again at once.
func (e *Engine) applyReleased(ev *event.ItemReleased, now event.Instant) {
	it := e.mustItem(ev.Item)
	e.handOver(it, ev.Agent, event.Open, now)
	it.Released = now
	if ev.Reason == event.AgentClosedSession {
		e.coolOff(it, ev.Agent, now)
	}
}

// handOver takes an Active item from its agent.
func (e *Engine) handOver(it *item, agent string, to event.State, now event.Instant) {
	e.release(e.mustAgent(agent), it.ID)
	it.Agent, it.Last, it.State = "", agent, to
	e.touch(it, now)
}

func (e *Engine) applyWrapUp(ev *event.WrapUpStarted, r event.Recorded) {
	it, a := e.mustItem(ev.Item), e.mustAgent(ev.Agent)
	it.State, it.Ended = event.WrapUp, ev.Reason
	e.expectCustomer(it, 0)
	delete(e.conversations, it.conversationKey())
	en := a.entry(it.ID)
	e.hold(a, en, holdsWrapUp)
	switch {
	case ev.Released:
		e.freeEntry(a, en)
	case ev.BlockedUntil != 0:
		en.Until = ev.BlockedUntil
		e.timers.set(&en.block, en.Until)
	}
	e.addDelivery(ev.Delivery, r, e.endDelivery(it))
	e.touch(it, r.Time)
}

func (e *Engine) applyWrapUpReleased(ev *event.WrapUpReleased) {
	a := e.mustAgent(ev.Agent)
	en := a.entry(ev.Item)
	if en.Why == holdsBlock {
		e.release(a, ev.Item)
		return
	}
	e.freeEntry(a, en)
}

func (e *Engine) applyClosed(ev *event.ItemClosed, r event.Recorded) {
	it := e.mustItem(ev.Item)
	e.leave(it)
	e.dropTimers(it)
	for _, d := range it.Declines {
		e.cools.remove(&d.cool)
	}
	delete(e.declined, it.ID)
	last := it.Last
	if it.Agent != "" {
		last = it.Agent
		a := e.mustAgent(it.Agent)
		if en := a.entry(it.ID); en.Until != 0 {
			en.Why = holdsBlock
		} else {
			e.release(a, it.ID)
		}
	}
	switch {
	case it.Type == plan.Record:
		delete(e.records, it.recordKey())
	case it.State != event.WrapUp: // in wrap-up it is over for the customer, who may have opened another one
		delete(e.conversations, it.conversationKey())
	}
	e.addDelivery(ev.Delivery, r, e.endDelivery(it))
	delete(e.items, it.ID)
	e.lastItem, e.described = nil, nil
	e.gone(it)
	e.spareItems.put(it)
	e.closed.putLimited(it.ID, closedItem{Item: it.ID, Agent: last, Reason: ev.Reason}, rememberEnded)
}

func (e *Engine) applySent(ev *event.MessageSent, r event.Recorded) {
	it := e.mustItem(ev.Item)
	it.Position = ev.Position
	if it.Sent == nil {
		it.Sent = make(map[string]uint64)
	}
	it.Sent[sentKey(ev.Agent, ev.Message)] = digestMessage(ev.Text, ev.Internal)
	name := ev.Agent
	if a := e.plan.Agent(ev.Agent); a != nil && a.DisplayName != "" {
		name = a.DisplayName
	}
	e.addDelivery(ev.Delivery, r, event.Delivery{
		Kind: event.DeliverMessage, Channel: it.Channel, Conversation: it.Conversation, Item: it.ID,
		Message: ev.Message, Agent: name, Text: ev.Text,
	})
	e.touch(it, r.Time)
}

func (e *Engine) endDelivery(it *item) event.Delivery {
	return event.Delivery{Kind: event.DeliverEnd, Channel: it.Channel, Conversation: it.Conversation, Item: it.ID}
}

// addDelivery makes d outstanding; no id, no delivery.
func (e *Engine) addDelivery(id string, r event.Recorded, d event.Delivery) {
	if id == "" {
		return
	}
	d.ID, d.Time = id, r.Time
	e.released = append(e.released, d)
	e.deliveries[id] = delivery{Seq: r.Seq, Delivery: &e.released[len(e.released)-1]}
}
