// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/config/crd"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/distributor"
	"workstream.dev/operator/internal/testkit/apiclient"
	"workstream.dev/operator/test/docs"
)

const (
	namespace = "contoso"
	apiGroup  = "apiVersion: routing.workstream.dev/v1alpha1\n"
	// soon is for what happens within milliseconds, with room for a loaded machine; briefly is how long is waited for what
	// must not happen.
	soon    = time.Minute
	briefly = 300 * time.Millisecond
)

// world is a distributor that runs a plan, with those who call it.
type world struct {
	t       *testing.T
	client  *apiclient.Client
	webhook *apiclient.Webhook
	issuer  *apiclient.Issuer
	streams map[string]*apiclient.Stream
}

// start runs a distributor with the plan of these manifests.
func start(t *testing.T, manifests string) *world {
	t.Helper()
	return startPlan(t, planOf(t, manifests))
}

// startPlan runs a distributor with a plan.
func startPlan(t *testing.T, body []byte) *world {
	t.Helper()
	issuer, err := apiclient.NewIssuer("https://login.contoso.com", "workstream")
	must(t, err)
	w := &world{t: t, issuer: issuer, streams: map[string]*apiclient.Stream{}}
	dir := t.TempDir()
	secret := apiclient.NewSigningSecret()
	for name, content := range map[string][]byte{
		"plan.json": body, "credentials/web.signingSecret": []byte(secret), "credentials/keys.jwks.json": issuer.JWKS(),
	} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	app, err := distributor.New(distributor.Config{
		Namespace: namespace, Distributor: "default", Replica: "test-0", Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0",
		DataDir: filepath.Join(dir, "data"), CredentialsDir: filepath.Join(dir, "credentials"),
		PlanFile: filepath.Join(dir, "plan.json"), Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	must(t, app.Start(t.Context()))
	t.Cleanup(func() {
		for _, s := range w.streams {
			s.Close()
		}
		if err := app.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("stopping the distributor: %v", err)
		}
		select {
		case err := <-app.Failed():
			t.Errorf("the distributor failed: %v", err)
		default:
		}
	})
	w.client = &apiclient.Client{BaseURL: "http://" + app.Addr(), Namespace: namespace}
	w.webhook = &apiclient.Webhook{Client: w.client, Address: "web", Secret: secret}
	w.eventually("the distributor is ready", func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+app.AdminAddr()+"/readyz", nil)
		must(t, err)
		resp, err := http.DefaultClient.Do(req)
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// planOf compiles manifests that the schema accepts, and of which nothing is wrong.
func planOf(t *testing.T, manifests string) []byte {
	t.Helper()
	out, err := compile.Compile(inputOf(t, manifests))
	must(t, err)
	for o := range out.All() {
		if o.Absent != "" {
			t.Fatalf("%s %s: %s: %v", o.Kind, o.Name, o.Absent, o.Findings)
		}
	}
	return out.Body
}

// inputOf reads manifests that the schema accepts.
func inputOf(t *testing.T, manifests string) *compile.Input {
	t.Helper()
	in, wrong := read(t, manifests)
	if len(wrong) > 0 {
		t.Fatalf("%s\n%s", manifests, strings.Join(wrong, "\n"))
	}
	return in
}

var definitions = sync.OnceValues(func() (*docs.CRDs, error) {
	dir, err := fs.Sub(crd.Bases, "bases")
	if err != nil {
		return nil, err
	}
	return docs.LoadCRDs(dir)
})

// read reads manifests without their apiVersion, and returns what the schema has against them.
func read(t *testing.T, manifests string) (in *compile.Input, wrong []string) {
	t.Helper()
	crds, err := definitions()
	must(t, err)
	in = &compile.Input{Namespace: namespace, Secrets: map[string][]string{"web": {v1alpha1.SigningSecretKey}, "keys": {"jwks.json"}}}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(manifests)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return in, wrong
		}
		must(t, err)
		body := apiGroup + string(document)
		found, _ := crds.Check(body)
		wrong = append(wrong, found...)
		must(t, add(in, []byte(body)))
	}
}

func add(in *compile.Input, document []byte) error {
	var head struct{ Kind string }
	if err := yaml.Unmarshal(document, &head); err != nil {
		return err
	}
	lists := map[string]func([]byte) error{
		v1alpha1.KindWorkstream: into(&in.Workstreams), v1alpha1.KindChannel: into(&in.Channels),
		v1alpha1.KindContextVariable: into(&in.ContextVariables), v1alpha1.KindRoutingRuleset: into(&in.RoutingRulesets),
		v1alpha1.KindQueue: into(&in.Queues), v1alpha1.KindAgent: into(&in.Agents),
		v1alpha1.KindCapacityProfile: into(&in.CapacityProfiles), v1alpha1.KindOperatingHours: into(&in.OperatingHours),
		v1alpha1.KindDistributor: into(&in.Distributors),
	}
	if lists[head.Kind] == nil {
		return errors.New("kind " + head.Kind + " is not known here")
	}
	return lists[head.Kind](document)
}

