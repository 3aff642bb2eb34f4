// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"workstream.dev/operator/internal/event"
)

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
		e.fireOne(t)
		e.settle()
	}
	e.caughtUp = !due(e.timers.first())
	for t := e.cools.first(); due(t); t = e.cools.first() {
		e.cools.remove(t)
		e.markItem(e.items[t.item()])
	}
}

func (e *Engine) fireOne(t *timer) {
	switch t.kind {
	case offerTimer:
		e.expire(e.items[t.item()])
	case consultTimer:
		e.endConsult(e.items[t.item()], t.agent(), event.ConsultExpired)
	case blockTimer:
		e.emit(event.WrapUpReleased{Item: t.item(), Agent: t.agent()})
	case returnTimer:
		e.giveUpAgent(e.items[t.item()])
	case leaveTimer:
		e.giveUpCustomer(e.items[t.item()])
	case closeTimer:
		e.autoClose(e.items[t.item()])
	case followTimer:
		e.followUp(e.items[t.item()])
	case dayTimer:
		e.emit(event.SlotsReset{Agent: t.agent()})
	case forgetTimer:
		e.emit(event.IntakesForgotten{Before: e.clock - after(0, intakeMemory)})
	case overflowTimer:
		e.overflowWaiting(e.items[t.item()])
	case promoteTimer:
		e.promote(e.items[t.item()])
	case coolTimer: // has a heap of its own
	}
}

func (e *Engine) expire(it *item) { e.notTaken(it, event.Expired) }

func (e *Engine) autoClose(it *item) {
	reason := event.AutoClosedBySystem
	if it.State == event.Waiting {
		reason = event.AutoClosedFromWaitingState
	}
	e.closeFor(it, reason, "")
}

// followUp routes an item again whose customer has not returned.
func (e *Engine) followUp(it *item) {
	e.emit(event.ItemResumed{Item: it.ID, Reason: event.FollowUpDue})
	e.route(it, e.clock, event.FollowUpDue)
}

// giveUpAgent takes an Active item from an agent whose connection was lost and not found again in time.
func (e *Engine) giveUpAgent(it *item) {
	e.callOff(it, event.AgentConnectionLost)
	e.emit(event.ItemReleased{Item: it.ID, Agent: it.Agent, Reason: event.AgentConnectionLost})
	e.requeue(it, event.AgentConnectionLost)
}

// touch notes that the item was worked with, which postpones its closing for inactivity.
func (e *Engine) touch(it *item, now event.Instant) {
	it.Touched = now
	e.schedule(it)
}

// expectCustomer notes until when the customer of an item must be back, 0 when the customer is there.
func (e *Engine) expectCustomer(it *item, until event.Instant) {
	it.Leaves = until
	e.setTimer(it, &it.leaving, leaveTimer, until)
}

// schedule sets the deadlines that follow from an item's state.
func (e *Engine) schedule(it *item) {
	e.timers.set(&it.closing, it.deadline())
	e.setTimer(it, &it.following, followTimer, it.followsUp())
	e.setTimer(it, &it.returning, returnTimer, e.returnsBy(it))
}

// setTimer sets a timer that few items need; 0 takes it out.
func (e *Engine) setTimer(it *item, t **timer, kind timerKind, at event.Instant) {
	if *t == nil {
		if at == 0 {
			return
		}
		*t = &timer{kind: kind, of: &it.ID}
	}
	e.timers.set(*t, at)
}

// dropTimers takes the deadlines of an item that is over away.
func (e *Engine) dropTimers(it *item) {
	for _, t := range []*timer{&it.closing, it.following, it.leaving, it.returning} {
		e.timers.remove(t)
	}
}

// deadline is when an item closes for inactivity, 0 never.
func (it *item) deadline() event.Instant {
	l := &it.ws.Lifecycle
	switch it.State {
	case event.Open:
		return it.afterTouch(l.Open)
	case event.Active:
		return it.afterTouch(l.Active)
	case event.WrapUp:
		return it.afterTouch(l.WrapUp)
	case event.Waiting:
		return it.afterTouch(l.Waiting)
	case event.Closed:
	}
	return 0
}

// followsUp is when a Waiting item is routed again although its customer has not returned, 0 never.
func (it *item) followsUp() event.Instant {
	if it.State != event.Waiting {
		return 0
	}
	return it.afterTouch(it.ws.Lifecycle.FollowUp)
}

// returnsBy is when an Active item leaves an agent whose connection is lost, 0 never.
func (e *Engine) returnsBy(it *item) event.Instant {
	grace := it.ws.Lifecycle.AgentReturn
	if grace == 0 || it.State != event.Active {
		return 0
	}
	if lost := e.mustAgent(it.Agent).entry(it.ID).Lost; lost != 0 {
		return after(lost, grace)
	}
	return 0
}

func (it *item) afterTouch(d time.Duration) event.Instant {
	if d == 0 {
		return 0
	}
	return after(it.Touched, d)
}

// dropCooled removes the cool-offs that are over from the timers of an engine that replays: they leave no event, only
// decisions that did.
func (e *Engine) dropCooled() {
	for t := e.cools.first(); t != nil && t.at <= e.clock; t = e.cools.first() {
		e.cools.remove(t)
	}
}
