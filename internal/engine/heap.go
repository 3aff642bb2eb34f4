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
	// The names of what it is about, which are kept where it lives: an item has six timers.
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
	if t.index == 0 {
		return 0
	}
	return t.at
}

func (t *timer) before(o *timer) bool {
	if t.at != o.at {
		return t.at < o.at
	}
	if t.kind != o.kind {
		return t.kind < o.kind
	}
	if c := strings.Compare(t.item(), o.item()); c != 0 {
		return c < 0
	}
	return t.agent() < o.agent()
}

// timerHeap is a binary heap that knows where each timer is, so that a deadline is moved or removed at once: what has
// ended leaves nothing behind until its hour comes.
type timerHeap struct{ list []*timer }

// set makes t due at that moment; 0 takes it out.
func (h *timerHeap) set(t *timer, at event.Instant) {
	switch {
	case at == 0:
		h.remove(t)
	case t.index == 0:
		t.at = at
		h.list = append(h.list, t)
		t.index = int32(len(h.list)) //nolint:gosec // so many timers do not fit into memory
		h.up(len(h.list))
	case t.at != at:
		t.at = at
		h.up(int(t.index))
		h.down(int(t.index))
	}
}

func (h *timerHeap) remove(t *timer) {
	i := int(t.index)
	if i == 0 {
		return
	}
	last := len(h.list)
	h.swap(i, last)
	h.list[last-1] = nil
	h.list = h.list[:last-1]
	t.index = 0
	if i < last {
		h.up(i)
		h.down(i)
	}
}

// first returns the timer that is due first, or nil.
func (h *timerHeap) first() *timer {
	if len(h.list) == 0 {
		return nil
	}
	return h.list[0]
}

func (h *timerHeap) swap(i, j int) {
	l := h.list
	l[i-1], l[j-1] = l[j-1], l[i-1]
	l[i-1].index, l[j-1].index = int32(i), int32(j) //nolint:gosec // as above
}

func (h *timerHeap) up(i int) {
	for i > 1 && h.list[i-1].before(h.list[i/2-1]) {
		h.swap(i, i/2)
		i /= 2
	}
}

func (h *timerHeap) down(i int) {
	for {
		least := i
		for _, c := range [2]int{2 * i, 2*i + 1} {
			if c <= len(h.list) && h.list[c-1].before(h.list[least-1]) {
				least = c
			}
		}
		if least == i {
			return
		}
		h.swap(i, least)
		i = least
	}
}
