// SPDX-License-Identifier: Apache-2.0

package routing_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
)

var _ = Describe("A directory", func() {
	It("notices capacity profiles and operating hours that come and go", func(ctx SpecContext) {
		ns, f := newNamespace(ctx), newFeed()
		Expect(env.Client.Create(ctx, defaultDistributor(ns))).To(Succeed())
		start(ctx, env.Config, ns, f)
		Expect(env.Apply(ctx, ns, `
kind: Queue
metadata: {name: general}
spec: {type: Messaging, operatingHoursRef: {name: office}}
---
kind: Agent
metadata: {name: ann}
spec: {subject: ann@example.org, capacity: {profiles: [{name: chats}]}, queueRefs: [{name: general}]}
---
kind: Workstream
metadata: {name: chat}
spec:
  type: Messaging
  channelType: Custom
  workDistribution: {capacity: {profileRef: {name: chats}}}
  routing: {fallbackQueueRef: {name: general}}
`)).To(Succeed())
		refs := map[string]func() string{
			"OperatingHoursNotFound":  condition(ctx, ns, &routingv1alpha1.Queue{}, "general", routingv1alpha1.ConditionResolvedRefs),
			"CapacityProfileNotFound": condition(ctx, ns, &routingv1alpha1.Workstream{}, "chat", routingv1alpha1.ConditionResolvedRefs),
		}
		for reason, said := range refs {
			Eventually(said).Should(HavePrefix("False " + reason))
		}
		Expect(env.Apply(ctx, ns, `
kind: CapacityProfile
metadata: {name: chats}
spec: {limit: 3}
---
kind: OperatingHours
metadata: {name: office}
spec: {timeZone: Europe/Berlin, weekly: [{days: [Monday], from: "08:00", to: "17:00"}]}
`)).To(Succeed())
		for _, said := range refs {
			Eventually(said).Should(HavePrefix("True ResolvedRefs"))
		}
		var profile routingv1alpha1.CapacityProfile
		var hours routingv1alpha1.OperatingHours
		Eventually(func(g Gomega) {
			g.Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "chats"}, &profile)).To(Succeed())
			g.Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "office"}, &hours)).To(Succeed())
			g.Expect([]*int32{profile.Status.Agents, profile.Status.Workstreams, hours.Status.Queues}).To(HaveEach(HaveValue(BeEquivalentTo(1))))
		}).Should(Succeed())
		Eventually(func() bool { return f.plan().Profile("chats") != nil && f.plan().Hours("office") != nil }).Should(BeTrue())
		Eventually(func(g Gomega) { // they are held behind the statuses; before that they would go at once
			g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(&profile), &profile)).To(Succeed())
			g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(&hours), &hours)).To(Succeed())
			g.Expect([][]string{profile.Finalizers, hours.Finalizers}).To(HaveEach(ContainElement(routingv1alpha1.FinalizerInUse)))
		}).Should(Succeed())
		Expect(env.Client.Delete(ctx, &profile)).To(Succeed())
		Expect(env.Client.Delete(ctx, &hours)).To(Succeed())
		// Somebody takes them away by force.
		withoutFinalizers := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
		Expect(env.Client.Patch(ctx, &profile, withoutFinalizers)).To(Succeed())
		Expect(env.Client.Patch(ctx, &hours, withoutFinalizers)).To(Succeed())
		for reason, said := range refs {
			Eventually(said).Should(HavePrefix("False " + reason))
		}
		p := f.plan() // what ran goes on
		Expect(p.Workstream("chat")).NotTo(BeNil())
		Expect(p.Profile("chats")).NotTo(BeNil())
		Expect(p.Agent("ann").Profiles).To(HaveLen(1))
		Expect(p.Hours(p.Queue("general").Hours)).NotTo(BeNil())
	}, SpecTimeout(specTimeout))
})
