// SPDX-License-Identifier: Apache-2.0

package operator_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/operator"
	"workstream.dev/operator/internal/testkit/kubetest"
	"workstream.dev/operator/internal/webhook"
)

const (
	goodHours = "kind: OperatingHours\nmetadata: {name: office}\nspec: {timeZone: Europe/Berlin}"
	badHours  = "kind: OperatingHours\nmetadata: {name: office}\nspec: {timeZone: Europe/Munich}"
	noZone    = `spec.timeZone: "Europe/Munich" is no time zone such as Europe/Berlin`
)

// freeAddress is one that nobody listens on, with its port.
func freeAddress(ctx context.Context) (string, int32) {
	GinkgoHelper()
	address, port, err := kubetest.FreeAddress(ctx)
	Expect(err).NotTo(HaveOccurred())
	return address, port
}

// configuration is the ValidatingWebhookConfiguration that is installed.
func configuration(ctx context.Context) *admissionregistrationv1.ValidatingWebhookConfiguration {
	GinkgoHelper()
	c := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	Expect(env.Client.Get(ctx, types.NamespacedName{Name: webhook.Configuration}, c)).To(Succeed())
	return c
}

// installWebhook does what users do, for managers in that namespace, and returns where one must listen.
func installWebhook(ctx context.Context, namespace string) string {
	GinkgoHelper()
	address, err := env.InstallWebhook(ctx, namespace)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx SpecContext) { Expect(env.Client.Delete(ctx, configuration(ctx))).To(Succeed()) })
	return address
}

// ask has the API server ask the manager at that port from now on.
func ask(ctx context.Context, port int32) {
	GinkgoHelper()
	c := configuration(ctx)
	c.Webhooks[0].ClientConfig.Service.Port = &port
	Expect(env.Client.Update(ctx, c)).To(Succeed())
}

func bundle(ctx context.Context) []byte {
	GinkgoHelper()
	return configuration(ctx).Webhooks[0].ClientConfig.CABundle
}

// startWith runs a manager whose webhook listens there.
func startWith(ctx context.Context, namespace, identity, address, certDir string) *running {
	GinkgoHelper()
	opts := options(namespace, identity, "example.org/workstream:test")
	opts.WebhookAddress, opts.WebhookCertDir = address, certDir
	o, err := operator.New(ctx, env.Config, opts)
	Expect(err).NotTo(HaveOccurred())
	return run(ctx, o)
}

// refusing waits until a bad object is refused, in its words.
func refusing(ctx context.Context) {
	GinkgoHelper()
	bad := &routingv1alpha1.OperatingHours{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace(ctx), Name: "office"},
		Spec:       routingv1alpha1.OperatingHoursSpec{TimeZone: "Europe/Munich"},
	}
	Eventually(func() error { // one that is stored could be applied again
		return env.Client.Create(ctx, bad.DeepCopy(), client.DryRunAll)
	}).WithTimeout(timeout).Should(MatchError(ContainSubstring(
		`admission webhook "validate.routing.workstream.dev" denied the request: OperatingHours.routing.workstream.dev "office" is invalid: ` + noZone)))
}

