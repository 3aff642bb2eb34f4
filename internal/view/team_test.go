// SPDX-License-Identifier: Apache-2.0

package view

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// withProfiles gives Ann slots of a profile that resets at once and of one that lasts for the day.
func withProfiles() *plan.Plan {
	p := contoso()
	p.Profiles = []plan.Profile{{Name: "daily", Reset: plan.EndOfDay}, {Name: "phone", Reset: plan.Immediate}}
	p.Agents[0].Profiles = []plan.AgentProfile{{Name: "daily", Limit: 5}, {Name: "phone", Limit: 1}}
	p.Workstreams[0].Profiles = []string{"daily"}
	if err := p.Workstreams[0].SetRevision(); err != nil {
		panic(err)
	}
	return p
}

func TestSlotsOfTheDayOutliveTheItem(t *testing.T) {
	h := newHistory(t, withProfiles())
	both := []string{"daily", "phone"}
	want := func(when string, daily, phone, used int32) {
		t.Helper()
		a, _ := h.view.Agent("ann")
		slots := []ProfileUse{{Name: "daily", Limit: 5, Used: daily}, {Name: "phone", Limit: 1, Used: phone}}
		if diff := cmp.Diff(slots, a.Profiles); diff != "" || a.Used != used {
			t.Errorf("%s: %d units (-want +got):\n%s", when, a.Used, diff)
		}
	}
	h.conversation()
	h.add(
		event.OfferClosed{Offer: "o1", Item: "i1", Agent: "ann", Outcome: event.Declined},
		event.OfferMade{Offer: "o2", Item: "i1", Agent: "ann", Queue: "vip", Units: 30, Profiles: both},
	)
	want("offered", 1, 1, 30)
	h.add(event.OfferClosed{Offer: "o2", Item: "i1", Agent: "ann", Outcome: event.Expired})
	want("not taken", 0, 0, 0)
	h.add(
		event.ItemAssigned{Item: "i1", Agent: "ann", Units: 30, Profiles: both, How: event.ByPick},
		event.ItemParked{Item: "i1", Agent: "ann"},
	)
	want("over", 1, 0, 0)
	h.add(event.OfferMade{Offer: "o3", Item: "i1", Agent: "ann", Queue: "vip", Units: 30, Profiles: both})
	want("offered again", 1, 1, 30)
	h.add(event.OfferClosed{Offer: "o3", Item: "i1", Agent: "ann", Outcome: event.Declined})
	want("declined again", 1, 0, 0)
	if r := restored(t, h.view); string(snapshotOf(t, r)) != string(snapshotOf(t, h.view)) {
		t.Error("restored, the slots differ")
	}
	h.add(event.ItemAssigned{Item: "i1", Agent: "ann", Units: 30, Profiles: both, How: event.ByPick}, event.SlotsReset{Agent: "ann"})
	want("the next day, with the item", 1, 1, 30)
	h.add(event.WrapUpStarted{Item: "i1", Agent: "ann", Released: true}, event.ItemClosed{Item: "i1", Agent: "ann"})
	want("closed", 1, 0, 0)
	h.add(event.SlotsReset{Agent: "ann"})
	want("the day after", 0, 0, 0)

	h.add(event.ItemAssigned{Item: "i1", Agent: "ann", Profiles: both}, event.ItemReleased{Item: "i1", Agent: "ann"})
	p := withProfiles()
	p.Profiles[0].Reset = plan.Immediate
	if _, _, err := p.Encode(); err != nil {
		t.Fatal(err)
	}
	h.add(event.PlanActivated{Version: "v2", Plan: p})
	want("the profile no longer lasts for the day", 0, 0, 0)
}

