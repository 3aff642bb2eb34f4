// SPDX-License-Identifier: Apache-2.0

package engine

import "workstream.dev/operator/internal/event"

// fire lets each due timer do what it is for, once, in order. What follows for assignment is decided after all of them.
func (e *Engine) fire() {
	for t := e.timers.first(); t != nil && t.at <= e.clock; t = e.timers.first() {
		e.timers.remove(t)
		switch t.kind {
		case offerTimer:
			e.expire(e.items[t.item])
		case blockTimer:
			e.emit(event.WrapUpReleased{Item: t.item, Agent: t.agent})
		case closeTimer:
			e.autoClose(e.items[t.item])
		case coolTimer:
			e.markItem(e.items[t.item])
		case forgetTimer:
			e.emit(event.IntakesForgotten{Before: e.clock - after(0, intakeMemory)})
		}
		e.settle()
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
	for t := e.timers.first(); t != nil && t.kind == coolTimer && t.at <= e.clock; t = e.timers.first() {
		e.timers.remove(t)
	}
}
