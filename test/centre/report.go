// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// Report is what came of a Config. All times are in seconds.
type Report struct {
	// Model is the one of queueing theory that Config is a case of; NoModel is why there is none.
	Model   string `json:"model,omitempty"`
	NoModel string `json:"noModel,omitempty"`

	Seed         uint64 `json:"seed"`
	Replications int    `json:"replications"`
	// Of each replication: the time before it is looked at, and for how long it is.
	Warmup float64 `json:"warmup"`
	Span   float64 `json:"span"`
	// Of all replications, the warm-up included.
	SimulatedTime          float64 `json:"simulatedTime"`
	Conversations          int     `json:"conversations"`
	Steps                  int     `json:"steps"`
	Events                 int     `json:"events"`
	WallSeconds            float64 `json:"wallSeconds"`
	ConversationsPerSecond float64 `json:"conversationsPerSecond"`

	Total   Group        `json:"total"`
	Classes []Group      `json:"classes"`
	Agents  []AgentGroup `json:"agents"`
	// Utilisation is the mean of all agents, by their capacity.
	Utilisation Figure   `json:"utilisation"`
	Warnings    []string `json:"warnings,omitempty"`
}

// Group is what became of the customers of a class, or of all.
type Group struct {
	Name      string `json:"name"`
	Arrivals  int    `json:"arrivals"`
	Served    int    `json:"served"`
	Abandoned int    `json:"abandoned"`
	// Overflowed were sent away by their queue's overflow; Unresolved still waited when the run ended.
	Overflowed int `json:"overflowed"`
	Unresolved int `json:"unresolved"`

	// Waits are of those who were served or left.
	WaitProbability Figure            `json:"waitProbability"` // P(wait > 0)
	MeanWait        Figure            `json:"meanWait"`
	MeanWaitServed  Figure            `json:"meanWaitServed"`
	WaitPercentiles map[string]Figure `json:"waitPercentiles,omitempty"`
	WaitAbove       map[string]Figure `json:"waitAbove,omitempty"` // P(wait > t), by t
	Abandonment     Figure            `json:"abandonment"`         // the share of them who left
	OverflowedShare Figure            `json:"overflowedShare"`     // of all who arrived
	MeanQueueLength Figure            `json:"meanQueueLength"`
	Throughput      Figure            `json:"throughput"` // served in a second
}

// AgentGroup is what became of an agent.
type AgentGroup struct {
	Name        string `json:"name"`
	Served      int    `json:"served"`
	Utilisation Figure `json:"utilisation"`
}

// Figure is an estimate from independent replications.
type Figure struct {
	Value         float64 `json:"value"`
	StandardError float64 `json:"standardError"`
	// Low and High are the 95 % confidence interval, by Student's t.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Theory is what the model says, and Sigmas how many standard errors Value is away from it.
	Theory *float64 `json:"theory,omitempty"`
	Sigmas *float64 `json:"sigmas,omitempty"`
}

// figure estimates from one value of each replication.
func figure(values []float64) Figure {
	n := float64(len(values))
	var sum, squares float64
	for _, v := range values {
		sum += v
	}
	mean := sum / n
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	var deviation float64
	if n > 1 {
		deviation = math.Sqrt(squares / (n - 1) / n)
	}
	return estimate(mean, deviation, len(values)-1)
}

// ratio estimates a mean of customers from the sums and the numbers of each replication. The mean of the replications' own
// means would be too low: when many come, more of them wait, and longer.
func ratio(sums, numbers []float64) Figure {
	var sum, number float64
	for i := range sums {
		sum += sums[i]
		number += numbers[i]
	}
	if number == 0 {
		return Figure{}
	}
	value, n := sum/number, float64(len(sums))
	var squares float64
	for i := range sums {
		off := sums[i] - value*numbers[i]
		squares += off * off
	}
	return estimate(value, math.Sqrt(squares*n/(n-1))/number, len(sums)-1)
}

