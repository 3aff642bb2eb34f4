// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/view"
)

// engineState is what an engine's snapshot says, as far as a view shows it.
type engineState struct {
	Items []struct {
		ID, State, Queue, Agent string
		Offer                   *struct{ ID, Agent string }
	}
	Agents []struct {
		Name, Presence string
		Connected      bool
		Ledger         []struct{ Units int32 }
	}
}

// TestViewShowsWhatTheEngineKnows walks at random through commands and time, and compares the read model, which is
// folded from events alone, with the engine that decided them; then both with what is recovered from the journal.
func TestViewShowsWhatTheEngineKnows(t *testing.T) {
	for range 5 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { walk(t, rand.New(rand.NewPCG(seed, 0)), 400) })
	}
}

func walk(t *testing.T, rnd *rand.Rand, steps int) {
	w := newWorld(t)
	wrapUps := []plan.WrapUp{{Block: plan.BlockAlways}, {Block: plan.BlockNever}, {Block: plan.BlockCustom, For: 10 * time.Minute}}
	w.setPlan(func(p *plan.Plan) {
		p.Workstreams[0].WrapUp = wrapUps[rnd.IntN(3)]
		check(t, p.Workstreams[0].SetRevision())
	})
	var offset atomic.Int64
	r := newRig(t, w, journal.NewMemory(journal.MemoryOptions{}), func(o *LoopOptions) {
		o.Clock = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
		o.SnapshotEntries = 150
	}).run()
	for n := range steps {
		if rnd.IntN(10) == 0 {
			offset.Add(rnd.Int64N(int64(20 * time.Minute)))
		}
		if _, err := r.Do(t.Context(), anything(rnd, r.view, n)); err != nil {
			t.Fatal(err)
		}
		if n%50 == 49 {
			w.changePlan(r, rnd)
		}
	}
	live := shown(t, r.view)
	r.Stop()
	<-r.done
	body, err := r.engine.Snapshot()
	check(t, err)
	if diff := cmp.Diff(known(t, body), shown(t, r.view)); diff != "" {
		t.Errorf("the view shows something else (-engine +view):\n%s", diff)
	}
	before, err := r.view.Snapshot()
	check(t, err)
	other := newRig(t, w, r.opts.Journal)
	check(t, other.Recover(t.Context()))
	after, err := other.view.Snapshot()
	check(t, err)
	if string(before) != string(after) {
		t.Errorf("recovered, the view differs:\n%s", cmp.Diff(string(before), string(after)))
	}
	if len(live) < 5 {
		t.Errorf("the walk came to nothing: %v", live)
	}
	checkReplay(t, r)
}

// changePlan edits what agents and workstreams may.
func (w *world) changePlan(r *rig, rnd *rand.Rand) {
	w.t.Helper()
	w.setPlan(func(p *plan.Plan) {
		p.Agents[0].Units = int32(50 + 10*rnd.IntN(10))
		if rnd.IntN(2) == 0 {
			p.Agents = p.Agents[:1]
		}
	})
	p, err := plan.Decode(w.plan)
	check(w.t, err)
	_, err = r.Activate(w.t.Context(), w.version, w.plan, p)
	check(w.t, err)
}

// anything is a command about something that is there.
func anything(rnd *rand.Rand, v *view.View, n int) event.Command {
	agents := []string{"ann", "bob"}
	agent := agents[rnd.IntN(2)]
	list, _ := v.Items(view.Filter{Limit: 30})
	item, offer := "none", "none"
	if len(list.Items) > 0 {
		it := list.Items[rnd.IntN(len(list.Items))]
		item = it.ID
		if it.Agent != "" {
			agent = it.Agent
		}
		if it.Offer != nil {
			offer, agent = it.Offer.ID, it.Offer.Agent
		}
	}
	commands := []event.Command{
		event.ConnectAgent{Agent: agents[n%2]},
		event.DisconnectAgent{Agent: agents[n%2]},
		event.SetPresence{Agent: agent, Presence: []plan.Presence{plan.Available, plan.Away, plan.Busy}[n%3]},
		event.AcceptOffer{Agent: agent, Offer: offer},
		event.AcceptOffer{Agent: agent, Offer: offer},
		event.DeclineOffer{Agent: agent, Offer: offer},
		event.PickItem{Agent: agents[n%2], Item: item},
		event.EndItem{Agent: agent, Item: item},
		event.CloseItem{Agent: agent, Item: item},
		event.TransferItem{Agent: agent, Item: item, Queue: "general"},
		event.AssignItem{Supervisor: "sue", Item: item, Agent: agents[n%2]},
		event.SendMessage{Agent: agent, Item: item, Message: fmt.Sprint("a", n), Text: "hi"},
		event.LeaveConversation{Channel: "web", Conversation: fmt.Sprint("c-", rnd.IntN(20))},
		event.SubmitRecord{
			Item: fmt.Sprint("r-", n), Workstream: "cases", Record: strconv.Itoa(rnd.IntN(10)),
			Attributes: rule.Attributes{"record.n": rule.NumberValue(float64(n))},
		},
	}
	if rnd.IntN(3) > 0 {
		return commands[rnd.IntN(len(commands))]
	}
	return event.ReceiveMessage{
		Item: fmt.Sprint("i-", n), Message: fmt.Sprint("m-", n), Channel: "web",
		Conversation: fmt.Sprint("c-", rnd.IntN(20)), Text: "hello",
	}
}

// known and shown are one line for each item that is not closed, and for each agent of the plan.
func known(t *testing.T, snapshot []byte) []string {
	t.Helper()
	var s engineState
	check(t, json.Unmarshal(snapshot, &s))
	var lines []string
	for _, it := range s.Items {
		offer := ""
		if it.Offer != nil {
			offer = it.Offer.ID + " " + it.Offer.Agent
		}
		lines = append(lines, fmt.Sprintf("%s %s in %s with %s offer %s", it.ID, it.State, it.Queue, it.Agent, offer))
	}
	for _, a := range s.Agents {
		var used int32
		for _, e := range a.Ledger {
			used += e.Units
		}
		lines = append(lines, fmt.Sprintf("%s %s %v used %d", a.Name, a.Presence, a.Connected, used))
	}
	slices.Sort(lines)
	return lines
}

func shown(t *testing.T, v *view.View) []string {
	t.Helper()
	list, err := v.Items(view.Filter{Limit: view.MaxLimit})
	check(t, err)
	var lines []string
	for _, it := range list.Items {
		if it.State == event.Closed {
			continue
		}
		offer := ""
		if it.Offer != nil {
			offer = it.Offer.ID + " " + it.Offer.Agent
		}
		lines = append(lines, fmt.Sprintf("%s %s in %s with %s offer %s", it.ID, it.State, it.Queue, it.Agent, offer))
	}
	for _, a := range v.Agents() {
		lines = append(lines, fmt.Sprintf("%s %s %v used %d", a.Name, a.Presence, a.Connected, a.Used))
	}
	slices.Sort(lines)
	return lines
}
