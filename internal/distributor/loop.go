// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
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
	// These bound one journal entry; the events of one command are never parted.
	maxBatch       = 512
	maxBatchBytes  = 1 << 20
	maxBatchEvents = 10_000
	// appendTimeout is how long an append may take before its outcome counts as unknown.
	appendTimeout = 10 * time.Second
	// clockCheck is how often the clock is looked at though no timer is due, to notice that it was set.
	clockCheck = time.Second
)

// Loop is the one writer of a namespace: a goroutine that owns the engine. Commands that are waiting at the same time go
// into one journal entry. Nobody hears of anything before the entry is on stable storage.
type Loop struct {
	opts     LoopOptions
	requests chan *request
	ready    atomic.Bool
	broken   atomic.Bool // Run ended with an error

	stopOnce sync.Once
	stopping chan struct{} // closed: finish what waits, keep a snapshot, return
	done     chan struct{} // closed: Run has returned

	// What follows belongs to the goroutine of Run.
	engine   *engine.Engine
	position uint64 // of the last entry
	plans    planCache
	last     event.Instant // the latest time that was stamped
	// reset asks for DisconnectAll before the next command: connections did not survive the restart.
	reset bool
	full  fullness
	since sinceSnapshot
	// storing is the snapshot that is under way, nil when there is none.
	storing *storing
	watch   *watch // of a rebuild while it serves
	// alone has each command of the round go into an entry of its own: together they were too large.
	alone bool
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
	// command is called when it has come.
	command func() event.Command
	size    int
	// plan is stored before a command that names it.
	plan    []byte
	version string
	// answer has room for one, so that the loop never waits for a caller.
	answer chan answer
}

type answer struct {
	result event.Result
	err    error
}

// NewLoop returns a loop that does nothing until Run.
func NewLoop(opts LoopOptions) *Loop {
	return &Loop{
		opts: opts, requests: make(chan *request, maxWaiting), reset: true,
		stopping: make(chan struct{}), done: make(chan struct{}), maxEvents: maxBatchEvents, rebuildFor: rebuildFor,
	}
}

// Do carries a command out and returns when what it caused is on stable storage. Its errors are those of ingress.Doer.
func (l *Loop) Do(ctx context.Context, cmd event.Command) (event.Result, error) {
	return l.do(ctx, &request{command: func() event.Command { return cmd }, size: sizeOf(cmd)})
}

// DoLate is Do for a command that is decided only when its turn has come.
func (l *Loop) DoLate(ctx context.Context, command func() event.Command) (event.Result, error) {
	return l.do(ctx, &request{command: command})
}

// Activate stores a plan and makes it the one in force.
func (l *Loop) Activate(ctx context.Context, version string, body []byte, p *plan.Plan) (event.Result, error) {
	cmd := event.ActivatePlan{Version: version, Plan: p}
	return l.do(ctx, &request{command: func() event.Command { return cmd }, plan: body, version: version})
}

func (l *Loop) do(ctx context.Context, r *request) (event.Result, error) {
	select {
	case <-l.stopping:
		return event.Result{}, ingress.ErrStopping
	default:
	}
	if !l.ready.Load() {
		return event.Result{}, ingress.ErrNotReady
	}
	r.answer = make(chan answer, 1)
	select {
	case l.requests <- r:
	default:
		return event.Result{}, ingress.ErrBusy
	}
	select {
	case a := <-r.answer:
		return a.result, a.err
	case <-ctx.Done():
		return event.Result{}, ctx.Err()
	case <-l.done:
	}
	// It may have been carried out as the last one before the loop ended.
	select {
	case a := <-r.answer:
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
	defer l.ready.Store(false)
	// A panic of the engine is a broken invariant. What has been answered is durable; what the state is worth, nobody knows.
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the engine is broken: %v\n%s", v, debug.Stack())
		}
		l.broken.Store(err != nil)
		l.endSnapshot()
	}()
	l.opts.Release(l.engine.Deliveries())
	timer := time.NewTimer(0) // the first round appends DisconnectAll
	defer timer.Stop()
	for {
		var batch []*request
		select {
		case <-ctx.Done():
			return nil
		case <-l.stopping:
			return l.finish(ctx)
		case <-timer.C:
		case <-l.stored():
			l.endSnapshot()
			continue
		case r := <-l.requests:
			batch = l.collect(r)
		}
		if err := l.round(ctx, batch); err != nil {
			return err
		}
		timer.Reset(l.wait())
	}
}

// collect adds what is waiting already to a first request; it waits for nothing more.
func (l *Loop) collect(first *request) []*request {
	batch := []*request{first}
	size := first.size
	for len(batch) < maxBatch && size < maxBatchBytes {
		select {
		case r := <-l.requests:
			batch = append(batch, r)
			size += r.size
		default:
			return batch
		}
	}
	return batch
}

// finish carries out what was accepted before the stop.
func (l *Loop) finish(ctx context.Context) error {
	for {
		select {
		case r := <-l.requests:
			if err := l.round(ctx, l.collect(r)); err != nil {
				return err
			}
		default:
			l.endSnapshot()
			if l.since.entries > 0 && !l.full.is && ctx.Err() == nil {
				l.snapshot(ctx)
			}
			return nil
		}
	}
}

// wait is how long there is nothing to do when no command comes.
func (l *Loop) wait() time.Duration {
	if l.full.is {
		return max(l.full.retry.Sub(l.opts.Clock()), 0)
	}
	wake := l.engine.Wake()
	if wake == 0 {
		return clockCheck
	}
	return min(max(time.UnixMicro(int64(wake)).Sub(l.opts.Clock()), 0), clockCheck)
}

