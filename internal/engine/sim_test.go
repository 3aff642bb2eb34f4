// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/testkit/oracle"
	"workstream.dev/operator/internal/testkit/scenario"
)

var (
	simSeed  = flag.Uint64("seed", 0, "run the simulation with this seed only")
	simSeeds = flag.Int("seeds", 20, "how many fresh seeds to simulate")
	simSteps = flag.Int("steps", 400, "how many commands a simulation has")
)

// TestSimulation does random commands under random plans and checks all invariants, all witnesses and the oracle after
// each. A failure names its seed: -run TestSimulation -seed N repeats it.
func TestSimulation(t *testing.T) {
	seeds := []uint64{1, 2, 3}
	if *simSeed != 0 {
		seeds = []uint64{*simSeed}
	} else {
		for range *simSeeds {
			seeds = append(seeds, rand.Uint64())
		}
	}
	total := make(map[string]int)
	for _, seed := range seeds {
		counts := make(map[string]int)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { simulate(t, seed, counts) })
		for k, n := range counts {
			total[k] += n
		}
	}
	if t.Failed() || *simSeed != 0 {
		return
	}
	t.Logf("%v", total)
	for _, kind := range append(event.Kinds(), "timers left due") {
		if total[kind] == 0 {
			t.Errorf("no simulation ever had a %s: it tests less than it says", kind)
		}
	}
}

// sim is one simulation: a world and what its random inhabitants know of it.
type sim struct {
	*rand.Rand
	t       *testing.T
	world   *scenario.World
	now     event.Instant
	plan    *plan.Plan
	items   []string
	offers  []holding // live ones
	held    []holding // items with an agent
	past    []holding // of both
	counts  map[string]int
	journal []byte
	last    event.Command // to be sent again
}

// holding is an offer or an item that an agent has.
type holding struct{ agent, id string }

// due reports whether a timer is.
func (s *sim) due() bool {
	wake := s.world.Engine().Wake()
	return wake != 0 && wake <= s.now
}

// simulate returns the journal of a simulation.
func simulate(t *testing.T, seed uint64, counts map[string]int) []byte {
	t.Helper()
	s := &sim{
		Rand: rand.New(rand.NewPCG(seed, 0)), t: t, world: scenario.NewWorld(), now: scenario.Start, counts: counts,
	}
	s.world.Before, s.world.Oracle = checkOffer, oracle.New()
	// Few timers fire in one step of some simulations, so that some are left due.
	s.world.Oracle.MaxFired = []int{1, 2, 1000}[s.IntN(3)]
	defer engine.SetMaxFired(engine.SetMaxFired(s.world.Oracle.MaxFired))
	s.plan = s.randomPlan()
	s.step(s.activate())
	for i := range *simSteps {
		s.passTime()
		for s.due() && s.IntN(3) > 0 { // or the command is what finds them
			s.step(event.Tick{})
		}
		s.step(s.command(i))
	}
	return s.journal
}

// TestSimulationIsRepeatable: the same commands give the same events, whatever the order of the runtime's maps.
func TestSimulationIsRepeatable(t *testing.T) {
	want := simulate(t, 7, map[string]int{})
	if got := simulate(t, 7, map[string]int{}); !bytes.Equal(got, want) {
		t.Errorf("-first +second:\n%s", cmp.Diff(string(want), string(got)))
	}
}

func (s *sim) step(cmd event.Command) {
	s.t.Helper()
	before := s.world.Engine().Overdrawn()
	out, err := s.world.Step(s.now, cmd)
	if err != nil {
		s.t.Fatalf("%T %+v: %v", cmd, cmd, err)
	}
	if item, agent := s.world.Engine().NextOffer(s.world.Engine().Clock()); item != "" {
		s.t.Fatalf("%T: agent %s is idle while item %s waits", cmd, agent, item)
	}
	s.checkOverdrawn(before, cmd)
	body, err := event.Encode(out.Events)
	if err != nil {
		s.t.Fatal(err)
	}
	s.journal = append(append(s.journal, body...), '\n')
	for _, r := range out.Events {
		s.counts[event.KindOf(r.Event)]++
		s.learn(r.Event)
	}
	if s.due() {
		s.counts["timers left due"]++
	}
	if out.Result.Rejected != nil {
		s.counts["! "+string(out.Result.Rejected.Reason)]++
	}
	s.last = cmd
}

