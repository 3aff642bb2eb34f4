// SPDX-License-Identifier: Apache-2.0

package operator_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/internal/operator"
	"workstream.dev/operator/internal/planfeed"
	"workstream.dev/operator/internal/testkit/kubetest"
)

const (
	// timeout is for what happens soon, specTimeout for all that a spec waits for: a machine that is busy with something else
	// takes many times what it takes alone, and only a spec that fails waits so long.
	timeout     = time.Minute
	specTimeout = 10 * time.Minute
	// quiet is how long a spec looks on while nothing must happen.
	quiet = time.Second
	// records is a namespace with its Distributor: the default one is made after a time only.
	records = `
kind: Distributor
metadata: {name: default}
spec: {}
---
kind: Queue
metadata: {name: general}
spec: {type: Record}
---
kind: Workstream
metadata: {name: cases}
spec:
  type: Record
  record: {type: case}
  workDistribution: {mode: Push, capacity: {units: 10}}
  routing: {fallbackQueueRef: {name: general}}
`
)

// running is an operator in this process.
type running struct {
	stop func()
	addr string
}

func options(namespace, identity, image string) operator.Options {
	return operator.Options{
		Namespace: namespace, Identity: identity, DistributorImage: image, LeaderElect: true,
		MetricsAddress: "0", ProbeAddress: "0", PlanFeedAddress: "127.0.0.1:0", WebhookAddress: "0",
		Log: slog.New(slog.NewTextHandler(GinkgoWriter, nil)),
	}
}

// start runs an operator until the spec ends, or stop is called.
func start(ctx context.Context, cfg *rest.Config, namespace, identity string) *running {
	GinkgoHelper()
	o, err := operator.New(ctx, cfg, options(namespace, identity, "example.org/workstream:test"))
	Expect(err).NotTo(HaveOccurred())
	return run(ctx, o)
}

func run(ctx context.Context, o *operator.Operator) *running {
	GinkgoHelper()
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- o.Run(runCtx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		Eventually(done).WithTimeout(timeout).Should(Receive(BeNil()))
	}
	DeferCleanup(stop)
	addr, err := o.PlanFeedAddr(ctx)
	Expect(err).NotTo(HaveOccurred())
	return &running{stop: stop, addr: addr.String()}
}

// replica is a distributor's side of the plan feed.
type replica struct {
	namespace, account, audience string
	plans                        chan string
	answer                       planfeed.Ack
}

// watch connects to the operator with a token as the kubelet would mount it, until the spec ends.
func (r *replica) watch(ctx context.Context, o *running, operatorNamespace string) {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	ca, token := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "token")
	var bundle corev1.ConfigMap
	Eventually(func() error {
		return env.Client.Get(ctx, types.NamespacedName{Namespace: r.namespace, Name: dataplane.CABundleConfigMap}, &bundle)
	}).WithTimeout(timeout).Should(Succeed())
	Expect(os.WriteFile(ca, []byte(bundle.Data[dataplane.CABundleKey]), 0o600)).To(Succeed())
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: r.account}}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{r.audience}}}
	Eventually(func() error {
		return env.Client.SubResource("token").Create(ctx, account, request)
	}).WithTimeout(timeout).Should(Succeed())
	Expect(os.WriteFile(token, []byte(request.Status.Token), 0o600)).To(Succeed())

	r.plans = make(chan string, 100)
	c := planfeed.NewClient(planfeed.ClientOptions{
		Address: o.addr, ServerName: "workstream-manager-planfeed." + operatorNamespace + ".svc",
		CAFile: ca, TokenFile: token, Distributor: "default", Replica: "workstream-default-0", Build: "test",
		Log: slog.New(slog.NewTextHandler(GinkgoWriter, nil)),
	})
	watchCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.Watch(watchCtx, func(_ context.Context, u planfeed.Update) planfeed.Ack {
			r.plans <- u.Version
			return r.answer
		}) // ends with the error of its context
	}()
	DeferCleanup(func() {
		cancel()
		Eventually(done).WithTimeout(timeout).Should(BeClosed())
	})
}

