// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

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
longest idle agent first, items assigned at once, no after-work. A file for --config has the same names:

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

func writeText(out io.Writer, r *centre.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if r.Model != "" {
		fmt.Fprintf(w, "model: %s\n", r.Model)
	} else {
		fmt.Fprintf(w, "no model: %s\n", r.NoModel)
	}
	groups := []centre.Group{r.Total}
	if len(r.Classes) > 1 {
		groups = append(r.Classes, r.Total)
	}
	fmt.Fprint(w, "\n\tfound\tstandard error\t95 % from\tto\ttheory\tsigmas\n")
	for i := range groups {
		writeGroup(w, &groups[i])
	}
	line(w, "utilisation", r.Utilisation)
	for i := range r.Agents {
		if len(r.Agents) <= 20 {
			line(w, "  "+r.Agents[i].Name, r.Agents[i].Utilisation)
		}
	}
	fmt.Fprintf(w, "\n%d conversations in %d replications of %.6g s after %.6g s, seed %d: %.1f s, %.0f conversations a second\n",
		r.Conversations, r.Replications, r.Span, r.Warmup, r.Seed, r.WallSeconds, r.ConversationsPerSecond)
	for _, warning := range r.Warnings {
		fmt.Fprintf(w, "warning: %s\n", warning)
	}
	return w.Flush()
}

func writeGroup(w io.Writer, g *centre.Group) {
	fmt.Fprintf(w, "%s: %d arrived, %d served, %d left", g.Name, g.Arrivals, g.Served, g.Abandoned)
	if g.Overflowed > 0 {
		fmt.Fprintf(w, ", %d overflowed", g.Overflowed)
	}
	if g.Unresolved > 0 {
		fmt.Fprintf(w, ", %d still wait", g.Unresolved)
	}
	fmt.Fprintln(w)
	line(w, "  P(wait > 0)", g.WaitProbability)
	line(w, "  mean wait", g.MeanWait)
	line(w, "  mean wait of the served", g.MeanWaitServed)
	for _, key := range inOrder(g.WaitPercentiles) {
		line(w, "  wait, percentile "+key, g.WaitPercentiles[key])
	}
	for _, key := range inOrder(g.WaitAbove) {
		line(w, "  P(wait > "+key+")", g.WaitAbove[key])
	}
	line(w, "  abandonment", g.Abandonment)
	if g.Overflowed > 0 {
		line(w, "  overflowed", g.OverflowedShare)
	}
	line(w, "  mean queue length", g.MeanQueueLength)
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

func line(w io.Writer, name string, f centre.Figure) {
	fmt.Fprintf(w, "%s\t%.6f\t%.6f\t%.6f\t%.6f", name, f.Value, f.StandardError, f.Low, f.High)
	if f.Theory != nil {
		fmt.Fprintf(w, "\t%.6f", *f.Theory)
	}
	if f.Sigmas != nil {
		fmt.Fprintf(w, "\t%+.1f", *f.Sigmas)
	}
	fmt.Fprintln(w)
}
