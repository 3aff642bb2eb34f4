// SPDX-License-Identifier: Apache-2.0

package view

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// long is a history with everything in it, in an order that an engine could have decided.
func long(h *history, r *rand.Rand, items int) {
	h.add(event.AgentConnected{Agent: "ann"}, event.PresenceChanged{Agent: "ann", Presence: plan.Available})
	revision := h.view.Plan().Workstream("chat").Revision
	for i := range items {
		id, offer := fmt.Sprint("i", i), fmt.Sprint("o", i)
		h.add(
			event.ItemOpened{
				Item: id, Type: plan.Messaging, Workstream: "chat", Channel: "web", Conversation: id,
				Attributes: rule.Attributes{"context.n": rule.NumberValue(float64(i)), "context.t": rule.TextValue("x")},
			},
			event.MessageReceived{Item: id, Message: "m", Position: 1, Text: "hello"},
			event.ItemRouted{Item: id, Revision: revision, Tried: []event.RuleTried{{Rule: "never"}}, Queue: "vip", Draw: -1},
			event.ItemQueued{Item: id, Queue: "vip", Since: instant(i), Reason: event.AwaitingAgentAssignment},
		)
		stop := r.IntN(8)
		steps := []event.Event{
			event.OfferMade{Offer: offer, Item: id, Agent: "ann", Queue: "vip", Units: 30, Expires: instant(i + 99)},
			event.ItemAssigned{Item: id, Agent: "ann", Offer: offer, Units: 30, How: event.ByOffer},
			event.MessageSent{Item: id, Agent: "ann", Message: "a", Position: 2, Text: "hi", Delivery: "d" + id},
			event.DeliveryDone{Delivery: "d" + id, Item: id, Message: "a"},
			event.WrapUpStarted{Item: id, Agent: "ann", BlockedUntil: instant(i + 50), Reason: event.AgentMovedToWrapUp},
			event.ItemClosed{Item: id, Agent: "ann", Reason: event.ConversationEndedByAgent},
			event.WrapUpReleased{Item: id, Agent: "ann"},
		}
		if i%3 == 0 { // it waits for its customer in between
			steps = slices.Insert(steps, 4, event.Event(event.ItemParked{Item: id, Agent: "ann"}),
				event.Event(event.ItemAssigned{Item: id, Agent: "ann", Units: 30, How: event.ByPick}))
		}
		h.add(steps[:min(stop, len(steps))]...)
	}
}

func restored(t *testing.T, from *View) *View {
	t.Helper()
	body := snapshotOf(t, from)
	v := New()
	if err := v.Restore(body, from.Plan()); err != nil {
		t.Fatal(err)
	}
	return v
}

func snapshotOf(t *testing.T, v *View) []byte {
	t.Helper()
	body, err := v.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestSnapshotAndTailEqualFullReplay(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		h := newHistory(t, contoso())
		long(h, r, 30)
		often := New() // what did not change between two snapshots is not written anew
		for i := range h.all {
			often.Fold(h.all[i : i+1])
			snapshotOf(t, often)
		}
		full := New()
		full.Fold(h.all)
		if !bytes.Equal(snapshotOf(t, full), snapshotOf(t, h.view)) {
			t.Fatal("folded at once and one by one, the view differs")
		}
		if !bytes.Equal(snapshotOf(t, full), snapshotOf(t, often)) {
			t.Fatal("with a snapshot after every event, the view differs")
		}
		compareReads(t, full, often)
		cut := 1 + r.IntN(len(h.all)-1)
		before := New()
		before.Fold(h.all[:cut])
		after := restored(t, before)
		if !bytes.Equal(snapshotOf(t, after), snapshotOf(t, before)) {
			t.Fatalf("cut at %d: the restored view differs", cut)
		}
		after.Fold(h.all[cut:])
		if !bytes.Equal(snapshotOf(t, after), snapshotOf(t, full)) {
			t.Fatalf("cut at %d: snapshot and tail differ from full replay", cut)
		}
		compareReads(t, full, after)
	}
}

// compareReads is about what is not in a snapshot but follows from it.
func compareReads(t *testing.T, a, b *View) {
	t.Helper()
	exact := cmp.AllowUnexported(rule.Value{})
	if diff := cmp.Diff(a.Queues(), b.Queues()); diff != "" {
		t.Errorf("queues:\n%s", diff)
	}
	if diff := cmp.Diff(a.Agents(), b.Agents()); diff != "" {
		t.Errorf("agents:\n%s", diff)
	}
	for _, agent := range a.Agents() {
		if diff := cmp.Diff(a.OpenItems(agent.Name), b.OpenItems(agent.Name), exact); diff != "" {
			t.Errorf("what %s may pick:\n%s", agent.Name, diff)
		}
	}
	x, _ := a.Items(Filter{Limit: MaxLimit})
	y, _ := b.Items(Filter{Limit: MaxLimit})
	if diff := cmp.Diff(x, y, exact); diff != "" {
		t.Errorf("items:\n%s", diff)
	}
	for _, it := range x.Items {
		s, _ := a.Trace(it.ID)
		u, _ := b.Trace(it.ID)
		if diff := cmp.Diff(s, u); diff != "" {
			t.Errorf("trace of %s:\n%s", it.ID, diff)
		}
	}
	if diff := cmp.Diff(a.Stats(), b.Stats()); diff != "" {
		t.Errorf("stats:\n%s", diff)
	}
}

func TestRestoredViewResumesFromItsSnapshotOn(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	v := restored(t, h.view)
	if s := subscribe(t, v, "ann", h.seq); !s.Hello.Resumed || len(s.Missed) != 0 {
		t.Errorf("after the snapshot: %+v, want it resumed", s.Hello)
	}
	if s := subscribe(t, v, "ann", h.seq-1); s.Hello.Resumed {
		t.Error("resumed from before the snapshot, whose events are gone")
	}
}

// TestRestoreWithoutItsPlanChangesNothing: who tries again once the plan can be read must not be told that it is done.
func TestRestoreWithoutItsPlanChangesNothing(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	body, v := snapshotOf(t, h.view), New()
	if err := v.Restore(body, nil); err == nil {
		t.Error("restored without the plan that was in force")
	}
	if err := v.Restore(body, h.view.Plan()); err != nil {
		t.Fatal(err)
	}
	compareReads(t, h.view, v)
}

func TestRestoreRefusesWhatIsDamaged(t *testing.T) {
	h := newHistory(t, contoso())
	h.conversation()
	good := snapshotOf(t, h.view)
	bodies := map[string][]byte{
		"empty":          nil,
		"another format": append([]byte{9}, good[1:]...),
		"more than it":   append(slices.Clone(good), 0),
	}
	for n := range good {
		bodies[fmt.Sprint("cut off at ", n)] = good[:n]
	}
	for name, body := range bodies {
		if err := New().Restore(body, h.view.Plan()); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "Mia") {
			t.Errorf("%s: the error shows customer data: %v", name, err)
		}
	}
}
