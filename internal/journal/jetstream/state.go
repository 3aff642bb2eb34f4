// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"workstream.dev/operator/internal/journal"
)

// The subjects of the state stream, below the namespace's own.
const (
	snapshotHead = "snapshot"
	markName     = "mark"
	planPrefix   = "plan."
	chunkPrefix  = "chunk."
)

// minKeepEntries is how many entries always stay: the last position is then that of an entry, and not only a note of the
// server's.
const minKeepEntries = 1

var versionPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Room implements journal.Journal.
func (j *Journal) Room(bytes int) error { return j.room(bytes) }

// PutPlan implements journal.Journal.
func (j *Journal) PutPlan(ctx context.Context, version string, body []byte) error {
	if !versionPattern.MatchString(version) {
		return fmt.Errorf("putting a plan: %q is not a version", version)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.ready(ctx); err != nil {
		return fmt.Errorf("%w: %w", journal.ErrUncertain, err)
	}
	j.fresh[version] = true
	subject := j.stateSubject(planPrefix + version)
	_, before, err := j.head(ctx, subject)
	if err == nil {
		// Read it whole: what is there may be damaged, and writing it again is what repairs it.
		if _, _, err = j.readBlob(ctx, subject); err == nil {
			return nil
		}
	} else if !errors.Is(err, journal.ErrNotFound) {
		return err
	}
	if err := j.room(len(body)); err != nil {
		return err
	}
	return j.writeBlob(ctx, subject, blobHead{}, body, before)
}

// Plan implements journal.Journal.
func (j *Journal) Plan(ctx context.Context, version string) ([]byte, error) {
	if !versionPattern.MatchString(version) {
		return nil, fmt.Errorf("plan %q: %w", version, journal.ErrNotFound)
	}
	if err := j.ready(ctx); err != nil {
		return nil, err
	}
	_, body, err := j.readBlob(ctx, j.stateSubject(planPrefix+version))
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", version, err)
	}
	return body, nil
}

// Snapshot implements journal.Journal.
func (j *Journal) Snapshot(ctx context.Context) (journal.Snapshot, error) {
	if err := j.ready(ctx); err != nil {
		return journal.Snapshot{}, err
	}
	head, body, err := j.readBlob(ctx, j.stateSubject(snapshotHead))
	if err != nil {
		return journal.Snapshot{}, fmt.Errorf("snapshot: %w", err)
	}
	return journal.Snapshot{Position: head.Position, Body: body}, nil
}

// PutSnapshot implements journal.Journal.
func (j *Journal) PutSnapshot(ctx context.Context, s journal.Snapshot, keep []string) error {
	j.snapshots.Lock()
	defer j.snapshots.Unlock()
	if err := j.ready(ctx); err != nil {
		return fmt.Errorf("%w: %w", journal.ErrUncertain, err)
	}
	info, err := j.entries.Info(ctx)
	if err != nil {
		return fmt.Errorf("asking for the end of the journal: %w", err)
	}
	if s.Position > info.State.LastSeq {
		return fmt.Errorf("putting a snapshot of position %d, but the last position is %d", s.Position, info.State.LastSeq)
	}
	subject := j.stateSubject(snapshotHead)
	old, before, err := j.head(ctx, subject)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return err
	}
	if old.Position > s.Position {
		return fmt.Errorf("putting a snapshot of position %d over one of %d: %w", s.Position, old.Position, journal.ErrConflict)
	}
	// What an interrupted attempt left behind must not keep this one from finding room.
	if err := j.sweep(ctx, nil); err != nil {
		return err
	}
	// Plans may be put while the snapshot is written, which takes long: the loop would wait.
	if err := j.roomForSnapshot(len(s.Body)); err != nil {
		return err
	}
	if err := j.writeBlob(ctx, subject, blobHead{Position: s.Position}, s.Body, before); err != nil {
		return err
	}
	j.snapshotSize.Store(int64(len(s.Body)))
	return j.trim(ctx, s.Position, info.State.FirstSeq, keep)
}

// trim drops what the snapshot at position makes superfluous. It may be interrupted: the next one does the rest.
func (j *Journal) trim(ctx context.Context, position, first uint64, keep []string) error {
	if err := j.sweep(ctx, func(version string) bool { return !j.fresh[version] && !slices.Contains(keep, version) }); err != nil {
		return err
	}
	keepEntries := max(j.opts.KeepEntries, minKeepEntries)
	if errors.Is(j.room(0), journal.ErrFull) {
		keepEntries = minKeepEntries
	}
	oldest := position - min(position, keepEntries) + 1
	if oldest <= first {
		return nil
	}
	if err := j.entries.Purge(ctx, jetstream.WithPurgeSequence(oldest)); err != nil {
		return fmt.Errorf("dropping entries before %d: %w", oldest, err)
	}
	return nil
}

// sweep drops the plans that are stale, what a later message replaced, and chunks that no head names. With stale, the
// plans that are there are no longer fresh.
func (j *Journal) sweep(ctx context.Context, stale func(version string) bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.sweepLocked(ctx, stale); err != nil {
		return err
	}
	if stale != nil {
		j.fresh = map[string]bool{}
	}
	return nil
}

func (j *Journal) sweepLocked(ctx context.Context, stale func(version string) bool) error {
	info, err := j.state.Info(ctx, jetstream.WithSubjectFilter(j.stateSubject(">")))
	if err != nil {
		return fmt.Errorf("listing plans: %w", err)
	}
	chunks := map[string]string{} // subject by id
	named := map[string]bool{}
	for subject, messages := range info.State.Subjects {
		name := strings.TrimPrefix(subject, j.stateSubject(""))
		if id, ok := strings.CutPrefix(name, chunkPrefix); ok {
			chunks[id] = subject
			continue
		}
		if version, ok := strings.CutPrefix(name, planPrefix); ok && stale != nil && stale(version) {
			if err := j.purge(ctx, subject); err != nil {
				return err
			}
			continue
		}
		if messages > 1 {
			if err := j.purge(ctx, subject, jetstream.WithPurgeKeep(1)); err != nil {
				return err
			}
		}
		if name == markName {
			continue
		}
		head, _, err := j.head(ctx, subject)
		if err != nil {
			return err
		}
		named[head.ID] = true
	}
	for id, subject := range chunks {
		if !named[id] {
			if err := j.purge(ctx, subject); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *Journal) purge(ctx context.Context, subject string, opts ...jetstream.StreamPurgeOpt) error {
	if err := j.state.Purge(ctx, append(opts, jetstream.WithPurgeSubject(subject))...); err != nil {
		return fmt.Errorf("dropping %s: %w", subject, err)
	}
	return nil
}
