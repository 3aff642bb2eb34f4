// SPDX-License-Identifier: Apache-2.0

package match

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// able is an agent whom nothing excludes from need.
func able(name string) Agent {
	return Agent{
		Name: name, Connected: true, Presence: Of(plan.Available), Free: 100, Slots: []Slot{{"calls", 2}, {"chats", 1}},
		Skills: []plan.Skill{{Name: "billing"}, {Name: "french", Rating: 5}},
	}
}

var need = Need{
	Now: 1_000_000, Units: 30, Allowed: PresencesOf([]plan.Presence{plan.Available, plan.Busy}), MaxDeclines: 3,
	Profiles: []string{"calls", "chats"}, Skills: []plan.Skill{{Name: "billing"}, {Name: "french", Rating: 5}},
}

func TestExclude(t *testing.T) {
	type edit = func(*Agent, *Past)
	tests := map[string]struct {
		edit   edit
		want   event.ExclusionReason
		detail string
	}{
		"nothing":                        {func(*Agent, *Past) {}, "", ""},
		"not connected":                  {func(a *Agent, _ *Past) { a.Connected = false }, event.NotConnected, ""},
		"a presence that is not allowed": {func(a *Agent, _ *Past) { a.Presence = Of(plan.Away) }, event.PresenceNotAllowed, "Away"},
		"a presence that is none":        {func(a *Agent, _ *Past) { a.Presence = Of("Gone") }, event.PresenceNotAllowed, ""},
		"blocked":                        {func(a *Agent, _ *Past) { a.Blocked, a.Slots[0].Free = "calls", 0 }, event.Blocked, "calls: 0 free"},
		"exactly enough":                 {func(a *Agent, _ *Past) { a.Free = 30 }, "", ""},
		"one too few":                    {func(a *Agent, _ *Past) { a.Free = 29 }, event.NoCapacity, "free 29, needs 30"},
		"already over":                   {func(a *Agent, _ *Past) { a.Free = -50 }, event.NoCapacity, "free -50, needs 30"},
		"no slot":                        {func(a *Agent, _ *Past) { a.Slots[1].Free = 0 }, event.NoSlot, "chats: 0 free"},
		"a slot too many":                {func(a *Agent, _ *Past) { a.Slots[0].Free = -1 }, event.NoSlot, "calls: -1 free"},
		"a profile that is not the agent's": {
			func(a *Agent, _ *Past) { a.Slots = a.Slots[:1] }, event.NoSlot, "chats: 0 free",
		},
		"no such skill": {func(a *Agent, _ *Past) { a.Skills = a.Skills[1:] }, event.SkillMissing, "billing"},
		"a skill that is missing before one that is too low": {
			func(a *Agent, _ *Past) { a.Skills = []plan.Skill{{Name: "billing", Rating: -1}} }, event.SkillMissing, "french",
		},
		"rating too low": {
			func(a *Agent, _ *Past) { a.Skills[1].Rating = 4 }, event.RatingTooLow, "french: 4, needs 5",
		},
		"a better rating":           {func(a *Agent, _ *Past) { a.Skills[1].Rating = 6 }, "", ""},
		"never":                     {func(_ *Agent, p *Past) { p.Never = true }, event.NeverForCustomer, ""},
		"two declines of three":     {func(_ *Agent, p *Past) { p.Declines = 2 }, "", ""},
		"three declines of three":   {func(_ *Agent, p *Past) { p.Declines = 3 }, event.DeclinedTooOften, "declines 3, limit 3"},
		"cooling off":               {func(_ *Agent, p *Past) { p.CoolsUntil = 2_000_001 }, event.CoolingOff, "for 2 s more"},
		"cooled off at this moment": {func(_ *Agent, p *Past) { p.CoolsUntil = 1_000_000 }, "", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a, p := able("ann"), Past{}
			tc.edit(&a, &p)
			got := need.Exclude(&a, p)
			if got != tc.want {
				t.Errorf("excluded for %q, want %q", got, tc.want)
			}
			x := need.Exclusion(&a, p, got)
			if d := x.Detail(); d != tc.detail || x.Agent != "ann" || x.Reason != tc.want {
				t.Errorf("%+v, in words %q, want %q", x, d, tc.detail)
			}
		})
	}
}

