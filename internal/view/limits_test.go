// SPDX-License-Identifier: Apache-2.0

package view

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// TestTraceOfAnItemIsBounded: how it began and what happened lately can be read, what was between them is counted.
func TestTraceOfAnItemIsBounded(t *testing.T) {
	h := newHistory(t, contoso())
	revision := h.view.Plan().Workstream("chat").Revision
	h.add(event.ItemOpened{Item: "i1", Type: plan.Messaging, Workstream: "chat"})
	const cycles = 1000
	for i := range cycles {
		tried := []event.RuleTried{{Rule: "never"}, {Rule: "vip", Matched: true}}
		if i%2 == 1 {
			tried = append(tried[:1:1], event.RuleTried{Rule: "vip"}, event.RuleTried{Rule: "rest", Matched: true})
		}
		h.add(
			event.ItemRouted{Item: "i1", Revision: revision, Queue: "vip", Draw: -1, Tried: tried},
			event.ItemQueued{Item: "i1", Queue: "vip", Since: instant(1), Reason: event.RoutedAgain},
		)
	}
	steps, _ := h.view.Trace("i1")
	if got := len(steps); got < firstSteps+lastSteps || got > firstSteps+2*lastSteps {
		t.Fatalf("%d of %d steps are kept", got, 1+2*cycles)
	}
	if steps[0].Step != "opened" || steps[firstSteps-1].Seq != firstSteps+1 || steps[len(steps)-1].Seq != h.seq {
		t.Errorf("the ends are %+v, %+v and %+v", steps[0], steps[firstSteps-1], steps[len(steps)-1])
	}
	gap := steps[firstSteps]
	left := 1 + 2*cycles - (len(steps) - 1)
	want := TraceStep{
		Seq: uint64(firstSteps + 1 + left), At: at(firstSteps + 1 + left), Step: "omitted",
		Summary: fmt.Sprintf("%d steps are no longer kept", left), Detail: []byte(fmt.Sprintf(`{"omitted":%d}`, left)),
	}
	if diff := cmp.Diff(want, gap); diff != "" {
		t.Errorf("between the ends (-want +got):\n%s", diff)
	}
	for i, s := range steps {
		place := "2nd"
		if (s.Seq-3)/2%2 == 1 {
			place = "3rd"
		}
		if i != firstSteps && s.Step == "routed" && !strings.Contains(s.Summary, "("+place+" of 3)") {
			t.Errorf("step %d: %s, want it %s of 3", s.Seq, s.Summary, place)
		}
	}
	checkRestored(t, h)
}

// checkRestored compares the view with the one that its snapshot makes, also after the same events.
func checkRestored(t *testing.T, h *history) {
	t.Helper()
	body, err := h.view.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := New()
	if err := again.Restore(body, h.view.Plan()); err != nil {
		t.Fatal(err)
	}
	want, _ := h.view.Trace("i1")
	got, _ := again.Trace("i1")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("restored (-want +got):\n%s", diff)
	}
}

// TestRulesAreCountedThoughFewAreNamed: also those of a workstream that left the plan, whose rules nobody knows any more.
func TestRulesAreCountedThoughFewAreNamed(t *testing.T) {
	h := newHistory(t, contoso())
	h.add(
		event.ItemOpened{Item: "i1", Type: plan.Messaging, Workstream: "gone"},
		event.ItemRouted{Item: "i1", Queue: "vip", Draw: -1, More: 950, Fallback: true, Tried: make([]event.RuleTried, 50)},
		event.ItemRouted{Item: "i1", Queue: "vip", Draw: -1, More: 650, Tried: append(make([]event.RuleTried, 49), event.RuleTried{Rule: "x"})},
	)
	want := []string{
		"opened: conversation  opened over channel  in workstream gone",
		"routed: none of 1000 rules matched, fallback queue vip",
		"routed: rule x matched (700th of 700), queue vip",
	}
	if diff := cmp.Diff(want, summaries(t, h.view, "i1")); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}

