// SPDX-License-Identifier: Apache-2.0

package routing_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/internal/planfeed"
)

var _ = Describe("Statuses by the hundred", func() {
	It("do not keep an edit from the replicas, and are all written afterwards", func(ctx SpecContext) {
		const agents = 600
		ns, f := newNamespace(ctx), newFeed()
		f.acknowledge = true
		f.replicas = []planfeed.Replica{{Name: dataplane.PodName("default", 0)}}
		Expect(env.Client.Create(ctx, defaultDistributor(ns))).To(Succeed())
		var group errgroup.Group
		group.SetLimit(16)
		for i := range agents {
			group.Go(func() error {
				name := fmt.Sprintf("agent-%d", i)
				return env.Client.Create(ctx, &routingv1alpha1.Agent{
					ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name},
					Spec: routingv1alpha1.AgentSpec{
						Subject: name, Capacity: routingv1alpha1.AgentCapacity{Units: new(int32(1))},
					},
				})
			})
		}
		Expect(group.Wait()).To(Succeed())
		programmed := func(g Gomega) (n int) {
			var list routingv1alpha1.AgentList
			g.Expect(env.Client.List(ctx, &list, client.InNamespace(ns))).To(Succeed())
			for i := range list.Items {
				if meta.IsStatusConditionTrue(list.Items[i].Status.Conditions, string(routingv1alpha1.ConditionProgrammed)) {
					n++
				}
			}
			return n
		}
		start(ctx, env.Config, ns, f)
		Eventually(programmed).Should(BeNumerically(">", 0))

		var agent routingv1alpha1.Agent
		Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "agent-0"}, &agent)).To(Succeed())
		agent.Spec.Capacity.Units = new(int32(77))
		Expect(env.Client.Update(ctx, &agent)).To(Succeed())
		Eventually(func() int32 {
			if a := f.plan().Agent("agent-0"); a != nil {
				return a.Units
			}
			return 0
		}).Should(BeEquivalentTo(77))
		Expect(programmed(Default)).To(BeNumerically("<", agents), "statuses that were still to be written when the edit's plan came")
		Eventually(programmed).Should(Equal(agents))
	})
})
