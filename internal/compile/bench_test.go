// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/api/v1alpha1"
)

// namespaceOf is a namespace of n workstreams, each with a channel, two variables, five rules, a classification and a
// capacity profile, of n queues with hours and overflow, and of n agents with five queues, a skill and a profile each.
func namespaceOf(n int) *Input {
	in := &Input{Namespace: "contoso", Secrets: map[string][]string{"web": {v1alpha1.SigningSecretKey}}}
	meta := func(format string, args ...any) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: fmt.Sprintf(format, args...)}
	}
	queue := func(i int) v1alpha1.QueueReference {
		return v1alpha1.QueueReference{Name: v1alpha1.ObjectName(fmt.Sprintf("queue-%d", i%n))}
	}
	for i := range n {
		ws := v1alpha1.WorkstreamReference{Name: v1alpha1.ObjectName(fmt.Sprintf("ws-%d", i))}
		in.Workstreams = append(in.Workstreams, v1alpha1.Workstream{ObjectMeta: meta("ws-%d", i), Spec: v1alpha1.WorkstreamSpec{
			Type: v1alpha1.ItemTypeMessaging, ChannelType: v1alpha1.ChannelTypeCustom,
			WorkDistribution: v1alpha1.WorkDistribution{Capacity: v1alpha1.ItemCapacity{Units: new(int32(30))}},
			Routing: v1alpha1.WorkstreamRouting{
				Classification:   []v1alpha1.ClassificationRuleset{{Name: v1alpha1.ObjectName(fmt.Sprintf("needs-%d", i))}},
				RouteToQueue:     &v1alpha1.RouteToQueue{Name: v1alpha1.ObjectName(fmt.Sprintf("rules-%d", i))},
				FallbackQueueRef: queue(i),
			},
		}})
		in.Channels = append(in.Channels, v1alpha1.Channel{ObjectMeta: meta("channel-%d", i), Spec: v1alpha1.ChannelSpec{
			WorkstreamRef: ws, Type: v1alpha1.ChannelTypeCustom,
			Custom: &v1alpha1.CustomChannel{CredentialsSecretRef: v1alpha1.SecretReference{Name: "web"}},
		}})
		in.ContextVariables = append(in.ContextVariables,
			v1alpha1.ContextVariable{ObjectMeta: meta("tier-%d", i), Spec: v1alpha1.ContextVariableSpec{
				WorkstreamRef: ws, Name: "tier", Type: v1alpha1.VariableText,
			}},
			v1alpha1.ContextVariable{ObjectMeta: meta("basket-%d", i), Spec: v1alpha1.ContextVariableSpec{
				WorkstreamRef: ws, Name: "basket", Type: v1alpha1.VariableNumber,
			}})
		ruleset := v1alpha1.RoutingRuleset{ObjectMeta: meta("rules-%d", i), Spec: v1alpha1.RoutingRulesetSpec{Type: v1alpha1.RulesetRouteToQueue}}
		agent := v1alpha1.Agent{ObjectMeta: meta("agent-%d", i), Spec: v1alpha1.AgentSpec{Subject: fmt.Sprintf("agent-%d@contoso.com", i)}}
		for j := range 5 {
			ref := queue(i + j)
			ruleset.Spec.Rules = append(ruleset.Spec.Rules, v1alpha1.Rule{
				Name: fmt.Sprintf("rule-%d", j),
				When: &v1alpha1.Condition{All: []v1alpha1.NestedCondition{
					{Attribute: "context.tier", Operator: "Equal", Values: []string{"gold", "platinum"}},
					{Any: []v1alpha1.InnerCondition{
						{Attribute: "context.basket", Operator: "GreaterThan", Values: []string{"500"}},
						{Attribute: "channel.locale", Operator: "StartsWith", Values: []string{"fr"}},
					}},
				}},
				Route: &v1alpha1.Route{QueueRef: &ref},
			})
			agent.Spec.QueueRefs = append(agent.Spec.QueueRefs, ref)
		}
		profile := fmt.Sprintf("profile-%d", i)
		agent.Spec.Capacity.Profiles = []v1alpha1.AgentProfile{{Name: v1alpha1.ObjectName(profile)}}
		agent.Spec.Skills = []v1alpha1.AgentSkill{{Name: "french", Rating: 3}}
		in.CapacityProfiles = append(in.CapacityProfiles, v1alpha1.CapacityProfile{
			ObjectMeta: meta("profile-%d", i), Spec: v1alpha1.CapacityProfileSpec{Limit: 3},
		})
		in.OperatingHours = append(in.OperatingHours, v1alpha1.OperatingHours{
			ObjectMeta: meta("hours-%d", i), Spec: v1alpha1.OperatingHoursSpec{
				TimeZone: "Europe/Berlin", Weekly: []v1alpha1.WeeklyHours{{Days: []v1alpha1.Weekday{"Monday"}, From: "08:00", To: "17:00"}},
			},
		})
		in.RoutingRulesets = append(in.RoutingRulesets, ruleset, v1alpha1.RoutingRuleset{
			ObjectMeta: meta("needs-%d", i), Spec: v1alpha1.RoutingRulesetSpec{Type: v1alpha1.RulesetClassification, Rules: []v1alpha1.Rule{{
				Name: "gold", When: &v1alpha1.Condition{Attribute: "context.tier", Operator: "Exists"},
				Set:              &v1alpha1.Settings{Priority: 5, Attributes: []v1alpha1.AttributeSetting{{Name: "context.basket", Value: "1"}}},
				Skills:           []v1alpha1.RequiredSkill{{Name: "french"}},
				CapacityProfiles: []v1alpha1.RequiredProfile{{Name: v1alpha1.ObjectName(profile)}},
			}}},
		})
		in.Agents = append(in.Agents, agent)
		in.Queues = append(in.Queues, v1alpha1.Queue{ObjectMeta: meta("queue-%d", i), Spec: v1alpha1.QueueSpec{
			Type:              v1alpha1.ItemTypeMessaging,
			OperatingHoursRef: &v1alpha1.OperatingHoursReference{Name: v1alpha1.ObjectName(fmt.Sprintf("hours-%d", i))},
			Overflow:          overflowTo(i, n, queue(i+1)),
		}})
	}
	return in
}

// overflowTo has chains of queues that overflow into the next, four long.
func overflowTo(i, n int, next v1alpha1.QueueReference) []v1alpha1.Overflow {
	if i%4 == 3 || i == n-1 {
		return []v1alpha1.Overflow{{When: v1alpha1.OverflowOutOfHours, Action: v1alpha1.OverflowEnd}}
	}
	return []v1alpha1.Overflow{{When: v1alpha1.OverflowWaitTime, After: "1m", Action: v1alpha1.OverflowTransferTo, QueueRef: &next}}
}

// BenchmarkCompile shows that the cost grows with the namespace and no faster.
func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{50, 500, 5000} {
		if testing.Short() && n > 500 {
			break // it is the same once more
		}
		b.Run(fmt.Sprintf("workstreams=%d", n), func(b *testing.B) {
			in := namespaceOf(n)
			if out := mustCompile(b, in); len(out.Plan.Workstreams) != n || len(out.Plan.Channels) != n || len(out.Plan.Agents) != n {
				b.Fatal("not all of it is in the plan")
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compile(in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/workstream")
		})
	}
}
