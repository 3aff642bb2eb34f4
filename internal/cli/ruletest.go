// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/ruletest"
)

// ruleTests are the tests that stand in the RoutingRulesets of a namespace. They ran when these were compiled.
func ruleTests(w *world, s *space, reached reach) []suite {
	var out []suite
	for i := range s.Input.RoutingRulesets {
		set := &s.Input.RoutingRulesets[i]
		if len(set.Spec.Tests) == 0 {
			continue
		}
		e := w.Set.Get(v1alpha1.KindRoutingRuleset, s.Namespace, set.Name)
		o := s.Output.Object(v1alpha1.KindRoutingRuleset, set.Name)
		if e == nil || o == nil {
			continue
		}
		suite := suite{Place: e.Place("spec.tests"), Name: v1alpha1.KindRoutingRuleset + " " + s.Namespace + "/" + set.Name}
		for j := range set.Spec.Tests {
			name := set.Spec.Tests[j].Name
			path := fmt.Sprintf("spec.tests[%d](%s)", j, name)
			c := testCase{Name: name, Line: e.Place(path).Line}
			if k := slices.IndexFunc(o.Tests, func(t ruletest.Outcome) bool { return t.Path == path }); k >= 0 {
				c.Problems = o.Tests[k].Failures
				reached.rule(s.Namespace, set.Name, o.Tests[k].RuleName)
			} else {
				c.Problems = []string{notRun(o, path)}
			}
			suite.add(c)
		}
		out = append(out, suite)
	}
	return out
}

// notRun says why a test has no outcome: it is wrong itself, or the rules are.
func notRun(o *compile.Object, path string) string {
	first := "the ruleset is not accepted"
	for _, f := range o.Findings {
		if f.Status == metav1.ConditionTrue {
			continue
		}
		for i, p := range f.Problems {
			if rest, ok := strings.CutPrefix(p.Text, path); ok {
				return strings.TrimPrefix(strings.TrimLeft(rest, ".:"), " ")
			}
			if i == 0 {
				first = p.Text
			}
		}
	}
	return "the test has not run: " + first
}
