// SPDX-License-Identifier: Apache-2.0

package match

import (
	"math"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// MaxNamed is how many members of a queue, the first by name, a decision looks at to tell why they were excluded.
const MaxNamed = 50

// MaxPreferred is how many of the agents that a customer prefers count.
const MaxPreferred = 3

// Need is what an item asks of an agent.
type Need struct {
	Now      event.Instant
	Units    int32
	Profiles []string // of which it takes a slot each
	Allowed  Presences
	// Skills by name, and how they are compared; empty is Exact.
	Skills   []plan.Skill
	Matching plan.SkillMatching
	// MaxDeclines is how many declines exclude an agent for good; 0 lets none do so.
	MaxDeclines int32
}

// Agent is what a decision knows of an agent, whatever the item. The Last fields are numbers of events, so that no two
// are equal but those of agents to whom it never happened (0).
type Agent struct {
	Name      string
	Connected bool
	Presence  Presences // the one base presence that the agent has
	Free      int64     // units; negative of who has too much
	Blocked   string    // a blocking capacity profile that is exhausted
	Slots     []Slot    // of the capacity profiles that the agent has
	Skills    []plan.Skill
	// LastChange is when the agent's ledger changed last: who is longest idle has the smallest.
	LastChange uint64
	// LastReleased is when capacity of the agent became free.
	LastReleased uint64
}

// Slot is what is free of a capacity profile.
type Slot struct {
	Profile string
	Free    int32
}

// Past is what was between an agent and the item in question, or its customer.
type Past struct {
	Never      bool // the customer's list says so
	Declines   int32
	CoolsUntil event.Instant
}

// Exact reports whether agents without the skills are excluded.
func (n *Need) Exact() bool {
	return len(n.Skills) > 0 && n.Matching != plan.SkillsNone && n.Matching != plan.SkillsClosest
}

// Closest reports whether the distance of the skills orders the candidates.
func (n *Need) Closest() bool { return len(n.Skills) > 0 && n.Matching == plan.SkillsClosest }

// BySlots reports whether the capacity that counts is slots and not units: an agent who has too many units taken may have
// a slot free.
func (n *Need) BySlots() bool { return n.Units == 0 && len(n.Profiles) > 0 }

// Exclude returns the first reason for which a cannot be offered an item with these needs, or "" when there is none.
func (n *Need) Exclude(a *Agent, p Past) event.ExclusionReason {
	switch {
	case !a.Connected:
		return event.NotConnected
	case !n.Allowed.Has(a.Presence):
		return event.PresenceNotAllowed
	}
	if reason := n.excludeFull(a); reason != "" {
		return reason
	}
	return n.excludeFor(a, p)
}

// Full reports whether a has not the capacity that the item needs.
func (n *Need) Full(a *Agent) bool { return n.excludeFull(a) != "" }

func (n *Need) excludeFull(a *Agent) event.ExclusionReason {
	switch {
	case a.Blocked != "":
		return event.Blocked
	case !n.BySlots() && a.Free < int64(n.Units):
		return event.NoCapacity
	case len(n.Profiles) > 0 && n.Slots(a) <= 0:
		return event.NoSlot
	default:
		return ""
	}
}

// excludeFor is what does not change with the agent's work.
func (n *Need) excludeFor(a *Agent, p Past) event.ExclusionReason {
	if n.Exact() {
		if _, _, reason := n.lacks(a); reason != "" {
			return reason
		}
	}
	switch {
	case p.Never:
		return event.NeverForCustomer
	case n.MaxDeclines > 0 && p.Declines >= n.MaxDeclines:
		return event.DeclinedTooOften
	case p.CoolsUntil > n.Now:
		return event.CoolingOff
	default:
		return ""
	}
}

// Suits reports whether a could ever be offered such an item: what is asked of skills and of the customer's list.
func (n *Need) Suits(a *Agent, p Past) bool {
	return n.excludeFor(a, Past{Never: p.Never}) == ""
}

// ExcludePick returns why a may not pick such an item, or "". Presence does not count, for whoever picks is there, and
// neither do declines.
func (n *Need) ExcludePick(a *Agent, p Past, whateverCapacity bool) event.ExclusionReason {
	if !whateverCapacity {
		if reason := n.excludeFull(a); reason != "" {
			return reason
		}
	}
	return n.excludeFor(a, Past{Never: p.Never})
}

// Exclusion has the figures of a reason that Exclude gave.
func (n *Need) Exclusion(a *Agent, p Past, reason event.ExclusionReason) event.Exclusion {
	x := event.Exclusion{Agent: a.Name, Reason: reason}
	switch reason {
	case event.PresenceNotAllowed:
		x.What = string(a.Presence.name())
	case event.Blocked:
		x.What, x.Have = a.Blocked, a.slot(a.Blocked)
	case event.NoCapacity:
		x.Have, x.Need = clamp(a.Free), n.Units
	case event.NoSlot:
		x.What, x.Have = n.scarce(a)
		x.Need = 1
	case event.SkillMissing, event.RatingTooLow:
		i, rating, _ := n.lacks(a)
		x.What, x.Have, x.Need = n.Skills[i].Name, rating, n.Skills[i].Rating
	case event.DeclinedTooOften:
		x.Have, x.Need = p.Declines, n.MaxDeclines
	case event.CoolingOff:
		x.Need = clamp(int64(p.CoolsUntil-n.Now+999_999) / 1_000_000)
	case event.NotConnected, event.NeverForCustomer:
	}
	return x
}

// lacks returns the first skill that a has not, or else the first with too low a rating.
func (n *Need) lacks(a *Agent) (skill int, rating int32, reason event.ExclusionReason) {
	for i := range n.Skills {
		r, ok := a.Rating(n.Skills[i].Name)
		switch {
		case !ok:
			return i, 0, event.SkillMissing
		case r < n.Skills[i].Rating && reason == "":
			skill, rating, reason = i, r, event.RatingTooLow
		}
	}
	return skill, rating, reason
}

func clamp(n int64) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

// Rating returns an agent's rating of a skill, and whether the agent has it.
func (a *Agent) Rating(skill string) (int32, bool) {
	i, ok := slices.BinarySearchFunc(a.Skills, skill, func(s plan.Skill, name string) int { return strings.Compare(s.Name, name) })
	if !ok {
		return 0, false
	}
	return a.Skills[i].Rating, true
}

func (a *Agent) slot(profile string) int32 {
	for i := range a.Slots {
		if a.Slots[i].Profile == profile {
			return a.Slots[i].Free
		}
	}
	return 0
}

// Slots is what is free of the profile of which a has the least.
func (n *Need) Slots(a *Agent) int32 {
	_, free := n.scarce(a)
	return free
}

func (n *Need) scarce(a *Agent) (profile string, free int32) {
	free = math.MaxInt32
	for _, p := range n.Profiles {
		if f := a.slot(p); f < free {
			profile, free = p, f
		}
	}
	return profile, free
}

// Names reads a list of agents as customers' attributes have it: separated by commas, spaces around names ignored.
func Names(text string) []string {
	var names []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			names = append(names, part)
		}
	}
	return names
}
