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

	"workstream.dev/operator/internal/engine"
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
		Offer                   *struct{ ID, Agent, From string }
		Queued, Promoted        bool
		Priority                int32
		Leaves                  int64
		Skills                  []plan.Skill
		Consults                []struct {
			ID, Agent string
			Joined    bool
		}
	}
	Agents []struct {
		Name, Presence, PresenceName string
		Connected                    bool
		Ledger                       []struct {
			Units          int32
			Profiles, Kept []string
		}
	}
}

// line is what both say of an item.
func (w itemLine) line() string {
	return fmt.Sprintf("%s %s in %s with %s offer %s transfer %s consults %v gone %d skills %v", w.id, w.state, w.queue, w.agent,
		w.offer, w.transfer, w.consults, w.gone, w.skills)
}

type itemLine struct {
	id, state, queue, agent, offer, transfer string
	consults                                 []string
	gone                                     int64
	skills                                   []plan.Skill
}

func agentLine(name, presence string, connected bool, used int32, slots map[string]int32) string {
	return fmt.Sprintf("%s %s %v used %d slots %v", name, presence, connected, used, slots)
}

// TestViewShowsWhatTheEngineKnows walks at random through commands and time, and compares the read model, which is
// folded from events alone, with the engine that decided them; then both with what is recovered from the journal. A walk of a
// known seed must come to something; a fresh one may have little luck.
func TestViewShowsWhatTheEngineKnows(t *testing.T) {
	const known = 1
	for _, seed := range []uint64{known, rand.Uint64(), rand.Uint64(), rand.Uint64(), rand.Uint64()} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			if live := walk(t, rand.New(rand.NewPCG(seed, 0)), 400); seed == known && len(live) < 5 {
				t.Errorf("the walk came to nothing: %v", live)
			}
		})
	}
}

