// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"workstream.dev/operator/internal/graph"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/testkit/apiclient"
)

// status of an answer, from the error that the client makes of it.
func status(t *testing.T, err error) int {
	t.Helper()
	var p *apiclient.Problem
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &p):
		return p.Status
	default:
		t.Fatal(err)
		return 0
	}
}

// TestSubjectOfAnAgent: the subject of the token says who is calling, and not the name of the object.
func TestSubjectOfAnAgent(t *testing.T) {
	w := setting{
		more: []string{"kind: Agent\nmetadata: {name: ann}\nspec: {subject: ann@contoso.com, " + units + "}\n"},
	}.start(t)
	for subject, want := range map[string]int{"ann@contoso.com": http.StatusOK, "ann": http.StatusForbidden} {
		if got := status(t, w.as(subject).Call(t.Context(), http.MethodGet, "agent", nil, nil)); got != want {
			t.Errorf("%s: status %d, want %d", subject, got, want)
		}
	}
}

// TestIssuersOfADistributor: tokens of an issuer count when it is listed, with one of its audiences, and the roles are in
// the claim that it names.
func TestIssuersOfADistributor(t *testing.T) {
	const issuer, audiences = `issuer: "https://login.contoso.com"`, "audiences: [workstream]"
	for name, tc := range map[string]struct {
		from, to          string
		agent, supervisor int // the status of what an agent and a supervisor who is none ask for
	}{
		"as it is":            {"", "", http.StatusOK, http.StatusOK},
		"another issuer":      {issuer, `issuer: "https://adfs.contoso.com"`, http.StatusUnauthorized, http.StatusUnauthorized},
		"another audience":    {audiences, "audiences: [crm]", http.StatusUnauthorized, http.StatusUnauthorized},
		"several audiences":   {audiences, "audiences: [crm, workstream]", http.StatusOK, http.StatusOK},
		"another roles claim": {audiences, audiences + ", rolesClaim: groups", http.StatusOK, http.StatusForbidden},
		"the usual one":       {audiences, audiences + ", rolesClaim: roles", http.StatusOK, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			manifests := setting{agents: []string{"ann " + units}}.manifests()
			if !strings.Contains(manifests, tc.from) {
				t.Fatalf("no %s in\n%s", tc.from, manifests)
			}
			w := start(t, strings.Replace(manifests, tc.from, tc.to, 1))
			if got := status(t, w.as("ann").Call(t.Context(), http.MethodGet, "agent", nil, nil)); got != tc.agent {
				t.Errorf("an agent: status %d, want %d", got, tc.agent)
			}
			token, err := w.issuer.Token("sam", time.Hour, "Supervisor")
			must(t, err)
			if got := status(t, w.client.As(token).Call(t.Context(), http.MethodGet, "items", nil, nil)); got != tc.supervisor {
				t.Errorf("a supervisor: status %d, want %d", got, tc.supervisor)
			}
		})
	}
}

// TestKeysAtAnAddress: jwksURL is where the keys of an issuer are asked for.
func TestKeysAtAnAddress(t *testing.T) {
	other, err := apiclient.NewIssuer("https://login.contoso.com", "workstream")
	must(t, err)
	var keys atomic.Pointer[apiclient.Issuer]
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(keys.Load().JWKS())
	}))
	t.Cleanup(server.Close)
	usual := http.DefaultTransport
	http.DefaultTransport = server.Client().Transport // which believes the server
	t.Cleanup(func() { http.DefaultTransport = usual })
	for name, want := range map[string]int{"its keys": http.StatusOK, "those of another": http.StatusUnauthorized} {
		t.Run(name, func(t *testing.T) {
			manifests := setting{agents: []string{"ann " + units}}.manifests()
			w := start(t, strings.Replace(manifests, "jwksSecretRef: {name: keys}", `jwksURL: "`+server.URL+`/keys"`, 1))
			keys.Store(w.issuer)
			if want != http.StatusOK {
				keys.Store(other)
			}
			if got := status(t, w.as("ann").Call(t.Context(), http.MethodGet, "agent", nil, nil)); got != want {
				t.Errorf("status %d, want %d", got, want)
			}
		})
	}
}

// TestRecordTypeIsShown: record.type is a word of the business system, which the drawing of the routing has.
func TestRecordTypeIsShown(t *testing.T) {
	for _, word := range []string{"case", "claim"} {
		p, err := plan.Decode(planOf(t, strings.Replace(usual, "record: {type: case}", "record: {type: "+word+"}", 1)))
		must(t, err)
		shown := slices.ContainsFunc(graph.Build(p, nil).Nodes, func(n graph.Node) bool { return n.Kind == graph.Source && n.Title == word })
		if !shown {
			t.Errorf("no source of a %s", word)
		}
	}
}

// TestAddressOfAChannel: webhooks arrive at custom.address, and where there is none at the name.
func TestAddressOfAChannel(t *testing.T) {
	for address, at := range map[string]string{"": "web", "shop": "shop"} {
		manifests := setting{}.manifests()
		if address != "" {
			manifests = strings.Replace(manifests, "custom: {", "custom: {address: "+address+", ", 1)
		}
		w := start(t, manifests)
		for _, to := range []string{"web", "shop"} {
			w.webhook.Address = to
			_, err := w.webhook.Message(t.Context(), apiclient.Inbound{Conversation: "c1", Message: map[string]any{"text": "hello"}})
			if got := status(t, err) == http.StatusOK; got != (to == at) {
				t.Errorf("address %q: a webhook to %s is taken: %t", address, to, got)
			}
		}
	}
}