// share is the ratio of those of whom something is true. Of so many of whom it is true of nobody, or of all, there may be
// more or fewer: with 95 % less than three of as many.
func share(counts, numbers []float64) Figure {
	f := ratio(counts, numbers)
	if f.StandardError > 0 {
		return f
	}
	var number float64
	for _, n := range numbers {
		number += n
	}
	if number > 0 && (f.Value == 0 || f.Value == 1) {
		f.StandardError = 1 / number
		f.Low, f.High = max(0, f.Value-3/number), min(1, f.Value+3/number)
	}
	return f
}

func estimate(value, standardError float64, freedom int) Figure {
	half := student(freedom) * standardError
	return Figure{Value: value, StandardError: standardError, Low: value - half, High: value + half}
}

// percentile is one of the waits of all replications together, for in a short one it is biased: most see none of the few long
// queues that make a high percentile. Its error is that of the share who waited for longer, carried over to the waits (the
// interval of Woodruff). It reaches further up than down, and the standard error is that of the farther end.
func percentile(p float64, pooled *classTally, tallies []classTally) Figure {
	value := pooled.quantile(p / 100)
	longer, all := make([]float64, len(tallies)), make([]float64, len(tallies))
	for i := range tallies {
		longer[i], all[i] = float64(tallies[i].above(value)), float64(len(tallies[i].waits))
	}
	t := student(len(tallies) - 1)
	off := t * share(longer, all).StandardError
	f := Figure{Value: value, Low: pooled.quantile(max(0, p/100-off)), High: pooled.quantile(p/100 + off)}
	f.StandardError = max(f.High-f.Value, f.Value-f.Low) / t
	return f
}

// compare sets what theory says, unless it says nothing.
func (f *Figure) compare(theory float64) {
	if math.IsNaN(theory) || math.IsInf(theory, 0) {
		return
	}
	f.Theory = &theory
	if f.StandardError > 0 {
		s := (f.Value - theory) / f.StandardError
		f.Sigmas = &s
	}
}

// student is the 97.5 % quantile of Student's t.
func student(freedom int) float64 {
	table := []float64{
		0, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110,
		2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
	}
	if freedom < len(table) {
		return table[max(freedom, 0)]
	}
	return 1.96 + 2.42/float64(freedom) // within .001
}

// group estimates from the tallies of one class, or of all, one of each replication.
func (c *Config) group(name string, tallies []classTally, span float64) Group {
	g := Group{Name: name}
	for i := range tallies {
		k := &tallies[i]
		g.Arrivals += k.arrivals
		g.Served += k.served
		g.Abandoned += k.left
		g.Overflowed += k.turned
		g.Unresolved += k.unresolved
	}
	of := func(f func(k *classTally) float64) []float64 {
		values := make([]float64, len(tallies))
		for i := range tallies {
			values[i] = f(&tallies[i])
		}
		return values
	}
	resolved := of(func(k *classTally) float64 { return float64(k.served + k.left) })
	g.WaitProbability = share(of(func(k *classTally) float64 { return float64(k.waited) }), resolved)
	g.MeanWait = ratio(of(func(k *classTally) float64 { return k.waitSum }), resolved)
	served := of(func(k *classTally) float64 { return float64(k.served) })
	g.MeanWaitServed = ratio(of(func(k *classTally) float64 { return k.servedSum }), served)
	g.Abandonment = ratio(of(func(k *classTally) float64 { return float64(k.left) }), resolved)
	if c.patient() < 1 {
		g.Abandonment = share(of(func(k *classTally) float64 { return float64(k.left) }), resolved)
	}
	arrivals := of(func(k *classTally) float64 { return float64(k.arrivals) })
	g.OverflowedShare = ratio(of(func(k *classTally) float64 { return float64(k.turned) }), arrivals)
	g.MeanQueueLength = figure(of(func(k *classTally) float64 { return k.queueTime / span }))
	g.Throughput = figure(of(func(k *classTally) float64 { return float64(k.served) / span }))
	g.WaitAbove, g.WaitPercentiles = make(map[string]Figure), make(map[string]Figure)
	for _, t := range c.WaitsAbove {
		g.WaitAbove[short(t)] = share(of(func(k *classTally) float64 { return float64(k.above(t)) }), resolved)
	}
	pooled := pool(tallies)
	for _, p := range c.Percentiles {
		g.WaitPercentiles[short(p)] = percentile(p, &pooled, tallies)
	}
	return g
}

