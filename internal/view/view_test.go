// SPDX-License-Identifier: Apache-2.0

package view

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// history numbers and times events as an engine would: one second apart from noon on.
type history struct {
	view *View
	seq  uint64
	all  []event.Recorded
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

func instant(seconds int) event.Instant { return event.Instant(at(seconds).UnixMicro()) }

func newHistory(t *testing.T, p *plan.Plan) *history {
	t.Helper()
	_, version, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	h := &history{view: New()}
	h.add(event.PlanActivated{Version: version, Plan: p})
	return h
}

func (h *history) add(events ...event.Event) {
	recorded := make([]event.Recorded, 0, len(events))
	for _, e := range events {
		h.seq++
		recorded = append(recorded, event.Recorded{Seq: h.seq, Time: instant(int(h.seq)), Event: e})
	}
	h.all = append(h.all, recorded...)
	h.view.Fold(recorded)
}

func contoso() *plan.Plan {
	w := plan.Workstream{
		Name: "chat", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Units: 30,
		Routing: plan.Routing{Fallback: "general", Ruleset: "queues", Rules: []plan.Rule{
			{Name: "never", Split: []plan.Target{{Queue: "vip", Percent: 100}}},
			{Name: "vip", Split: []plan.Target{{Queue: "vip", Percent: 100}}},
			{Name: "rest", Split: []plan.Target{{Queue: "general", Percent: 100}}},
		}},
	}
	pick := plan.Workstream{Name: "cases", Type: plan.Record, Mode: plan.Pick, Units: 10, Routing: plan.Routing{Fallback: "cases"}}
	if err := w.SetRevision(); err != nil {
		panic(err)
	}
	return &plan.Plan{
		Namespace:   "contoso",
		Workstreams: []plan.Workstream{w, pick},
		Queues: []plan.Queue{
			{Name: "cases", Type: plan.Record, Priority: 100, Method: plan.RoundRobin},
			{Name: "general", Type: plan.Messaging, Priority: 100, Method: plan.HighestCapacity},
			{Name: "vip", Type: plan.Messaging, Priority: 10, Method: plan.HighestCapacity},
		},
		Agents: []plan.Agent{
			{Name: "ann", DisplayName: "Ann", Subject: "s-ann", Roles: []plan.Role{plan.RoleAgent}, Units: 100, Queues: []string{"cases", "general", "vip"}},
			{Name: "bob", Subject: "s-bob", Roles: []plan.Role{plan.RoleAgent}, Units: 20, Queues: []string{"vip"}},
		},
	}
}

// conversation is one from its first message to its end.
func (h *history) conversation() {
	revision := h.view.Plan().Workstream("chat").Revision
	h.add(
		event.AgentConnected{Agent: "ann"},
		event.PresenceChanged{Agent: "ann", Presence: plan.Available, Cause: event.CauseConnection},
		event.IntakeTaken{Intake: event.Intake{Scope: "channel/web", Key: "k1"}, Item: "i1"},
		event.ItemOpened{
			Item: "i1", Type: plan.Messaging, Workstream: "chat", Channel: "web", Conversation: "c-1",
			Customer: event.Customer{ID: "u1", Name: "Mia"}, Attributes: rule.Attributes{"context.tier": rule.TextValue("gold")},
		},
		event.MessageReceived{Item: "i1", Message: "m1", Position: 1, Text: "hi"},
		event.ItemRouted{
			Item: "i1", Revision: revision, Ruleset: "queues", Queue: "vip", Draw: -1,
			Tried: []event.RuleTried{{Rule: "never"}, {Rule: "vip", Matched: true}},
		},
		event.ItemQueued{Item: "i1", Queue: "vip", Since: instant(6), Entered: instant(7), Reason: event.AwaitingAgentAssignment},
		event.OfferMade{
			Offer: "o1", Item: "i1", Agent: "ann", Queue: "vip", Expires: instant(100), Units: 30,
			Candidates: event.Candidates{
				Method: plan.HighestCapacity, Why: event.WhyCapacity, Have: 100, Next: 70, Eligible: 2,
				Excluded: []*event.Exclusion{{Agent: "bob", Reason: event.NoCapacity, Have: 20, Need: 30}},
			},
		},
	)
}

func TestConversationIsShownAsItIs(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	revision := h.view.Plan().Workstream("chat").Revision

	got, _ := h.view.Item("i1")
	want := ItemView{
		ID: "i1", Type: plan.Messaging, State: event.Open, Reason: event.AwaitingAgentAcceptance, Workstream: "chat",
		Revision: revision, Channel: "web", Conversation: "c-1", Customer: event.Customer{ID: "u1", Name: "Mia"}, Queue: "vip",
		Offer:      &OfferView{ID: "o1", Item: "i1", Agent: "ann", Queue: "vip", Units: 30, MadeAt: at(9), Expires: at(100)},
		Attributes: rule.Attributes{"context.tier": rule.TextValue("gold")},
		Priority:   100, Units: 30, WaitsFor: "ann to answer the offer, until 12:01:40",
		OpenedAt: at(5), QueuedAt: at(6), EnteredAt: at(7), ChangedAt: at(9),
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(rule.Value{})); diff != "" {
		t.Errorf("offered item (-want +got):\n%s", diff)
	}
	checkAgent(t, h, AgentView{
		Name: "ann", DisplayName: "Ann", Presence: plan.Available, Connected: true, Units: 100, Used: 30, Free: 70,
		Queues: []string{"cases", "general", "vip"}, Items: []string{}, Offers: []string{"o1"}, Consults: []string{},
	})

	h.add(
		event.ItemAssigned{Item: "i1", Agent: "ann", Offer: "o1", Units: 30, How: event.ByOffer},
		event.MessageSent{Item: "i1", Agent: "ann", Message: "a1", Position: 2, Text: "hello", Delivery: "d1"},
		event.DeliveryDone{Delivery: "d1", Item: "i1", Message: "a1"},
		event.MessageSent{Item: "i1", Agent: "ann", Message: "a2", Position: 3, Text: "lost", Delivery: "d2"},
		event.DeliveryGivenUp{Delivery: "d2", Item: "i1", Message: "a2", Failure: "410"},
	)
	checkAgent(t, h, AgentView{
		Name: "ann", DisplayName: "Ann", Presence: plan.Available, Connected: true, Units: 100, Used: 30, Free: 70,
		Queues: []string{"cases", "general", "vip"}, Items: []string{"i1"}, Offers: []string{}, Consults: []string{},
	})
	h.add(
		event.WrapUpStarted{Item: "i1", Agent: "ann", Reason: event.AgentMovedToWrapUp, BlockedUntil: instant(50)},
		event.ItemClosed{Item: "i1", Agent: "ann", Reason: event.ConversationEndedByAgent},
	)
	checkAgent(t, h, AgentView{ // a block for a fixed time outlives the item
		Name: "ann", DisplayName: "Ann", Presence: plan.Available, Connected: true, Units: 100, Used: 30, Free: 70,
		Queues: []string{"cases", "general", "vip"}, Items: []string{}, Offers: []string{}, Consults: []string{},
	})
	h.add(event.WrapUpReleased{Item: "i1", Agent: "ann"})
	if a, _ := h.view.Agent("ann"); a.Free != 100 {
		t.Errorf("after the block ann has %d free, want 100", a.Free)
	}

	messages, _ := h.view.Timeline("i1", true)
	wantMessages := []MessageView{
		{Position: 1, ID: "m1", From: FromCustomer, Text: "hi", At: at(6)},
		{Position: 2, ID: "a1", From: FromAgent, Agent: "ann", Text: "hello", At: at(11), Delivery: DeliveryDelivered},
		{Position: 3, ID: "a2", From: FromAgent, Agent: "ann", Text: "lost", At: at(13), Delivery: DeliveryFailed, Failure: "410"},
	}
	if diff := cmp.Diff(wantMessages, messages); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	wantTrace := []string{
		"opened: conversation c-1 opened over channel web in workstream chat",
		"routed: rule vip matched (2nd of 3), queue vip",
		"queued: put into queue vip (AwaitingAgentAssignment)",
		"offered: offered to ann (HighestCapacity: most free capacity: 100, next 70); passed over: bob (20 units free, 30 needed)",
		"assigned: ann accepted the offer",
		"wrapUp: in wrap-up with ann (AgentMovedToWrapUp), capacity held until 12:00:50",
		"closed: closed (ConversationEndedByAgent)",
		"wrapUp: wrap-up no longer holds capacity of ann",
	}
	if diff := cmp.Diff(wantTrace, summaries(t, h.view, "i1")); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
	closed, _ := h.view.Item("i1")
	if closed.State != event.Closed || closed.Agent != "ann" || !closed.ClosedAt.Equal(at(16)) || closed.Offer != nil {
		t.Errorf("closed item: %+v", closed)
	}
}

func checkAgent(t *testing.T, h *history, want AgentView) {
	t.Helper()
	got, ok := h.view.Agent(want.Name)
	if !ok {
		t.Fatalf("no agent %s", want.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
}

func summaries(t *testing.T, v *View, item string) []string {
	t.Helper()
	steps, ok := v.Trace(item)
	if !ok {
		t.Fatalf("no trace of %s", item)
	}
	lines := make([]string, 0, len(steps))
	for _, s := range steps {
		if !json.Valid(s.Detail) || string(s.Detail) == "{}" {
			t.Errorf("step %d has the detail %s", s.Seq, s.Detail)
		}
		lines = append(lines, s.Step+": "+s.Summary)
	}
	return lines
}

func TestCapacityFollowsEveryWayOfAnItem(t *testing.T) {
	offer := event.OfferMade{Offer: "o9", Item: "i9", Agent: "ann", Queue: "general", Units: 30, Expires: instant(999)}
	assigned := event.ItemAssigned{Item: "i9", Agent: "ann", Units: 30, How: event.ByPick}
	cases := map[string]struct {
		events []event.Event
		used   int32
		items  int
		state  event.State
	}{
		"offered":              {[]event.Event{offer}, 30, 0, event.Open},
		"declined":             {[]event.Event{offer, event.OfferClosed{Offer: "o9", Item: "i9", Agent: "ann", Outcome: event.Declined}}, 0, 0, event.Open},
		"picked":               {[]event.Event{assigned}, 30, 1, event.Active},
		"parked":               {[]event.Event{assigned, event.ItemParked{Item: "i9", Agent: "ann"}}, 0, 0, event.Waiting},
		"parked, resumed":      {[]event.Event{assigned, event.ItemParked{Item: "i9", Agent: "ann"}, event.ItemResumed{Item: "i9"}}, 0, 0, event.Open},
		"released":             {[]event.Event{assigned, event.ItemReleased{Item: "i9", Agent: "ann", Reason: event.TransferredToQueue}}, 0, 0, event.Open},
		"wrap-up holds":        {[]event.Event{assigned, event.WrapUpStarted{Item: "i9", Agent: "ann"}}, 30, 1, event.WrapUp},
		"wrap-up holds not":    {[]event.Event{assigned, event.WrapUpStarted{Item: "i9", Agent: "ann", Released: true}}, 0, 1, event.WrapUp},
		"wrap-up block over":   {[]event.Event{assigned, event.WrapUpStarted{Item: "i9", Agent: "ann", BlockedUntil: 1}, event.WrapUpReleased{Item: "i9", Agent: "ann"}}, 0, 1, event.WrapUp},
		"closed from active":   {[]event.Event{assigned, event.ItemClosed{Item: "i9", Agent: "ann"}}, 0, 0, event.Closed},
		"closed from wrap-up":  {[]event.Event{assigned, event.WrapUpStarted{Item: "i9", Agent: "ann"}, event.ItemClosed{Item: "i9", Agent: "ann"}}, 0, 0, event.Closed},
		"given to another":     {[]event.Event{assigned, event.ItemAssigned{Item: "i9", Agent: "bob", Units: 30, How: event.BySupervisor, By: "sue"}}, 0, 0, event.Active},
		"closed with no agent": {[]event.Event{event.ItemClosed{Item: "i9", Reason: event.AutoClosedBySystem}}, 0, 0, event.Closed},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newHistory(t, contoso())
			h.add(
				event.ItemOpened{Item: "i9", Type: plan.Messaging, Workstream: "chat"},
				event.ItemQueued{Item: "i9", Queue: "general", Since: instant(1), Reason: event.AwaitingAgentAssignment},
			)
			h.add(tc.events...)
			a, _ := h.view.Agent("ann")
			it, _ := h.view.Item("i9")
			if a.Used != tc.used || len(a.Items) != tc.items || it.State != tc.state {
				t.Errorf("used %d, items %v, state %s; want %d, %d, %s", a.Used, a.Items, it.State, tc.used, tc.items, tc.state)
			}
			stats := h.view.Stats()
			if stats.Items[tc.state] != 1 {
				t.Errorf("counted %v, want one %s", stats.Items, tc.state)
			}
			general := h.view.Queues()[1]
			queued := 0
			if tc.state == event.Open {
				queued = 1
			}
			if name == "parked, resumed" || name == "released" {
				queued = 0 // until ItemQueued, which follows
			}
			if general.Waiting+general.Offered != queued {
				t.Errorf("queue has %d waiting and %d offered, want %d together", general.Waiting, general.Offered, queued)
			}
		})
	}
}

func TestQueuesShowWhoWaitsSinceWhen(t *testing.T) {
	h := newHistory(t, contoso())
	for i := range 3 {
		id := fmt.Sprint("i", i)
		h.add(
			event.ItemOpened{Item: id, Type: plan.Messaging, Workstream: "chat"},
			event.ItemQueued{Item: id, Queue: "vip", Since: instant(100 - i), Reason: event.AwaitingAgentAssignment},
		)
	}
	h.add(
		event.AgentConnected{Agent: "ann"},
		event.PresenceChanged{Agent: "ann", Presence: plan.Busy, Cause: event.CauseAgent},
		event.AgentConnected{Agent: "bob"},
		event.PresenceChanged{Agent: "bob", Presence: plan.Away, Cause: event.CauseAgent},
		event.OfferMade{Offer: "o", Item: "i2", Agent: "ann", Queue: "vip", Units: 30, Expires: instant(500)},
	)
	want := QueueView{
		Name: "vip", Type: plan.Messaging, Priority: 10, Method: plan.HighestCapacity,
		Waiting: 2, Offered: 1, OldestSince: at(98), Agents: 2, AgentsAvailable: 1,
	}
	if diff := cmp.Diff(want, h.view.Queues()[2]); diff != "" {
		t.Errorf("vip (-want +got):\n%s", diff)
	}
	// The oldest is taken, the next one is the oldest then; a transfer counts in the other queue.
	h.add(
		event.ItemAssigned{Item: "i2", Agent: "ann", Offer: "o", Units: 30, How: event.ByOffer},
		event.ItemQueued{Item: "i1", Queue: "general", Since: instant(99), Reason: event.TransferredToQueue},
	)
	queues := h.view.Queues()
	if q := queues[2]; q.Waiting != 1 || q.Offered != 0 || !q.OldestSince.Equal(at(100)) {
		t.Errorf("vip: %+v", q)
	}
	if q := queues[1]; q.Waiting != 1 || !q.OldestSince.Equal(at(99)) {
		t.Errorf("general: %+v", q)
	}
	// A queue that leaves the plan is shown while something is in it.
	p := contoso()
	p.Queues = p.Queues[1:]
	p.Workstreams = p.Workstreams[:1]
	p.Agents[0].Queues = []string{"general", "vip"}
	h.add(
		event.ItemOpened{Item: "r", Type: plan.Record, Workstream: "cases"},
		event.ItemQueued{Item: "r", Queue: "cases", Since: instant(1), Reason: event.AwaitingAgentAssignment},
	)
	if _, _, err := p.Encode(); err != nil {
		t.Fatal(err)
	}
	h.add(event.PlanActivated{Version: "2", Plan: p})
	if q := h.view.Queues()[0]; q.Name != "cases" || q.Waiting != 1 {
		t.Errorf("a queue that left the plan: %+v", q)
	}
}

func TestItemsArePagedNewestFirst(t *testing.T) {
	h := newHistory(t, contoso())
	for i := range 7 {
		queue := "vip"
		if i%2 == 1 {
			queue = "general"
		}
		id := fmt.Sprint("i", i)
		h.add(
			event.ItemOpened{Item: id, Type: plan.Messaging, Workstream: "chat"},
			event.ItemQueued{Item: id, Queue: queue, Since: instant(i), Reason: event.AwaitingAgentAssignment},
		)
	}
	h.add(event.ItemAssigned{Item: "i3", Agent: "ann", Units: 30, How: event.ByPick})
	page := func(f Filter) (string, string) {
		t.Helper()
		list, err := h.view.Items(f)
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]string, 0, len(list.Items))
		for _, it := range list.Items {
			ids = append(ids, it.ID)
		}
		return strings.Join(ids, " "), list.Continue
	}
	var token string
	for i, want := range []string{"i6 i5 i4", "i3 i2 i1", "i0"} {
		var got string
		if got, token = page(Filter{Limit: 3, Continue: token}); got != want {
			t.Errorf("page %d: %s, want %s", i, got, want)
		}
		// What opens meanwhile is on none of the later pages.
		h.add(event.ItemOpened{Item: fmt.Sprint("late", i), Type: plan.Messaging, Workstream: "chat"})
	}
	if token != "" {
		t.Errorf("the last page continues at %q", token)
	}
	for want, f := range map[string]Filter{
		"i6 i4 i2 i0": {Queue: "vip", States: []event.State{event.Open}},
		"i3":          {Agent: "ann"},
		"":            {Workstream: "cases"},
	} {
		if got, _ := page(f); got != want {
			t.Errorf("%+v: %s, want %s", f, got, want)
		}
	}
	if got, token := page(Filter{Queue: "vip", Limit: 4}); got != "i6 i4 i2 i0" || token != "" {
		t.Errorf("a page that is just full: %s, continues at %q", got, token)
	}
	if _, err := h.view.Items(Filter{Continue: "not one!"}); err == nil {
		t.Error("a continue token that is none was accepted")
	}
}

