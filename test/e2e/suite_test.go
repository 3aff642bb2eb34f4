// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"workstream.dev/operator/internal/testkit/apiclient"
	"workstream.dev/operator/internal/testkit/clustertest"
)

const (
	issuerName = "https://login.contoso.com"
	audience   = "workstream"
	// soon is for what happens within milliseconds, with room for a loaded machine.
	soon = 30 * time.Second
	// restart is for a pod that must come back.
	restart = 3 * time.Minute
)

func TestE2E(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "e2e")
}

var (
	cluster *clustertest.Cluster
	// contoso is the namespace with the samples that most specs share.
	contoso *world
)

var _ = SynchronizedBeforeSuite(func(ctx SpecContext) {
	connect(ctx)
	contoso = newWorld(ctx, "e2e-contoso")
	contoso.applySamples(ctx)
}, func(SpecContext) {})

var _ = SynchronizedAfterSuite(func() {}, func(ctx SpecContext) {
	if contoso != nil {
		contoso.remove(ctx)
	}
}, NodeTimeout(restart))

func connect(ctx context.Context) {
	GinkgoHelper()
	root, err := clustertest.Root()
	Expect(err).NotTo(HaveOccurred())
	cluster, err = clustertest.Find(ctx, root)
	Expect(err).NotTo(HaveOccurred())
	kubectl(ctx, "wait", "--for=condition=Available", "--timeout=120s", "--namespace", "workstream-system", "deployment", "--all")
}

// kubectl runs kubectl and returns what it printed.
func kubectl(ctx context.Context, args ...string) string {
	GinkgoHelper()
	out, err := cluster.Run(ctx, args...)
	Expect(err).NotTo(HaveOccurred())
	return out
}

// world is a namespace with its distributor, and those who call it.
type world struct {
	namespace string
	issuer    *apiclient.Issuer
	client    *apiclient.Client
	webhook   *apiclient.Webhook
	reach     *clustertest.Reach
}

// newWorld makes a namespace with the Secrets that the samples name.
func newWorld(ctx context.Context, namespace string) *world {
	GinkgoHelper()
	issuer, err := apiclient.NewIssuer(issuerName, audience)
	Expect(err).NotTo(HaveOccurred())
	w := &world{namespace: namespace, issuer: issuer}
	w.webhook = &apiclient.Webhook{Address: "contoso-web", Secret: apiclient.NewSigningSecret()}
	_, _ = cluster.Run(ctx, "delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s") // of an earlier run
	kubectl(ctx, "create", "namespace", namespace)
	w.secret(ctx, "contoso-web", "signingSecret", w.webhook.Secret)
	w.secret(ctx, "contoso-jwks", "jwks.json", string(issuer.JWKS()))
	return w
}

func (w *world) secret(ctx context.Context, name, key, value string) {
	GinkgoHelper()
	manifest, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": name},
		"stringData": map[string]string{key: value},
	})
	Expect(err).NotTo(HaveOccurred())
	w.apply(ctx, string(manifest))
}

func (w *world) apply(ctx context.Context, manifests string) {
	GinkgoHelper()
	_, err := cluster.Apply(ctx, w.namespace, manifests)
	Expect(err).NotTo(HaveOccurred())
}

// applySamples applies config/samples and waits until they are programmed and the API answers.
func (w *world) applySamples(ctx context.Context) {
	GinkgoHelper()
	kubectl(ctx, "apply", "--namespace", w.namespace, "-k", filepath.Join(cluster.Root, "config", "samples"))
	w.programmed(ctx, "workstream/contoso-chat")
	w.programmed(ctx, "workstream/contoso-cases")
	w.programmed(ctx, "channel.routing.workstream.dev/contoso-web")
	w.open(ctx)
}

// open finds the way to the distributor's API and waits until it answers: the Service follows the pod's readiness by a
// probe's period.
func (w *world) open(ctx context.Context) {
	GinkgoHelper()
	kubectl(ctx, "wait", "--for=condition=Available", "--timeout=120s", "--namespace", w.namespace, "distributor/default")
	if w.reach != nil {
		w.reach.Close()
	}
	var err error
	w.reach, err = cluster.Reach(ctx, w.namespace, "workstream-default", 8080)
	Expect(err).NotTo(HaveOccurred())
	w.client = &apiclient.Client{BaseURL: w.reach.URL, Namespace: w.namespace}
	w.webhook.Client = w.client
	Eventually(func() error {
		return w.client.Call(ctx, "GET", "agent", nil, nil)
	}).WithContext(ctx).WithTimeout(soon).WithPolling(100 * time.Millisecond).Should(MatchError(ContainSubstring("401")))
}

func (w *world) remove(ctx context.Context) {
	GinkgoHelper()
	if w.reach != nil {
		w.reach.Close()
	}
	kubectl(ctx, "delete", "namespace", w.namespace, "--timeout=150s")
}

