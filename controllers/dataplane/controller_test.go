// SPDX-License-Identifier: Apache-2.0

package dataplane_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/internal/testkit/kubetest"
)

const (
	workload    = "workstream-default"
	credentials = "workstream-default-credentials"

	distributor = `
kind: Distributor
metadata: {name: default}
spec:
  storage: {embedded: {size: 3Gi, storageClassName: fast}}
  auth: {jwt: [{issuer: "https://login.example.org", audiences: [a], jwksSecretRef: {name: keys}}]}
`
	channel = `
kind: Channel
metadata: {name: web}
spec: {workstreamRef: {name: chat}, type: Custom, custom: {credentialsSecretRef: {name: web}}}
`
)

func secret(namespace, name, key, value string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Data:       map[string][]byte{key: []byte(value), "unrelated": []byte("x")},
	}
}

var _ = Describe("A Distributor", func() {
	var ns string
	var t *trust
	BeforeEach(func(ctx SpecContext) {
		var err error
		ns, err = env.Namespace(ctx)
		Expect(err).NotTo(HaveOccurred())
		t = &trust{bundle: "authorities"}
	})
	key := func(name string) types.NamespacedName { return types.NamespacedName{Namespace: ns, Name: name} }
	apply := func(ctx context.Context, manifest string) {
		GinkgoHelper()
		Expect(env.Apply(ctx, ns, manifest)).To(Succeed())
	}
	get := func(ctx context.Context, name string, obj client.Object) func() error {
		return func() error { return env.Client.Get(ctx, key(name), obj) }
	}
	available := func(ctx context.Context, name string) func() string {
		return func() string {
			var d routingv1alpha1.Distributor
			if err := env.Client.Get(ctx, key(name), &d); err != nil {
				return err.Error()
			}
			c := meta.FindStatusCondition(d.Status.Conditions, string(routingv1alpha1.DistributorConditionAvailable))
			if c == nil {
				return "no condition"
			}
			return fmt.Sprintf("%s %s: %s", c.Status, c.Reason, c.Message)
		}
	}
	// held are the credentials that pods get.
	held := func(ctx context.Context) func() map[string]string {
		return func() map[string]string {
			var s corev1.Secret
			if err := env.Client.Get(ctx, key(credentials), &s); err != nil {
				return map[string]string{"error": err.Error()}
			}
			out := map[string]string{}
			for k, v := range s.Data {
				out[k] = string(v)
			}
			return out
		}
	}

	It("is deployed, restricted and without rights", func(ctx SpecContext) {
		start(ctx, env.Config, ns, t)
		apply(ctx, distributor)
		var sts appsv1.StatefulSet
		Eventually(get(ctx, workload, &sts)).Should(Succeed())
		Expect(metav1.GetControllerOf(&sts).Name).To(Equal("default"))
		Expect(sts.Spec.Replicas).To(HaveValue(BeEquivalentTo(1)))
		Expect(sts.Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted).To(Equal(appsv1.RetainPersistentVolumeClaimRetentionPolicyType))
		claim := sts.Spec.VolumeClaimTemplates[0]
		Expect(claim.Name).To(Equal("journal"))
		Expect(claim.Spec.StorageClassName).To(HaveValue(Equal("fast")))
		Expect(claim.Spec.Resources.Requests.Storage().String()).To(Equal("3Gi"))

		pod := sts.Spec.Template.Spec
		Expect(pod.ServiceAccountName).To(Equal(workload))
		Expect(pod.AutomountServiceAccountToken).To(HaveValue(BeFalse()))
		Expect(pod.TerminationGracePeriodSeconds).To(HaveValue(BeEquivalentTo(40)))
		Expect(pod.SecurityContext.RunAsNonRoot).To(HaveValue(BeTrue()))
		Expect(pod.SecurityContext.FSGroup).To(HaveValue(BeEquivalentTo(65532)))
		Expect(pod.SecurityContext.SeccompProfile.Type).To(Equal(corev1.SeccompProfileTypeRuntimeDefault))
		c := pod.Containers[0]
		Expect(c.Image).To(Equal("example.org/workstream:test"))
		Expect(c.Command).To(Equal([]string{"/distributor"}))
		Expect(c.Args).To(ContainElements("--namespace="+ns, "--distributor=default", "--replica=$(POD_NAME)",
			"--planfeed-address=planfeed.example.svc:9443"))
		Expect(c.SecurityContext.ReadOnlyRootFilesystem).To(HaveValue(BeTrue()))
		Expect(c.SecurityContext.AllowPrivilegeEscalation).To(HaveValue(BeFalse()))
		Expect(c.SecurityContext.Capabilities.Drop).To(Equal([]corev1.Capability{"ALL"}))
		Expect(c.Env).To(ContainElement(corev1.EnvVar{Name: "GOMEMLIMIT", Value: "1843MiB"}))
		Expect(c.Resources.Limits.Memory().Value()).To(BeNumerically(">", 1843<<20), "the runtime must keep below the limit")
		Expect([]*corev1.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe}).NotTo(ContainElement(BeNil()))

		By("the API server taking a pod of it where the restricted policy is enforced")
		labelled := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}
		Expect(env.Client.Patch(ctx, labelled, client.RawPatch(types.MergePatchType,
			[]byte(`{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}`)))).To(Succeed())
		try := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "try"}, Spec: *pod.DeepCopy()}
		for _, name := range []string{"journal"} {
			try.Spec.Volumes = append(try.Spec.Volumes, corev1.Volume{Name: name})
		}
		Expect(env.Client.Create(ctx, try)).To(Succeed())

		var svc, headless corev1.Service
		Eventually(get(ctx, workload, &svc)).Should(Succeed())
		Expect(svc.Spec.Ports).To(HaveLen(1))
		Expect(svc.Spec.Ports[0].Port).To(BeEquivalentTo(8080))
		Eventually(get(ctx, workload+"-pods", &headless)).Should(Succeed())
		Expect(headless.Spec.ClusterIP).To(Equal(corev1.ClusterIPNone))
		Eventually(get(ctx, workload, &networkingv1.NetworkPolicy{})).Should(Succeed())
		Eventually(get(ctx, workload, &corev1.ServiceAccount{})).Should(Succeed())
		var ca corev1.ConfigMap
		Eventually(get(ctx, "workstream-planfeed-ca", &ca)).Should(Succeed())
		Expect(ca.Data).To(Equal(map[string]string{"ca.crt": "authorities"}))

		By("telling in the status")
		Eventually(available(ctx, "default")).Should(Equal("False ReplicasNotReady: 0 of 1 replicas are ready"))
		sts.Status.Replicas, sts.Status.ReadyReplicas, sts.Status.ObservedGeneration = 1, 1, sts.Generation
		Expect(env.Client.Status().Update(ctx, &sts)).To(Succeed())
		Eventually(available(ctx, "default")).Should(Equal("True Available: 1 of 1 replicas are ready"))
		var d routingv1alpha1.Distributor
		Expect(env.Client.Get(ctx, key("default"), &d)).To(Succeed())
		Expect(d.Status.APIService).To(Equal(workload))
	}, SpecTimeout(specTimeout))

	It("is mended where it drifts, and left alone where it does not", func(ctx SpecContext) {
		cfg, writes := kubetest.Count(env.Config)
		start(ctx, cfg, ns, t)
		Expect(env.Client.Create(ctx, secret(ns, "keys", "jwks.json", "{}"))).To(Succeed())
		apply(ctx, distributor)
		Eventually(available(ctx, "default")).Should(HavePrefix("False ReplicasNotReady"))
		atRest := settled(writes)
		Consistently(writes.Seen).WithTimeout(quiet).Should(Equal(atRest))

		By("others adding what is not ours")
		var sts appsv1.StatefulSet
		Expect(env.Client.Get(ctx, key(workload), &sts)).To(Succeed())
		sts.Annotations["example.org/theirs"] = "yes"
		sts.Spec.Template.Spec.Tolerations = []corev1.Toleration{{Key: "theirs", Operator: corev1.TolerationOpExists}}
		Expect(env.Client.Update(ctx, &sts)).To(Succeed())
		Consistently(writes.Seen).WithTimeout(quiet).Should(Equal(atRest))

		By("others changing what is ours")
		Expect(env.Client.Get(ctx, key(workload), &sts)).To(Succeed())
		sts.Spec.Template.Spec.Containers[0].Image = "example.org/foreign"
		Expect(env.Client.Update(ctx, &sts)).To(Succeed())
		Eventually(func() string {
			_ = env.Client.Get(ctx, key(workload), &sts)
			return sts.Spec.Template.Spec.Containers[0].Image
		}).Should(Equal("example.org/workstream:test"))
		Expect(sts.Annotations).To(HaveKey("example.org/theirs"))
		for _, obj := range []client.Object{
			&corev1.ServiceAccount{}, &networkingv1.NetworkPolicy{}, &corev1.Service{},
		} {
			Expect(env.Client.Get(ctx, key(workload), obj)).To(Succeed())
			uid := obj.GetUID()
			Expect(env.Client.Delete(ctx, obj)).To(Succeed())
			Eventually(func() types.UID {
				if env.Client.Get(ctx, key(workload), obj) != nil {
					return uid
				}
				return obj.GetUID()
			}).ShouldNot(Equal(uid), "%T", obj)
		}
		var s corev1.Secret
		Expect(env.Client.Get(ctx, key(credentials), &s)).To(Succeed())
		s.Data["keys.jwks.json"] = []byte("foreign")
		Expect(env.Client.Update(ctx, &s)).To(Succeed())
		Eventually(held(ctx)).Should(Equal(map[string]string{"keys.jwks.json": "{}"}))
		Expect(env.Client.Delete(ctx, &s)).To(Succeed())
		Eventually(held(ctx)).Should(Equal(map[string]string{"keys.jwks.json": "{}"}))

		atRest = settled(writes)
		Consistently(writes.Seen).WithTimeout(quiet).Should(Equal(atRest))
	}, SpecTimeout(specTimeout))

	It("hands new authorities of the plan feed to its pods", func(ctx SpecContext) {
		t.bundle = ""
		start(ctx, env.Config, ns, t)
		apply(ctx, distributor)
		Eventually(available(ctx, "default")).Should(HaveSuffix("the plan feed's certificate is not made yet"))
		var ca corev1.ConfigMap
		for _, bundle := range []string{"one", "two"} {
			t.set(bundle)
			Eventually(func() map[string]string {
				_ = env.Client.Get(ctx, key("workstream-planfeed-ca"), &ca)
				return ca.Data
			}).Should(Equal(map[string]string{"ca.crt": bundle}))
		}
	}, SpecTimeout(specTimeout))

	It("has the credentials that the namespace names, as they come, change and go", func(ctx SpecContext) {
		start(ctx, env.Config, ns, t)
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: workload + "-0", Labels: map[string]string{
				"app.kubernetes.io/name": "workstream-distributor", "app.kubernetes.io/instance": "default",
				dataplane.LabelManagedBy: dataplane.ManagedBy, routingv1alpha1.LabelDistributor: "default",
			}},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}},
		}
		Expect(env.Client.Create(ctx, pod)).To(Succeed())
		told := func() string {
			_ = env.Client.Get(ctx, key(pod.Name), pod)
			return pod.Annotations[dataplane.CredentialsAnnotation]
		}
		apply(ctx, distributor)
		apply(ctx, channel)
		Eventually(held(ctx)).Should(BeEmpty())

		web := secret(ns, "web", "signingSecret", "one")
		Expect(env.Client.Create(ctx, web)).To(Succeed())
		Expect(env.Client.Create(ctx, secret(ns, "keys", "jwks.json", "{}"))).To(Succeed())
		Expect(env.Client.Create(ctx, secret(ns, "other", "signingSecret", "not named"))).To(Succeed())
		Eventually(held(ctx)).Should(Equal(map[string]string{"web.signingSecret": "one", "keys.jwks.json": "{}"}))
		Eventually(told).ShouldNot(BeEmpty())

		for _, step := range []struct {
			change func() error
			want   map[string]string
		}{
			{func() error {
				web.Data["signingSecret"] = []byte("two")
				return env.Client.Update(ctx, web)
			}, map[string]string{"web.signingSecret": "two", "keys.jwks.json": "{}"}},
			{func() error { return env.Client.Delete(ctx, web) }, map[string]string{"keys.jwks.json": "{}"}},
			{
				func() error { return env.Client.Create(ctx, secret(ns, "web", "signingSecret", "three")) },
				map[string]string{"web.signingSecret": "three", "keys.jwks.json": "{}"},
			},
			{func() error {
				return env.Client.Delete(ctx, &routingv1alpha1.Channel{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web"}})
			}, map[string]string{"keys.jwks.json": "{}"}},
		} {
			before := told()
			Expect(step.change()).To(Succeed())
			Eventually(held(ctx)).Should(Equal(step.want))
			Eventually(told).ShouldNot(Equal(before))
		}
	}, SpecTimeout(specTimeout))

	It("waits while an older one serves the namespace, and takes over when that goes", func(ctx SpecContext) {
		start(ctx, env.Config, ns, t)
		apply(ctx, "{kind: Distributor, metadata: {name: a}, spec: {}}")
		Eventually(available(ctx, "a")).Should(HavePrefix("False ReplicasNotReady"))
		apply(ctx, "{kind: Distributor, metadata: {name: b}, spec: {}}")
		Eventually(available(ctx, "b")).Should(Equal("False NotServing: Distributor a is older and serves the namespace"))
		Expect(get(ctx, "workstream-b", &appsv1.StatefulSet{})()).NotTo(Succeed())
		Expect(env.Client.Delete(ctx, &routingv1alpha1.Distributor{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "a"}})).To(Succeed())
		Eventually(available(ctx, "b")).Should(HavePrefix("False ReplicasNotReady"))
		Eventually(get(ctx, "workstream-b", &appsv1.StatefulSet{})).Should(Succeed())
	}, SpecTimeout(specTimeout))

	It("says why it cannot be deployed", func(ctx SpecContext) {
		start(ctx, env.Config, ns, t)
		By("a StatefulSet of somebody else being in the way")
		foreign := &appsv1.StatefulSet{
			ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: workload},
			Spec: appsv1.StatefulSetSpec{
				Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}},
				Template: corev1.PodTemplateSpec{
					ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"a": "b"}},
					Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}},
				},
			},
		}
		Expect(env.Client.Create(ctx, foreign)).To(Succeed())
		apply(ctx, distributor)
		Eventually(available(ctx, "default")).Should(And(
			HavePrefix("False ReplicasNotReady: 0 of 1 replicas are ready: applying StatefulSet workstream-default: "),
			ContainSubstring("is invalid")))
	}, SpecTimeout(specTimeout))
})

// quiet is how long a spec looks on while nothing must happen.
const quiet = 500 * time.Millisecond

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
