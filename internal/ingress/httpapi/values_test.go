// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// assertValues compares what became of the values that came.
func assertValues(t *testing.T, w *world, want map[string]float64) {
	t.Helper()
	for _, result := range []string{"Taken", "Undeclared", "WrongType", "TooLong", "TooMany", "InvalidName"} {
		if got := testutil.ToFloat64(w.api.metrics.values.WithLabelValues(result)); got != want[result] {
			t.Errorf("%s counted %v times, want %v", result, got, want[result])
		}
	}
}

// leftOut is what an answer says of it, as "NAME REASON".
func leftOut(body map[string]any) (names []string) {
	list, _ := body["leftOut"].([]any)
	for _, l := range list {
		names = append(names, fmt.Sprintf("%s %s", l.(map[string]any)["name"], l.(map[string]any)["reason"]))
	}
	return names
}

func TestWebhookKeepsAMessageWhoseContextIsWrong(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x", 4001)
	body := `{"type":"message.created","data":{"conversation":"c","message":{"text":"hi"},` +
		`"context":{"basket":"secret words","shoe":9,"tier":["gold"],"note":"` + long + `","vip":true},"channel":{"locale":"fr","":1}}}`
	first := w.want(202, "POST "+webhookPath, "", body, signed("w1", body)...)
	want := []string{"context.basket WrongType", "context.tier WrongType", "context.note TooLong", "channel. InvalidName"}
	if diff := cmp.Diff(want, leftOut(first.body)); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	again := w.want(202, "POST "+webhookPath, "", body, signed("w1", body)...)
	if again.body["duplicate"] != true || leftOut(again.body) != nil { // and not counted again
		t.Errorf("the second time: %v", again.body)
	}
	item := w.want(200, "GET "+root+"/items/"+first.text("item"), w.supervisor(), "").body
	attributes := map[string]any{"context.shoe": "9", "context.vip": "true", "channel.locale": "fr"}
	if diff := cmp.Diff(attributes, item["attributes"]); diff != "" || item["queue"] != "general" {
		t.Errorf("in %v, attributes (-want +got):\n%s", item["queue"], diff)
	}
	assertValues(t, w, map[string]float64{"Taken": 1, "Undeclared": 2, "WrongType": 2, "TooLong": 1, "InvalidName": 1})

	trace := w.want(200, "GET "+root+"/items/"+first.text("item")+"/trace", w.supervisor(), "").body
	step := trace["items"].([]any)[0].(map[string]any)
	if diff := cmp.Diff(want, leftOut(step["detail"].(map[string]any))); diff != "" {
		t.Errorf("the trace has left out (-want +got):\n%s", diff)
	}
	summary := step["summary"].(string)
	if !strings.HasSuffix(summary, ", without context.basket (WrongType), context.tier (WrongType), context.note (TooLong), channel. (InvalidName)") {
		t.Errorf("the trace says %q", summary)
	}
	if text := fmt.Sprint(trace); strings.Contains(text, "secret words") || strings.Contains(text, "xxxx") {
		t.Errorf("the trace has a value: %s", text)
	}
}

func TestAnItemHasAHundredContextValues(t *testing.T) {
	w := newWorld(t)
	send := func(id, context string) map[string]any {
		body := `{"type":"message.created","data":{"conversation":"c","message":{"text":"hi"},"context":{` + context + `}}}`
		return w.want(202, "POST "+webhookPath, "", body, signed(id, body)...).body
	}
	values := func(from, to int) string {
		var parts []string
		for i := from; i < to; i++ {
			parts = append(parts, fmt.Sprintf(`"k%03d":%d`, i, i))
		}
		return strings.Join(parts, ",")
	}
	answer := send("w1", values(0, 101))
	if diff := cmp.Diff([]string{"context.k100 TooMany"}, leftOut(answer)); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	send("w2", values(99, 125)) // one that it has
	send("w3", `"k000":"changed"`)
	path := root + "/items/" + answer["item"].(string)
	attributes := w.want(200, "GET "+path, w.supervisor(), "").body["attributes"].(map[string]any)
	if len(attributes) != 100 || attributes["context.k000"] != "changed" || attributes["context.k099"] != "99" {
		t.Errorf("%d values: %v", len(attributes), attributes)
	}
	var told [][]string
	for _, step := range w.want(200, "GET "+path+"/trace", w.supervisor(), "").body["items"].([]any) {
		if names := leftOut(step.(map[string]any)["detail"].(map[string]any)); names != nil {
			told = append(told, names)
		}
	}
	if len(told) != 2 || len(told[0]) != 1 || len(told[1]) != 20 || told[1][0] != "context.k100 TooMany" {
		t.Errorf("the trace has left out %v", told)
	}
}

func TestRecordIsKeptWithoutWhatCannotBeUsed(t *testing.T) {
	w := newWorld(t)
	many := make([]string, 500)
	for i := range many {
		many[i] = fmt.Sprintf(`"n%03d":1`, i)
	}
	long := strings.Repeat("ü", 4001)
	body := `{"id":"1","attributes":{"a":{"b":1},"b":[],"c":"` + long + `","d":1e999,"e":null,"` + strings.Repeat("f", 101) +
		`":1,"g":"` + long[2:] + `",` + strings.Join(many, ",") + `}}`
	const path = "POST " + root + "/workstreams/cases/records"
	answer := w.want(202, path, w.system(), body, "Idempotency-Key", "k1")
	want := []string{
		"record.a WrongType", "record.b WrongType", "record.c TooLong", "record.d WrongType",
		"record." + strings.Repeat("f", 100) + "... InvalidName", "record.n499 TooMany",
	}
	if diff := cmp.Diff(want, leftOut(answer.body)); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	again := w.want(202, path, w.system(), body, "Idempotency-Key", "k1")
	if again.body["duplicate"] != true || leftOut(again.body) != nil {
		t.Errorf("the second time: %v", again.body)
	}
	attributes := w.want(200, "GET "+root+"/items/"+answer.text("item"), w.system(), "").body["attributes"].(map[string]any)
	if len(attributes) != 500 || attributes["record.g"] != long[2:] {
		t.Errorf("%d attributes", len(attributes))
	}
	assertValues(t, w, map[string]float64{"Taken": 500, "WrongType": 3, "TooLong": 1, "TooMany": 1, "InvalidName": 1})
	steps := w.want(200, "GET "+root+"/items/"+answer.text("item")+"/trace", w.supervisor(), "").body["items"].([]any)
	got := leftOut(steps[0].(map[string]any)["detail"].(map[string]any))
	if !slices.Equal(got, want) {
		t.Errorf("the trace has left out %v", got)
	}
}