// checkOverdrawn is the rest of INV-2: free capacity becomes negative by a supervisor's word or an edit of the plan only.
func (s *sim) checkOverdrawn(before map[string]bool, cmd event.Command) {
	s.t.Helper()
	switch cmd.(type) {
	case event.AssignItem, event.ActivatePlan:
		return
	}
	for agent := range s.world.Engine().Overdrawn() {
		if !before[agent] {
			s.t.Fatalf("%T %+v: agent %s has less than nothing left", cmd, cmd, agent)
		}
	}
}

// learn is what the inhabitants see of an event.
func (s *sim) learn(ev event.Event) {
	switch ev := ev.(type) {
	case event.ItemOpened:
		s.items = append(s.items, ev.Item)
	case event.OfferMade:
		s.offers = append(s.offers, holding{ev.Agent, ev.Offer})
		if ev.Candidates.Eligible > 1 {
			s.counts["contested "+string(ev.Candidates.Method)]++
		}
	case event.OfferClosed:
		s.offers = s.drop(s.offers, ev.Offer)
	case event.ItemAssigned:
		s.offers = s.drop(s.offers, ev.Offer)
		s.held = append(s.drop(s.held, ev.Item), holding{ev.Agent, ev.Item})
	case event.ItemReleased:
		s.held = s.drop(s.held, ev.Item)
	case event.ItemParked:
		s.held = s.drop(s.held, ev.Item)
	case event.ItemClosed:
		s.held = s.drop(s.held, ev.Item)
	}
}

// drop takes something out of what is held, and keeps it in mind for those who come late.
func (s *sim) drop(list []holding, id string) []holding {
	i := slices.IndexFunc(list, func(h holding) bool { return h.id == id })
	if i < 0 {
		return list
	}
	s.past = append(s.past, list[i])
	return slices.Delete(list, i, i+1)
}

// passTime mostly goes on for a moment, at times for long, and at times back.
func (s *sim) passTime() {
	var d time.Duration
	switch n := s.IntN(1000); {
	case n < 500: // in the same instant
	case n < 900:
		d = time.Duration(s.Int64N(int64(10 * time.Second)))
	case n < 975:
		d = time.Duration(s.Int64N(int64(5 * time.Minute)))
	case n < 985:
		d = time.Duration(s.Int64N(int64(30 * time.Hour)))
	case n < 990:
		d = time.Duration(s.Int64N(int64(40 * 24 * time.Hour)))
	default:
		d = -time.Duration(s.Int64N(int64(time.Hour)))
	}
	s.now += event.Instant(d.Microseconds())
}

func (s *sim) pick(list []string) string {
	if len(list) == 0 {
		return "nobody"
	}
	return list[s.IntN(len(list))]
}

// agent is mostly one of the plan.
func (s *sim) agent() string {
	if n := len(s.plan.Agents); n > 0 && s.IntN(10) > 0 {
		return s.plan.Agents[s.IntN(n)].Name
	}
	return fmt.Sprintf("a%d", s.IntN(7))
}

// item is mostly one of the last.
func (s *sim) item() string {
	if len(s.items) > 12 && s.IntN(10) > 0 {
		return s.pick(s.items[len(s.items)-12:])
	}
	return s.pick(s.items)
}

// again is the last command, sent once more. Whoever takes something in gives it an id that is new each time.
func (s *sim) again(i int) event.Command {
	switch c := s.last.(type) {
	case event.ReceiveMessage:
		c.Item = fmt.Sprintf("i%d", i)
		return c
	case event.SubmitRecord:
		c.Item = fmt.Sprintf("i%d", i)
		return c
	default:
		return c
	}
}

// one returns one of what is held, mostly by whom it is held, and at times what was held before.
func (s *sim) one(list []holding) (agent, id string) {
	if n := s.IntN(10); (n == 0 || len(list) == 0) && len(s.past) > 0 {
		list = s.past[max(0, len(s.past)-10):]
	}
	if len(list) == 0 {
		return s.agent(), "none"
	}
	h := list[s.IntN(len(list))]
	if s.IntN(20) == 0 {
		h.agent = s.agent()
	}
	return h.agent, h.id
}

func (s *sim) channel() string { return s.pick([]string{"web", "web", "app", "desk"}) }

