// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/view"
)

// snapshotMagic begins a snapshot's body: its format. The lengths of the two parts follow, then the parts.
const snapshotMagic = "WSD1"

// snapshotTimeout is how long storing one may take: one of a million items has more than a gigabyte. The old one stays when
// it is not enough.
const snapshotTimeout = 5 * time.Minute

// sinceSnapshot counts what would be replayed.
type sinceSnapshot struct {
	entries, bytes int
	size           int // of the last snapshot
	failed         int // entries at the last snapshot that failed
}

// enough: a snapshot costs its size, so that a large one is written only after as much has been appended.
func (s *sinceSnapshot) enough(o *LoopOptions) bool {
	if s.entries-s.failed < o.SnapshotEntries && s.bytes < o.SnapshotBytes {
		return false
	}
	return s.bytes >= s.size && s.entries-s.failed >= min(o.SnapshotEntries, 100)
}

// snapshotDue reports whether a snapshot is wanted. It is taken when nothing is on its way: the engine is what the journal
// has then.
func (l *Loop) snapshotDue() bool { return l.storing == nil && !l.full.is && l.since.enough(&l.opts) }

// storing is a snapshot on its way into the journal.
type storing struct {
	cancel context.CancelFunc
	done   chan struct{} // closed: what follows is set
	err    error
	size   int
	since  sinceSnapshot // what it makes superfluous
	began  time.Time
	pause  time.Duration
}

// startSnapshot takes the state as it is now. Encoding it to its end and storing it goes on beside the loop.
func (l *Loop) startSnapshot(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeout)
	s := &storing{cancel: cancel, done: make(chan struct{}), since: l.since, began: time.Now()}
	state, shown, of := l.engine.Freeze(), l.opts.View.Freeze(), place{l.position, l.planNames()}
	s.pause = time.Since(s.began)
	l.opts.Metrics.snapshotPause.Observe(s.pause.Seconds())
	l.since = sinceSnapshot{size: l.since.size}
	l.storing = s
	go func() {
		defer close(s.done)
		defer cancel()
		s.size, s.err = l.store(ctx, state, shown, of)
	}()
}

// place says where in the journal a snapshot belongs.
type place struct {
	position uint64
	keep     []string
}

func (l *Loop) store(ctx context.Context, state *engine.Frozen, shown *view.Frozen, of place) (int, error) {
	decided, err := state.Encode()
	if err != nil {
		return 0, fmt.Errorf("encoding the engine: %w", err)
	}
	told, err := shown.Encode()
	if err != nil {
		return 0, fmt.Errorf("encoding the view: %w", err)
	}
	body := joinSnapshot(decided, told)
	return len(body), l.opts.Journal.PutSnapshot(ctx, journal.Snapshot{Position: of.position, Body: body}, of.keep)
}

// stored is the channel that is closed when there is a snapshot to look after.
func (l *Loop) stored() <-chan struct{} {
	if l.storing == nil {
		return nil
	}
	return l.storing.done
}

// endSnapshot waits for the snapshot that is under way. It may have failed: the one before is still there, and the
// entries after it.
func (l *Loop) endSnapshot() (ok bool) {
	s := l.storing
	if s == nil {
		return true
	}
	<-s.done
	l.storing = nil
	if s.err != nil {
		l.since.entries += s.since.entries
		l.since.bytes += s.since.bytes
		l.since.failed = l.since.entries
		l.opts.Metrics.snapshotFailed.Inc()
		l.opts.Log.Warn("Storing a snapshot", "error", s.err)
		return false
	}
	took := time.Since(s.began)
	l.since.size = s.size
	l.opts.Metrics.snapshot.Observe(took.Seconds())
	l.opts.Metrics.snapshotBytes.Set(float64(s.size))
	l.opts.Log.Info("Stored a snapshot", "bytes", s.size, "pause", s.pause, "took", took)
	return true
}

// snapshot stores the state and waits for it.
func (l *Loop) snapshot(ctx context.Context) (ok bool) {
	l.endSnapshot()
	l.startSnapshot(ctx)
	return l.endSnapshot()
}

func joinSnapshot(state, shown []byte) []byte {
	body := make([]byte, 0, len(snapshotMagic)+16+len(state)+len(shown))
	body = append(body, snapshotMagic...)
	body = binary.BigEndian.AppendUint64(body, uint64(len(state)))
	body = binary.BigEndian.AppendUint64(body, uint64(len(shown)))
	body = append(body, state...)
	return append(body, shown...)
}

func splitSnapshot(body []byte) (state, shown []byte, err error) {
	const header = len(snapshotMagic) + 16
	if len(body) < header || string(body[:len(snapshotMagic)]) != snapshotMagic {
		return nil, nil, errors.New("the snapshot has a format that this version does not know")
	}
	n := binary.BigEndian.Uint64(body[len(snapshotMagic):])
	m := binary.BigEndian.Uint64(body[len(snapshotMagic)+8:])
	rest := body[header:]
	if n > uint64(len(rest)) || m != uint64(len(rest))-n {
		return nil, nil, errors.New("the snapshot is cut off")
	}
	return rest[:n], rest[n:], nil
}
