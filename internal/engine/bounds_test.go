// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/testkit/scenario"
)

func parse(t *testing.T, text string) event.ActivatePlan {
	t.Helper()
	p, version, err := scenario.ParsePlan(text)
	if err != nil {
		t.Fatal(err)
	}
	return event.ActivatePlan{Version: version, Plan: p}
}

func world(t *testing.T, text string) *scenario.World {
	t.Helper()
	w := scenario.NewWorld()
	stepWorld(t, w, scenario.Start, parse(t, text))
	return w
}

func stepWorld(t *testing.T, w *scenario.World, now event.Instant, cmd event.Command) engine.Output {
	t.Helper()
	out, err := w.Step(now, cmd)
	if err != nil {
		t.Fatalf("%T: %v", cmd, err)
	}
	return out
}

func open(id string) event.ReceiveMessage {
	return event.ReceiveMessage{Item: id, Message: "m", Channel: "web", Conversation: "c-" + id}
}

func inOne(d time.Duration) event.Instant { return scenario.Start + event.Instant(d.Microseconds()) }

// After a long stop any number of timers is due, and what they cause must fit into an entry of the journal.
func TestTickFiresSoManyTimersAndLeavesTheRest(t *testing.T) {
	e, _ := start(t, simple+"agent bob units=100000 queues=(general)\n")
	step(t, e, event.ConnectAgent{Agent: "ann"})
	const offers = 2500
	for i := range offers {
		step(t, e, open(fmt.Sprintf("i%d", i)))
	}
	now := inOne(time.Hour)
	expired, ticks := 0, 0
	for e.Wake() != 0 && e.Wake() <= now {
		out, err := e.Step(now, event.Tick{})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.CheckInvariants(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, r := range out.Events {
			if closed, ok := r.Event.(event.OfferClosed); ok && closed.Outcome == event.Expired {
				n++
			}
		}
		if n == 0 || n > 1000 {
			t.Fatalf("%d offers expire in one step", n)
		}
		expired += n
		ticks++
	}
	if expired != offers || ticks != 3 {
		t.Errorf("%d offers expire in %d steps, want %d in 3", expired, ticks, offers)
	}
}

// A restart replays what was fired and knows that the rest is due; other commands wait for nothing of it.
func TestTimersLeftDueSurviveARestart(t *testing.T) {
	defer engine.SetMaxFired(engine.SetMaxFired(2))
	w := world(t, `
queue general
workstream chat units=10 fallback=general timeout=1m reoffer=5m wrapup=10m
channel web chat callback
agent ann units=1000 queues=(general)
agent bob units=10 queues=(general)
`)
	w.Oracle.MaxFired = 2
	stepWorld(t, w, scenario.Start, event.ConnectAgent{Agent: "ann"})
	for i := range 8 {
		id := fmt.Sprintf("i%d", i)
		stepWorld(t, w, scenario.Start, open(id))
		if i < 3 {
			stepWorld(t, w, scenario.Start, event.AcceptOffer{Agent: "ann", Offer: id + "-o1"})
			stepWorld(t, w, scenario.Start, event.EndItem{Agent: "ann", Item: id})
			stepWorld(t, w, scenario.Start, event.CloseItem{Agent: "ann", Item: id})
		}
		if i == 3 {
			stepWorld(t, w, scenario.Start, event.DeclineOffer{Agent: "ann", Offer: "i3-o1"})
		}
	}
	now := inOne(20 * time.Minute)
	for want := range []int{2, 2, 2, 1} {
		if wake := w.Engine().Wake(); wake == 0 || wake > now {
			t.Fatalf("nothing is due any more after %d steps", want)
		}
		stepWorld(t, w, now, event.Tick{})
	}
	if wake := w.Engine().Wake(); wake <= now {
		t.Errorf("a timer is due at %d still, and it is %d", wake, now)
	}
}

func TestOnlyTickAndDisconnectAllLeaveTimersDue(t *testing.T) {
	defer engine.SetMaxFired(engine.SetMaxFired(1))
	now := inOne(time.Hour)
	for name, tc := range map[string]struct {
		cmd  event.Command
		left bool
	}{
		"tick":           {event.Tick{}, true},
		"disconnect all": {event.DisconnectAll{}, true},
		"accept":         {event.AcceptOffer{Agent: "ann", Offer: "i2-o1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := world(t, simple)
			w.Oracle.MaxFired = 1
			if name == "disconnect all" { // it revokes the offers: what is left are conversations that nobody answered
				now = inOne(31 * 24 * time.Hour)
			} else {
				stepWorld(t, w, scenario.Start, event.ConnectAgent{Agent: "ann"})
			}
			for i := range 3 {
				stepWorld(t, w, scenario.Start, open(fmt.Sprintf("i%d", i)))
			}
			out := stepWorld(t, w, now, tc.cmd)
			if left := w.Engine().Wake() != 0 && w.Engine().Wake() <= now; left != tc.left {
				t.Errorf("timers are left due: %t", left)
			}
			if name == "accept" && (out.Result.Rejected == nil || out.Result.Rejected.Reason != event.OfferExpired) {
				t.Errorf("an offer that was due is accepted: %+v", out.Result)
			}
		})
	}
}

// A plan that is no longer in force is not kept by what it routed, open or closed.
func TestOldPlansAreForgotten(t *testing.T) {
	text := func(units, edit int) string {
		return fmt.Sprintf(`
queue general
workstream chat units=%d fallback=general
channel web chat
agent ann units=%d queues=(general)
agent x%d
`, units, 1000+edit, edit)
	}
	e := engine.New()
	var old []weak.Pointer[plan.Plan]
	var lists []weak.Pointer[plan.Workstream] // a pointer to one workstream keeps them all
	activate := func(units, edit int) {
		cmd := parse(t, text(units, edit))
		step(t, e, cmd)
		old, lists = append(old, weak.Make(cmd.Plan)), append(lists, weak.Make(&cmd.Plan.Workstreams[0]))
	}
	for i := range 6 {
		activate(10+i/2, i) // every other edit changes the workstream
		step(t, e, open(fmt.Sprintf("open%d", i)))
		step(t, e, open(fmt.Sprintf("shut%d", i)))
		step(t, e, event.ForceClose{Item: fmt.Sprintf("shut%d", i)})
	}
	activate(99, 99)
	runtime.GC()
	runtime.GC()
	for i := range 6 {
		if old[i].Value() != nil || lists[i].Value() != nil {
			t.Errorf("plan %d is still in memory: %t, and its workstreams: %t", i, old[i].Value() != nil, lists[i].Value() != nil)
		}
	}
	if old[6].Value() == nil || lists[6].Value() == nil {
		t.Error("the plan that is in force is not: the test sees nothing")
	}
	if err := e.CheckInvariants(); err != nil {
		t.Error(err)
	}
	runtime.KeepAlive(e)
}

// An edit of the plan looks at what it concerns: it sorts nothing else.
func TestActivationDoesNotSortAllItems(t *testing.T) {
	e, _ := start(t, simple)
	for i := range 20_000 {
		step(t, e, open(fmt.Sprintf("i%d", i)))
	}
	cmd := parse(t, simple+"agent bob queues=(general)\n")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	step(t, e, cmd)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 100<<10 {
		t.Errorf("%d bytes are allocated to activate a plan that changes nothing of 20,000 items", n)
	}
}

// A thousand rules are not written with every conversation.
func TestRoutingNamesFiftyRulesAndCountsTheRest(t *testing.T) {
	rules := func(match int) string {
		var b strings.Builder
		b.WriteString("queue general\nqueue vip\nworkstream chat fallback=general\nchannel web chat\n")
		for i := range 120 {
			tier := "none"
			if i == match {
				tier = "gold"
			}
			fmt.Fprintf(&b, "rule chat r%03d attribute=channel.tier values=(%s) to=(vip)\n", i, tier)
		}
		return b.String()
	}
	for match, want := range map[int]struct {
		named, more int
		first, last string
	}{
		-1: {50, 70, "r070", "r119"},
		0:  {1, 0, "r000", "r000"},
		49: {50, 0, "r000", "r049"},
		50: {50, 1, "r001", "r050"},
		99: {50, 50, "r050", "r099"},
	} {
		w := world(t, rules(match))
		m := open("i1")
		m.Attributes = rule.Attributes{"channel.tier": rule.TextValue("gold")}
		for _, r := range stepWorld(t, w, scenario.Start, m).Events {
			routed, ok := r.Event.(event.ItemRouted)
			if !ok {
				continue
			}
			last := len(routed.Tried) - 1
			if len(routed.Tried) != want.named || int(routed.More) != want.more ||
				routed.Tried[0].Rule != want.first || routed.Tried[last].Rule != want.last {
				t.Errorf("rule %d: %d named and %d more, %+v", match, len(routed.Tried), routed.More, routed.Tried)
			}
			if routed.Tried[last].Matched != (match >= 0) || routed.Fallback != (match < 0) {
				t.Errorf("rule %d: the last one is %+v, fallback %t", match, routed.Tried[last], routed.Fallback)
			}
		}
	}
}

// The same picture is written once, however often the item is offered in between.
func TestDeferralIsNotRepeatedAfterEachOffer(t *testing.T) {
	e, _ := start(t, simple)
	step(t, e, event.ConnectAgent{Agent: "ann"})
	step(t, e, open("i1"))
	offers, deferred := 1, 0
	for range 500 {
		out, err := e.Step(e.Wake(), event.Tick{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.Events {
			switch r.Event.(type) {
			case event.OfferMade:
				offers++
			case event.AssignmentDeferred:
				deferred++
			}
		}
	}
	if offers < 200 || deferred != 1 {
		t.Errorf("%d offers and %d times the reason why there was none", offers, deferred)
	}
}

// What a sender names is the same before and after a restart, even when it is no text.
func TestKeysSurviveTheJournal(t *testing.T) {
	w := world(t, simple+`
queue cases type=Record
workstream cases type=Record fallback=cases
`)
	bad := func(scope string) event.Intake { return event.Intake{Scope: scope, Key: "k\xff\xfe", Digest: "d\xff"} }
	message := func(id, text string) event.Command {
		return event.ReceiveMessage{
			Intake: bad("channel/web"), Item: id, Message: "m\xff", Channel: "web", Conversation: "c\xff", Text: text,
			Attributes: rule.Attributes{"channel.\xff": rule.TextValue("a"), "channel.\xfe": rule.TextValue("b")},
		}
	}
	stepWorld(t, w, scenario.Start, event.ConnectAgent{Agent: "ann"})
	stepWorld(t, w, scenario.Start, message("i1", "hello"))
	stepWorld(t, w, scenario.Start, event.AcceptOffer{Agent: "ann", Offer: "i1-o1"})
	closes := event.Intake{Scope: "workstream/cases", Key: "e\xff"}
	again := []event.Command{
		message("i2", "hello"),
		event.SubmitRecord{Intake: bad("workstream/cases"), Item: "i3", Workstream: "cases", Record: "r\xff"},
		event.SubmitRecord{Intake: bad("workstream/cases"), Item: "i4", Workstream: "cases", Record: "r\xff"},
		event.SendMessage{Agent: "ann", Item: "i1", Message: "1\xff", Text: "hi\xff"},
		event.SendMessage{Agent: "ann", Item: "i1", Message: "1\xff", Text: "hi\xff"},
		event.LeaveConversation{Intake: event.Intake{Scope: "channel/web", Key: "l\xff"}, Channel: "web", Conversation: "c\xff"},
		event.LeaveConversation{Intake: event.Intake{Scope: "channel/web", Key: "l\xff"}, Channel: "web", Conversation: "c\xff"},
		event.ForceClose{Supervisor: "sue\xff", Item: "i1"},
		event.CloseRecord{Intake: closes, Workstream: "cases", Record: "r\xff", Integration: "crm\xff"},
		event.CloseRecord{Intake: closes, Workstream: "cases", Record: "r\xff", Integration: "crm\xff"},
	}
	duplicate := map[int]bool{0: true, 2: true, 4: true, 6: true, 9: true}
	for i, cmd := range again {
		if out := stepWorld(t, w, scenario.Start, cmd); out.Result.Duplicate != duplicate[i] || out.Result.Rejected != nil {
			t.Errorf("%d, %T: %+v", i, cmd, out.Result)
		}
	}
}

func TestEmptyLinesAreRemoved(t *testing.T) {
	e := engine.New()
	for i := range 600 {
		step(t, e, parse(t, fmt.Sprintf("queue general\nworkstream chat units=%d fallback=general\nchannel web chat\n", i)))
		id := fmt.Sprintf("i%d", i)
		step(t, e, open(id))
		step(t, e, event.ForceClose{Item: id})
	}
	if n := e.Lines(); n > 300 {
		t.Errorf("%d lines, and nobody waits", n)
	}
}

// An item collects no names without end; those that it has go on being updated.
func TestAttributesOfAnItemAreBounded(t *testing.T) {
	w := world(t, simple+`
queue cases type=Record
workstream cases type=Record fallback=cases
`)
	submit := func(from, n int, value string) engine.Output {
		attrs := rule.Attributes{}
		for i := range n {
			attrs[fmt.Sprintf("record.a%05d", from+i)] = rule.TextValue(value)
		}
		return stepWorld(t, w, scenario.Start, event.SubmitRecord{Item: "i1", Workstream: "cases", Record: "r", Attributes: attrs})
	}
	submit(0, 300, "x")
	for i := 1; i < 5; i++ {
		submit(300*i, 300, "x")
	}
	submit(0, 1, "y")
	got := w.Engine().Attributes("i1")
	if len(got) != 512 || got["record.a00000"].String() != "y" || got["record.a00507"].String() != "x" || got["record.a00508"].Present() {
		t.Errorf("%d attributes", len(got))
	}
	out := submit(5000, 30, "z")
	if len(out.Events) != 1 {
		t.Fatalf("names for which there is no room cause %+v", out.Events)
	}
	updated := out.Events[0].Event.(event.ItemUpdated)
	if len(updated.Attributes) != 0 || len(updated.LeftOut) != event.MaxLeftOut ||
		updated.LeftOut[0] != (event.LeftOut{Name: "record.a05000", Reason: event.TooMany}) {
		t.Errorf("names for which there is no room are told as %+v", updated)
	}
}

// Where the context of a conversation is nearly full, what nothing declares must not take the place of a variable.
func TestDeclaredVariablesHaveRoomFirst(t *testing.T) {
	w := world(t, "queue general\nworkstream chat fallback=general variables=(tier:Text)\nchannel web chat\n")
	send := func(id string, n int, declared bool) {
		m := open(id)
		m.Conversation, m.Message, m.Attributes = "c", "m-"+id, rule.Attributes{}
		for i := range n {
			m.Attributes[fmt.Sprintf("context.%s-%02d", id, i)] = rule.TextValue("x")
		}
		if declared {
			m.Attributes["context.tier"] = rule.TextValue("gold")
		}
		stepWorld(t, w, scenario.Start, m)
	}
	send("a", 60, false)
	send("b", 60, true)
	got := w.Engine().Attributes("a")
	if got["context.tier"].String() != "gold" || !got["context.b-38"].Present() || got["context.b-39"].Present() {
		t.Errorf("tier is %q, and there are %d attributes", got["context.tier"], len(got))
	}
}
