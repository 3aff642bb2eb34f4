// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"workstream.dev/operator/internal/testkit/apiclient"
)

var _ = Describe("A full volume", func() {
	It("refuses intake with 503 and keeps what it has", func(ctx SpecContext) {
		if !cluster.Local {
			Skip("needs the storage class small-memory of the local cluster")
		}
		w := newWorld(ctx, "e2e-full")
		DeferCleanup(w.remove)
		w.apply(ctx, `
apiVersion: routing.workstream.dev/v1alpha1
kind: Distributor
metadata: {name: default}
spec:
  storage: {embedded: {size: 64Mi, storageClassName: small-memory}}
  auth: {jwt: [{issuer: "https://login.contoso.com", audiences: [workstream], jwksSecretRef: {name: contoso-jwks}}]}`)
		w.applyWithout(ctx, "Distributor")
		w.programmed(ctx, "workstream/contoso-chat")
		w.programmed(ctx, "channel.routing.workstream.dev/contoso-web")
		w.open(ctx)

		first := w.message(ctx, "first", "gold", "keep me")
		text := strings.Repeat("x", 30_000)
		var full error
		for i := 0; i < 20_000 && full == nil; i++ {
			_, full = w.webhook.Message(ctx, inbound(fmt.Sprint("fill-", i%50), "gold", text))
		}
		Expect(problem(full, 503).Reason).To(Equal("JournalFull"))
		Expect(texts(ctx, w.agent("carol"), first.Item)).To(Equal([]string{"keep me"}))
		_, err := w.webhook.Message(ctx, inbound("one-more", "gold", text))
		refused(err, 503)

		By("serving the same after a restart")
		killDistributor(ctx, w)
		Eventually(func(g Gomega) {
			messages, err := w.agent("carol").Messages(ctx, first.Item)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(messages).To(HaveLen(1))
		}).WithContext(ctx).WithTimeout(restart).WithPolling(500 * time.Millisecond).Should(Succeed())
	}, NodeTimeout(10*time.Minute))

	It("is made by default when a namespace has a workstream and no Distributor", func(ctx SpecContext) {
		w := newWorld(ctx, "e2e-default")
		DeferCleanup(w.remove)
		w.applyWithout(ctx, "Distributor")
		w.programmed(ctx, "distributor/default")
		w.open(ctx)
		a := w.message(ctx, apiclient.NewID(), "gold", "hi")
		Expect(a.Item).NotTo(BeEmpty())
		refused(w.agent("ann").Call(ctx, "GET", "agent", nil, nil), 401) // no issuer is configured
	}, NodeTimeout(2*restart))
})
