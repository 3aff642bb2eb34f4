// SPDX-License-Identifier: Apache-2.0

package journaltest

import (
	"bytes"
	"errors"
	"testing"

	"workstream.dev/operator/internal/journal"
)

func plansByVersion(t *testing.T, j journal.Journal) {
	wantNoPlan(t, j, "v1")
	put(t, j, "v1", []byte("one"))
	put(t, j, "v2", []byte("two"))
	put(t, j, "v1", []byte("one"))
	put(t, j, "empty", nil)
	wantPlan(t, j, "v1", []byte("one"))
	wantPlan(t, j, "v2", []byte("two"))
	wantPlan(t, j, "empty", nil)
	wantNoPlan(t, j, "v3")
	wantEntries(t, j, 0) // plans are no entries
	fill(t, j, 0, "a")
}

func largePlan(t *testing.T, j journal.Journal) {
	body := make([]byte, 20<<20+1)
	for i := range body {
		body[i] = byte(i * 31 >> 5)
	}
	put(t, j, "large", body)
	wantPlan(t, j, "large", body)
}

func snapshotReplaces(t *testing.T, j journal.Journal) {
	if _, err := j.Snapshot(t.Context()); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("snapshot of an empty journal: %v, want ErrNotFound", err)
	}
	positions := fill(t, j, 0, "a", "b", "c")
	for _, s := range []journal.Snapshot{
		{Position: positions[0], Body: []byte("first")},
		{Position: positions[1], Body: bytes.Repeat([]byte("second"), 1<<20)},
		{Position: positions[1], Body: []byte("the same position again")},
	} {
		if err := j.PutSnapshot(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		wantSnapshot(t, j, s.Position, s.Body)
	}
	wantEntries(t, j, positions[1], "c")
	fill(t, j, positions[2], "d")
	wantEntries(t, j, positions[1], "c", "d")
}

func olderSnapshotIsRefused(t *testing.T, j journal.Journal) {
	positions := fill(t, j, 0, "a", "b")
	if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: positions[1], Body: []byte("new")}, nil); err != nil {
		t.Fatal(err)
	}
	err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: positions[0], Body: []byte("old")}, nil)
	if !errors.Is(err, journal.ErrConflict) {
		t.Errorf("error %v, want ErrConflict", err)
	}
	wantSnapshot(t, j, positions[1], []byte("new"))
}

func futureSnapshotIsRefused(t *testing.T, j journal.Journal) {
	last := fill(t, j, 0, "a")[0]
	if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: last + 1, Body: []byte("x")}, nil); err == nil {
		t.Error("a snapshot of what is not written yet was taken")
	}
	wantEntries(t, j, 0, "a")
	fill(t, j, last, "b")
}

func snapshotDropsPlans(t *testing.T, j journal.Journal) {
	last := fill(t, j, 0, "a")[0]
	snapshot := func(keep ...string) {
		t.Helper()
		if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: last, Body: []byte("s")}, keep); err != nil {
			t.Fatal(err)
		}
	}
	put(t, j, "v1", []byte("one"))
	put(t, j, "v2", []byte("two"))
	snapshot()
	wantPlan(t, j, "v1", []byte("one")) // the entry that names it may be about to be written
	put(t, j, "v2", []byte("two"))
	snapshot("v1")
	wantPlan(t, j, "v1", []byte("one"))
	wantPlan(t, j, "v2", []byte("two")) // wanted again since
	snapshot("v1")
	wantPlan(t, j, "v1", []byte("one"))
	wantNoPlan(t, j, "v2")
	put(t, j, "v2", []byte("two"))
	wantPlan(t, j, "v2", []byte("two"))
}

func appendAfterTrim(t *testing.T, j journal.Journal) {
	last := fill(t, j, 0, "a", "b")[1]
	if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: last, Body: []byte("s")}, nil); err != nil {
		t.Fatal(err)
	}
	wantEntries(t, j, last)
	wantConflict(t, j, 0)
	next := fill(t, j, last, "c")[0]
	if next <= last {
		t.Errorf("position %d after %d", next, last)
	}
	wantEntries(t, j, last, "c")
}

func put(t *testing.T, j journal.Journal, version string, body []byte) {
	t.Helper()
	if err := j.PutPlan(t.Context(), version, body); err != nil {
		t.Fatalf("putting plan %s: %v", version, err)
	}
}

func wantPlan(t *testing.T, j journal.Journal, version string, want []byte) {
	t.Helper()
	if got, err := j.Plan(t.Context(), version); err != nil || !bytes.Equal(got, want) {
		t.Errorf("plan %s has %d bytes, error %v, want the %d that were put", version, len(got), err, len(want))
	}
}

func wantNoPlan(t *testing.T, j journal.Journal, version string) {
	t.Helper()
	if body, err := j.Plan(t.Context(), version); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("plan %s: %d bytes, error %v, want ErrNotFound", version, len(body), err)
	}
}

func wantSnapshot(t *testing.T, j journal.Journal, position uint64, body []byte) {
	t.Helper()
	got, err := j.Snapshot(t.Context())
	if err != nil || got.Position != position || !bytes.Equal(got.Body, body) {
		t.Errorf("snapshot of %d with %d bytes, error %v, want that of %d with %d bytes",
			got.Position, len(got.Body), err, position, len(body))
	}
}
