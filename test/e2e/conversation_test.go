// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"workstream.dev/operator/internal/testkit/apiclient"
)

var _ = Describe("The first conversation", Ordered, func() {
	It("goes from a signed webhook through rules and an offer to an agent, and ends", func(ctx SpecContext) {
		ann, stream := contoso.desktop(ctx, "ann")
		talk := apiclient.NewID()
		a := contoso.message(ctx, talk, "gold", "one")
		o := offer(ctx, stream, a.Item)
		it, err := ann.Item(ctx, a.Item)
		Expect(err).NotTo(HaveOccurred())
		Expect(it.Queue).To(Equal("vip"))
		_, err = ann.Do(ctx, "offers/"+o.Offer+"/accept", nil)
		Expect(err).NotTo(HaveOccurred())
		_, err = ann.Do(ctx, "items/"+a.Item+"/messages", map[string]string{"id": "r1", "text": "two"})
		Expect(err).NotTo(HaveOccurred())
		contoso.message(ctx, talk, "gold", "three")
		Expect(texts(ctx, ann, a.Item)).To(Equal([]string{"one", "two", "three"}))
		finish(ctx, ann, a.Item)
		it, err = ann.Item(ctx, a.Item)
		Expect(err).NotTo(HaveOccurred())
		Expect(it.State).To(Equal("Closed"))
		steps, err := contoso.agent("carol").Trace(ctx, a.Item)
		Expect(err).NotTo(HaveOccurred())
		var names []string
		for _, s := range steps {
			names = append(names, s.Step)
		}
		Expect(names).To(ContainElements("opened", "routed", "queued", "offered", "assigned", "wrapUp", "closed"))
	})

	It("takes a record in once for one idempotency key, and lets an agent pick it", func(ctx SpecContext) {
		system := contoso.caller("case-system", "Integration")
		key := apiclient.NewID()
		body := map[string]any{"id": "CAS-" + key, "attributes": map[string]any{"priority": "high"}}
		a, err := system.Record(ctx, "contoso-cases", key, body)
		Expect(err).NotTo(HaveOccurred())
		again, err := system.Record(ctx, "contoso-cases", key, body)
		Expect(err).NotTo(HaveOccurred())
		Expect(again.Operation).To(Equal(a.Operation))
		Expect(again.Duplicate).To(BeTrue())
		ann, _ := contoso.desktop(ctx, "ann")
		_, err = ann.Do(ctx, "items/"+a.Item+"/pick", nil)
		Expect(err).NotTo(HaveOccurred())
		_, err = ann.Do(ctx, "items/"+a.Item+"/end", nil)
		Expect(err).NotTo(HaveOccurred())
	})

	It("routes by an edited rule once that is Programmed, and by the old one before", func(ctx SpecContext) {
		const ruleset = "routingruleset/contoso-queues"
		ann, stream := contoso.desktop(ctx, "ann")
		patch := `[{"op":"add","path":"/spec/rules/0","value":{"name":"all","route":{"queueRef":{"name":"french"}}}}]`
		kubectl(ctx, "patch", "--namespace", contoso.namespace, ruleset, "--type=json", "-p", patch)
		contoso.programmed(ctx, ruleset)
		a := contoso.message(ctx, apiclient.NewID(), "gold", "hi")
		o := offer(ctx, stream, a.Item)
		it, err := ann.Item(ctx, a.Item)
		Expect(err).NotTo(HaveOccurred())
		Expect(it.Queue).To(Equal("french"))
		_, err = ann.Do(ctx, "offers/"+o.Offer+"/accept", nil)
		Expect(err).NotTo(HaveOccurred())
		finish(ctx, ann, a.Item)
		kubectl(ctx, "patch", "--namespace", contoso.namespace, ruleset, "--type=json", "-p", `[{"op":"remove","path":"/spec/rules/0"}]`)
		contoso.programmed(ctx, ruleset)
	})

	It("is found by the names that a user would type", func(ctx SpecContext) {
		for _, name := range []string{"workstream", "workstreams", "ws"} {
			Expect(kubectl(ctx, "get", "--namespace", contoso.namespace, name, "contoso-chat")).To(ContainSubstring("True"))
		}
		Expect(kubectl(ctx, "get", "--namespace", contoso.namespace, "routing", "-o", "name")).To(And(
			ContainSubstring("workstream.routing.workstream.dev/contoso-chat"), ContainSubstring("agent.routing.workstream.dev/ann")))
	})

	It("serves health, readiness and metrics on its own port", func(ctx SpecContext) {
		admin, err := cluster.Forward(ctx, contoso.namespace, "pod/workstream-default-0", 9090)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(admin.Close)
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			Eventually(func(g Gomega) {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, admin.URL+path, nil)
				g.Expect(err).NotTo(HaveOccurred())
				resp, err := http.DefaultClient.Do(req)
				g.Expect(err).NotTo(HaveOccurred())
				defer resp.Body.Close()
				g.Expect(resp.StatusCode).To(Equal(http.StatusOK), path)
			}).WithContext(ctx).WithTimeout(soon).Should(Succeed())
		}
	})
})
