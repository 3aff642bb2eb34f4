// SPDX-License-Identifier: Apache-2.0

package operator_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/internal/operator"
	"workstream.dev/operator/internal/planfeed"
	"workstream.dev/operator/internal/testkit/kubetest"
)

const (
	timeout = 20 * time.Second
	records = `
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
	*operator.Operator
	stop func()
	addr string
}

// start runs an operator until the spec ends, or stop is called.
func start(ctx context.Context, cfg *rest.Config, namespace, identity string) *running {
	GinkgoHelper()
	o, err := operator.New(ctx, cfg, operator.Options{
		Namespace: namespace, Identity: identity, DistributorImage: "example.org/workstream:test", LeaderElect: true,
		MetricsAddress: "0", ProbeAddress: "0", PlanFeedAddress: "127.0.0.1:0",
		Log: slog.New(slog.NewTextHandler(GinkgoWriter, nil)),
	})
	Expect(err).NotTo(HaveOccurred())
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
	return &running{Operator: o, stop: stop, addr: addr.String()}
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
		_ = c.Watch(watchCtx, func(_ context.Context, version string, _ []byte) planfeed.Ack {
			r.plans <- version
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
	}, SpecTimeout(time.Minute))

	_ = kubetest.Count
	_ = apierrors.IsNotFound
	_ = client.IgnoreNotFound
})
