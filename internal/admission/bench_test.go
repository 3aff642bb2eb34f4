// SPDX-License-Identifier: Apache-2.0

package admission_test

import (
	"fmt"
	"strconv"
	"testing"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/admission"
)

// BenchmarkReview judges the largest ruleset that the schema lets in, which an apply waits for.
func BenchmarkReview(b *testing.B) {
	for name, rule := range map[string]func(i int) v1alpha1.Rule{
		"conditions": func(i int) v1alpha1.Rule {
			return v1alpha1.Rule{When: &v1alpha1.Condition{
				Attribute: "context.tier", Operator: "Matches", Values: []string{fmt.Sprintf("^tier-%d.*$", i)},
			}}
		},
		"overlaps": func(i int) v1alpha1.Rule {
			return v1alpha1.Rule{When: &v1alpha1.Condition{Any: []v1alpha1.NestedCondition{
				{Attribute: "context.basket", Operator: "Between", Values: []string{strconv.Itoa(i), strconv.Itoa(i + 500)}},
				{Attribute: "context.tier", Operator: "In", Values: []string{strconv.Itoa(i % 7), strconv.Itoa(i % 11)}},
			}}}
		},
		"expressions": func(i int) v1alpha1.Rule {
			return v1alpha1.Rule{Expression: fmt.Sprintf("context.basket / 2.0 > %d.0 && channel.locale.startsWith('fr')", i)}
		},
	} {
		b.Run(name, func(b *testing.B) {
			ruleset := &v1alpha1.RoutingRuleset{Spec: v1alpha1.RoutingRulesetSpec{Type: v1alpha1.RulesetRouteToQueue}}
			ruleset.SetName("large")
			for i := range 1000 {
				r := rule(i)
				r.Name = fmt.Sprintf("rule-%d", i)
				r.Route = &v1alpha1.Route{QueueRef: &v1alpha1.QueueReference{Name: "general"}}
				ruleset.Spec.Rules = append(ruleset.Spec.Rules, r)
			}
			for b.Loop() {
				if problems, _ := admission.Review(ruleset); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
		})
	}
}
