// SPDX-License-Identifier: Apache-2.0

package view

import (
	"container/heap"

	"workstream.dev/operator/internal/event"
)

// queue is the items of a queue, offered ones included.
type queue struct {
	name    string
	items   map[string]*item
	offered int
	oldest  oldestFirst
}

// oldestFirst is a heap with entries that may have left the queue; trim takes those off its top.
type oldestFirst []waiting

type waiting struct {
	since event.Instant
	item  *item
}

func (v *View) queueLocked(name string) *queue {
	q := v.queues[name]
	if q == nil {
		q = &queue{name: name, items: map[string]*item{}}
		v.queues[name] = q
	}
	return q
}

func (q *queue) add(it *item) {
	q.items[it.ID] = it
	it.Queued = true
	heap.Push(&q.oldest, waiting{it.QueuedAt, it})
}

// trim rebuilds the heap where most of it is stale, so that it stays in proportion to the queue.
func (q *queue) trim() {
	for len(q.oldest) > 0 && q.stale(q.oldest[0]) {
		heap.Pop(&q.oldest)
	}
	if len(q.oldest) < 2*len(q.items)+64 {
		return
	}
	q.oldest = q.oldest[:0]
	for _, it := range q.items {
		q.oldest = append(q.oldest, waiting{it.QueuedAt, it})
	}
	heap.Init(&q.oldest)
}

func (q *queue) stale(w waiting) bool {
	return q.items[w.item.ID] != w.item || w.item.QueuedAt != w.since
}

// dequeueLocked takes an item out of its queue and ends its offer.
func (v *View) dequeueLocked(it *item) {
	v.unofferLocked(it)
	if q := v.queues[it.Queue]; q != nil {
		delete(q.items, it.ID)
	}
	it.Queued = false
}

func (v *View) unofferLocked(it *item) {
	if it.Offer == nil {
		return
	}
	it.Offer = nil
	if q := v.queues[it.Queue]; q != nil && q.items[it.ID] != nil {
		q.offered--
	}
}

// Len, Less, Swap, Push and Pop are heap.Interface.
func (h oldestFirst) Len() int { return len(h) }

// Less orders by time only: equal ones show the same.
func (h oldestFirst) Less(i, j int) bool { return h[i].since < h[j].since }

// Swap exchanges two entries.
func (h oldestFirst) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push adds an entry at the end.
func (h *oldestFirst) Push(x any) {
	if w, ok := x.(waiting); ok {
		*h = append(*h, w)
	}
}

// Pop takes the last entry.
func (h *oldestFirst) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
