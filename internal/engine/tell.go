// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
)

// state is what may exclude an agent and changes with the work. An agent with capacity profiles has another one after
// each change: slots are not part of it.
type state struct {
	free               int64
	change             uint64
	presence           match.Presences
	connected, blocked bool
}

func (a *agent) state() state {
	c := &a.card
	s := state{free: c.Free, presence: c.Presence, connected: c.Connected, blocked: c.Blocked != ""}
	if len(c.Slots) > 0 {
		s.change = c.LastChange
	}
	return s
}

// listed is where an agent stands among the first members of a queue.
type listed struct {
	queue *queue
	at    int
}

// firstMember is how one of the first members is, and since which change of the queue's first members.
type firstMember struct {
	state
	since int
}

// picture is what a decision about a line said of the first members. It is the same again while they are as they were, and
// then it is not written anew: most decisions of a busy day tell that all the others are busy. Where it is not the same,
// only those are looked at who changed.
type picture struct {
	era, changes int // of the queue, when it was made
	eligible     int32
	excluded     []*event.Exclusion // part of events, so neither the list nor what it names is ever changed
	digest       uint64             // of excluded; 0 when nobody has asked
}

// nameFirst notes who the first members of a queue are.
func (q *queue) nameFirst() {
	q.first = make([]firstMember, min(len(q.members), match.MaxNamed))
	q.era++
	for i := range q.first {
		a := q.members[i]
		q.first[i].state = a.state()
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
		if t := &n.queue.first[n.at]; t.state != is {
			n.queue.changes++
			t.state, t.since = is, n.queue.changes
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
		out.Eligible, out.Excluded = p.eligible, p.excluded
	} else {
		p := &s.item.line.picture
		s.bring(p)
		out.Eligible, out.Excluded = p.eligible, p.excluded
	}
	for _, r := range [2]*match.Rank{&s.choice.Best, &s.choice.Next} {
		if r.Agent != nil && r.Agent.Name > q.members[len(q.first)-1].Name {
			out.Eligible++
		}
	}
	out.More = count(len(q.members)) - out.Eligible - count(len(out.Excluded))
	s.choice.Explain(&s.need, out.Method, out)
}

// bring makes a picture what it should be now.
func (s *search) bring(p *picture) {
	q := s.queue
	if p.era == q.era && p.changes == q.changes {
		return
	}
	var list [match.MaxNamed]*event.Exclusion
	n, before, same := 0, p.excluded, p.era == q.era
	p.eligible = 0
	for i, a := range q.members[:len(q.first)] {
		var was *event.Exclusion
		if len(before) > 0 && before[0].Agent == a.Name {
			was, before = before[0], before[1:]
		}
		x := was
		if p.era != q.era || q.first[i].since > p.changes {
			x = s.exclusion(a, was)
			same = same && x == was
		}
		if x != nil {
			list[n] = x
			n++
		} else {
			p.eligible++
		}
	}
	p.era, p.changes = q.era, q.changes
	if !same {
		p.excluded, p.digest = slices.Clone(list[:n]), 0
	}
	if n == 0 {
		p.excluded = nil
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
	var h uint64
	if l := it.line; l != nil && len(c.Excluded) > 0 && len(l.picture.excluded) > 0 && &l.picture.excluded[0] == &c.Excluded[0] &&
		l.queue.name == queue {
		if l.picture.digest == 0 {
			l.picture.digest = digestExcluded(queue, c.Excluded)
		}
		h = l.picture.digest
	} else {
		h = digestExcluded(queue, c.Excluded)
	}
	var b [12]byte
	return mix(h, string(strconv.AppendInt(b[:0], int64(c.More), 10)))
}

func digestExcluded(queue string, excluded []*event.Exclusion) uint64 {
	h := mix(0, queue)
	for _, x := range excluded {
		h = mix(mix(h, x.Agent), string(x.Reason))
	}
	return h
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
