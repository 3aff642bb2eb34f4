// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/testkit/scenario"
)

func start(t *testing.T, text string) (*engine.Engine, *plan.Plan) {
	t.Helper()
	p, version, err := scenario.ParsePlan(text)
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New()
	step(t, e, event.ActivatePlan{Version: version, Plan: p})
	return e, p
}

func step(t *testing.T, e *engine.Engine, cmd event.Command) engine.Output {
	t.Helper()
	out, err := e.Step(scenario.Start, cmd)
	if err != nil {
		t.Fatalf("%T: %v", cmd, err)
	}
	return out
}

const simple = `
queue general
workstream chat fallback=general
channel web chat callback
agent ann units=100000 queues=(general)
`

// The design: a split draws by a hash of the item id, repeatable and within 1 % at 10,000 items.
func TestSplitIsWithinOnePercent(t *testing.T) {
	for _, form := range []string{"i%d", "01J9ZQ%06d", "contoso-%d-web", "%032x"} {
		var buckets [100]int
		for i := range 10_000 {
			buckets[engine.Percentile(fmt.Sprintf(form, i))]++
		}
		sum := 0
		for upTo, n := range buckets {
			if sum += n; sum < 100*(upTo+1)-100 || sum > 100*(upTo+1)+100 {
				t.Errorf("ids like %s: %d of 10,000 are drawn for %d percent", form, sum, upTo+1)
			}
		}
	}
}

func TestSplitOfAWholeWorkstream(t *testing.T) {
	e, _ := start(t, `
queue a
queue b
queue c
workstream chat fallback=a
rule chat all to=(a:10, b:30, c:60)
channel web chat
`)
	got := map[string]int{}
	for i := range 10_000 {
		id := fmt.Sprintf("item-%d", i)
		out := step(t, e, event.ReceiveMessage{Item: id, Message: "m", Channel: "web", Conversation: id})
		for _, r := range out.Events {
			if routed, ok := r.Event.(event.ItemRouted); ok {
				got[routed.Queue]++
			}
		}
	}
	for queue, want := range map[string]int{"a": 1000, "b": 3000, "c": 6000} {
		if n := got[queue]; n < want-100 || n > want+100 {
			t.Errorf("%d of 10,000 go to %s, want %d within 100", n, queue, want)
		}
	}
}

// What has ended is remembered for late callers, and not for ever.
func TestMemoryOfTheEndedIsBounded(t *testing.T) {
	e, _ := start(t, simple)
	step(t, e, event.ConnectAgent{Agent: "ann"})
	for i := range 10_001 {
		id := fmt.Sprintf("i%d", i)
		step(t, e, event.ReceiveMessage{Item: id, Message: "m", Channel: "web", Conversation: id})
		step(t, e, event.DeclineOffer{Agent: "ann", Offer: id + "-o1"})
		step(t, e, event.ForceClose{Supervisor: "sue", Item: id})
		step(t, e, event.ConfirmDelivery{Delivery: id + "-end"})
	}
	for id, want := range map[string]event.RejectionReason{"i0": event.UnknownOffer, "i1": event.OfferDeclined} {
		out := step(t, e, event.AcceptOffer{Agent: "ann", Offer: id + "-o1"})
		if out.Result.Rejected == nil || out.Result.Rejected.Reason != want {
			t.Errorf("offer of %s: %+v, want %s", id, out.Result.Rejected, want)
		}
	}
	for id, want := range map[string]event.RejectionReason{"i0": event.UnknownItem, "i1": event.WrongState} {
		out := step(t, e, event.ForceClose{Item: id})
		if out.Result.Rejected == nil || out.Result.Rejected.Reason != want {
			t.Errorf("item %s: %+v, want %s", id, out.Result.Rejected, want)
		}
	}
}

