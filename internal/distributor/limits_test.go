// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/planfeed"
)

// measured notes how many events each entry has.
type measured struct {
	journal.Journal

	t  *testing.T
	mu sync.Mutex
	// largest is that of all so far.
	largest int
}

func (m *measured) Append(ctx context.Context, expected uint64, entry []byte) (uint64, error) {
	var whole reader
	events, err := whole.read(entry)
	if err != nil {
		m.t.Error(err)
	}
	m.mu.Lock()
	m.largest = max(m.largest, len(events))
	m.mu.Unlock()
	return m.Journal.Append(ctx, expected, entry)
}

// TestManyTimersTakeSeveralEntries: after a long stop everything is due at once, and must not come to one entry, also not
// with a command that waits.
func TestManyTimersTakeSeveralEntries(t *testing.T) {
	w := newWorld(t)
	w.setPlan(func(p *plan.Plan) {
		p.Workstreams[0].Units = 0
		check(t, p.Workstreams[0].SetRevision())
		p.Agents = p.Agents[:1]
	})
	var offset atomic.Int64
	m := &measured{Journal: journal.NewMemory(journal.MemoryOptions{}), t: t}
	r := newRig(t, w, m, func(o *LoopOptions) {
		o.Clock = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
		o.Check = false
	}).run()
	r.must(event.ConnectAgent{Agent: "ann"})
	r.must(event.SetPresence{Agent: "ann", Presence: plan.Available})
	const offers = 6_000
	var callers sync.WaitGroup
	const together = 100
	for from := range together {
		callers.Go(func() {
			for i := from; i < offers; i += together {
				if _, err := r.Do(t.Context(), receive(strconv.Itoa(i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	if a, _ := r.view.Agent("ann"); len(a.Offers) != offers {
		t.Fatalf("%d offers, want %d", len(a.Offers), offers)
	}
	offset.Store(int64(3 * time.Minute))
	r.must(receive("last"))
	if a, _ := r.view.Agent("ann"); len(a.Offers) != 1 {
		t.Errorf("%d offers are left, want that of the last", len(a.Offers))
	}
	if m.largest >= 2*offers { // each is closed, and its item queued again
		t.Errorf("an entry has %d events, those of all that was due", m.largest)
	}
	checkReplay(t, r)
}

// TestWhatIsTooLargeIsRefusedAlone: a command that the journal can never take is told so, those that came with it are
// carried out, and the loop goes on.
func TestWhatIsTooLargeIsRefusedAlone(t *testing.T) {
	w := newWorld(t)
	f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{MaxEntry: 16 << 10})}
	r := newRig(t, w, f).run()
	unblock := r.blocked(f)
	var callers sync.WaitGroup
	for n := range 20 {
		callers.Go(func() {
			if _, err := r.Do(t.Context(), receive(strconv.Itoa(n))); err != nil {
				t.Errorf("%d: %v", n, err)
			}
		})
	}
	callers.Go(func() {
		large := receive("large")
		large.Text = texts(40 << 10)[0].Event.(event.MessageReceived).Text // compressed it is still too large
		if _, err := r.Do(t.Context(), large); !errors.Is(err, ingress.ErrTooLarge) {
			t.Errorf("got %v, want ErrTooLarge", err)
		}
	})
	r.waiting(21)
	unblock()
	callers.Wait()
	if n := r.view.Stats().Items[event.Open]; n != 21 {
		t.Errorf("%d items, want 21", n)
	}
	w.eventually(func() string { // who was refused is told before the rebuild
		if n := r.recovered.Load(); n != 1 {
			return fmt.Sprintf("rebuilt %d times, want once", n)
		}
		return ""
	})
	if n := f.appends.Load(); n > 10 {
		t.Errorf("it took %d appends", n)
	}
	r.must(receive("next"))
	checkReplay(t, r)
}

// TestPlanTooLargeIsRefused: activating a plan that decides about more than an entry takes is not tried for ever.
func TestPlanTooLargeIsRefused(t *testing.T) {
	w := newWorld(t)
	m := w.newManager()
	check(t, m.Publish(testNamespace, "default", w.published()))
	f := &faulty{}
	a := w.build(w.fed(m), func(a *App) {
		open := a.open
		a.open = func(ctx context.Context, cfg *Config) (*storage, error) {
			s, err := open(ctx, cfg)
			if err == nil {
				f.Journal = s.journal
				s.journal = f
			}
			return s, err
		}
	})
	check(t, a.Start(t.Context()))
	first := w.version
	w.acknowledged(m, func(r planfeed.Replica) bool { return r.Version == first })
	f.failWith(fmt.Errorf("%w: 9 MB", journal.ErrTooLarge), false, 1)
	w.setPlan(func(p *plan.Plan) { p.Agents = p.Agents[:1] })
	check(t, m.Publish(testNamespace, "default", w.published()))
	w.acknowledged(m, func(r planfeed.Replica) bool {
		return r.Version == first && r.RefusedVersion == w.version && strings.Contains(r.Refused, ingress.ErrTooLarge.Error())
	})
	w.say(a, "c-1", "hello")
}

// TestAbortAnswersNothingThatIsNotDurable: the engine is ahead of the journal when an append is interrupted.
func TestAbortAnswersNothingThatIsNotDurable(t *testing.T) {
	w := newWorld(t)
	f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
	r := newRig(t, w, f)
	r.maxEvents = 1
	r.run()
	hold := make(chan struct{})
	asked := make(chan struct{})
	f.mu.Lock()
	f.fail = func() (bool, error) {
		select {
		case <-asked: // the second append
			r.cancel()
			return false, context.Canceled
		default:
		}
		close(asked)
		<-hold
		return false, nil
	}
	f.mu.Unlock()
	answers := make(chan error, 3)
	do := func(key string) {
		_, err := r.Do(context.Background(), receive(key))
		answers <- err
	}
	go do("blocking")
	<-asked
	go do("x")
	r.waiting(1)
	go do("x") // a duplicate, which needs no entry
	r.waiting(2)
	close(hold)
	failed := 0
	for range 3 {
		if err := <-answers; errors.Is(err, ingress.ErrUncertain) || errors.Is(err, ingress.ErrStopping) {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	if failed != 2 {
		t.Errorf("%d of those after the abort failed, want both", failed)
	}
}

// TestAgentWhoComesBackIntoThePlanIsConnected: the socket has been open all the time.
func TestAgentWhoComesBackIntoThePlanIsConnected(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	_, stream := w.online(a, "ann")
	defer stream.Close()
	with, version := w.plan, w.version
	w.setPlan(func(p *plan.Plan) { p.Agents = p.Agents[1:] })
	check(t, a.Activate(t.Context(), w.version, w.plan))
	if a.view.Connected("ann") {
		t.Error("ann is connected though the plan does not have her")
	}
	check(t, a.Activate(t.Context(), version, with))
	w.eventually(func() string {
		if !a.view.Connected("ann") {
			return "ann has a stream and is not connected"
		}
		return ""
	})
}

// slow is a journal that takes its time for every entry.
type slow struct {
	journal.Journal

	pause time.Duration
	// hangs makes it never answer.
	hangs bool
}

func (s *slow) Replay(ctx context.Context, after uint64, fn func(uint64, []byte) error) error {
	if s.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Journal.Replay(ctx, after, func(position uint64, entry []byte) error {
		select {
		case <-time.After(s.pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		return fn(position, entry)
	})
}

// TestLongRebuildIsNoFailure: only a journal that does not get on ends the process.
func TestLongRebuildIsNoFailure(t *testing.T) {
	for name, hangs := range map[string]bool{"it takes long": false, "it hangs": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) { longRebuild(t, w, hangs) })
		})
	}
}

func longRebuild(t *testing.T, w *world, hangs bool) {
	t.Helper()
	s := &slow{Journal: journal.NewMemory(journal.MemoryOptions{})}
	f := &faulty{Journal: s}
	r := newRig(t, w, f)
	r.rebuildFor = 200 * time.Millisecond
	r.run()
	for n := range 20 {
		r.must(receive(strconv.Itoa(n)))
	}
	s.pause, s.hangs = 30*time.Millisecond, hangs
	f.failWith(journal.ErrUncertain, false, 1)
	if _, err := r.Do(t.Context(), receive("x")); !errors.Is(err, ingress.ErrUncertain) {
		t.Fatalf("got %v, want ErrUncertain", err)
	}
	if hangs {
		if err := <-r.result; !errors.Is(err, errNoProgress) {
			t.Errorf("the loop ended with %v", err)
		}
		return
	}
	w.eventually(func() string {
		if r.recovered.Load() == 0 {
			return "not rebuilt"
		}
		return ""
	})
	r.must(receive("x"))
	checkReplay(t, r)
}

// TestRoomThatIsBackIsSeenWithoutWork: nobody should be told of a full journal that is not.
func TestRoomThatIsBackIsSeenWithoutWork(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
		r := newRig(t, w, f).run()
		f.failWith(journal.ErrFull, false, 2) // also the first try
		if _, err := r.Do(t.Context(), receive("x")); !errors.Is(err, ingress.ErrFull) {
			t.Fatalf("got %v, want ErrFull", err)
		}
		gauge := func() float64 { return testutil.ToFloat64(r.opts.Metrics.full) }
		w.eventually(func() string {
			if gauge() != 1 {
				return "it is not said to be full"
			}
			return ""
		})
		w.eventually(func() string {
			if gauge() != 0 {
				return "it is still said to be full"
			}
			return ""
		})
		if n := r.recovered.Load(); n != 1 {
			t.Errorf("rebuilt %d times, want once: a try decides nothing", n)
		}
		checkReplay(t, r)
	})
}

func TestTooManyWaitingIsBusy(t *testing.T) {
	w := newWorld(t)
	f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
	r := newRig(t, w, f).run()
	unblock := r.blocked(f)
	var callers sync.WaitGroup
	var busy atomic.Int64
	for n := range maxWaiting + maxBatch + 100 {
		callers.Go(func() {
			_, err := r.Do(t.Context(), receive(strconv.Itoa(n)))
			if errors.Is(err, ingress.ErrBusy) {
				busy.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	w.eventually(func() string {
		if busy.Load() < 99 {
			return fmt.Sprintf("%d are told to come back", busy.Load())
		}
		return ""
	})
	unblock()
	callers.Wait()
}
