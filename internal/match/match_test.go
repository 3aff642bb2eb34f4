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
func able(name string) Candidate {
	return Candidate{Name: name, Connected: true, Presence: plan.Available, Units: 100}
}

var need = Need{Now: 1_000_000, Units: 30, Allowed: PresencesOf([]plan.Presence{plan.Available, plan.Busy}), MaxDeclines: 3}

func TestExclude(t *testing.T) {
	tests := map[string]struct {
		edit   func(*Candidate)
		want   event.ExclusionReason
		detail string
	}{
		"nothing":                        {func(*Candidate) {}, "", ""},
		"not connected":                  {func(c *Candidate) { c.Connected = false }, event.NotConnected, ""},
		"a presence that is not allowed": {func(c *Candidate) { c.Presence = plan.Away }, event.PresenceNotAllowed, "Away"},
		"a presence that is none":        {func(c *Candidate) { c.Presence = "Gone" }, event.PresenceNotAllowed, "Gone"},
		"exactly enough":                 {func(c *Candidate) { c.Used = 70 }, "", ""},
		"one too few":                    {func(c *Candidate) { c.Used = 71 }, event.NoCapacity, "free 29, needs 30"},
		"already over":                   {func(c *Candidate) { c.Used = 150 }, event.NoCapacity, "free -50, needs 30"},
		"two declines of three":          {func(c *Candidate) { c.Declines = 2 }, "", ""},
		"three declines of three":        {func(c *Candidate) { c.Declines = 3 }, event.DeclinedTooOften, "declines 3, limit 3"},
		"cooling off":                    {func(c *Candidate) { c.CoolsUntil = 2_000_001 }, event.CoolingOff, "for 2 s more"},
		"cooled off at this moment":      {func(c *Candidate) { c.CoolsUntil = 1_000_000 }, "", ""},
		"the first reason counts": {func(c *Candidate) {
			c.Presence, c.Used, c.Declines, c.CoolsUntil = plan.DoNotDisturb, 100, 9, 9_000_000
		}, event.PresenceNotAllowed, "DoNotDisturb"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := able("ann")
			tc.edit(&c)
			got := need.Exclude(&c)
			if got != tc.want {
				t.Errorf("excluded for %q, want %q", got, tc.want)
			}
			if d := need.detail(&c, got); d != tc.detail {
				t.Errorf("detail %q, want %q", d, tc.detail)
			}
		})
	}
	t.Run("no limit of declines", func(t *testing.T) {
		n, c := need, able("ann")
		n.MaxDeclines, c.Declines = 0, 99
		if got := n.Exclude(&c); got != "" {
			t.Errorf("excluded for %q", got)
		}
	})
	t.Run("an agent without capacity takes what costs nothing", func(t *testing.T) {
		n, c := need, able("ann")
		n.Units, c.Units = 0, 0
		if got := n.Exclude(&c); got != "" {
			t.Errorf("excluded for %q", got)
		}
		if c.Used = 1; n.Exclude(&c) != event.NoCapacity {
			t.Error("one who is over takes it too")
		}
	})
}

func TestBetter(t *testing.T) {
	type c = Candidate
	tests := map[string]struct {
		method plan.Method
		a, b   c
		why    string
	}{
		"more free": {plan.HighestCapacity, c{Name: "z", Units: 50, LastChange: 9}, c{Name: "a", Units: 49}, "most free capacity: 50, next 49"},
		"free counts, not total": {
			plan.HighestCapacity, c{Name: "z", Units: 50}, c{Name: "a", Units: 90, Used: 41}, "most free capacity: 50, next 49",
		},
		"longest idle":     {plan.HighestCapacity, c{Name: "z", LastChange: 1}, c{Name: "a", LastChange: 2}, "longest idle of those with 0 free"},
		"capacity by name": {plan.HighestCapacity, c{Name: "a"}, c{Name: "b"}, "first by name among equals"},
		"round robin": {
			plan.RoundRobin, c{Name: "z", LastAssigned: 1}, c{Name: "a", LastAssigned: 2, Units: 90}, "longest since an assignment from this queue",
		},
		"round robin by name": {plan.RoundRobin, c{Name: "a", LastAssigned: 1}, c{Name: "b", LastAssigned: 1, Units: 9}, "first by name among equals"},
		"never released": {
			plan.LeastActive, c{Name: "z"}, c{Name: "a", LastReleased: 2, Units: 90}, "longest since a release of capacity",
		},
		"least active by name":                     {plan.LeastActive, c{Name: "a", LastChange: 5}, c{Name: "b", Units: 9}, "first by name among equals"},
		"a method that is none is the default one": {"", c{Name: "z", Units: 2}, c{Name: "a", Units: 1}, "most free capacity: 2, next 1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if !Better(tc.method, &tc.a, &tc.b) || Better(tc.method, &tc.b, &tc.a) {
				t.Errorf("%s is not before %s", tc.a.Name, tc.b.Name)
			}
			if got := why(tc.method, &tc.a, &tc.b); got != tc.why {
				t.Errorf("why %q, want %q", got, tc.why)
			}
		})
	}
}

