// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/heap"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/testkit/scenario"
)

// size is how big a contact centre is. Zero is one, or none of skills.
type size struct {
	agents, queues int
	memberships    int // queues of each agent
	skills         int // of which each agent has a twentieth and each item needs needs
	needs          int
	matching       plan.SkillMatching
	method         plan.Method
}

const (
	perAgent      = 20 // the part of all skills that an agent has
	perWorkstream = 25 // queues and skills
	together      = 7  // skills so far apart are had and needed together
)

// company is the plan of a contact centre: one workstream for each 25 queues and skills, which sends items to the queues
// evenly and to skills by what the customer says. Who is where is drawn, always alike.
func company(tb testing.TB, s size) *plan.Plan {
	tb.Helper()
	s.queues, s.memberships = max(s.queues, 1), max(s.memberships, 1)
	p := &plan.Plan{Namespace: "bench"}
	if s.method == "" {
		s.method = plan.HighestCapacity
	}
	for i := range s.queues {
		p.Queues = append(p.Queues, plan.Queue{Name: queueName(i), Type: plan.Messaging, Priority: 100, Method: s.method})
	}
	for i := range s.workstreams() {
		w := benchWorkstream(s, i)
		if err := w.SetRevision(); err != nil {
			tb.Fatal(err)
		}
		p.Workstreams = append(p.Workstreams, w)
		p.Channels = append(p.Channels, plan.Channel{
			Name: w.Name, Workstream: w.Name, Type: "Custom", Custom: &plan.Custom{Address: w.Name, CallbackURL: "x"},
		})
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range s.agents {
		name := fmt.Sprintf("a%06d", i)
		a := plan.Agent{Name: name, Subject: name, Roles: []plan.Role{plan.RoleAgent}, Units: 90}
		for _, q := range draw(r, s.queues, s.memberships) {
			a.Queues = append(a.Queues, queueName(q))
		}
		for k, n := i*13, 0; n < s.skills/perAgent; k, n = k+together, n+1 {
			a.Skills = append(a.Skills, plan.Skill{Name: skillName(k % s.skills), Rating: int32(3 + r.IntN(8))})
		}
		p.Agents = append(p.Agents, a)
	}
	return p
}

func (s size) workstreams() int {
	return (max(s.queues, s.skills, 1) + perWorkstream - 1) / perWorkstream
}

func queueName(i int) string { return fmt.Sprintf("q%05d", i) }

func skillName(i int) string { return fmt.Sprintf("s%03d", i) }

// draw returns so many different numbers below n.
func draw(r *rand.Rand, n, count int) []int {
	if count >= n {
		count = n
	}
	seen := make(map[int]bool)
	for len(seen) < count {
		seen[r.IntN(n)] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func benchWorkstream(s size, i int) plan.Workstream {
	w := plan.Workstream{
		Name: fmt.Sprintf("w%03d", i), Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Units: 30,
		AllowedPresences: []plan.Presence{plan.Available, plan.Busy}, SkillMatching: s.matching,
		Offer:     plan.Offer{Timeout: 24 * time.Hour, ReofferAfter: 2 * time.Minute, MaxDeclines: 3},
		WrapUp:    plan.WrapUp{Block: plan.BlockAlways},
		Lifecycle: plan.DefaultLifecycle(plan.Messaging, "Custom", 8*time.Hour),
		Variables: []plan.Variable{{Name: "topic", Kind: rule.Number}},
	}
	split := plan.Rule{Name: "split"}
	first := i * perWorkstream % s.queues
	n := min(perWorkstream, s.queues-first)
	for j := range n {
		percent := int32(100 / n)
		if j == 0 {
			percent += int32(100 % n)
		}
		split.Split = append(split.Split, plan.Target{Queue: queueName(first + j), Percent: percent})
	}
	w.Routing = plan.Routing{Fallback: queueName(first), Rules: []plan.Rule{split}}
	if s.skills == 0 {
		return w
	}
	set := plan.Classification{Ruleset: "topics"}
	for j := range perWorkstream {
		r := plan.ClassificationRule{Name: fmt.Sprintf("topic-%d", j)}
		r.When = &rule.Condition{Attribute: "context.topic", Operator: rule.Equal, Values: []string{strconv.Itoa(j)}}
		for k := range s.needs {
			r.Skills = append(r.Skills, plan.Skill{Name: skillName((i*perWorkstream + j + k*together) % s.skills), Rating: int32(3 * (1 - k%2))})
		}
		slices.SortFunc(r.Skills, func(a, b plan.Skill) int { return strings.Compare(a.Name, b.Name) })
		set.Rules = append(set.Rules, r)
	}
	w.Classification = []plan.Classification{set}
	return w
}

// bench is an engine that time passes for.
type bench struct {
	testing.TB
	*engine.Engine
	size size
	now  event.Instant
	n    int    // items so far
	live offers // not accepted yet, oldest first
}

// offers is a list of which the oldest are taken off at its head. It holds little and does not grow for ever: what a
// measurement allocates for itself is charged to the engine.
type offers struct {
	list []offered
	head int
}

type offered struct{ offer, item, agent string }

func (l *offers) len() int { return len(l.list) - l.head }

func (l *offers) push(o *event.OfferMade) {
	if l.head > 1024 && l.head > len(l.list)/2 {
		n := copy(l.list, l.list[l.head:])
		clear(l.list[n:])
		l.list, l.head = l.list[:n], 0
	}
	l.list = append(l.list, offered{o.Offer, o.Item, o.Agent})
}

func (l *offers) pop() offered {
	l.head++
	return l.list[l.head-1]
}

func (b *bench) do(cmd event.Command) engine.Output {
	b.now += 1000
	out, err := b.Step(b.now, cmd)
	if err != nil {
		b.Fatal(err)
	}
	if out.Result.Rejected != nil {
		b.Fatalf("%T: %+v", cmd, out.Result.Rejected)
	}
	for i := range out.Events {
		if o, ok := out.Events[i].Event.(event.OfferMade); ok {
			b.live.push(&o)
		}
	}
	return out
}

func newBench(tb testing.TB, s size) *bench {
	tb.Helper()
	b := &bench{TB: tb, Engine: engine.New(), size: s, now: scenario.Start}
	p := company(tb, s)
	_, version, err := p.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	b.do(event.ActivatePlan{Version: version, Plan: p})
	for i := range p.Agents {
		b.do(event.ConnectAgent{Agent: p.Agents[i].Name})
	}
	return b
}

// arrive has a conversation come in over the next channel.
func (b *bench) arrive() engine.Output {
	b.n++
	id := "i" + strconv.Itoa(b.n)
	c := event.ReceiveMessage{Item: id, Message: "m", Channel: b.channel(), Conversation: id, Text: "hello"}
	if b.size.skills > 0 {
		c.Attributes = rule.Attributes{"context.topic": rule.NumberValue(float64(b.n * 31 % perWorkstream))}
	}
	return b.do(c)
}

func (b *bench) channel() string {
	if n := b.size.workstreams(); n > 1 {
		return channels[b.n%n]
	}
	return channels[0]
}

var channels = func() (list []string) {
	for i := range 1000 {
		list = append(list, fmt.Sprintf("w%03d", i))
	}
	return list
}()

// serve takes the oldest offer to the end of its conversation, which frees the agent for the next one.
func (b *bench) serve() {
	if b.live.len() == 0 {
		b.Fatal("nobody is offered anything")
	}
	o := b.live.pop()
	b.do(event.AcceptOffer{Agent: o.agent, Offer: o.offer})
	b.do(event.EndItem{Agent: o.agent, Item: o.item})
	b.do(event.ConfirmDelivery{Delivery: o.item + "-end"})
	b.do(event.CloseItem{Agent: o.agent, Item: o.item})
}

// runLifecycles measures whole lives: a conversation comes in, is routed and waits or is offered; the oldest offer is
// accepted, its conversation ends and closes, and the agent is offered the next one. All agents are busy and so many
// wait; with nobody waiting half of the agents have something.
func runLifecycles(b *testing.B, name string, s size, waiting int) {
	b.Helper()
	s, waiting = inShort(s, waiting)
	var w *bench
	b.Run(name, func(b *testing.B) {
		if w == nil {
			w = newBench(b, s)
			n := max(s.agents/2, 1)
			if waiting > 0 {
				n = s.agents*3 + waiting
			}
			for range n {
				w.arrive()
			}
		}
		w.TB = b
		runtime.GC()
		b.ReportAllocs()
		b.ResetTimer()
		before := cpu()
		for range b.N {
			w.arrive()
			w.serve()
		}
		b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lifecycles/s")
	})
}

// inShort makes big centres small when it only matters that they run.
func inShort(s size, waiting int) (size, int) {
	if testing.Short() {
		s.agents, waiting = min(s.agents, 1000), min(waiting, 1000)
	}
	return s, waiting
}

// cpu is the processor time of this process so far, in nanoseconds: what others do on the machine is not part of it.
func cpu() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkTarget is the target of the design: 10,000 agents with 10 of 200 skills each, 200 queues, 100,000 waiting; and
// the same centre when nobody has to wait.
//
// The heap may grow as it may in a distributor.
func BenchmarkTarget(b *testing.B) {
	defer heap.Pace(heap.Growth{Cycle: 10 * time.Second, Max: 512 << 20})()
	for _, memberships := range []int{1, 10} {
		for _, needs := range []int{0, 1, 2} {
			s := size{agents: 10_000, queues: 200, memberships: memberships, skills: 200, needs: needs}
			for _, waiting := range []int{0, 100_000} {
				if memberships == 1 && needs > 0 && waiting == 0 {
					continue // there are queues of which nobody has some skill: what needs it would pile up until all wait
				}
				runLifecycles(b, fmt.Sprintf("in=%d/needs=%d/waiting=%d", memberships, needs, waiting), s, waiting)
			}
		}
	}
}

// BenchmarkAgents is the cost by the members of one queue: when all are idle but some, and when all are busy.
func BenchmarkAgents(b *testing.B) {
	for _, agents := range []int{100, 1_000, 10_000, 100_000} {
		for _, c := range []struct {
			name string
			size size
		}{
			{"plain", size{agents: agents}},
			{"round-robin", size{agents: agents, method: plan.RoundRobin}},
			{"exact", size{agents: agents, skills: 200, needs: 1}},
			{"exact-two", size{agents: agents, skills: 200, needs: 2}},
			{"closest", size{agents: agents, skills: 200, needs: 1, matching: plan.SkillsClosest}},
			{"closest-two", size{agents: agents, skills: 200, needs: 2, matching: plan.SkillsClosest}},
		} {
			runLifecycles(b, fmt.Sprintf("%s/idle/agents=%d", c.name, agents), c.size, 0)
			runLifecycles(b, fmt.Sprintf("%s/busy/agents=%d", c.name, agents), c.size, 1000)
		}
	}
}

// BenchmarkWaiting is the cost by how many wait, with 100 agents.
func BenchmarkWaiting(b *testing.B) {
	for _, waiting := range []int{100, 1_000, 10_000, 100_000} {
		for name, s := range map[string]size{
			"plain": {agents: 100}, "exact-two": {agents: 100, skills: 200, needs: 2},
		} {
			runLifecycles(b, fmt.Sprintf("%s/waiting=%d", name, waiting), s, waiting)
		}
	}
}

// BenchmarkSkills is the cost by how many skills there are: 1,000 agents in 10 queues, 10,000 waiting.
func BenchmarkSkills(b *testing.B) {
	for _, skills := range []int{40, 200, 2_000} { // of 40 an agent has two, which is what an item needs
		s := size{agents: 1_000, queues: 10, memberships: 3, skills: skills, needs: 2}
		runLifecycles(b, fmt.Sprintf("skills=%d", skills), s, 10_000)
	}
}

// BenchmarkQueues is the cost by how many queues there are, of which each agent is in five: 1,000 agents, 10,000 waiting.
func BenchmarkQueues(b *testing.B) {
	for _, queues := range []int{5, 50, 500} { // of 5,000 many would have no agent
		runLifecycles(b, fmt.Sprintf("queues=%d", queues), size{agents: 1_000, queues: queues, memberships: 5}, 10_000)
	}
}

// BenchmarkLifecycle takes one conversation from its first message to its end with all that is said and delivered: offered,
// accepted, answered, confirmed, ended, closed. The codec has a benchmark of its own.
func BenchmarkLifecycle(b *testing.B) {
	for _, agents := range []int{10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			s, _ := inShort(size{agents: agents, queues: min(10, agents/10)}, 0) // each queue has agents
			w := newBench(b, s)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				id := "i" + strconv.Itoa(i)
				w.do(event.ReceiveMessage{
					Intake: event.Intake{Scope: "channel/w000", Key: id, Digest: "d"}, Item: id, Message: "m", Channel: "w000",
					Conversation: id, Text: "hello",
				})
				o := w.live.pop()
				w.do(event.AcceptOffer{Agent: o.agent, Offer: o.offer})
				w.do(event.SendMessage{Agent: o.agent, Item: id, Message: "1", Text: "hi"})
				w.do(event.ConfirmDelivery{Delivery: id + "-m2"})
				w.do(event.EndItem{Agent: o.agent, Item: id})
				w.do(event.ConfirmDelivery{Delivery: id + "-end"})
				w.do(event.CloseItem{Agent: o.agent, Item: id})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lifecycles/s")
		})
	}
}

// BenchmarkActivatePlan is an edit of one agent in a centre with so many open items.
func BenchmarkActivatePlan(b *testing.B) {
	for _, waiting := range []int{0, 100_000} {
		s, n := inShort(size{agents: 10_000, queues: 200, memberships: 10, skills: 200, needs: 1}, waiting)
		w := newBench(b, s)
		for range n {
			w.arrive()
		}
		var plans [2]event.ActivatePlan
		for i := range plans {
			p := company(b, w.size)
			p.Agents[17].Units += int32(30 * (i + 1))
			_, version, err := p.Encode()
			if err != nil {
				b.Fatal(err)
			}
			plans[i] = event.ActivatePlan{Version: version, Plan: p}
		}
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			for i := range b.N {
				w.do(plans[i%2])
			}
		})
	}
}

