// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"hash/fnv"
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// task is an item that somebody may be able to take: any member of its queue, or the agent who became able to. Tasks
// are done in the order in which items are served across queues.
type task struct {
	item     *item
	priority int32
	agent    *agent
}

func (t *task) before(o *task) bool {
	if t.priority != o.priority {
		return t.priority < o.priority
	}
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
	var tasks taskHeap
	for {
		e.collect(&tasks)
		if len(tasks) == 0 {
			return
		}
		t := tasks.pop()
		if t.agent != nil {
			if best := e.bestFor(t.agent); best != t.item {
				e.pushFor(&tasks, t.agent, best)
				continue
			}
			e.markAgent(t.agent)
		}
		if t.item.Queued && !e.offerNext(t.item) && t.agent != nil {
			panic("engine: agent " + t.agent.Name + " both can and cannot take item " + t.item.ID)
		}
	}
}

// collect turns the marks of agents and items into tasks.
func (e *Engine) collect(tasks *taskHeap) {
	for _, a := range e.dirtyAgents {
		a.dirty = false
		e.pushFor(tasks, a, e.bestFor(a))
	}
	for _, it := range e.dirtyItems {
		it.dirty = false
		if it.Queued && it.ws.Mode == plan.Push { // it may have been routed again since it was marked
			tasks.push(task{item: it, priority: e.queues[it.Queue].priority()})
		}
	}
	e.dirtyAgents, e.dirtyItems = emptied(e.dirtyAgents), emptied(e.dirtyItems)
}

func (e *Engine) pushFor(tasks *taskHeap, a *agent, it *item) {
	if it != nil {
		tasks.push(task{item: it, priority: e.queues[it.Queue].priority(), agent: a})
	}
}

// offerNext offers an item to the best of its queue's members. When there is none for one that has just come, it says
// why, if that is new: later the picture changes with every agent, and Explain tells it to whoever asks.
func (e *Engine) offerNext(it *item) bool {
	name, candidates := e.choose(it)
	fresh := it.fresh
	it.fresh = false
	if name == "" {
		if fresh && digestOf(it.Queue, &candidates) != it.Deferred {
			e.emit(event.AssignmentDeferred{Item: it.ID, Queue: it.Queue, Candidates: candidates})
		}
		return false
	}
	e.emit(event.OfferMade{
		Offer: it.ID + "-o" + strconv.Itoa(it.Offers+1), Item: it.ID, Agent: name, Queue: it.Queue,
		Expires: after(e.clock, it.ws.Offer.Timeout), Units: it.ws.Units, Candidates: candidates,
	})
	e.settle()
	return true
}

// choose compares the members of an item's queue.
func (e *Engine) choose(it *item) (string, event.Candidates) {
	q := e.queues[it.Queue]
	c := match.NewChoice(e.needOf(it, q), q.method())
	for _, a := range q.members {
		m := a.candidate()
		if q.method() == plan.RoundRobin {
			m.LastAssigned = a.LastAssigned[q.name]
		}
		if len(it.Declines) > 0 {
			if d := it.Declines[a.Name]; d != nil {
				m.Declines, m.CoolsUntil = d.Count, d.Until
			}
		}
		c.Consider(&m)
	}
	return c.Result()
}

func (a *agent) candidate() match.Candidate {
	return match.Candidate{
		Name: a.Name, Connected: a.Connected, Presence: a.Presence, Units: a.units(), Used: a.used,
		LastChange: a.LastChange, LastReleased: a.LastReleased,
	}
}

func (e *Engine) needOf(it *item, q *queue) match.Need {
	n := match.Need{
		Now: e.clock, Units: it.ws.Units, Allowed: match.PresencesOf(it.ws.AllowedPresences),
		MaxDeclines: it.ws.Offer.MaxDeclines,
	}
	if it.declinedByAll(q) {
		n.MaxDeclines = 0
	}
	return n
}

// declinedByAll reports whether a record has been declined for good by every member of its queue. Declines keep a
// record from some, but never from all: then only the cool-off counts.
func (it *item) declinedByAll(q *queue) bool {
	limit := it.ws.Offer.MaxDeclines
	if it.Type != plan.Record || limit == 0 || len(it.Declines) < len(q.members) {
		return false
	}
	for _, a := range q.members {
		if d := it.Declines[a.Name]; d == nil || d.Count < limit {
			return false
		}
	}
	return true
}

// bestFor returns the waiting item that an agent is entitled to first, or nil: by queue priority, then in the order of
// the queues. What the agent cannot take hides nothing behind it.
func (e *Engine) bestFor(a *agent) *item {
	if a.def == nil || !a.Connected {
		return nil
	}
	var best *item
	var bestQueue *queue
	for _, name := range a.def.Queues {
		q := e.queues[name]
		for _, l := range q.lines {
			it := e.firstFor(a, q, l)
			if it == nil {
				continue
			}
			if best == nil || q.priority() < bestQueue.priority() ||
				(q.priority() == bestQueue.priority() && it.before(best)) {
				best, bestQueue = it, q
			}
		}
	}
	return best
}

// firstFor returns the first item of a line that an agent can take.
func (e *Engine) firstFor(a *agent, q *queue, l *line) *item {
	if l.len() == 0 || l.class.mode != plan.Push || !l.class.allowed.Has(a.Presence) ||
		int64(a.units())-a.used < int64(l.class.units) {
		return nil
	}
	for _, it := range l.all() {
		d := it.Declines[a.Name]
		if d == nil {
			return it
		}
		limit := it.ws.Offer.MaxDeclines
		if d.Until <= e.clock && (limit == 0 || d.Count < limit || it.declinedByAll(q)) {
			return it
		}
	}
	return nil
}

// digestOf tells one picture of exclusions in a queue from another; the figures are not part of it.
func digestOf(queue string, c *event.Candidates) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(queue + "\x00"))
	for i := range c.Excluded {
		_, _ = h.Write([]byte(c.Excluded[i].Agent + "\x00" + string(c.Excluded[i].Reason) + "\x00"))
	}
	_, _ = h.Write(strconv.AppendInt(nil, int64(c.More), 10))
	return h.Sum64()
}