// condition reads a condition of an object such as workstream/contoso-chat.
func (w *world) condition(ctx context.Context, object, kind string) clustertest.Condition {
	c, err := cluster.Condition(ctx, w.namespace, object, kind)
	if err != nil {
		return clustertest.Condition{Message: err.Error()}
	}
	return c
}

// programmed waits until the object's present generation is in the plan that every replica runs.
func (w *world) programmed(ctx context.Context, object string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		var o struct{ Metadata struct{ Generation int64 } }
		g.Expect(cluster.Get(ctx, &o, "--namespace", w.namespace, object)).To(Succeed())
		c := w.condition(ctx, object, "Programmed")
		g.Expect(c.Status).To(Equal("True"), "%s: %s %s", object, c.Reason, c.Message)
		g.Expect(c.ObservedGeneration).To(Equal(o.Metadata.Generation))
	}).WithContext(ctx).WithTimeout(restart).WithPolling(200 * time.Millisecond).Should(Succeed())
}

// caller returns a client with a token of that subject.
func (w *world) caller(subject string, roles ...string) *apiclient.Client {
	GinkgoHelper()
	token, err := w.issuer.Token(subject, time.Hour, roles...)
	Expect(err).NotTo(HaveOccurred())
	return w.client.As(token)
}

func (w *world) agent(name string) *apiclient.Client {
	GinkgoHelper()
	return w.caller(name + "@contoso.com")
}

// desktop connects an agent and makes them Available; it ends with the spec.
func (w *world) desktop(ctx context.Context, name string) (*apiclient.Client, *apiclient.Stream) {
	GinkgoHelper()
	c := w.agent(name)
	var s *apiclient.Stream
	Eventually(func() (err error) {
		s, err = c.Stream(ctx, 0)
		return err
	}).WithContext(ctx).WithTimeout(restart).WithPolling(200 * time.Millisecond).Should(Succeed())
	DeferCleanup(s.Close)
	Expect(c.SetPresence(ctx, "Available")).To(Succeed())
	return c, s
}

// message sends a customer's message to a conversation, with a tier that the samples' rules know.
func (w *world) message(ctx context.Context, conversation, tier, text string) apiclient.Answer {
	GinkgoHelper()
	a, err := w.webhook.Message(ctx, inbound(conversation, tier, text))
	Expect(err).NotTo(HaveOccurred())
	return a
}

func inbound(conversation, tier, text string) apiclient.Inbound {
	return apiclient.Inbound{
		Conversation: conversation, Customer: map[string]any{"id": "u-" + conversation, "name": "Mia"},
		Message: map[string]any{"text": text}, Context: map[string]any{"tier": tier, "basket": 700},
	}
}

// offer waits for the offer of an item at an agent's socket.
func offer(ctx context.Context, s *apiclient.Stream, item string) apiclient.Event {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	for {
		e, err := s.Next(ctx, "offer.made")
		Expect(err).NotTo(HaveOccurred())
		if e.Item == item {
			return e
		}
	}
}

// finish ends and closes an agent's item, so that the next spec finds the agent free.
func finish(ctx context.Context, c *apiclient.Client, item string) {
	GinkgoHelper()
	for _, verb := range []string{"end", "close"} {
		_, err := c.Do(ctx, "items/"+item+"/"+verb, nil)
		Expect(err).NotTo(HaveOccurred(), verb)
	}
}

// texts are what was written to an item, in order.
func texts(ctx context.Context, c *apiclient.Client, item string) []string {
	GinkgoHelper()
	messages, err := c.Messages(ctx, item)
	Expect(err).NotTo(HaveOccurred())
	var out []string
	for i, m := range messages {
		Expect(m.Position).To(BeEquivalentTo(i+1), "positions have no gap")
		out = append(out, m.Text)
	}
	return out
}

// refused expects an error answer with that status.
func refused(err error, status int) {
	GinkgoHelper()
	Expect(problem(err, status).Detail).NotTo(BeEmpty(), "an error says what is wrong")
}

// problem expects an error answer with that status, and returns it.
func problem(err error, status int) *apiclient.Problem {
	GinkgoHelper()
	var p *apiclient.Problem
	Expect(err).To(BeAssignableToTypeOf(p), fmt.Sprint(err))
	p = err.(*apiclient.Problem) //nolint:errorlint // asserted above
	Expect(p.Status).To(Equal(status), p.Error())
	return p
}

// applyWithout applies the samples but for one kind.
func (w *world) applyWithout(ctx context.Context, kind string) {
	GinkgoHelper()
	all := kubectl(ctx, "kustomize", filepath.Join(cluster.Root, "config", "samples"))
	var keep []string
	for doc := range strings.SplitSeq(all, "\n---\n") {
		if !strings.Contains("\n"+doc, "\nkind: "+kind+"\n") {
			keep = append(keep, doc)
		}
	}
	w.apply(ctx, strings.Join(keep, "\n---\n"))
}
