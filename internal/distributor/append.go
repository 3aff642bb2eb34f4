// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/journal"
)

// appended is how an append ended.
type appended struct {
	position uint64
	// entries and bytes are how much was written.
	entries, bytes int
	err            error
}

// write appends events after a position: as one entry, or as several that count together or not at all. It runs beside the
// loop, one at a time.
func (l *Loop) write(ctx context.Context, position uint64, events []event.Recorded) (a appended) {
	a.position = position
	parts, err := l.writer.parts(events, l.opts.Journal.MaxEntry())
	if err != nil {
		a.err = fmt.Errorf("encoding events: %w", err)
		return a
	}
	for _, entry := range parts {
		if a.position, a.err = l.append(ctx, a.position, entry); a.err != nil {
			return a
		}
		a.entries++
		a.bytes += len(entry)
	}
	return a
}

func (l *Loop) append(ctx context.Context, position uint64, entry []byte) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	return l.opts.Journal.Append(ctx, position, entry)
}

// failed deals with an append that did not succeed. The engine has moved on from what is durable, so it is dropped and
// rebuilt, whatever the error. What was carried out behind the batch is carried out again.
func (l *Loop) failed(ctx context.Context, b *batch, err error) error {
	behind := l.next
	l.next = &batch{}
	l.reset = l.reset || b.reset || behind.reset
	l.queue = append(behind.requests(), l.queue...)
	tooLarge := (*tooLargeError)(nil)
	switch {
	case ctx.Err() != nil:
		b.refuse(ingress.ErrUncertain)
		return nil //nolint:nilerr // it was interrupted: that is no failure of the loop
	case errors.As(err, &tooLarge):
		if err := l.single(b, tooLarge); err != nil {
			return err
		}
	case errors.Is(err, journal.ErrFull):
		b.refuse(ingress.ErrFull)
		refuse(l.queue, ingress.ErrFull)
		l.queue = nil
	case errors.Is(err, journal.ErrTooLarge) && len(b.carried) == 1:
		b.refuse(ingress.ErrTooLarge)
	case errors.Is(err, errEncoding):
		b.refuse(ingress.ErrUncertain)
		return err
	default:
		b.refuse(ingress.ErrUncertain)
	}
	l.opts.Metrics.appendFailed(err)
	return l.dropEngine(ctx, err)
}

// single refuses the one command that caused an event which no entry can hold. The others of its batch are carried out
// again, without it.
func (l *Loop) single(b *batch, err *tooLargeError) error {
	i := b.culprit(err.index)
	if i < 0 {
		b.refuse(ingress.ErrUncertain)
		return fmt.Errorf("what timers cause can never be written: %w", err)
	}
	others := b.requests()
	refuse(others[i:i+1], ingress.ErrTooLarge)
	others = append(others[:i:i], others[i+1:]...)
	l.queue = append(others, l.queue...)
	return nil
}

// dropEngine rebuilds the engine after a failed append.
func (l *Loop) dropEngine(ctx context.Context, why error) error {
	began := l.opts.Clock()
	if err := l.rebuildPatiently(ctx); err != nil {
		return fmt.Errorf("rebuilding after %w: %w", why, err)
	}
	took := l.opts.Clock().Sub(began)
	if errors.Is(why, journal.ErrFull) {
		l.fullNow(took)
	} else {
		l.opts.Log.Warn("Rebuilt the state from the journal after a failed append", "error", why, "took", took)
	}
	l.opts.Release(l.engine.Deliveries())
	l.opts.Recovered()
	return nil
}
