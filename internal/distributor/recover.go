// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/plan"
)

const (
	// rebuildFor is how long a journal that just failed may not get on. The rebuild as a whole takes what it takes.
	rebuildFor = 30 * time.Second
	rebuildGap = 200 * time.Millisecond
	// maxFullRetry bounds how long room is not noticed.
	minFullRetry = time.Second
	maxFullRetry = 15 * time.Second
)

// errNoProgress ends the process: whoever starts it again may find a journal that answers.
var errNoProgress = errors.New("the journal does not get on")

// keptPlans is how many plans are kept while a journal is replayed: it names the same ones again, and the next one has most of
// its parts from the one before.
const keptPlans = 4

// plan returns a plan that is in the journal.
func (l *Loop) plan(ctx context.Context, version string) (*plan.Plan, error) {
	if at := slices.IndexFunc(l.plans, func(p *plan.Plan) bool { return p.Version() == version }); at >= 0 {
		return l.plans[at], nil
	}
	manifest, err := l.opts.Journal.Plan(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("reading plan %s: %w", version, err)
	}
	var base *plan.Plan
	if n := len(l.plans); n > 0 {
		base = l.plans[n-1]
	}
	p, err := plan.Assemble(manifest, base, func(id plan.PartID) ([]byte, error) { return l.opts.Journal.Plan(ctx, id.String()) })
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", version, err)
	}
	l.plans = append(l.plans[max(0, len(l.plans)-keptPlans+1):], p)
	return p, nil
}

// planNames are the names under which the journal has the plan in force, none before the first one.
func (l *Loop) planNames() []string {
	names := l.engine.Plans()
	if len(names) == 0 {
		return nil
	}
	for _, id := range l.engine.Plan().Parts() {
		names = append(names, id.String())
	}
	return names
}

// rebuild makes the engine anew from the snapshot and the entries after it, and brings the view up to the same event.
func (l *Loop) rebuild(ctx context.Context) error {
	began := time.Now()
	e, position, err := l.restore(ctx)
	if err != nil {
		return err
	}
	l.watch.waits()
	entries, size := 0, 0
	var whole reader
	err = l.opts.Journal.Replay(ctx, position, func(at uint64, entry []byte) error {
		l.watch.came(at)
		l.pulse.again()
		defer l.watch.waits()
		events, err := whole.read(entry)
		if err == nil {
			err = l.replay(ctx, e, events)
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", at, err)
		}
		position = at
		entries++
		size += len(entry)
		return nil
	})
	if err != nil {
		return fmt.Errorf("replaying the journal: %w", err)
	}
	if l.opts.Check {
		if err := e.CheckInvariants(); err != nil {
			return fmt.Errorf("the recovered state: %w", err)
		}
	}
	l.engine, l.position = e, position
	l.since.entries, l.since.bytes = entries, size
	l.since.failed = 0
	l.plans = nil // the engine has those that it needs
	l.last = max(l.last, l.opts.View.Time())
	l.opts.Metrics.position.Set(float64(position))
	l.opts.Metrics.recovery.Set(time.Since(began).Seconds())
	l.opts.Log.Info("Recovered the state from the journal", "entries", entries, "bytes", size, "seq", e.Seq(),
		"plan", e.PlanVersion(), "took", time.Since(began))
	return nil
}

// restore reads the snapshot, if there is one. The view takes it over when it has not seen as much.
func (l *Loop) restore(ctx context.Context) (*engine.Engine, uint64, error) {
	snap, err := l.opts.Journal.Snapshot(ctx)
	if errors.Is(err, journal.ErrNotFound) {
		return engine.New(), 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading the snapshot: %w", err)
	}
	l.watch.came(snap.Position)
	l.since.size = len(snap.Body)
	state, shown, err := splitSnapshot(snap.Body)
	if err != nil {
		return nil, 0, err
	}
	// Both are read at the same time; the view waits for the plan.
	inForce := make(chan *plan.Plan, 1)
	told := make(chan error, 1)
	go func() { told <- l.opts.View.RestoreLate(shown, func() *plan.Plan { return <-inForce }) }()
	e, err := engine.Restore(state, func(version string) (*plan.Plan, error) { return l.plan(ctx, version) })
	if err != nil {
		inForce <- nil
		return nil, 0, errors.Join(fmt.Errorf("restoring the engine: %w", err), <-told)
	}
	inForce <- e.Plan()
	if err := <-told; err != nil {
		return nil, 0, fmt.Errorf("restoring the view: %w", err)
	}
	return e, snap.Position, nil
}

