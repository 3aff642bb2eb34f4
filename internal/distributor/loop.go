// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/view"
)

const (
	// maxWaiting bounds the commands that wait for their turn. More than this is more than the journal takes in a second,
	// and a caller is better told at once.
	maxWaiting = 4096
	// These bound what goes into one entry; the events of one command are never parted.
	maxBatch       = 512
	maxBatchBytes  = 1 << 20
	maxBatchEvents = 10_000
	// appendTimeout is how long an append may take before its outcome counts as unknown.
	appendTimeout = 10 * time.Second
	// clockCheck is how often the clock is looked at though no timer is due, to notice that it was set.
	clockCheck = time.Second
)

// Loop is the one writer of a namespace: a goroutine that owns the engine. While an entry is on its way to stable storage,
// the engine carries out the commands of the next one; they go into one entry, too. Nobody hears of anything before its
// own entry, and so all before it, is on stable storage.
type Loop struct {
	opts     LoopOptions
	requests chan *request
	ready    atomic.Bool
	broken   atomic.Bool // Run ended with an error
	pulse    pulse
	// unanswered is how many commands wait for their answer.
	unanswered atomic.Int64

	stopOnce sync.Once
	stopping chan struct{} // closed: finish what waits, keep a snapshot, return
	done     chan struct{} // closed: Run has returned

	// What follows belongs to the goroutine of Run.
	engine   *engine.Engine
	position uint64        // of the last entry that is durable
	plans    []*plan.Plan  // decoded by a replay, the latest last
	last     event.Instant // the latest time that was stamped
	// queue are commands that are next to be carried out.
	queue []*request
	// next is what was carried out and not appended yet; inFlight is being appended, nil when nothing is.
	next, inFlight *batch
	// spare is empty: it becomes next.
	spare    *batch
	appended chan appended
	writer   entryWriter // of whoever appends inFlight
	// reset asks for DisconnectAll before the next command: connections did not survive the restart.
	reset bool
	full  fullness
	since sinceSnapshot
	// storing is the snapshot that is under way, nil when there is none.
	storing *storing
	watch   *watch // of a rebuild while it serves
	// maxEvents is maxBatchEvents, rebuildFor the constant of that name.
	maxEvents  int
	rebuildFor time.Duration
}

// LoopOptions are what a Loop works with.
type LoopOptions struct {
	Journal journal.Journal
	View    *view.View
	Log     *slog.Logger
	Metrics *Metrics
	// Clock tells the time.
	Clock func() time.Time
	// Release takes over deliveries whose events are durable. It must not block, and sees one again after a recovery.
	Release func([]event.Delivery)
	// Recovered is called after the engine was rebuilt while running, Activated when a plan came into force. They must not
	// block.
	Recovered func()
	Activated func()
	// SnapshotEntries and SnapshotBytes are how much is appended between two snapshots.
	SnapshotEntries int
	SnapshotBytes   int
	// Check looks at all invariants after every round and recovery; a broken one ends Run.
	Check bool
}

// request is a command that waits for its turn.
type request struct {
	command event.Command
	// late replaces command: it is called when the turn has come.
	late func() event.Command
	size int
	// plan is stored before a command that names it.
	plan *plan.Plan
	// done is called once, by the goroutine of Run. It must not block.
	done func(event.Result, error)
}

func (r *request) refuse(err error) { r.done(event.Result{}, err) }

// NewLoop returns a loop that does nothing until Run.
func NewLoop(opts LoopOptions) *Loop {
	return &Loop{
		opts: opts, requests: make(chan *request, maxWaiting), reset: true, next: &batch{}, spare: &batch{},
		appended: make(chan appended, 1), stopping: make(chan struct{}), done: make(chan struct{}),
		maxEvents: maxBatchEvents, rebuildFor: rebuildFor,
	}
}

// Do carries a command out and returns when what it caused is on stable storage. Its errors are those of ingress.Doer.
func (l *Loop) Do(ctx context.Context, cmd event.Command) (event.Result, error) {
	return l.do(ctx, &request{command: cmd, size: sizeOf(cmd)})
}

// Start is Do without waiting: done is called with what Do would return, by the loop, and must not block. When the loop ends
// before, it is not called.
func (l *Loop) Start(cmd event.Command, done func(event.Result, error)) {
	r := &request{command: cmd, size: sizeOf(cmd), done: done}
	if err := l.enter(r); err != nil {
		r.refuse(err)
	}
}

// DoLate is Do for a command that is decided only when its turn has come.
func (l *Loop) DoLate(ctx context.Context, command func() event.Command) (event.Result, error) {
	return l.do(ctx, &request{late: command})
}

// Activate stores a plan and makes it the one in force.
func (l *Loop) Activate(ctx context.Context, p *plan.Plan) (event.Result, error) {
	cmd := event.ActivatePlan{Version: p.Version(), Plan: p}
	return l.do(ctx, &request{command: cmd, plan: p})
}

// enter lines a request up.
func (l *Loop) enter(r *request) error {
	select {
	case <-l.stopping:
		return ingress.ErrStopping
	default:
	}
	if !l.ready.Load() {
		return ingress.ErrNotReady
	}
	select {
	case l.requests <- r:
		return nil
	default:
		return ingress.ErrBusy
	}
}

type answer struct {
	result event.Result
	err    error
}

