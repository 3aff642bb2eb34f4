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
		in.LastGood = map[string]Revision{}
		for i := range good.Objects {
			if o := &good.Objects[i]; o.Revision != nil && random.IntN(4) > 0 {
				in.LastGood[o.Name] = *o.Revision
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
		for i := range out.Objects {
			checkObject(t, seed, out.Plan, &out.Objects[i])
		}
		for i := range in.Workstreams {
			name := in.Workstreams[i].Name
			if _, served := in.LastGood[name]; served && in.Workstreams[i].DeletionTimestamp == nil && out.Plan.Workstream(name) == nil {
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