func TestStepReturnsErrorsOfItsCaller(t *testing.T) {
	e, _ := start(t, simple)
	step(t, e, event.ReceiveMessage{Item: "i1", Message: "m", Channel: "web", Conversation: "c"})
	for want, cmd := range map[string]event.Command{
		`ActivatePlan "v" has no plan`:     event.ActivatePlan{Version: "v"},
		`item id "i1" is in use`:           event.ReceiveMessage{Item: "i1", Channel: "web", Conversation: "c2"},
		`item id "" is in use`:             event.ReceiveMessage{Channel: "web", Conversation: "c3"},
		"command <nil> is not known":       nil,
		`ActivatePlan "" has no plan`:      event.ActivatePlan{Plan: &plan.Plan{}},
		"command *event.Tick is not known": &event.Tick{},
	} {
		seq := e.Seq()
		out, err := e.Step(scenario.Start, cmd)
		if fmt.Sprint(err) != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if len(out.Events) > 0 || e.Seq() != seq {
			t.Errorf("%s: there are events all the same", want)
		}
	}
}

// A text is in the state as it will be after the journal: what is no UTF-8 would not survive it.
func TestTextsSurviveTheJournal(t *testing.T) {
	e, _ := start(t, simple)
	out := step(t, e, event.ReceiveMessage{
		Item: "i1", Message: "m", Channel: "web", Conversation: "c", Text: "a\xffb", Customer: event.Customer{Name: "\xfe"},
		Attributes: rule.Attributes{"channel.x": rule.TextValue("\xff"), "channel.none": {}},
	})
	for _, r := range out.Events {
		switch ev := r.Event.(type) {
		case event.MessageReceived:
			if ev.Text != "a\uFFFDb" {
				t.Errorf("text %q", ev.Text)
			}
		case event.ItemOpened:
			if ev.Customer.Name != "\uFFFD" || ev.Attributes["channel.x"].String() != "\uFFFD" || len(ev.Attributes) != 1 {
				t.Errorf("%+v", ev)
			}
		}
	}
}

func TestApplyPanicsOnAHistoryThatNobodyWrote(t *testing.T) {
	for name, list := range map[string][]event.Recorded{
		"a gap":             {{Seq: 2, Event: event.AgentConnected{Agent: "ann"}}},
		"an unknown item":   {{Seq: 1, Event: event.ItemParked{Item: "i1", Agent: "ann"}}},
		"an unknown agent":  {{Seq: 1, Event: event.AgentConnected{Agent: "ann"}}},
		"a plan left out":   {{Seq: 1, Event: event.PlanActivated{Version: "v"}}},
		"no event":          {{Seq: 1}},
		"an event twice":    {{Seq: 1, Event: event.IntakesForgotten{}}, {Seq: 1, Event: event.IntakesForgotten{}}},
		"an item before it": {{Seq: 1, Event: event.ItemOpened{Item: "i1", Workstream: "chat"}}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(fmt.Sprint(r), "engine: ") {
					t.Errorf("recovered %v", r)
				}
			}()
			e := engine.New()
			for _, r := range list {
				e.Apply(r)
			}
		})
	}
}

func TestRestoreRefuses(t *testing.T) {
	e, p := start(t, simple)
	step(t, e, event.ReceiveMessage{Item: "i1", Message: "m", Channel: "web", Conversation: "c"})
	body, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	have := func(string) (*plan.Plan, error) { return p, nil }
	other := func(string) (*plan.Plan, error) {
		q, _, err := scenario.ParsePlan("queue general\nworkstream other fallback=general")
		return q, err
	}
	none := func(v string) (*plan.Plan, error) { return nil, errors.New("no plan " + v) }
	if _, err := engine.Restore(body, have); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		body  string
		plans func(string) (*plan.Plan, error)
		want  string
	}{
		"nothing":        {"", have, "decoding snapshot: it is cut off"},
		"half of it":     {string(body[:len(body)/2]), have, "decoding snapshot: it is cut off"},
		"more than it":   {string(body) + "x", have, "decoding snapshot: there is something behind the end"},
		"another format": {"\x04" + string(body[1:]), have, "decoding snapshot: format 4 is not known here, only 3"},
		"without a plan": {string(body), none, "restoring plan " + e.PlanVersion() + ": no plan " + e.PlanVersion()},
		"another plan":   {string(body), other, "restoring item i1: no revision " + p.Workstream("chat").Revision + " of workstream chat"},
	} {
		if _, err := engine.Restore([]byte(tc.body), tc.plans); fmt.Sprint(err) != tc.want {
			t.Errorf("%s: error %q, want %q", name, fmt.Sprint(err), tc.want)
		}
	}
	for n := range body {
		if _, err := engine.Restore(body[:n], have); err == nil {
			t.Errorf("cut off at %d of %d, it was accepted", n, len(body))
		}
	}
}