func (s *sim) intake(scope string) event.Intake {
	if s.IntN(2) == 0 {
		return event.Intake{Scope: scope}
	}
	return event.Intake{Scope: scope, Key: fmt.Sprintf("k%d", s.IntN(500)), Digest: s.pick([]string{"d", "d", "d", "e"})}
}

func (s *sim) attributes(root string) rule.Attributes {
	a := rule.Attributes{}
	if s.IntN(2) == 0 {
		a[root+"tier"] = rule.TextValue(s.pick([]string{"gold", "Silver", "b\xffd"}))
	}
	if s.IntN(3) == 0 {
		a[root+"basket"] = rule.NumberValue(float64(s.IntN(1000)) / 8)
	}
	return a
}

func (s *sim) command(i int) event.Command {
	switch n := s.IntN(100); {
	case n < 22:
		ch := s.channel()
		return event.ReceiveMessage{
			Intake: s.intake("channel/" + ch), Item: fmt.Sprintf("i%d", i), Message: fmt.Sprintf("m%d", i), Channel: ch,
			Conversation: fmt.Sprintf("c%d", s.IntN(15)), Customer: event.Customer{ID: "u"}, Text: "text",
			Attributes: s.attributes("context."),
		}
	case n < 28:
		return event.SubmitRecord{
			Intake: s.intake("workstream/cases"), Item: fmt.Sprintf("i%d", i), Workstream: s.pick([]string{"cases", "cases", "chat"}),
			Record: fmt.Sprintf("r%d", s.IntN(10)), Attributes: s.attributes("record."),
		}
	case n < 31:
		return event.LeaveConversation{Channel: s.channel(), Conversation: fmt.Sprintf("c%d", s.IntN(15))}
	case n < 51:
		agent, offer := s.one(s.offers)
		return event.AcceptOffer{Agent: agent, Offer: offer}
	default:
		return s.agentCommand(n, i)
	}
}

func (s *sim) agentCommand(n, i int) event.Command {
	switch {
	case n < 56:
		agent, offer := s.one(s.offers)
		return event.DeclineOffer{Agent: agent, Offer: offer}
	case n < 64:
		return event.ConnectAgent{Agent: s.agent()}
	case n < 65:
		return event.DisconnectAgent{Agent: s.agent()}
	case n < 68:
		all := []plan.Presence{plan.Available, plan.Available, plan.Available, plan.Busy, plan.DoNotDisturb, plan.Away, plan.Offline, "Gone"}
		return event.SetPresence{Agent: s.agent(), Presence: all[s.IntN(len(all))]}
	case n < 71:
		return event.PickItem{Agent: s.agent(), Item: s.item()}
	case n < 75:
		agent, item := s.one(s.held)
		return event.SendMessage{Agent: agent, Item: item, Message: strconv.Itoa(s.IntN(4)), Text: s.pick([]string{"a", "b"})}
	case n < 80:
		agent, item := s.one(s.held)
		return event.EndItem{Agent: agent, Item: item}
	case n < 86:
		agent, item := s.one(s.held)
		return event.CloseItem{Agent: agent, Item: item}
	case n < 89:
		agent, item := s.one(s.held)
		return event.TransferItem{Agent: agent, Item: item, Queue: fmt.Sprintf("q%d", s.IntN(6))}
	case n < 91:
		return event.AssignItem{Supervisor: "sue", Item: s.item(), Agent: s.agent()}
	case n < 92:
		return event.ForceClose{Supervisor: "sue", Item: s.item()}
	default:
		return s.otherCommand(n, i)
	}
}

func (s *sim) otherCommand(n, i int) event.Command {
	switch {
	case n < 94:
		if list := s.world.Engine().Deliveries(); len(list) > 0 {
			return event.ConfirmDelivery{Delivery: list[s.IntN(len(list))].ID, Failure: s.pick([]string{"", "", "gone"})}
		}
		return event.ConfirmDelivery{Delivery: "none"}
	case n < 96:
		s.plan = s.editedPlan()
		return s.activate()
	case n < 98 && i%8 == 0:
		return event.DisconnectAll{}
	case n < 99 && s.last != nil:
		return s.again(i)
	default:
		return event.Tick{}
	}
}

func (s *sim) activate() event.Command {
	_, version, err := s.plan.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	return event.ActivatePlan{Version: version, Plan: s.plan}
}
