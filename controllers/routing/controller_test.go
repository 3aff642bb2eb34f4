// SPDX-License-Identifier: Apache-2.0

package routing_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/controllers/routing"
	"workstream.dev/operator/internal/planfeed"
	"workstream.dev/operator/internal/testkit/kubetest"
)

const (
	replicaName = "workstream-default-0"

	queues = `
kind: Queue
metadata: {name: general}
spec: {type: Messaging}
---
kind: Queue
metadata: {name: vip}
spec: {type: Messaging, priority: 1}
`
	workstream = `
kind: Workstream
metadata: {name: chat}
spec:
  type: Messaging
  channelType: Custom
  workDistribution: {mode: Push, capacity: {units: 30}}
  routing: {routeToQueue: {name: rules}, fallbackQueueRef: {name: general}}
`
	variable = `
kind: ContextVariable
metadata: {name: chat-tier}
spec: {workstreamRef: {name: chat}, name: tier, type: Text}
`
	agent = `
kind: Agent
metadata: {name: ann}
spec: {displayName: Ann, subject: ann@example.org, capacity: {units: 100}, queueRefs: [{name: vip}, {name: general}]}
`
)

// ruleset routes gold customers to a queue.
func ruleset(queue, value string) string {
	return fmt.Sprintf(`
kind: RoutingRuleset
metadata: {name: rules}
spec:
  type: RouteToQueue
  rules:
  - name: vip
    when: {attribute: context.tier, operator: Equal, values: [%s]}
    route: {queueRef: {name: %s}}
`, value, queue)
}

func channel(name, address string) string {
	return fmt.Sprintf(`
kind: Channel
metadata: {name: %s}
spec: {workstreamRef: {name: chat}, type: Custom, custom: {address: %s, credentialsSecretRef: {name: web}}}
`, name, address)
}

// everything is a namespace in which all is well, but for the Secret.
var everything = join(queues, workstream, variable, ruleset("vip", "gold"), agent, channel("web", "web"))

func join(manifests ...string) string {
	return "---\n" + strings.Join(manifests, "\n---\n")
}

func secret(namespace string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "web"},
		StringData: map[string]string{routingv1alpha1.SigningSecretKey: "whsec_dGVzdA=="},
	}
}

type conditioned interface {
	client.Object
	GetConditions() []metav1.Condition
}

// condition reads one condition as "STATUS REASON: MESSAGE", once it is of the object's generation.
func condition(ctx context.Context, namespace string, obj conditioned, name string, kind routingv1alpha1.ConditionType) func() string {
	return func() string {
		if err := env.Client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, obj); err != nil {
			return err.Error()
		}
		c := meta.FindStatusCondition(obj.GetConditions(), string(kind))
		if c == nil || c.ObservedGeneration != obj.GetGeneration() {
			return "not of this generation"
		}
		return fmt.Sprintf("%s %s: %s", c.Status, c.Reason, c.Message)
	}
}

func programmed(ctx context.Context, namespace string, obj conditioned, name string) func() string {
	return condition(ctx, namespace, obj, name, routingv1alpha1.ConditionProgrammed)
}

// quiet is how long a spec looks on while nothing must happen.
const quiet = 500 * time.Millisecond

const yes = "True Programmed: every replica runs a plan with this generation"

func newNamespace(ctx context.Context) string {
	GinkgoHelper()
	ns, err := env.Namespace(ctx)
	Expect(err).NotTo(HaveOccurred())
	return ns
}

// settled waits until nothing has been written for four times as long as a spec looks on: on a busy machine two writes of one
// reconcile may be that far apart.
func settled(w *kubetest.Writes) []string {
	GinkgoHelper()
	var before []string
	still := 0
	Eventually(func() int {
		last := before
		before = w.Seen()
		if still++; len(before) == 0 || len(last) != len(before) {
			still = 0
		}
		return still
	}).WithPolling(quiet).Should(Equal(4))
	return before
}