// walk returns what was there at the end.
func walk(t *testing.T, rnd *rand.Rand, steps int) (live []string) {
	t.Helper()
	w := newWorld(t)
	wrapUps := []plan.WrapUp{{Block: plan.BlockAlways}, {Block: plan.BlockNever}, {Block: plan.BlockCustom, For: 10 * time.Minute}}
	w.setPlan(func(p *plan.Plan) {
		everything(p)
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
		if rnd.IntN(80) == 0 { // agents' days end
			offset.Add(int64(13 * time.Hour))
		}
		if _, err := r.Do(t.Context(), anything(rnd, r.view, n)); err != nil {
			t.Fatal(err)
		}
		if n%50 == 49 {
			w.changePlan(r, rnd)
		}
	}
	live = shown(t, r.view)
	r.Stop()
	<-r.done
	body, err := r.engine.Snapshot()
	check(t, err)
	body, err = engine.Describe(body, func(version string) (*plan.Plan, error) { return r.plan(t.Context(), version) })
	check(t, err)
	if diff := cmp.Diff(known(t, body), shown(t, r.view)); diff != "" {
		t.Errorf("the view shows something else (-engine +view):\n%s", diff)
	}
	before, err := r.view.Snapshot()
	check(t, err)
	restored := view.New()
	check(t, restored.Restore(before, r.view.Plan()))
	filter := view.Filter{Limit: view.MaxLimit}
	listed, err := r.view.Items(filter)
	check(t, err)
	again, err := restored.Items(filter)
	check(t, err)
	if diff := cmp.Diff(listed, again, cmp.Comparer(func(a, b rule.Value) bool { return a == b })); diff != "" {
		t.Errorf("its snapshot has other items (-view +snapshot):\n%s", diff)
	}
	other := newRig(t, w, r.opts.Journal)
	check(t, other.Recover(t.Context()))
	after, err := other.view.Snapshot()
	check(t, err)
	if string(before) != string(after) {
		t.Errorf("recovered, the view differs:\n%s", cmp.Diff(string(before), string(after)))
	}
	checkReplay(t, r)
	return live
}

// everything has a plan use what an engine can do.
func everything(p *plan.Plan) {
	chat := &p.Workstreams[0]
	chat.Profiles, chat.PickFromPush, chat.Affinity.Enabled = []string{"phone"}, true, true
	chat.Lifecycle = plan.Lifecycle{Waits: true, FollowUp: 30 * time.Minute, CustomerReturn: 5 * time.Minute, AgentReturn: 10 * time.Minute}
	chat.Classification = []plan.Classification{{Ruleset: "kinds", Rules: []plan.ClassificationRule{{
		Name: "gold", Priority: 10, Skills: []plan.Skill{{Name: "french", Rating: 3}}, Profiles: []string{"daily"},
		When: &rule.Condition{Attribute: "context.tier", Operator: rule.Equal, Values: []string{"gold"}},
	}}}}
	p.Profiles = []plan.Profile{{Name: "daily", Reset: plan.EndOfDay}, {Name: "phone", Reset: plan.Immediate, Blocking: true}}
	p.Presences = []plan.CustomPresence{{Name: "Lunch", Base: plan.Away}}
	p.PresenceRules = plan.PresenceRules{Missed: true, Declined: true}
	for i := range p.Agents {
		p.Agents[i].Profiles = []plan.AgentProfile{{Name: "daily", Limit: 4}, {Name: "phone", Limit: 3}}
		p.Agents[i].Skills = []plan.Skill{{Name: "french", Rating: int32(3 + i)}}
	}
	for i := range p.Queues {
		if p.Queues[i].Name == "general" {
			p.Queues[i].PromoteAfter = 20 * time.Minute
			p.Queues[i].Overflow = []plan.Overflow{{On: plan.ItemLimit, Limit: 8, Action: plan.TransferTo, Queue: "vip"}}
		}
	}
	if err := chat.SetRevision(); err != nil {
		panic(err)
	}
}

// changePlan edits what agents and workstreams may.
func (w *world) changePlan(r *rig, rnd *rand.Rand) {
	w.t.Helper()
	w.setPlan(func(p *plan.Plan) {
		everything(p)
		if rnd.IntN(4) == 0 {
			p.Profiles[0].Reset = plan.Immediate
		}
		p.Agents[0].Units = int32(50 + 10*rnd.IntN(10))
		if rnd.IntN(2) == 0 {
			p.Agents = p.Agents[:1]
		}
	})
	p, err := plan.Decode(w.plan)
	check(w.t, err)
	_, err = r.Activate(w.t.Context(), p)
	check(w.t, err)
}

// anything is a command about something that is there.
func anything(rnd *rand.Rand, v *view.View, n int) event.Command {
	agents := []string{"ann", "bob"}
	agent := agents[rnd.IntN(2)]
	conversation := fmt.Sprint("c-", rnd.IntN(20))
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
		if it.Transfer != nil && n%2 == 0 {
			offer, agent = it.Transfer.ID, it.Transfer.Agent
		}
		if len(it.Consults) > 0 && n%3 == 0 {
			offer, agent = it.Consults[0].ID, it.Consults[0].Agent
		}
	}
	commands := []event.Command{
		event.ConnectAgent{Agent: agents[n%2]},
		event.DisconnectAgent{Agent: agents[n%2]},
		event.SetPresence{Agent: agent, Presence: []plan.Presence{plan.Available, "Lunch", plan.Busy}[n%3]},
		event.SetPresence{Agent: agent, Presence: plan.Available, Supervisor: "sue"},
		event.AcceptOffer{Agent: agent, Offer: offer},
		event.AcceptOffer{Agent: agent, Offer: offer},
		event.DeclineOffer{Agent: agent, Offer: offer},
		event.PickItem{Agent: agents[n%2], Item: item},
		event.EndItem{Agent: agent, Item: item},
		event.CloseItem{Agent: agent, Item: item},
		event.TransferItem{Agent: agent, Item: item, Queue: "general"},
		event.TransferItem{Agent: agent, Item: item, To: agents[n%2]},
		event.RequestConsult{Agent: agent, Item: item, To: agents[n%2]},
		event.EndConsult{Agent: agent, Item: item, Consultant: agents[n%2]},
		event.AssignItem{Supervisor: "sue", Item: item, Agent: agents[n%2]},
		event.AssignItem{Supervisor: "sue", Item: item, Queue: "vip"},
		event.DisconnectCustomer{Channel: "web", Conversation: conversation},
		event.ReconnectCustomer{Channel: "web", Conversation: conversation},
		event.SendMessage{Agent: agent, Item: item, Message: fmt.Sprint("b", n), Text: "hi", Internal: true},
		event.SendMessage{Agent: agent, Item: item, Message: fmt.Sprint("a", n), Text: "hi"},
		event.LeaveConversation{Channel: "web", Conversation: conversation},
		event.CloseRecord{Workstream: "cases", Record: strconv.Itoa(rnd.IntN(10)), Integration: "crm"},
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
		Conversation: conversation, Text: "hello", Attributes: rule.Attributes{"context.tier": rule.TextValue([]string{"gold", "tin"}[n%2])},
	}
}