// The first reason in the order of the design counts: each of these agents has all faults from one on.
func TestExcludeGivesTheFirstReason(t *testing.T) {
	faults := []struct {
		reason event.ExclusionReason
		have   func(*Agent, *Past)
	}{
		{event.NotConnected, func(a *Agent, _ *Past) { a.Connected = false }},
		{event.PresenceNotAllowed, func(a *Agent, _ *Past) { a.Presence = Of(plan.DoNotDisturb) }},
		{event.Blocked, func(a *Agent, _ *Past) { a.Blocked = "calls" }},
		{event.NoCapacity, func(a *Agent, _ *Past) { a.Free = 0 }},
		{event.NoSlot, func(a *Agent, _ *Past) { a.Slots = nil }},
		{event.RatingTooLow, func(a *Agent, _ *Past) { a.Skills[1].Rating = 1 }},
		{event.NeverForCustomer, func(_ *Agent, p *Past) { p.Never = true }},
		{event.DeclinedTooOften, func(_ *Agent, p *Past) { p.Declines = 9 }},
		{event.CoolingOff, func(_ *Agent, p *Past) { p.CoolsUntil = 9_000_000 }},
	}
	for i, first := range faults {
		a, p := able("ann"), Past{}
		for _, f := range faults[i:] {
			f.have(&a, &p)
		}
		if got := need.Exclude(&a, p); got != first.reason {
			t.Errorf("excluded for %q, want %q", got, first.reason)
		}
	}
}

func TestNoLimits(t *testing.T) {
	a := able("ann")
	n := need
	n.MaxDeclines = 0
	if got := n.Exclude(&a, Past{Declines: 99}); got != "" {
		t.Errorf("without a limit of declines excluded for %q", got)
	}
	n = Need{Allowed: need.Allowed}
	if a.Free = 0; n.Exclude(&a, Past{}) != "" {
		t.Error("an agent without capacity does not take what costs nothing")
	}
	if a.Free = -1; n.Exclude(&a, Past{}) != event.NoCapacity {
		t.Error("one who is over takes it too")
	}
	for _, m := range []plan.SkillMatching{plan.SkillsClosest, plan.SkillsNone} {
		n, a := need, able("ann")
		n.Matching, a.Skills = m, nil
		if got := n.Exclude(&a, Past{}); got != "" {
			t.Errorf("with matching %s excluded for %q", m, got)
		}
	}
}

func TestExcludePick(t *testing.T) {
	a := able("ann")
	a.Connected, a.Presence = false, Of(plan.Offline)
	if got := need.ExcludePick(&a, Past{Declines: 9, CoolsUntil: 9_000_000}, false); got != "" {
		t.Errorf("presence and declines keep from picking: %q", got)
	}
	a.Free = 0
	if got := need.ExcludePick(&a, Past{}, false); got != event.NoCapacity {
		t.Errorf("without capacity: %q", got)
	}
	if got := need.ExcludePick(&a, Past{}, true); got != "" {
		t.Errorf("whatever the capacity: %q", got)
	}
	if got := need.ExcludePick(&a, Past{Never: true}, true); got != event.NeverForCustomer {
		t.Errorf("never: %q", got)
	}
	a.Skills = nil
	if got := need.ExcludePick(&a, Past{}, true); got != event.SkillMissing {
		t.Errorf("without skills: %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		need, rating int32
		has          bool
		want         int32
	}{
		{5, 5, true, 0},
		{5, 6, true, 1},
		{5, 10, true, 5},
		{5, 4, true, 11},
		{10, 1, true, 19},
		{5, 0, false, 30},
		{0, 7, true, 0},
		{0, 0, true, 0},
		{0, 0, false, 30},
	} {
		if got := Distance(tc.need, tc.rating, tc.has); got != tc.want {
			t.Errorf("need %d, have %d (%t): %d, want %d", tc.need, tc.rating, tc.has, got, tc.want)
		}
	}
	n := Need{Skills: []plan.Skill{{Name: "billing", Rating: 3}, {Name: "french", Rating: 2}, {Name: "law", Rating: 1}}}
	a := able("ann")
	if got := n.Distance(&a); got != 13+3+30 {
		t.Errorf("together %d", got)
	}
	if Missing(make([]plan.Skill, 3)) != 90 {
		t.Error("who has none of three is elsewhere")
	}
}

// The order of each method, with what is said of it: b is the better one.
func TestOrder(t *testing.T) {
	type agent struct {
		name           string
		free           int64
		slots          int32
		changed        uint64
		released, last uint64
		distance       int32
	}
	bySlots := Need{Profiles: []string{"calls"}}
	tests := map[string]struct {
		method plan.Method
		need   Need
		a, b   agent
		why    string
	}{
		"more free":        {plan.HighestCapacity, Need{}, agent{name: "z", free: 50, changed: 9}, agent{name: "a", free: 49}, "most free capacity: 50, next 49"},
		"more slots":       {plan.HighestCapacity, bySlots, agent{name: "z", slots: 2}, agent{name: "a", slots: 1, free: 9}, "most free slots: 2, next 1"},
		"longest idle":     {plan.HighestCapacity, Need{}, agent{name: "z", changed: 1}, agent{name: "a", changed: 2}, "longest idle of those with 0 free"},
		"capacity by name": {plan.HighestCapacity, Need{}, agent{name: "a"}, agent{name: "b"}, "first by name among equals"},
		"round robin": {
			plan.RoundRobin, Need{}, agent{name: "z", last: 1}, agent{name: "a", last: 2, free: 90}, "longest since an assignment from this queue",
		},
		"round robin by name": {plan.RoundRobin, Need{}, agent{name: "a", last: 1}, agent{name: "b", last: 1, free: 9}, "first by name among equals"},
		"never released": {
			plan.LeastActive, Need{}, agent{name: "z"}, agent{name: "a", released: 2, free: 90}, "longest since a release of capacity",
		},
		"least active by name":                     {plan.LeastActive, Need{}, agent{name: "a", changed: 5}, agent{name: "b", free: 9}, "first by name among equals"},
		"a method that is none is the default one": {"", Need{}, agent{name: "z", free: 2}, agent{name: "a", free: 1}, "most free capacity: 2, next 1"},
		"closer skills":                            {plan.LeastActive, Need{}, agent{name: "z", released: 9, distance: 3}, agent{name: "a", distance: 4}, "closest skills: 3 off, next 4"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			rank := func(x agent) Rank {
				a := &Agent{Name: x.name, Free: x.free, LastChange: x.changed, LastReleased: x.released, Slots: []Slot{{"calls", x.slots}}}
				r := Rank{Agent: a, Distance: x.distance}
				r.First, r.Second = Order(tc.method, a, tc.need.Room(a), x.last)
				return r
			}
			for _, list := range [][]agent{{tc.a, tc.b}, {tc.b, tc.a}} {
				var c Choice
				c.Show(rank(list[0]))
				c.Show(rank(list[1]))
				var out event.Candidates
				c.Explain(&tc.need, tc.method, &out)
				if c.Best.Agent.Name != tc.a.name || out.Words() != tc.why {
					t.Errorf("%s is first because %q, want %q", c.Best.Agent.Name, out.Words(), tc.why)
				}
			}
		})
	}
}

