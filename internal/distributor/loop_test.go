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

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/telemetry"
	"workstream.dev/operator/internal/view"
)

// blocked has the loop wait in an append, so that what comes now has to wait. The returned function ends that.
func (r *rig) blocked(f *faulty) (unblock func()) {
	r.t.Helper()
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	r.t.Cleanup(release) // a test that fails before must end
	f.mu.Lock()
	f.hold = hold
	f.mu.Unlock()
	before := f.appends.Load()
	done := make(chan error, 1)
	go func() {
		_, err := r.Do(context.Background(), receive("blocking"))
		done <- err
	}()
	r.world.eventually(func() string {
		if f.appends.Load() == before {
			return "the loop does not append"
		}
		return ""
	})
	return func() {
		r.t.Helper()
		release()
		check(r.t, <-done)
	}
}

// waiting waits until so many commands wait behind the one that is blocked.
func (r *rig) waiting(n int) {
	r.t.Helper()
	r.world.eventually(func() string {
		if got := int(r.unanswered.Load()) - 1; got < n {
			return fmt.Sprintf("%d commands wait, want %d", got, n)
		}
		return ""
	})
}

// faulty is a journal whose appends can be made to fail.
type faulty struct {
	journal.Journal

	appends atomic.Int64
	// fail decides about each append; one may be written and fail nevertheless.
	mu   sync.Mutex
	fail func() (written bool, err error)
	// hold, when set, makes appends wait until it is closed.
	hold chan struct{}
}

func (f *faulty) Append(ctx context.Context, expected uint64, entry []byte) (uint64, error) {
	f.appends.Add(1)
	f.mu.Lock()
	fail, hold := f.fail, f.hold
	f.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if fail == nil {
		return f.Journal.Append(ctx, expected, entry)
	}
	written, err := fail()
	if err != nil && !written {
		return 0, err
	}
	position, appendErr := f.Journal.Append(ctx, expected, entry)
	return position, errors.Join(err, appendErr)
}

func (f *faulty) failWith(err error, done bool, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = func() (bool, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if times == 0 {
			return false, nil
		}
		times--
		return done, err
	}
}

// rig is a loop on a journal, without the rest of a distributor.
type rig struct {
	*Loop

	t         *testing.T
	world     *world
	view      *view.View
	released  chan []event.Delivery
	recovered atomic.Int64
	result    chan error
	cancel    context.CancelFunc
}

func newRig(t *testing.T, w *world, j journal.Journal, change ...func(*LoopOptions)) *rig {
	t.Helper()
	r := &rig{t: t, world: w, view: view.New(), released: make(chan []event.Delivery, 1000), result: make(chan error, 1)}
	opts := LoopOptions{
		Journal: j, View: r.view, Log: w.config().Log, Metrics: NewMetrics(telemetry.NewRegistry(), r.view), Clock: time.Now,
		Release: func(d []event.Delivery) {
			if len(d) > 0 {
				r.released <- d
			}
		},
		Recovered:       func() { r.recovered.Add(1) },
		Activated:       func() {},
		SnapshotEntries: 1 << 30, SnapshotBytes: 1 << 30, Check: true,
	}
	for _, c := range change {
		c(&opts)
	}
	r.Loop = NewLoop(opts)
	return r
}

// run recovers and serves until the test ends.
func (r *rig) run() *rig {
	r.t.Helper()
	check(r.t, r.Recover(r.t.Context()))
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() { r.result <- r.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		<-r.done
	})
	if r.view.PlanVersion() == "" {
		p, err := plan.Decode(r.world.plan)
		check(r.t, err)
		r.world.eventually(func() string {
			_, err := r.Activate(context.Background(), p)
			if err != nil {
				return err.Error()
			}
			return ""
		})
	}
	return r
}

