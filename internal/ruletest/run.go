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

// comparison gathers what a rule does not do of what is expected.
type comparison struct {
	*v1alpha1.Expectation
	rule *v1alpha1.Rule
	// got names the rule.
	got      string
	failures []string
}

func (c *comparison) fail(format string, args ...any) {
	c.failures = append(c.failures, fmt.Sprintf(format, args...))
}

// compare says what the rule that matched does not do of what is expected. got names it.
func (t *Test) compare(r *v1alpha1.Rule, got string) []string {
	c := &comparison{Expectation: t.expect, rule: r, got: got}
	switch {
	case c.Match == v1alpha1.ExpectedMatchNone:
		if r.Name != "" {
			c.fail("expected no rule to match, got %s", got)
		}
	case r.Name == "":
		c.fail("expected %s, got no rule", expected("a rule to match", c.Rule))
	default:
		c.compareRoute()
		c.compareSettings()
		c.compareSkills()
		c.compareProfiles()
	}
	return c.failures
}

// compareRoute compares the rule itself and where it routes to.
func (c *comparison) compareRoute() {
	if c.Rule != "" && c.rule.Name != c.Rule {
		c.fail("expected rule %q, got %s", c.Rule, c.got)
	}
	if queues := queuesOf(c.rule); c.Queue != "" && !slices.Contains(queues, string(c.Queue)) {
		c.fail("expected queue %q, got queue %s from %s", c.Queue, quoted(queues), c.got)
	}
}

// compareSettings compares the priority and the attributes that the rule sets.
func (c *comparison) compareSettings() {
	set := c.rule.Set
	if set == nil {
		set = &v1alpha1.Settings{}
	}
	if c.Priority != 0 && set.Priority != c.Priority {
		c.fail("expected priority %d, got %s from %s", c.Priority, number(set.Priority, "no priority"), c.got)
	}
	for _, want := range c.Attributes {
		i := slices.IndexFunc(set.Attributes, func(a v1alpha1.AttributeSetting) bool { return a.Name == want.Name })
		switch {
		case i < 0:
			c.fail("expected %s to be %q, and %s does not set it", want.Name, want.Value, c.got)
		case set.Attributes[i].Value != want.Value:
			c.fail("expected %s to be %q, got %q from %s", want.Name, want.Value, set.Attributes[i].Value, c.got)
		}
	}
}

// compareSkills compares the skills that the rule asks for.
func (c *comparison) compareSkills() {
	for _, want := range c.Skills {
		i := slices.IndexFunc(c.rule.Skills, func(s v1alpha1.RequiredSkill) bool { return s.Name == want.Name })
		switch {
		case i < 0:
			c.fail("expected skill %q, and %s does not ask for it", want.Name, c.got)
		case c.rule.Skills[i].Rating != want.Rating:
			c.fail("expected skill %q with %s, got %s from %s", want.Name, rating(want.Rating), rating(c.rule.Skills[i].Rating), c.got)
		}
	}
}

// compareProfiles compares the capacity profiles that the rule asks for.
func (c *comparison) compareProfiles() {
	for _, want := range c.CapacityProfiles {
		if !slices.Contains(c.rule.CapacityProfiles, want) {
			c.fail("expected capacity profile %q, and %s does not ask for it", want.Name, c.got)
		}
	}
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
