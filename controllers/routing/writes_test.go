// SPDX-License-Identifier: Apache-2.0

package routing_test

import (
	"fmt"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/internal/planfeed"
)

// gate lets the statuses of agents be written only as the spec says: how many are written meanwhile is not left to how
// fast the machine is.
type gate struct {
	next  http.RoundTripper
	pass  chan struct{} // one for each status
	total int
}

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.Contains(req.URL.Path, "/agents/") && strings.HasSuffix(req.URL.Path, "/status") {
		select {
		case <-g.pass:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	return g.next.RoundTrip(req)
}

// let lets one more be written, if all that were let before are.
func (g *gate) let() {
	select {
	case g.pass <- struct{}{}:
		g.total++
	default:
	}
}

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
		g := &gate{pass: make(chan struct{}, 1)}
		cfg := rest.CopyConfig(env.Config)
		cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
			g.next = next
			return g
		})
		start(ctx, cfg, ns, f)
		Eventually(func(o Gomega) int {
			g.let()
			return programmed(o)
		}).Should(BeNumerically(">", 0))

		var agent routingv1alpha1.Agent
		Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "agent-0"}, &agent)).To(Succeed())
		agent.Spec.Capacity.Units = new(int32(77))
		Expect(env.Client.Update(ctx, &agent)).To(Succeed())
		Eventually(func() int32 {
			g.let()
			if a := f.plan().Agent("agent-0"); a != nil {
				return a.Units
			}
			return 0
		}).Should(BeEquivalentTo(77))
		Expect(g.total).To(BeNumerically("<", agents), "the statuses that were written when the edit's plan came")
		close(g.pass)
		Eventually(programmed).Should(Equal(agents))
	})
})
