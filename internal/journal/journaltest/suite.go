// SPDX-License-Identifier: Apache-2.0

package journaltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/journal"
)

// Run tests the journals that open returns: a new, empty one at each call.
func Run(t *testing.T, open func(t *testing.T) journal.Journal) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, journal.Journal){
		"append is fenced by the expected position":     appendIsFenced,
		"concurrent writers never share a position":     writersAreFenced,
		"replay is in order from after a position":      replayInOrder,
		"replay ends where the journal ended":           replayEnds,
		"replay passes an error on":                     replayPassesErrors,
		"entries are what was appended":                 entriesAreExact,
		"plans are found by version":                    plansByVersion,
		"a large plan is stored whole":                  largePlan,
		"a snapshot replaces the one before":            snapshotReplaces,
		"an older snapshot is refused":                  olderSnapshotIsRefused,
		"a snapshot of the future is refused":           futureSnapshotIsRefused,
		"a snapshot drops plans that nobody needs":      snapshotDropsPlans,
		"appending goes on after everything is trimmed": appendAfterTrim,
		"a cancelled append writes nothing":             cancelledAppend,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// RunDurable tests journals that outlive their process. open returns the journal of a directory, with a function that
// closes it.
func RunDurable(t *testing.T, open func(t *testing.T, dir string) (j journal.Journal, stop func())) {
	t.Helper()
	t.Run("everything is there after a restart", func(t *testing.T) {
		dir := t.TempDir()
		j, stop := open(t, dir)
		positions := fill(t, j, 0, "a", "b", "c")
		put(t, j, "v1", []byte("plan one"))
		if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: positions[1], Body: []byte("state")}, []string{"v1"}); err != nil {
			t.Fatal(err)
		}
		stop()

		j, stop = open(t, dir)
		defer stop()
		wantEntries(t, j, positions[1], "c")
		wantPlan(t, j, "v1", []byte("plan one"))
		wantSnapshot(t, j, positions[1], []byte("state"))
		wantConflict(t, j, positions[1])
		fill(t, j, positions[2], "d")
		wantEntries(t, j, positions[1], "c", "d")
	})
	t.Run("positions go on after a trim of everything and a restart", func(t *testing.T) {
		dir := t.TempDir()
		j, stop := open(t, dir)
		positions := fill(t, j, 0, "a", "b")
		if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: positions[1], Body: []byte("s")}, nil); err != nil {
			t.Fatal(err)
		}
		stop()

		j, stop = open(t, dir)
		defer stop()
		wantConflict(t, j, 0)
		if next := fill(t, j, positions[1], "c"); next[0] <= positions[1] {
			t.Errorf("position %d after %d", next[0], positions[1])
		}
		wantEntries(t, j, positions[1], "c")
	})
}

// RunFull tests a journal without room for more than a few times 64 KiB. makeRoom frees some from outside; nil: only a
// snapshot does.
func RunFull(t *testing.T, j journal.Journal, makeRoom func()) {
	t.Helper()
	entry := bytes.Repeat([]byte("x"), 64<<10)
	var last uint64
	var entries []string
	for {
		position, err := j.Append(t.Context(), last, entry)
		if errors.Is(err, journal.ErrFull) {
			break
		}
		if err != nil {
			t.Fatalf("append %d: %v", len(entries), err)
		}
		last, entries = position, append(entries, string(entry))
		if len(entries) > 1<<14 {
			t.Fatal("a gibibyte was taken")
		}
	}
	if len(entries) < 2 {
		t.Fatalf("full after %d entries", len(entries))
	}
	wantEntries(t, j, 0, entries...)

	if makeRoom != nil {
		makeRoom()
	} else if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: last, Body: []byte("state")}, nil); err != nil {
		t.Fatalf("putting a snapshot: %v", err)
	}
	awaitRoom(t, j, last)
	wantEntries(t, j, last, "more")
}

// RunTooLarge tests a journal that takes entries up to a size: a larger one is refused as such, and it goes on.
func RunTooLarge(t *testing.T, j journal.Journal, size int) {
	t.Helper()
	last := fill(t, j, 0, "a")[0]
	if position, err := j.Append(t.Context(), last, make([]byte, size+1)); !errors.Is(err, journal.ErrTooLarge) {
		t.Fatalf("append of %d bytes: position %d, error %v, want ErrTooLarge", size+1, position, err)
	}
	fill(t, j, last, "b")
	wantEntries(t, j, 0, "a", "b")
}

// awaitRoom appends "more" as soon as there is room: the volume may get it back a moment later.
func awaitRoom(t *testing.T, j journal.Journal, last uint64) {
	t.Helper()
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	deadline := time.After(time.Minute)
	for {
		_, err := j.Append(t.Context(), last, []byte("more"))
		if err == nil {
			return
		}
		if !errors.Is(err, journal.ErrFull) {
			t.Fatal(err)
		}
		select {
		case <-retry.C:
		case <-deadline:
			t.Fatalf("no room came back: %v", err)
		}
	}
}

