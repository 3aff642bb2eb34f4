// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"workstream.dev/operator/internal/testkit/apiclient"
)

var _ = Describe("Bad manifests", func() {
	DescribeTable("are refused in the user's words", func(ctx SpecContext, manifest, want string) {
		_, err := cluster.Apply(ctx, contoso.namespace, manifest)
		Expect(err).To(MatchError(ContainSubstring(want)))
	},
		Entry("unknown field", `
apiVersion: routing.workstream.dev/v1alpha1
kind: Queue
metadata: {name: bad}
spec: {type: Messaging, urgency: 1}`, `unknown field "spec.urgency"`),
		Entry("wrong enum", `
apiVersion: routing.workstream.dev/v1alpha1
kind: Queue
metadata: {name: bad}
spec: {type: Telegram}`, `Unsupported value: "Telegram": supported values: "Messaging", "Record"`),
		Entry("immutable field", `
apiVersion: routing.workstream.dev/v1alpha1
kind: Queue
metadata: {name: vip}
spec: {type: Record}`, `immutable`),
	)

	It("keeps the last good plan when a ruleset names a missing queue, and says so", func(ctx SpecContext) {
		const ruleset = "routingruleset/contoso-queues"
		patch := `[{"op":"add","path":"/spec/rules/0","value":{"name":"lost","route":{"queueRef":{"name":"no-such-queue"}}}}]`
		kubectl(ctx, "patch", "--namespace", contoso.namespace, ruleset, "--type=json", "-p", patch)
		DeferCleanup(func(ctx SpecContext) {
			kubectl(ctx, "patch", "--namespace", contoso.namespace, ruleset, "--type=json", "-p", `[{"op":"remove","path":"/spec/rules/0"}]`)
			contoso.programmed(ctx, ruleset)
		})
		Eventually(func(g Gomega) {
			c := contoso.condition(ctx, ruleset, "ResolvedRefs")
			g.Expect(c.Status).To(Equal("False"))
			g.Expect(c.Message).To(ContainSubstring("no-such-queue"))
		}).WithContext(ctx).WithTimeout(soon).Should(Succeed())
		ann, item := activate(ctx, contoso, "ann", apiclient.NewID())
		it, err := ann.Item(ctx, item)
		Expect(err).NotTo(HaveOccurred())
		Expect(it.Queue).To(Equal("vip"))
		finish(ctx, ann, item)
	})

	It("keeps a channel going when its Secret is replaced by nonsense, and says so", func(ctx SpecContext) {
		const channel = "channel.routing.workstream.dev/contoso-web"
		contoso.secret(ctx, "contoso-web", "signingSecret", "garbage !!")
		DeferCleanup(func(ctx SpecContext) {
			contoso.secret(ctx, "contoso-web", "signingSecret", contoso.webhook.Secret)
			contoso.programmed(ctx, channel)
		})
		Eventually(func(g Gomega) {
			c := contoso.condition(ctx, channel, "Programmed")
			g.Expect(c.Reason).To(Equal("CredentialsPending"))
			g.Expect(c.Message).To(ContainSubstring("usable"))
		}).WithContext(ctx).WithTimeout(restart).Should(Succeed())
		ann, item := activate(ctx, contoso, "ann", apiclient.NewID())
		finish(ctx, ann, item)
	}, NodeTimeout(2*restart))

	It("lets the older of two Channels keep an address", func(ctx SpecContext) {
		contoso.apply(ctx, `
apiVersion: routing.workstream.dev/v1alpha1
kind: Channel
metadata: {name: contoso-web-2}
spec: {workstreamRef: {name: contoso-chat}, type: Custom, custom: {address: contoso-web, credentialsSecretRef: {name: contoso-web}}}`)
		DeferCleanup(func(ctx SpecContext) {
			kubectl(ctx, "delete", "--namespace", contoso.namespace, "channel.routing.workstream.dev/contoso-web-2")
		})
		Eventually(func(g Gomega) {
			c := contoso.condition(ctx, "channel.routing.workstream.dev/contoso-web-2", "Accepted")
			g.Expect(c.Status).To(Equal("False"))
			g.Expect(c.Reason).To(Equal("Conflict"))
			g.Expect(c.Message).To(ContainSubstring("contoso-web"))
		}).WithContext(ctx).WithTimeout(soon).Should(Succeed())
		contoso.programmed(ctx, "channel.routing.workstream.dev/contoso-web")
	})
})

