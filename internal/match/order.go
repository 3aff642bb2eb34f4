// SPDX-License-Identifier: Apache-2.0

package match

import (
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// The distances of a skill, by which Closest orders: who has the rating, has more than it, has less, has it not.
const (
	under   = 10
	missing = 30
)

// Distance is how far a rating is from the one that is needed; 0 needs no rating in particular.
func Distance(needed, rating int32, has bool) int32 {
	switch {
	case !has:
		return missing
	case needed == 0:
		return 0
	case rating >= needed:
		return rating - needed
	default:
		return under + needed - rating
	}
}

// Distance is how far an agent's skills are from those that are needed, all together.
func (n *Need) Distance(a *Agent) int32 {
	var sum int32
	for i := range n.Skills {
		rating, has := a.Rating(n.Skills[i].Name)
		sum += Distance(n.Skills[i].Rating, rating, has)
	}
	return sum
}

// Missing is the distance of who has none of these skills.
func Missing(skills []plan.Skill) int32 {
	var sum int32
	for range skills {
		sum += missing
	}
	return sum
}

// Room is the capacity that HighestCapacity compares.
func (n *Need) Room(a *Agent) int64 {
	if n.BySlots() {
		return int64(n.Slots(a))
	}
	return a.Free
}

// Rank is an agent's place among the candidates: smaller is first.
type Rank struct {
	Agent    *Agent
	Distance int32 // with Closest
	// First and Second are what the method orders by.
	First, Second int64
}

// Order returns what a method orders an agent by. room is the agent's capacity, lastAssigned when the agent was given
// something from the queue.
func Order(m plan.Method, a *Agent, room int64, lastAssigned uint64) (first, second int64) {
	switch m {
	case plan.RoundRobin:
		return number(lastAssigned), 0
	case plan.LeastActive:
		return number(a.LastReleased), 0
	case plan.HighestCapacity:
	}
	return -room, number(a.LastChange)
}

func number(event uint64) int64 { return int64(event) } //nolint:gosec // no log has 2^63 events

// Before reports whether r is chosen before s. Ties go to the last field, the name.
func (r *Rank) Before(s *Rank) bool {
	switch {
	case r.Distance != s.Distance:
		return r.Distance < s.Distance
	case r.First != s.First:
		return r.First < s.First
	case r.Second != s.Second:
		return r.Second < s.Second
	default:
		return strings.Compare(r.Agent.Name, s.Agent.Name) < 0
	}
}

// Choice keeps the best two of the candidates that it is shown, in any order.
type Choice struct {
	Best, Next Rank
}

// Show takes a candidate into account. The same one is not shown twice.
func (c *Choice) Show(r Rank) {
	switch {
	case c.Best.Agent == nil:
		c.Best = r
	case r.Before(&c.Best):
		c.Best, c.Next = r, c.Best
	case c.Next.Agent == nil || r.Before(&c.Next):
		c.Next = r
	}
}

// Full reports whether nobody who comes behind r can matter any more: two are better.
func (c *Choice) Full(r *Rank) bool { return c.Next.Agent != nil && c.Next.Before(r) }

// Explain fills in what put the best before the next.
func (c *Choice) Explain(n *Need, m plan.Method, out *event.Candidates) {
	b, x := &c.Best, &c.Next
	switch {
	case b.Agent == nil:
	case x.Agent == nil:
		out.Why = event.WhyOnly
	case b.Distance != x.Distance:
		out.Why, out.Have, out.Next = event.WhySkills, b.Distance, x.Distance
	case b.First == x.First && b.Second == x.Second:
		out.Why = event.WhyName
	case m == plan.RoundRobin:
		out.Why = event.WhyAssigned
	case m == plan.LeastActive:
		out.Why = event.WhyReleased
	case b.First == x.First:
		out.Why, out.Have = event.WhyIdle, clamp(-b.First)
	default:
		out.Why, out.Have, out.Next = event.WhyCapacity, clamp(-b.First), clamp(-x.First)
		if n.BySlots() {
			out.Why = event.WhySlots
		}
	}
}