// defaultDistributor is there from the start, but where a spec is about its being made.
func defaultDistributor(ns string) *routingv1alpha1.Distributor {
	return &routingv1alpha1.Distributor{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "default"}}
}

var _ = Describe("A namespace with workstreams", func() {
	var ns string
	var f *feed
	BeforeEach(func(ctx SpecContext) {
		ns = newNamespace(ctx)
		f = newFeed()
		Expect(env.Client.Create(ctx, defaultDistributor(ns))).To(Succeed())
	})
	apply := func(ctx context.Context, manifests ...string) {
		GinkgoHelper()
		Expect(env.Apply(ctx, ns, join(manifests...))).To(Succeed())
	}

	It("leaves time to apply a Distributor before the default one is made", func(ctx SpecContext) {
		Expect(env.Client.Delete(ctx, defaultDistributor(ns))).To(Succeed())
		start(ctx, env.Config, ns, f)
		Expect(env.Client.Create(ctx, secret(ns))).To(Succeed())
		apply(ctx, everything)
		f.clock.forward(routing.Grace - time.Millisecond)
		f.say(ns)
		apply(ctx, `{kind: Queue, metadata: {name: vip}, spec: {type: Messaging, priority: 2}}`)
		Eventually(programmed(ctx, ns, &routingv1alpha1.Queue{}, "vip")).
			Should(Equal("False NotAcknowledged: the namespace has no Distributor"))
		apply(ctx, "{kind: Distributor, metadata: {name: own}, spec: {}}")
		Eventually(programmed(ctx, ns, &routingv1alpha1.Queue{}, "vip")).
			Should(Equal("False NotAcknowledged: replica workstream-own-0 has not connected yet"))
		f.clock.forward(routing.Grace)
		apply(ctx, `{kind: Queue, metadata: {name: vip}, spec: {type: Messaging, priority: 3}}`) // so that it looks again
		Eventually(programmed(ctx, ns, &routingv1alpha1.Queue{}, "vip")).Should(HavePrefix("False NotAcknowledged: replica"))
		var list routingv1alpha1.DistributorList
		Expect(env.Client.List(ctx, &list, client.InNamespace(ns))).To(Succeed())
		Expect(list.Items).To(ConsistOf(HaveField("Name", "own")))
	}, SpecTimeout(specTimeout))

	It("gets a default Distributor, a plan, and conditions that follow the replica", func(ctx SpecContext) {
		Expect(env.Client.Delete(ctx, defaultDistributor(ns))).To(Succeed())
		start(ctx, env.Config, ns, f)
		Expect(env.Client.Create(ctx, secret(ns))).To(Succeed())
		apply(ctx, everything)
		Eventually(programmed(ctx, ns, &routingv1alpha1.Channel{}, "web")).
			Should(Equal("False NotAcknowledged: the namespace has no Distributor"))
		const rest = 100 * time.Millisecond
		f.clock.forward(routing.Grace - rest)
		f.say(ns) // it looks again, and by itself after the rest
		f.clock.forward(rest)

		Eventually(programmed(ctx, ns, &routingv1alpha1.Channel{}, "web")).
			Should(Equal("False NotAcknowledged: replica workstream-default-0 has not connected yet"))
		var d routingv1alpha1.Distributor
		Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "default"}, &d)).To(Succeed())
		Expect(f.plan().Channel("web").Workstream).To(Equal("chat"))
		Expect(f.plan().Agent("ann").Queues).To(Equal([]string{"general", "vip"}))

		f.say(ns, planfeed.Replica{Name: replicaName})
		Eventually(programmed(ctx, ns, &routingv1alpha1.Queue{}, "vip")).
			Should(Equal("False NotAcknowledged: replica workstream-default-0 has not acknowledged the plan yet"))

		f.say(ns, planfeed.Replica{Name: replicaName, Version: f.version(), MissingCredentials: []string{"web"}})
		Eventually(programmed(ctx, ns, &routingv1alpha1.Channel{}, "web")).
			Should(Equal("False CredentialsPending: replica workstream-default-0 does not have usable credentials of Secret web yet"))
		Eventually(programmed(ctx, ns, &routingv1alpha1.Queue{}, "vip")).Should(Equal(yes))

		f.say(ns, planfeed.Replica{Name: replicaName, Version: f.version()})
		for name, obj := range map[string]conditioned{
			"chat": &routingv1alpha1.Workstream{}, "web": &routingv1alpha1.Channel{}, "chat-tier": &routingv1alpha1.ContextVariable{},
			"rules": &routingv1alpha1.RoutingRuleset{}, "general": &routingv1alpha1.Queue{}, "ann": &routingv1alpha1.Agent{},
			"default": &routingv1alpha1.Distributor{},
		} {
			Eventually(programmed(ctx, ns, obj, name)).Should(Equal(yes), name)
			Expect(condition(ctx, ns, obj, name, routingv1alpha1.ConditionAccepted)()).To(HavePrefix("True Accepted"), name)
			Expect(condition(ctx, ns, obj, name, routingv1alpha1.ConditionResolvedRefs)()).To(HavePrefix("True ResolvedRefs"), name)
		}

		By("filling the other fields of the statuses")
		Eventually(func(g Gomega) {
			var w routingv1alpha1.Workstream
			g.Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "chat"}, &w)).To(Succeed())
			g.Expect(w.Status.Revision).To(Equal(f.plan().Workstream("chat").Revision))
			g.Expect(w.Status.Channels).To(HaveValue(BeEquivalentTo(1)))
			g.Expect(w.Status.Rules).To(HaveValue(BeEquivalentTo(1)))
			var c routingv1alpha1.Channel
			g.Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "web"}, &c)).To(Succeed())
			g.Expect(c.Status.WebhookPath).To(Equal("/webhooks/" + ns + "/web"))
			g.Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "default"}, &d)).To(Succeed())
			g.Expect(d.Status.Version).To(Equal(f.version()))
			g.Expect(d.Status.Replicas).To(Equal([]routingv1alpha1.DistributorReplica{{Name: replicaName, Version: f.version()}}))
		}).Should(Succeed())
	}, SpecTimeout(specTimeout))

	It("keeps what was acknowledged programmed while the replica is away or refuses what is new", func(ctx SpecContext) {
		start(ctx, env.Config, ns, f)
		apply(ctx, queues, workstream, variable, ruleset("vip", "gold"))
		Eventually(f.plan).ShouldNot(BeNil())
		Eventually(func() string {
			f.say(ns, planfeed.Replica{Name: replicaName, Version: f.version()})
			return programmed(ctx, ns, &routingv1alpha1.Workstream{}, "chat")()
		}).Should(Equal(yes))
		good := f.version()

		f.say(ns) // a restart
		apply(ctx, ruleset("vip", "platinum"))
		Eventually(programmed(ctx, ns, &routingv1alpha1.RoutingRuleset{}, "rules")).
			Should(HavePrefix("False NotAcknowledged"))
		Expect(programmed(ctx, ns, &routingv1alpha1.Queue{}, "vip")()).To(Equal(yes))

		f.say(ns, planfeed.Replica{Name: replicaName, Version: good, RefusedVersion: f.version(), Refused: "too new"})
		Eventually(programmed(ctx, ns, &routingv1alpha1.RoutingRuleset{}, "rules")).
			Should(Equal("False Refused: replica workstream-default-0 refused the plan: too new"))
		Expect(programmed(ctx, ns, &routingv1alpha1.Queue{}, "vip")()).To(Equal(yes))
		Eventually(func(g Gomega) {
			var d routingv1alpha1.Distributor
			g.Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "default"}, &d)).To(Succeed())
			g.Expect(d.Status.Replicas).To(Equal([]routingv1alpha1.DistributorReplica{{Name: replicaName, Version: good, Refused: "too new"}}))
		}).Should(Succeed())

		f.say(ns, planfeed.Replica{Name: replicaName}) // it lost its volume
		Eventually(programmed(ctx, ns, &routingv1alpha1.Queue{}, "vip")).Should(HavePrefix("False NotAcknowledged"))
		f.say(ns, planfeed.Replica{Name: replicaName, Version: f.version()})
		Eventually(programmed(ctx, ns, &routingv1alpha1.RoutingRuleset{}, "rules")).Should(Equal(yes))
		Eventually(programmed(ctx, ns, &routingv1alpha1.Queue{}, "vip")).Should(Equal(yes))
	}, SpecTimeout(specTimeout))

	It("needs no new answer for an edit that does not change the plan", func(ctx SpecContext) {
		start(ctx, env.Config, ns, f)
		apply(ctx, queues, workstream, variable, ruleset("vip", "gold"))
		f.acknowledge = true
		f.say(ns, planfeed.Replica{Name: replicaName})
		Eventually(func() string {
			f.say(ns, planfeed.Replica{Name: replicaName, Version: f.version()})
			return programmed(ctx, ns, &routingv1alpha1.Workstream{}, "chat")()
		}).Should(Equal(yes))
		version := f.version()
		apply(ctx, `{kind: Queue, metadata: {name: vip}, spec: {type: Messaging, priority: 1, displayName: Very important}}`)
		var q routingv1alpha1.Queue
		Eventually(programmed(ctx, ns, &q, "vip")).Should(Equal(yes))
		Expect(q.Generation).To(BeEquivalentTo(2))
		Expect(f.version()).To(Equal(version))
	}, SpecTimeout(specTimeout))

	It("runs on with the last good revision while a queue is missing, after a restart of the manager too", func(ctx SpecContext) {
		stop := start(ctx, env.Config, ns, f)
		apply(ctx, queues, workstream, variable, ruleset("vip", "gold"))
		Eventually(func() string {
			f.say(ns, planfeed.Replica{Name: replicaName, Version: f.version()})
			return programmed(ctx, ns, &routingv1alpha1.Workstream{}, "chat")()
		}).Should(Equal(yes))
		good := f.plan().Workstream("chat").Revision
		apply(ctx, ruleset("gone", "platinum"))

		check := func(f *feed) {
			GinkgoHelper()
			Eventually(condition(ctx, ns, &routingv1alpha1.Workstream{}, "chat", routingv1alpha1.ConditionResolvedRefs)).
				Should(And(HavePrefix("False QueueNotFound"), ContainSubstring(`"gone"`), ContainSubstring(good)))
			Eventually(condition(ctx, ns, &routingv1alpha1.RoutingRuleset{}, "rules", routingv1alpha1.ConditionResolvedRefs)).
				Should(HavePrefix("False QueueNotFound"))
			Eventually(programmed(ctx, ns, &routingv1alpha1.RoutingRuleset{}, "rules")).Should(HavePrefix("False NotInPlan"))
			Eventually(func() string {
				if p := f.plan(); p != nil && p.Workstream("chat") != nil {
					return p.Workstream("chat").Revision
				}
				return "not in the plan"
			}).Should(Equal(good))
		}
		check(f)
		By("deleting a queue that the retained revision routes to")
		Expect(env.Client.Delete(ctx, &routingv1alpha1.Queue{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "vip"}})).To(Succeed())
		check(f)
		Consistently(func() bool { return f.plan().Queue("vip") != nil }).WithTimeout(quiet).Should(BeTrue())

		By("restarting the manager")
		stop()
		after := newFeed()
		start(ctx, env.Config, ns, after)
		check(after)
		Expect(after.plan().Queue("vip")).NotTo(BeNil())

		By("mending the ruleset")
		apply(ctx, queues, ruleset("general", "gold"))
		Eventually(condition(ctx, ns, &routingv1alpha1.Workstream{}, "chat", routingv1alpha1.ConditionResolvedRefs)).
			Should(HavePrefix("True"))
		Expect(after.plan().Workstream("chat").Revision).NotTo(Equal(good))
	}, SpecTimeout(specTimeout))

	It("gives an address to the older of two channels, and to the other when it goes", func(ctx SpecContext) {
		start(ctx, env.Config, ns, f)
		Expect(env.Client.Create(ctx, secret(ns))).To(Succeed())
		apply(ctx, queues, workstream, variable, ruleset("vip", "gold"), channel("a-older", "same"))
		Eventually(condition(ctx, ns, &routingv1alpha1.Channel{}, "a-older", routingv1alpha1.ConditionAccepted)).Should(HavePrefix("True"))
		apply(ctx, channel("b-newer", "same"))
		Eventually(condition(ctx, ns, &routingv1alpha1.Channel{}, "b-newer", routingv1alpha1.ConditionAccepted)).
			Should(And(HavePrefix("False Conflict"), ContainSubstring(`"a-older"`)))
		Eventually(programmed(ctx, ns, &routingv1alpha1.Channel{}, "b-newer")).Should(HavePrefix("False NotInPlan"))
		Expect(env.Client.Delete(ctx, &routingv1alpha1.Channel{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "a-older"}})).To(Succeed())
		Eventually(condition(ctx, ns, &routingv1alpha1.Channel{}, "b-newer", routingv1alpha1.ConditionAccepted)).Should(HavePrefix("True"))
		Eventually(func() string {
			if p := f.plan(); p != nil && p.ChannelAt("same") != nil {
				return p.ChannelAt("same").Name
			}
			return "nobody"
		}).Should(Equal("b-newer"))
	}, SpecTimeout(specTimeout))

	It("notices a Secret that comes, changes and goes", func(ctx SpecContext) {
		start(ctx, env.Config, ns, f)
		apply(ctx, everything)
		refs := condition(ctx, ns, &routingv1alpha1.Channel{}, "web", routingv1alpha1.ConditionResolvedRefs)
		Eventually(refs).Should(Equal(`False SecretNotFound: spec.custom.credentialsSecretRef: there is no Secret "web"`))
		// Senders are told to try again, which takes a channel.
		Eventually(func() bool { p := f.plan(); return p != nil && p.Channel("web") != nil }).Should(BeTrue())
		s := secret(ns)
		Expect(env.Client.Create(ctx, s)).To(Succeed())
		Eventually(refs).Should(HavePrefix("True"))
		s.Data = map[string][]byte{"other": []byte("x")}
		Expect(env.Client.Update(ctx, s)).To(Succeed())
		Eventually(refs).Should(HavePrefix("False SecretNotFound"))
		Expect(env.Client.Delete(ctx, s)).To(Succeed())
		Eventually(refs).Should(HaveSuffix(`there is no Secret "web"`))
		Expect(f.plan().Channel("web")).NotTo(BeNil())
	}, SpecTimeout(specTimeout))

	It("does not care in which order objects are applied", func(ctx SpecContext) {
		start(ctx, env.Config, ns, f)
		Expect(env.Client.Create(ctx, secret(ns))).To(Succeed())
		manifests := []string{queues, workstream, variable, ruleset("vip", "gold"), agent, channel("web", "web")}
		var versions []string
		for range 2 {
			slices.Reverse(manifests)
			apply(ctx, manifests...)
			Eventually(condition(ctx, ns, &routingv1alpha1.Channel{}, "web", routingv1alpha1.ConditionResolvedRefs)).Should(HavePrefix("True"))
			Eventually(condition(ctx, ns, &routingv1alpha1.Workstream{}, "chat", routingv1alpha1.ConditionResolvedRefs)).Should(HavePrefix("True"))
			Eventually(condition(ctx, ns, &routingv1alpha1.Agent{}, "ann", routingv1alpha1.ConditionResolvedRefs)).Should(HavePrefix("True"))
			Eventually(func() bool { // published at last, to the Distributor that had to be made
				p := f.plan()
				return p != nil && p.Channel("web") != nil && len(p.Agent("ann").Queues) == 2 &&
					len(p.Workstream("chat").Variables) == 1 && len(p.Workstream("chat").Routing.Rules) == 1
			}).Should(BeTrue())
			versions = append(versions, f.version())
			for _, kind := range []client.Object{
				&routingv1alpha1.Workstream{}, &routingv1alpha1.Channel{}, &routingv1alpha1.ContextVariable{},
				&routingv1alpha1.RoutingRuleset{}, &routingv1alpha1.Queue{}, &routingv1alpha1.Agent{},
			} {
				Expect(env.Client.DeleteAllOf(ctx, kind, client.InNamespace(ns))).To(Succeed())
			}
			Eventually(func() int { return len(f.plan().Queues) }).Should(BeZero())
		}
		Expect(versions[0]).To(Equal(versions[1]))

		By("forgetting the namespace when its last object goes")
		Expect(env.Client.DeleteAllOf(ctx, &routingv1alpha1.Distributor{}, client.InNamespace(ns))).To(Succeed())
		Eventually(f.gone).Should(ContainElement("default"))
	}, SpecTimeout(specTimeout))

	It("keeps revisions, as many as asked for, the newest being the one in use", func(ctx SpecContext) {
		start(ctx, env.Config, ns, f)
		limited := workstream + "  revisionHistoryLimit: 2\n"
		revision := func(value string) string {
			GinkgoHelper()
			apply(ctx, queues, limited, variable, ruleset("vip", value))
			var got string
			Eventually(func() string {
				p := f.plan()
				if p == nil || p.Workstream("chat") == nil || len(p.Workstream("chat").Routing.Rules) == 0 {
					return ""
				}
				w := p.Workstream("chat")
				got = w.Revision
				return w.Routing.Rules[0].When.Values[0]
			}).Should(Equal(value))
			return "chat-" + got
		}
		stored := func() (names []string) {
			var list appsv1.ControllerRevisionList
			if err := env.Client.List(ctx, &list, client.InNamespace(ns)); err != nil {
				return []string{err.Error()}
			}
			slices.SortFunc(list.Items, func(a, b appsv1.ControllerRevision) int { return int(a.Revision - b.Revision) })
			for i := range list.Items {
				if metav1.GetControllerOf(&list.Items[i]).Name == "chat" {
					names = append(names, list.Items[i].Name)
				}
			}
			return names
		}
		gold := revision("gold")
		Eventually(stored).Should(HaveExactElements(gold))
		silver := revision("silver")
		Eventually(stored).Should(HaveExactElements(gold, silver))
		Expect(revision("gold")).To(Equal(gold))
		Eventually(stored).Should(HaveExactElements(silver, gold))
		bronze := revision("bronze")
		Eventually(stored).Should(HaveExactElements(gold, bronze))
	}, SpecTimeout(specTimeout))

	It("lets one Distributor serve a namespace", func(ctx SpecContext) {
		// The age of an object is in whole seconds: a third one would serve or not by when the second turns.
		Expect(env.Client.Delete(ctx, defaultDistributor(ns))).To(Succeed())
		apply(ctx, "{kind: Distributor, metadata: {name: a-first}, spec: {}}")
		start(ctx, env.Config, ns, f)
		apply(ctx, queues, workstream, variable, ruleset("vip", "gold"))
		accepted := func(name string) func() string {
			return condition(ctx, ns, &routingv1alpha1.Distributor{}, name, routingv1alpha1.ConditionAccepted)
		}
		Eventually(accepted("a-first")).Should(HavePrefix("True"))
		apply(ctx, "{kind: Distributor, metadata: {name: b-second}, spec: {}}")
		Eventually(accepted("b-second")).Should(HavePrefix("False Conflict"))
		Expect(env.Client.Delete(ctx, &routingv1alpha1.Distributor{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "a-first"}})).To(Succeed())
		Eventually(accepted("b-second")).Should(HavePrefix("True"))
		Eventually(f.gone).Should(ContainElement("a-first"))
	}, SpecTimeout(specTimeout))

	It("writes nothing while nothing changes, and nothing after a restart of the manager", func(ctx SpecContext) {
		f.acknowledge = true
		f.replicas = []planfeed.Replica{{Name: replicaName}}
		cfg, writes := kubetest.Count(env.Config)
		stop := start(ctx, cfg, ns, f)
		Expect(env.Client.Create(ctx, secret(ns))).To(Succeed())
		apply(ctx, everything)
		Eventually(programmed(ctx, ns, &routingv1alpha1.Channel{}, "web")).Should(Equal(yes))
		before := settled(writes)
		for range 20 { // replicas that repeat themselves
			f.say(ns, planfeed.Replica{Name: replicaName, Version: f.version()})
		}
		unused := secret(ns)
		unused.Name = "unused"
		Expect(env.Client.Create(ctx, unused)).To(Succeed())
		Consistently(writes.Seen).WithTimeout(quiet).Should(Equal(before))

		stop()
		cfg, writes = kubetest.Count(env.Config)
		after := newFeed()
		start(ctx, cfg, ns, after)
		Eventually(after.version).Should(Equal(f.version()))
		Consistently(writes.Seen).WithTimeout(quiet).Should(BeEmpty()) // the replica has not connected yet
		after.say(ns, planfeed.Replica{Name: replicaName, Version: f.version()})
		Consistently(writes.Seen).WithTimeout(quiet).Should(BeEmpty())
	}, SpecTimeout(specTimeout))

	It("publishes an edit before it writes, and then each status once", func(ctx SpecContext) {
		f.acknowledge = true
		f.replicas = []planfeed.Replica{{Name: replicaName}}
		cfg, writes := kubetest.Count(env.Config)
		start(ctx, cfg, ns, f)
		Expect(env.Client.Create(ctx, secret(ns))).To(Succeed())
		apply(ctx, everything, workstream+"  revisionHistoryLimit: 100\n") // so that none is removed
		Eventually(programmed(ctx, ns, &routingv1alpha1.Channel{}, "web")).Should(Equal(yes))
		var times []time.Duration
		before := len(settled(writes))
		for i := range 30 {
			for len(f.published) > 0 {
				<-f.published
			}
			begin := time.Now()
			apply(ctx, ruleset("vip", fmt.Sprintf("tier-%d", i)))
			Eventually(f.published).WithPolling(time.Millisecond).Should(Receive())
			times = append(times, time.Since(begin))
			Eventually(programmed(ctx, ns, &routingv1alpha1.RoutingRuleset{}, "rules")).Should(Equal(yes))
			Eventually(func() []string { return writes.Seen()[before:] }).Should(ConsistOf( // one too many is seen by the next edit
				ContainSubstring("/routingrulesets/rules/status"), // its generation
				ContainSubstring("/workstreams/chat/status"),      // its revision
				ContainSubstring("/distributors/default/status"),  // the plan's version
				ContainSubstring("/controllerrevisions"),
			), "edit %d", i)
			before += 4
		}
		Consistently(writes.Seen).WithTimeout(quiet).Should(HaveLen(before))
		slices.Sort(times)
		AddReportEntry("edit to publish", fmt.Sprintf("p50 %s, max %s of %d", times[len(times)/2], times[len(times)-1], len(times)), ReportEntryVisibilityAlways)
	}, SpecTimeout(specTimeout))
})