func TestOpenItemsAreThoseToPick(t *testing.T) {
	h := newHistory(t, contoso())
	for i, queue := range []string{"cases", "cases", "general"} {
		ws := "cases"
		if queue == "general" {
			ws = "chat" // Push: not to be picked
		}
		id := fmt.Sprint("i", i)
		h.add(
			event.ItemOpened{Item: id, Workstream: ws},
			event.ItemQueued{Item: id, Queue: queue, Since: instant(9 - i), Reason: event.AwaitingAgentAssignment},
		)
	}
	var got []string
	for _, it := range h.view.OpenItems("ann") {
		got = append(got, it.ID)
	}
	if diff := cmp.Diff([]string{"i1", "i0"}, got); diff != "" {
		t.Errorf("ann's (-want +got):\n%s", diff)
	}
	if n := len(h.view.OpenItems("bob")); n != 0 {
		t.Errorf("bob, who is not in the queue, sees %d", n)
	}
	if n := len(h.view.OpenItems("nobody")); n != 0 {
		t.Errorf("nobody sees %d", n)
	}
}

func TestClosedItemsAreForgottenOldestFirst(t *testing.T) {
	h := newHistory(t, contoso())
	h.add(event.ItemOpened{Item: "open", Type: plan.Messaging, Workstream: "chat"})
	const more = 2000
	for i := range keptClosed + more {
		id := fmt.Sprint("i", i)
		h.add(event.ItemOpened{Item: id, Type: plan.Messaging, Workstream: "chat"}, event.ItemClosed{Item: id})
	}
	for id, want := range map[string]bool{
		"open": true, "i0": false, fmt.Sprint("i", more-1): false, fmt.Sprint("i", more): true,
	} {
		if _, ok := h.view.Item(id); ok != want {
			t.Errorf("%s is kept: %v, want %v", id, ok, want)
		}
	}
	if n := h.view.Stats().Items[event.Closed]; n != keptClosed {
		t.Errorf("%d closed items, want %d", n, keptClosed)
	}
	if list, _ := h.view.Items(Filter{States: []event.State{event.Open}}); len(list.Items) != 1 {
		t.Errorf("the open item is found %d times", len(list.Items))
	}
	// What comes late for a forgotten item is passed over.
	h.add(event.DeliveryDone{Delivery: "d", Item: "i0"}, event.ItemUpdated{Item: "i0"})
}

func TestFoldingAgainChangesNothing(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	before, _ := h.view.Item("i1")
	h.view.Fold(h.all)
	after, _ := h.view.Item("i1")
	if diff := cmp.Diff(before, after, cmp.AllowUnexported(rule.Value{})); diff != "" {
		t.Errorf("item (-before +after):\n%s", diff)
	}
	if n := len(summaries(t, h.view, "i1")); n != 4 {
		t.Errorf("%d steps, want 4", n)
	}
}
