// SPDX-License-Identifier: Apache-2.0

package jetstream_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/journal/jetstream"
	"workstream.dev/operator/internal/natsd"
)

// writerDir makes the test's process the writer that is killed.
const writerDir = "JOURNAL_TEST_WRITER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		fmt.Fprintln(os.Stderr, write(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// write appends until it is killed, and says what was acknowledged.
func write(dir string) error {
	ctx := context.Background()
	s, err := natsd.Start(natsd.Options{Dir: dir})
	if err != nil {
		return err
	}
	conn, err := s.Connect()
	if err != nil {
		return err
	}
	j, err := jetstream.Open(ctx, jetstream.Options{Conn: conn, Namespace: "contoso", Space: s.Space, Recover: s.Restart})
	if err != nil {
		return err
	}
	var last uint64
	if s, err := j.Snapshot(ctx); err == nil {
		last = s.Position
	} else if !errors.Is(err, journal.ErrNotFound) {
		return err
	}
	if err := j.Replay(ctx, last, func(p uint64, _ []byte) error { last = p; return nil }); err != nil {
		return err
	}
	for {
		version := fmt.Sprintf("v%d", last)
		if err := j.PutPlan(ctx, version, bytes.Repeat([]byte(version), 100_000)); err != nil {
			return err
		}
		fmt.Println("plan", version)
		for range 40 {
			if last, err = j.Append(ctx, last, entryAfter(last)); err != nil {
				return err
			}
			fmt.Println("entry", last)
		}
		snapshot := journal.Snapshot{Position: last, Body: snapshotOf(last)}
		if err := j.PutSnapshot(ctx, snapshot, []string{version}); err != nil {
			return err
		}
		fmt.Println("snapshot", last)
	}
}

func entryAfter(last uint64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "after %d;", last), 1+int(last%50))
}

func snapshotOf(position uint64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%020d", position), 150_000) // 3 MB, in parts
}

// TestKilledWriterLosesNothing kills a writer at many places, each time in the journal that the one before left.
func TestKilledWriterLosesNothing(t *testing.T) {
	dir := t.TempDir()
	var acknowledged struct{ entry, snapshot uint64 }
	for _, lines := range []int{1, 7, 43, 44, 90, 131, 200} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), writerDir+"="+dir)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		plan := ""
		seen := 0
		for scan := bufio.NewScanner(out); scan.Scan(); {
			kind, what, _ := strings.Cut(scan.Text(), " ")
			switch kind {
			case "entry":
				scanNumber(t, what, &acknowledged.entry)
			case "snapshot":
				scanNumber(t, what, &acknowledged.snapshot)
			case "plan":
				plan = what
			}
			if seen++; seen == lines {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); seen < lines {
			t.Fatalf("the writer ended after %d lines: %v\n%s", seen, err, stderr.String())
		}
		verify(t, dir, plan, acknowledged.entry, acknowledged.snapshot)
	}
}

func scanNumber(t *testing.T, s string, to *uint64) {
	t.Helper()
	if _, err := fmt.Sscan(s, to); err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, dir, plan string, entry, snapshot uint64) {
	t.Helper()
	j, stop := open(t, dir)
	defer stop()
	s, err := j.Snapshot(t.Context())
	if err != nil && (snapshot > 0 || !errors.Is(err, journal.ErrNotFound)) {
		t.Fatal(err)
	}
	if s.Position < snapshot || err == nil && !bytes.Equal(s.Body, snapshotOf(s.Position)) {
		t.Errorf("snapshot of %d with %d bytes, acknowledged was that of %d", s.Position, len(s.Body), snapshot)
	}
	last := s.Position
	err = j.Replay(t.Context(), last, func(p uint64, body []byte) error {
		if p != last+1 || !bytes.Equal(body, entryAfter(last)) {
			return fmt.Errorf("entry %d after %d has %d bytes", p, last, len(body))
		}
		last = p
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if last < entry {
		t.Errorf("the journal ends at %d, acknowledged was %d", last, entry)
	}
	if body, err := j.Plan(t.Context(), plan); err != nil || len(body) != 100_000*len(plan) {
		t.Errorf("plan %s has %d bytes, error %v", plan, len(body), err)
	}
}
