// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// A tree is the sorted list of what is in it, whatever comes and goes where, and a walk finds all who have the room.
func TestTreeIsSorted(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var tr tree[seat]
		var want []*seat
		for i := range 600 {
			if len(want) > 0 && (r.IntN(5) < 2 || (i > 300 && r.IntN(2) == 0)) {
				k := r.IntN(len(want))
				if !tr.remove(&want[k].node) {
					t.Fatalf("seed %d, step %d: what is there is not found", seed, i)
				}
				want = slices.Delete(want, k, k+1)
			} else {
				s := &seat{}
				s.node.of, s.node.room, s.node.rooms = s, int64(r.IntN(100)), true
				s.node.place = place{first: int64(r.IntN(20)), second: int64(r.IntN(3)), name: strconv.Itoa(i)}
				s.node.weight = weigh(s.node.name)
				tr.insert(&s.node)
				want = append(want, s)
				slices.SortFunc(want, func(a, b *seat) int { return a.node.compare(&b.node.place) })
			}
			checkTree(t, &tr, want, int64(r.IntN(110)))
		}
	}
}

func checkTree(t *testing.T, tr *tree[seat], want []*seat, room int64) {
	t.Helper()
	var all, roomy, some []*seat
	tr.all(func(s *seat) bool {
		all = append(all, s)
		return true
	})
	tr.root.walk(room, func(s *seat) bool {
		roomy = append(roomy, s)
		return len(roomy) < 7
	})
	for _, s := range want {
		if s.node.room >= room && len(some) < 7 {
			some = append(some, s)
		}
	}
	if !slices.Equal(all, want) || !slices.Equal(roomy, some) || tr.len != len(want) {
		t.Fatalf("%d in the tree and %d expected, %d of %d with room %d, or in another order", len(all), len(want), len(roomy), len(some), room)
	}
	if (tr.first() == nil) != (len(want) == 0) || (len(want) > 0 && tr.first() != want[0]) {
		t.Fatal("another one is first")
	}
}

// The depth of a tree is logarithmic, also for names that differ little and come in their order.
func TestTreeIsShallow(t *testing.T) {
	var tr tree[seat]
	for i := range 100_000 {
		s := &seat{}
		s.node.of, s.node.name = s, fmt.Sprintf("a%05d", i)
		s.node.weight = weigh(s.node.name)
		tr.insert(&s.node)
	}
	if d := depth(tr.root); d > 60 {
		t.Errorf("100,000 in a depth of %d", d)
	}
}

func depth(n *node[seat]) int {
	if n == nil {
		return 0
	}
	return 1 + max(depth(n.left), depth(n.right))
}

func TestLinePanicsOnWhatIsNotThere(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an item that is not in the line is removed from it")
		}
	}()
	q := queue{name: "q", ids: make(skillIDs), demands: &demands{}}
	of := func(id string) *item {
		it := &item{ID: id, ws: &plan.Workstream{}}
		it.prepare()
		it.rank(&q)
		return it
	}
	l := q.line(of("a"))
	l.insert(of("a"))
	l.remove(of("b"))
}

// The heap gives timers in the order of their deadlines while they are set, moved and taken out.
func TestTimersAreOrdered(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var h timerHeap
		var all []*timer
		for i := range 40 {
			item, agent := fmt.Sprint("i", i%20), fmt.Sprint("a", i)
			all = append(all, &timer{kind: timerKind(1 + r.IntN(3)), of: &item, by: &agent})
		}
		for i := range 800 {
			if r.IntN(4) == 0 {
				h.remove(all[r.IntN(len(all))])
			} else {
				h.set(all[r.IntN(len(all))], event.Instant(r.IntN(30)))
			}
			checkHeap(t, &h, all, i)
		}
		var last *timer
		for f := h.first(); f != nil; f = h.first() {
			if last != nil && f.before(last) {
				t.Fatalf("seed %d: %+v comes after %+v", seed, f, last)
			}
			last = f
			h.remove(f)
		}
		for _, x := range all {
			if x.index != 0 {
				t.Fatalf("seed %d: %+v is left over", seed, x)
			}
		}
	}
}

func checkHeap(t *testing.T, h *timerHeap, all []*timer, step int) {
	t.Helper()
	var first *timer
	n := 0
	for _, x := range all {
		if x.index == 0 {
			continue
		}
		n++
		if d := h.list[x.index-1]; d.t != x || d.at > x.at {
			t.Fatalf("step %d: a timer is not where it says", step)
		}
		if first == nil || x.before(first) {
			first = x
		}
	}
	if h.first() != first || len(h.list) != n {
		t.Fatalf("step %d: first is %+v, want %+v; %d of %d", step, h.first(), first, len(h.list), n)
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	var m memory[int]
	for i := range 1000 {
		m.putLimited(strconv.Itoa(i), i, 300)
	}
	if m.len() != 300 || m.oldest() != 700 || len(m.numbers) != 300 || len(m.chunks) > 3 {
		t.Errorf("%d remembered, the oldest %d, %d by key, %d chunks", m.len(), m.oldest(), len(m.numbers), len(m.chunks))
	}
	if _, ok := m.get("699"); ok {
		t.Error("the one before is still there")
	}
	before := m.all()
	m.put("700", -1)
	if before[0][0].value != 700 {
		t.Error("what was taken out has changed")
	}
	if v, ok := m.get("700"); !ok || v != -1 || m.len() != 300 {
		t.Error("what is put again is not replaced in its place")
	}
	want := []int{-1}
	for i := 701; i < 1000; i++ {
		want = append(want, i)
	}
	var got []int
	for _, part := range m.all() {
		for _, r := range part {
			got = append(got, r.value)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for m.len() > 0 {
		m.drop()
	}
	m.put("x", 1)
	if m.oldest() != 1 {
		t.Error("nothing is remembered any more")
	}
}
