// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// task is an item that somebody may be able to take: any member of its queue, or the agent who became able to. Tasks
// are done in the order in which items are served across queues.
type task struct {
	item  *item
	agent *agent
	seq   uint64 // of the event after which it was the best for that agent
}

func (t *task) before(o *task) bool {
	if t.item != o.item {
		return t.item.before(o.item)
	}
	if t.agent == nil || o.agent == nil {
		return t.agent == nil && o.agent != nil
	}
	return t.agent.Name < o.agent.Name
}

// taskHeap is a binary heap of tasks.
type taskHeap []task

func (h *taskHeap) push(t task) {
	*h = append(*h, t)
	l := *h
	for i := len(l) - 1; i > 0 && l[i].before(&l[(i-1)/2]); i = (i - 1) / 2 {
		l[i], l[(i-1)/2] = l[(i-1)/2], l[i]
	}
}

func (h *taskHeap) pop() task {
	l := *h
	first, last := l[0], len(l)-1
	l[0] = l[last]
	l[last] = task{}
	l = l[:last]
	*h = l
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < len(l) && l[c].before(&l[least]) {
				least = c
			}
		}
		if least == i {
			return first
		}
		l[i], l[least] = l[least], l[i]
		i = least
	}
}

// assign offers waiting items until nobody is idle who could take one. It looks at what the step has marked: before the
// step there was nothing to offer, so whatever there is now involves an item or an agent that changed.
//
// An agent's task is for the best item that the agent can take, and that only ever becomes worse while offers are made:
// when it is first in order and no longer right it goes back with the item that is.
func (e *Engine) assign() {
	e.collect()
	e.assignDirectly()
	for {
		e.collect()
		if len(e.tasks) == 0 {
			break
		}
		t := e.tasks.pop()
		if t.agent != nil {
			if t.seq != e.seq {
				if best := e.bestFor(t.agent); best != t.item {
					e.pushFor(t.agent, best)
					continue
				}
			}
			e.markAgent(t.agent)
		}
		if t.item.Queued && !e.offerNext(t.item, t.agent != nil) && t.agent != nil {
			panic("engine: agent " + t.agent.Name + " both can and cannot take item " + t.item.ID)
		}
	}
	for _, a := range e.able {
		a.able = false
	}
	e.able = emptied(e.able)
}

// collect turns the marks of agents and items into tasks.
func (e *Engine) collect() {
	for _, a := range e.dirtyAgents {
		a.dirty = false
		if !a.able {
			a.able = true
			e.able = append(e.able, a)
		}
		e.pushFor(a, e.bestFor(a))
	}
	for _, it := range e.dirtyItems {
		it.dirty = false
		if it.Queued && it.ws.Mode == plan.Push { // it may have been routed again since it was marked
			e.tasks.push(task{item: it})
		}
	}
	e.dirtyAgents, e.dirtyItems = emptied(e.dirtyAgents), emptied(e.dirtyItems)
}

func (e *Engine) pushFor(a *agent, it *item) {
	if it != nil {
		e.tasks.push(task{item: it, agent: a, seq: e.seq})
	}
}

// offerNext gives an item to the best of its queue's members. When there is none for one that has just come, it says
// why, if that is new: later the picture changes with every agent, and Explain tells it to whoever asks.
//
// Nobody could take what waited before the step but those who changed in it: of such an item, and of one behind another
// of its kind, only these are looked at.
func (e *Engine) offerNext(it *item, waited bool) bool {
	var c event.Candidates
	a := e.choose(it, waited || it.isBehind(), &c)
	fresh := it.fresh
	it.fresh = false
	if a == nil {
		if fresh && digestOf(it, it.Queue, &c) != it.Deferred {
			e.emit(event.AssignmentDeferred{Item: it.ID, Queue: it.Queue, Candidates: c})
		}
		return false
	}
	e.give(it, a, event.ViaMethod, c)
	e.settle()
	return true
}

// isBehind reports whether an item stands behind one that the same agents can take, and that waits all the same.
func (it *item) isBehind() bool {
	first := it.line.first
	return first != it && !first.dirty && first.isForAll()
}