func into[T any](list *[]T) func(document []byte) error {
	return func(document []byte) error {
		var object T
		if err := yaml.UnmarshalStrict(document, &object); err != nil {
			return err
		}
		*list = append(*list, object)
		return nil
	}
}

// as returns a client of an agent.
func (w *world) as(name string) *apiclient.Client {
	w.t.Helper()
	token, err := w.issuer.Token(name, time.Hour)
	must(w.t, err)
	return w.client.As(token)
}

// online connects agents, Available.
func (w *world) online(names ...string) {
	w.t.Helper()
	for _, name := range names {
		s, err := w.as(name).Stream(w.t.Context(), 0)
		must(w.t, err)
		w.streams[name] = s
		w.presence(name, "Available")
	}
}

func (w *world) presence(name, presence string) {
	w.t.Helper()
	must(w.t, w.as(name).SetPresence(w.t.Context(), presence))
}

// write sends a customer's message, from a customer of a tier, and returns the item.
func (w *world) write(conversation, tier string) string {
	w.t.Helper()
	a, err := w.webhook.Message(w.t.Context(), apiclient.Inbound{
		Conversation: conversation, Message: map[string]any{"text": "hello"}, Context: map[string]any{"tier": tier},
	})
	must(w.t, err)
	return a.Item
}

// writeFor sends a message of a customer, of whom that is said.
func (w *world) writeFor(conversation string, customer map[string]any) string {
	w.t.Helper()
	a, err := w.webhook.Message(w.t.Context(), apiclient.Inbound{
		Conversation: conversation, Customer: customer, Message: map[string]any{"text": "hello"},
	})
	must(w.t, err)
	return a.Item
}

// submit submits a record about a customer, of whom that is said.
func (w *world) submit(record string, customer map[string]any) string {
	w.t.Helper()
	token, err := w.issuer.Token("crm", time.Hour, "Integration")
	must(w.t, err)
	a, err := w.client.As(token).Record(w.t.Context(), "cases", "", map[string]any{"id": record, "customer": customer})
	must(w.t, err)
	return a.Item
}

// offered waits until an item is offered to an agent, and returns the offer.
func (w *world) offered(name, item string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), soon)
	defer cancel()
	for {
		e, err := w.streams[name].Next(ctx, "offer.made")
		if err != nil {
			w.t.Fatalf("%s of %s: %v; the item: %+v", item, name, err, w.item(item))
		}
		if e.Item == item {
			return e.Offer
		}
	}
}

// accept takes an item once it is offered.
func (w *world) accept(name, item string) {
	w.t.Helper()
	w.do(name, "offers/"+w.offered(name, item)+"/accept")
}

// do has an agent do something.
func (w *world) do(name, what string) {
	w.t.Helper()
	_, err := w.as(name).Do(w.t.Context(), what, nil)
	must(w.t, err)
}

// refused has an agent try something that is refused for a reason.
func (w *world) refused(name, what, reason string) {
	w.t.Helper()
	_, err := w.as(name).Do(w.t.Context(), what, nil)
	var p *apiclient.Problem
	if !errors.As(err, &p) || p.Reason != reason {
		w.t.Errorf("%s of %s: %v, want it refused with %s", what, name, err, reason)
	}
}

func (w *world) done(name, item string) {
	w.t.Helper()
	w.do(name, "items/"+item+"/end")
	w.do(name, "items/"+item+"/close")
}

func (w *world) item(item string) apiclient.Item {
	w.t.Helper()
	it, err := w.as("sue").Item(w.t.Context(), item)
	must(w.t, err)
	return it
}

// waits expects that nobody is offered the item.
func (w *world) waits(item string) {
	w.t.Helper()
	deadline := time.Now().Add(briefly)
	for time.Now().Before(deadline) {
		if offer := w.offerOf(item); offer != "" {
			w.t.Fatalf("%s is offered: %s", item, offer)
		}
		if it := w.item(item); it.State != "Open" {
			w.t.Fatalf("%s does not wait: %+v", item, it)
		}
		w.pause()
	}
}

// offerOf is the item's offer as it stands in the API, empty if there is none.
func (w *world) offerOf(item string) string {
	w.t.Helper()
	var body struct {
		Offer json.RawMessage `json:"offer"`
	}
	must(w.t, w.as("sue").Call(w.t.Context(), http.MethodGet, "items/"+item, nil, &body))
	return string(body.Offer)
}

// becomes waits until the item is in a state, with an agent or in a queue.
func (w *world) becomes(item string, as func(apiclient.Item) bool) {
	w.t.Helper()
	w.eventually("the item becomes what it should", func() bool { return as(w.item(item)) })
}

func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(soon)
	for !holds() {
		if time.Now().After(deadline) {
			w.t.Fatalf("it does not happen in time that %s", what)
		}
		w.pause()
	}
}

func (w *world) pause() {
	w.t.Helper()
	select {
	case <-time.After(10 * time.Millisecond):
	case <-w.t.Context().Done():
		w.t.Fatal("the test has ended")
	}
}