// known and shown are one line for each item that is not closed, and for each agent of the plan.
func known(t *testing.T, snapshot []byte) []string {
	t.Helper()
	var s engineState
	check(t, json.Unmarshal(snapshot, &s))
	var lines []string
	for _, it := range s.Items {
		w := itemLine{id: it.ID, state: it.State, queue: it.Queue, agent: it.Agent, gone: it.Leaves, skills: it.Skills}
		if o := it.Offer; o != nil && o.From != "" {
			w.transfer = o.ID + " " + o.Agent + " " + o.From
		} else if o != nil {
			w.offer = o.ID + " " + o.Agent
		}
		for _, c := range it.Consults {
			w.consults = append(w.consults, fmt.Sprint(c.ID, " ", c.Agent, " ", c.Joined))
		}
		if it.Queued { // elsewhere it says nothing
			if it.Priority == 0 {
				it.Priority = 100 // the default
			}
			w.queue += fmt.Sprint(" at ", it.Priority, " ", it.Promoted)
		}
		lines = append(lines, w.line())
	}
	for _, a := range s.Agents {
		var used int32
		slots := map[string]int32{}
		for _, e := range a.Ledger {
			used += e.Units
			taken := slices.Concat(e.Profiles, e.Kept)
			slices.Sort(taken)
			for _, p := range slices.Compact(taken) {
				slots[p]++
			}
		}
		lines = append(lines, agentLine(a.Name, a.Presence+" "+a.PresenceName, a.Connected, used, slots))
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
		w := itemLine{id: it.ID, state: string(it.State), queue: it.Queue, agent: it.Agent, skills: it.Skills}
		if it.Offer != nil {
			w.offer = it.Offer.ID + " " + it.Offer.Agent
		}
		if it.Transfer != nil {
			w.transfer = it.Transfer.ID + " " + it.Transfer.Agent + " " + it.Transfer.From
		}
		for _, c := range it.Consults {
			w.consults = append(w.consults, fmt.Sprint(c.ID, " ", c.Agent, " ", c.Joined))
		}
		if !it.CustomerGoneUntil.IsZero() {
			w.gone = it.CustomerGoneUntil.UnixMicro()
		}
		if it.State == event.Open && it.Offer == nil {
			w.queue += fmt.Sprint(" at ", it.Priority, " ", it.Promoted)
		}
		lines = append(lines, w.line())
	}
	for _, a := range v.Agents() {
		slots := map[string]int32{}
		for _, p := range a.Profiles {
			if p.Used > 0 {
				slots[p.Name] = p.Used
			}
		}
		lines = append(lines, agentLine(a.Name, string(a.Presence)+" "+a.PresenceName, a.Connected, a.Used, slots))
	}
	slices.Sort(lines)
	return lines
}
