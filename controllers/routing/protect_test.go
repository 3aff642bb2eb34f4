// SPDX-License-Identifier: Apache-2.0

package routing_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/planfeed"
	"workstream.dev/operator/internal/testkit/kubetest"
)

// inUse has an object of each kind that is protected, and one that needs it.
var inUse = join(queues, workstream, variable, `
kind: RoutingRuleset
metadata: {name: rules}
spec:
  type: RouteToQueue
  rules: [{name: vip, when: {attribute: context.tier, operator: Equal, values: [gold]}, route: {queueRef: {name: vip}}}]
`, `
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, capacityProfiles: [{name: demo}]}]}
`, `
kind: CapacityProfile
metadata: {name: demo}
spec: {limit: 3}
`, `
kind: OperatingHours
metadata: {name: office}
spec: {timeZone: Europe/Berlin, weekly: [{days: [Monday], from: "08:00", to: "17:00"}]}
`, `
kind: Queue
metadata: {name: general}
spec: {type: Messaging, operatingHoursRef: {name: office}}
`)

// used is each kind with the name of the one in use, who says so, and what ends that.
var used = []struct {
	object conditioned
	name   string
	users  string
	unused string // applied instead of the user
}{
	{&routingv1alpha1.Queue{}, "vip", `RoutingRuleset "rules"`, ruleset("general", "gold")},
	{&routingv1alpha1.ContextVariable{}, "chat-tier", `RoutingRuleset "rules"`, `
kind: RoutingRuleset
metadata: {name: rules}
spec: {type: RouteToQueue, rules: [{name: all, route: {queueRef: {name: general}}}]}
`},
	{&routingv1alpha1.RoutingRuleset{}, "rules", `Workstream "chat"`, `
kind: Workstream
metadata: {name: chat}
spec:
  type: Messaging
  channelType: Custom
  workDistribution: {mode: Push, capacity: {units: 30}}
  routing: {fallbackQueueRef: {name: general}}
`},
	{&routingv1alpha1.CapacityProfile{}, "demo", `RoutingRuleset "needs"`, `
kind: RoutingRuleset
metadata: {name: needs}
spec: {type: Classification, rules: [{name: all, skills: [{name: french}]}]}
`},
	{&routingv1alpha1.OperatingHours{}, "office", `Queue "general"`, `
kind: Queue
metadata: {name: general}
spec: {type: Messaging}
`},
}

// deletion reads how far the deletion of an object is.
func deletion(ctx context.Context, ns string, obj conditioned, name string) func() string {
	return func() string {
		err := env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: name}, obj)
		switch {
		case apierrors.IsNotFound(err):
			return "gone"
		case err != nil:
			return err.Error()
		}
		c := meta.FindStatusCondition(obj.GetConditions(), string(routingv1alpha1.ConditionTerminating))
		if c == nil {
			return "no condition"
		}
		return fmt.Sprintf("%s %s: %s", c.Status, c.Reason, c.Message)
	}
}

