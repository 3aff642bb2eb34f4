// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"reflect"
	"slices"

	"workstream.dev/operator/internal/plan"
)

// checkWorkConserving is INV-4: nobody is idle who could take a waiting item. It compares everybody with everything.
func (e *Engine) checkWorkConserving() error {
	for _, it := range e.sortedItems() {
		if !it.Queued || it.ws.Mode != plan.Push {
			continue
		}
		q := e.queues[it.Queue]
		n := e.needOf(it, q)
		for _, a := range q.members {
			if n.Exclude(&a.card, it.past(a)) == "" {
				return fmt.Errorf("item %s waits in queue %s and agent %s could take it", it.ID, it.Queue, a.Name)
			}
		}
	}
	return nil
}

// checkCards: what decisions know of an agent is how the agent is, and every place in a pool that is not known to be
// stale is right.
func (e *Engine) checkCards() error {
	for _, a := range e.agents {
		was := a.card
		was.Slots = slices.Clone(was.Slots)
		a.fill()
		is := a.card
		if !slices.Equal(was.Slots, is.Slots) || !slices.Equal(was.Skills, is.Skills) {
			return fmt.Errorf("agent %s has slots %v and skills %v, and decisions know %v and %v",
				a.Name, is.Slots, is.Skills, was.Slots, was.Skills)
		}
		was.Slots, was.Skills, is.Slots, is.Skills = nil, nil, nil, nil
		if !reflect.DeepEqual(was, is) {
			return fmt.Errorf("agent %s is not as decisions know: %+v, and they know %+v", a.Name, is, was)
		}
		if err := a.checkPlaces(); err != nil {
			return err
		}
	}
	return nil
}

func (a *agent) checkPlaces() error {
	for _, l := range a.listed {
		if l.queue.members[l.at] != a || l.queue.states[l.at] != a.state() {
			return fmt.Errorf("agent %s is not as queue %s tells", a.Name, l.queue.name)
		}
	}
	for _, s := range a.seated {
		if s.pool.dead {
			continue
		}
		if tree, room, at := s.right(); tree != s.tree || at != s.node.place || room != s.node.room {
			return fmt.Errorf("agent %s has a wrong place in queue %s", a.Name, s.pool.queue.name)
		}
	}
	return nil
}

// checkOrder is INV-5, as far as a state can show it: each waiting item is in the line where it belongs, in its place.
func (e *Engine) checkOrder() error {
	inLines := 0
	for name, q := range e.queues {
		n := 0
		for c, l := range q.lines {
			if err := e.checkLine(name, q, c, l); err != nil {
				return err
			}
			n += l.items.len
		}
		if n != q.waiting {
			return fmt.Errorf("queue %s counts %d waiting, and %d do", name, q.waiting, n)
		}
		inLines += n
	}
	for _, it := range e.items {
		if it.Queued {
			inLines--
		}
	}
	if inLines != 0 {
		return fmt.Errorf("%d more items stand in lines than are queued", inLines)
	}
	return nil
}

func (e *Engine) checkLine(name string, q *queue, c class, l *line) error {
	var last *item
	var err error
	l.items.all(func(it *item) bool {
		at := it.node.place
		it.rank(q)
		switch {
		case it.Queue != name || it.line != l || !it.Queued:
			err = fmt.Errorf("item %s is in a line of queue %s and says it is in %s", it.ID, name, it.Queue)
		case classOf(it) != c || l.class != c:
			err = fmt.Errorf("item %s is in a line of another class", it.ID)
		case at != it.node.place:
			err = fmt.Errorf("item %s is in a place that is not its own", it.ID)
		case last != nil && !last.before(it):
			err = fmt.Errorf("item %s stands behind item %s", it.ID, last.ID)
		}
		last = it
		return err == nil
	})
	first := l.items.first()
	if err == nil && (first != l.first || (first != nil && (l.node.place != first.node.place || first.node.before(&l.kind.head)))) {
		err = fmt.Errorf("a line of queue %s does not stand where its first item does", name)
	}
	return err
}

// checkWaits is INV-6: what falls due while an item waits has its timer.
func (e *Engine) checkWaits() error {
	for _, it := range e.sortedItems() {
		promote, overflow := it.due()
		if it.promoting.due() != promote || it.overflowing.due() != overflow {
			return fmt.Errorf("item %s is promoted at %d and overflows at %d, and its timers say %d and %d",
				it.ID, promote, overflow, it.promoting.due(), it.overflowing.due())
		}
	}
	return nil
}
