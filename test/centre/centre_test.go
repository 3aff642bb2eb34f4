// SPDX-License-Identifier: Apache-2.0

package centre_test

import (
	"math"
	"strings"
	"testing"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/test/centre"
)

var (
	unit  = centre.Dist{Kind: centre.ExponentialDist, Mean: 1}
	never = centre.Dist{Kind: centre.ExponentialDist, Mean: math.Inf(1)}
)

func patience(mean float64) centre.Dist { return centre.Dist{Kind: centre.ExponentialDist, Mean: mean} }

// line is one class and n agents.
func line(n int, rate float64, patience centre.Dist) centre.Config {
	return centre.Config{
		Classes: []centre.Class{{Name: "all", Rate: rate, Service: unit, Patience: patience}}, Agents: []centre.Agent{{Count: n}},
	}
}

// byItems has two classes of different priority in one queue, byQueues each in its own.
func byItems(n int, high, low float64) centre.Config {
	c := line(n, high, never)
	c.Classes = []centre.Class{
		{Name: "high", Rate: high, Service: unit, Patience: never, Priority: 1},
		{Name: "low", Rate: low, Service: unit, Patience: never, Priority: 2},
	}
	return c
}

func byQueues(n int, high, low float64) centre.Config {
	c := byItems(n, high, low)
	c.Queues = []centre.Queue{{Name: "first", Priority: 1}, {Name: "second", Priority: 2}}
	for i := range c.Classes {
		c.Classes[i].Priority, c.Classes[i].Queue = 0, c.Queues[i].Name
	}
	return c
}

func skills(names ...string) []plan.Skill {
	var out []plan.Skill
	for _, n := range names {
		name, rated := strings.CutSuffix(n, "+")
		s := plan.Skill{Name: name, Rating: 3}
		if rated {
			s.Rating = 7
		}
		out = append(out, s)
	}
	return out
}

// classes and agents by the skills that they need and have.
func skilled(rates map[string]float64, agents ...[]plan.Skill) centre.Config {
	var c centre.Config
	for _, name := range []string{"a", "b", "c"} {
		if rates[name] > 0 {
			c.Classes = append(c.Classes, centre.Class{Name: name, Rate: rates[name], Service: unit, Patience: never, Skills: skills(name)})
		}
	}
	for _, s := range agents {
		c.Agents = append(c.Agents, centre.Agent{Skills: s})
	}
	return c
}

// nByQueues is the N-model with memberships of queues in the place of skills.
func nByQueues() centre.Config {
	c := skilled(map[string]float64{"a": .8, "b": .6}, nil, nil)
	c.Queues = []centre.Queue{{Name: "a"}, {Name: "b"}}
	for i := range c.Classes {
		c.Classes[i].Skills, c.Classes[i].Queue = nil, c.Classes[i].Name
	}
	c.Agents[0].Queues = []string{"a"}
	return c
}

// fact is a figure that a table states.
type fact struct {
	figure string // as Report names it
	value  float64
}

