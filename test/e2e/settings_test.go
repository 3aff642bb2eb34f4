// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"workstream.dev/operator/internal/testkit/apiclient"
)

// settings are a workstream whose items need a slot of a profile, those of gold customers a skill as well, and those of
// silver customers a queue that is never open.
const settings = `
apiVersion: routing.workstream.dev/v1alpha1
kind: Distributor
metadata: {name: default}
spec:
  auth: {jwt: [{issuer: "https://login.contoso.com", audiences: [workstream], jwksSecretRef: {name: contoso-jwks}}]}
  presences: [{name: Lunch, base: Away}]
---
apiVersion: routing.workstream.dev/v1alpha1
kind: Workstream
metadata: {name: chat}
spec:
  type: Messaging
  channelType: Custom
  workDistribution: {capacity: {profileRef: {name: chats}}}
  routing: {classification: [{name: needs}], routeToQueue: {name: queues}, fallbackQueueRef: {name: general}}
---
apiVersion: routing.workstream.dev/v1alpha1
kind: Channel
metadata: {name: contoso-web}
spec: {workstreamRef: {name: chat}, type: Custom, custom: {credentialsSecretRef: {name: contoso-web}}}
---
apiVersion: routing.workstream.dev/v1alpha1
kind: ContextVariable
metadata: {name: tier}
spec: {workstreamRef: {name: chat}, name: tier, type: Text}
---
apiVersion: routing.workstream.dev/v1alpha1
kind: RoutingRuleset
metadata: {name: needs}
spec:
  type: Classification
  rules:
  - name: gold
    when: {attribute: context.tier, operator: Equal, values: [gold]}
    set: {priority: 10}
    skills: [{name: french, rating: 5}]
---
apiVersion: routing.workstream.dev/v1alpha1
kind: RoutingRuleset
metadata: {name: queues}
spec:
  type: RouteToQueue
  rules:
  - name: silver
    when: {attribute: context.tier, operator: Equal, values: [silver]}
    route: {queueRef: {name: closed}}
---
apiVersion: routing.workstream.dev/v1alpha1
kind: Queue
metadata: {name: general}
spec: {type: Messaging}
---
apiVersion: routing.workstream.dev/v1alpha1
kind: Queue
metadata: {name: closed}
spec:
  type: Messaging
  operatingHoursRef: {name: never}
  overflow: [{when: OutOfHours, action: TransferTo, queueRef: {name: general}}]
---
apiVersion: routing.workstream.dev/v1alpha1
kind: OperatingHours
metadata: {name: never}
spec: {timeZone: Europe/Berlin}
---
apiVersion: routing.workstream.dev/v1alpha1
kind: CapacityProfile
metadata: {name: chats}
spec: {limit: 1}
---
apiVersion: routing.workstream.dev/v1alpha1
kind: Agent
metadata: {name: ann}
spec:
  subject: ann@contoso.com
  capacity: {profiles: [{name: chats}]}
  skills: [{name: french, rating: 7}]
  queueRefs: [{name: general}]
---
apiVersion: routing.workstream.dev/v1alpha1
kind: Agent
metadata: {name: bob}
spec:
  subject: bob@contoso.com
  capacity: {profiles: [{name: chats, limit: 2}]}
  queueRefs: [{name: general}]
---
apiVersion: routing.workstream.dev/v1alpha1
kind: Agent
metadata: {name: carol}
spec: {subject: carol@contoso.com, roles: [Supervisor], capacity: {units: 0}}
`