func TestAgentsOfAnItemAreToldAlike(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	h.add(event.ItemAssigned{Item: "i1", Agent: "ann", Offer: "o1", Units: 30, How: event.ByOffer})
	ann, bob := subscribe(t, h.view, "ann", 0), subscribe(t, h.view, "bob", 0)
	h.add(
		event.ConsultRequested{Consult: "i1-c1", Item: "i1", Agent: "bob", By: "ann", Expires: instant(99)},
		event.MessageSent{Item: "i1", Agent: "ann", Message: "n1", Position: 2, Text: "for us", Internal: true}, // Bob has not joined
		event.ConsultJoined{Consult: "i1-c1", Item: "i1", Agent: "bob"},
		event.MessageSent{Item: "i1", Agent: "ann", Message: "n2", Position: 3, Text: "for us", Internal: true},
		event.MessageSent{Item: "i1", Agent: "ann", Message: "r1", Position: 4, Text: "for the customer"},
		event.MessageReceived{Item: "i1", Message: "m2", Position: 5, Text: "thanks"},
		event.CustomerDisconnected{Item: "i1", Until: instant(300)},
		event.CustomerReconnected{Item: "i1"},
	)
	hello := subscribe(t, h.view, "bob", 0).Hello
	if len(hello.Consults) != 1 || !hello.Consults[0].Joined || len(hello.Items) != 1 || hello.Items[0].ID != "i1" {
		t.Errorf("bob's desk has %+v and %v", hello.Consults, hello.Items)
	}
	h.add(
		event.ConsultEnded{Consult: "i1-c1", Item: "i1", Agent: "bob", Outcome: event.ConsultDone},
		event.MessageReceived{Item: "i1", Message: "m3", Position: 6, Text: "bye"},
	)
	wantAnn := []string{
		"11 consult.requested", "12 message.sent", "13 consult.joined", "14 message.sent", "15 message.sent", "16 message.received",
		"17 customer.disconnected", "18 customer.reconnected", "19 consult.ended", "20 message.received",
	}
	wantBob := []string{
		"11 consult.requested", "13 consult.joined", "14 message.sent", "15 message.sent", "16 message.received",
		"17 customer.disconnected", "18 customer.reconnected", "19 consult.ended",
	}
	if diff := cmp.Diff(wantAnn, drain(ann)); diff != "" {
		t.Errorf("ann is told (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantBob, drain(bob)); diff != "" {
		t.Errorf("bob is told (-want +got):\n%s", diff)
	}
	if a, _ := h.view.Agent("bob"); len(a.Consults) != 0 {
		t.Errorf("bob still has %v", a.Consults)
	}
	if list, _ := h.view.Timeline("i1", false); len(list) != 4 {
		t.Errorf("without the internal ones there are %d messages", len(list))
	}
}

func TestWhoSawTheLastResumesAfterARestart(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation() // ann is told something at 3 and at 9
	h.add(event.ItemOpened{Item: "i2", Type: plan.Record, Workstream: "cases", Record: "CAS-1"})
	r := restored(t, h.view)
	for agent, after := range map[string]map[uint64]bool{
		"ann": {0: false, 1: false, 8: false, 9: true, 10: true, 11: false},
		"bob": {0: false, 1: true, 10: true}, // was never told anything
	} {
		for seq, want := range after {
			s := subscribe(t, r, agent, seq)
			if s.Hello.Resumed != want || len(s.Missed) != 0 {
				t.Errorf("%s after %d: resumed %v, missed %d", agent, seq, s.Hello.Resumed, len(s.Missed))
			}
			s.Close()
		}
	}
	r.Fold([]event.Recorded{{Seq: 11, Time: instant(11), Event: event.PresenceChanged{Agent: "ann", Presence: plan.Busy}}})
	if s := subscribe(t, r, "ann", 9); !s.Hello.Resumed || len(s.Missed) != 1 {
		t.Errorf("what came after the restart: resumed %v, missed %d", s.Hello.Resumed, len(s.Missed))
	}
}

func TestPickListIsInTheOrderOfService(t *testing.T) {
	h := newHistory(t, contoso())
	for i, id := range []string{"a", "b", "c", "d"} {
		h.add(
			event.ItemOpened{Item: id, Type: plan.Record, Workstream: "cases", Record: id},
			event.ItemClassified{Item: id, Priority: []int32{100, 5, 100, 5}[i]},
			event.ItemQueued{Item: id, Queue: "cases", Since: instant(10 - i)},
		)
	}
	ids := func() (list []string) {
		for _, it := range h.view.OpenItems("ann") {
			list = append(list, it.ID)
		}
		return list
	}
	if diff := cmp.Diff([]string{"d", "b", "c", "a"}, ids()); diff != "" {
		t.Errorf("by priority and age (-want +got):\n%s", diff)
	}
	h.add(event.ItemPromoted{Item: "a", Queue: "cases"}, event.ItemClassified{Item: "d", Priority: 50})
	if diff := cmp.Diff([]string{"a", "b", "d", "c"}, ids()); diff != "" {
		t.Errorf("promoted and classified again (-want +got):\n%s", diff)
	}
	h.add(
		event.ItemAssigned{Item: "a", Agent: "ann", How: event.ByPick},
		event.ItemReleased{Item: "a", Agent: "ann", Reason: event.TransferredToQueue},
		event.ItemQueued{Item: "a", Queue: "cases", Since: instant(10)},
	)
	if diff := cmp.Diff([]string{"b", "d", "c", "a"}, ids()); diff != "" {
		t.Errorf("come back from an agent (-want +got):\n%s", diff)
	}
	h.add(event.ItemQueued{Item: "a", Queue: "cases", Since: instant(99)})
	if diff := cmp.Diff([]string{"b", "d", "c", "a"}, ids()); diff != "" {
		t.Errorf("come anew (-want +got):\n%s", diff)
	}
}

// TestParkedItemExpectsNobody: who is waited for need not be connected, so a connection that was lost before is forgotten.
func TestParkedItemExpectsNobody(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	h.add(
		event.ItemAssigned{Item: "i1", Agent: "ann", Offer: "o1", Units: 30, How: event.ByOffer},
		event.CustomerDisconnected{Item: "i1", Until: instant(300)},
	)
	if it, _ := h.view.Item("i1"); it.CustomerGoneUntil.IsZero() {
		t.Error("the customer is not said to be gone")
	}
	h.add(event.ItemParked{Item: "i1", Agent: "ann"})
	if it, _ := h.view.Item("i1"); !it.CustomerGoneUntil.IsZero() {
		t.Errorf("it waits, and ends at %v", it.CustomerGoneUntil)
	}
}
