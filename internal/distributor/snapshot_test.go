// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/journal"
)

// slowSnapshots is a journal whose snapshots wait for a word: what they return then.
type slowSnapshots struct {
	journal.Journal

	begun atomic.Int64
	word  chan error
}

// PutSnapshot implements journal.Journal.
func (s *slowSnapshots) PutSnapshot(ctx context.Context, snap journal.Snapshot, keep []string) error {
	s.begun.Add(1)
	select {
	case err := <-s.word:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.Journal.PutSnapshot(ctx, snap, keep)
}

func (s *slowSnapshots) rig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, newWorld(t), s, func(o *LoopOptions) { o.SnapshotEntries = 10 }).run()
	for n := range 30 {
		r.must(receive(strconv.Itoa(n)))
	}
	r.world.eventually(func() string {
		if n := s.begun.Load(); n != 1 {
			return fmt.Sprintf("%d snapshots are under way, want 1", n)
		}
		return ""
	})
	return r
}

func TestLoopGoesOnWhileASnapshotIsStored(t *testing.T) {
	s := &slowSnapshots{Journal: journal.NewMemory(journal.MemoryOptions{}), word: make(chan error)}
	r := s.rig(t) // 30 commands were carried out beside it
	s.word <- nil
	r.world.eventually(func() string {
		if _, err := s.Snapshot(t.Context()); err != nil {
			return err.Error()
		}
		return ""
	})
	// What came after the snapshot was taken is not in it, but behind it.
	other := newRig(t, r.world, s.Journal)
	check(t, other.Recover(t.Context()))
	if n := other.view.Stats().Items[event.Open]; n != 30 {
		t.Errorf("recovered %d items, want 30", n)
	}
	close(s.word)
	checkReplay(t, r)
}

func TestFailedSnapshotIsTriedAgain(t *testing.T) {
	s := &slowSnapshots{Journal: journal.NewMemory(journal.MemoryOptions{}), word: make(chan error)}
	r := s.rig(t)
	s.word <- errors.New("no room")
	close(s.word) // from now on there is
	n := 0
	r.world.eventually(func() string {
		r.must(receive("more" + strconv.Itoa(n)))
		n++
		if _, err := s.Snapshot(t.Context()); err != nil {
			return err.Error()
		}
		return ""
	})
	if n < 10 {
		t.Errorf("it was tried again after %d entries, want 10 at least", n)
	}
	checkReplay(t, r)
}

func TestStopWaitsForTheSnapshotUnderWay(t *testing.T) {
	s := &slowSnapshots{Journal: journal.NewMemory(journal.MemoryOptions{}), word: make(chan error)}
	r := s.rig(t)
	r.Stop()
	close(s.word) // for the one under way, and for the one of the stop
	if err := <-r.result; err != nil {
		t.Fatal(err)
	}
	snap, err := s.Snapshot(t.Context())
	check(t, err)
	if snap.Position != r.position {
		t.Errorf("the last snapshot is of entry %d, the last entry is %d", snap.Position, r.position)
	}
}

func TestKilledDuringASnapshotNothingIsLost(t *testing.T) {
	s := &slowSnapshots{Journal: journal.NewMemory(journal.MemoryOptions{}), word: make(chan error)}
	r := s.rig(t)
	r.cancel()
	if err := <-r.result; err != nil {
		t.Fatal(err)
	}
	other := newRig(t, r.world, s.Journal)
	check(t, other.Recover(t.Context()))
	if n := other.view.Stats().Items[event.Open]; n != 30 {
		t.Errorf("recovered %d items, want 30", n)
	}
}

// TestBrokenLoopDoesNotWaitForASnapshot: until it has ended nobody starts the process again.
func TestBrokenLoopDoesNotWaitForASnapshot(t *testing.T) {
	s := &slowSnapshots{Journal: journal.NewMemory(journal.MemoryOptions{}), word: make(chan error)}
	r := s.rig(t)
	go func() { _, _ = r.DoLate(context.Background(), func() event.Command { panic("a bug") }) }()
	select {
	case err := <-r.result:
		if err == nil {
			t.Error("it ended without an error")
		}
	case <-time.After(patience):
		t.Errorf("it has not ended, and calls itself ready: %v", r.Ready())
		close(s.word)
	}
}

func TestSnapshotIsSplitAsItWasJoined(t *testing.T) {
	body := joinSnapshot([]byte("engine"), []byte("view"))
	state, shown, err := splitSnapshot(body)
	if err != nil || string(state) != "engine" || string(shown) != "view" {
		t.Errorf("got %q, %q, %v", state, shown, err)
	}
	for n := range body {
		if _, _, err := splitSnapshot(body[:n]); err == nil {
			t.Errorf("cut off at %d, it was accepted", n)
		}
	}
	if _, _, err := splitSnapshot(append([]byte("XXXX"), body[4:]...)); err == nil {
		t.Error("another format was accepted")
	}
}

// TestSnapshotBeforeTheFirstPlan: a volume on which the first plan found no room has entries by which room was looked for.
func TestSnapshotBeforeTheFirstPlan(t *testing.T) {
	w := newWorld(t)
	j := journal.NewMemory(journal.MemoryOptions{})
	first := newRig(t, w, j)
	check(t, first.Recover(t.Context()))
	check(t, first.write(t.Context(), 0, nil).err)

	r := newRig(t, w, j)
	check(t, r.Recover(t.Context()))
	result := make(chan error, 1)
	go func() { result <- r.Run(t.Context()) }()
	r.Stop()
	check(t, <-result)
	check(t, newRig(t, w, j).Recover(t.Context()))
	if _, err := j.Snapshot(t.Context()); err != nil {
		t.Errorf("no snapshot was stored: %v", err)
	}
}