// replay applies events that became durable together.
func (l *Loop) replay(ctx context.Context, e *engine.Engine, events []event.Recorded) (err error) {
	for i, r := range events {
		if r.Seq != e.Seq()+1 {
			return fmt.Errorf("event %d follows event %d", r.Seq, e.Seq())
		}
		if a, ok := r.Event.(event.PlanActivated); ok {
			if a.Plan, err = l.plan(ctx, a.Version); err != nil {
				return err
			}
			events[i].Event = a
		}
		e.Apply(events[i])
	}
	l.opts.View.Fold(events)
	return nil
}

// watch sees to it that a rebuild gets on. A nil one sees to nothing: a start takes its time.
type watch struct {
	patience time.Duration
	timer    *time.Timer // runs while the journal is waited for
	furthest uint64
	since    time.Time // when furthest was reached
}

// waits notes that the journal is asked for something.
func (w *watch) waits() {
	if w != nil {
		w.timer.Reset(w.patience)
	}
}

// came notes that the journal has given an entry or its snapshot: what is made of that is not the journal's time.
func (w *watch) came(position uint64) {
	if w == nil {
		return
	}
	w.timer.Stop()
	if position > w.furthest {
		w.furthest, w.since = position, time.Now()
	}
}

// gaveUp reports whether tries end at the same place again and again.
func (w *watch) gaveUp() bool { return time.Since(w.since) > w.patience }

// rebuildPatiently is rebuild for a journal that has just failed.
func (l *Loop) rebuildPatiently(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.pulse.again()
	l.watch = &watch{patience: l.rebuildFor, since: time.Now()}
	l.watch.timer = time.AfterFunc(l.rebuildFor, func() { cancel(errNoProgress) })
	defer func() {
		l.watch.timer.Stop()
		l.watch = nil
	}()
	gap := time.NewTicker(rebuildGap)
	defer gap.Stop()
	for {
		l.watch.waits()
		err := l.rebuild(ctx)
		if err == nil {
			return nil
		}
		l.opts.Log.Warn("Rebuilding the state from the journal", "error", err)
		if l.watch.gaveUp() {
			return fmt.Errorf("%w: %w", errNoProgress, err)
		}
		select {
		case <-gap.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-l.stopping:
			return err
		}
	}
}

// fullness is the state of a journal without room: nothing is taken in, and it is tried again from time to time.
type fullness struct {
	is    bool
	retry time.Time
}

// fullNow notes that there is no room. Tries are rarer when one takes long.
func (l *Loop) fullNow(took time.Duration) {
	if !l.full.is {
		l.opts.Log.Error("The journal is full: nothing is taken in until there is room")
	}
	l.full.is = true
	l.full.retry = l.opts.Clock().Add(min(max(10*took, minFullRetry), maxFullRetry))
	l.opts.Metrics.full.Set(1)
}

// roomAgain tries whether there is room, when it is time to. A snapshot frees the entries before it, if there is room for
// it. An entry without events shows that there is: it needs no command, and no rebuild when it fails.
func (l *Loop) roomAgain(ctx context.Context) (bool, error) {
	began := l.opts.Clock()
	if began.Before(l.full.retry) {
		return false, nil
	}
	if l.since.entries > 0 && !l.snapshot(ctx) {
		l.fullNow(l.opts.Clock().Sub(began))
		return false, nil
	}
	a := l.write(ctx, l.position, nil)
	switch err := a.err; {
	case err == nil:
		l.position = a.position
		l.opts.Metrics.position.Set(float64(a.position))
		l.opts.Log.Info("The journal has room again")
		l.full.is = false
		l.opts.Metrics.full.Set(0)
		return true, nil
	case ctx.Err() != nil:
		return false, nil //nolint:nilerr // it was interrupted: that is no failure of the loop
	case errors.Is(err, journal.ErrFull):
		l.fullNow(l.opts.Clock().Sub(began))
		return false, nil
	default:
		l.opts.Metrics.appendFailed(err)
		l.full.is = false
		l.opts.Metrics.full.Set(0)
		return true, l.dropEngine(ctx, err)
	}
}
