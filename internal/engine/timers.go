// SPDX-License-Identifier: Apache-2.0

package engine

import "workstream.dev/operator/internal/event"

// maxFired is how many timers fire in a step that leaves the rest to the next one. Each may lead to an offer that names
// excluded agents, some 4 KB together, and a journal takes entries of a few MB. It is a variable for tests.
var maxFired = 1000

// fire lets each due timer do what it is for, once, in order, up to a limit. What follows for assignment is decided
// after all of them. Cool-offs have no limit: they leave no event, so that one left over would be lost in a restart.
func (e *Engine) fire(limit int) {
	due := func(t *timer) bool { return t != nil && t.at <= e.clock }
	for n := 0; n < limit && due(e.timers.first()); n++ {
		t := e.timers.first()
		e.timers.remove(t)
		switch t.kind {
		case offerTimer:
			e.expire(e.items[t.item])
		case blockTimer:
			e.emit(event.WrapUpReleased{Item: t.item, Agent: t.agent})
		case closeTimer:
			e.autoClose(e.items[t.item])
		case overflowTimer:
			e.overflowWaiting(e.items[t.item])
		case promoteTimer:
			e.promote(e.items[t.item])
		case forgetTimer:
			e.emit(event.IntakesForgotten{Before: e.clock - after(0, intakeMemory)})
		case coolTimer: // has a heap of its own
		}
		e.settle()
	}
	e.caughtUp = !due(e.timers.first())
	for t := e.cools.first(); due(t); t = e.cools.first() {
		e.cools.remove(t)
		e.markItem(e.items[t.item])
	}
}

func (e *Engine) expire(it *item) {
	e.emit(event.OfferClosed{Offer: it.Offer.ID, Item: it.ID, Agent: it.Offer.Agent, Outcome: event.Expired})
	e.requeue(it, event.OfferNotTaken)
}

func (e *Engine) autoClose(it *item) {
	closed := event.ItemClosed{Item: it.ID, Agent: it.Agent, Reason: event.AutoClosedBySystem}
	if it.State == event.Waiting {
		closed.Reason = event.AutoClosedFromWaitingState
	}
	if it.State != event.WrapUp {
		closed.Delivery = e.endDeliveryID(it)
	}
	e.revoke(it, closed.Reason)
	e.emit(closed)
}

// dropCooled removes the cool-offs that are over from the timers of an engine that replays: they leave no event, only
// decisions that did.
func (e *Engine) dropCooled() {
	for t := e.cools.first(); t != nil && t.at <= e.clock; t = e.cools.first() {
		e.cools.remove(t)
	}
}
