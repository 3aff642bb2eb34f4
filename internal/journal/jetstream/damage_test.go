// SPDX-License-Identifier: Apache-2.0

package jetstream_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/journal/jetstream"
	"workstream.dev/operator/internal/natsd"
)

// blocks are the files of a stream's messages.
func blocks(t *testing.T, dir, stream string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "nats", "jetstream", "$G", "streams", stream, "msgs", "*.blk"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no blocks of %s: %v", stream, err)
	}
	return files
}

// damage overwrites a word in the files of a stream.
func damage(t *testing.T, dir, stream, word string) {
	t.Helper()
	for _, file := range blocks(t, dir, stream) {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(body, []byte(word)); i >= 0 {
			copy(body[i:], bytes.Repeat([]byte("#"), len(word)))
			if err := os.WriteFile(file, body, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no %s in %s", word, stream)
}

// reopen opens a damaged journal; that may be refused already.
func reopen(t *testing.T, dir string) (*jetstream.Journal, error) {
	t.Helper()
	s, err := natsd.Start(natsd.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	conn, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return jetstream.Open(t.Context(), jetstream.Options{Conn: conn, Namespace: "contoso"})
}

// TestDamageIsNoticed damages what is on the disk: never must less than what was acknowledged be taken for the whole.
func TestDamageIsNoticed(t *testing.T) {
	for name, tc := range map[string]struct {
		damage func(t *testing.T, dir string)
		use    func(t *testing.T, j *jetstream.Journal) error
	}{
		"an entry": {
			func(t *testing.T, dir string) { damage(t, dir, "journal-contoso", "entry-5.") },
			replayAll,
		},
		"an entry, found without the index": {
			func(t *testing.T, dir string) {
				damage(t, dir, "journal-contoso", "entry-5.")
				removeIndex(t, dir, "journal-contoso")
			},
			replayAll,
		},
		"all entries": {
			func(t *testing.T, dir string) {
				removeBlocks(t, dir, "journal-contoso")
			},
			replayAll,
		},
		"a part of the snapshot": {
			func(t *testing.T, dir string) { damage(t, dir, "state-contoso", "the-snapshot") },
			func(t *testing.T, j *jetstream.Journal) error {
				_, err := j.Snapshot(t.Context())
				return err
			},
		},
		"a part of a plan": {
			func(t *testing.T, dir string) { damage(t, dir, "state-contoso", "the-plan") },
			func(t *testing.T, j *jetstream.Journal) error {
				_, err := j.Plan(t.Context(), "v1")
				return err
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeSome(t, dir)
			tc.damage(t, dir)
			j, err := reopen(t, dir)
			if err == nil {
				err = tc.use(t, j)
			}
			if err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("error %v, want one that says that it is damaged", err)
			}
		})
	}
}

func TestLostSnapshotOfATrimmedJournalIsNoticed(t *testing.T) {
	dir := t.TempDir()
	j, stop := open(t, dir)
	for i := range 5 {
		if _, err := j.Append(t.Context(), uint64(i), []byte("entry")); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: 4, Body: []byte("state")}, nil); err != nil {
		t.Fatal(err)
	}
	stop()
	removeBlocks(t, dir, "state-contoso")
	if _, err := reopen(t, dir); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("error %v, want one that says that it is damaged", err)
	}
}

func TestDamagedPlanIsRepairedByPuttingItAgain(t *testing.T) {
	dir := t.TempDir()
	writeSome(t, dir)
	damage(t, dir, "state-contoso", "the-plan")
	j, err := reopen(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.PutPlan(t.Context(), "v1", []byte("the-plan")); err != nil {
		t.Fatal(err)
	}
	if body, err := j.Plan(t.Context(), "v1"); err != nil || string(body) != "the-plan" {
		t.Errorf("plan %q, error %v", body, err)
	}
}

// writeSome leaves 250 entries, the first two of them in a snapshot, and a plan.
func writeSome(t *testing.T, dir string) {
	t.Helper()
	j, stop := open(t, dir, func(o *jetstream.Options) { o.KeepEntries = 100 })
	defer stop()
	for i := range 250 {
		if _, err := j.Append(t.Context(), uint64(i), fmt.Appendf(nil, "entry-%d.", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.PutPlan(t.Context(), "v1", []byte("the-plan")); err != nil {
		t.Fatal(err)
	}
	s := journal.Snapshot{Position: 2, Body: []byte("the-snapshot")}
	if err := j.PutSnapshot(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
}

func replayAll(t *testing.T, j *jetstream.Journal) error {
	t.Helper()
	return j.Replay(t.Context(), 2, func(uint64, []byte) error { return nil })
}

func removeBlocks(t *testing.T, dir, stream string) {
	t.Helper()
	for _, file := range blocks(t, dir, stream) {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	removeIndex(t, dir, stream)
}

func removeIndex(t *testing.T, dir, stream string) {
	t.Helper()
	index := filepath.Join(dir, "nats", "jetstream", "$G", "streams", stream, "msgs", "index.db")
	if err := os.Remove(index); err != nil {
		t.Fatal(err)
	}
}
