// SPDX-License-Identifier: Apache-2.0

package match

import (
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// MaxNamed is how many excluded agents a choice names; the rest is counted.
const MaxNamed = 50

// Need is what an item asks of an agent.
type Need struct {
	Now     event.Instant
	Units   int32
	Allowed Presences
	// MaxDeclines is how many declines exclude an agent for good; 0 lets none do so.
	MaxDeclines int32
}

// Candidate is what the choice knows of one member of the queue. The Last fields are numbers of events, so that no two
// are equal but those of agents to whom it never happened (0).
type Candidate struct {
	Name      string
	Connected bool
	Presence  plan.Presence
	Units     int32
	Used      int64
	// Declines and CoolsUntil are about the item in question.
	Declines   int32
	CoolsUntil event.Instant
	// LastChange is when the agent's ledger changed last: who is longest idle has the smallest.
	LastChange uint64
	// LastAssigned is when the agent was given something from this queue.
	LastAssigned uint64
	// LastReleased is when capacity of the agent became free.
	LastReleased uint64
}

// Free is the capacity that is left; it may be negative.
func (c *Candidate) Free() int64 { return int64(c.Units) - c.Used }

// Exclude returns the first reason for which c cannot be offered an item with these needs, or "" when there is none.
func (n *Need) Exclude(c *Candidate) event.ExclusionReason {
	switch {
	case !c.Connected:
		return event.NotConnected
	case !n.Allowed.Has(c.Presence):
		return event.PresenceNotAllowed
	case c.Free() < int64(n.Units):
		return event.NoCapacity
	case n.MaxDeclines > 0 && c.Declines >= n.MaxDeclines:
		return event.DeclinedTooOften
	case c.CoolsUntil > n.Now:
		return event.CoolingOff
	default:
		return ""
	}
}

// detail has the figures of an exclusion.
func (n *Need) detail(c *Candidate, reason event.ExclusionReason) string {
	switch reason {
	case event.PresenceNotAllowed:
		return string(c.Presence)
	case event.NoCapacity:
		return "free " + strconv.FormatInt(c.Free(), 10) + ", needs " + strconv.Itoa(int(n.Units))
	case event.DeclinedTooOften:
		return "declines " + strconv.Itoa(int(c.Declines)) + ", limit " + strconv.Itoa(int(n.MaxDeclines))
	case event.CoolingOff:
		return "for " + strconv.FormatInt(int64(c.CoolsUntil-n.Now+999_999)/1_000_000, 10) + " s more"
	case event.NotConnected:
	}
	return ""
}

// Choice is one decision in the making: Consider every member in the order of their names, then ask for the Result.
type Choice struct {
	need   Need
	method plan.Method
	best   Candidate
	next   Candidate // the runner-up, for Why
	out    event.Candidates
}

// NewChoice begins a decision.
func NewChoice(n Need, m plan.Method) *Choice {
	return &Choice{need: n, method: m, out: event.Candidates{Method: m}}
}

// Consider takes one member into account.
func (c *Choice) Consider(a *Candidate) {
	if reason := c.need.Exclude(a); reason != "" {
		if len(c.out.Excluded) == MaxNamed {
			c.out.More++
			return
		}
		c.out.Excluded = append(c.out.Excluded, event.Exclusion{Agent: a.Name, Reason: reason, Detail: c.need.detail(a, reason)})
		return
	}
	c.out.Eligible++
	switch {
	case c.out.Eligible == 1:
		c.best = *a
	case Better(c.method, a, &c.best):
		c.best, c.next = *a, c.best
	case c.out.Eligible == 2 || Better(c.method, a, &c.next):
		c.next = *a
	}
}

// Result returns the agent chosen, or "", with the reasons.
func (c *Choice) Result() (string, event.Candidates) {
	switch c.out.Eligible {
	case 0:
		return "", c.out
	case 1:
		c.out.Why = "the only one eligible"
	default:
		c.out.Why = why(c.method, &c.best, &c.next)
	}
	return c.best.Name, c.out
}
