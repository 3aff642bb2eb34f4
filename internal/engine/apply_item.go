// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

type value = rule.Value

func (e *Engine) applyOpened(ev *event.ItemOpened, now event.Instant) {
	it := &item{
		ID: ev.Item, Type: ev.Type, Workstream: ev.Workstream, Channel: ev.Channel, Conversation: ev.Conversation,
		Customer: ev.Customer, Record: ev.Record, State: event.Open, Since: now,
	}
	it.prepare()
	it.Attributes = make(rule.Attributes, len(ev.Attributes)+4)
	e.setAttributes(it, ev.Attributes)
	it.Attributes[priorityAttribute] = rule.NumberValue(defaultItemPriority)
	it.Attributes["item.type"] = rule.TextValue(string(ev.Type))
	it.Attributes["item.workstream"] = rule.TextValue(ev.Workstream)
	if ev.Channel != "" {
		it.Attributes["item.channel"] = rule.TextValue(ev.Channel)
	}
	if e.plan != nil {
		it.ws = e.definition(e.plan.Workstream(ev.Workstream))
	}
	if it.ws == nil {
		panic("engine: item " + it.ID + " is of no workstream of the plan")
	}
	it.Revision = it.ws.Revision
	e.items[it.ID] = it
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
		it.ws = e.definition(w)
	}
}

func (e *Engine) applyQueued(ev *event.ItemQueued) {
	it := e.mustItem(ev.Item)
	e.leave(it)
	it.Promoted = it.Promoted && it.Queue == ev.Queue && it.Since == ev.Since
	it.Queue, it.Since, it.Entered = ev.Queue, ev.Since, ev.Entered
	e.join(it)
	it.fresh = true
	e.markItem(it)
}

func (e *Engine) applyOffer(ev *event.OfferMade) {
	it, a := e.mustItem(ev.Item), e.mustAgent(ev.Agent)
	e.leave(it)
	it.Offers++
	it.Offer = &offer{
		ID: ev.Offer, Agent: ev.Agent, Queue: ev.Queue, Expires: ev.Expires,
		expiry: timer{kind: offerTimer, item: it.ID},
	}
	e.offers[ev.Offer] = it
	e.timers.set(&it.Offer.expiry, ev.Expires)
	e.take(a, &entry{Item: it.ID, Units: ev.Units, Why: holdsOffer})
	a.assignedFrom(ev.Queue, e.seq)
	e.moved(a)
}

func (a *agent) assignedFrom(queue string, seq uint64) {
	if a.LastAssigned == nil {
		a.LastAssigned = make(map[string]uint64)
	}
	a.LastAssigned[queue] = seq
}

func (e *Engine) applyOfferClosed(ev *event.OfferClosed, now event.Instant) {
	it := e.mustItem(ev.Item)
	e.endOffer(it, endedOffer{Offer: ev.Offer, Item: ev.Item, Agent: ev.Agent, Outcome: ev.Outcome, Reason: ev.Reason})
	e.release(e.mustAgent(ev.Agent), it.ID)
	if ev.Outcome == event.Revoked {
		return
	}
	d := it.Declines[ev.Agent]
	if d == nil {
		d = &decline{cool: timer{kind: coolTimer, item: it.ID, agent: ev.Agent}}
		if it.Declines == nil {
			it.Declines = make(map[string]*decline)
		}
		it.Declines[ev.Agent] = d
		e.indexDeclined(it)
	}
	if ev.Outcome == event.Declined {
		d.Count++
	}
	d.Until = after(now, it.ws.Offer.ReofferAfter)
	if d.Until > now {
		e.cools.set(&d.cool, d.Until)
	}
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
	delete(e.offers, ended.Offer)
	it.Offer = nil
	e.endedOffers.putLimited(ended.Offer, ended, rememberEnded)
}

func (e *Engine) applyAssigned(ev *event.ItemAssigned, now event.Instant) {
	it, a := e.mustItem(ev.Item), e.mustAgent(ev.Agent)
	e.leave(it)
	if it.Offer != nil {
		e.endOffer(it, endedOffer{Offer: ev.Offer, Item: it.ID, Agent: ev.Agent})
		a.entry(it.ID).Why = holdsActive
	} else {
		if it.Agent != "" {
			it.Last = it.Agent
			e.release(e.mustAgent(it.Agent), it.ID)
		}
		e.take(a, &entry{Item: it.ID, Units: ev.Units, Why: holdsActive})
		a.assignedFrom(it.Queue, e.seq)
		e.moved(a)
	}
	it.Agent, it.State, it.Deferred, it.Stale = ev.Agent, event.Active, 0, false
	it.Entered, it.Promoted = 0, false
	e.touch(it, now)
}

func (e *Engine) applyWrapUp(ev *event.WrapUpStarted, r event.Recorded) {
	it, a := e.mustItem(ev.Item), e.mustAgent(ev.Agent)
	it.State, it.Ended = event.WrapUp, ev.Reason
	if e.conversations[it.conversationKey()] == it {
		delete(e.conversations, it.conversationKey())
	}
	en := a.entry(it.ID)
	en.Why = holdsWrapUp
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

// freeEntry frees what an entry holds and keeps the entry: the agent still has the item.
func (e *Engine) freeEntry(a *agent, en *entry) {
	units := en.Units
	en.Units, en.Until = 0, 0
	e.timers.remove(&en.block)
	e.free(a, units)
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
	e.timers.remove(&it.closing)
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
	case e.conversations[it.conversationKey()] == it:
		delete(e.conversations, it.conversationKey())
	case e.records[it.recordKey()] == it:
		delete(e.records, it.recordKey())
	}
	e.addDelivery(ev.Delivery, r, e.endDelivery(it))
	delete(e.items, it.ID)
	e.closed.putLimited(it.ID, closedItem{Item: it.ID, Agent: last, Reason: ev.Reason}, rememberEnded)
}

func (e *Engine) applySent(ev *event.MessageSent, r event.Recorded) {
	it := e.mustItem(ev.Item)
	it.Position = ev.Position
	if it.Sent == nil {
		it.Sent = make(map[string]uint64)
	}
	it.Sent[sentKey(ev.Agent, ev.Message)] = digestText(ev.Text)
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
	e.deliveries[id] = &delivery{Seq: r.Seq, Delivery: d}
	e.released = append(e.released, d)
}
