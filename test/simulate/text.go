// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"workstream.dev/operator/test/centre"
)

const usage = `simulate runs the engine as a contact centre in virtual time and prints how long customers wait, how busy agents are
and who leaves, with standard errors and, where queueing theory has an answer, that beside it. Times are in seconds, or
durations such as 3m; rates are per second, or 120/h.

  make simulate ARGS='--arrival-rate 4 --service-time 1 --agents 5'
  make simulate ARGS='--arrival-rate 10 --agents 10 --abandonment-rate 1 --output text'
  make simulate ARGS='--arrival-rate 0.3,0.5 --priority 1,2 --agents 1'
  make simulate ARGS='--class name=a,rate=0.8,skills=a --class name=b,rate=0.6,skills=b \
                       --agent name=one,skills=a --agent name=two,skills=a+b'
  make simulate ARGS='--arrival-rate 120/h --service-time lognormal:4m:0.8 --patience 2m --agents 12 --accept-delay 5'
`

const footnotes = `
Without flags that say otherwise all is as theory has it: first come first served among all whom an agent can serve, the
longest idle agent first, items assigned at once, no after-work. A wait ends when an agent accepts. docs/development.md says
what each field of the output is. A file for --config has the same names:

  conversations: 100000
  classes:
  - {name: a, rate: 0.8, service: 1, skills: [a]}
  - {name: b, rate: 0.6, service: 1, skills: {b: 5}, priority: 1}
  agents:
  - {name: ann, skills: [a]}
  - {name: bob, count: 3, skills: {a: 3, b: 7}}
`

func help() string {
	var b strings.Builder
	b.WriteString(usage)
	group := ""
	for i := range flags {
		f := &flags[i]
		if f.group != group {
			group = f.group
			fmt.Fprintf(&b, "\n%s\n", group)
		}
		fmt.Fprintf(&b, "  --%s", f.name)
		if also := slices.Concat(f.aliases, f.inverse); len(also) > 0 {
			fmt.Fprintf(&b, "  (also --%s)", strings.Join(also, ", --"))
		}
		fmt.Fprintf(&b, "\n      %s\n", strings.ReplaceAll(f.help, "\n", "\n      "))
		if f.name != "help" {
			fmt.Fprintf(&b, "      want %s\n", f.want)
		}
	}
	b.WriteString(footnotes)
	return b.String()
}

// table has lines of cells under each other; what is one cell alone has no part in their widths.
type table [][]string

func (t *table) add(format string, args ...any) {
	*t = append(*t, strings.Split(fmt.Sprintf(format, args...), "\t"))
}

func (t table) write(out io.Writer) error {
	var widths []int
	for _, cells := range t {
		for i, c := range cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if len(cells) > 1 {
				widths[i] = max(widths[i], len(c)+2)
			}
		}
	}
	var b strings.Builder
	for _, cells := range t {
		for i, c := range cells {
			if i == len(cells)-1 {
				b.WriteString(c + "\n")
				continue
			}
			fmt.Fprintf(&b, "%-*s", widths[i], c)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func writeText(out io.Writer, r *centre.Report) error {
	var t table
	if r.Model != "" {
		t.add("model: %s", r.Model)
	} else {
		t.add("no model: %s", r.NoModel)
	}
	groups := []centre.Group{r.Total}
	if len(r.Classes) > 1 {
		groups = append(r.Classes, r.Total)
	}
	t.add("\tfound\tstandard error\t95 %% from\tto\ttheory\tsigmas")
	for i := range groups {
		t.group(&groups[i])
	}
	t.figure("utilisation", r.Utilisation)
	for i := range r.Agents {
		if len(r.Agents) <= 20 {
			t.figure("  "+r.Agents[i].Name, r.Agents[i].Utilisation)
		}
	}
	t.add("")
	t.add("%d conversations in %d replications of %.6g s after %.6g s, seed %d: %.1f s, %.0f conversations a second",
		r.Conversations, r.Replications, r.Span, r.Warmup, r.Seed, r.WallSeconds, r.ConversationsPerSecond)
	for _, warning := range r.Warnings {
		t.add("warning: %s", warning)
	}
	return t.write(out)
}

func (t *table) group(g *centre.Group) {
	head := fmt.Sprintf("%s: %d arrived, %d served, %d left", g.Name, g.Arrivals, g.Served, g.Abandoned)
	if g.Overflowed > 0 {
		head += fmt.Sprintf(", %d overflowed", g.Overflowed)
	}
	if g.Unresolved > 0 {
		head += fmt.Sprintf(", %d still wait", g.Unresolved)
	}
	t.add("%s", head)
	t.figure("  P(wait > 0)", g.WaitProbability)
	t.figure("  mean wait", g.MeanWait)
	t.figure("  mean wait of the served", g.MeanWaitServed)
	for _, key := range inOrder(g.WaitPercentiles) {
		t.figure("  wait, percentile "+key, g.WaitPercentiles[key])
	}
	for _, key := range inOrder(g.WaitAbove) {
		t.figure("  P(wait > "+key+")", g.WaitAbove[key])
	}
	t.figure("  abandonment", g.Abandonment)
	if g.Overflowed > 0 {
		t.figure("  overflowed", g.OverflowedShare)
	}
	t.figure("  mean queue length", g.MeanQueueLength)
}

func inOrder(m map[string]centre.Figure) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		if x < y {
			return -1
		}
		return 1
	})
}

func (t *table) figure(name string, f centre.Figure) {
	cells := fmt.Sprintf("%s\t%.6f\t%.6f\t%.6f\t%.6f", name, f.Value, f.StandardError, f.Low, f.High)
	if f.Theory != nil {
		cells += fmt.Sprintf("\t%.6f", *f.Theory)
	}
	if f.Sigmas != nil {
		cells += fmt.Sprintf("\t%+.1f", *f.Sigmas)
	}
	t.add("%s", cells)
}