func receive(key string) event.ReceiveMessage {
	return event.ReceiveMessage{
		Intake: event.Intake{Scope: "channel/web", Key: key, Digest: "d"}, Item: "i-" + key, Message: "m-" + key,
		Channel: "web", Conversation: "c-" + key, Text: "hello",
	}
}

func (r *rig) must(cmd event.Command) event.Result {
	r.t.Helper()
	res, err := r.Do(r.t.Context(), cmd)
	check(r.t, err)
	if res.Rejected != nil {
		r.t.Fatalf("%T: %s", cmd, res.Rejected.Message)
	}
	return res
}

func TestCommandsThatWaitGoIntoOneEntry(t *testing.T) {
	w := newWorld(t)
	f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
	r := newRig(t, w, f).run()
	unblock := r.blocked(f)
	before := f.appends.Load()
	var callers sync.WaitGroup
	for n := range 100 {
		callers.Go(func() {
			if _, err := r.Do(t.Context(), receive(strconv.Itoa(n))); err != nil {
				t.Error(err)
			}
		})
	}
	r.waiting(100)
	w.eventually(func() string { // who is taken in is carried out before the loop hears of the end of the append
		if n := len(r.requests); n > 0 {
			return fmt.Sprintf("%d are not taken in", n)
		}
		return ""
	})
	if n := r.view.Stats().Items[event.Open]; n != 0 {
		t.Errorf("%d items are seen before their entry is durable", n)
	}
	unblock()
	callers.Wait()
	if n := f.appends.Load() - before; n != 1 {
		t.Errorf("100 commands took %d entries, want 1", n)
	}
	if n := r.view.Stats().Items[event.Open]; n != 101 {
		t.Errorf("%d items, want 101", n)
	}
}

func TestBatchThatCausesMuchTakesSeveralEntries(t *testing.T) {
	w := newWorld(t)
	f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
	r := newRig(t, w, f)
	r.maxEvents = 50
	r.run()
	unblock := r.blocked(f)
	before := f.appends.Load()
	var callers sync.WaitGroup
	for n := range 100 {
		callers.Go(func() {
			if _, err := r.Do(t.Context(), receive(strconv.Itoa(n))); err != nil {
				t.Error(err)
			}
		})
	}
	r.waiting(100)
	unblock()
	callers.Wait()
	if n := f.appends.Load() - before; n < 5 || n > 20 {
		t.Errorf("100 commands took %d entries", n)
	}
	if n := r.view.Stats().Items[event.Open]; n != 101 {
		t.Errorf("%d items, want 101", n)
	}
	checkReplay(t, r)
}

func TestFullJournalRefusesAndRecovers(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
		r := newRig(t, w, f).run()
		r.must(receive("before"))
		f.failWith(journal.ErrFull, false, 2)
		if _, err := r.Do(t.Context(), receive("x")); !errors.Is(err, ingress.ErrFull) {
			t.Fatalf("got %v, want ErrFull", err)
		}
		appends := f.appends.Load()
		if _, err := r.Do(t.Context(), receive("y")); !errors.Is(err, ingress.ErrFull) || f.appends.Load() != appends {
			t.Errorf("got %v after %d more appends, want ErrFull without a try", err, f.appends.Load()-appends)
		}
		if _, ok := r.view.Item("i-before"); !ok {
			t.Error("what is there can no longer be read")
		}
		if _, ok := r.view.Item("i-x"); ok {
			t.Error("what was refused is shown")
		}
		w.eventually(func() string {
			if _, err := r.Do(t.Context(), receive("x")); err != nil {
				return err.Error()
			}
			return ""
		})
		if n := r.view.Stats().Items[event.Open]; n != 2 {
			t.Errorf("%d items, want 2", n)
		}
		checkReplay(t, r)
	})
}

