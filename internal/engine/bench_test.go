// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"testing"
	"time"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/testkit/scenario"
)

// company is a plan with so many agents, spread over so many queues, all in one workstream.
func company(tb testing.TB, agents, queues int) *plan.Plan {
	tb.Helper()
	p := &plan.Plan{Namespace: "bench"}
	w := plan.Workstream{
		Name: "chat", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Units: 30,
		AllowedPresences: []plan.Presence{plan.Available, plan.Busy},
		Offer:            plan.Offer{Timeout: 2 * time.Minute, ReofferAfter: 2 * time.Minute, MaxDeclines: 3},
		WrapUp:           plan.WrapUp{Block: plan.BlockAlways}, Lifecycle: plan.DefaultLifecycle(plan.Messaging, "Custom", 8*time.Hour),
		Routing: plan.Routing{Fallback: "q0"},
	}
	r := plan.Rule{Name: "split"}
	for i := range queues {
		name := fmt.Sprintf("q%d", i)
		p.Queues = append(p.Queues, plan.Queue{Name: name, Type: plan.Messaging, Priority: 100, Method: plan.HighestCapacity})
		r.Split = append(r.Split, plan.Target{Queue: name, Percent: int32(100 / queues)})
	}
	w.Routing.Rules = []plan.Rule{r}
	if err := w.SetRevision(); err != nil {
		tb.Fatal(err)
	}
	p.Workstreams = []plan.Workstream{w}
	p.Channels = []plan.Channel{{Name: "web", Workstream: "chat", Type: "Custom", Custom: &plan.Custom{Address: "web", CallbackURL: "x"}}}
	for i := range agents {
		name := fmt.Sprintf("a%05d", i)
		p.Agents = append(p.Agents, plan.Agent{
			Name: name, Subject: name, Roles: []plan.Role{plan.RoleAgent}, Units: 90, Queues: []string{fmt.Sprintf("q%d", i%queues)},
		})
	}
	return p
}

// bench is an engine that time passes for.
type bench struct {
	testing.TB
	*engine.Engine
	now event.Instant
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
	return out
}

func newBench(tb testing.TB, agents, queues int) *bench {
	tb.Helper()
	b := &bench{TB: tb, Engine: engine.New(), now: scenario.Start}
	p := company(tb, agents, queues)
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

// open has a conversation come in, and returns who is offered it.
func (b *bench) open(id string) (agent, offer string) {
	out := b.do(event.ReceiveMessage{
		Intake: event.Intake{Scope: "channel/web", Key: id, Digest: "d"}, Item: id, Message: "m", Channel: "web", Conversation: id,
		Text: "hello",
	})
	for _, r := range out.Events {
		if o, ok := r.Event.(event.OfferMade); ok {
			return o.Agent, o.Offer
		}
	}
	return "", ""
}

// BenchmarkLifecycle takes one conversation from its first message to its end: offered, accepted, answered, confirmed,
// ended, closed. The codec has a benchmark of its own.
func BenchmarkLifecycle(b *testing.B) {
	for _, agents := range []int{10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			w := newBench(b, agents, 10)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				id := fmt.Sprintf("i%d", i)
				agent, offer := w.open(id)
				w.do(event.AcceptOffer{Agent: agent, Offer: offer})
				w.do(event.SendMessage{Agent: agent, Item: id, Message: "1", Text: "hi"})
				w.do(event.ConfirmDelivery{Delivery: id + "-m2"})
				w.do(event.EndItem{Agent: agent, Item: id})
				w.do(event.ConfirmDelivery{Delivery: id + "-end"})
				w.do(event.CloseItem{Agent: agent, Item: id})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lifecycles/s")
		})
	}
}

// BenchmarkBacklog is the same with so many items waiting that nobody is ever idle: who closes one gets the next.
func BenchmarkBacklog(b *testing.B) {
	for _, waiting := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			w := newBench(b, 20, 2)
			var live []event.OfferMade
			take := func(out engine.Output) {
				for _, r := range out.Events {
					if o, ok := r.Event.(event.OfferMade); ok {
						live = append(live, o)
					}
				}
			}
			n := 0
			arrive := func() {
				n++
				id := fmt.Sprintf("i%d", n)
				take(w.do(event.ReceiveMessage{Item: id, Message: "m", Channel: "web", Conversation: id, Text: "hello"}))
			}
			for range waiting {
				arrive()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				arrive()
				o := live[0]
				live = live[1:]
				take(w.do(event.AcceptOffer{Agent: o.Agent, Offer: o.Offer}))
				take(w.do(event.EndItem{Agent: o.Agent, Item: o.Item}))
				take(w.do(event.CloseItem{Agent: o.Agent, Item: o.Item}))
			}
		})
	}
}

// BenchmarkReplay decodes and applies the events of whole lifecycles, as a restart does.
func BenchmarkReplay(b *testing.B) {
	w := newBench(b, 100, 10)
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
	keep(fresh.do(event.ConnectAgent{Agent: "a00000"}))
	for i := range 1000 {
		id := fmt.Sprintf("i%d", i)
		keep(fresh.do(event.ReceiveMessage{Item: id, Message: "m", Channel: "web", Conversation: id, Text: "hello"}))
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
		w := newBench(b, 100, 10)
		for i := range items {
			w.open(fmt.Sprintf("i%d", i))
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