// TestPickItemsOutliveTheirWorkstream: a plan without the workstream leaves its items to be picked.
func TestPickItemsOutliveTheirWorkstream(t *testing.T) {
	h := newHistory(t, contoso())
	h.add(
		event.ItemOpened{Item: "i1", Type: plan.Record, Workstream: "cases"},
		event.ItemRouted{Item: "i1", Queue: "cases", Draw: -1, Fallback: true},
		event.ItemQueued{Item: "i1", Queue: "cases", Since: instant(1), Reason: event.AwaitingAgentAssignment},
	)
	p := contoso()
	p.Workstreams = p.Workstreams[:1]
	_, version, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	h.add(event.PlanActivated{Version: version, Plan: p})
	wantOpen := func(v *View, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, openItems(v, "ann")); diff != "" {
			t.Errorf("to pick (-want +got):\n%s", diff)
		}
	}
	wantOpen(h.view, "i1")
	body, err := h.view.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := New()
	if err := again.Restore(body, p); err != nil {
		t.Fatal(err)
	}
	wantOpen(again, "i1")
}

func openItems(v *View, agent string) []string {
	var ids []string
	for _, it := range v.OpenItems(agent) {
		ids = append(ids, it.ID)
	}
	return ids
}

// TestOpenItemsAreTheFirstOfMany has items come, go and be offered in every order, and compares with sorting them all.
func TestOpenItemsAreTheFirstOfMany(t *testing.T) {
	h := newHistory(t, contoso())
	since := map[string]int{}
	for i := range 3 * MaxLimit {
		id := fmt.Sprintf("i%04d", i)
		since[id] = (i * 7919) % 1000
		queued := event.ItemQueued{Item: id, Queue: "cases", Since: instant(since[id]), Reason: event.AwaitingAgentAssignment}
		h.add(
			event.ItemOpened{Item: id, Type: plan.Record, Workstream: "cases"},
			event.ItemRouted{Item: id, Queue: "cases", Draw: -1, Fallback: true}, queued,
		)
		switch i % 5 {
		case 1: // again, in the same place
			h.add(queued)
		case 2: // again, in another place
			since[id] += 500
			queued.Since = instant(since[id])
			h.add(queued)
		case 3:
			h.add(event.ItemAssigned{Item: id, Agent: "ann", Units: 10, How: event.ByPick})
			delete(since, id)
		case 4:
			h.add(event.OfferMade{Offer: "o-" + id, Item: id, Agent: "ann", Queue: "cases", Expires: instant(9999)})
			delete(since, id)
		}
	}
	want := make([]string, 0, len(since))
	for id := range since {
		want = append(want, id)
	}
	slices.SortFunc(want, func(a, b string) int { return cmpFirst(since[a]-since[b], strings.Compare(a, b)) })
	if diff := cmp.Diff(want[:MaxLimit], openItems(h.view, "ann")); diff != "" {
		t.Errorf("to pick (-want +got):\n%s", diff)
	}
}

// TestReadersMayReadWhileItGoesOn is for the race detector: traces are written out beside the loop.
func TestReadersMayReadWhileItGoesOn(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, ok := h.view.Trace("i1"); !ok {
					t.Error("no trace")
				}
				h.view.OpenItems("ann")
			}
		})
	}
	for range 2000 {
		h.add(event.ItemQueued{Item: "i1", Queue: "vip", Since: instant(1), Reason: event.RoutedAgain})
	}
	close(stop)
	readers.Wait()
}

// TestResumeBufferIsBoundedByItsSize: a few thousand long messages must not hold hundreds of megabytes.
func TestResumeBufferIsBoundedByItsSize(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	h.add(event.ItemAssigned{Item: "i1", Agent: "ann", Offer: "o1", Units: 30, How: event.ByOffer})
	before := h.seq
	text := strings.Repeat("x", 32<<10)
	const messages = 2 * keptStreamBytes / (32 << 10)
	for i := range messages {
		h.add(event.MessageReceived{Item: "i1", Message: fmt.Sprint("m", i), Position: uint64(i + 2), Text: text})
	}
	if s := subscribe(t, h.view, "ann", before); s.Hello.Resumed {
		t.Errorf("%d messages of %d bytes are kept", len(s.Missed), len(text))
	}
	s := subscribe(t, h.view, "ann", h.seq-messages/4)
	if !s.Hello.Resumed || len(s.Missed) != messages/4 {
		t.Errorf("resumed %v with %d missed, want the last %d", s.Hello.Resumed, len(s.Missed), messages/4)
	}
}