func short(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// report joins the tallies of all replications.
func (c *Config) report(tallies []tally, warmup, span float64) *Report {
	r := &Report{Seed: c.Seed, Replications: c.Replications, Warmup: warmup, Span: span}
	all := make([]classTally, len(tallies))
	for i := range tallies {
		t := &tallies[i]
		all[i] = t.all()
		r.Steps += t.steps
		r.Events += t.events
		r.Conversations += t.conversations
		r.SimulatedTime += t.simulated
	}
	r.Total = c.group("total", all, span)
	for k := range c.Classes {
		of := make([]classTally, len(tallies))
		for i := range tallies {
			of[i] = tallies[i].classes[k]
		}
		r.Classes = append(r.Classes, c.group(c.Classes[k].Name, of, span))
	}
	r.Agents, r.Utilisation = c.agents(tallies, span)
	c.compare(r)
	return r
}

func (c *Config) agents(tallies []tally, span float64) ([]AgentGroup, Figure) {
	var out []AgentGroup
	mean := make([]float64, len(tallies))
	var units float64
	for a := range c.Agents {
		g := AgentGroup{Name: c.Agents[a].Name}
		values := make([]float64, len(tallies))
		for i := range tallies {
			values[i] = tallies[i].busy[a] / span
			mean[i] += values[i] * float64(c.Agents[a].Units)
			g.Served += tallies[i].given[a]
		}
		units += float64(c.Agents[a].Units)
		g.Utilisation = figure(values)
		out = append(out, g)
	}
	for i := range mean {
		mean[i] /= units
	}
	return out, figure(mean)
}

// Disagreements are the figures that are further from theory than so many standard errors.
func (r *Report) Disagreements(sigmas float64) []string {
	var out []string
	r.each(func(name string, f *Figure) {
		if f.Sigmas != nil && math.Abs(*f.Sigmas) > sigmas {
			out = append(out, fmt.Sprintf("%s is %.5g +- %.2g, and theory says %.5g: %.1f sigma",
				name, f.Value, f.StandardError, *f.Theory, *f.Sigmas))
		}
	})
	return out
}

// each calls f with all figures.
func (r *Report) each(f func(name string, fig *Figure)) {
	groups := []*Group{&r.Total}
	for i := range r.Classes {
		groups = append(groups, &r.Classes[i])
	}
	for i, g := range groups {
		of := g.Name + " "
		if i == 0 {
			of = ""
		}
		f(of+"P(wait > 0)", &g.WaitProbability)
		f(of+"mean wait", &g.MeanWait)
		f(of+"mean wait of the served", &g.MeanWaitServed)
		f(of+"abandonment", &g.Abandonment)
		f(of+"overflowed", &g.OverflowedShare)
		f(of+"mean queue length", &g.MeanQueueLength)
		for _, key := range slices.Sorted(maps.Keys(g.WaitAbove)) {
			fig := g.WaitAbove[key]
			f(of+"P(wait > "+key+")", &fig)
		}
		for _, key := range slices.Sorted(maps.Keys(g.WaitPercentiles)) {
			fig := g.WaitPercentiles[key]
			f(of+"wait, percentile "+key, &fig)
		}
	}
	f("utilisation", &r.Utilisation)
	for i := range r.Agents {
		f(r.Agents[i].Name+" utilisation", &r.Agents[i].Utilisation)
	}
}

// Figure returns a figure by its name, such as "mean wait" (of all), "CLASS mean wait" or "AGENT utilisation".
func (r *Report) Figure(name string) (Figure, bool) {
	var out Figure
	found := false
	r.each(func(n string, f *Figure) {
		if n == name {
			out, found = *f, true
		}
	})
	return out, found
}