var _ = Describe("Bad calls", func() {
	body := []byte(`{"type":"message.created","data":{"conversation":"bad","message":{"text":"hi"}}}`)

	It("refuses what is not signed as agreed", func(ctx SpecContext) {
		now := strconv.FormatInt(time.Now().Unix(), 10)
		old := strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)
		for _, headers := range []map[string]string{
			{},
			{"webhook-id": "x", "webhook-timestamp": now, "webhook-signature": "v1,AAAA"},
			{"webhook-id": "x", "webhook-timestamp": now, "webhook-signature": apiclient.Sign(apiclient.NewSigningSecret(), "x", now, body)},
			{"webhook-id": "x", "webhook-timestamp": old, "webhook-signature": apiclient.Sign(contoso.webhook.Secret, "x", old, body)},
		} {
			_, err := contoso.webhook.PostSigned(ctx, headers, body)
			refused(err, 401)
		}
	})

	It("does a replayed webhook once", func(ctx SpecContext) {
		id, talk := apiclient.NewID(), apiclient.NewID()
		body := []byte(`{"type":"message.created","data":{"conversation":"` + talk + `","message":{"text":"once"}}}`)
		first, err := contoso.webhook.Post(ctx, id, time.Now(), body)
		Expect(err).NotTo(HaveOccurred())
		again, err := contoso.webhook.Post(ctx, id, time.Now(), body)
		Expect(err).NotTo(HaveOccurred())
		Expect(again.Duplicate).To(BeTrue())
		Expect(again.Item).To(Equal(first.Item))
		Expect(texts(ctx, contoso.agent("carol"), first.Item)).To(Equal([]string{"once"}))
		_, err = contoso.webhook.Leave(ctx, talk)
		Expect(err).NotTo(HaveOccurred())
	})

	It("refuses a body of 1 MB, and broken JSON", func(ctx SpecContext) {
		_, err := contoso.webhook.Post(ctx, apiclient.NewID(), time.Now(), bytes.Repeat([]byte("x"), 1<<20))
		refused(err, 413)
		_, err = contoso.webhook.Post(ctx, apiclient.NewID(), time.Now(), []byte(`{"type":"message.created","data":{`))
		refused(err, 400)
	})

	It("refuses an unknown workstream, and a record for one that takes conversations", func(ctx SpecContext) {
		system := contoso.caller("case-system", "Integration")
		_, err := system.Record(ctx, "no-such", "", map[string]any{"id": "1"})
		Expect(problem(err, 404).Detail).To(ContainSubstring("no-such"))
		_, err = system.Record(ctx, "contoso-chat", "", map[string]any{"id": "1"})
		refused(err, 409)
	})

	It("refuses tokens that are expired, foreign, or of the wrong role", func(ctx SpecContext) {
		expired, err := contoso.issuer.Token("ann@contoso.com", -time.Minute*5)
		Expect(err).NotTo(HaveOccurred())
		foreign, err := apiclient.NewIssuer(issuerName, audience)
		Expect(err).NotTo(HaveOccurred())
		foreignToken, err := foreign.Token("ann@contoso.com", time.Hour)
		Expect(err).NotTo(HaveOccurred())
		for _, token := range []string{"", "nonsense", expired, foreignToken} {
			refused(contoso.client.As(token).Call(ctx, "GET", "agent", nil, nil), 401)
		}
		refused(contoso.agent("ann").Call(ctx, "GET", "items", nil, nil), 403)
	})

	It("refuses an agent who acts on another's offer, and an acceptance after a decline", func(ctx SpecContext) {
		ann, stream := contoso.desktop(ctx, "ann")
		bob := contoso.agent("bob")
		talk := apiclient.NewID()
		a := contoso.message(ctx, talk, "gold", "hi")
		o := offer(ctx, stream, a.Item)
		_, err := bob.Do(ctx, "offers/"+o.Offer+"/accept", nil)
		Expect(problem(err, 403).Reason).To(Equal("OfferNotYours"))
		_, err = ann.Do(ctx, "offers/"+o.Offer+"/decline", nil)
		Expect(err).NotTo(HaveOccurred())
		_, err = ann.Do(ctx, "offers/"+o.Offer+"/accept", nil)
		Expect(problem(err, 409).Reason).To(Equal("OfferDeclined"))
		_, err = contoso.webhook.Leave(ctx, talk)
		Expect(err).NotTo(HaveOccurred())
	})

	It("refuses an acceptance after the offer expired", func(ctx SpecContext) {
		set := func(ctx context.Context, timeout string) {
			kubectl(ctx, "patch", "--namespace", contoso.namespace, "workstream/contoso-chat", "--type=merge",
				"-p", `{"spec":{"workDistribution":{"offer":{"timeout":"`+timeout+`"}}}}`)
			contoso.programmed(ctx, "workstream/contoso-chat")
		}
		set(ctx, "5s")
		DeferCleanup(set, "120s")
		ann, stream := contoso.desktop(ctx, "ann")
		talk := apiclient.NewID()
		a := contoso.message(ctx, talk, "gold", "hi")
		o := offer(ctx, stream, a.Item)
		for closed := ""; closed != o.Offer; {
			e, err := stream.Next(ctx, "offer.closed")
			Expect(err).NotTo(HaveOccurred())
			closed = e.Offer
		}
		_, err := ann.Do(ctx, "offers/"+o.Offer+"/accept", nil)
		Expect(problem(err, 409).Reason).To(Equal("OfferExpired"))
		_, err = contoso.webhook.Leave(ctx, talk)
		Expect(err).NotTo(HaveOccurred())
	}, NodeTimeout(2*restart))
})
