// SPDX-License-Identifier: Apache-2.0

package centre

import "workstream.dev/operator/internal/event"

// due is something that happens at a moment: what, to whom.
type due struct {
	at   event.Instant
	seq  uint64 // in which order it was planned: what comes at the same moment happens in that order
	what kind
	// A class for an arrival; otherwise a conversation, which may have become another one since.
	class int
	conv  *conversation
	turn  uint64 // of the conversation
	offer string // that is answered
}

type kind uint8

const (
	arrival    kind = iota
	departure       // the customer's patience is over
	acceptance      // of an offer
	refusal
	end  // of the service
	done // with the after-work
)

// calendar is a binary heap of what is planned.
type calendar struct {
	list []due
	seq  uint64
}

func (c *calendar) plan(d due) {
	c.seq++
	d.seq = c.seq
	c.list = append(c.list, d)
	l := c.list
	for i := len(l) - 1; i > 0; {
		up := (i - 1) / 2
		if !l[i].before(&l[up]) {
			break
		}
		l[i], l[up] = l[up], l[i]
		i = up
	}
}

func (d *due) before(o *due) bool {
	if d.at != o.at {
		return d.at < o.at
	}
	return d.seq < o.seq
}

func (c *calendar) next() due {
	l := c.list
	first, last := l[0], len(l)-1
	l[0] = l[last]
	l[last] = due{}
	c.list = l[:last]
	l = c.list
	for i := 0; ; {
		least := i
		for j := 2*i + 1; j <= 2*i+2 && j < len(l); j++ {
			if l[j].before(&l[least]) {
				least = j
			}
		}
		if least == i {
			return first
		}
		l[i], l[least] = l[least], l[i]
		i = least
	}
}
