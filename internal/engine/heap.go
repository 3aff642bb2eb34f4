// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strings"

	"workstream.dev/operator/internal/event"
)

// timerKind is what falls due.
type timerKind uint8

// The kinds of timers, in the order in which those of the same moment fire.
const (
	offerTimer    timerKind = iota + 1 // an offer expires
	consultTimer                       // a request for a consultation expires
	blockTimer                         // a wrap-up frees its capacity
	returnTimer                        // an item leaves an agent who has not come back
	leaveTimer                         // a customer has not come back
	closeTimer                         // an item closes for inactivity
	followTimer                        // an item that waits for its customer is looked after
	overflowTimer                      // an item has waited in its queue for too long
	promoteTimer                       // an item is served before others
	dayTimer                           // an agent's day ends
	coolTimer                          // an agent may be offered an item again
	forgetTimer                        // old intakes are forgotten
)

// timer is a deadline. It lives in what it is the deadline of, and is never part of a snapshot: all deadlines follow
// from the state.
type timer struct {
	at    event.Instant
	index int32 // in the heap, counted from 1; 0 is not in it
	kind  timerKind
	// The names of what it is about, which are kept where it lives.
	of, by *string
}

// item is the id of the item that t is about, agent the name of the agent; empty without one.
func (t *timer) item() string { return deref(t.of) }

func (t *timer) agent() string { return deref(t.by) }

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// due is when t is due, 0 never.
func (t *timer) due() event.Instant {
	if t == nil || t.index == 0 {
		return 0
	}
	return t.at
}

func (t *timer) before(o *timer) bool {
	if t.at != o.at {
		return t.at < o.at
	}
	return t.precedes(o)
}

// precedes orders timers of the same moment.
func (t *timer) precedes(o *timer) bool {
	if t.kind != o.kind {
		return t.kind < o.kind
	}
	if c := strings.Compare(t.item(), o.item()); c != 0 {
		return c < 0
	}
	return t.agent() < o.agent()
}

// timerHeap is a heap that knows where each timer is, so that a deadline is moved or removed at once: what has ended
// leaves nothing behind until its hour comes. Each has up to four below it.
//
// Deadlines are postponed all the time, whenever somebody works with an item. So one that becomes later keeps its place,
// and is put where it belongs only when it has come to the front.
type timerHeap struct{ list []deadline }

// deadline is the place of a timer. at is not later than the timer's own; it stands here because most timers that are
// compared have not been looked at for long.
type deadline struct {
	at event.Instant
	t  *timer
}

func (d *deadline) before(o *deadline) bool {
	return d.at < o.at || (d.at == o.at && d.t.precedes(o.t))
}

// set makes t due at that moment; 0 takes it out.
func (h *timerHeap) set(t *timer, at event.Instant) {
	switch {
	case at == 0:
		h.remove(t)
	case t.index == 0:
		t.at = at
		h.list = append(h.list, deadline{at, t})
		h.up(len(h.list) - 1)
	default:
		t.at = at
		if i := int(t.index) - 1; at < h.list[i].at {
			h.list[i].at = at
			h.up(i)
		}
	}
}

func (h *timerHeap) remove(t *timer) {
	if t == nil || t.index == 0 {
		return
	}
	i, last := int(t.index)-1, len(h.list)-1
	t.index = 0
	moved := h.list[last]
	h.list[last] = deadline{}
	h.list = h.list[:last]
	if i < last {
		h.list[i] = moved
		h.down(i)
		h.up(int(moved.t.index) - 1)
	}
}

// first returns the timer that is due first, or nil.
func (h *timerHeap) first() *timer {
	for len(h.list) > 0 {
		d := &h.list[0]
		if d.at == d.t.at {
			return d.t
		}
		d.at = d.t.at
		h.down(0)
	}
	return nil
}

func (h *timerHeap) put(i int, d deadline) {
	h.list[i] = d
	d.t.index = int32(i) + 1 //nolint:gosec // so many timers do not fit into memory
}

func (h *timerHeap) up(i int) {
	d := h.list[i]
	for i > 0 && d.before(&h.list[(i-1)/4]) {
		h.put(i, h.list[(i-1)/4])
		i = (i - 1) / 4
	}
	h.put(i, d)
}

func (h *timerHeap) down(i int) {
	d := h.list[i]
	for 4*i+1 < len(h.list) {
		below := h.list[4*i+1 : min(4*i+5, len(h.list))]
		least := 0
		for c := 1; c < len(below); c++ {
			if below[c].before(&below[least]) {
				least = c
			}
		}
		if !below[least].before(&d) {
			break
		}
		h.put(i, below[least])
		i = 4*i + 1 + least
	}
	h.put(i, d)
}
