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
	// picks has those of items that are there to be picked, pickable is how many they are.
	picks    oldestFirst
	pickable int
}

// oldestFirst is a heap with entries that may have left the queue; trim takes those off its top.
type oldestFirst []waiting

// waiting is an entry: rank and then time order it. Only what is there to be picked has a rank.
type waiting struct {
	rank  int32
	since event.Instant
	item  *item
}

// rank is the priority by which an item is served in its queue.
func (it *item) rank() int32 {
	if it.Promoted {
		return 1
	}
	return it.Priority
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
	heap.Push(&q.oldest, waiting{since: it.QueuedAt, item: it})
	if it.Picked {
		it.pick = true
		q.pickable++
		q.moved(it)
	}
}

// moved puts an item that is there to be picked where its rank wants it.
func (q *queue) moved(it *item) {
	if it.pick {
		heap.Push(&q.picks, waiting{it.rank(), it.QueuedAt, it})
	}
}

// remove takes an item out, should it be there.
func (q *queue) remove(it *item) {
	if q.items[it.ID] == nil {
		return
	}
	delete(q.items, it.ID)
	if it.pick {
		it.pick = false
		q.pickable--
	}
}

// trim keeps the heaps in proportion to the queue.
func (q *queue) trim() {
	q.trimHeap(&q.oldest, len(q.items), false)
	q.trimHeap(&q.picks, q.pickable, true)
}

// trimHeap rebuilds a heap where most of it is stale; size is how many items it is for.
func (q *queue) trimHeap(h *oldestFirst, size int, picks bool) {
	for len(*h) > 0 && (q.stale((*h)[0]) || picks && (*h)[0].rank != (*h)[0].item.rank()) {
		heap.Pop(h)
	}
	if len(*h) < 2*size+64 {
		return
	}
	clear(*h)
	*h = (*h)[:0]
	for _, it := range q.items {
		switch {
		case !picks:
			*h = append(*h, waiting{since: it.QueuedAt, item: it})
		case it.pick:
			*h = append(*h, waiting{it.rank(), it.QueuedAt, it})
		}
	}
	heap.Init(h)
}

func (q *queue) stale(w waiting) bool {
	return q.items[w.item.ID] != w.item || w.item.QueuedAt != w.since
}

// toPick calls found with the items that can be picked, in the order in which they would be served, until it returns false. It looks at
// little more of the heap than it finds: a queue may have a hundred thousand, and the loop waits for who reads.
func (q *queue) toPick(found func(*item) bool) {
	next := frontier{of: q.picks}
	if len(q.picks) > 0 {
		next.at = []int{0}
	}
	var last *item
	for len(next.at) > 0 {
		i := next.at[0]
		heap.Pop(&next)
		for _, below := range []int{2*i + 1, 2*i + 2} {
			if below < len(q.picks) {
				heap.Push(&next, below)
			}
		}
		w := q.picks[i]
		// An item that was put back into its place is there twice, one after the other.
		if q.stale(w) || w.rank != w.item.rank() || !w.item.pick || w.item.Offer != nil || w.item == last {
			continue
		}
		last = w.item
		if !found(w.item) {
			return
		}
	}
}

// frontier is a heap of places in a heap: those that may come next when it is read in order.
type frontier struct {
	of oldestFirst
	at []int
}

// Len, Less, Swap, Push and Pop are heap.Interface.
func (f *frontier) Len() int { return len(f.at) }

// Less compares what is at the places.
func (f *frontier) Less(i, j int) bool { return f.of.Less(f.at[i], f.at[j]) }

// Swap exchanges two places.
func (f *frontier) Swap(i, j int) { f.at[i], f.at[j] = f.at[j], f.at[i] }

// Push adds a place at the end.
func (f *frontier) Push(x any) {
	if i, ok := x.(int); ok {
		f.at = append(f.at, i)
	}
}

// Pop takes the last place.
func (f *frontier) Pop() any {
	last := f.at[len(f.at)-1]
	f.at = f.at[:len(f.at)-1]
	return last
}

// dequeueLocked takes an item out of its queue and ends its offer.
func (v *View) dequeueLocked(it *item) {
	v.unofferLocked(it)
	if q := v.queues[it.Queue]; q != nil {
		q.remove(it)
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

// Less orders by rank, then by time, and those of one moment by their ids.
func (h oldestFirst) Less(i, j int) bool {
	if h[i].rank != h[j].rank {
		return h[i].rank < h[j].rank
	}
	if h[i].since != h[j].since {
		return h[i].since < h[j].since
	}
	return h[i].item.ID < h[j].item.ID
}

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
