// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/rule"
)

// Outcome is what came out of a test.
type Outcome struct {
	Test string
	Path string
	// Rule is the index of the rule that matched first, -1 when none did; RuleName is its name.
	Rule     int
	RuleName string
	// Failures say what was expected and what came instead. There are none when the test passed.
	Failures []string
}

// Passed reports whether the rules do what the test says.
func (o *Outcome) Passed() bool { return len(o.Failures) == 0 }

// Run runs tests. set has the rules, ready to be asked.
func Run(rules []v1alpha1.Rule, tests []Test, set *rule.Set) []Outcome {
	outcomes := make([]Outcome, len(tests))
	for i := range tests {
		t := &tests[i]
		o := Outcome{Test: t.Name, Path: t.Path, Rule: set.Next(0, t.Given)}
		r, got := &v1alpha1.Rule{}, "no rule"
		if o.Rule >= 0 {
			r = &rules[o.Rule]
			o.RuleName, got = r.Name, fmt.Sprintf("rule %q", r.Name)
		}
		o.Failures = t.compare(r, got)
		outcomes[i] = o
	}
	return outcomes
}

// Unreached returns the indexes of those of n rules that no test reaches: that are the first to match for none.
func Unreached(outcomes []Outcome, n int) []int {
	reached := make([]bool, n)
	for i := range outcomes {
		if at := outcomes[i].Rule; at >= 0 {
			reached[at] = true
		}
	}
	var out []int
	for i, yes := range reached {
		if !yes {
			out = append(out, i)
		}
	}
	return out
}

// compare says what the rule that matched does not do of what is expected. got names it.
func (t *Test) compare(r *v1alpha1.Rule, got string) (failures []string) {
	e := t.expect
	fail := func(format string, args ...any) { failures = append(failures, fmt.Sprintf(format, args...)) }
	if e.Match == v1alpha1.ExpectedMatchNone {
		if r.Name != "" {
			fail("expected no rule to match, got %s", got)
		}
		return failures
	}
	if r.Name == "" {
		fail("expected %s, got no rule", expected("a rule to match", e.Rule))
		return failures
	}
	if e.Rule != "" && r.Name != e.Rule {
		fail("expected rule %q, got %s", e.Rule, got)
	}
	if queues := queuesOf(r); e.Queue != "" && !slices.Contains(queues, string(e.Queue)) {
		fail("expected queue %q, got queue %s from %s", e.Queue, quoted(queues), got)
	}
	set := r.Set
	if set == nil {
		set = &v1alpha1.Settings{}
	}
	if e.Priority != 0 && set.Priority != e.Priority {
		fail("expected priority %d, got %s from %s", e.Priority, number(set.Priority, "no priority"), got)
	}
	for _, want := range e.Attributes {
		i := slices.IndexFunc(set.Attributes, func(a v1alpha1.AttributeSetting) bool { return a.Name == want.Name })
		switch {
		case i < 0:
			fail("expected %s to be %q, and %s does not set it", want.Name, want.Value, got)
		case set.Attributes[i].Value != want.Value:
			fail("expected %s to be %q, got %q from %s", want.Name, want.Value, set.Attributes[i].Value, got)
		}
	}
	for _, want := range e.Skills {
		i := slices.IndexFunc(r.Skills, func(s v1alpha1.RequiredSkill) bool { return s.Name == want.Name })
		switch {
		case i < 0:
			fail("expected skill %q, and %s does not ask for it", want.Name, got)
		case r.Skills[i].Rating != want.Rating:
			fail("expected skill %q with %s, got %s from %s", want.Name, rating(want.Rating), rating(r.Skills[i].Rating), got)
		}
	}
	for _, want := range e.CapacityProfiles {
		if !slices.Contains(r.CapacityProfiles, want) {
			fail("expected capacity profile %q, and %s does not ask for it", want.Name, got)
		}
	}
	return failures
}

// queuesOf returns where a rule routes to.
func queuesOf(r *v1alpha1.Rule) []string {
	if r.Route == nil {
		return nil
	}
	if r.Route.QueueRef != nil {
		return []string{string(r.Route.QueueRef.Name)}
	}
	var names []string
	for _, t := range r.Route.Split {
		names = append(names, string(t.QueueRef.Name))
	}
	return names
}

// expected names the rule that is expected, if one is.
func expected(unnamed, rule string) string {
	if rule == "" {
		return unnamed
	}
	return fmt.Sprintf("rule %q", rule)
}

func quoted(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = strconv.Quote(name)
	}
	return strings.Join(list, " or ")
}

func number(n int32, none string) string {
	if n == 0 {
		return none
	}
	return strconv.Itoa(int(n))
}

func rating(n int32) string {
	if n == 0 {
		return "any rating"
	}
	return fmt.Sprintf("rating %d", n)
}