var _ = Describe("Settings", Ordered, func() {
	var w *world
	BeforeAll(func(ctx SpecContext) {
		w = newWorld(ctx, "e2e-settings")
		DeferCleanup(w.remove)
		w.apply(ctx, settings)
		for _, object := range []string{
			"workstream/chat", "channel.routing.workstream.dev/contoso-web", "capacityprofile/chats", "operatinghours/never", "agent/bob",
		} {
			w.programmed(ctx, object)
		}
		w.open(ctx)
	}, NodeTimeout(2*restart))

	It("offers an item to who has the skill, and to nobody else", func(ctx SpecContext) {
		w.desktop(ctx, "bob")
		a := w.message(ctx, apiclient.NewID(), "gold", "Bonjour")
		Consistently(w.stateOf).WithArguments(ctx, a.Item).WithContext(ctx).WithTimeout(time.Second).Should(Equal("Open "))
		ann, stream := w.desktop(ctx, "ann")
		accept(ctx, ann, stream, a.Item)
		it, err := ann.Item(ctx, a.Item)
		Expect(err).NotTo(HaveOccurred())
		Expect(it.Priority).To(BeEquivalentTo(10))
		Expect(it.Skills).To(Equal([]apiclient.Skill{{Name: "french", Rating: 5}}))
		finish(ctx, ann, a.Item)
	})

	It("offers an agent no more than the slots of a profile, and the next item once one is free", func(ctx SpecContext) {
		ann, stream := w.desktop(ctx, "ann")
		first := w.message(ctx, apiclient.NewID(), "gold", "one")
		accept(ctx, ann, stream, first.Item)
		second := w.message(ctx, apiclient.NewID(), "gold", "two")
		Consistently(w.stateOf).WithArguments(ctx, second.Item).WithContext(ctx).WithTimeout(time.Second).Should(Equal("Open "))
		finish(ctx, ann, first.Item)
		accept(ctx, ann, stream, second.Item)
		finish(ctx, ann, second.Item)
	})

	It("sends items of a closed queue to where its overflow says", func(ctx SpecContext) {
		ann, stream := w.desktop(ctx, "ann")
		a := w.message(ctx, apiclient.NewID(), "silver", "hi")
		it, err := w.agent("carol").Item(ctx, a.Item)
		Expect(err).NotTo(HaveOccurred())
		Expect(it.Queue).To(Equal("general"))
		accept(ctx, ann, stream, a.Item)
		finish(ctx, ann, a.Item)
	})

	It("lets agents choose a presence of the organisation's own", func(ctx SpecContext) {
		ann, _ := w.desktop(ctx, "ann")
		Expect(ann.SetPresence(ctx, "Lunch")).To(Succeed())
		a := w.message(ctx, apiclient.NewID(), "gold", "hi")
		Consistently(w.stateOf).WithArguments(ctx, a.Item).WithContext(ctx).WithTimeout(time.Second).Should(Equal("Open "))
		_, err := w.agent("carol").Do(ctx, "items/"+a.Item+"/force-close", nil)
		Expect(err).NotTo(HaveOccurred())
	})

	It("names the circle of queues that overflow into each other, and goes on without it", func(ctx SpecContext) {
		kubectl(ctx, "patch", "--namespace", w.namespace, "queue.routing.workstream.dev/general", "--type=merge", "-p",
			`{"spec":{"overflow":[{"when":"WaitTime","after":"1m","action":"TransferTo","queueRef":{"name":"closed"}}]}}`)
		Eventually(func() string {
			c := w.condition(ctx, "queue.routing.workstream.dev/general", "ResolvedRefs")
			return c.Status + " " + c.Reason + ": " + c.Message
		}).WithContext(ctx).WithTimeout(soon).Should(Equal(
			"False OverflowCycle: spec.overflow: items that overflow could come back to this queue: general -> closed -> general"))
		ann, stream := w.desktop(ctx, "ann")
		a := w.message(ctx, apiclient.NewID(), "gold", "hi")
		accept(ctx, ann, stream, a.Item)
		finish(ctx, ann, a.Item)
		kubectl(ctx, "patch", "--namespace", w.namespace, "queue.routing.workstream.dev/general", "--type=merge", "-p",
			`{"spec":{"overflow":null}}`)
		w.programmed(ctx, "queue.routing.workstream.dev/general")
		w.programmed(ctx, "queue.routing.workstream.dev/closed")
	})

	It("goes on with what is deleted while it is needed, says who needs it, and lets it go afterwards", func(ctx SpecContext) {
		kubectl(ctx, "delete", "--namespace", w.namespace, "capacityprofile/chats", "operatinghours/never", "--wait=false")
		Eventually(func() string {
			profile, hours := w.condition(ctx, "capacityprofile/chats", "Terminating"), w.condition(ctx, "operatinghours/never", "Terminating")
			return profile.Reason + " " + profile.Message + "\n" + hours.Reason + " " + hours.Message
		}).WithContext(ctx).WithTimeout(soon).Should(MatchRegexp("(?s)^InUse .*Workstream.*chat.*\nInUse .*Queue.*closed"))
		ann, stream := w.desktop(ctx, "ann")
		a := w.message(ctx, apiclient.NewID(), "silver", "hi")
		it, err := w.agent("carol").Item(ctx, a.Item)
		Expect(err).NotTo(HaveOccurred())
		Expect(it.Queue).To(Equal("general"))
		accept(ctx, ann, stream, a.Item)
		finish(ctx, ann, a.Item)

		kubectl(ctx, "patch", "--namespace", w.namespace, "queue.routing.workstream.dev/closed", "--type=merge", "-p",
			`{"spec":{"operatingHoursRef":null,"overflow":null}}`)
		kubectl(ctx, "wait", "--namespace", w.namespace, "--for=delete", "operatinghours/never", "--timeout=30s")
	})
})

// accept takes the item once it is offered.
func accept(ctx context.Context, c *apiclient.Client, s *apiclient.Stream, item string) {
	GinkgoHelper()
	o := offer(ctx, s, item)
	_, err := c.Do(ctx, "offers/"+o.Offer+"/accept", nil)
	Expect(err).NotTo(HaveOccurred())
}

// stateOf is the state of an item and whose it is.
func (w *world) stateOf(ctx context.Context, item string) string {
	it, err := w.agent("carol").Item(ctx, item)
	if err != nil {
		return err.Error()
	}
	return it.State + " " + it.Agent
}
