// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"math"
	"strings"
	"testing"

	"workstream.dev/operator/internal/plan"
)

// TestRatio: customers count alike, in whichever replication they came. In one of these all of few waited, in the other one
// none of many.
func TestRatio(t *testing.T) {
	f := ratio([]float64{1, 0, 1, 0}, []float64{1, 9, 1, 9})
	if f.Value != .1 || math.Abs(f.StandardError-math.Sqrt(4*.81/3*4)/20) > 1e-9 {
		t.Errorf("two of twenty: %+v", f)
	}
	if f := ratio([]float64{2, 0}, []float64{4, 0}); f.Value != .5 || f.StandardError != 0 {
		t.Errorf("nobody came in one replication: %+v", f)
	}
	if f := ratio([]float64{0, 0}, []float64{0, 0}); f != (Figure{}) {
		t.Errorf("nobody came at all: %+v", f)
	}
	if f := share([]float64{0, 0}, []float64{40, 60}); f.StandardError != .01 || f.Low != 0 || f.High != .03 {
		t.Errorf("none of a hundred: %+v", f)
	}
	if f := share([]float64{40, 60}, []float64{40, 60}); f.StandardError != .01 || f.Low != .97 || f.High != 1 {
		t.Errorf("all of a hundred: %+v", f)
	}
}

func exponential(mean float64) Dist { return Dist{Kind: ExponentialDist, Mean: mean} }

func one(rate float64, service Dist) Class {
	return Class{Rate: rate, Service: service, Patience: exponential(math.Inf(1))}
}

// TestSettling: a warm-up is as long as what settles last needs, whatever is idle beside it.
func TestSettling(t *testing.T) {
	never := exponential(math.Inf(1))
	alone := 4 / math.Pow(1-math.Sqrt(.95), 2) // of one agent who is busy for 95 % of the time
	skill := func(name string) []plan.Skill { return []plan.Skill{{Name: name, Rating: 1}} }
	for name, tc := range map[string]struct {
		config Config
		want   float64
	}{
		"M/M/1": {Config{Classes: []Class{one(.95, exponential(1))}, Agents: []Agent{{}}}, alone},
		"after-work": {Config{
			Classes: []Class{one(.95, Dist{Kind: DeterministicDist, Mean: .5})}, Agents: []Agent{{}},
			Handling: Handling{WrapUp: Dist{Kind: DeterministicDist, Mean: .5}},
		}, alone},
		"offers that ring": {Config{
			Classes: []Class{one(.95, exponential(.5))}, Agents: []Agent{{}},
			Handling: Handling{Accept: Dist{Kind: DeterministicDist, Mean: .5}},
		}, alone},
		"idle agents who cannot": {Config{
			Classes: []Class{
				{Rate: .95, Service: exponential(1), Patience: never, Skills: skill("a")},
				{Rate: 1, Service: exponential(1), Patience: never, Skills: skill("b")},
			},
			Agents: []Agent{{Skills: skill("a")}, {Skills: skill("b"), Count: 50}},
		}, alone},
		"few very long services": {Config{Classes: []Class{one(.95, Dist{Kind: LognormalDist, Mean: 1, CV: 3})}, Agents: []Agent{{}}}, 5 * alone},
		"half as fast":           {Config{Classes: []Class{one(.95, exponential(.5))}, Agents: []Agent{{Speed: .5}}}, alone},
		"patience": {Config{
			Classes: []Class{{Rate: .95, Service: exponential(1), Patience: exponential(20)}}, Agents: []Agent{{}},
		}, 200},
		"little room": {Config{
			Classes: []Class{one(.95, exponential(1))}, Agents: []Agent{{}},
			Queues: []Queue{{Name: "q", Overflow: []plan.Overflow{{On: plan.ItemLimit, Limit: 10, Action: plan.EndItem}}}},
		}, 10 + 400/(math.Pi*math.Pi)},
		"too much": {Config{Classes: []Class{one(2, exponential(1))}, Agents: []Agent{{}}}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := tc.config.WithDefaults()
			if err != nil {
				t.Fatal(err)
			}
			if warmup, wanted := c.settling(100); math.Abs(wanted-tc.want) > 1e-6*tc.want || warmup != wanted {
				t.Errorf("the warm-up is %g of %g, want %g", warmup, wanted, tc.want)
			}
		})
	}
}

// TestClock: whatever the times are, they are counted, or it is said that they cannot be.
func TestClock(t *testing.T) {
	for name, tc := range map[string]struct {
		class  Class
		warmup float64
		wrong  string
	}{
		"rare":            {one(1e-12, exponential(1)), -1, ""},
		"very short":      {one(1e-3, exponential(1e-6)), -1, ""},
		"very long":       {one(1e-9, exponential(1e9)), -1, ""},
		"very frequent":   {one(1e300, exponential(1e-300)), -1, ""},
		"much patience":   {Class{Rate: .5, Service: exponential(1), Patience: exponential(1e19)}, 100, ""},
		"endless warm-up": {one(1, exponential(.5)), 1e15, "no clock"},
	} {
		t.Run(name, func(t *testing.T) {
			c := Config{
				Classes: []Class{tc.class}, Agents: []Agent{{Count: 3}}, Conversations: 200, Replications: 2, Warmup: tc.warmup, Seed: 1,
			}
			r, err := Run(t.Context(), c)
			if tc.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wrong) {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Total.Arrivals < 300 || r.Total.Served != r.Total.Arrivals || r.Total.MeanWait.Value < 0 ||
				math.Abs(r.Utilisation.Value-tc.class.Rate*tc.class.Service.Mean/3) > .3*r.Utilisation.Value {
				t.Errorf("%+v, utilisation %+v", r.Total, r.Utilisation)
			}
		})
	}
}

// TestPreferredAgents: theory has the longest idle agent. Where another one comes first, it says nothing of who is how busy.
func TestPreferredAgents(t *testing.T) {
	needs := one(1.2, exponential(1))
	needs.Skills = []plan.Skill{{Name: "a", Rating: 1}}
	able := []plan.Skill{{Name: "a", Rating: 1}}
	large := one(1.2, exponential(1))
	large.Units = 2
	for name, tc := range map[string]struct {
		config Config
		model  bool
	}{
		"closest": {Config{Classes: []Class{needs}, Agents: []Agent{{Skills: able}, {}}, SkillMatching: plan.SkillsClosest}, true},
		"closest, of different speed": {
			Config{Classes: []Class{needs}, Agents: []Agent{{Skills: able, Speed: 2}, {}}, SkillMatching: plan.SkillsClosest}, false,
		},
		"most room": {Config{
			Classes: []Class{large}, Agents: []Agent{{Units: 3}, {Units: 2}}, Queues: []Queue{{Name: "q", Method: plan.HighestCapacity}},
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			tc.config.Conversations, tc.config.Replications, tc.config.Warmup = 500, 4, -1
			r, err := Run(t.Context(), tc.config)
			if err != nil {
				t.Fatal(err)
			}
			if (r.Model != "") != tc.model {
				t.Errorf("the model is %q (%s)", r.Model, r.NoModel)
			}
			for _, a := range r.Agents {
				if a.Utilisation.Theory != nil {
					t.Errorf("%s: %+v", a.Name, a.Utilisation)
				}
			}
		})
	}
}
