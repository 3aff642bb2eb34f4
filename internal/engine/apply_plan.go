// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"maps"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// applyPlan switches the plan. Agents and queues that it no longer has stay until nothing needs them: agents until they
// are forgotten, queues until nobody waits in them.
func (e *Engine) applyPlan(ev *event.PlanActivated) {
	if ev.Plan == nil {
		panic("engine: PlanActivated " + ev.Version + " without its plan, which whoever replays must fill in")
	}
	e.version = ev.Version
	e.moveItems(ev.Plan)
	e.usePlan(ev.Plan)
}

// moveItems lets no open item point into the plan that leaves, which would otherwise stay in memory as a whole, and one
// more with each edit. Definitions that the new plan no longer has are copied out of it, one for all their items; their
// own lists belong to them alone.
func (e *Engine) moveItems(p *plan.Plan) {
	if e.plan == nil {
		return
	}
	kept := make(map[*plan.Workstream]*plan.Workstream)
	for _, it := range e.items {
		if w := p.Workstream(it.Workstream); w != nil && w.Revision == it.Revision {
			it.ws = w
			continue
		}
		if it.ws != e.plan.Workstream(it.Workstream) {
			continue // it was copied before
		}
		if kept[it.ws] == nil {
			w := *it.ws
			kept[it.ws] = &w
		}
		it.ws = kept[it.ws]
	}
}

func (e *Engine) usePlan(p *plan.Plan) {
	e.plan = p
	for i := range p.Agents {
		if name := p.Agents[i].Name; e.agents[name] == nil && p.Agent(name) != nil {
			e.agents[name] = &agent{Name: name, Presence: plan.Offline}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.agents)) {
		e.defineAgent(e.agents[name], p.Agent(name))
	}
	for _, name := range slices.Sorted(maps.Keys(e.queues)) {
		q := e.queues[name]
		q.def, q.members = p.Queue(name), nil
		if q.def == nil && q.waiting() == 0 {
			delete(e.queues, name)
		}
	}
	for i := range p.Queues {
		def := &p.Queues[i]
		q := e.queueFor(def.Name)
		q.def = def
		for _, name := range p.Members(def.Name) {
			q.members = append(q.members, e.agents[name])
		}
	}
}

// defineAgent gives an agent its definition in a new plan and notes what follows from the difference.
func (e *Engine) defineAgent(a *agent, def *plan.Agent) {
	old := a.def
	a.def = def
	if old == nil || def == nil {
		return
	}
	if old.Units != def.Units {
		e.capacityChanged(a)
		e.markAgent(a)
	}
	if !slices.Equal(old.Queues, def.Queues) {
		e.markAgent(a)
	}
}

// queueFor returns the queue of that name; should the plan not have it, one that has no members.
func (e *Engine) queueFor(name string) *queue {
	q := e.queues[name]
	if q == nil {
		q = &queue{name: name}
		e.queues[name] = q
	}
	return q
}
