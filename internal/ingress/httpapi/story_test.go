// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEveryOperationAnswersAsDocumented drives all operations with success, over the real engine; each answer is held
// against the document on the way.
func TestEveryOperationAnswersAsDocumented(t *testing.T) {
	w := newWorld(t)
	w.connect("ann")
	w.connect("bob")

	// A conversation: offered, declined, offered again by a supervisor's word, answered, ended, closed.
	item := w.write("c-1", "Where is my order?")
	it := w.want(200, "GET "+root+"/items/"+item, w.ann(), "").body
	if it["state"] != "Open" || it["queue"] != "vip" || it["agent"] != nil {
		t.Fatalf("the item is %v", it)
	}
	first := w.offer(item)
	if got := w.want(200, "POST "+root+"/offers/"+first+"/decline", w.ann(), "{}"); got.text("offer") != first {
		t.Errorf("declined %v", got.body)
	}
	w.want(200, "POST "+root+"/items/"+item+"/assign", w.supervisor(), `{"agent":"ann"}`)
	w.want(200, "POST "+root+"/items/"+item+"/messages", w.ann(), `{"id":"r1","text":"Let me look."}`)
	again := w.want(200, "POST "+root+"/items/"+item+"/messages", w.ann(), `{"id":"r1","text":"Let me look."}`)
	if again.body["duplicate"] != true || again.text("message") != "r1" {
		t.Errorf("the same message again: %v", again.body)
	}
	w.write("c-1", "Thanks")
	assertTexts(t, w, item, []string{"Where is my order?", "Let me look.", "Thanks"})
	w.want(200, "POST "+root+"/items/"+item+"/end", w.ann(), "")
	w.want(200, "POST "+root+"/items/"+item+"/close", w.ann(), "")
	w.want(200, "GET "+root+"/items/"+item+"/quick-replies?locale=en", w.ann(), "")
	trace := w.want(200, "GET "+root+"/items/"+item+"/trace", w.supervisor(), "").body["items"].([]any)
	var steps []string
	for _, s := range trace {
		steps = append(steps, s.(map[string]any)["step"].(string))
	}
	want := []string{"opened", "routed", "queued", "offered", "offerClosed"}
	if !slices.Equal(steps[:5], want) || steps[len(steps)-1] != "closed" {
		t.Errorf("the trace is %v", steps)
	}

	// Another: accepted, another agent consulted, transferred, force closed.
	item = w.write("c-2", "hi")
	accepted := w.want(200, "POST "+root+"/offers/"+w.offer(item)+"/accept", w.ann(), "")
	if accepted.text("item") != item {
		t.Errorf("accepted %v", accepted.body)
	}
	self := w.want(200, "GET "+root+"/agent", w.ann(), "").body
	if diff := cmp.Diff([]any{item}, self["items"]); diff != "" || self["used"] != 30.0 {
		t.Errorf("ann has %v", self)
	}
	w.want(200, "POST "+root+"/items/"+item+"/consult", w.ann(), `{"agent":"bob"}`)
	w.want(200, "POST "+root+"/items/"+item+"/end-consult", w.ann(), `{"agent":"bob"}`)
	w.want(200, "POST "+root+"/items/"+item+"/transfer", w.ann(), `{"queue":"general"}`)
	w.want(200, "POST "+root+"/items/"+item+"/force-close", w.supervisor(), "")

	// A record: picked and ended. Its operation is its item.
	record := w.want(202, "POST "+root+"/workstreams/cases/records", w.system(),
		`{"id":"CAS-1","attributes":{"priority":"high","amount":12,"open":true,"owner":null},"customer":{"id":"u1","name":"Mia","preferredAgents":["bob"],"neverAgents":["ann","cid"]}}`, "Idempotency-Key", "k1")
	item = record.text("item")
	if record.text("operation") != item || record.header.Get("Location") != root+"/items/"+item {
		t.Errorf("the record is answered with %v, Location %q", record.body, record.header.Get("Location"))
	}
	got := w.want(200, "GET "+record.header.Get("Location"), w.system(), "").body
	attributes := map[string]any{
		"record.priority": "high", "record.amount": 12.0, "record.open": "true",
		"customer.id": "u1", "customer.name": "Mia", "customer.preferredAgents": "bob", "customer.neverAgents": "ann,cid",
	}
	if diff := cmp.Diff(attributes, got["attributes"]); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	open := w.want(200, "GET "+root+"/agent/open-items", w.bob(), "").body["items"].([]any)
	if len(open) != 1 || open[0].(map[string]any)["id"] != item {
		t.Errorf("bob may pick %v", open)
	}
	w.want(200, "POST "+root+"/items/"+item+"/pick", w.bob(), "{}")
	w.want(200, "POST "+root+"/items/"+item+"/end", w.bob(), "{}")

	// Another one, which is solved elsewhere.
	item = w.want(202, "POST "+root+"/workstreams/cases/records", w.system(), `{"id":"CAS-2"}`).text("item")
	if got := w.want(200, "DELETE "+root+"/workstreams/cases/records/CAS-2", w.system(), ""); got.text("item") != item {
		t.Errorf("closed %v", got.body)
	}

	// The rest.
	if got := w.want(200, "PUT "+root+"/agent/presence", w.ann(), `{"presence":"Busy"}`); got.text("presence") != "Busy" {
		t.Errorf("the presence is %v", got.body)
	}
	chosen := w.want(200, "PUT "+root+"/agents/ann/presence", w.supervisor(), `{"presence":"Away"}`)
	if chosen.text("name") != "ann" || chosen.text("presence") != "Away" {
		t.Errorf("a supervisor's choice came to %v", chosen.body)
	}
	if got := w.want(200, "GET "+root+"/presences", w.ann(), "").body["items"].([]any); len(got) != 5 {
		t.Errorf("the presences are %v", got)
	}
	w.want(200, "GET "+root+"/items?state=Closed&limit=2", w.supervisor(), "")
	w.want(200, "GET "+root+"/queues", w.supervisor(), "")
	w.want(200, "GET "+root+"/agents", w.supervisor(), "")
	w.want(200, "GET /openapi.yaml", "", "")
	w.want(200, "GET /openapi.json", "", "")
	assertAllDriven(t, w.spec)
}

