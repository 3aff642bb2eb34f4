// SPDX-License-Identifier: Apache-2.0

package routing_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/planfeed"
)

var _ = Describe("The order in which things are applied", func() {
	It("does not matter", func(ctx SpecContext) {
		const orders = 50
		ns, f := newNamespace(ctx), newFeed()
		f.acknowledge = true
		f.say(ns, planfeed.Replica{Name: replicaName})
		start(ctx, env.Config, ns, f)
		objects := contoso(ns)
		random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 0))
		var first []byte
		for n := range orders {
			random.Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
			for range 2 {
				for _, o := range objects {
					apply := client.ApplyConfigurationFromUnstructured(o.DeepCopy())
					Expect(env.Client.Apply(ctx, apply, client.FieldOwner("contoso"))).To(Succeed())
				}
			}
			order := fmt.Sprintf("order %d of seed %d: %s", n, GinkgoRandomSeed(), names(objects))
			Eventually(func() string { return notProgrammed(ctx, ns) }).WithPolling(100*time.Millisecond).Should(BeEmpty(), order)
			body := f.body()
			if first == nil {
				first = body
			}
			Expect(bytes.Equal(body, first)).To(BeTrue(), "%s: the plan is\n%s\nand was at first\n%s", order, body, first)
			removeAll(ctx, ns)
		}
	}, SpecTimeout(specTimeout))
})

// body is the latest plan as it is sent.
func (f *feed) body() []byte {
	p := f.plan()
	if p == nil {
		return nil
	}
	body, err := p.Body()
	Expect(err).NotTo(HaveOccurred())
	return body
}

// contoso is the Contoso set of the samples, with the Secrets that it names.
func contoso(ns string) []*unstructured.Unstructured {
	GinkgoHelper()
	files, err := filepath.Glob("../../config/samples/contoso/*.yaml")
	Expect(err).NotTo(HaveOccurred())
	var objects []*unstructured.Unstructured
	add := func(text string) {
		o := &unstructured.Unstructured{}
		Expect(yaml.Unmarshal([]byte(text), &o.Object)).To(Succeed())
		if o.GetKind() != "Kustomization" {
			o.SetNamespace(ns)
			objects = append(objects, o)
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		Expect(err).NotTo(HaveOccurred())
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			add(document)
		}
	}
	add(`{apiVersion: v1, kind: Secret, metadata: {name: contoso-web}, stringData: {signingSecret: whsec_dGVzdA==}}`)
	add(`{apiVersion: v1, kind: Secret, metadata: {name: contoso-jwks}, stringData: {jwks.json: "{}"}}`)
	return objects
}

func names(objects []*unstructured.Unstructured) string {
	all := make([]string, len(objects))
	for i, o := range objects {
		all[i] = o.GetKind() + " " + o.GetName()
	}
	return strings.Join(all, ", ")
}

// lists are one of each of our kinds.
func lists() []client.ObjectList {
	return []client.ObjectList{
		&routingv1alpha1.WorkstreamList{}, &routingv1alpha1.ChannelList{}, &routingv1alpha1.ContextVariableList{},
		&routingv1alpha1.RoutingRulesetList{}, &routingv1alpha1.QueueList{}, &routingv1alpha1.AgentList{},
		&routingv1alpha1.CapacityProfileList{}, &routingv1alpha1.OperatingHoursList{}, &routingv1alpha1.DistributorList{},
	}
}

// notProgrammed says which objects are not, empty if all of the nine kinds are there and are.
func notProgrammed(ctx context.Context, ns string) string {
	GinkgoHelper()
	var not []string
	for _, list := range lists() {
		Expect(env.Client.List(ctx, list, client.InNamespace(ns))).To(Succeed())
		if meta.LenList(list) == 0 {
			not = append(not, fmt.Sprintf("%T is empty", list))
		}
		Expect(meta.EachListItem(list, func(item runtime.Object) error {
			o := item.(conditioned)
			for _, kind := range []routingv1alpha1.ConditionType{
				routingv1alpha1.ConditionAccepted, routingv1alpha1.ConditionResolvedRefs, routingv1alpha1.ConditionProgrammed,
			} {
				c := meta.FindStatusCondition(o.GetConditions(), string(kind))
				if c == nil || c.Status != metav1.ConditionTrue || c.ObservedGeneration != o.GetGeneration() {
					not = append(not, fmt.Sprintf("%T %s: %v", o, o.GetName(), c))
				}
			}
			return nil
		})).To(Succeed())
	}
	return strings.Join(not, "\n")
}

// removeAll leaves the namespace as it was, so that nothing old helps what comes next.
func removeAll(ctx context.Context, ns string) {
	GinkgoHelper()
	for _, o := range []client.Object{
		&routingv1alpha1.Workstream{}, &routingv1alpha1.Channel{}, &routingv1alpha1.ContextVariable{},
		&routingv1alpha1.RoutingRuleset{}, &routingv1alpha1.Queue{}, &routingv1alpha1.Agent{},
		&routingv1alpha1.CapacityProfile{}, &routingv1alpha1.OperatingHours{}, &routingv1alpha1.Distributor{}, &corev1.Secret{},
	} {
		Expect(env.Client.DeleteAllOf(ctx, o, client.InNamespace(ns))).To(Succeed())
	}
	all := append(lists(), &corev1.SecretList{}, &appsv1.ControllerRevisionList{})
	Eventually(func() int {
		// The controller may keep one more of these before it sees that their workstreams are gone.
		Expect(env.Client.DeleteAllOf(ctx, &appsv1.ControllerRevision{}, client.InNamespace(ns))).To(Succeed())
		left := 0
		for _, list := range all {
			Expect(env.Client.List(ctx, list, client.InNamespace(ns))).To(Succeed())
			left += meta.LenList(list)
		}
		return left
	}).WithPolling(100 * time.Millisecond).Should(BeZero())
}
