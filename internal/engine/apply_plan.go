// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"maps"
	"slices"
	"strings"

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
	for name, own := range e.definitions {
		if w := ev.Plan.Workstream(name); w == nil || editionOf(w) != editionOf(own) {
			delete(e.definitions, name)
		}
	}
	e.usePlan(ev.Plan)
	for _, a := range e.agentsWho(func(a *agent) bool { return a.ChoiceName != "" || a.day.index != 0 }) {
		e.renamePresence(a, ev.Plan)
		if a.day.index != 0 {
			e.dropKept(a, func(_ *entry, profile string) bool {
				p := ev.Plan.Profile(profile)
				return p != nil && p.Reset == plan.EndOfDay
			})
		}
	}
}

// edition is by what an item is routed: the same revision of a workstream has other hours in another plan.
type edition struct{ workstream, revision, hours string }

func editionOf(w *plan.Workstream) edition { return edition{w.Name, w.Revision, w.HoursVersion()} }

// definition returns the engine's own copy of a workstream of the plan, one for all items of an edition. So no open item
// points into a plan that leaves, which would otherwise stay in memory as a whole, and a new plan need not look at items.
// The lists of a definition belong to it alone.
func (e *Engine) definition(w *plan.Workstream) *plan.Workstream {
	if w == nil {
		return nil
	}
	own := e.definitions[w.Name]
	if own == nil || editionOf(own) != editionOf(w) {
		c := *w
		own = &c
		e.definitions[w.Name] = own
	}
	return own
}

// agentsWho returns the agents of whom something is true, by name.
func (e *Engine) agentsWho(is func(a *agent) bool) []*agent {
	var list []*agent
	for _, a := range e.agents {
		if is(a) {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *agent) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// usePlan gives agents and queues their definitions, unless these are all as they were.
func (e *Engine) usePlan(p *plan.Plan) {
	before := e.plan
	e.plan = p
	if before != nil && p.SameDirectory(before) {
		return
	}
	for i := range p.Agents {
		if name := p.Agents[i].Name; e.agents[name] == nil && p.Agent(name) != nil {
			e.agents[name] = newAgent(name)
		}
	}
	for i := range p.Agents {
		if name := p.Agents[i].Name; p.Agent(name) != nil {
			e.defineAgent(e.agents[name], p)
		}
	}
	for _, a := range e.agentsWho(func(a *agent) bool { return p.Agent(a.Name) == nil }) {
		e.defineAgent(a, p)
	}
	for _, name := range slices.Sorted(maps.Keys(e.queues)) {
		if p.Queue(name) == nil {
			e.defineQueue(e.queues[name], nil)
		}
	}
	for i := range p.Queues {
		e.defineQueue(e.queueFor(p.Queues[i].Name), &p.Queues[i])
	}
	for _, a := range e.agents {
		a.reskilled = false
	}
}

// defineAgent gives an agent its definition in a new plan and notes what follows from the difference.
func (e *Engine) defineAgent(a *agent, p *plan.Plan) {
	old, def := a.def, p.Agent(a.Name)
	changed := a.redefine(p, def)
	a.queues, a.listed = a.queues[:0], a.listed[:0]
	if def != nil && (old == nil || !slices.Equal(old.Skills, def.Skills)) {
		a.skills = e.skillIDs.setOf(def.Skills)
	}
	if old == nil || def == nil {
		e.moved(a)
		return
	}
	if old.Units != def.Units || !slices.Equal(old.Profiles, def.Profiles) {
		e.capacityChanged(a)
	}
	if changed {
		e.unsettle(a)
	}
	if a.reskilled = !slices.Equal(old.Skills, def.Skills); a.reskilled {
		changed = true
	}
	if changed || !slices.Equal(old.Queues, def.Queues) {
		e.moved(a)
		return
	}
	a.card.Skills = def.Skills // the old plan's must not stay in memory
}

// defineQueue gives a queue its definition in a new plan; nil when it has none, and then it is forgotten unless somebody
// waits there. Only what differs is built anew.
func (e *Engine) defineQueue(q *queue, def *plan.Queue) {
	old, before, method := q.def, q.priority(), q.method()
	q.def = def
	if def == nil && q.waiting == 0 {
		q.sweep()
		q.dropPools()
		delete(e.queues, q.name)
		return
	}
	members := make([]*agent, 0, len(e.plan.Members(q.name)))
	for _, name := range e.plan.Members(q.name) {
		a := e.agents[name]
		a.queues = append(a.queues, q)
		members = append(members, a)
	}
	if def == nil {
		members = nil
	}
	if q.method() != method || !slices.Equal(members, q.members) || slices.ContainsFunc(members, (*agent).isReskilled) {
		q.dropPools()
	}
	q.members = members
	q.nameFirst()
	if q.waiting > 0 && (old == nil || def == nil || q.priority() != before || old.PromoteAfter != def.PromoteAfter ||
		!slices.Equal(old.Overflow, def.Overflow)) {
		e.reorder(q)
	}
}

// reorder puts all that waits in a queue into its place again, and sets what falls due.
func (e *Engine) reorder(q *queue) {
	for _, it := range q.all() {
		it.line.remove(it)
		it.rank(q)
		it.line.insert(it)
		e.scheduleWait(it)
	}
}

func (a *agent) isReskilled() bool { return a.reskilled }

// queueFor returns the queue of that name; should the plan not have it, one that has no members.
func (e *Engine) queueFor(name string) *queue {
	q := e.queues[name]
	if q == nil {
		q = &queue{name: name, ids: e.skillIDs, demands: &e.demands}
		e.queues[name] = q
	}
	return q
}
