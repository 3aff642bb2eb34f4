// SPDX-License-Identifier: Apache-2.0

package view

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

func subscribe(t *testing.T, v *View, agent string, after uint64) *Subscription {
	t.Helper()
	s, err := v.Subscribe(agent, after)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// drain returns what is there already.
func drain(s *Subscription) []string {
	var got []string
	events, over := s.Take(nil)
	for _, e := range events {
		got = append(got, line(e))
	}
	if over {
		got = append(got, "over")
	}
	return got
}

func line(e *StreamEvent) string {
	s := fmt.Sprintf("%d %s", e.Seq, e.Type)
	if e.Free != nil {
		s += fmt.Sprintf(" free=%d", *e.Free)
	}
	return s
}

func TestStreamTellsAnAgentTheirOwnOnly(t *testing.T) {
	h := newHistory(t, contoso())
	ann, bob := subscribe(t, h.view, "ann", 0), subscribe(t, h.view, "bob", 0)
	h.conversation()
	h.add(
		event.ItemAssigned{Item: "i1", Agent: "ann", Offer: "o1", Units: 30, How: event.ByOffer},
		event.MessageReceived{Item: "i1", Message: "m2", Position: 2, Text: "still there?"},
		event.MessageSent{Item: "i1", Agent: "ann", Message: "a1", Position: 3, Text: "yes", Delivery: "d1"},
		event.DeliveryDone{Delivery: "d1", Item: "i1", Message: "a1"},
		event.ItemUpdated{Item: "i1"},
		event.ItemParked{Item: "i1", Agent: "ann"},
		event.MessageReceived{Item: "i1", Message: "m3", Position: 4, Text: "nobody's yet"},
		event.ItemResumed{Item: "i1"},
		event.ItemQueued{Item: "i1", Queue: "vip", Since: instant(17), Reason: event.CustomerReturned},
		event.OfferMade{Offer: "o2", Item: "i1", Agent: "ann", Queue: "vip", Units: 30, Expires: instant(900)},
		event.OfferClosed{Offer: "o2", Item: "i1", Agent: "ann", Outcome: event.Expired},
		event.ItemAssigned{Item: "i1", Agent: "ann", Units: 30, How: event.BySupervisor, By: "sue"},
		event.ItemAssigned{Item: "i1", Agent: "bob", Units: 30, How: event.BySupervisor, By: "sue"},
		event.WrapUpStarted{Item: "i1", Agent: "bob", Reason: event.AgentMovedToWrapUp},
		event.WrapUpReleased{Item: "i1", Agent: "bob"},
		event.ItemClosed{Item: "i1", Agent: "bob", Reason: event.ConversationEndedByAgent},
	)
	want := []string{
		"3 presence.changed", "9 offer.made free=70", "10 item.assigned free=70", "11 message.received", "12 message.sent",
		"13 message.delivered", "14 item.updated", "15 item.parked free=100", "19 offer.made free=70", "20 offer.closed free=100",
		"21 item.assigned free=70", "22 item.released free=100",
	}
	if diff := cmp.Diff(want, drain(ann)); diff != "" {
		t.Errorf("ann's stream (-want +got):\n%s", diff)
	}
	want = []string{"22 item.assigned free=-10", "23 item.wrapUp free=-10", "24 capacity.changed free=20", "25 item.closed free=20"}
	if diff := cmp.Diff(want, drain(bob)); diff != "" {
		t.Errorf("bob's stream (-want +got):\n%s", diff)
	}
}

func TestHelloHasTheWholeDesk(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	h.add(
		event.ItemOpened{Item: "i2", Type: plan.Messaging, Workstream: "chat"},
		event.ItemAssigned{Item: "i2", Agent: "ann", Units: 30, How: event.BySupervisor, By: "sue"},
	)
	got := subscribe(t, h.view, "ann", 0).Hello
	if got.Type != "hello" || got.Seq != h.seq || got.Resumed || got.Agent.Used != 60 {
		t.Errorf("hello %+v", got)
	}
	if len(got.Offers) != 1 || got.Offers[0].ID != "o1" || len(got.Items) != 2 || got.Items[0].ID != "i1" || got.Items[1].ID != "i2" {
		t.Errorf("offers %+v, items %+v", got.Offers, got.Items)
	}
}

func TestStreamResumesWithWhatWasMissed(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation() // to 9
	s := subscribe(t, h.view, "ann", 3)
	if !s.Hello.Resumed || s.Hello.Seq != 3 {
		t.Errorf("hello %+v, want it resumed after 3", s.Hello)
	}
	if len(s.Missed) != 1 || line(s.Missed[0]) != "9 offer.made free=70" {
		t.Errorf("missed %+v, want the offer", s.Missed)
	}
	h.add(event.ItemClosed{Item: "i1"}, event.PresenceChanged{Agent: "ann", Presence: plan.Busy})
	if diff := cmp.Diff([]string{"11 presence.changed"}, drain(s)); diff != "" {
		t.Errorf("after it (-want +got):\n%s", diff)
	}
	for name, after := range map[string]uint64{"nothing seen": 0, "a future that never was": h.seq + 1} {
		if s := subscribe(t, h.view, "ann", after); s.Hello.Resumed || s.Hello.Seq != h.seq {
			t.Errorf("%s: %+v, want the full state", name, s.Hello)
		}
	}
}

func TestStreamDoesNotResumeFromBeforeItsBuffer(t *testing.T) {
	h := newHistory(t, contoso())
	h.add(event.PresenceChanged{Agent: "ann", Presence: plan.Away}) // 2
	for i := range keptStream {
		p := plan.Busy
		if i%2 == 0 {
			p = plan.Available
		}
		h.add(event.PresenceChanged{Agent: "bob", Presence: p})
	}
	if s := subscribe(t, h.view, "ann", 1); s.Hello.Resumed {
		t.Error("resumed though an event is gone")
	}
	s := subscribe(t, h.view, "ann", 2)
	if !s.Hello.Resumed || len(s.Missed) != 0 {
		t.Errorf("after 2: resumed %v with %d missed, want true with none", s.Hello.Resumed, len(s.Missed))
	}
	if s := subscribe(t, h.view, "bob", h.seq-5); len(s.Missed) != 5 || s.Missed[4].Seq != h.seq {
		t.Errorf("bob missed %d, want the last 5", len(s.Missed))
	}
}

func TestSlowSubscriberIsClosedAndTheOthersAreNot(t *testing.T) {
	h := newHistory(t, contoso())
	slow, quick := subscribe(t, h.view, "ann", 0), subscribe(t, h.view, "ann", 0)
	for range subscriptionBuffer + 1 {
		h.add(event.PresenceChanged{Agent: "ann", Presence: plan.Busy})
		drain(quick)
	}
	if got := drain(slow); len(got) != subscriptionBuffer+1 || got[subscriptionBuffer] != "over" {
		t.Errorf("%d frames, want %d and the end", len(got), subscriptionBuffer)
	}
	if !errors.Is(slow.Err(), ErrSlow) || quick.Err() != nil {
		t.Errorf("slow: %v, quick: %v", slow.Err(), quick.Err())
	}
	slow.Close() // after the end, and twice
	slow.Close()
	if n := h.view.Stats().Streams; n != 1 {
		t.Errorf("%d streams, want 1", n)
	}
}

func TestCloseStreams(t *testing.T) {
	h := newHistory(t, contoso())
	s := subscribe(t, h.view, "ann", 0)
	h.view.CloseStreams()
	h.view.CloseStreams()
	if got := drain(s); len(got) != 1 || !errors.Is(s.Err(), ErrClosing) {
		t.Errorf("got %v, %v; want the end, ErrClosing", got, s.Err())
	}
	if _, err := h.view.Subscribe("ann", 0); !errors.Is(err, ErrClosing) {
		t.Errorf("a new one: %v, want ErrClosing", err)
	}
}

func TestSubscribeRefusesAStranger(t *testing.T) {
	h := newHistory(t, contoso())
	if _, err := h.view.Subscribe("nobody", 0); !errors.Is(err, ErrUnknownAgent) {
		t.Errorf("got %v, want ErrUnknownAgent", err)
	}
}

func TestPlanTellsAgentsOfTheirNewCapacity(t *testing.T) {
	h := newHistory(t, contoso())
	s := subscribe(t, h.view, "ann", 0)
	p := contoso()
	p.Agents[0].Units = 50
	if _, _, err := p.Encode(); err != nil {
		t.Fatal(err)
	}
	h.add(event.PlanActivated{Version: "2", Plan: p})
	if diff := cmp.Diff([]string{"2 capacity.changed free=50"}, drain(s)); diff != "" {
		t.Errorf("ann's stream (-want +got):\n%s", diff)
	}
}

func TestStreamEventWritesTheItemAsItIsMeant(t *testing.T) {
	for want, e := range map[string]StreamEvent{
		`"item":"i1"`:      {Type: ItemParked, ItemID: "i1"},
		`"item":{"id":"i1`: {Type: OfferMade, Item: &ItemView{ID: "i1"}},
	} {
		got, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(got) || !strings.Contains(string(got), want) {
			t.Errorf("%s, want it to have %s", got, want)
		}
	}
	got, err := json.Marshal(StreamEvent{Seq: 1, At: at(0), Type: PresenceChanged, Presence: plan.Away, Cause: event.CauseAgent})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"seq":1,"at":"2026-11-20T12:00:00Z","type":"presence.changed","presence":"Away","cause":"Agent"}`
	if string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// woken reports whether a subscription was woken since it was asked for last.
func woken(s *Subscription) bool {
	select {
	case <-s.Ready():
		return true
	default:
		return false
	}
}

// TestSubscriberIsWokenForWhatBelongsTogether: once for what was folded at once, when all of it is there.
func TestSubscriberIsWokenForWhatBelongsTogether(t *testing.T) {
	h := newHistory(t, contoso())
	s := subscribe(t, h.view, "ann", 0)
	h.add(event.PresenceChanged{Agent: "bob", Presence: plan.Busy})
	if woken(s) {
		t.Error("woken for another agent's")
	}
	h.add(event.PresenceChanged{Agent: "ann", Presence: plan.Busy}, event.PresenceChanged{Agent: "ann", Presence: plan.Away})
	if !woken(s) || woken(s) {
		t.Error("not woken once")
	}
	if got := drain(s); len(got) != 2 {
		t.Errorf("then there is %v, want both", got)
	}
	h.add(event.PresenceChanged{Agent: "ann", Presence: plan.Busy})
	if !woken(s) {
		t.Error("not woken again")
	}
	h.view.CloseStreams()
	if !woken(s) {
		t.Error("not woken for the end")
	}
}

// What is noted can be taken at once, by who is awake for another reason; Tell wakes the others.
func TestNotedIsTakenBeforeItIsTold(t *testing.T) {
	h := newHistory(t, contoso())
	s, err := h.view.Subscribe("ann", 0)
	if err != nil {
		t.Fatal(err)
	}
	note := func(presence plan.Presence) {
		h.seq++
		h.view.Note([]event.Recorded{{Seq: h.seq, Time: instant(int(h.seq)), Event: event.PresenceChanged{Agent: "ann", Presence: presence}}})
	}
	note(plan.Busy)
	if woken(s) {
		t.Error("woken before it is told")
	}
	if events, _ := s.Take(nil); len(events) != 1 {
		t.Errorf("took %d events", len(events))
	}
	if h.view.Tell(); woken(s) {
		t.Error("woken for what was taken")
	}
	note(plan.Away)
	if h.view.Tell(); !woken(s) {
		t.Error("not woken")
	}
	if h.view.Tell(); woken(s) {
		t.Error("woken twice")
	}
}

// TestReadersAndWriter is for the race detector.
func TestReadersAndWriter(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	var wait sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if it, ok := h.view.Item("i1"); ok {
					if _, err := json.Marshal(it); err != nil {
						t.Error(err)
					}
				}
				if s, err := h.view.Subscribe("ann", 2); err == nil {
					if _, err := json.Marshal(s.Missed); err != nil {
						t.Error(err)
					}
					s.Close()
				}
				h.view.Queues()
				h.view.Agents()
				h.view.Trace("i1")
				_, _ = h.view.Items(Filter{})
			}
		})
	}
	for i := range 200 {
		h.add(
			event.ItemUpdated{Item: "i1", Attributes: rule.Attributes{fmt.Sprint("context.x", i%5): rule.TextValue("v")}},
			event.MessageReceived{Item: "i1", Message: fmt.Sprint("n", i), Position: uint64(i) + 2, Text: "x"},
		)
	}
	close(stop)
	wait.Wait()
}
