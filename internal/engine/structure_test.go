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
)

// A line is the sorted list of what is in it, whatever comes and goes where.
func TestLineIsSorted(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var l line
		var want []*item
		for i := range 600 {
			if len(want) > 0 && (r.IntN(5) < 2 || (i > 300 && r.IntN(2) == 0)) {
				k := 0
				if r.IntN(2) == 0 {
					k = r.IntN(len(want))
				}
				l.remove(want[k])
				want = slices.Delete(want, k, k+1)
			} else {
				it := &item{ID: strconv.Itoa(r.IntN(1_000_000)), Since: event.Instant(i - r.IntN(50))}
				l.insert(it)
				want = append(want, it)
				slices.SortFunc(want, func(a, b *item) int {
					if a.before(b) {
						return -1
					}
					return 1
				})
			}
			if !slices.Equal(want, l.all()) || l.len() != len(want) {
				t.Fatalf("seed %d, step %d: %d in line and %d expected, or in another order", seed, i, l.len(), len(want))
			}
		}
	}
}

func TestLinePanicsOnWhatIsNotThere(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an item that is not in the line is removed from it")
		}
	}()
	l := line{}
	l.insert(&item{ID: "a"})
	l.remove(&item{ID: "b"})
}

// The heap gives timers in the order of their deadlines while they are set, moved and taken out.
func TestTimersAreOrdered(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var h timerHeap
		var all []*timer
		for i := range 40 {
			all = append(all, &timer{kind: timerKind(1 + r.IntN(3)), item: fmt.Sprint("i", i%20), agent: fmt.Sprint("a", i)})
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
		if h.list[x.index-1] != x {
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
	if m.len() != 300 || m.oldest() != 700 || len(m.byKey) != 300 || len(m.order) > 700 {
		t.Errorf("%d remembered, the oldest %d, %d by key, %d slots", m.len(), m.oldest(), len(m.byKey), len(m.order))
	}
	if _, ok := m.get("699"); ok {
		t.Error("the one before is still there")
	}
	m.put("700", -1)
	if v, ok := m.get("700"); !ok || v != -1 || m.len() != 300 {
		t.Error("what is put again is not replaced in its place")
	}
	want := []int{-1}
	for i := 701; i < 1000; i++ {
		want = append(want, i)
	}
	if diff := cmp.Diff(want, m.list()); diff != "" {
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
