// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/plan"
)

// foldAtOnce is how many events the view takes in before its readers get a turn.
const foldAtOnce = 2048

// batch is what the engine carried out, until all that it caused is durable.
type batch struct {
	events     []event.Recorded
	deliveries []event.Delivery
	carried    []carried
	began      time.Time
	// reset says that DisconnectAll is in it, closed that no command may be: more timers are due first.
	reset, closed bool
}

// carried is a command that the engine has carried out.
type carried struct {
	*request

	answer answer
	// before and events are how many events the batch had before it and afterwards.
	before, events int
}

// emptied is a batch with the room of this one, which nobody looks at any more.
func (b *batch) emptied() *batch {
	const usual = 8192 // events; more than that is not kept
	if cap(b.events) > usual {
		return &batch{}
	}
	clear(b.events)
	clear(b.carried)
	return &batch{events: b.events[:0], carried: b.carried[:0]}
}

func (b *batch) empty() bool { return len(b.events) == 0 && len(b.carried) == 0 }

func (b *batch) full(l *Loop) bool {
	return b.closed || len(b.events) >= l.maxEvents || len(b.carried) >= maxBatch
}

func (b *batch) requests() []*request {
	list := make([]*request, len(b.carried))
	for i := range b.carried {
		list[i] = b.carried[i].request
	}
	return list
}

func (b *batch) refuse(err error) { refuse(b.requests(), err) }

// culprit is the place of the command that caused an event, -1 when a timer did.
func (b *batch) culprit(index int) int {
	return slices.IndexFunc(b.carried, func(c carried) bool { return c.before <= index && index < c.events })
}

func refuse(list []*request, err error) {
	for _, r := range list {
		r.refuse(err)
	}
}

// turn does all that can be done now: it carries out what waits, timers first, and has it appended.
func (l *Loop) turn(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was interrupted: Run sees it, too
		}
		if l.full.is {
			if room, err := l.roomAgain(ctx); err != nil || !room {
				refuse(l.queue, ingress.ErrFull)
				l.queue = nil
				return err
			}
		}
		if l.snapshotDue() && l.inFlight == nil && l.next.empty() {
			l.startSnapshot(ctx)
		}
		if !l.snapshotDue() {
			if err := l.step(ctx); err != nil {
				return err
			}
		}
		if l.inFlight != nil || l.next.empty() {
			return nil
		}
		l.launch(ctx)
	}
}

// step runs what waits through the engine, until there is enough for an entry. An error is a broken invariant.
func (l *Loop) step(ctx context.Context) error {
	b, now := l.next, l.now()
	if b.empty() {
		b.began = time.Now()
	}
	did := false
	for !b.full(l) {
		var err error
		switch {
		case l.reset:
			_, err = l.run(now, event.DisconnectAll{})
			l.reset, b.reset = false, true
			b.closed = l.due(now)
		case l.due(now):
			_, err = l.run(now, event.Tick{})
			b.closed = l.due(now) // what is left of the timers goes into entries of its own
		case len(l.queue) > 0:
			r := l.queue[0]
			l.queue[0] = nil
			l.queue = l.queue[1:]
			err = l.carryOut(ctx, now, r)
		default:
			l.queue = nil
			return l.checked(did)
		}
		if err != nil {
			return err
		}
		did = true
	}
	return l.checked(did)
}

func (l *Loop) checked(did bool) error {
	if !did || !l.opts.Check {
		return nil
	}
	return l.engine.CheckInvariants()
}

// carryOut runs one command through the engine.
func (l *Loop) carryOut(ctx context.Context, now event.Instant, r *request) error {
	c := carried{request: r, before: len(l.next.events)}
	if r.plan != nil {
		c.answer.err = l.storePlan(ctx, r.plan)
	}
	if c.answer.err == nil {
		var err error
		cmd := r.command
		if r.late != nil {
			cmd = r.late()
		}
		if c.answer.result, err = l.run(now, cmd); err != nil {
			l.next.carried = append(l.next.carried, c) // to be told that it went wrong
			return err
		}
	}
	c.events = len(l.next.events)
	l.next.carried = append(l.next.carried, c)
	return nil
}