var _ = Describe("The webhook", func() {
	It("is served by every manager, leader or not", func(ctx SpecContext) {
		own, ns := namespace(ctx), namespace(ctx)
		Expect(env.Apply(ctx, ns, badHours)).To(Succeed()) // nobody is there to say no
		first := installWebhook(ctx, own)
		Expect(env.Apply(ctx, ns, badHours)).To(Succeed())
		startWith(ctx, own, "manager-0", first, "")
		refusing(ctx)
		Expect(env.Apply(ctx, ns, goodHours)).To(Succeed())
		Expect(env.Apply(ctx, ns, badHours)).To(MatchError(ContainSubstring(noZone)))

		second, port := freeAddress(ctx)
		follower := startWith(ctx, own, "manager-1", second, "")
		ask(ctx, port)
		refusing(ctx)

		By("the manager going away")
		follower.stop()
		Expect(env.Apply(ctx, ns, badHours)).To(Succeed())
	}, SpecTimeout(specTimeout))

	It("warns of what is hardly meant so", func(ctx SpecContext) {
		own, ns := namespace(ctx), namespace(ctx)
		startWith(ctx, own, "manager-0", installWebhook(ctx, own), "")
		refusing(ctx)
		var said warnings
		cfg := rest.CopyConfig(env.Config)
		cfg.WarningHandlerWithContext = &said
		c, err := client.New(cfg, client.Options{Scheme: kubetest.Scheme()})
		Expect(err).NotTo(HaveOccurred())
		rule := func(name string) routingv1alpha1.Rule {
			return routingv1alpha1.Rule{
				Name:  name,
				When:  &routingv1alpha1.Condition{Attribute: "context.tier", Operator: "Equal", Values: []string{"gold"}},
				Route: &routingv1alpha1.Route{QueueRef: &routingv1alpha1.QueueReference{Name: "general"}},
			}
		}
		Expect(c.Create(ctx, &routingv1alpha1.RoutingRuleset{
			ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "rules"},
			Spec: routingv1alpha1.RoutingRulesetSpec{
				Type: routingv1alpha1.RulesetRouteToQueue, Rules: []routingv1alpha1.Rule{rule("one"), rule("two")},
			},
		})).To(Succeed())
		Expect(said).To(ConsistOf(HavePrefix("spec.rules[1](two): no item gets as far as this rule")))
	}, SpecTimeout(specTimeout))

	It("is told to the API server again when somebody forgets it", func(ctx SpecContext) {
		own := namespace(ctx)
		address := installWebhook(ctx, own)
		startWith(ctx, own, "manager-0", address, "")
		refusing(ctx)
		want := bundle(ctx)
		was := configuration(ctx)
		Expect(env.Client.Delete(ctx, was)).To(Succeed())
		again, err := kubetest.WebhookConfiguration(own, *was.Webhooks[0].ClientConfig.Service.Port)
		Expect(err).NotTo(HaveOccurred())
		Expect(env.Client.Create(ctx, again)).To(Succeed())
		Eventually(func() []byte { return bundle(ctx) }).WithTimeout(timeout).Should(Equal(want))
	}, SpecTimeout(specTimeout))

	DescribeTable("works whatever stands in its Secret", func(ctx SpecContext, fill func(ctx context.Context, own string)) {
		own := namespace(ctx)
		fill(ctx, own)
		startWith(ctx, own, "manager-0", installWebhook(ctx, own), "")
		refusing(ctx)
	},
		Entry("nothing", func(ctx context.Context, own string) { store(ctx, own, nil) }),
		Entry("certificates that ended long ago", func(ctx context.Context, own string) {
			past := func() time.Time { return time.Now().AddDate(-5, 0, 0) }
			Expect(keeper(own, operator.WebhookSecret, webhook.Service, past).Refresh(ctx)).To(Succeed())
		}),
		Entry("certificates of another installation", func(ctx context.Context, own string) {
			Expect(keeper(own, operator.WebhookSecret, "elsewhere", time.Now).Refresh(ctx)).To(Succeed())
		}),
		Entry("a certificate of cert-manager", func(ctx context.Context, own string) {
			data := foreign(ctx, own)
			delete(data, "ca.key")
			store(ctx, own, data)
		}),
		Entry("half of it", func(ctx context.Context, own string) {
			data := foreign(ctx, own)
			data["tls.key"] = data["tls.key"][:40]
			store(ctx, own, data)
		}),
		Entry("garbage", func(ctx context.Context, own string) {
			store(ctx, own, map[string][]byte{"ca.crt": {0xff}, "ca.key": {}, "tls.crt": []byte("-----BEGIN"), "tls.key": nil})
		}),
	)

	It("serves the certificate of a folder, follows its changes, and leaves the rest to who keeps it", func(ctx SpecContext) {
		own := namespace(ctx)
		address, dir := installWebhook(ctx, own), GinkgoT().TempDir()
		keep := func() []byte { // as cert-manager does: a certificate to mount, and the authority for the API server
			data := foreign(ctx, own)
			for _, name := range []string{"tls.crt", "tls.key"} {
				Expect(os.WriteFile(filepath.Join(dir, name), data[name], 0o600)).To(Succeed())
			}
			c := configuration(ctx)
			c.Webhooks[0].ClientConfig.CABundle = data["ca.crt"]
			Expect(env.Client.Update(ctx, c)).To(Succeed())
			return data["ca.crt"]
		}
		first := keep()
		startWith(ctx, own, "manager-0", address, dir)
		refusing(ctx)
		Expect(dial(address, own, first)).To(Succeed())

		second := keep()
		Expect(second).NotTo(Equal(first))
		Eventually(func() error { return dial(address, own, second) }).WithTimeout(timeout).Should(Succeed())
		refusing(ctx)
		Consistently(func() []byte { return bundle(ctx) }).WithTimeout(quiet).Should(Equal(second))
		var made corev1.Secret
		err := env.Client.Get(ctx, types.NamespacedName{Namespace: own, Name: operator.WebhookSecret}, &made)
		Expect(err).To(MatchError(ContainSubstring("not found")))
	}, SpecTimeout(specTimeout))

	It("leaves the bundle to cert-manager where the annotation says so", func(ctx SpecContext) {
		own := namespace(ctx)
		address := installWebhook(ctx, own)
		c := configuration(ctx)
		c.Annotations = map[string]string{"cert-manager.io/inject-ca-from": own + "/webhook"}
		Expect(env.Client.Update(ctx, c)).To(Succeed())
		startWith(ctx, own, "manager-0", address, "")
		Eventually(func() error {
			return env.Client.Get(ctx, types.NamespacedName{Namespace: own, Name: operator.WebhookSecret}, &corev1.Secret{})
		}).WithTimeout(timeout).Should(Succeed())
		Consistently(func() []byte { return bundle(ctx) }).WithTimeout(quiet).Should(BeEmpty())
	}, SpecTimeout(specTimeout))

	It("does not start without the certificate that it is told to serve", func(ctx SpecContext) {
		opts := options(namespace(ctx), "manager-0", "example.org/workstream:test")
		opts.WebhookCertDir = GinkgoT().TempDir()
		opts.WebhookAddress, _ = freeAddress(ctx)
		_, err := operator.New(ctx, env.Config, opts)
		Expect(err).To(MatchError(ContainSubstring("reading the webhook's certificate")))
	})

	It("is part of being ready", func(ctx SpecContext) {
		own := namespace(ctx)
		opts := options(own, "manager-0", "example.org/workstream:test")
		opts.WebhookAddress, _ = freeAddress(ctx)
		opts.ProbeAddress, _ = freeAddress(ctx)
		o, err := operator.New(ctx, env.Config, opts)
		Expect(err).NotTo(HaveOccurred())
		taken, err := new(net.ListenConfig).Listen(ctx, "tcp", opts.WebhookAddress)
		Expect(err).NotTo(HaveOccurred())
		Expect(o.Run(ctx)).To(MatchError(ContainSubstring("address already in use")))
		Expect(taken.Close()).To(Succeed())

		o, err = operator.New(ctx, env.Config, opts)
		Expect(err).NotTo(HaveOccurred())
		run(ctx, o)
		Eventually(func(g Gomega) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+opts.ProbeAddress+"/readyz/webhook", nil)
			g.Expect(err).NotTo(HaveOccurred())
			resp, err := http.DefaultClient.Do(req)
			g.Expect(err).NotTo(HaveOccurred())
			defer func() { _ = resp.Body.Close() }()
			g.Expect(resp.StatusCode).To(Equal(http.StatusOK))
		}).WithTimeout(timeout).Should(Succeed())
	}, SpecTimeout(specTimeout))
})

// warnings are those that a client was sent.
type warnings []string

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext.
func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	*w = append(*w, text)
}

// store fills the webhook's Secret.
func store(ctx context.Context, own string, data map[string][]byte) {
	GinkgoHelper()
	Expect(env.Client.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: own, Name: operator.WebhookSecret}, Data: data,
	})).To(Succeed())
}

// foreign are an authority and a certificate that are good and made by somebody else, new ones with each call.
func foreign(ctx context.Context, own string) map[string][]byte {
	GinkgoHelper()
	const name = "of-somebody-else"
	Expect(keeper(own, name, webhook.Service, time.Now).Refresh(ctx)).To(Succeed())
	var s corev1.Secret
	Expect(env.Client.Get(ctx, types.NamespacedName{Namespace: own, Name: name}, &s)).To(Succeed())
	Expect(env.Client.Delete(ctx, &s)).To(Succeed())
	return s.Data
}

// dial connects as an API server with that bundle does.
func dial(address, own string, bundle []byte) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: webhook.Service + "." + own + ".svc", MinVersion: tls.VersionTLS13})
	if err != nil {
		return err
	}
	return conn.Close()
}
