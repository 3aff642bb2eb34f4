// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"

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

// picture is what a decision about a line said of the first members. It is the same again while they are as they were, and
// then it is not written anew: most decisions of a busy day tell that all the others are busy.
type picture struct {
	states   []state
	era      int
	eligible int32
	excluded []event.Exclusion // part of events, so it is never changed
}

// nameFirst notes who the first members of a queue are.
func (q *queue) nameFirst() {
	q.states = make([]state, min(len(q.members), match.MaxNamed))
	q.era++
	for i := range q.states {
		a := q.members[i]
		q.states[i] = a.state()
		a.listed = append(a.listed, listed{q, i})
	}
}

// tell fills in what the decision is told by: the first members by name one by one, and what put the best one first.
func (s *search) tell(scratch []event.Exclusion, out *event.Candidates) []event.Exclusion {
	q, t := s.queue, &s.item.line.picture
	out.Method = q.method()
	if hasPast := len(s.item.Declines)+len(s.item.never) > 0; hasPast {
		scratch = s.tellFirst(scratch, out)
		out.Excluded = slices.Clone(scratch)
	} else {
		if t.era != q.era || !slices.Equal(t.states, q.states) {
			scratch = s.tellFirst(scratch, out)
			t.states, t.era, t.eligible = append(t.states[:0], q.states...), q.era, out.Eligible
			if !slices.Equal(t.excluded, scratch) {
				t.excluded = slices.Clone(scratch)
			}
		}
		out.Eligible, out.Excluded = t.eligible, t.excluded
	}
	if len(out.Excluded) == 0 {
		out.Excluded = nil
	}
	for _, r := range [2]*match.Rank{&s.choice.Best, &s.choice.Next} {
		if r.Agent != nil && r.Agent.Name > q.members[len(q.states)-1].Name {
			out.Eligible++
		}
	}
	out.More = count(len(q.members)) - out.Eligible - count(len(out.Excluded))
	s.choice.Explain(&s.need, out.Method, out)
	return scratch[:0]
}

func (s *search) tellFirst(scratch []event.Exclusion, out *event.Candidates) []event.Exclusion {
	for _, a := range s.queue.members[:len(s.queue.states)] {
		p := s.item.past(a)
		if reason := s.need.Exclude(&a.card, p); reason != "" {
			scratch = append(scratch, s.need.Exclusion(&a.card, p, reason))
		} else {
			out.Eligible++
		}
	}
	return scratch
}
