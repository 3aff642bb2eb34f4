// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
)

// The classes of errors of a journal; implementations wrap them.
var (
	// ErrConflict says that the journal has moved past the expected position: another writer is at work. Nothing was
	// written.
	ErrConflict = errors.New("the journal has another writer")
	// ErrFull says that there is no room. Nothing was written, and what is there can still be read.
	ErrFull = errors.New("the journal is full")
	// ErrUncertain says that it is not known whether the entry was written. The writer must drop its state and recover.
	ErrUncertain = errors.New("the outcome of the write is not known")
	// ErrTooLarge says that an entry is larger than the journal takes, today or ever. Nothing was written.
	ErrTooLarge = errors.New("the entry is too large for the journal")
	// ErrNotFound says that there is no such plan or snapshot.
	ErrNotFound = errors.New("not found in the journal")
)

// Snapshot is the state after an entry, to recover from without reading all entries before.
type Snapshot struct {
	// Position is the entry that the state includes.
	Position uint64
	Body     []byte
}

// Journal is the log of one namespace: an ordered list of entries, each written whole or not at all, with the plans
// that they name and the latest snapshot. A nil error of a write means that it is on stable storage.
type Journal interface {
	// MaxEntry is the size of the largest entry that is taken; 0 is any.
	MaxEntry() int
	// Append writes an entry after position expected, 0 for the first, and returns the entry's own position. Positions
	// grow; they may have gaps. It keeps nothing of entry.
	Append(ctx context.Context, expected uint64, entry []byte) (uint64, error)
	// Replay calls fn for every entry after position after, in order, up to the last one there was at the call.
	Replay(ctx context.Context, after uint64, fn func(position uint64, entry []byte) error) error
	// Room returns ErrFull when that many bytes more would not fit on the volume. It is for what takes several writes, of
	// which one without the others is of no use.
	Room(bytes int) error
	// PutPlan stores a plan's body under its version. Storing it again changes nothing.
	PutPlan(ctx context.Context, version string, body []byte) error
	// Plan returns a stored plan's body, or ErrNotFound.
	Plan(ctx context.Context, version string) ([]byte, error)
	// PutSnapshot replaces the snapshot, by one that is not older: that would be ErrConflict. Entries up to its position
	// may be dropped, and plans other than keep. Plans put since the snapshot before stay, whatever keep says: the entry
	// that names them may not have been written yet.
	PutSnapshot(ctx context.Context, s Snapshot, keep []string) error
	// Snapshot returns the latest snapshot, or ErrNotFound.
	Snapshot(ctx context.Context) (Snapshot, error)
}
