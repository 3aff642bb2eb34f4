// SPDX-License-Identifier: Apache-2.0

package cel

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"workstream.dev/operator/api/v1alpha1"
)

// TestLimits: the sizes that the design promises are accepted by a real server, its budget for rules included, and the
// next one is refused.
func TestLimits(t *testing.T) {
	limits := map[string]struct {
		kind    string
		limit   int
		patch   func(n int) string
		message string
	}{
		"rules in a ruleset": {
			v1alpha1.KindRoutingRuleset, 1000,
			func(n int) string {
				return fmt.Sprintf("{spec: {rules: [%s]}}", list(n, `{name: rule-%d, when: {all: [`+
					`{attribute: context.tier, operator: Exists}, {any: [{attribute: channel.locale, operator: Exists}]}]}, `+
					`route: {`+split("a=50 b=50")+`}}`))
			},
			"must have at most 1000 items",
		},
		"rules in a ruleset that classifies": {
			v1alpha1.KindRoutingRuleset, 1000,
			func(n int) string {
				return fmt.Sprintf("{spec: {type: Classification, rules: [%s]}}", list(n, `{name: rule-%d, when: {all: [`+
					`{attribute: context.tier, operator: Exists}, {any: [{attribute: channel.locale, operator: Exists}]}]}, `+
					`set: {priority: 1, attributes: [{name: context.tier, value: gold}]}, skills: [{name: french}, {name: billing, rating: 3}], `+
					`capacityProfiles: [{name: chats}]}`))
			},
			"must have at most 1000 items",
		},
		"tests of a ruleset": {
			v1alpha1.KindRoutingRuleset, 200,
			func(n int) string {
				return `{spec: {tests: [` + list(n, `{name: test-%d, given: {context.tier: gold}, expect: {rule: all, queue: general}}`) + `]}}`
			},
			"must have at most 200 items",
		},
		"attributes of a test": {
			v1alpha1.KindRoutingRuleset, 100,
			func(n int) string {
				return tests(`{name: a, given: {` + list(n, "context.v%d: 1") + `}, expect: {rule: all}}`)
			},
			"must have at most 100 items",
		},
		"quick replies": {
			v1alpha1.KindWorkstream, 200,
			func(n int) string {
				return fmt.Sprintf("{spec: {agentExperience: {quickReplies: [%s]}}}", list(n, "{title: r-%d, locale: en, message: hello, tags: [a, b]}"))
			},
			"must have at most 200 items",
		},
		"tabs of a session": {
			v1alpha1.KindWorkstream, 20,
			func(n int) string {
				return fmt.Sprintf("{spec: {agentExperience: {sessionTemplate: {title: x, tabs: [%s]}}}}", list(n, "{title: t-%d, url: /x}"))
			},
			"must have at most 20 items",
		},
		"rulesets that classify": {
			v1alpha1.KindWorkstream, 10,
			func(n int) string {
				return fmt.Sprintf("{spec: {routing: {classification: [%s]}}}", list(n, "{name: r-%d}"))
			},
			"must have at most 10 items",
		},
		"rules of overflow": {
			v1alpha1.KindQueue, 10,
			func(n int) string {
				return fmt.Sprintf("{spec: {overflow: [%s]}}", list(n, "{when: WaitTime, after: 1m%ds, action: End}"))
			},
			"must have at most 10 items",
		},
		"skills of an agent": {
			v1alpha1.KindAgent, 500,
			func(n int) string { return fmt.Sprintf("{spec: {skills: [%s]}}", list(n, "{name: s-%d}")) },
			"must have at most 500 items",
		},
		"values of a comparison": {
			v1alpha1.KindRoutingRuleset, 100,
			func(n int) string {
				return when(`{attribute: a, operator: In, values: [` + list(n, "v%d") + `]}`)
			},
			"must have at most 100 items",
		},
		"queues of an agent": {
			v1alpha1.KindAgent, 500,
			func(n int) string { return fmt.Sprintf("{spec: {queueRefs: [%s]}}", list(n, "{name: q-%d}")) },
			"must have at most 500 items",
		},
	}
	c := server(t)
	for name, tc := range limits {
		t.Run(name, func(t *testing.T) {
			try := func(n int) error {
				o := patched(t, object(t, tc.kind, "limit"), tc.patch(n))
				return c.Create(t.Context(), o, client.DryRunAll)
			}
			if err := try(tc.limit); err != nil {
				t.Errorf("%d are not allowed: %v", tc.limit, err)
			}
			if err := try(tc.limit + 1); err == nil || !strings.Contains(err.Error(), tc.message) {
				t.Errorf("%d: %v", tc.limit+1, err)
			}
		})
	}
}

func list(n int, format string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(items, ", ")
}
