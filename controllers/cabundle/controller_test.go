// SPDX-License-Identifier: Apache-2.0

package cabundle_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"workstream.dev/operator/controllers/cabundle"
	"workstream.dev/operator/internal/pki"
	"workstream.dev/operator/internal/testkit/kubetest"
	"workstream.dev/operator/internal/webhook"
)

const serverName = "workstream-manager-webhook.system.svc"

// replica is a manager as far as its webhook goes, at the time of the spec.
type replica struct {
	*pki.Keeper
	address string
}

func startReplica(ctx context.Context, namespace string, clock func() time.Time) *replica {
	GinkgoHelper()
	address, _, err := kubetest.FreeAddress(ctx)
	Expect(err).NotTo(HaveOccurred())
	r := &replica{address: address, Keeper: pki.NewKeeper(pki.Options{
		Purpose: "webhook", ServerName: serverName, Secret: types.NamespacedName{Namespace: namespace, Name: "webhook-tls"},
		Reader: env.Client, Writer: env.Client, Now: clock, Log: logr.Discard(),
	})}
	server, err := webhook.NewServer(r.address, r.Certificate)
	Expect(err).NotTo(HaveOccurred())
	run(ctx, server.Start)
	Eventually(func() error { return server.StartedChecker()(&http.Request{}) }).Should(
		MatchError(ContainSubstring("internal error"))) // it listens, and has no certificate
	return r
}

// run runs something until the spec ends.
func run(ctx context.Context, start func(context.Context) error) {
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- start(runCtx) }()
	DeferCleanup(func() {
		cancel()
		Eventually(done).Should(Receive(BeNil()))
	})
}

// trustedBy connects as an API server with that bundle does, at the time of the spec.
func (r *replica) trustedBy(bundle []byte, clock func() time.Time) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	conn, err := tls.Dial("tcp", r.address, &tls.Config{RootCAs: roots, ServerName: serverName, Time: clock, MinVersion: tls.VersionTLS13})
	if err != nil {
		return err
	}
	return conn.Close()
}

// startController runs the controller until the spec ends.
func startController(ctx context.Context, cfg *rest.Config, trust cabundle.Trust) {
	GinkgoHelper()
	skip := true
	mgr, err := ctrl.NewManager(cfg, ctrl.Options{
		Scheme:     kubetest.Scheme(),
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Cache:      cache.Options{ByObject: cabundle.CacheOptions(), ReaderFailOnMissingInformer: true},
		Controller: config.Controller{SkipNameValidation: &skip},
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(cabundle.New(mgr, trust).SetupWithManager(mgr)).To(Succeed())
	run(ctx, mgr.Start)
}

// configure makes a ValidatingWebhookConfiguration that asks for nothing that is there; it ends with the spec.
func configure(ctx context.Context, name string) {
	GinkgoHelper()
	none, url := admissionregistrationv1.SideEffectClassNone, "https://127.0.0.1:1"
	hook := func(name string) admissionregistrationv1.ValidatingWebhook {
		return admissionregistrationv1.ValidatingWebhook{
			Name: name, ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: &url}, SideEffects: &none,
			AdmissionReviewVersions: []string{"v1"},
		}
	}
	c := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Webhooks:   []admissionregistrationv1.ValidatingWebhook{hook("one.example.org"), hook("two.example.org")},
	}
	Expect(env.Client.Create(ctx, c)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(env.Client.Delete(ctx, c)).To(Succeed()) })
}

func bundles(ctx context.Context, name string) [][]byte {
	GinkgoHelper()
	var c admissionregistrationv1.ValidatingWebhookConfiguration
	Expect(env.Client.Get(ctx, types.NamespacedName{Name: name}, &c)).To(Succeed())
	out := make([][]byte, len(c.Webhooks))
	for i := range c.Webhooks {
		out[i] = c.Webhooks[i].ClientConfig.CABundle
	}
	return out
}

var _ = Describe("The bundle", func() {
	// Four years pass. Each month one manager looks first, the API server hears of it, and the other manager looks; an hour
	// later again. At none of these moments may the API server meet a certificate that it does not know.
	It("always knows what every manager serves, through all renewals and without a restart", func(ctx SpecContext) {
		ns, err := env.Namespace(ctx)
		Expect(err).NotTo(HaveOccurred())
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		configure(ctx, webhook.Configuration)
		one, two := startReplica(ctx, ns, clock), startReplica(ctx, ns, clock)
		Expect(one.Refresh(ctx)).To(Succeed())
		Expect(two.Refresh(ctx)).To(Succeed())
		cfg, writes := kubetest.Count(env.Config)
		startController(ctx, cfg, one)
		told := func() []byte { return bundles(ctx, webhook.Configuration)[0] }
		Eventually(told).Should(Equal(one.Bundle()))

		trusted := func(bundle []byte) {
			GinkgoHelper()
			Expect(one.trustedBy(bundle, clock)).To(Succeed(), "%s: the first manager", now)
			Expect(two.trustedBy(bundle, clock)).To(Succeed(), "%s: the second manager", now)
		}
		changes := 1
		look := func(first, second *replica) {
			GinkgoHelper()
			before := told()
			Expect(first.Refresh(ctx)).To(Succeed())
			trusted(before)
			Expect(second.Refresh(ctx)).To(Succeed())
			Eventually(told).Should(Equal(one.Bundle()))
			trusted(before)
			trusted(told())
			if !bytes.Equal(before, told()) {
				changes++
			}
		}
		for end := now.AddDate(4, 0, 0); now.Before(end); {
			now = now.AddDate(0, 0, 30)
			look(one, two)
			now = now.Add(70 * time.Minute)
			look(two, one)
		}
		Expect(changes).To(Equal(5)) // the first authority, the second, the end of the first, the third, the end of the second
		Expect(writes.Seen()).To(HaveLen(changes))
	}, SpecTimeout(specTimeout))

	It("is written to every webhook of ours, and to no other's", func(ctx SpecContext) {
		ns, err := env.Namespace(ctx)
		Expect(err).NotTo(HaveOccurred())
		configure(ctx, webhook.Configuration)
		configure(ctx, "of-others")
		r := startReplica(ctx, ns, time.Now)
		startController(ctx, env.Config, r)
		Expect(r.Refresh(ctx)).To(Succeed())
		Eventually(func() [][]byte { return bundles(ctx, webhook.Configuration) }).Should(Equal([][]byte{r.Bundle(), r.Bundle()}))
		Expect(bundles(ctx, "of-others")).To(Equal([][]byte{nil, nil}))
	}, SpecTimeout(specTimeout))
})