func appendIsFenced(t *testing.T, j journal.Journal) {
	wantConflict(t, j, 7)
	positions := fill(t, j, 0, "a", "b")
	if positions[0] == 0 || positions[1] <= positions[0] {
		t.Errorf("positions %v do not grow from above 0", positions)
	}
	for _, expected := range []uint64{0, positions[0], positions[1] + 1} {
		wantConflict(t, j, expected)
	}
	wantEntries(t, j, 0, "a", "b")
}

func writersAreFenced(t *testing.T, j journal.Journal) {
	const writers, each = 4, 25
	var mu sync.Mutex
	taken := map[uint64]string{}
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			var last uint64
			for i := 0; i < each; {
				entry := fmt.Sprintf("%d/%d", w, i)
				position, err := j.Append(t.Context(), last, []byte(entry))
				if errors.Is(err, journal.ErrConflict) {
					err = j.Replay(t.Context(), last, func(p uint64, _ []byte) error { last = p; return nil })
				} else if err == nil {
					mu.Lock()
					if other, ok := taken[position]; ok {
						t.Errorf("position %d given to %s and %s", position, other, entry)
					}
					taken[position] = entry
					mu.Unlock()
					last, i = position, i+1
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	got := map[uint64]string{}
	if err := j.Replay(t.Context(), 0, func(p uint64, e []byte) error { got[p] = string(e); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(taken, got); diff != "" {
		t.Errorf("acknowledged (-) and replayed (+):\n%s", diff)
	}
}

func replayInOrder(t *testing.T, j journal.Journal) {
	wantEntries(t, j, 0)
	positions := fill(t, j, 0, "a", "b", "c", "d")
	wantEntries(t, j, 0, "a", "b", "c", "d")
	wantEntries(t, j, positions[1], "c", "d")
	wantEntries(t, j, positions[1]-1, "b", "c", "d")
	wantEntries(t, j, positions[3])
	wantEntries(t, j, positions[3]+10)
	var got []uint64
	if err := j.Replay(t.Context(), 0, func(p uint64, _ []byte) error { got = append(got, p); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(positions, got); diff != "" {
		t.Errorf("positions (-appended +replayed):\n%s", diff)
	}
}

func replayEnds(t *testing.T, j journal.Journal) {
	last := fill(t, j, 0, "a", "b")[1]
	var got []string
	err := j.Replay(t.Context(), 0, func(_ uint64, e []byte) error {
		got = append(got, string(e))
		last = fill(t, j, last, "new")[0]
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, got); diff != "" {
		t.Errorf("entries:\n%s", diff)
	}
}

func replayPassesErrors(t *testing.T, j journal.Journal) {
	fill(t, j, 0, "a", "b")
	stop := errors.New("stop")
	calls := 0
	err := j.Replay(t.Context(), 0, func(uint64, []byte) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%d calls, error %v", calls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Replay(ctx, 0, func(uint64, []byte) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("replay with a cancelled context: %v", err)
	}
}

func entriesAreExact(t *testing.T, j journal.Journal) {
	random := rand.New(rand.NewPCG(1, 2))
	var want []string
	var last uint64
	for _, size := range []int{1, 0, 255, 4096, 1 << 20, 3} {
		entry := make([]byte, size)
		for i := range entry {
			entry[i] = byte(random.Uint32())
		}
		want = append(want, string(entry))
		position, err := j.Append(t.Context(), last, entry)
		if err != nil {
			t.Fatal(err)
		}
		last = position
		clear(entry) // the journal must not hold on to the caller's memory
	}
	wantEntries(t, j, 0, want...)
}

func cancelledAppend(t *testing.T, j journal.Journal) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Append(ctx, 0, []byte("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	wantEntries(t, j, 0)
}

// fill appends entries after a position and returns theirs.
func fill(t *testing.T, j journal.Journal, after uint64, entries ...string) []uint64 {
	t.Helper()
	positions := make([]uint64, 0, len(entries))
	for _, e := range entries {
		position, err := j.Append(t.Context(), after, []byte(e))
		if err != nil {
			t.Fatalf("appending %q after %d: %v", e, after, err)
		}
		positions, after = append(positions, position), position
	}
	return positions
}

func wantConflict(t *testing.T, j journal.Journal, expected uint64) {
	t.Helper()
	if position, err := j.Append(t.Context(), expected, []byte("conflict")); !errors.Is(err, journal.ErrConflict) {
		t.Errorf("append after %d: position %d, error %v, want ErrConflict", expected, position, err)
	}
}

func wantEntries(t *testing.T, j journal.Journal, after uint64, want ...string) {
	t.Helper()
	var got []string
	err := j.Replay(t.Context(), after, func(_ uint64, e []byte) error {
		got = append(got, string(e))
		return nil
	})
	if err != nil {
		t.Fatalf("replay after %d: %v", after, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries after %d (-want +got):\n%s", after, diff[:min(len(diff), 2000)])
	}
}
