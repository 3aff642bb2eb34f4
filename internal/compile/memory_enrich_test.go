// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"fmt"
	"math/rand/v2"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/api/v1alpha1"
)

// enrich gives some objects what depends on others or on little of their own: calendars in conditions, expressions, tests of
// rules, templates, kinds of variables, and a deletion that is held or not.
func enrich(random *rand.Rand, in *Input, size int) {
	for i := range in.RoutingRulesets {
		enrichRules(random, &in.RoutingRulesets[i].Spec, size)
	}
	for i := range in.Workstreams {
		spec := &in.Workstreams[i].Spec
		switch random.IntN(12) {
		case 0, 1:
			message := []string{"hello {customer.name}", "hello {nobody}"}[random.IntN(2)]
			spec.AgentExperience = &v1alpha1.AgentExperience{QuickReplies: []v1alpha1.QuickReply{{Title: "hello", Locale: "fr", Message: message}}}
		case 2:
			spec.Type = v1alpha1.ItemTypeRecord
		case 3:
			spec.WorkDistribution.Capacity.ProfileRef = &v1alpha1.CapacityProfileReference{Name: anyOf(random, "profile", size)}
		}
	}
	for i := range in.OperatingHours {
		if random.IntN(4) == 0 {
			in.OperatingHours[i].Spec.Weekly[0].To = "18:00"
		}
	}
	for i := range in.ContextVariables {
		switch random.IntN(8) {
		case 0:
			in.ContextVariables[i].Spec.Name = "other"
		case 1:
			in.ContextVariables[i].Spec.Type = v1alpha1.VariableNumber
		}
	}
	leave(random, in.Queues)
	leave(random, in.RoutingRulesets)
	leave(random, in.OperatingHours)
	leave(random, in.CapacityProfiles)
	leave(random, in.ContextVariables)
}

func enrichRules(random *rand.Rand, spec *v1alpha1.RoutingRulesetSpec, size int) {
	first := &spec.Rules[0]
	hours := &v1alpha1.Condition{
		Attribute: "item.createdAt", Operator: "Within",
		OperatingHoursRef: &v1alpha1.OperatingHoursReference{Name: anyOf(random, "hours", size+2)},
	}
	switch random.IntN(7) {
	case 0:
		first.When = hours
	case 1:
		first.Expression = `context.tier == "gold"`
	case 2:
		first.Expression = `context.nobody == "gold"`
	case 3:
		if random.IntN(2) == 0 {
			first.When = hours
		}
		spec.Tests = []v1alpha1.RuleTest{{
			Name: "monday", Expect: v1alpha1.Expectation{Rule: first.Name},
			Given: map[string]v1alpha1.AttributeValue{
				"context.tier": v1alpha1.AttributeValue(`"gold"`), "item.createdAt": v1alpha1.AttributeValue(`"2026-11-23T16:30:00Z"`),
			},
		}}
	}
}

func anyOf(random *rand.Rand, kind string, size int) v1alpha1.ObjectName {
	return v1alpha1.ObjectName(fmt.Sprintf("%s-%d", kind, random.IntN(size)))
}

// leave deletes some objects, some of which are held.
func leave[T any, P interface {
	*T
	metav1.Object
}](random *rand.Rand, objects []T) {
	now := metav1.Unix(1, 0)
	for i := range objects {
		o := P(&objects[i])
		switch random.IntN(8) {
		case 0:
			o.SetDeletionTimestamp(&now)
		case 1:
			o.SetDeletionTimestamp(&now)
			o.SetFinalizers([]string{v1alpha1.FinalizerInUse})
		}
	}
}
