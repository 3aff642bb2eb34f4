// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"fmt"
	"testing"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
)

// TestRuleTestHoldsARevisionBack: rules that were changed count as soon as their test passes. As long as it fails, items go
// where the rules before sent them.
func TestRuleTestHoldsARevisionBack(t *testing.T) {
	const ruleset = "kind: RoutingRuleset\nmetadata: {name: queues}\nspec:\n  type: RouteToQueue\n  rules:\n" +
		"  - {name: gold, when: {attribute: context.tier, operator: Equal, values: [gold]}, route: {queueRef: {name: %s}}}\n" +
		"  tests:\n  - {name: gold goes where it should, given: {context.tier: gold}, expect: {rule: gold, queue: %s}}\n"
	manifests := func(routes, expects string) string {
		return setting{
			routing: "routeToQueue: {name: queues}", agents: []string{"ann " + units},
			more: []string{fmt.Sprintf(ruleset, routes, expects), fmt.Sprintf(second, "")},
		}.manifests()
	}
	for name, tc := range map[string]struct {
		expects string
		queue   string
		reason  string
	}{
		"passes": {"second", "second", string(v1alpha1.RoutingRulesetReasonAccepted)},
		"fails":  {"general", "general", string(v1alpha1.RoutingRulesetReasonTestFailed)},
	} {
		t.Run(name, func(t *testing.T) {
			before, err := compile.Compile(inputOf(t, manifests("general", "general")))
			must(t, err)
			changed := inputOf(t, manifests("second", tc.expects))
			changed.LastGood = compile.RevisionsByName{"chat": before.Object(v1alpha1.KindWorkstream, "chat").Revision}
			after, err := compile.Compile(changed)
			must(t, err)
			if got := after.Object(v1alpha1.KindRoutingRuleset, "queues").Findings[0].Reason; got != tc.reason {
				t.Errorf("the ruleset has the reason %s, want %s", got, tc.reason)
			}
			w := startPlan(t, after.Body)
			if it := w.item(w.write("c1", "gold")); it.Queue != tc.queue {
				t.Errorf("the item is in queue %s, want %s", it.Queue, tc.queue)
			}
		})
	}
}