func (l *Loop) do(ctx context.Context, r *request) (event.Result, error) {
	answered := make(chan answer, 1) // the loop never waits for a caller
	r.done = func(result event.Result, err error) { answered <- answer{result, err} }
	if err := l.enter(r); err != nil {
		return event.Result{}, err
	}
	l.unanswered.Add(1)
	defer l.unanswered.Add(-1)
	select {
	case a := <-answered:
		return a.result, a.err
	case <-ctx.Done():
		return event.Result{}, ctx.Err()
	case <-l.done:
	}
	// It may have been carried out as the last one before the loop ended.
	select {
	case a := <-answered:
		return a.result, a.err
	default:
	}
	if l.broken.Load() {
		return event.Result{}, ingress.ErrUncertain // it may be what broke the loop, before or after it became durable
	}
	return event.Result{}, ingress.ErrStopping
}

// Ready reports whether the state has been recovered and the loop serves.
func (l *Loop) Ready() bool { return l.ready.Load() }

// Stop makes Run finish what waits already, keep a snapshot and return. It does not wait for that.
func (l *Loop) Stop() { l.stopOnce.Do(func() { close(l.stopping) }) }

// Recover rebuilds the state from the journal. It is called once, before Run.
func (l *Loop) Recover(ctx context.Context) error {
	if err := l.rebuild(ctx); err != nil {
		return err
	}
	l.ready.Store(true)
	return nil
}

// Run serves until Stop, or until ctx ends, which is the end without finishing anything. An error is a broken invariant
// or a journal that can no longer be read: the process must end and recover.
func (l *Loop) Run(ctx context.Context) (err error) {
	defer close(l.done)
	// A panic of the engine is a broken invariant. What has been answered is durable; what the state is worth, nobody knows.
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the engine is broken: %v\n%s", v, debug.Stack())
		}
		l.broken.Store(err != nil)
		l.ready.Store(false)
		if err != nil && l.storing != nil {
			l.storing.cancel() // it may take minutes, and somebody must start the process again
		}
		l.endSnapshot()
	}()
	l.opts.Release(l.engine.Deliveries())
	l.pulse.start()
	defer l.pulse.stop()
	timer := time.NewTimer(0) // the first turn appends DisconnectAll
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			l.abandon()
			return nil
		case <-l.stopping:
			return l.finish(ctx)
		case <-timer.C:
		case <-l.stored():
			l.endSnapshot()
		case a := <-l.appended:
			err = l.settle(ctx, a)
		case r := <-l.taking():
			l.queue = append(l.queue, r)
			l.collect()
		}
		if err == nil {
			err = l.turn(ctx)
		}
		if err != nil {
			l.abandon()
			return err
		}
		l.pulse.beat()
		timer.Reset(l.wait())
	}
}

// taking is where commands come from, nil while there is no room for more.
func (l *Loop) taking() <-chan *request {
	if l.full.is || len(l.queue) == 0 && !l.next.full(l) && !l.snapshotDue() {
		return l.requests
	}
	return nil
}

// collect adds what is waiting already to the queue; it waits for nothing more.
func (l *Loop) collect() {
	size := 0
	for len(l.queue)+len(l.next.carried) < maxBatch && size < maxBatchBytes {
		select {
		case r := <-l.requests:
			l.queue = append(l.queue, r)
			size += r.size
		default:
			return
		}
	}
}

// finish carries out what was accepted before the stop, unless ctx ends first: there are no turns any more then.
func (l *Loop) finish(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			l.abandon()
			return nil //nolint:nilerr // it was interrupted: that is no failure of the loop
		}
		l.collect()
		if err := l.turn(ctx); err != nil {
			l.abandon()
			return err
		}
		if l.inFlight == nil {
			if l.next.empty() && len(l.queue) == 0 && len(l.requests) == 0 {
				break
			}
			continue
		}
		select {
		case a := <-l.appended:
			if err := l.settle(ctx, a); err != nil {
				l.abandon()
				return err
			}
		case <-ctx.Done():
			l.abandon()
			return nil
		}
	}
	l.endSnapshot()
	if l.since.entries > 0 && !l.full.is && ctx.Err() == nil {
		l.snapshot(ctx)
	}
	return nil
}

// abandon leaves what is not durable unanswered for good: it may be, or not.
func (l *Loop) abandon() {
	if l.inFlight != nil {
		<-l.appended
		l.inFlight.refuse(ingress.ErrUncertain)
		l.inFlight = nil
	}
	l.next.refuse(ingress.ErrUncertain)
	l.next = &batch{}
	refuse(l.queue, ingress.ErrUncertain)
	l.queue = nil
}

// wait is how long there is nothing to do when no command comes.
func (l *Loop) wait() time.Duration {
	if l.full.is {
		return max(l.full.retry.Sub(l.opts.Clock()), 0)
	}
	wake := l.engine.Wake()
	if wake == 0 || l.inFlight != nil && (l.next.full(l) || l.snapshotDue()) {
		return clockCheck // the end of the append comes by itself
	}
	return min(max(time.UnixMicro(int64(wake)).Sub(l.opts.Clock()), 0), clockCheck)
}

// now is the time to stamp. It never goes back: what happened later is stamped no earlier.
func (l *Loop) now() event.Instant {
	l.last = max(l.last, event.Instant(l.opts.Clock().UnixMicro()))
	return l.last
}