// TestTables is the table of figures that the engine must agree with, and what the formulas say of each case besides, all
// within three standard errors.
func TestTables(t *testing.T) {
	for name, tc := range map[string]struct {
		config centre.Config
		want   []fact
	}{
		"M/M/1 a=.8":    {line(1, .8, never), []fact{{"P(wait > 0)", .8}, {"mean wait", 4}}},
		"M/M/2 a=1.8":   {line(2, 1.8, never), []fact{{"P(wait > 0)", .852632}, {"mean wait", 4.263158}}},
		"M/M/5 a=4":     {line(5, 4, never), []fact{{"P(wait > 0)", .554113}, {"mean wait", .554113}}},
		"M/M/10 a=6":    {line(10, 6, never), []fact{{"P(wait > 0)", .101299}, {"mean wait", .025325}}},
		"M/M/20 a=18":   {line(20, 18, never), []fact{{"P(wait > 0)", .550769}, {"mean wait", .275385}}},
		"M/M/100 a=95":  {line(100, 95, never), []fact{{"P(wait > 0)", .506457}, {"mean wait", .101291}}},
		"Erlang A .5":   {line(10, 9, patience(2)), []fact{{"P(wait > 0)", .46894}, {"abandonment", .06701}, {"mean wait", .13402}}},
		"Erlang A 1":    {line(10, 10, patience(1)), []fact{{"P(wait > 0)", .54207}, {"abandonment", .12511}, {"mean wait", .12511}}},
		"queues, 1":     {byQueues(1, .3, .5), []fact{{"high mean wait", 1.142857}, {"low mean wait", 5.714286}}},
		"queues, 5":     {byQueues(5, 2, 2), []fact{{"high mean wait", .184704}, {"low mean wait", .923521}}},
		"priorities, 1": {byItems(1, .3, .5), []fact{{"high mean wait", 1.142857}, {"low mean wait", 5.714286}}},
		"priorities, 5": {byItems(5, 2, 2), []fact{{"high mean wait", .184704}, {"low mean wait", .923521}}},
		"N by skills": {skilled(map[string]float64{"a": .8, "b": .6}, skills("a"), skills("a", "b")), []fact{
			{"a mean wait", .8778},
			{"b mean wait", 2.5237},
			{"a P(wait > 0)", .5267},
			{"b P(wait > 0)", .8088},
			{"agent-1 utilisation", .5912},
			{"agent-2 utilisation", .8088},
		}},
		"N by queues": {nByQueues(), []fact{
			{"a mean wait", .8778},
			{"b mean wait", 2.5237},
			{"a P(wait > 0)", .5267},
			{"b P(wait > 0)", .8088},
			{"agent-1 utilisation", .5912},
			{"agent-2 utilisation", .8088},
		}},
	} {
		t.Run(name, func(t *testing.T) { agrees(t, tc.config, tc.want) })
	}
}

func agrees(t *testing.T, c centre.Config, want []fact) {
	t.Helper()
	c.Warmup, c.Seed, c.Replications, c.Conversations = -1, 2, 20, 4000
	r, err := centre.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Model == "" {
		t.Fatalf("no model: %s", r.NoModel)
	}
	for _, w := range want {
		f, ok := r.Figure(w.figure)
		if !ok {
			t.Errorf("there is no figure %q", w.figure)
		}
		sigmas := (f.Value - w.value) / f.StandardError
		t.Logf("%-24s %.6f +- %.6f, want %.6f: %+.2f sigma", w.figure, f.Value, f.StandardError, w.value, sigmas)
		if !(math.Abs(sigmas) <= 3) {
			t.Errorf("%s is %.6f +- %.6f, want %.6f: %+.2f sigma", w.figure, f.Value, f.StandardError, w.value, sigmas)
		}
	}
	for _, d := range r.Disagreements(3) {
		t.Error(d)
	}
	t.Logf("%.0f conversations/s", r.ConversationsPerSecond)
}

// TestPercentilesOfShortRuns: in a short replication the longest queues are missing more often than not, which must not make
// high percentiles low.
func TestPercentilesOfShortRuns(t *testing.T) {
	for name, tc := range map[string]struct {
		agents, conversations int
		rate                  float64
	}{
		"M/M/5, 1000": {5, 1000, 4},
		"M/M/5, 2000": {5, 2000, 4},
		"M/M/1, 5000": {1, 5000, .9},
	} {
		t.Run(name, func(t *testing.T) {
			c := line(tc.agents, tc.rate, never)
			c.Warmup, c.Seed, c.Conversations, c.Percentiles = -1, 1, tc.conversations, []float64{50, 90, 95, 99}
			r, err := centre.Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range []string{"50", "90", "95", "99"} {
				f, _ := r.Figure("wait, percentile " + p)
				if f.Sigmas == nil || math.Abs(*f.Sigmas) > 3 {
					t.Errorf("percentile %s: %+v", p, f)
				}
			}
		})
	}
}
