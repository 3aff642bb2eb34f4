// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/testkit/apiclient"
)

func TestKilledInTheMiddleItGoesOnAfterwards(t *testing.T) {
	w := newWorld(t)
	w.callback.status = http.StatusServiceUnavailable // nothing gets through before the crash
	a := w.start()
	ann, stream := w.online(a, "ann")
	in := w.say(a, "c-1", "hello?")
	offer := w.next(stream, "offer.made")
	w.do(ann, "offers/"+offer.Offer+"/accept", nil)
	w.do(ann, "items/"+in.Item+"/messages", map[string]string{"id": "a1", "text": "one moment"})
	waiting := w.say(a, "c-2", "me too")
	second := w.next(stream, "offer.made")
	seen := second.Seq
	w.kill(a)

	w.callback.mu.Lock()
	w.callback.status = 0
	w.callback.mu.Unlock()
	a = w.start()
	ann = w.client(a, "ann")
	if it, err := ann.Item(t.Context(), in.Item); err != nil || it.State != "Active" || it.Agent != "ann" {
		t.Errorf("the conversation that was active: %+v, %v", it, err)
	}
	if got := w.delivered(1); len(got) != 1 || got[0].Data.Message.Text != "one moment" {
		t.Errorf("delivered %+v", got)
	}
	// The offer was revoked: nobody could have answered it. Once the agent is back, the item is offered again.
	again := w.stream(ann, seen)
	defer again.Close()
	if !again.Hello.Resumed {
		t.Error("the stream did not resume")
	}
	offer = w.next(again, "offer.made")
	if offer.Item != waiting.Item {
		t.Errorf("offered %s, want %s", offer.Item, waiting.Item)
	}
	w.do(ann, "offers/"+offer.Offer+"/accept", nil)
	if _, err := ann.Do(t.Context(), "offers/"+second.Offer+"/accept", nil); err == nil {
		t.Error("the offer from before the crash could be accepted")
	}
	w.do(ann, "items/"+in.Item+"/messages", map[string]string{"id": "a1", "text": "one moment"}) // the same again
	w.do(ann, "items/"+in.Item+"/messages", map[string]string{"id": "a2", "text": "there"})
	w.do(ann, "items/"+in.Item+"/end", nil)
	got := w.delivered(3)
	if len(got) != 3 || got[1].Data.Message.Text != "there" || got[2].Type != "conversation.ended" {
		t.Errorf("delivered %+v", got)
	}
	messages, err := ann.Messages(t.Context(), in.Item)
	check(t, err)
	if len(messages) != 3 {
		t.Errorf("%d messages, want 3: %+v", len(messages), messages)
	}
}

func TestReplayedWebhookIsKnownAfterARestart(t *testing.T) {
	for name, stop := range map[string]func(*world, *App){
		"stopped": func(w *world, a *App) { check(w.t, a.Stop(context.Background())) },
		"killed":  (*world).kill,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.start()
			body := []byte(`{"type":"message.created","data":{"conversation":"c-1","message":{"text":"hi"}}}`)
			first, err := w.webhook(a).Post(t.Context(), "evt-1", time.Now(), body)
			check(t, err)
			stop(w, a)
			a = w.start()
			again, err := w.webhook(a).Post(t.Context(), "evt-1", time.Now(), body)
			check(t, err)
			if again.Item != first.Item || again.Message != first.Message || !again.Duplicate || first.Duplicate {
				t.Errorf("first %+v, again %+v", first, again)
			}
			if items := list(t, w, a); len(items) != 1 {
				t.Errorf("%d items, want 1", len(items))
			}
		})
	}
}

// list reads all items as a supervisor.
func list(t *testing.T, w *world, a *App) []apiclient.Item {
	t.Helper()
	sue := w.client(a, "sue", "Supervisor")
	var all []apiclient.Item
	token := ""
	for {
		var page struct {
			Items    []apiclient.Item `json:"items"`
			Continue string           `json:"continue"`
		}
		check(t, sue.Call(t.Context(), http.MethodGet, "items?limit=100&continue="+token, nil, &page))
		all = append(all, page.Items...)
		if token = page.Continue; token == "" {
			return all
		}
	}
}