func TestChoiceNamesFiftyAndCountsTheRest(t *testing.T) {
	c := NewChoice(need, plan.RoundRobin)
	for i := range 60 {
		a := able(fmt.Sprintf("a%02d", i))
		a.Connected = i == 55
		c.Consider(&a)
	}
	winner, got := c.Result()
	if winner != "a55" || got.Eligible != 1 || got.More != 9 || len(got.Excluded) != 50 || got.Excluded[49].Agent != "a49" {
		t.Errorf("%s of %d, %d named and %d more", winner, got.Eligible, len(got.Excluded), got.More)
	}
	if got.Why != "the only one eligible" || got.Method != plan.RoundRobin {
		t.Errorf("why %q, method %q", got.Why, got.Method)
	}
}

func TestChoiceOfNobody(t *testing.T) {
	winner, got := NewChoice(need, plan.LeastActive).Result()
	if diff := cmp.Diff(event.Candidates{Method: plan.LeastActive}, got); winner != "" || diff != "" {
		t.Errorf("%q: %s", winner, diff)
	}
}

// The one pass of Choice gives what sorting all candidates gives, with the reason why it is before the second.
func TestChoiceIsTheFirstOfTheSorted(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		method := []plan.Method{plan.HighestCapacity, plan.RoundRobin, plan.LeastActive}[r.IntN(3)]
		choice := NewChoice(need, method)
		var eligible []Candidate
		for i := range r.IntN(12) {
			c := able(fmt.Sprintf("a%02d", i))
			c.Connected = r.IntN(5) > 0
			c.Used, c.LastChange = int64(r.IntN(3)*40), uint64(r.IntN(3))
			c.LastAssigned, c.LastReleased = uint64(r.IntN(3)), uint64(r.IntN(3))
			choice.Consider(&c)
			if need.Exclude(&c) == "" {
				eligible = append(eligible, c)
			}
		}
		slices.SortFunc(eligible, func(a, b Candidate) int {
			if Better(method, &a, &b) {
				return -1
			}
			return 1
		})
		want, wantWhy := "", ""
		switch len(eligible) {
		case 0:
		case 1:
			want, wantWhy = eligible[0].Name, "the only one eligible"
		default:
			want, wantWhy = eligible[0].Name, why(method, &eligible[0], &eligible[1])
		}
		if got, c := choice.Result(); got != want || c.Why != wantWhy || int(c.Eligible) != len(eligible) {
			t.Fatalf("seed %d: %q because %q, want %q because %q", seed, got, c.Why, want, wantWhy)
		}
	}
}

func TestComputed(t *testing.T) {
	for _, tc := range []struct {
		units int32
		used  int64
		want  plan.Presence
	}{
		{100, 0, plan.Available},
		{0, 0, plan.Available},
		{100, 1, plan.Busy},
		{100, 99, plan.Busy},
		{100, 100, plan.DoNotDisturb},
		{100, 101, plan.DoNotDisturb},
		{0, 1, plan.DoNotDisturb},
	} {
		if got := Computed(tc.units, tc.used); got != tc.want {
			t.Errorf("%d of %d used: %s, want %s", tc.used, tc.units, got, tc.want)
		}
	}
}

func TestPresences(t *testing.T) {
	all := []plan.Presence{plan.Available, plan.Busy, plan.DoNotDisturb, plan.Away, plan.Offline}
	for _, p := range all {
		s := PresencesOf([]plan.Presence{p})
		for _, q := range all {
			if s.Has(q) != (p == q) {
				t.Errorf("the set of %s has %s: %t", p, q, s.Has(q))
			}
		}
		if !Known(p) {
			t.Errorf("%s is not known", p)
		}
	}
	if Known("Gone") || PresencesOf(nil).Has(plan.Available) {
		t.Error("what is not there is found")
	}
}