func programmed(ctx context.Context, namespace string) func() string {
	return func() string {
		var w routingv1alpha1.Workstream
		if err := env.Client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: "cases"}, &w); err != nil {
			return err.Error()
		}
		if c := meta.FindStatusCondition(w.Status.Conditions, string(routingv1alpha1.ConditionProgrammed)); c != nil {
			return string(c.Status) + " " + c.Reason
		}
		return "no condition"
	}
}

func namespace(ctx context.Context) string {
	GinkgoHelper()
	name, err := env.Namespace(ctx)
	Expect(err).NotTo(HaveOccurred())
	return name
}

var _ = Describe("Operator", func() {
	It("brings a plan from objects to a replica, and its answer back", func(ctx SpecContext) {
		own, ns := namespace(ctx), namespace(ctx)
		o := start(ctx, env.Config, own, "manager-0")
		Expect(env.Apply(ctx, ns, records)).To(Succeed())
		Eventually(programmed(ctx, ns)).WithTimeout(timeout).Should(Equal("False NotAcknowledged"))

		r := replica{namespace: ns, account: "workstream-default", audience: dataplane.PlanFeedAudience}
		r.watch(ctx, o, own)
		Eventually(r.plans).WithTimeout(timeout).Should(Receive())
		Eventually(programmed(ctx, ns)).WithTimeout(timeout).Should(Equal("True Programmed"))
		var d routingv1alpha1.Distributor
		Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "default"}, &d)).To(Succeed())
		Expect(d.Status.Replicas).To(ConsistOf(routingv1alpha1.DistributorReplica{Name: "workstream-default-0", Version: d.Status.Version}))
	}, SpecTimeout(specTimeout))

	It("sends away who is no distributor of the namespace", func(ctx SpecContext) {
		own, ns, other := namespace(ctx), namespace(ctx), namespace(ctx)
		o := start(ctx, env.Config, own, "manager-0")
		Expect(env.Apply(ctx, ns, records)).To(Succeed())
		Expect(env.Apply(ctx, other, records)).To(Succeed())
		Expect(env.Client.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "foreign"}})).To(Succeed())
		refused := []*replica{
			{namespace: ns, account: "foreign", audience: dataplane.PlanFeedAudience},
			{namespace: ns, account: "workstream-default", audience: "vault"},
		}
		for _, r := range refused {
			r.watch(ctx, o, own)
		}
		good := replica{namespace: other, account: "workstream-default", audience: dataplane.PlanFeedAudience}
		good.watch(ctx, o, own)
		var version string
		Eventually(good.plans).WithTimeout(timeout).Should(Receive(&version))
		var d routingv1alpha1.Distributor
		Eventually(func(g Gomega) {
			g.Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: other, Name: "default"}, &d)).To(Succeed())
			g.Expect(d.Status.Version).To(Equal(version)) // and not that of the first namespace
		}).WithTimeout(timeout).Should(Succeed())
		Consistently(func(g Gomega) {
			for _, r := range refused {
				g.Expect(r.plans).NotTo(Receive(), r.account+" "+r.audience)
			}
		}).WithTimeout(quiet).Should(Succeed())
		Expect(programmed(ctx, ns)()).To(Equal("False NotAcknowledged"))
	}, SpecTimeout(specTimeout))

	It("serves from the leader alone, and hands over when that stops", func(ctx SpecContext) {
		own, ns := namespace(ctx), namespace(ctx)
		first := start(ctx, env.Config, own, "manager-0")
		Expect(env.Apply(ctx, ns, records)).To(Succeed())
		Eventually(programmed(ctx, ns)).WithTimeout(timeout).Should(Equal("False NotAcknowledged"))
		second := start(ctx, env.Config, own, "manager-1")
		r := replica{namespace: ns, account: "workstream-default", audience: dataplane.PlanFeedAudience}
		r.watch(ctx, second, own)
		Consistently(r.plans).WithTimeout(quiet).ShouldNot(Receive())
		first.stop()
		Eventually(r.plans).WithTimeout(timeout).Should(Receive())
		Eventually(programmed(ctx, ns)).WithTimeout(timeout).Should(Equal("True Programmed"))
	}, SpecTimeout(specTimeout))

	It("leads on at once after a crash in the same pod", func(ctx SpecContext) {
		own, ns := namespace(ctx), namespace(ctx)
		holder, now := "manager-0", metav1.NowMicro()
		seconds := int32(3600)
		Expect(env.Client.Create(ctx, &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Namespace: own, Name: "workstream-manager"},
			Spec: coordinationv1.LeaseSpec{
				HolderIdentity: &holder, LeaseDurationSeconds: &seconds, AcquireTime: &now, RenewTime: &now,
			},
		})).To(Succeed())
		start(ctx, env.Config, own, holder)
		Expect(env.Apply(ctx, ns, records)).To(Succeed())
		Eventually(programmed(ctx, ns)).WithTimeout(timeout).Should(Equal("False NotAcknowledged"))
	}, SpecTimeout(specTimeout))

	It("runs distributors from the image of its own pod", func(ctx SpecContext) {
		own, ns := namespace(ctx), namespace(ctx)
		Expect(env.Client.Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: own, Name: "manager-0"},
			Spec: corev1.PodSpec{Containers: []corev1.Container{
				{Name: "sidecar", Image: "example.org/sidecar"}, {Name: "manager", Image: "example.org/workstream:own"},
			}},
		})).To(Succeed())
		o, err := operator.New(ctx, env.Config, options(own, "manager-0", ""))
		Expect(err).NotTo(HaveOccurred())
		run(ctx, o)
		Expect(env.Apply(ctx, ns, records)).To(Succeed())
		Eventually(func() string {
			var sts appsv1.StatefulSet
			if err := env.Client.Get(ctx, types.NamespacedName{Namespace: ns, Name: "workstream-default"}, &sts); err != nil {
				return err.Error()
			}
			return sts.Spec.Template.Spec.Containers[0].Image
		}).WithTimeout(timeout).Should(Equal("example.org/workstream:own"))

		_, err = operator.New(ctx, env.Config, options(own, "manager-1", ""))
		Expect(err).To(MatchError(ContainSubstring("reading the manager's own pod")))
	}, SpecTimeout(specTimeout))

	It("writes nothing at rest but its lease", func(ctx SpecContext) {
		own, ns := namespace(ctx), namespace(ctx)
		cfg, writes := kubetest.Count(env.Config)
		opts := options(own, "manager-0", "example.org/workstream:test")
		opts.WebhookAddress = installWebhook(ctx, own)
		made, err := operator.New(ctx, cfg, opts)
		Expect(err).NotTo(HaveOccurred())
		o := run(ctx, made)
		Expect(env.Apply(ctx, ns, records)).To(Succeed())
		r := replica{namespace: ns, account: "workstream-default", audience: dataplane.PlanFeedAudience}
		r.watch(ctx, o, own)
		Eventually(programmed(ctx, ns)).WithTimeout(timeout).Should(Equal("True Programmed"))
		other := func() []string {
			return slices.DeleteFunc(writes.Seen(), func(w string) bool { return strings.HasSuffix(w, "/leases/workstream-manager") })
		}
		var before []string
		Eventually(func() bool {
			last := before
			before = other()
			return len(last) == len(before)
		}).WithPolling(quiet).WithTimeout(timeout).Should(BeTrue())
		Consistently(other).WithTimeout(2 * quiet).Should(Equal(before))
	}, SpecTimeout(specTimeout))
})
