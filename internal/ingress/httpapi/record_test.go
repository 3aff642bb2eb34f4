// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const casesPath = root + "/workstreams/cases/records"

// submitted sends a record and returns its item.
func (w *world) submitted(id string) string {
	w.t.Helper()
	return w.want(202, "POST "+casesPath, w.system(), `{"id":"`+id+`"}`).text("item")
}

func TestRecordIsClosedByItsSystem(t *testing.T) {
	w := newWorld(t)
	w.connect("bob")
	item := w.submitted("CAS-1")
	got := w.want(200, "DELETE "+casesPath+"/CAS-1", w.system(), "", "Idempotency-Key", "over-1")
	if diff := cmp.Diff(map[string]any{"item": item, "duplicate": false}, got.body); diff != "" {
		t.Errorf("the answer (-want +got):\n%s", diff)
	}
	it := w.want(200, "GET "+root+"/items/"+item, w.system(), "").body
	if it["state"] != "Closed" || it["reason"] != "RecordResolved" {
		t.Errorf("the item is %v", it)
	}
	trace := w.want(200, "GET "+root+"/items/"+item+"/trace", w.supervisor(), "").body["items"].([]any)
	last := trace[len(trace)-1].(map[string]any)
	if last["summary"] != "closed by case-system (RecordResolved)" {
		t.Errorf("the trace ends with %v", last)
	}
	if open := w.want(200, "GET "+root+"/agent/open-items", w.bob(), "").body["items"].([]any); len(open) != 0 {
		t.Errorf("bob may still pick %v", open)
	}

	// Sent again it is done once, and what has come since stays; without a key there is nothing more to close.
	again := w.want(200, "DELETE "+casesPath+"/CAS-1", w.system(), "", "Idempotency-Key", "over-1")
	if diff := cmp.Diff(map[string]any{"item": item, "duplicate": true}, again.body); diff != "" {
		t.Errorf("the answer to the same (-want +got):\n%s", diff)
	}
	w.wantProblem("404 UnknownRecord", "DELETE "+casesPath+"/CAS-1", w.system(), "")
	second := w.submitted("CAS-1")
	w.want(200, "DELETE "+casesPath+"/CAS-1", w.system(), "", "Idempotency-Key", "over-1")
	if it := w.want(200, "GET "+root+"/items/"+second, w.system(), "").body; second == item || it["state"] != "Open" {
		t.Errorf("what was submitted after it is %v", it)
	}
}

// Business systems have ids of all kinds.
func TestRecordIsClosedByAnyID(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"a/b", "..", "100 %", "café?x=1#y", "https://crm.example/cases/1"} {
		item := w.submitted(id)
		if got := w.want(200, "DELETE "+casesPath+"/"+escaped(id), w.system(), "").text("item"); got != item {
			t.Errorf("%s is item %s, and %s was closed", id, item, got)
		}
	}
}

// escaped is an id as a part of a path that no client takes for a step up.
func escaped(id string) string { return strings.ReplaceAll(url.PathEscape(id), ".", "%2E") }

func TestCloseRecordRefusals(t *testing.T) {
	w := newWorld(t)
	item := w.submitted("CAS-1")
	const path = casesPath + "/CAS-1"
	got := w.wantProblem("404 UnknownRecord", "DELETE "+casesPath+"/CAS-2", w.system(), "")
	if got.problem.Detail != `workstream "cases" has no open record "CAS-2"` {
		t.Errorf("the detail is %s", got.problem.Detail)
	}
	w.wantProblem("404 UnknownWorkstream", "DELETE "+root+"/workstreams/none/records/CAS-1", w.system(), "")
	w.wantProblem("409 NotARecordWorkstream", "DELETE "+root+"/workstreams/chat/records/CAS-1", w.system(), "")
	w.wantProblem("404 NotFound", "DELETE "+casesPath+"/", w.system(), "")
	w.wantProblem("405 MethodNotAllowed", "DELETE "+casesPath, w.system(), "")
	w.wantProblem("401 Unauthenticated", "DELETE "+path, "", "")
	for _, token := range []string{w.bob(), w.supervisor()} {
		w.wantProblem("403 Forbidden", "DELETE "+path, token, "")
	}
	for target, want := range map[string]string{
		casesPath + "/%20":                         "422 InvalidField",
		casesPath + "/" + strings.Repeat("x", 257): "422 InvalidField",
		casesPath + "/%ff":                         "400 BadRequest",
	} {
		if got := w.wantProblem(want, "DELETE "+target, w.system(), ""); got.problem.Field != "record" {
			t.Errorf("%s: field %q", target, got.problem.Field)
		}
	}
	w.wantProblem("422 InvalidField", "DELETE "+path, w.system(), "", "Idempotency-Key", strings.Repeat("k", 256))
	w.wantProblem("400 BadRequest", "DELETE "+path, w.system(), "", "Idempotency-Key", "a\tb")

	// A key is of one request, whether it brought a record or closes one.
	w.want(202, "POST "+casesPath, w.system(), `{"id":"CAS-3"}`, "Idempotency-Key", "k")
	w.wantProblem("422 IntakeKeyReused", "DELETE "+casesPath+"/CAS-3", w.system(), "", "Idempotency-Key", "k")
	w.want(200, "DELETE "+casesPath+"/CAS-3", w.system(), "", "Idempotency-Key", "l")
	w.wantProblem("422 IntakeKeyReused", "DELETE "+path, w.system(), "", "Idempotency-Key", "l")
	if it := w.want(200, "GET "+root+"/items/"+item, w.system(), "").body; it["state"] != "Open" {
		t.Errorf("after all these refusals the item is %v", it)
	}
}

// Who is asked, who has it and who helps are told that it is gone, and why.
func TestAgentsAreToldOfAClosedRecord(t *testing.T) {
	w := newWorld(t)
	p := testPlan()
	p.Workstreams[1].Mode = "Push"
	w.activate(p)
	url := w.listen()
	ann, bob := w.follow(url, w.ann()), w.follow(url, w.bob())
	for _, token := range []string{w.ann(), w.bob()} {
		w.want(200, "PUT "+root+"/agent/presence", token, `{"presence":"Available"}`)
	}
	offered := w.submitted("CAS-1")
	w.want(200, "DELETE "+casesPath+"/CAS-1", w.system(), "")
	had := w.submitted("CAS-2")
	w.want(200, "POST "+root+"/offers/"+w.offer(had)+"/accept", w.bob(), "")
	w.want(200, "POST "+root+"/items/"+had+"/consult", w.bob(), `{"agent":"ann"}`)
	w.want(200, "POST "+root+"/offers/"+had+"-c1/accept", w.ann(), "")
	w.want(200, "DELETE "+casesPath+"/CAS-2", w.system(), "")

	closed := w.until(bob, "offer.closed")
	if closed["item"] != offered || closed["outcome"] != "Revoked" || closed["reason"] != "RecordResolved" {
		t.Errorf("of the offer bob is told %v", closed)
	}
	closed = w.until(bob, "item.closed")
	if closed["item"] != had || closed["reason"] != "RecordResolved" || closed["free"] != 20.0 {
		t.Errorf("of the item bob is told %v", closed)
	}
	if ended := w.until(ann, "consult.ended"); ended["item"] != had || ended["outcome"] != "Done" {
		t.Errorf("of the consultation ann is told %v", ended)
	}
}