// TestStartOnAFullJournal: what it has can be read, nothing is taken in, and that the agents are gone is written as soon
// as there is room.
func TestStartOnAFullJournal(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		j := journal.NewMemory(journal.MemoryOptions{})
		r := newRig(t, w, j).run()
		r.must(event.ConnectAgent{Agent: "ann"})
		r.must(receive("1"))
		r.cancel()
		<-r.done

		f := &faulty{Journal: j}
		f.failWith(journal.ErrFull, false, 2)
		again := newRig(t, w, f).run()
		w.eventually(func() string {
			if _, err := again.Do(t.Context(), receive("2")); !errors.Is(err, ingress.ErrFull) {
				return fmt.Sprintf("got %v, want ErrFull", err)
			}
			return ""
		})
		if it, ok := again.view.Item("i-1"); !ok || it.Offer == nil || !again.view.Connected("ann") {
			t.Errorf("what is there is not shown as it is: %+v", it)
		}
		w.eventually(func() string {
			if again.view.Connected("ann") {
				return "ann is still connected"
			}
			return ""
		})
		again.must(receive("2"))
		if it, _ := again.view.Item("i-2"); it.Offer != nil {
			t.Errorf("offered to an agent who is not there: %+v", it)
		}
		checkReplay(t, again)
	})
}

// TestPlanWithoutRoomLeavesItToOthers: of a plan that does not fit nothing is kept, and conversations go on.
func TestPlanWithoutRoomLeavesItToOthers(t *testing.T) {
	w := newWorld(t)
	const room = 200 << 10
	r := newRig(t, w, journal.NewMemory(journal.MemoryOptions{Limit: len(w.plan) + room})).run()
	p, err := plan.Decode(w.plan)
	check(t, err)
	for i := range 4000 { // some 100 parts of 4 KB
		p.Agents = append(p.Agents, plan.Agent{Name: fmt.Sprintf("z-%d", i), Subject: fmt.Sprintf("z-%d@contoso.com", i)})
	}
	_, _, err = p.Encode()
	check(t, err)
	if size := p.Size(); size < room || len(p.Parts()) < 10 {
		t.Fatalf("the plan has %d bytes in %d parts", size, len(p.Parts()))
	}
	for range 2 {
		if _, err := r.Activate(t.Context(), p); !errors.Is(err, ingress.ErrFull) {
			t.Fatalf("got %v, want ErrFull", err)
		}
	}
	for i := range 50 {
		message := receive(strconv.Itoa(i))
		message.Text = strings.Repeat("x", 2000)
		r.must(message)
	}
	checkReplay(t, r)
}

// checkReplay compares the loop's state with what another one recovers from the same journal.
func checkReplay(t *testing.T, r *rig) {
	t.Helper()
	r.Stop()
	<-r.done
	other := newRig(t, r.world, r.opts.Journal)
	check(t, other.Recover(t.Context()))
	want, err := r.engine.Snapshot()
	check(t, err)
	got, err := other.engine.Snapshot()
	check(t, err)
	if string(got) != string(want) {
		t.Errorf("recovered:\n%s\nlive:\n%s", got, want)
	}
}

func TestUncertainAppendIsResolvedByTheJournal(t *testing.T) {
	for name, written := range map[string]bool{"written": true, "not written": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
			r := newRig(t, w, f).run()
			f.failWith(fmt.Errorf("%w: no answer", journal.ErrUncertain), written, 1)
			if _, err := r.Do(t.Context(), receive("x")); !errors.Is(err, ingress.ErrUncertain) {
				t.Fatalf("got %v, want ErrUncertain", err)
			}
			// The sender tries again, as it was told.
			res := r.must(receive("x"))
			if res.Item != "i-x" || res.Duplicate != written {
				t.Errorf("again: %+v, want duplicate %v", res, written)
			}
			if n := r.view.Stats().Items[event.Open]; n != 1 {
				t.Errorf("%d items, want 1", n)
			}
			if r.recovered.Load() != 1 {
				t.Errorf("rebuilt %d times, want once", r.recovered.Load())
			}
			checkReplay(t, r)
		})
	}
}