// choose returns the best of the members of an item's queue, or nil, and tells why. With changed it looks at those only
// who changed in this step.
func (e *Engine) choose(it *item, changed bool, out *event.Candidates) *agent {
	q := it.line.queue
	s := &e.search
	*s = search{queue: q, item: it, need: e.needOf(it, q)}
	if changed {
		s.among(e.able)
	} else {
		s.members()
	}
	s.tell(out)
	best := s.best
	*s = search{}
	return best
}

func (e *Engine) needOf(it *item, q *queue) match.Need {
	n := match.Need{
		Now: e.clock, Units: it.ws.Units, Profiles: it.line.need.Profiles, Allowed: it.line.class.allowed,
		Skills: it.Skills, Matching: it.ws.SkillMatching, MaxDeclines: it.ws.Offer.MaxDeclines,
	}
	if n.MaxDeclines > 0 && len(it.Declines) > 0 && it.declinedByAll(q, &n) {
		n.MaxDeclines = 0
	}
	return n
}

// declinedByAll reports whether a record has been declined for good by every member of its queue who could ever take it.
// Declines keep a record from some, but never from all: then only the cool-off counts.
func (it *item) declinedByAll(q *queue, n *match.Need) bool {
	if it.Type != plan.Record {
		return false
	}
	for _, a := range q.members {
		p := it.past(a)
		if p.Declines < n.MaxDeclines && n.Suits(&a.card, p) && a.couldHold(n) {
			return false
		}
	}
	return true
}

// bestFor returns the waiting item that an agent is entitled to first, or nil: by queue priority, then in the order of
// the queues. What the agent cannot take hides nothing behind it.
//
// Lines are compared by the places of their first items, which stand with them: of all these items only that one is looked
// at that comes first, unless there is something between it and the agent.
func (e *Engine) bestFor(a *agent) *item {
	if a.def == nil || !a.Connected || !e.demands.ask(a) {
		return nil
	}
	best := e.leading(a, (*Engine).firstOfAny)
	if best.item == nil || best.item.isForAll() {
		return best.item
	}
	return e.leading(a, (*Engine).firstOf).item
}

// isForAll reports whether nothing of its own keeps an item from anybody.
func (it *item) isForAll() bool { return len(it.never) == 0 && len(it.Declines) == 0 }

// lead is an item with its place.
type lead struct {
	*place
	item *item
}

// leading returns what comes first of all that an agent can take. of says which one that is of a line, if it comes before
// best.
func (e *Engine) leading(a *agent, of func(e *Engine, l *line, a *agent, best lead) lead) lead {
	var best lead
	for _, q := range a.queues {
		if q.waiting == 0 {
			continue
		}
		q.open.both(a.skills, func(id int) { best = e.bestOf(q.kinds.of(id), a, best, of) })
	}
	return best
}

// bestOf returns the first item of these kinds that an agent can take, if it comes before best.
func (e *Engine) bestOf(kinds *ofSkill, a *agent, best lead, of func(*Engine, *line, *agent, lead) lead) lead {
	if best.item != nil && (kinds.rank > best.rank || (kinds.rank == best.rank && kinds.first > best.first)) {
		return best
	}
	for _, k := range kinds.list {
		if k.pick || k.lines.len == 0 || (best.item != nil && !k.head.before(best.place)) || e.demands.exclude(k.demand, a) {
			continue
		}
		k.lines.all(func(l *line) bool {
			switch {
			case best.item != nil && !l.node.before(best.place):
				return false // and neither are those behind it
			case len(l.need.Skills) == 0 || l.need.Suits(&a.card, match.Past{}):
				best = of(e, l, a, best)
			}
			return true
		})
	}
	return best
}

// firstOfAny returns the first item of a line, whoever asks; the caller has seen that it is before best.
func (e *Engine) firstOfAny(l *line, _ *agent, _ lead) lead { return lead{&l.node.place, l.first} }

// firstOf returns the first item of a line that nothing of its own keeps from an agent, if it comes before best.
func (e *Engine) firstOf(l *line, a *agent, best lead) lead {
	l.items.all(func(it *item) bool {
		if best.item != nil && !it.node.before(best.place) {
			return false
		}
		if !it.isForAll() {
			n := e.needOf(it, l.queue)
			if n.Exclude(&a.card, it.past(a)) != "" {
				return true
			}
		}
		best = lead{&it.node.place, it}
		return false
	})
	return best
}
