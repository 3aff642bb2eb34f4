// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"

	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// queue is where items wait: one line per class, so that who cannot take the first of a class need not look at the
// rest of it.
type queue struct {
	name string
	// def is nil when the plan no longer has the queue and items that nobody else could take still wait in it.
	def     *plan.Queue
	members []*agent // by name
	lines   []*line
}

// class is all that an agent's state is compared with. Items of equal class are taken by the same agents, but for those
// who declined one.
type class struct {
	mode    plan.Mode
	units   int32
	allowed match.Presences
}

func classOf(w *plan.Workstream) class {
	return class{mode: w.Mode, units: w.Units, allowed: match.PresencesOf(w.AllowedPresences)}
}

// line is the waiting items of a queue and a class, in the order of before.
type line struct {
	class class
	items []*item // those from head on
	head  int
}

// before orders a queue: who arrived first, then the smaller id.
func (it *item) before(o *item) bool {
	if it.Since != o.Since {
		return it.Since < o.Since
	}
	return it.ID < o.ID
}

// priority of a queue; one that is no longer in the plan comes as if by default.
func (q *queue) priority() int32 {
	if q.def == nil {
		return defaultQueuePriority
	}
	return q.def.Priority
}

func (q *queue) method() plan.Method {
	if q.def == nil || q.def.Method == "" {
		return plan.HighestCapacity
	}
	return q.def.Method
}

func (q *queue) waiting() int {
	n := 0
	for _, l := range q.lines {
		n += l.len()
	}
	return n
}

func (q *queue) line(c class) *line {
	for _, l := range q.lines {
		if l.class == c {
			return l
		}
	}
	// Each revision of a workstream may be another class, so lines come without end. Those in which nobody waits go when
	// one comes: a queue that runs empty and fills up again keeps its own.
	q.lines = slices.DeleteFunc(q.lines, func(l *line) bool { return l.len() == 0 })
	l := &line{class: c}
	q.lines = append(q.lines, l)
	return l
}

func (l *line) len() int { return len(l.items) - l.head }

// all returns the items in order; the slice must not be changed.
func (l *line) all() []*item { return l.items[l.head:] }

func (l *line) find(it *item) (int, bool) {
	i, ok := slices.BinarySearchFunc(l.all(), it, func(a, b *item) int {
		switch {
		case a == b:
			return 0
		case a.before(b):
			return -1
		default:
			return 1
		}
	})
	return i + l.head, ok
}

// insert moves whichever side is shorter: most items join at the end, and those whose offer was not taken come back
// to the front.
func (l *line) insert(it *item) {
	i, _ := l.find(it)
	if l.head > 0 && i-l.head < len(l.items)-i {
		copy(l.items[l.head-1:], l.items[l.head:i])
		l.head--
		l.items[i-1] = it
		return
	}
	l.items = slices.Insert(l.items, i, it)
}

func (l *line) remove(it *item) {
	i, ok := l.find(it)
	if !ok {
		panic("engine: item " + it.ID + " is not in its line")
	}
	if i-l.head < len(l.items)-i {
		copy(l.items[l.head+1:i+1], l.items[l.head:i])
		l.items[l.head] = nil
		l.head++
	} else {
		l.items = slices.Delete(l.items, i, i+1)
	}
	if l.head > 64 && l.head > len(l.items)/2 {
		l.items = append([]*item(nil), l.items[l.head:]...)
		l.head = 0
	}
}