// TestDeliveriesOfAnUncertainAppendAreNotLost: the entry was written, its deliveries were not released, so the rebuild
// must release them.
func TestDeliveriesOfAnUncertainAppendAreNotLost(t *testing.T) {
	w := newWorld(t)
	f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
	r := newRig(t, w, f).run()
	r.must(event.ConnectAgent{Agent: "ann"})
	r.must(receive("x"))
	it, _ := r.view.Item("i-x")
	r.must(event.AcceptOffer{Agent: "ann", Offer: it.Offer.ID})
	f.failWith(fmt.Errorf("%w: no answer", journal.ErrUncertain), true, 1)
	send := event.SendMessage{Agent: "ann", Item: "i-x", Message: "a1", Text: "hi"}
	if _, err := r.Do(t.Context(), send); !errors.Is(err, ingress.ErrUncertain) {
		t.Fatalf("got %v, want ErrUncertain", err)
	}
	select {
	case d := <-r.released:
		if len(d) != 1 || d[0].Message != "a1" {
			t.Errorf("released %+v", d)
		}
	case <-time.After(patience):
		t.Fatal("nothing was released")
	}
}

func TestSecondWriterIsFenced(t *testing.T) {
	w := newWorld(t)
	j := journal.NewMemory(journal.MemoryOptions{})
	first := newRig(t, w, j).run()
	first.must(receive("1"))
	second := newRig(t, w, j).run()
	second.must(receive("2"))
	// The first one does not know yet that it is no longer alone. Nothing of what it decides now gets into the journal.
	if _, err := first.Do(t.Context(), receive("3")); !errors.Is(err, ingress.ErrUncertain) {
		t.Fatalf("got %v, want ErrUncertain", err)
	}
	w.eventually(func() string {
		if _, ok := first.view.Item("i-2"); !ok {
			return "after its rebuild the first does not know what the second wrote"
		}
		return ""
	})
	first.must(receive("3"))
	// Between the two, every command was carried out once.
	second.Stop()
	<-second.done
	if n := first.view.Stats().Items[event.Open]; n != 3 {
		t.Errorf("%d items, want 3", n)
	}
	checkReplay(t, first)
}

func TestBrokenInvariantEndsTheLoop(t *testing.T) {
	w := newWorld(t)
	r := newRig(t, w, journal.NewMemory(journal.MemoryOptions{})).run()
	type unknown struct{ event.Command }
	if _, err := r.Do(t.Context(), unknown{}); !errors.Is(err, ingress.ErrUncertain) {
		t.Errorf("the caller got %v, want ErrUncertain", err)
	}
	if err := <-r.result; err == nil || !strings.Contains(err.Error(), "unknown") {
		t.Errorf("the loop ended with %v, want it to name the command", err)
	}
	if _, err := r.Do(t.Context(), receive("x")); !errors.Is(err, ingress.ErrNotReady) {
		t.Errorf("afterwards: %v, want ErrNotReady", err)
	}
}

func TestPanicOfTheEngineEndsTheLoop(t *testing.T) {
	w := newWorld(t)
	r := newRig(t, w, journal.NewMemory(journal.MemoryOptions{})).run()
	if _, err := r.DoLate(t.Context(), func() event.Command { panic("a bug") }); !errors.Is(err, ingress.ErrUncertain) {
		t.Errorf("the caller got %v, want ErrUncertain", err)
	}
	if err := <-r.result; err == nil || !strings.Contains(err.Error(), "a bug") {
		t.Errorf("the loop ended with %v, want a panic as an error", err)
	}
}

func TestCallerWhoGivesUpDoesNotHoldUpTheLoop(t *testing.T) {
	w := newWorld(t)
	f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
	r := newRig(t, w, f).run()
	unblock := r.blocked(f)
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() {
		_, err := r.Do(ctx, receive("1"))
		answered <- err
	}()
	r.waiting(1)
	cancel()
	if err := <-answered; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	unblock()
	r.must(receive("2"))
}
