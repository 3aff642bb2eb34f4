// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/plan"
)

// inBubble runs a test of a loop in a bubble, where time passes only while everybody waits: a machine that is busy with
// something else takes none of it. The world is made outside, since who waits for the network does not count as waiting.
func inBubble(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		w.t = t
		test(t, w)
	})
}

func TestTimersFireWithoutCommands(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.setPlan(func(p *plan.Plan) {
			p.Workstreams[0].Offer.Timeout = 200 * time.Millisecond
			check(t, p.Workstreams[0].SetRevision())
		})
		r := newRig(t, w, journal.NewMemory(journal.MemoryOptions{})).run()
		r.must(event.ConnectAgent{Agent: "ann"})
		r.must(receive("x"))
		it, _ := r.view.Item("i-x")
		if it.Offer == nil {
			t.Fatalf("no offer: %+v", it)
		}
		w.eventually(func() string {
			if it, _ := r.view.Item("i-x"); it.Offer != nil {
				return "the offer did not expire"
			}
			return ""
		})
	})
}

func TestTimeNeverGoesBack(t *testing.T) {
	w := newWorld(t)
	var offset atomic.Int64
	r := newRig(t, w, journal.NewMemory(journal.MemoryOptions{}), func(o *LoopOptions) {
		o.Clock = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	}).run()
	r.must(receive("1"))
	first, _ := r.view.Item("i-1")
	offset.Store(int64(-time.Hour))
	r.must(receive("2"))
	second, _ := r.view.Item("i-2")
	if second.OpenedAt.Before(first.OpenedAt) {
		t.Errorf("opened at %v, after one of %v", second.OpenedAt, first.OpenedAt)
	}
}