// A choice keeps the first two of what sorting gives, and knows when nothing can matter any more.
func TestChoiceIsTheFirstOfTheSorted(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		var c Choice
		var all []Rank
		for i := range r.IntN(12) {
			x := Rank{
				Agent:    &Agent{Name: fmt.Sprintf("a%02d", i)},
				Distance: int32(r.IntN(2)), First: int64(r.IntN(2)), Second: int64(r.IntN(2)),
			}
			c.Show(x)
			all = append(all, x)
			sorted := slices.SortedFunc(slices.Values(all), func(a, b Rank) int {
				if a.Before(&b) {
					return -1
				}
				return 1
			})
			if c.Best != sorted[0] || (len(sorted) > 1 && c.Next != sorted[1]) {
				t.Fatalf("seed %d: another one is first or second", seed)
			}
			if full := len(sorted) > 1 && sorted[1].Before(&x); c.Full(&x) != full {
				t.Fatalf("seed %d: full is %t", seed, !full)
			}
		}
	}
	var out event.Candidates
	none, one := Choice{}, Choice{}
	one.Show(Rank{Agent: &Agent{}})
	none.Explain(&need, plan.RoundRobin, &out)
	if out.Words() != "" {
		t.Errorf("nobody is chosen because %q", out.Words())
	}
	one.Explain(&need, plan.RoundRobin, &out)
	if out.Words() != "the only one eligible" {
		t.Errorf("the only one is chosen because %q", out.Words())
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil, " , ": nil, "ann": {"ann"}, " ann ,bob,, cid ": {"ann", "bob", "cid"},
	} {
		if diff := cmp.Diff(want, Names(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestPresences(t *testing.T) {
	all := []plan.Presence{plan.Available, plan.Busy, plan.DoNotDisturb, plan.Away, plan.Offline}
	for _, p := range all {
		s := PresencesOf([]plan.Presence{p})
		for _, q := range all {
			if s.Has(Of(q)) != (p == q) {
				t.Errorf("the set of %s has %s: %t", p, q, s.Has(Of(q)))
			}
		}
		if s.name() != p {
			t.Errorf("%s is called %s", p, s.name())
		}
	}
	if PresencesOf(nil).Has(Of(plan.Available)) || Of("Gone") != 0 {
		t.Error("what is not there is found")
	}
}