// assertAllDriven says which operations had no success. The stream has tests of its own.
func assertAllDriven(t *testing.T, spec *validator) {
	t.Helper()
	for path, item := range spec.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			seen := spec.seen[operation.OperationID]
			if !seen[200] && !seen[202] && operation.OperationID != "streamEvents" {
				t.Errorf("%s %s was not driven with success", method, path)
			}
		}
	}
}

func assertTexts(t *testing.T, w *world, item string, want []string) {
	t.Helper()
	var got []string
	for _, m := range w.want(200, "GET "+root+"/items/"+item+"/messages", w.ann(), "").body["items"].([]any) {
		got = append(got, m.(map[string]any)["text"].(string))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestItemsArePagedAndChosen(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for _, c := range []string{"a", "b", "c"} {
		ids = append(ids, w.write(c, "hi"))
	}
	w.want(200, "POST "+root+"/items/"+ids[0]+"/force-close", w.supervisor(), "")
	list := func(query string) (got []string, next string) {
		page := w.want(200, "GET "+root+"/items?"+query, w.supervisor(), "")
		for _, it := range page.body["items"].([]any) {
			got = append(got, it.(map[string]any)["id"].(string))
		}
		return got, page.text("continue")
	}
	first, next := list("limit=2")
	if diff := cmp.Diff([]string{ids[2], ids[1]}, first); diff != "" || next == "" {
		t.Fatalf("the first page, continue %q (-want +got):\n%s", next, diff)
	}
	rest, next := list("limit=2&continue=" + next)
	if diff := cmp.Diff([]string{ids[0]}, rest); diff != "" || next != "" {
		t.Errorf("the second page, continue %q (-want +got):\n%s", next, diff)
	}
	for query, want := range map[string]int{
		"state=Closed": 1, "state=Open&queue=vip": 2, "state=Open,Closed": 3, "state=Active,WrapUp": 0, "workstream=chat": 3, "workstream=cases": 0, "agent=ann": 0, "": 3,
	} {
		if got, _ := list(query); len(got) != want {
			t.Errorf("%q chooses %v, want %d", query, got, want)
		}
	}
	for query, field := range map[string]string{
		"state=open": "state", "state=Open,": "state", "limit=0": "limit", "limit=501": "limit", "limit=x": "limit", "continue=!": "continue", "stat=Open": "stat",
		"continue=garbage": "continue", "limit=1&limit=2": "limit", "state=%zz": "",
	} {
		got := w.wantProblem("400 BadRequest", "GET "+root+"/items?"+query, w.supervisor(), "")
		if got.problem.Field != field {
			t.Errorf("%s: field %q", query, got.problem.Field)
		}
	}
}

func TestWhoMaySeeAnItem(t *testing.T) {
	w := newWorld(t)
	conversation := w.write("c-1", "hi") // in queue vip: Ann's, not Bob's
	record := w.want(202, "POST "+root+"/workstreams/cases/records", w.system(), `{"id":"CAS-1"}`).text("item")
	mixed := w.token("ann@contoso.com", "Integration")
	for name, tc := range map[string]struct {
		token              string
		item, story, cases int // status of the conversation, of its messages, of the record
	}{
		"an agent of the queue":      {w.ann(), 200, 200, 403},
		"an agent of another":        {w.bob(), 403, 403, 200},
		"a supervisor":               {w.supervisor(), 200, 200, 200},
		"a system":                   {w.system(), 403, 403, 200},
		"an agent and system in one": {mixed, 200, 200, 200},
		"a stranger":                 {w.token("tom"), 403, 403, 403},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.want(tc.item, "GET "+root+"/items/"+conversation, tc.token, "")
			w.want(tc.story, "GET "+root+"/items/"+conversation+"/messages", tc.token, "")
			w.want(tc.story, "GET "+root+"/items/"+conversation+"/trace", tc.token, "")
			w.want(tc.cases, "GET "+root+"/items/"+record, tc.token, "")
		})
	}
	w.t = t
	// Who integrates and is an agent sees how the record fares, but not its trace: Ann is not of its queue.
	w.want(403, "GET "+root+"/items/"+record+"/trace", mixed, "")

	// Bob was given it by a supervisor: from then on it is his, also when it is over.
	w.want(200, "POST "+root+"/items/"+conversation+"/assign", w.supervisor(), `{"agent":"bob"}`)
	w.want(200, "GET "+root+"/items/"+conversation, w.bob(), "")
	w.want(200, "POST "+root+"/items/"+conversation+"/force-close", w.supervisor(), "")
	w.want(200, "GET "+root+"/items/"+conversation+"/messages", w.bob(), "")
	for _, path := range []string{"", "/messages", "/trace"} {
		w.wantProblem("404 UnknownItem", "GET "+root+"/items/nothing"+path, w.supervisor(), "")
	}
}

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/openapi.json", root + "/agents", "/nothing"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Origin", "https://elsewhere.example")
		rec := httptest.NewRecorder()
		w.api.ServeHTTP(rec, r)
		h := rec.Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: headers %v", path, h)
		}
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s lets other origins read it", path, name)
			}
		}
	}
}

