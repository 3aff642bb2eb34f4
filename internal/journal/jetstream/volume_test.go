// SPDX-License-Identifier: Apache-2.0

//go:build linux

package jetstream_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/journal/jetstream"
	"workstream.dev/operator/internal/journal/journaltest"
)

// mountVolume mounts a small volume of its own.
func mountVolume(t *testing.T, size string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: a volume of its own can only be mounted by root; nothing was tested")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("SKIPPED: this machine does not let a volume be mounted (%v); nothing was tested", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullVolumeIsRelievedByASnapshot(t *testing.T) {
	for name, size := range map[string]string{"tiny": "8m", "small": "80m"} {
		t.Run(name, func(t *testing.T) {
			j, stop := open(t, mountVolume(t, size))
			defer stop()
			journaltest.RunFull(t, j, nil)
		})
	}
}

func TestFullVolumeIsRelievedFromOutside(t *testing.T) {
	dir := mountVolume(t, "64m")
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, make([]byte, 24<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	j, stop := open(t, filepath.Join(dir, "journal"))
	defer stop()
	journaltest.RunFull(t, j, func() {
		if err := j.PutPlan(t.Context(), "large", make([]byte, 64<<10)); !errors.Is(err, journal.ErrFull) {
			t.Errorf("putting a plan: %v, want ErrFull", err)
		}
		if err := j.Room(64 << 10); !errors.Is(err, journal.ErrFull) {
			t.Errorf("room for a plan: %v, want ErrFull", err)
		}
		if err := os.Remove(other); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSnapshotsDoNotAddUp writes forty snapshots where not even ten have room.
func TestSnapshotsDoNotAddUp(t *testing.T) {
	j, stop := open(t, mountVolume(t, "80m"))
	defer stop()
	var last uint64
	for i := range 40 {
		var err error
		for range 20 {
			if last, err = j.Append(t.Context(), last, entryAfter(last)); err != nil {
				t.Fatalf("append in round %d: %v", i, err)
			}
		}
		snapshot := journal.Snapshot{Position: last, Body: bytes.Repeat(snapshotOf(last), 3)}
		if err := j.PutSnapshot(t.Context(), snapshot, nil); err != nil {
			t.Fatalf("snapshot in round %d: %v", i, err)
		}
	}
}

// TestWriteErrorIsRecoveredFrom fills the volume behind the journal's back, so that the server itself fails to write.
func TestWriteErrorIsRecoveredFrom(t *testing.T) {
	dir := mountVolume(t, "32m")
	j, stop := open(t, filepath.Join(dir, "journal"), func(o *jetstream.Options) {
		o.Space = nil
	})
	defer stop()
	var last uint64
	for range 10 {
		var err error
		if last, err = j.Append(t.Context(), last, entryAfter(last)); err != nil {
			t.Fatal(err)
		}
	}
	other := filepath.Join(dir, "other")
	fillVolume(t, other)
	big := bytes.Repeat([]byte("x"), 1<<20)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // the server does not answer
	defer cancel()
	if _, err := j.Append(ctx, last, big); !errors.Is(err, journal.ErrUncertain) {
		t.Fatalf("append to a full volume: %v, want ErrUncertain", err)
	}
	if got := end(t, j); got != last {
		t.Errorf("the journal ends at %d, want %d", got, last)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(t.Context(), last, big); err != nil {
		t.Fatalf("append once there is room: %v", err)
	}
	if got := end(t, j); got != last+1 {
		t.Errorf("the journal ends at %d, want %d", got, last+1)
	}
}

// TestRestartOnAFullVolume has not one byte free, as when something else shares the volume.
func TestRestartOnAFullVolume(t *testing.T) {
	dir := mountVolume(t, "32m")
	j, stop := open(t, filepath.Join(dir, "journal"))
	var last uint64
	for range 300 {
		var err error
		if last, err = j.Append(t.Context(), last, entryAfter(last)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: 100, Body: snapshotOf(100)}, nil); err != nil {
		t.Fatal(err)
	}
	stop()
	other := filepath.Join(dir, "other")
	fillVolume(t, other)

	j, stop = open(t, filepath.Join(dir, "journal"))
	if got := end(t, j); got != last {
		t.Errorf("the journal ends at %d, want %d", got, last)
	}
	if s, err := j.Snapshot(t.Context()); err != nil || !bytes.Equal(s.Body, snapshotOf(100)) {
		t.Errorf("snapshot of %d with %d bytes, error %v", s.Position, len(s.Body), err)
	}
	if _, err := j.Append(t.Context(), last, []byte("x")); !errors.Is(err, journal.ErrFull) {
		t.Errorf("append: %v, want ErrFull", err)
	}
	if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: last, Body: []byte("x")}, nil); !errors.Is(err, journal.ErrFull) {
		t.Errorf("snapshot: %v, want ErrFull", err)
	}
	stop()

	j, stop = open(t, filepath.Join(dir, "journal"))
	defer stop()
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(t.Context(), last, []byte("x")); err != nil {
		t.Errorf("append once there is room: %v", err)
	}
	if got := end(t, j); got != last+1 {
		t.Errorf("the journal ends at %d, want %d", got, last+1)
	}
}

func fillVolume(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func end(t *testing.T, j journal.Journal) (last uint64) {
	t.Helper()
	if err := j.Replay(t.Context(), 0, func(p uint64, _ []byte) error { last = p; return nil }); err != nil {
		t.Fatal(err)
	}
	return last
}