var _ = Describe("What is in use", func() {
	var ns string
	var f *feed
	BeforeEach(func(ctx SpecContext) {
		ns = newNamespace(ctx)
		f = newFeed()
		f.acknowledge = true
		f.replicas = []planfeed.Replica{{Name: replicaName}}
		Expect(env.Client.Create(ctx, defaultDistributor(ns))).To(Succeed())
		Expect(env.Apply(ctx, ns, inUse)).To(Succeed())
	})
	// held waits until all that is protected is.
	held := func(ctx context.Context) {
		GinkgoHelper()
		for _, u := range used {
			Eventually(func(g Gomega) {
				g.Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: u.name}, u.object)).To(Succeed())
				g.Expect(u.object.GetFinalizers()).To(ContainElement(routingv1alpha1.FinalizerInUse))
			}).Should(Succeed(), u.name)
			Eventually(programmedOrUnused(ctx, ns, u.object, u.name)).Should(BeTrue(), u.name)
		}
	}
	remove := func(ctx context.Context, obj conditioned, name string) {
		GinkgoHelper()
		obj.SetNamespace(ns)
		obj.SetName(name)
		Expect(env.Client.Delete(ctx, obj)).To(Succeed())
	}

	for _, u := range used {
		It(fmt.Sprintf("stays in the plan until nothing needs it, and says who does: %T", u.object), func(ctx SpecContext) {
			stop := start(ctx, env.Config, ns, f)
			held(ctx)
			version := f.version()
			remove(ctx, u.object, u.name)
			want := "True InUse: it goes when nothing needs it any more; it is in use by " + u.users
			Eventually(deletion(ctx, ns, u.object, u.name)).Should(Equal(want))
			Expect(f.version()).To(Equal(version))

			By("restarting the manager")
			stop()
			cfg, writes := kubetest.Count(env.Config)
			start(ctx, cfg, ns, f)
			Consistently(deletion(ctx, ns, u.object, u.name)).WithTimeout(quiet).Should(Equal(want))
			Expect(f.version()).To(Equal(version))
			Expect(writes.Seen()).To(BeEmpty())

			By("taking it out of its user")
			Expect(env.Apply(ctx, ns, u.unused)).To(Succeed())
			Eventually(deletion(ctx, ns, u.object, u.name)).Should(Equal("gone"))
		}, SpecTimeout(specTimeout))
	}

	It("goes with its users, and leaves nothing behind", func(ctx SpecContext) {
		start(ctx, env.Config, ns, f)
		Expect(env.Apply(ctx, ns, join(circle("one", "two"), circle("two", "one"), agent))).To(Succeed())
		held(ctx)
		removeAll(ctx, ns)
	}, SpecTimeout(specTimeout))

	It("goes with its users in any order, one after the other", func(ctx SpecContext) {
		start(ctx, env.Config, ns, f)
		held(ctx)
		for _, u := range used { // what is used before who uses it
			remove(ctx, u.object, u.name)
			Eventually(deletion(ctx, ns, u.object, u.name)).Should(HavePrefix("True InUse"))
		}
		Expect(env.Client.DeleteAllOf(ctx, &routingv1alpha1.Workstream{}, client.InNamespace(ns))).To(Succeed())
		Eventually(deletion(ctx, ns, &routingv1alpha1.RoutingRuleset{}, "rules")).Should(Equal("gone"))
		Eventually(deletion(ctx, ns, &routingv1alpha1.Queue{}, "vip")).Should(Equal("gone"))
		Eventually(deletion(ctx, ns, &routingv1alpha1.ContextVariable{}, "chat-tier")).Should(Equal("gone"))
		remove(ctx, &routingv1alpha1.RoutingRuleset{}, "needs")
		Eventually(deletion(ctx, ns, &routingv1alpha1.CapacityProfile{}, "demo")).Should(Equal("gone"))
		remove(ctx, &routingv1alpha1.Queue{}, "general")
		Eventually(deletion(ctx, ns, &routingv1alpha1.OperatingHours{}, "office")).Should(Equal("gone"))
	}, SpecTimeout(specTimeout))

	It("is gone from the plan when only the finalizers of others keep it", func(ctx SpecContext) {
		start(ctx, env.Config, ns, f)
		held(ctx)
		var q routingv1alpha1.Queue
		Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "vip"}, &q)).To(Succeed())
		before := q.DeepCopy()
		q.Finalizers = append(q.Finalizers, "example.org/backup")
		Expect(env.Client.Patch(ctx, &q, client.MergeFrom(before))).To(Succeed())
		remove(ctx, &routingv1alpha1.Queue{}, "vip")
		Eventually(deletion(ctx, ns, &q, "vip")).Should(HavePrefix("True InUse"))
		Expect(env.Apply(ctx, ns, ruleset("general", "gold"))).To(Succeed())
		Eventually(func() bool { return f.plan().Queue("vip") == nil }).Should(BeTrue())
		Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "vip"}, &q)).To(Succeed())
		Expect(q.Finalizers).To(Equal([]string{"example.org/backup"}))
		q.Finalizers = nil
		Expect(env.Client.Update(ctx, &q)).To(Succeed())
		Eventually(deletion(ctx, ns, &q, "vip")).Should(Equal("gone"))
	}, SpecTimeout(specTimeout))

	It("is held by one write for each object, and none at rest", func(ctx SpecContext) {
		cfg, writes := kubetest.Count(env.Config)
		start(ctx, cfg, ns, f)
		held(ctx)
		seen := settled(writes)
		for _, u := range used {
			path := fmt.Sprintf("/namespaces/%s/%s/%s", ns, plural(u.object), u.name)
			Expect(seen).To(ContainElement(HaveSuffix(path)), path)
			count := 0
			for _, w := range seen {
				if w == "PATCH /apis/"+routingv1alpha1.GroupVersion.String()+path {
					count++
				}
			}
			Expect(count).To(Equal(1), path)
		}
		Consistently(writes.Seen).WithTimeout(quiet).Should(Equal(seen))
	}, SpecTimeout(specTimeout))
})

// circle is a queue that overflows to another.
func circle(name, to string) string {
	return fmt.Sprintf(`
kind: Queue
metadata: {name: %s}
spec: {type: Messaging, overflow: [{when: WaitTime, after: 1m, action: TransferTo, queueRef: {name: %s}}]}
`, name, to)
}

func plural(o client.Object) string {
	switch o.(type) {
	case *routingv1alpha1.Queue:
		return "queues"
	case *routingv1alpha1.ContextVariable:
		return "contextvariables"
	case *routingv1alpha1.RoutingRuleset:
		return "routingrulesets"
	case *routingv1alpha1.CapacityProfile:
		return "capacityprofiles"
	default:
		return "operatinghours"
	}
}

// programmedOrUnused waits for the status that follows the last edit, so that nothing is written behind a spec's back.
func programmedOrUnused(ctx context.Context, ns string, obj conditioned, name string) func() bool {
	return func() bool {
		text := programmed(ctx, ns, obj, name)()
		return text == yes || text == "False NotInPlan: no Workstream uses the ruleset"
	}
}
