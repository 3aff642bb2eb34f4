// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// poolWorld is one queue with random members who change at random.
type poolWorld struct {
	*rand.Rand
	e *Engine
	q *queue
}

func newPoolWorld(seed uint64) *poolWorld {
	w := &poolWorld{Rand: rand.New(rand.NewPCG(seed, 9)), e: New()}
	w.q = w.e.queueFor("q")
	method := []plan.Method{plan.HighestCapacity, plan.RoundRobin, plan.LeastActive}[w.IntN(3)]
	w.q.def = &plan.Queue{Name: "q", Method: method, Priority: 100}
	for i := range 1 + w.IntN(120) {
		a := newAgent(fmt.Sprintf("a%03d", i))
		a.def = &plan.Agent{Name: a.Name, Queues: []string{"q"}, Units: 100, Profiles: []plan.AgentProfile{{Name: "calls"}, {Name: "chats"}}}
		for _, s := range []string{"french", "law", "sales", "tax"} {
			if w.IntN(3) == 0 {
				a.def.Skills = append(a.def.Skills, plan.Skill{Name: s, Rating: int32(1 + w.IntN(10))})
			}
		}
		a.counts = []slotCount{{profile: "calls", limit: 3, has: true, blocking: true}, {profile: "chats", limit: 5, has: true}}
		a.skills = w.e.skillIDs.setOf(a.def.Skills)
		w.e.agents[a.Name] = a
		w.q.members = append(w.q.members, a)
		w.change(a)
	}
	w.q.nameFirst()
	return w
}

// change makes an agent another one for all that decisions know of it.
func (w *poolWorld) change(a *agent) {
	a.Connected = w.IntN(8) > 0
	a.Presence = []plan.Presence{plan.Available, plan.Available, plan.Busy, plan.DoNotDisturb, plan.Away}[w.IntN(5)]
	a.used = int64(20 * w.IntN(7))
	a.counts[0].used, a.counts[1].used = int32(w.IntN(4)), int32(w.IntN(7))
	a.LastChange, a.LastReleased = uint64(w.IntN(50)), uint64(w.IntN(50))
	a.assignedFrom("q", uint64(w.IntN(50)))
	w.e.moved(a)
}

func (w *poolWorld) item() *item {
	it := &item{ID: "i", ws: &plan.Workstream{
		Units:            int32([]int{0, 20, 60, 100}[w.IntN(4)]),
		AllowedPresences: []plan.Presence{plan.Available, plan.Busy, plan.Away}[:1+w.IntN(3)],
		SkillMatching:    []plan.SkillMatching{"", plan.SkillsClosest, plan.SkillsNone}[w.IntN(3)],
		Profiles:         []string{"calls", "chats"}[w.IntN(2):][:w.IntN(2)],
	}}
	for _, s := range []string{"french", "greek", "law", "tax"} {
		if w.IntN(3) == 0 {
			it.Skills = append(it.Skills, plan.Skill{Name: s, Rating: int32(w.IntN(11))})
		}
	}
	if w.IntN(4) == 0 {
		it.never = []string{"a001", "a005"}
	}
	it.prepare()
	it.skills = New().joined(it.Skills)
	it.rank(w.q)
	it.line = w.q.line(it)
	return it
}

// What is found in pools is what comparing everybody finds, while everybody changes: the best, the next best and so why.
func TestPoolsFindTheBest(t *testing.T) {
	defer SetFewMembers(SetFewMembers(2))
	found := make(map[plan.SkillMatching]int)
	for seed := range uint64(60) {
		w := newPoolWorld(seed)
		for step := range 150 {
			for range w.IntN(6) {
				w.change(w.q.members[w.IntN(len(w.q.members))])
			}
			it := w.item()
			n := w.e.needOf(it, w.q)
			s := search{queue: w.q, item: it, need: n}
			s.members()
			var want match.Choice
			for _, a := range w.q.members {
				if n.Exclude(&a.card, it.past(a)) == "" {
					r := match.Rank{Agent: &a.card, Distance: s.distance(a)}
					r.First, r.Second = w.q.order(a, n.Room(&a.card))
					want.Show(r)
				}
			}
			if s.choice != want {
				t.Fatalf("seed %d, step %d: %+v and %+v for %+v", seed, step, s.choice, want, n)
			}
			if want.Next.Agent != nil && len(n.Skills) > 1 {
				found[n.Matching]++
			}
			if err := w.e.checkCards(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, m := range []plan.SkillMatching{"", plan.SkillsClosest, plan.SkillsNone} {
		if found[m] < 50 {
			t.Errorf("only %d choices between two with matching %q: it tests less than it says", found[m], m)
		}
	}
}