// now is the time to stamp. It never goes back: what happened later is stamped no earlier.
func (l *Loop) now() event.Instant {
	l.last = max(l.last, event.Instant(l.opts.Clock().UnixMicro()))
	return l.last
}

// round carries out one batch, which may be empty, with the timers that are due. A batch that causes very much takes
// more than one entry.
func (l *Loop) round(ctx context.Context, batch []*request) error {
	defer func() { l.alone = false }()
	for {
		// An append that was interrupted leaves the engine ahead of the journal: nothing may be answered from it.
		if ctx.Err() != nil {
			refuse(batch, ingress.ErrUncertain)
			return nil
		}
		if l.full.is {
			if room, err := l.roomAgain(ctx); err != nil || !room {
				refuse(batch, ingress.ErrFull)
				return err
			}
		}
		done, more, err := l.commit(ctx, batch)
		if err != nil {
			refuse(batch[done:], ingress.ErrUncertain)
			return err
		}
		if l.storing == nil && ctx.Err() == nil && l.since.enough(&l.opts) {
			l.startSnapshot(ctx)
		}
		if batch = batch[done:]; len(batch) == 0 && !more {
			return nil
		}
	}
}

// commit carries out as much of a batch as goes into one entry, and returns how many requests it has answered, and
// whether timers are still due. An error ends the loop.
func (l *Loop) commit(ctx context.Context, batch []*request) (done int, more bool, err error) {
	began := time.Now()
	s, err := l.step(ctx, batch)
	if err != nil {
		return 0, false, err
	}
	if len(s.events) > 0 {
		entry, err := encodeEntry(s.events)
		if err != nil {
			return 0, false, fmt.Errorf("encoding events: %w", err)
		}
		if err := l.append(ctx, entry); err != nil {
			done, err = l.failed(ctx, batch, s, err)
			return done, false, err
		}
		l.reset = false
		l.opts.View.Fold(s.events)
		l.opts.Metrics.committed(s.events, len(entry), time.Since(began))
		if slices.ContainsFunc(s.events, activates) {
			l.opts.Activated()
		}
	}
	for i := range s.answers {
		batch[i].answer <- s.answers[i]
	}
	if len(s.deliveries) > 0 {
		l.opts.Release(s.deliveries)
	}
	return len(s.answers), s.more, nil
}

func activates(r event.Recorded) bool {
	_, is := r.Event.(event.PlanActivated)
	return is
}

// stepped is what a batch came to, before it is durable.
type stepped struct {
	events     []event.Recorded
	deliveries []event.Delivery
	answers    []answer // in the order of the batch, as far as it was carried out
	more       bool     // timers are still due, and come before any other command
}

// step runs a batch through the engine, until there is enough for an entry. An error is a broken invariant.
func (l *Loop) step(ctx context.Context, batch []*request) (stepped, error) {
	var s stepped
	now := l.now()
	run := func(cmd event.Command) (event.Result, error) {
		out, err := l.engine.Step(now, cmd)
		if err != nil {
			return event.Result{}, fmt.Errorf("carrying out %s: %w", commandName(cmd), err)
		}
		s.events = append(s.events, out.Events...)
		s.deliveries = append(s.deliveries, out.Deliveries...)
		l.opts.Metrics.command(cmd, out.Result)
		return out.Result, nil
	}
	var err error
	if l.reset {
		_, err = run(event.DisconnectAll{})
	} else if l.due(now) {
		_, err = run(event.Tick{})
	}
	if err != nil {
		return s, err
	}
	if s.more = l.due(now); s.more {
		batch = nil // what is left of the timers goes into entries of its own
	}
	limit := l.maxEvents
	if l.alone {
		limit = 1
	}
	s.answers = make([]answer, 0, len(batch))
	for _, r := range batch {
		if len(s.events) >= limit {
			break
		}
		if r.plan != nil {
			if err := l.storePlan(ctx, r); err != nil {
				s.answers = append(s.answers, answer{err: err})
				continue
			}
		}
		result, err := run(r.command())
		if err != nil {
			return s, err
		}
		s.answers = append(s.answers, answer{result: result})
	}
	if l.opts.Check {
		if err := l.engine.CheckInvariants(); err != nil {
			return s, err
		}
	}
	if len(s.answers) > 0 {
		l.opts.Metrics.batch.Observe(float64(len(s.answers)))
	}
	return s, nil
}

// due reports whether timers wait for a Tick.
func (l *Loop) due(now event.Instant) bool {
	wake := l.engine.Wake()
	return wake != 0 && wake <= now
}

// storePlan must come before the event that names the plan: a journal must not name what it does not have.
func (l *Loop) storePlan(ctx context.Context, r *request) error {
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	switch err := l.opts.Journal.PutPlan(ctx, r.version, r.plan); {
	case errors.Is(err, journal.ErrFull):
		return fmt.Errorf("storing plan %s: %w", r.version, ingress.ErrFull)
	case err != nil:
		return fmt.Errorf("storing plan %s: %w: %w", r.version, ingress.ErrUncertain, err)
	}
	return nil
}

// sizeOf guesses what a command adds to an entry, where that can be much.
func sizeOf(cmd event.Command) int {
	size := 256
	switch c := cmd.(type) {
	case event.ReceiveMessage:
		size += len(c.Text)
		for k, v := range c.Attributes {
			size += len(k) + len(v.String())
		}
	case event.SubmitRecord:
		for k, v := range c.Attributes {
			size += len(k) + len(v.String())
		}
	case event.SendMessage:
		size += len(c.Text)
	}
	return size
}