func TestListsAreSentAgainOnlyWhenSomethingChanged(t *testing.T) {
	w := newWorld(t)
	w.write("a", "hi")
	for _, path := range []string{"/items?state=Open", "/queues", "/agents"} {
		ask := func(tag string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), "GET", root+path, nil)
			r.Header.Set("Authorization", "Bearer "+w.supervisor())
			r.Header.Set("If-None-Match", tag)
			rec := httptest.NewRecorder()
			w.api.ServeHTTP(rec, r)
			w.spec.check(t, r, "", rec)
			return rec
		}
		first := ask("")
		tag := first.Header().Get("ETag")
		if first.Code != 200 || tag == "" {
			t.Fatalf("%s: %d with tag %q", path, first.Code, tag)
		}
		for _, known := range []string{tag, "W/" + tag, `"other", ` + tag} {
			if again := ask(known); again.Code != 304 || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
				t.Errorf("%s with %s: %d %s", path, known, again.Code, again.Body)
			}
		}
		w.write("a", "and more") // a message changes no list, but the tag need not know that
		if changed := ask(tag); changed.Code != 200 || changed.Header().Get("ETag") == tag {
			t.Errorf("%s after a change: %d, tag %s", path, changed.Code, changed.Header().Get("ETag"))
		}
	}
}
