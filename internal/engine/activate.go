// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"maps"
	"slices"

	"workstream.dev/operator/internal/event"
)

// activate switches the plan and then deals with what it no longer has. Items keep the revision that routed them.
func (e *Engine) activate(c event.ActivatePlan) event.Result {
	if c.Plan == nil || c.Version == "" {
		return e.fail("ActivatePlan %q has no plan", c.Version)
	}
	if c.Version == e.version {
		return event.Result{Duplicate: true}
	}
	e.emit(event.PlanActivated(c))
	for _, a := range e.agentsWho(func(a *agent) bool { return a.def == nil }) {
		e.dismiss(a)
	}
	for _, it := range e.stranded() {
		e.rescue(it)
	}
	// Who has declined a record for good may be asked again when no member of the queue is left who has not.
	for _, id := range slices.Sorted(maps.Keys(e.declined)) {
		e.markItem(e.declined[id])
	}
	return event.Result{}
}

// stranded returns what waits in queues that the plan no longer has, by id.
func (e *Engine) stranded() []*item {
	var list []*item
	for _, q := range e.queues {
		if q.def == nil {
			list = append(list, q.all()...)
		}
	}
	slices.SortFunc(list, func(a, b *item) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// dismiss takes everything from an agent whom the plan no longer has.
func (e *Engine) dismiss(a *agent) {
	if a.Connected {
		e.emit(event.AgentDisconnected{Agent: a.Name})
	}
	for _, it := range e.offeredTo(a) {
		e.withdraw(it, event.AgentRemoved)
	}
	e.endConsultsOf(a)
	for _, en := range slices.Clone(a.Ledger) {
		switch en.Why {
		case holdsActive:
			it := e.items[en.Item]
			e.callOff(it, event.AgentRemoved)
			e.emit(event.ItemReleased{Item: it.ID, Agent: a.Name, Reason: event.AgentRemoved})
			e.requeue(it, event.AgentRemoved)
		case holdsWrapUp:
			e.emit(event.ItemClosed{Item: en.Item, Agent: a.Name, Reason: event.AgentRemoved})
		case holdsOffer, holdsBlock, holdsSlot:
		}
	}
	e.emit(event.AgentForgotten{Agent: a.Name})
}

// rescue routes an item out of a queue that the plan no longer has. Should its workstream have left together with all
// its queues, it waits where it is, for a supervisor or for the queue to come back.
func (e *Engine) rescue(it *item) {
	if r := e.decideRoute(it, e.rulesFor(it)); r.Queue != it.Queue {
		e.route(it, it.Since, event.RoutedAgain)
	}
}

// sortedItems returns all items by id, for what is rare enough to look at all of them.
func (e *Engine) sortedItems() []*item {
	list := make([]*item, 0, len(e.items))
	for _, id := range slices.Sorted(maps.Keys(e.items)) {
		list = append(list, e.items[id])
	}
	return list
}
