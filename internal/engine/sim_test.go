// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/testkit/scenario"
)

var (
	simSeed  = flag.Uint64("seed", 0, "run the simulation with this seed only")
	simSeeds = flag.Int("seeds", 10, "how many fresh seeds to simulate")
	simFirst = flag.Uint64("first", 0, "simulate so many seeds from this one on, and no others")
	simSteps = flag.Int("steps", 400, "how many commands a simulation has")
	simEvery = flag.Int("every", 4, "after how many commands the snapshots are compared")
	simShort = flag.Bool("shrink", true, "look for the fewest commands that fail")
)

// knownSeeds are simulated always. Together they have everything that covered asks for.
var knownSeeds = []uint64{1, 2, 3, 7, 12, 13, 29, 43, 57, 74, 76, 121}

// TestSimulation does random commands under random plans. After each, all invariants hold, the oracle has decided the
// same, the journal replays to the same bytes, and so does a snapshot with what followed it. A failure names its seed,
// and the fewest commands that still fail: -run TestSimulation -seed N repeats it.
func TestSimulation(t *testing.T) {
	seeds := slices.Clone(knownSeeds)
	switch {
	case *simSeed != 0:
		seeds = []uint64{*simSeed}
	case *simFirst != 0:
		seeds = nil
		for i := range *simSeeds {
			seeds = append(seeds, *simFirst+uint64(i))
		}
	default:
		for range *simSeeds {
			seeds = append(seeds, rand.Uint64())
		}
	}
	known := *simSeed == 0 && *simFirst == 0
	total := make(map[string]int)
	for i, seed := range seeds {
		counts := make(map[string]int)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { simulate(t, seed, counts) })
		if known && i < len(knownSeeds) {
			for k, n := range counts {
				total[k] += n
			}
		}
	}
	if t.Failed() || !known {
		return
	}
	t.Logf("%v", total)
	checkCovered(t, total)
}

// sim is one simulation: a world and what its random inhabitants know of it.
type sim struct {
	*rand.Rand
	rules    *rand.Rand // draws what rules have of times and expressions
	t        *testing.T
	world    *scenario.World
	now      event.Instant
	plan     *plan.Plan
	inForce  *plan.Plan // the one that was activated last
	mood     mood
	uses     [features]bool
	calm     bool // all agents are there in the beginning, and time passes slowly
	items    []string
	offers   []holding // live ones
	held     []holding // items with an agent
	consults []holding // live ones, with their ids
	past     []holding // of all these
	counts   map[string]int
	journal  []byte
	history  []done
	fired    int
	last     event.Command // to be sent again
}

// holding is an offer, an item or a consultation that an agent has.
type holding struct{ agent, id string }

// done is a command of a simulation with its time.
type done struct {
	now event.Instant
	cmd event.Command
}

// due reports whether a timer is.
func (s *sim) due() bool {
	wake := s.world.Engine().Wake()
	return wake != 0 && wake <= s.now
}

