// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/plan"
)

// TestMoreThanAnEntryHoldsTakesParts: what one command causes may be larger than any entry, and all of it counts or
// nothing.
func TestMoreThanAnEntryHoldsTakesParts(t *testing.T) {
	w := newWorld(t)
	const agents = 3000
	w.setPlan(func(p *plan.Plan) {
		for i := range agents {
			name := fmt.Sprintf("agent-%d", i)
			p.Agents = append(p.Agents, plan.Agent{
				Name: name, Subject: name, Roles: []plan.Role{plan.RoleAgent}, Units: 100, Queues: []string{"general"},
			})
		}
	})
	f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{MaxEntry: 4 << 10})}
	small := func(o *LoopOptions) { o.Check = false }
	r := newRig(t, w, f, small).run()
	var callers sync.WaitGroup
	for i := range agents {
		callers.Go(func() {
			if _, err := r.Do(t.Context(), event.ConnectAgent{Agent: fmt.Sprintf("agent-%d", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	before := f.appends.Load()
	all := r.view.Stats().AgentsConnected
	r.cancel()
	<-r.done

	// It dies in the middle of the first entry after the start, DisconnectAll; twice, so that parts lie behind parts.
	for range 2 {
		n := 0
		f.mu.Lock()
		f.fail = func() (bool, error) {
			if n++; n == 4 {
				return false, context.Canceled
			}
			return false, nil
		}
		f.mu.Unlock()
		r = newRig(t, w, f, small)
		check(t, r.Recover(t.Context()))
		if got := r.view.Stats().AgentsConnected; got != all {
			t.Errorf("%d agents are connected, want %d: half of what was not answered counts", got, all)
		}
		ctx, cancel := context.WithCancel(context.Background())
		f.mu.Lock()
		fail := f.fail
		f.fail = func() (bool, error) {
			written, err := fail()
			if err != nil {
				cancel()
			}
			return written, err
		}
		f.mu.Unlock()
		check(t, r.Run(ctx))
		cancel()
	}
	f.mu.Lock()
	f.fail = nil
	f.mu.Unlock()
	r = newRig(t, w, f, small).run()
	r.must(receive("after"))
	if got := r.view.Stats().AgentsConnected; got != 0 {
		t.Errorf("%d agents are connected after a start", got)
	}
	if n := f.appends.Load() - before; n < 12 {
		t.Errorf("it took %d entries", n)
	}
	checkReplay(t, r)
}

// TestActivationLargerThanAnEntry: a plan that sends everybody away.
func TestActivationLargerThanAnEntry(t *testing.T) {
	w := newWorld(t)
	j := journal.NewMemory(journal.MemoryOptions{MaxEntry: 4 << 10})
	r := newRig(t, w, j, func(o *LoopOptions) { o.Check = false }).run()
	for n := range 2000 {
		r.must(receive(strconv.Itoa(n)))
	}
	w.setPlan(func(p *plan.Plan) {
		p.Queues = p.Queues[:2] // without vip, in which they wait
		p.Agents[0].Queues = p.Agents[0].Queues[:2]
		p.Workstreams[0].Routing.Rules = nil
		p.Workstreams[0].Routing.Fallback = "general"
		check(t, p.Workstreams[0].SetRevision())
	})
	p, err := plan.Decode(w.plan)
	check(t, err)
	_, err = r.Activate(t.Context(), p)
	check(t, err)
	if got := r.view.PlanVersion(); got != w.version {
		t.Errorf("plan %s is in force, want %s", got, w.version)
	}
	checkReplay(t, r)
}

// TestWhatIsBehindAFailedAppendIsCarriedOutAgain: nobody knows of it yet, so nobody needs to send it again.
func TestWhatIsBehindAFailedAppendIsCarriedOutAgain(t *testing.T) {
	w := newWorld(t)
	f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
	r := newRig(t, w, f).run()
	hold := make(chan struct{})
	f.mu.Lock()
	first := true
	f.fail = func() (bool, error) {
		f.mu.Lock()
		was := first
		first = false
		f.mu.Unlock()
		if !was {
			return false, nil
		}
		<-hold
		return false, journal.ErrUncertain
	}
	f.mu.Unlock()
	lost := make(chan error, 1)
	go func() {
		_, err := r.Do(t.Context(), receive("lost"))
		lost <- err
	}()
	var callers sync.WaitGroup
	for n := range 20 {
		r.waiting(n)
		callers.Go(func() {
			if _, err := r.Do(t.Context(), receive(strconv.Itoa(n))); err != nil {
				t.Errorf("%d: %v", n, err)
			}
		})
	}
	r.waiting(20)
	close(hold)
	if err := <-lost; !errors.Is(err, ingress.ErrUncertain) {
		t.Errorf("got %v, want ErrUncertain", err)
	}
	callers.Wait()
	if n := r.view.Stats().Items[event.Open]; n != 20 {
		t.Errorf("%d items, want 20", n)
	}
	checkReplay(t, r)
}

// TestHungLoopIsNotAlive: only a process that is started again can help then.
func TestHungLoopIsNotAlive(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	if status, why := get(t, "http://"+a.AdminAddr()+"/healthz"); status != http.StatusOK {
		t.Fatalf("at rest: %d %s", status, why)
	}
	unblock := make(chan struct{})
	hung := make(chan struct{})
	go func() {
		_, _ = a.loop.DoLate(context.Background(), func() event.Command {
			a.loop.pulse.last.Store(time.Now().Add(-2 * hungAfter).UnixNano()) // as if it had been for long
			close(hung)
			<-unblock
			return event.Tick{}
		})
	}()
	<-hung
	if status, why := get(t, "http://"+a.AdminAddr()+"/healthz"); status != http.StatusServiceUnavailable {
		t.Errorf("while the loop hangs: %d %s", status, why)
	}
	close(unblock)
	w.eventually(func() string {
		if status, why := get(t, "http://"+a.AdminAddr()+"/healthz"); status != http.StatusOK {
			return why
		}
		return ""
	})
}
