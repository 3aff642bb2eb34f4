// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"workstream.dev/operator/api/v1alpha1"
)

const (
	secretName    = "web"
	dataplaneName = "default"
	// signingSecret is one that a distributor takes for usable.
	signingSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	skills        = 200
	// parallel is how many objects are made at a time.
	parallel = 16
)

func (s *stage) makeObjects(ctx context.Context) error {
	began := time.Now()
	for _, name := range []string{system, namespace} {
		if err := s.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return err
		}
	}
	objects := s.objects()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, o := range objects {
		group.Go(func() error {
			if err := s.client.Create(ctx, o); err != nil {
				return fmt.Errorf("making %T %s: %w", o, o.GetName(), err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	s.tell("objects", "%d made in %s: %d workstreams with %d rules each, %d agents, %d queues", len(objects),
		time.Since(began).Round(time.Second), s.options.workstreams, s.options.rules, s.options.agents, s.options.queues)
	return nil
}

func named(format string, args ...any) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf(format, args...)}
}

func (s *stage) objects() []client.Object {
	o := s.options
	list := []client.Object{
		&corev1.Secret{ObjectMeta: named(secretName), StringData: map[string]string{v1alpha1.SigningSecretKey: signingSecret}},
		&v1alpha1.Distributor{ObjectMeta: named(dataplaneName)},
		&v1alpha1.CapacityProfile{ObjectMeta: named("chats"), Spec: v1alpha1.CapacityProfileSpec{Limit: 3}},
		&v1alpha1.OperatingHours{ObjectMeta: named("office"), Spec: v1alpha1.OperatingHoursSpec{
			TimeZone: "Europe/Berlin", Weekly: []v1alpha1.WeeklyHours{{Days: []v1alpha1.Weekday{"Monday"}, From: "08:00", To: "17:00"}},
		}},
	}
	for i := range o.queues {
		list = append(list, &v1alpha1.Queue{ObjectMeta: named("queue-%d", i), Spec: v1alpha1.QueueSpec{
			Type: v1alpha1.ItemTypeMessaging, OperatingHoursRef: &v1alpha1.OperatingHoursReference{Name: "office"},
		}})
	}
	for i := range o.agents {
		list = append(list, s.agent(i))
	}
	for i := range o.workstreams {
		list = append(list, s.workstream(i)...)
	}
	return list
}

func (s *stage) queue(i int) v1alpha1.QueueReference {
	return v1alpha1.QueueReference{Name: v1alpha1.ObjectName(fmt.Sprintf("queue-%d", i%s.options.queues))}
}

func (s *stage) agent(i int) *v1alpha1.Agent {
	a := &v1alpha1.Agent{ObjectMeta: named("agent-%d", i), Spec: v1alpha1.AgentSpec{
		Subject: fmt.Sprintf("agent-%d@contoso.com", i), DisplayName: fmt.Sprintf("Agent %d", i),
		Capacity: v1alpha1.AgentCapacity{Units: new(int32(100)), Profiles: []v1alpha1.AgentProfile{{Name: "chats"}}},
	}}
	for j := range min(1+i%3, s.options.queues) {
		a.Spec.QueueRefs = append(a.Spec.QueueRefs, s.queue(i+j*7))
	}
	for j := range 10 {
		a.Spec.Skills = append(a.Spec.Skills, v1alpha1.AgentSkill{
			Name: v1alpha1.SkillName(fmt.Sprintf("skill-%d", (i*10+j)%skills)), Rating: int32(1 + (i+j)%10),
		})
	}
	return a
}

// workstream is a workstream with its ruleset and variables; every tenth has a channel.
func (s *stage) workstream(i int) []client.Object {
	ws := v1alpha1.WorkstreamReference{Name: v1alpha1.ObjectName(fmt.Sprintf("ws-%d", i))}
	list := []client.Object{
		&v1alpha1.Workstream{ObjectMeta: named("ws-%d", i), Spec: v1alpha1.WorkstreamSpec{
			Type: v1alpha1.ItemTypeMessaging, ChannelType: v1alpha1.ChannelTypeCustom,
			WorkDistribution: v1alpha1.WorkDistribution{Capacity: v1alpha1.ItemCapacity{Units: new(int32(30))}},
			Routing: v1alpha1.WorkstreamRouting{
				RouteToQueue:     &v1alpha1.RouteToQueue{Name: v1alpha1.ObjectName(fmt.Sprintf("rules-%d", i))},
				FallbackQueueRef: s.queue(i),
			},
		}},
		s.ruleset(i),
		&v1alpha1.ContextVariable{ObjectMeta: named("tier-%d", i), Spec: v1alpha1.ContextVariableSpec{
			WorkstreamRef: ws, Name: "tier", Type: v1alpha1.VariableText,
		}},
	}
	if i%2 == 0 {
		list = append(list, &v1alpha1.ContextVariable{ObjectMeta: named("basket-%d", i), Spec: v1alpha1.ContextVariableSpec{
			WorkstreamRef: ws, Name: "basket", Type: v1alpha1.VariableNumber,
		}})
	}
	if i%10 == 0 {
		list = append(list, &v1alpha1.Channel{ObjectMeta: named("channel-%d", i), Spec: v1alpha1.ChannelSpec{
			WorkstreamRef: ws, Type: v1alpha1.ChannelTypeCustom,
			Custom: &v1alpha1.CustomChannel{CredentialsSecretRef: v1alpha1.SecretReference{Name: secretName}},
		}})
	}
	return list
}

func (s *stage) ruleset(i int) *v1alpha1.RoutingRuleset {
	r := &v1alpha1.RoutingRuleset{ObjectMeta: named("rules-%d", i), Spec: v1alpha1.RoutingRulesetSpec{Type: v1alpha1.RulesetRouteToQueue}}
	for j := range s.options.rules {
		ref := s.queue(i + j)
		second := v1alpha1.NestedCondition{Attribute: "channel.locale", Operator: "StartsWith", Values: []string{"fr", "de"}}
		if i%2 == 0 {
			second = v1alpha1.NestedCondition{Attribute: "context.basket", Operator: "GreaterThan", Values: []string{"500"}}
		}
		r.Spec.Rules = append(r.Spec.Rules, v1alpha1.Rule{
			Name: fmt.Sprintf("rule-%d", j),
			When: &v1alpha1.Condition{All: []v1alpha1.NestedCondition{
				{Attribute: "context.tier", Operator: "In", Values: []string{"gold", "platinum", fmt.Sprintf("tier-%d", j)}}, second,
			}},
			Route: &v1alpha1.Route{QueueRef: &ref},
		})
	}
	return r
}