func TestRestartWithoutAManagerKeepsRouting(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	w.say(a, "c-1", "hello")
	check(t, a.Stop(context.Background()))

	a = w.build()
	check(t, a.Start(t.Context())) // nobody gives it a plan
	if got := a.view.PlanVersion(); got != w.version {
		t.Fatalf("plan %q, want %q", got, w.version)
	}
	_, stream := w.online(a, "ann")
	defer stream.Close()
	w.next(stream, "offer.made")
	w.say(a, "c-2", "hello")
	w.next(stream, "offer.made")
}

// TestGracefulStopUnderLoad has clients send while the distributor stops and starts again. Whoever was answered 202 is
// there afterwards, once.
func TestGracefulStopUnderLoad(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	_, stream := w.online(a, "ann")
	var mu sync.Mutex
	accepted := map[string]string{} // conversation -> item
	refused := 0
	var senders sync.WaitGroup
	for s := range 8 {
		senders.Go(func() {
			hook := w.webhook(a)
			for n := 0; ; n++ {
				conversation := fmt.Sprintf("c-%d-%d", s, n)
				answer, err := hook.Message(context.Background(), message(conversation, "hello"))
				if status, _ := problem(err); err != nil && status == 0 {
					return // the listener is gone
				}
				mu.Lock()
				if err == nil {
					accepted[conversation] = answer.Item
				} else {
					refused++
				}
				mu.Unlock()
			}
		})
	}
	w.eventually(func() string {
		mu.Lock()
		defer mu.Unlock()
		if len(accepted) < 200 {
			return "too few are accepted"
		}
		return ""
	})
	check(t, a.Stop(context.Background()))
	senders.Wait()
	for range stream.Events { // until it ends
	}
	if err := fmt.Sprint(stream.Err()); !strings.Contains(err, "StatusGoingAway") {
		t.Errorf("the stream ended with %s, want 1001", err)
	}
	a = w.start()
	items := list(t, w, a)
	got := map[string]bool{}
	for _, it := range items {
		got[it.ID] = true
	}
	for conversation, item := range accepted {
		if !got[item] {
			t.Errorf("conversation %s was answered 202 and is lost", conversation)
		}
	}
	t.Logf("%d accepted, %d refused while stopping, %d items afterwards", len(accepted), refused, len(items))
}

// TestSnapshotsAndTailsAcrossManyRestarts stops in all ways, with snapshots every few entries.
func TestSnapshotsAndTailsAcrossManyRestarts(t *testing.T) {
	w := newWorld(t)
	often := func(a *App) { a.cfg.SnapshotEntries = 7 }
	var before []byte
	for round := range 6 {
		a := w.start(often)
		if round > 0 {
			// What follows from the start alone is DisconnectAll, which changes nothing here: no agent ever connects.
			if diff := cmp.Diff(string(before), string(snapshotOf(t, a))); diff != "" {
				t.Fatalf("round %d: the view is another one:\n%s", round, diff)
			}
		}
		for n := range 25 {
			w.say(a, fmt.Sprintf("c-%d-%d", round, n), "hello")
		}
		before = snapshotOf(t, a)
		if round%2 == 0 {
			w.kill(a)
		} else {
			check(t, a.Stop(context.Background()))
		}
	}
}

func snapshotOf(t *testing.T, a *App) []byte {
	t.Helper()
	body, err := a.view.Snapshot()
	check(t, err)
	return body
}

func TestPlanChangesAreReplayed(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	w.say(a, "c-1", "hello")
	w.setPlan(func(p *plan.Plan) { p.Workstreams[0].Routing.Rules = nil; check(t, p.Workstreams[0].SetRevision()) })
	check(t, a.Activate(t.Context(), w.version, w.plan))
	w.say(a, "c-2", "hello")
	w.kill(a)
	a = w.start()
	queues := map[string]bool{}
	for _, it := range list(t, w, a) {
		queues[it.Queue] = true
	}
	if a.view.PlanVersion() != w.version || !queues["vip"] || !queues["general"] {
		t.Errorf("plan %s, want %s; items in %v, want vip and general", a.view.PlanVersion(), w.version, queues)
	}
}

// childEnv makes the test binary a distributor.
const childEnv = "WORKSTREAM_TEST_CHILD"

// TestMain runs a distributor instead of the tests when it is asked to.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(m.Run())
}
