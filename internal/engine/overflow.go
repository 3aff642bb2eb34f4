// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// anyway is what becomes of an item whose queue is closed and says nothing of that.
var anyway = plan.Overflow{On: plan.OutOfHours, Action: plan.AssignAnyway}

// overflow returns the rule by which a queue does not simply take an item in now, or nil. Being closed comes first.
func (e *Engine) overflow(q *plan.Queue, it *item) *plan.Overflow {
	closed := !e.isOpen(q)
	for i := range q.Overflow {
		if o := &q.Overflow[i]; closed && o.On == plan.OutOfHours && fits(o, it.Type) {
			return o
		}
	}
	for i := range q.Overflow {
		if o := &q.Overflow[i]; o.On == plan.ItemLimit && fits(o, it.Type) && e.waitingBeside(it, q.Name) >= int(o.Limit) {
			return o
		}
	}
	if closed {
		return &anyway
	}
	return nil
}

// fits reports whether a rule is one for items of that type: only a conversation can be ended.
func fits(o *plan.Overflow, t plan.ItemType) bool {
	return o.Action != plan.EndItem || t == plan.Messaging
}

// waitingBeside is how many others wait in a queue.
func (e *Engine) waitingBeside(it *item, queue string) int {
	q := e.queues[queue]
	if q == nil {
		return 0
	}
	if it.line != nil && it.line.queue == q {
		return q.waiting - 1
	}
	return q.waiting
}

func (e *Engine) isOpen(q *plan.Queue) bool {
	c := e.plan.Hours(q.Hours)
	return c == nil || c.Open(timeOf(e.clock))
}

// opens is when a queue opens next: now if it is open, in the end of days if never.
func (e *Engine) opens(q *plan.Queue) event.Instant {
	c := e.plan.Hours(q.Hours)
	if c == nil {
		return e.clock
	}
	if t, ok := c.NextOpen(timeOf(e.clock)); ok {
		return instantOf(t)
	}
	return endOfDays
}

// waits returns the rule of a queue that is due first for an item that entered it then, and when it is; nil when none
// ever is. Of those due at the same moment the first in the list counts.
func (q *queue) waits(it *item) (*plan.Overflow, event.Instant) {
	if q.def == nil {
		return nil, 0
	}
	var first *plan.Overflow
	for i := range q.def.Overflow {
		o := &q.def.Overflow[i]
		if o.On == plan.WaitTime && o.Action != plan.AssignAnyway && fits(o, it.Type) && (first == nil || o.After < first.After) {
			first = o
		}
	}
	if first == nil {
		return nil, 0
	}
	return first, after(it.Entered, first.After)
}

// promotes is when an item that waits in q is promoted, 0 never.
func (q *queue) promotes(it *item) event.Instant {
	if q.def == nil || q.def.PromoteAfter <= 0 || it.Promoted {
		return 0
	}
	return after(it.waitsSince(), q.def.PromoteAfter)
}

// waitsSince is since when an item has waited, in whatever queues and offered or not. While an agent had it, it did not.
func (it *item) waitsSince() event.Instant { return max(it.Since, it.Released) }

// scheduleWait sets what falls due while an item waits.
func (e *Engine) scheduleWait(it *item) {
	promote, overflow := it.due()
	e.setTimer(it, &it.promoting, promoteTimer, promote)
	e.setTimer(it, &it.overflowing, overflowTimer, overflow)
}

// due is when an item that waits is promoted and when it overflows, 0 never.
func (it *item) due() (promote, overflow event.Instant) {
	if it.line == nil {
		return 0, 0
	}
	_, overflow = it.line.queue.waits(it)
	return it.line.queue.promotes(it), overflow
}

// enqueue puts an item into a queue. What is due there already happens at once. It reports whether the item waits there
// afterwards.
func (e *Engine) enqueue(it *item, queue string, since, entered event.Instant, reason event.Reason) bool {
	e.emit(event.ItemQueued{Item: it.ID, Queue: queue, Since: since, Entered: entered, Reason: reason})
	q := it.line.queue
	if at := q.promotes(it); at != 0 && at <= e.clock {
		e.promote(it)
	}
	if o, at := q.waits(it); o != nil && at <= e.clock {
		e.overflowWaiting(it)
		return false
	}
	return true
}

func (e *Engine) promote(it *item) {
	e.emit(event.ItemPromoted{Item: it.ID, Queue: it.Queue})
}

// overflowWaiting does what the queue of an item says of who waits for so long. The rules of another queue count from
// now on, but for those about entering it.
func (e *Engine) overflowWaiting(it *item) {
	o, _ := it.line.queue.waits(it)
	e.emit(event.ItemOverflowed{Item: it.ID, Overflowed: event.Overflowed{Queue: it.Queue, On: o.On, Action: o.Action}})
	if o.Action == plan.EndItem {
		e.closeByOverflow(it)
		return
	}
	e.enqueue(it, o.Queue, it.Since, e.clock, event.MovedByOverflow)
}

func (e *Engine) closeByOverflow(it *item) {
	e.emit(event.ItemClosed{Item: it.ID, Reason: event.ClosedDueToOverflow, Delivery: e.endDeliveryID(it)})
}

func (e *Engine) applyPromoted(ev *event.ItemPromoted) {
	it := e.mustItem(ev.Item)
	it.Promoted = true
	e.timers.remove(it.promoting)
	if l := it.line; l != nil {
		l.remove(it)
		it.rank(l.queue)
		l.insert(it)
		e.markItem(it)
	}
}