// run is one step of the engine.
func (l *Loop) run(now event.Instant, cmd event.Command) (event.Result, error) {
	out, err := l.engine.Step(now, cmd)
	if err != nil {
		return event.Result{}, fmt.Errorf("carrying out %s: %w", commandName(cmd), err)
	}
	b := l.next
	b.events = append(b.events, out.Events...)
	b.deliveries = append(b.deliveries, out.Deliveries...)
	l.opts.Metrics.command(cmd, out.Result)
	return out.Result, nil
}

// due reports whether timers wait for a Tick.
func (l *Loop) due(now event.Instant) bool {
	wake := l.engine.Wake()
	return wake != 0 && wake <= now
}

// launch has the next batch appended, beside the loop. What caused nothing needs no entry: all before it is durable.
func (l *Loop) launch(ctx context.Context) {
	b := l.next
	l.next, l.spare = l.spare, &batch{}
	if len(b.carried) > 0 {
		l.opts.Metrics.batch.Observe(float64(len(b.carried)))
	}
	if len(b.events) == 0 {
		l.release(b)
		return
	}
	l.inFlight = b
	position := l.position
	go func() { l.appended <- l.write(ctx, position, b.events) }()
}

// settle deals with the end of an append.
func (l *Loop) settle(ctx context.Context, a appended) error {
	b := l.inFlight
	l.inFlight = nil
	if a.err != nil {
		return l.failed(ctx, b, a.err)
	}
	l.position = a.position
	l.since.entries += a.entries
	l.since.bytes += a.bytes
	l.opts.Metrics.position.Set(float64(a.position))
	l.opts.Metrics.committed(b.events, a.bytes, time.Since(b.began))
	for events := range slices.Chunk(b.events, foldAtOnce) {
		l.opts.View.Note(events)
	}
	if slices.ContainsFunc(b.events, activates) {
		l.opts.Activated()
	}
	l.release(b)
	l.opts.View.Tell() // last: who is answered is told what happened in the same write
	return nil
}

// release lets out what is durable.
func (l *Loop) release(b *batch) {
	for i := range b.carried {
		c := &b.carried[i]
		c.done(c.answer.result, c.answer.err)
	}
	if len(b.deliveries) > 0 {
		l.opts.Release(b.deliveries)
	}
	l.spare = b.emptied()
}

func activates(r event.Recorded) bool {
	_, is := r.Event.(event.PlanActivated)
	return is
}

// storePlan must come before the event that names the plan: a journal must not name what it does not have. Of its parts, those
// of the plan in force are there. Where there is no room for all others none is stored: they would take the room of the
// conversations.
func (l *Loop) storePlan(ctx context.Context, p *plan.Plan) error {
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	parts, err := l.newParts(p)
	if err != nil {
		return fmt.Errorf("storing plan %s: %w", p.Version(), err)
	}
	manifest := p.Manifest()
	size := len(manifest)
	for _, part := range parts {
		size += len(part.body)
	}
	if err := l.opts.Journal.Room(size); err != nil {
		return notStored(p, err)
	}
	for _, part := range parts {
		if err := l.opts.Journal.PutPlan(ctx, part.id.String(), part.body); err != nil {
			return notStored(p, err)
		}
	}
	if err := l.opts.Journal.PutPlan(ctx, p.Version(), manifest); err != nil {
		return notStored(p, err)
	}
	return nil
}

// planPart is what the journal has of a plan under the ID of a part.
type planPart struct {
	id   plan.PartID
	body []byte
}

// newParts are the parts of p that the plan in force does not have.
func (l *Loop) newParts(p *plan.Plan) ([]planPart, error) {
	have := map[plan.PartID]bool{}
	if l.engine.PlanVersion() != "" {
		for _, id := range l.engine.Plan().Parts() {
			have[id] = true
		}
	}
	var parts []planPart
	for _, id := range p.Parts() {
		if have[id] {
			continue
		}
		body, err := p.Part(id)
		if err != nil {
			return nil, err
		}
		parts = append(parts, planPart{id, body})
	}
	return parts, nil
}

func notStored(p *plan.Plan, err error) error {
	if errors.Is(err, journal.ErrFull) {
		return fmt.Errorf("storing plan %s: %w", p.Version(), ingress.ErrFull)
	}
	return fmt.Errorf("storing plan %s: %w: %w", p.Version(), ingress.ErrUncertain, err)
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
