// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"workstream.dev/operator/internal/manifest"
	"workstream.dev/operator/internal/view"
	"workstream.dev/operator/internal/whatif"
)

// distributorOf answers as a distributor whose only item is the one that a file describes.
func distributorOf(t *testing.T, file string) *httptest.Server {
	t.Helper()
	a := &app{Streams: Streams{In: strings.NewReader("")}}
	body, err := a.readFile(file)
	if err != nil {
		t.Fatal(err)
	}
	given, err := whatif.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	w, err := (&sources{app: a, files: []string{"testdata/good"}}).load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := w.only()
	if err != nil {
		t.Fatal(err)
	}
	out, err := whatif.Run(s.Output.Plan, s.Output.Version, given, 0)
	if err != nil {
		t.Fatal(err)
	}
	var agents []view.AgentView
	for i := range s.Output.Plan.Agents {
		agent := &s.Output.Plan.Agents[i]
		agents = append(agents, view.AgentView{Name: agent.Name, Queues: agent.Queues})
	}
	answers := map[string]any{
		"/items/given":       out.Item,
		"/items/given/trace": map[string]any{"items": out.Trace, "waitsFor": out.Item.WaitsFor},
		"/agents":            map[string]any{"items": agents},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[strings.TrimPrefix(r.URL.Path, "/v1/namespaces/contoso")]
		switch {
		case r.Header.Get("Authorization") != "Bearer good":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, `{"status":401,"reason":"InvalidToken","detail":"the token is not valid"}`)
		case !ok:
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprint(w, `{"status":404,"reason":"UnknownItem","detail":"there is no item x"}`)
		default:
			_ = json.NewEncoder(w).Encode(answer)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// TestExplainItem: what a distributor says of an item, and why it is not with somebody.
func TestExplainItem(t *testing.T) {
	server := distributorOf(t, "testdata/good/gold"+manifest.GivenSuffix)
	for name, tc := range map[string]struct {
		args, token string
		want        []string
		code        int
	}{
		"an item": {args: "given", token: "good", want: []string{
			"item given of workstream chat, channel web", "routed       rule gold matched (1st of 2), queue vip", "1. gold  matches",
			"now: Open in queue vip; waits for an agent of queue vip",
		}},
		"an agent who is away":   {args: "given --why-not ann", token: "good", want: []string{"why not ann: PresenceNotAllowed: Away"}},
		"an agent without skill": {args: "given --why-not bob", token: "good", want: []string{"why not bob: RatingTooLow: french: 3, needs 5"}},
		"an agent of no use": {args: "given --why-not cid", token: "good", want: []string{
			"why not cid: NotAQueueMember: serves general, and the item is in vip",
		}},
		"as JSON":                {args: "given --why-not bob -o json", token: "good", want: []string{`"whyNot": {`, `"reason": "RatingTooLow"`}},
		"nobody of that name":    {args: "given --why-not zoe", token: "good", want: []string{`error: --why-not: the distributor knows no agent "zoe"`}, code: 2},
		"an item that is not":    {args: "other", token: "good", want: []string{"error: the distributor answered 404 UnknownItem: there is no item x"}, code: 2},
		"a token that is no use": {args: "given", token: "bad", want: []string{"error: the distributor answered 401 InvalidToken"}, code: 2},
		"no token":               {args: "given", want: []string{"error: the distributor's API asks for a token"}, code: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(tokenVariable, tc.token)
			args := append([]string{"explain", "-n", "contoso", "--server", server.URL}, strings.Fields(tc.args)...)
			out := run(t, "", args...)
			for _, want := range append(tc.want, fmt.Sprintf("exit %d\n", tc.code)) {
				if !strings.Contains(out, want) {
					t.Errorf("there is no %q in:\n%s", want, out)
				}
			}
		})
	}
}

// TestWhyNotOfDecisions: how the last decision of a trace is read.
func TestWhyNotOfDecisions(t *testing.T) {
	agents := []view.AgentView{{Name: "ann", Queues: []string{"q"}}, {Name: "bob", Queues: []string{"q"}}}
	step := func(detail string) []view.TraceStep {
		return []view.TraceStep{{Step: "offered", Detail: []byte(detail)}}
	}
	for name, tc := range map[string]struct {
		e    explanation
		want string
	}{
		"they have it":      {explanation{Item: view.ItemView{Agent: "bob", State: "Active"}}, "it is with them; they have it"},
		"it is offered":     {explanation{Item: view.ItemView{Offer: &view.OfferView{Agent: "bob"}}}, "it is with them; it is offered to them now"},
		"another was first": {explanation{Item: view.ItemView{Queue: "q"}, Trace: step(`{"agent":"ann","candidates":{"why":"MostFree","have":9,"next":8}}`)}, "nothing excludes them; ann came first: most free capacity: 9, next 8"},
		"they had an offer": {explanation{Item: view.ItemView{Queue: "q"}, Trace: step(`{"agent":"bob","candidates":{}}`)}, "nothing excludes them; it was offered to them"},
		"a large queue":     {explanation{Item: view.ItemView{Queue: "q"}, Trace: step(`{"candidates":{"more":9}}`)}, "the decision does not name every member of a large queue"},
		"nobody was asked":  {explanation{Item: view.ItemView{Queue: "q"}, WaitsFor: "an agent to pick it"}, "nothing excludes them; no decision looked at agents: it waits for an agent to pick it"},
		"closed":            {explanation{Item: view.ItemView{State: "Closed", Agent: "bob"}}, "nothing excludes them; no decision looked at agents: it is Closed"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := whyNotLive(&tc.e, agents, "bob")
			if err != nil {
				t.Fatal(err)
			}
			if got := whyNotSentence(v, &tc.e); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
