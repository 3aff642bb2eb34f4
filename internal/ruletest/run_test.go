// SPDX-License-Identifier: Apache-2.0

package ruletest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/ruletest"
)

// ruleset routes by priority, and by a text.
func ruleset(tests ...v1alpha1.RuleTest) *v1alpha1.RoutingRuleset {
	to := &v1alpha1.Route{QueueRef: &v1alpha1.QueueReference{Name: "q"}}
	return &v1alpha1.RoutingRuleset{Spec: v1alpha1.RoutingRulesetSpec{
		Type: v1alpha1.RulesetRouteToQueue,
		Rules: []v1alpha1.Rule{
			{Name: "urgent", Route: to, When: &v1alpha1.Condition{Attribute: "item.priority", Operator: "LessThan", Values: []string{"50"}}},
			{Name: "usual", Route: to, When: &v1alpha1.Condition{Attribute: "item.priority", Operator: "Equal", Values: []string{"100"}}},
			{Name: "rest", Route: to},
		},
		Tests: tests,
	}}
}

func run(t *testing.T, object *v1alpha1.RoutingRuleset) []ruletest.Outcome {
	t.Helper()
	defs, _, env := compile.Rules(object)
	set, err := rule.CompileSet(defs, env)
	if err != nil {
		t.Fatal(err)
	}
	tests, problems := ruletest.Read(&object.Spec, env.Kind)
	if len(problems) > 0 {
		t.Fatalf("the tests are wrong: %+v", problems)
	}
	return ruletest.Run(object.Spec.Rules, tests, set)
}

// Live items always have a priority, so that a test that says nothing of it must not see a rule pass that would match.
func TestItemsHaveAPriority(t *testing.T) {
	for name, c := range map[string]struct {
		given map[string]v1alpha1.AttributeValue
		rule  string
	}{
		"the usual one": {nil, "usual"},
		"its own":       {map[string]v1alpha1.AttributeValue{"item.priority": v1alpha1.AttributeValue("7")}, "urgent"},
		"another":       {map[string]v1alpha1.AttributeValue{"item.priority": v1alpha1.AttributeValue("60")}, "rest"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, ruleset(v1alpha1.RuleTest{Name: "it", Given: c.given, Expect: v1alpha1.Expectation{Rule: c.rule}}))
			if len(got) != 1 || !got[0].Passed() || got[0].RuleName != c.rule {
				t.Errorf("want rule %q, got %+v", c.rule, got)
			}
		})
	}
}

// A test that expects another rule, or none, fails and says what came.
func TestFailuresSayWhatCame(t *testing.T) {
	got := run(t, ruleset(
		v1alpha1.RuleTest{Name: "other", Expect: v1alpha1.Expectation{Rule: "rest"}},
		v1alpha1.RuleTest{Name: "none", Expect: v1alpha1.Expectation{Match: v1alpha1.ExpectedMatchNone}},
	))
	var failures []string
	for i := range got {
		failures = append(failures, got[i].Failures...)
	}
	want := []string{`expected rule "rest", got rule "usual"`, `expected no rule to match, got rule "usual"`}
	if d := cmp.Diff(want, failures); d != "" {
		t.Errorf("failures (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int{0, 2}, ruletest.Unreached(got, 3)); d != "" {
		t.Errorf("rules that no test reaches (-want +got):\n%s", d)
	}
}