// TestFrozenStateStays: what is encoded later is the state of then, whatever the engine did in between.
func TestFrozenStateStays(t *testing.T) {
	e, p := start(t, simple)
	step(t, e, event.ConnectAgent{Agent: "ann"})
	for i := range 200 {
		id := fmt.Sprint("i", i)
		step(t, e, event.ReceiveMessage{
			Intake: event.Intake{Scope: "channel/web", Key: id, Digest: "d"}, Item: id, Message: "m", Channel: "web", Conversation: id,
		})
	}
	want, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	frozen := e.Freeze()
	for i := range 200 {
		id := fmt.Sprint("i", i)
		step(t, e, event.AcceptOffer{Agent: "ann", Offer: id + "-o1"})
		step(t, e, event.EndItem{Agent: "ann", Item: id})
		step(t, e, event.CloseItem{Agent: "ann", Item: id})
	}
	for i := range 200 { // they are made of what those were that have closed
		id := fmt.Sprint("n", i)
		step(t, e, event.ReceiveMessage{Item: id, Message: "m", Channel: "web", Conversation: id})
	}
	step(t, e, event.DisconnectAgent{Agent: "ann"})
	got, err := frozen.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("what was frozen changed with the engine")
	}
	back, err := engine.Restore(got, func(string) (*plan.Plan, error) { return p, nil })
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Snapshot()
	if err != nil || string(again) != string(got) {
		t.Errorf("restored, it is written otherwise: %v", err)
	}
}

func TestNewEngineHasNothing(t *testing.T) {
	e := engine.New()
	if e.Seq() != 0 || e.Plan() != nil || e.PlanVersion() != "" || e.Plans() != nil || e.Wake() != 0 || len(e.Deliveries()) != 0 {
		t.Error("a new engine has something")
	}
	body, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	f, err := engine.Restore(body, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CheckInvariants(); err != nil {
		t.Error(err)
	}
}

// Explain asks as of a moment and changes nothing.
func TestExplainChangesNothing(t *testing.T) {
	e, _ := start(t, simple)
	step(t, e, event.ReceiveMessage{Item: "i1", Message: "m", Channel: "web", Conversation: "c"})
	step(t, e, event.ConnectAgent{Agent: "ann"})
	step(t, e, event.DeclineOffer{Agent: "ann", Offer: "i1-o1"})
	before, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	now, ok := e.Explain(scenario.Start, "i1")
	if !ok || now.Eligible != 0 || now.Excluded[0].Reason != event.CoolingOff {
		t.Errorf("now: %+v", now)
	}
	later, ok := e.Explain(scenario.Start+3_600_000_000, "i1")
	if !ok || later.Eligible != 1 {
		t.Errorf("an hour later: %+v", later)
	}
	if _, ok := e.Explain(scenario.Start, "none"); ok {
		t.Error("there is an explanation of nothing")
	}
	after, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Error("the state has changed")
	}
	if out := step(t, e, event.Tick{}); len(out.Events) != 0 {
		t.Errorf("time has passed: %+v", out.Events)
	}
}