// simulate returns the journal of a simulation.
func simulate(t *testing.T, seed uint64, counts map[string]int) []byte {
	t.Helper()
	s := &sim{
		Rand: rand.New(rand.NewPCG(seed, 0)), rules: rand.New(rand.NewPCG(seed, 1)), t: t, world: scenario.NewWorld(), now: scenario.Start, counts: counts,
	}
	// Few timers fire in one step of some simulations, so that some are left due.
	s.fired = []int{1, 2, 1000}[s.IntN(3)]
	s.mood = s.randomMood()
	for i := range s.uses {
		s.uses[i] = s.IntN(5) > 1
	}
	s.world.Oracle.MaxFired, s.world.Every = s.fired, *simEvery
	defer engine.SetMaxFired(engine.SetMaxFired(s.fired))
	defer engine.SetFewMembers(engine.SetFewMembers(2)) // so that queues of three have trees
	s.plan = s.randomPlan()
	s.calm = s.IntN(2) == 0
	s.step(s.activate())
	for i := 0; i < len(s.plan.Agents) && s.calm; i++ {
		s.step(event.ConnectAgent{Agent: s.plan.Agents[i].Name})
	}
	for i := range *simSteps {
		s.passTime()
		for s.due() && s.IntN(3) > 0 { // or the command is what finds them
			s.step(event.Tick{})
		}
		s.step(s.command(i))
	}
	if err := s.world.Compare(); err != nil {
		t.Fatal(err)
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
	s.history = append(s.history, done{s.now, cmd})
	out, err := stepChecked(s.world, s.now, cmd)
	if err != nil {
		s.t.Fatalf("%s", s.shortest(err))
	}
	body, err := event.Encode(out.Events)
	if err != nil {
		s.t.Fatal(err)
	}
	s.journal = append(append(s.journal, body...), '\n')
	for _, r := range out.Events {
		s.learn(r.Event)
		count(s.counts, r.Event)
	}
	if s.due() {
		s.counts["timers left due"]++
	}
	if out.Result.Rejected != nil {
		s.counts["refused "+string(out.Result.Rejected.Reason)]++
	}
	if out.Result.Duplicate {
		s.counts[fmt.Sprintf("repeated %T", cmd)]++
	}
	s.last = cmd
}

// stepChecked does a command, with all checks. What panics is an error, too.
func stepChecked(w *scenario.World, now event.Instant, cmd event.Command) (out engine.Output, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%T %+v: panic: %v", cmd, cmd, r)
		}
	}()
	before := w.Oracle.Overdrawn()
	if out, err = w.Step(now, cmd); err != nil {
		return out, fmt.Errorf("%T %+v: %w", cmd, cmd, err)
	}
	if agent := overdrawn(before, w.Oracle.Overdrawn(), cmd, out.Events); agent != "" {
		return out, fmt.Errorf("%T %+v: INV-2 is broken: agent %s has less than nothing left", cmd, cmd, agent)
	}
	return out, nil
}

// overdrawn is the rest of INV-2: free capacity becomes negative only where somebody is given an item without regard to
// it, or a plan takes capacity away. It returns an agent for whom that does not hold.
func overdrawn(before, now map[string]bool, cmd event.Command, events []event.Recorded) string {
	if _, ok := cmd.(event.ActivatePlan); ok {
		return ""
	}
	allowed := make(map[string]bool)
	for _, r := range events {
		switch ev := r.Event.(type) {
		case event.ItemAssigned:
			free := ev.How == event.BySupervisor || ev.How == event.ByPick || ev.Via == event.ViaAffinity
			allowed[ev.Agent] = allowed[ev.Agent] || free // others may follow in the same step, with regard to what is left
		case event.OfferMade:
			allowed[ev.Agent] = allowed[ev.Agent] || ev.Via == event.ViaAffinity
		}
	}
	for agent := range now {
		if !before[agent] && !allowed[agent] {
			return agent
		}
	}
	return ""
}

// learn is what the inhabitants see of an event.
func (s *sim) learn(ev event.Event) {
	switch ev := ev.(type) {
	case event.ItemOpened:
		s.items = append(s.items, ev.Item)
	case event.OfferMade:
		s.offers = append(s.offers, holding{ev.Agent, ev.Offer})
	case event.OfferClosed:
		s.offers = s.drop(s.offers, ev.Offer)
	case event.ConsultRequested:
		s.consults = append(s.consults, holding{ev.Agent, ev.Consult})
	case event.ConsultEnded:
		s.consults = s.drop(s.consults, ev.Consult)
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
	case n < 500, s.calm && n >= 910 && n < 985: // in the same instant
	case n < 890:
		d = time.Duration(s.Int64N(int64(10 * time.Second)))
	case n < 970:
		d = time.Duration(s.Int64N(int64(5 * time.Minute)))
	case n < 982:
		d = time.Duration(s.Int64N(int64(4 * time.Hour)))
	case n < 988:
		d = time.Duration(s.Int64N(int64(30 * time.Hour)))
	case n < 991:
		d = time.Duration(s.Int64N(int64(40 * 24 * time.Hour)))
	default:
		d = -time.Duration(s.Int64N(int64(time.Hour)))
	}
	s.now += event.Instant(d.Microseconds())
}
