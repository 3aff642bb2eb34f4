// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// TestWhateverBreaksThePlanStands breaks a good namespace in many random ways at once. The plan never contradicts itself,
// whoever was served is served, and everything that is not in the plan has a reason.
func TestWhateverBreaksThePlanStands(t *testing.T) {
	seeds := []uint64{1} // one that is always the same
	for i := range 100 {
		seeds = append(seeds, uint64(time.Now().UnixNano())+uint64(i))
	}
	const size = 8
	good := mustCompile(t, namespaceOf(size))
	for _, seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 0))
		in := namespaceOf(size)
		lastGood := RevisionsByName{}
		in.LastGood = lastGood
		for o := range good.All() {
			if o.Revision != nil && random.IntN(4) > 0 {
				lastGood[o.Name] = o.Revision
			}
		}
		breakUp(random, in)
		out, err := Compile(in)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		decoded, err := plan.Decode(out.Body)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if body, _, err := decoded.Encode(); err != nil || !bytes.Equal(body, out.Body) {
			t.Fatalf("seed %d: encoding again gives another plan: %v", seed, err)
		}
		checkNames(t, seed, out.Plan)
		for o := range out.All() {
			checkObject(t, seed, out.Plan, o)
		}
		for i := range in.Workstreams {
			name := in.Workstreams[i].Name
			if served := lastGood[name] != nil; served && in.Workstreams[i].DeletionTimestamp == nil && out.Plan.Workstream(name) == nil {
				t.Errorf("seed %d: Workstream %s was served and is not any more", seed, name)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// breakUp drops, deletes and changes objects.
func breakUp(random *rand.Rand, in *Input) {
	now := metav1.Unix(1, 0)
	in.Queues = slices.DeleteFunc(in.Queues, func(v1alpha1.Queue) bool { return random.IntN(8) == 0 })
	in.ContextVariables = slices.DeleteFunc(in.ContextVariables, func(v1alpha1.ContextVariable) bool { return random.IntN(8) == 0 })
	in.RoutingRulesets = slices.DeleteFunc(in.RoutingRulesets, func(v1alpha1.RoutingRuleset) bool { return random.IntN(8) == 0 })
	in.CapacityProfiles = slices.DeleteFunc(in.CapacityProfiles, func(v1alpha1.CapacityProfile) bool { return random.IntN(8) == 0 })
	in.OperatingHours = slices.DeleteFunc(in.OperatingHours, func(v1alpha1.OperatingHours) bool { return random.IntN(8) == 0 })
	breakDirectory(random, in)
	for i := range in.Workstreams {
		switch random.IntN(10) {
		case 0:
			in.Workstreams[i].DeletionTimestamp = &now
		case 1:
			in.Workstreams[i].Spec.WorkDistribution.AutoCloseAfterInactivity = "never"
		case 2:
			in.Workstreams[i].Spec.Routing.FallbackQueueRef.Name = "nowhere"
		}
	}
	for i := range in.RoutingRulesets {
		if in.RoutingRulesets[i].Spec.Type == v1alpha1.RulesetClassification {
			breakClassification(random, &in.RoutingRulesets[i].Spec.Rules[0])
			continue
		}
		one := &in.RoutingRulesets[i].Spec.Rules[random.IntN(5)]
		switch random.IntN(10) {
		case 0:
			one.When.Attribute = "context.tier"
		case 1:
			one.When.All[1].Any[0].Values = []string{"much"}
		case 2:
			one.When.All[0].Attribute = "context.other"
		case 3:
			one.When.All[0].Operator = "LessThan"
		case 4:
			one.Route.QueueRef = nil
		}
	}
	for i := range in.Queues {
		if random.IntN(8) == 0 {
			in.Queues[i].DeletionTimestamp = &now
		}
	}
	for i := range in.Agents {
		if random.IntN(4) == 0 {
			in.Agents[i].Spec.Subject = in.Agents[random.IntN(len(in.Agents))].Spec.Subject
		}
	}
	for i := range in.Channels {
		custom := in.Channels[i].Spec.Custom
		switch random.IntN(8) {
		case 0:
			custom.Address = in.Channels[random.IntN(len(in.Channels))].Name
		case 1:
			custom.CredentialsSecretRef.Name = "missing"
		case 2:
			in.Channels[i].Spec.WorkstreamRef.Name = "nowhere"
		}
	}
}

// breakDirectory breaks what is live and never part of a revision.
func breakDirectory(random *rand.Rand, in *Input) {
	for i := range in.OperatingHours {
		switch random.IntN(8) {
		case 0:
			in.OperatingHours[i].Spec.TimeZone = "Local"
		case 1:
			in.OperatingHours[i].Spec.Weekly[0].From = "25:00"
		}
	}
	for i := range in.Queues {
		q := &in.Queues[i].Spec
		to := &v1alpha1.QueueReference{Name: v1alpha1.ObjectName(in.Queues[random.IntN(len(in.Queues))].Name)}
		switch random.IntN(6) {
		case 0:
			q.Overflow = []v1alpha1.Overflow{{When: v1alpha1.OverflowWaitTime, After: "1m", Action: v1alpha1.OverflowTransferTo, QueueRef: to}}
		case 1:
			q.Overflow = []v1alpha1.Overflow{{When: v1alpha1.OverflowWaitTime, Action: v1alpha1.OverflowTransferTo}}
		case 2:
			q.Type = v1alpha1.ItemTypeRecord
		}
	}
	for i := range in.Agents {
		if random.IntN(6) == 0 {
			in.Agents[i].Spec.TimeZone = "nowhere"
		}
	}
}

func breakClassification(random *rand.Rand, r *v1alpha1.Rule) {
	switch random.IntN(10) {
	case 0:
		r.CapacityProfiles[0].Name = "nowhere"
	case 1:
		r.Set.Attributes[0].Value = "much"
	case 2:
		r.Set.Attributes[0].Name = "context.other"
	case 3:
		r.When.Attribute = "items.priority"
	}
}

// checkNames: what the engine looks up by name is in the plan.
func checkNames(t *testing.T, seed uint64, p *plan.Plan) {
	t.Helper()
	for i := range p.Workstreams {
		for _, name := range profileNames(&p.Workstreams[i]) {
			if p.Profile(name) == nil {
				t.Errorf("seed %d: Workstream %s needs the profile %s, which is not in the plan", seed, p.Workstreams[i].Name, name)
			}
		}
	}
	for i := range p.Agents {
		for _, slot := range p.Agents[i].Profiles {
			if p.Profile(slot.Name) == nil || slot.Limit < 1 {
				t.Errorf("seed %d: Agent %s has the slots %+v", seed, p.Agents[i].Name, slot)
			}
		}
	}
	for i := range p.Queues {
		at, seen := &p.Queues[i], 0
		for at != nil && seen <= len(p.Queues) { // each queue has at most one rule here
			seen++
			next := (*plan.Queue)(nil)
			for _, o := range at.Overflow {
				if o.Action == plan.TransferTo {
					next = p.Queue(o.Queue)
				}
			}
			if next != nil && next.Type != at.Type {
				t.Errorf("seed %d: Queue %s overflows to one of another type", seed, at.Name)
			}
			at = next
		}
		if seen > len(p.Queues) {
			t.Errorf("seed %d: items of Queue %s can go round for ever", seed, p.Queues[i].Name)
		}
	}
}

func checkObject(t *testing.T, seed uint64, p *plan.Plan, o *Object) {
	t.Helper()
	if len(o.Findings) != 2 || o.Findings[0].Condition != v1alpha1.ConditionAccepted || o.Findings[1].Condition != v1alpha1.ConditionResolvedRefs {
		t.Errorf("seed %d: %s %s: findings %v", seed, o.Kind, o.Name, o.Findings)
	}
	good := true
	for _, f := range o.Findings {
		good = good && f.Status == metav1.ConditionTrue
		if f.Reason == "" || f.Message == "" || len(f.Message) > maxMessage {
			t.Errorf("seed %d: %s %s: finding %v", seed, o.Kind, o.Name, f)
		}
	}
	if !good && o.Absent == "" {
		t.Errorf("seed %d: %s %s is not well and said to be in the plan", seed, o.Kind, o.Name)
	}
	present := true
	switch o.Kind {
	case v1alpha1.KindWorkstream:
		present = p.Workstream(o.Name) != nil
	case v1alpha1.KindChannel:
		present = p.Channel(o.Name) != nil
	case v1alpha1.KindQueue:
		present = p.Queue(o.Name) != nil
	case v1alpha1.KindAgent:
		present = p.Agent(o.Name) != nil
	}
	if !present && o.Absent == "" {
		t.Errorf("seed %d: %s %s is not in the plan and said to be", seed, o.Kind, o.Name)
	}
}
