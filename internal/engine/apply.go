// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// apply advances the state by one event. It consults nothing but the event and the state, and knows every history that
// an engine wrote; one that names what never was is not such a history, and stops the process.
func (e *Engine) apply(r event.Recorded) {
	if r.Seq != e.seq+1 {
		panic(fmt.Sprintf("engine: event %d follows event %d", r.Seq, e.seq))
	}
	e.seq = r.Seq
	e.last = max(e.last, r.Time)
	if e.applyToItem(r) || e.applyToWork(r) || e.applyToAgent(r) || e.applyToIntake(r) {
		if it := e.item(event.ItemOf(r.Event)); it != nil {
			e.changed(it)
		}
		return
	}
	panic(fmt.Sprintf("engine: event %T is not known", r.Event))
}

// applyToItem handles what happens to an item without an agent.
func (e *Engine) applyToItem(r event.Recorded) bool {
	switch ev := r.Event.(type) {
	case event.ItemOpened:
		e.applyOpened(&ev, r.Time)
	case event.ItemUpdated:
		e.applyUpdated(&ev)
	case event.MessageReceived:
		it := e.mustItem(ev.Item)
		it.Position = ev.Position
		e.touch(it, r.Time)
	case event.ItemClassified:
		e.applyClassified(&ev)
	case event.ItemRouted:
		e.applyRouted(&ev)
	case event.ItemQueued:
		e.applyQueued(&ev)
	case event.ItemOverflowed: // what follows says the rest
	case event.ItemPromoted:
		e.applyPromoted(&ev)
	case event.AssignmentDeferred:
		it := e.mustItem(ev.Item)
		it.Deferred = digestOf(it, ev.Queue, &ev.Candidates)
	case event.ItemResumed:
		it := e.mustItem(ev.Item)
		it.State = event.Open
		e.touch(it, r.Time)
	case event.CustomerDisconnected:
		e.expectCustomer(e.mustItem(ev.Item), ev.Until)
	case event.CustomerReconnected:
		e.expectCustomer(e.mustItem(ev.Item), 0)
	case event.ItemClosed:
		e.applyClosed(&ev, r)
	default:
		return false
	}
	return true
}

// applyToWork handles what happens between an item and an agent.
func (e *Engine) applyToWork(r event.Recorded) bool {
	switch ev := r.Event.(type) {
	case event.OfferMade:
		e.applyOffer(&ev, r.Time)
	case event.OfferClosed:
		e.applyOfferClosed(&ev, r.Time)
	case event.ItemAssigned:
		e.applyAssigned(&ev, r.Time)
	case event.ItemReleased:
		e.applyReleased(&ev, r.Time)
	case event.ItemParked:
		it := e.mustItem(ev.Item)
		e.handOver(it, ev.Agent, event.Waiting, r.Time)
		e.expectCustomer(it, 0)
	case event.ConsultRequested:
		e.applyConsultRequested(&ev, r.Time)
	case event.ConsultJoined:
		e.applyConsultJoined(&ev, r.Time)
	case event.ConsultEnded:
		e.applyConsultEnded(&ev)
	case event.WrapUpStarted:
		e.applyWrapUp(&ev, r)
	case event.WrapUpReleased:
		e.applyWrapUpReleased(&ev)
	case event.MessageSent:
		e.applySent(&ev, r)
	default:
		return false
	}
	return true
}

func (e *Engine) applyToAgent(r event.Recorded) bool {
	switch ev := r.Event.(type) {
	case event.PlanActivated:
		e.applyPlan(&ev)
	case event.AgentConnected:
		a := e.mustAgent(ev.Agent)
		if r.Time > after(a.LostAt, reconnectGrace) {
			a.Choice, a.ChoiceName = "", ""
		}
		e.applyConnection(a, true, 0)
	case event.AgentDisconnected:
		e.applyConnection(e.mustAgent(ev.Agent), false, r.Time)
	case event.PresenceChanged:
		e.applyPresence(&ev)
	case event.SlotsReset:
		e.dropKept(e.mustAgent(ev.Agent), func(en *entry, _ string) bool { return en.KeptUntil > r.Time })
	case event.AgentForgotten:
		e.applyForgotten(e.mustAgent(ev.Agent))
	default:
		return false
	}
	return true
}