// BenchmarkReplay decodes and applies the events of whole lifecycles, as a restart does.
func BenchmarkReplay(b *testing.B) {
	w := newBench(b, size{agents: 100, queues: 10})
	plans := w.Plan()
	var entries [][]byte
	events := 0
	keep := func(out engine.Output) {
		body, err := event.Encode(out.Events)
		if err != nil {
			b.Fatal(err)
		}
		entries = append(entries, body)
		events += len(out.Events)
	}
	fresh := &bench{TB: b, Engine: engine.New(), now: scenario.Start}
	keep(fresh.do(event.ActivatePlan{Version: w.PlanVersion(), Plan: plans}))
	keep(fresh.do(event.ConnectAgent{Agent: "a000000"}))
	for i := range 1000 {
		id := fmt.Sprintf("i%d", i)
		keep(fresh.do(event.ReceiveMessage{Item: id, Message: "m", Channel: "w000", Conversation: id, Text: "hello"}))
	}
	b.ResetTimer()
	for range b.N {
		e := engine.New()
		for _, body := range entries {
			list, err := event.Decode(body)
			if err != nil {
				b.Fatal(err)
			}
			for _, r := range list {
				if p, ok := r.Event.(event.PlanActivated); ok {
					p.Plan = plans
					r.Event = p
				}
				e.Apply(r)
			}
		}
	}
	b.ReportMetric(float64(b.N*events)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkSnapshot writes and restores a state with so many items.
func BenchmarkSnapshot(b *testing.B) {
	for _, items := range []int{1_000, 10_000} {
		w := newBench(b, size{agents: 100, queues: 10})
		for range items {
			w.arrive()
		}
		b.Run(fmt.Sprintf("write/items=%d", items), func(b *testing.B) {
			for range b.N {
				body, err := w.Snapshot()
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(body)))
			}
		})
		body, err := w.Snapshot()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("restore/items=%d", items), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for range b.N {
				if _, err := engine.Restore(body, func(string) (*plan.Plan, error) { return w.Plan(), nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
