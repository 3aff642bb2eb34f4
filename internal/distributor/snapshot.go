// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"workstream.dev/operator/internal/journal"
)

// snapshotMagic begins a snapshot's body: its format. The lengths of the two parts follow, then the parts.
const snapshotMagic = "WSD1"

// snapshotTimeout is how long storing one may take; the old one stays when it is not enough.
const snapshotTimeout = 30 * time.Second

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

// snapshot stores the state. It may fail: the one before is still there, and the entries after it.
func (l *Loop) snapshot(ctx context.Context) (stored bool) {
	began := time.Now()
	size, err := l.putSnapshot(ctx)
	if err != nil {
		l.since.failed = l.since.entries
		l.opts.Metrics.snapshotFailed.Inc()
		l.opts.Log.Warn("Storing a snapshot", "error", err)
		return false
	}
	l.opts.Metrics.snapshot.Observe(time.Since(began).Seconds())
	l.opts.Metrics.snapshotBytes.Set(float64(size))
	l.opts.Log.Info("Stored a snapshot", "position", l.position, "seq", l.engine.Seq(), "bytes", size, "took", time.Since(began))
	l.since = sinceSnapshot{size: size}
	return true
}

func (l *Loop) putSnapshot(ctx context.Context) (int, error) {
	state, err := l.engine.Snapshot()
	if err != nil {
		return 0, fmt.Errorf("encoding the engine: %w", err)
	}
	shown, err := l.opts.View.Snapshot()
	if err != nil {
		return 0, fmt.Errorf("encoding the view: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeout)
	defer cancel()
	body := joinSnapshot(state, shown)
	return len(body), l.opts.Journal.PutSnapshot(ctx, journal.Snapshot{Position: l.position, Body: body}, l.engine.Plans())
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