func (e *Engine) applyToIntake(r event.Recorded) bool {
	switch ev := r.Event.(type) {
	case event.IntakeTaken:
		e.intakes.put(intakeKey(ev.Intake), intake{Intake: ev.Intake, Item: ev.Item, Message: ev.Message, At: r.Time})
	case event.IntakesForgotten:
		for e.intakes.len() > 0 && e.intakes.oldest().At < ev.Before {
			e.intakes.drop()
		}
	case event.DeliveryDone:
		delete(e.deliveries, ev.Delivery)
	case event.DeliveryGivenUp:
		delete(e.deliveries, ev.Delivery)
	default:
		return false
	}
	e.scheduleForget()
	return true
}

func (e *Engine) scheduleForget() {
	var at event.Instant
	if e.intakes.len() > 0 {
		at = after(e.intakes.oldest().At, intakeMemory+intakeBatch)
	}
	e.timers.set(&e.forget, at)
}

// join puts an item into the line of its queue.
func (e *Engine) join(it *item) {
	q := e.queueFor(it.Queue)
	it.rank(q)
	it.line = q.line(it)
	it.line.insert(it)
	it.Queued = true
	e.scheduleWait(it)
}

// leave takes an item out of its line, should it be in one.
func (e *Engine) leave(it *item) {
	if it.line != nil {
		it.line.remove(it)
		it.line, it.Queued = nil, false
		e.scheduleWait(it)
	}
}

// unsettle notes that an agent's presence may no longer be what it should be.
func (e *Engine) unsettle(a *agent) {
	if !a.unsettled {
		a.unsettled = true
		e.unsettled = append(e.unsettled, a)
	}
}

// markAgent notes that an agent may be able to take more than before.
func (e *Engine) markAgent(a *agent) {
	if !a.dirty {
		a.dirty = true
		e.dirtyAgents = append(e.dirtyAgents, a)
	}
}

// markItem notes that somebody may be able to take a waiting item who was not before.
func (e *Engine) markItem(it *item) {
	if !it.dirty && it.Queued && it.ws.Mode == plan.Push {
		it.dirty = true
		e.dirtyItems = append(e.dirtyItems, it)
	}
}

// clean forgets all marks: what was recorded is the outcome of the decisions that they stood for.
func (e *Engine) clean() {
	for _, a := range e.dirtyAgents {
		a.dirty = false
	}
	for _, a := range e.unsettled {
		a.unsettled = false
	}
	for _, it := range e.dirtyItems {
		it.dirty, it.fresh = false, false
	}
	clear(e.directed)
	e.directed = e.directed[:0]
	e.dirtyAgents, e.unsettled, e.dirtyItems = emptied(e.dirtyAgents), emptied(e.unsettled), emptied(e.dirtyItems)
}

// emptied returns the list with room and nothing in it: what ended must not be kept from the garbage collector.
func emptied[T any](list []*T) []*T {
	clear(list)
	return list[:0]
}

// item and agent return nil of what is not known. They keep the last one in mind: most questions are about the same as the
// one before.
func (e *Engine) item(id string) *item {
	if it := e.lastItem; it != nil && it.ID == id {
		return it
	}
	it := e.items[id]
	if it != nil {
		e.lastItem = it
	}
	return it
}

func (e *Engine) agent(name string) *agent {
	if a := e.lastAgent; a != nil && a.Name == name {
		return a
	}
	a := e.agents[name]
	if a != nil {
		e.lastAgent = a
	}
	return a
}

func (e *Engine) mustItem(id string) *item {
	it := e.item(id)
	if it == nil {
		panic("engine: there is no item " + id)
	}
	return it
}

func (e *Engine) mustAgent(name string) *agent {
	a := e.agent(name)
	if a == nil {
		panic("engine: there is no agent " + name)
	}
	return a
}
