// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

// peer is somebody who decides.
type peer struct {
	name   string
	make   func(*ruleset) (decider, error)
	typed  bool // it compares more than labels
	atMost int  // rules, beyond which it takes too long to be made ready
}

var peers = []peer{
	{"workstream", ours, true, 1_000_000},
	{"cel-go", celGo, true, 10_000},
	{"expr", exprLang, true, 10_000},
	{"OPA", opa, true, 1000},
	{"Alertmanager", alertmanager, false, 10_000},
}

func main() {
	each := flag.Duration("for", 300*time.Millisecond, "how long each is measured")
	flag.Parse()
	if err := run(*each); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(each time.Duration) error {
	fmt.Printf("%-7s %7s  %-13s %14s %12s %9s\n", "rules", "number", "by", "ns/decision", "allocations", "ratio")
	for _, labels := range []bool{true, false} {
		for _, n := range []int{10, 100, 1000, 10_000} {
			s := newRuleset(n, 256, labels, 1)
			if err := table(s, each); err != nil {
				return err
			}
		}
	}
	return nil
}

// table prints a row for each peer, with how many times longer it takes than ours.
func table(s *ruleset, each time.Duration) error {
	var first measured
	var answers []int
	for i, p := range peers {
		if !p.typed && !s.labels {
			continue
		}
		if len(s.rules) > p.atMost {
			fmt.Printf("%-7s %7d  %-13s %14s\n", s.name, len(s.rules), p.name, "not ready in time")
			continue
		}
		decide, err := p.make(s)
		if err != nil {
			return fmt.Errorf("%s with %d rules: %w", p.name, len(s.rules), err)
		}
		if i == 0 {
			answers = all(decide, len(s.items))
		} else if err := same(answers, decide); err != nil {
			return fmt.Errorf("%s with %d rules: %w", p.name, len(s.rules), err)
		}
		m := measure(decide, len(s.items), each)
		if i == 0 {
			first = m
		}
		fmt.Printf("%-7s %7d  %-13s %14.0f %12.1f %8.1fx\n", s.name, len(s.rules), p.name, m.nanoseconds, m.allocations,
			m.nanoseconds/first.nanoseconds)
	}
	return nil
}

func all(decide decider, items int) []int {
	out := make([]int, items)
	for i := range out {
		out[i] = decide(i)
	}
	return out
}

// same compares the answers for some of the items: a slow peer takes long for all of them.
func same(want []int, decide decider) error {
	for i := 0; i < len(want); i += 1 + len(want)/64 {
		if got := decide(i); got != want[i] {
			return fmt.Errorf("item %d is matched by rule %d, and by ours %d", i, got, want[i])
		}
	}
	return nil
}

type measured struct{ nanoseconds, allocations float64 }

func measure(decide decider, items int, each time.Duration) measured {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, start := 0, time.Now()
	for time.Since(start) < each {
		for range 8 {
			decide(n % items)
			n++
		}
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return measured{float64(took.Nanoseconds()) / float64(n), float64(after.Mallocs-before.Mallocs) / float64(n)}
}
