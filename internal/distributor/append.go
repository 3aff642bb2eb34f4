// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"

	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/journal"
)

func (l *Loop) append(ctx context.Context, entry []byte) error {
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	position, err := l.opts.Journal.Append(ctx, l.position, entry)
	if err != nil {
		return err
	}
	l.position = position
	l.since.entries++
	l.since.bytes += len(entry)
	l.opts.Metrics.position.Set(float64(position))
	return nil
}

// failed deals with an append that did not succeed, and returns how many requests it has answered. The engine has moved
// on from what is durable, so it is dropped and rebuilt, whatever the error.
func (l *Loop) failed(ctx context.Context, batch []*request, s stepped, err error) (done int, _ error) {
	batch = batch[:len(s.answers)]
	if ctx.Err() != nil {
		refuse(batch, ingress.ErrUncertain)
		return len(batch), nil //nolint:nilerr // it was interrupted: that is no failure of the loop
	}
	done = len(batch)
	switch {
	case errors.Is(err, journal.ErrFull):
		refuse(batch, ingress.ErrFull)
	case !errors.Is(err, journal.ErrTooLarge):
		refuse(batch, ingress.ErrUncertain)
	case !l.alone:
		l.alone, done = true, 0 // one of them is too large, or all together are: each by itself will tell
	case done == 0:
		return 0, fmt.Errorf("what timers cause can never be written: %w", err)
	default:
		// The others before the last one caused nothing, or they would have been written.
		for i, r := range batch[:done-1] {
			r.answer <- s.answers[i]
		}
		refuse(batch[done-1:], ingress.ErrTooLarge)
	}
	l.opts.Metrics.appendFailed(err)
	return done, l.dropEngine(ctx, err)
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

func refuse(batch []*request, err error) {
	for _, r := range batch {
		r.answer <- answer{err: err}
	}
}
