// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math/bits"
	"slices"
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
)

// state is what may exclude an agent and changes with the work: units, presence, connection and whether the agent is
// blocked. It is small, because those of 50 members are compared for each decision. What does not fit, slots of capacity
// profiles and very many units, makes another state of each change.
type state uint32

func (a *agent) state() state {
	const (
		most               = 1<<19 - 1 // units, of 20 bits with the sign
		presence           = 20        // where its bits begin
		blocked, connected = 1 << 28, 1 << 29
		other              = 1 << 31
	)
	c := &a.card
	if len(c.Slots) > 0 || c.Free < -most || c.Free > most {
		return other | state(a.moves)
	}
	s := state(c.Free&(1<<presence-1)) | state(c.Presence)<<presence
	if c.Blocked != "" {
		s |= blocked
	}
	if c.Connected {
		s |= connected
	}
	return s
}

// listed is where an agent stands among the first members of a queue.
type listed struct {
	queue *queue
	at    int
}

// picture is what a decision about a line said of the first members. It is the same again while they are as they were, and
// then it is not written anew: most decisions of a busy day tell that all the others are busy. Where it is not the same,
// only those are looked at who changed.
type picture struct {
	era, changes int                // of the queue, when it was made
	out          uint64             // a bit for each of the first members who is excluded
	excluded     []*event.Exclusion // part of events, so neither the list nor what it names is ever changed
	digest       uint64             // of excluded
	states       [match.MaxNamed]state
}

// nameFirst notes who the first members of a queue are.
func (q *queue) nameFirst() {
	q.states = make([]state, min(len(q.members), match.MaxNamed))
	if n := len(q.states); n > 0 {
		q.lastNamed = q.members[n-1].Name
	}
	q.era++
	for i := range q.states {
		a := q.members[i]
		q.states[i] = a.state()
		a.listed = append(a.listed, listed{q, i})
	}
}

// tellOf notes how an agent is in the queues among whose first members it is.
func (a *agent) tellOf() {
	if len(a.listed) == 0 {
		return
	}
	is := a.state()
	for _, n := range a.listed {
		if t := &n.queue.states[n.at]; *t != is {
			*t = is
			n.queue.changes++
		}
	}
}

// tell fills in what the decision is told by: the first members by name one by one, and what put the best one first.
func (s *search) tell(out *event.Candidates) {
	q := s.queue
	out.Method = q.method()
	if hasPast := len(s.item.Declines)+len(s.item.never) > 0; hasPast {
		p := picture{era: -1}
		s.bring(&p)
		p.show(q, out)
	} else {
		p := &s.item.line.picture
		s.bring(p)
		p.show(q, out)
	}
	for _, r := range [2]*match.Rank{&s.choice.Best, &s.choice.Next} {
		if r.Agent != nil && r.Agent.Name > q.lastNamed {
			out.Eligible++
		}
	}
	out.More = count(len(q.members)) - out.Eligible - count(len(out.Excluded))
	s.choice.Explain(&s.need, out.Method, out)
}

func (p *picture) show(q *queue, out *event.Candidates) {
	out.Excluded = p.excluded
	out.Eligible = count(len(q.states) - len(p.excluded))
}

// row is what a picture says of one of the first members.
func (p *picture) row(i int) *event.Exclusion {
	if p.out&(1<<i) == 0 {
		return nil
	}
	return p.excluded[bits.OnesCount64(p.out&(1<<i-1))]
}

// bring makes a picture what it should be now.
func (s *search) bring(p *picture) {
	q := s.queue
	first := p.era != q.era
	if first {
		*p = picture{era: q.era, changes: -1}
	}
	if p.changes == q.changes {
		return
	}
	p.changes = q.changes
	var rows [match.MaxNamed]*event.Exclusion
	var changed uint64
	for i, is := range q.states {
		if p.states[i] == is && !first {
			continue
		}
		p.states[i] = is
		was := p.row(i)
		if rows[i] = s.exclusion(q.members[i], was); rows[i] != was {
			changed |= 1 << i
		}
	}
	if changed != 0 {
		p.redraw(changed, rows[:len(q.states)])
	}
}

// redraw replaces some rows of a picture.
func (p *picture) redraw(changed uint64, rows []*event.Exclusion) {
	var list [match.MaxNamed]*event.Exclusion
	n, out := 0, uint64(0)
	for i := range rows {
		x := p.row(i)
		if changed&(1<<i) != 0 {
			p.digest += digestExclusion(rows[i]) - digestExclusion(x)
			x = rows[i]
		}
		if x != nil {
			list[n], out = x, out|1<<i
			n++
		}
	}
	p.out, p.excluded = out, nil
	if n > 0 {
		p.excluded = slices.Clone(list[:n])
	}
}

// exclusion says why an agent is no candidate, nil when it is one; was is what was said before.
func (s *search) exclusion(a *agent, was *event.Exclusion) *event.Exclusion {
	past := s.item.past(a)
	reason := s.need.Exclude(&a.card, past)
	if reason == "" {
		return nil
	}
	x := s.need.Exclusion(&a.card, past, reason)
	if was != nil && *was == x {
		return was
	}
	is := x
	return &is
}

// digestOf tells one picture of exclusions in a queue from another; the figures are not part of it.
func digestOf(it *item, queue string, c *event.Candidates) uint64 {
	h := uint64(0)
	if l := it.line; l != nil && len(c.Excluded) > 0 && len(l.picture.excluded) > 0 && &l.picture.excluded[0] == &c.Excluded[0] {
		h = l.picture.digest // it has been seen while the picture was drawn
	} else {
		for _, x := range c.Excluded {
			h += digestExclusion(x)
		}
	}
	var b [12]byte
	return mix(mix(h, queue), string(strconv.AppendInt(b[:0], int64(c.More), 10)))
}

func digestExclusion(x *event.Exclusion) uint64 {
	if x == nil {
		return 0
	}
	return mix(mix(0, x.Agent), string(x.Reason))
}

// mix adds a text to a digest, eight bytes at a time.
func mix(h uint64, s string) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h = (h ^ uint64(len(s))) * odd
	for ; len(s) >= 8; s = s[8:] {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		h = (h ^ w) * odd
		h ^= h >> 32
	}
	var w uint64
	for i := range len(s) {
		w = w<<8 | uint64(s[i])
	}
	h = (h ^ w) * odd
	return h ^ h>>32
}
