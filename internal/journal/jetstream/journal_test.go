// SPDX-License-Identifier: Apache-2.0

package jetstream_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/journal/jetstream"
	"workstream.dev/operator/internal/journal/journaltest"
	"workstream.dev/operator/internal/natsd"
)

func TestJournal(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journal.Journal {
		j, stop := open(t, t.TempDir())
		t.Cleanup(stop)
		return j
	})
}

func TestJournalIsDurable(t *testing.T) {
	journaltest.RunDurable(t, func(t *testing.T, dir string) (journal.Journal, func()) { return open(t, dir) })
}

func TestJournalFullByItsLimit(t *testing.T) {
	j, stop := open(t, t.TempDir(), func(o *jetstream.Options) { o.MaxBytes = 400 << 10 })
	defer stop()
	journaltest.RunFull(t, j, nil)
}

// TestJournalRefusesWhatIsTooLarge: without restarting the server, which has seen nothing of it.
func TestJournalRefusesWhatIsTooLarge(t *testing.T) {
	restarts := 0
	j, stop := open(t, t.TempDir(), func(o *jetstream.Options) {
		restart := o.Recover
		o.Recover = func() error { restarts++; return restart() }
	})
	defer stop()
	journaltest.RunTooLarge(t, j, natsd.MaxPayload)
	if restarts != 0 {
		t.Errorf("the server was restarted %d times", restarts)
	}
}

// TestNewWriterFencesTheOld has two journals of one namespace, as when an old process is not quite gone.
func TestNewWriterFencesTheOld(t *testing.T) {
	old, s, stop := openServer(t, t.TempDir())
	defer stop()
	conn, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	young, err := jetstream.Open(t.Context(), jetstream.Options{Conn: conn, Namespace: "contoso"})
	if err != nil {
		t.Fatal(err)
	}
	for i, j := range []*jetstream.Journal{old, young, young} {
		if _, err := j.Append(t.Context(), uint64(i), []byte("entry")); err != nil {
			t.Fatal(err)
		}
	}
	if err := young.PutSnapshot(t.Context(), journal.Snapshot{Position: 2, Body: []byte("young")}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Append(t.Context(), 1, []byte("late")); !errors.Is(err, journal.ErrConflict) {
		t.Errorf("append of the old writer: %v, want ErrConflict", err)
	}
	err = old.PutSnapshot(t.Context(), journal.Snapshot{Position: 1, Body: []byte("late")}, nil)
	if !errors.Is(err, journal.ErrConflict) {
		t.Errorf("snapshot of the old writer: %v, want ErrConflict", err)
	}
	if got, err := old.Snapshot(t.Context()); err != nil || string(got.Body) != "young" {
		t.Errorf("snapshot %q, error %v", got.Body, err)
	}
}

func TestNamespacesAreApart(t *testing.T) {
	a, s, stop := openServer(t, t.TempDir())
	defer stop()
	conn, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	b, err := jetstream.Open(t.Context(), jetstream.Options{Conn: conn, Namespace: "contoso-1-" + strings.Repeat("x", 53)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := a.Append(t.Context(), uint64(i), []byte("a")); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.PutPlan(t.Context(), "v1", []byte("a")); err != nil {
		t.Fatal(err)
	}
	if got := end(t, b); got != 0 {
		t.Errorf("an entry at %d", got)
	}
	if _, err := b.Plan(t.Context(), "v1"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("plan of the other namespace: %v", err)
	}
	for _, name := range []string{"", "a.b", "*", ">", "a b", "A", "-a", strings.Repeat("x", 64)} {
		if _, err := jetstream.Open(t.Context(), jetstream.Options{Conn: conn, Namespace: name}); err == nil {
			t.Errorf("namespace %q was taken", name)
		}
	}
}

func TestServerRestartsUnderneath(t *testing.T) {
	j, s, stop := openServer(t, t.TempDir())
	defer stop()
	var last uint64
	for i := range 5 {
		// The first to use the connection after the restart may find it gone; a writer then looks what there is.
		for attempt := 0; ; attempt++ {
			position, err := j.Append(t.Context(), last, fmt.Appendf(nil, "entry %d", i))
			if err == nil {
				last = position
				break
			}
			if !errors.Is(err, journal.ErrUncertain) || attempt == 3 {
				t.Fatal(err)
			}
			if got := end(t, j); got != last {
				t.Fatalf("the journal ends at %d, want %d", got, last)
			}
		}
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	if got := end(t, j); got != last {
		t.Errorf("the journal ends at %d, want %d", got, last)
	}
}

// TestInterruptedSnapshotIsSwept leaves the parts of one that was never completed.
func TestInterruptedSnapshotIsSwept(t *testing.T) {
	j, s, stop := openServer(t, t.TempDir())
	defer stop()
	conn, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := natsjs.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.PutPlan(t.Context(), "v1", []byte("plan")); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "state.contoso.chunk.orphan", make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := j.PutSnapshot(t.Context(), journal.Snapshot{Body: []byte("state")}, []string{"v1"}); err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "state-contoso")
	if err != nil {
		t.Fatal(err)
	}
	if got := stream.CachedInfo().State; got.Msgs != 4 || got.Bytes > 10_000 {
		t.Errorf("%d messages of %d bytes are left, want the plan and the snapshot, two each", got.Msgs, got.Bytes)
	}
	if body, err := j.Plan(t.Context(), "v1"); err != nil || string(body) != "plan" {
		t.Errorf("plan %q, error %v", body, err)
	}
}

// open starts a server on dir, with its journal.
func open(t testing.TB, dir string, change ...func(*jetstream.Options)) (*jetstream.Journal, func()) {
	t.Helper()
	j, _, stop := openServer(t, dir, change...)
	return j, stop
}

func openServer(t testing.TB, dir string, change ...func(*jetstream.Options)) (*jetstream.Journal, *natsd.Server, func()) {
	t.Helper()
	s, err := natsd.Start(natsd.Options{Dir: dir, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	opts := jetstream.Options{Conn: conn, Namespace: "contoso", Space: s.Space, Recover: s.Restart}
	for _, c := range change {
		c(&opts)
	}
	j, err := jetstream.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return j, s, func() {
		conn.Close()
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}
}

// TestPlansNeedNotWaitForASnapshot: writing one takes long, and the loop waits for a plan that it puts.
func TestPlansNeedNotWaitForASnapshot(t *testing.T) {
	var j *jetstream.Journal
	var armed atomic.Bool
	put := make(chan error, 1)
	j, stop := open(t, t.TempDir(), func(o *jetstream.Options) {
		space := o.Space
		o.Space = func() (free, total int64, err error) {
			if armed.CompareAndSwap(true, false) { // it is asked for the room for the snapshot
				go func() { put <- j.PutPlan(t.Context(), "v1", []byte("plan")) }()
				select {
				case err := <-put:
					put <- err
				case <-time.After(time.Minute):
					t.Error("the plan waits for the snapshot")
				}
			}
			return space()
		}
	})
	defer stop()
	at, err := j.Append(t.Context(), 0, []byte("entry"))
	if err != nil {
		t.Fatal(err)
	}
	armed.Store(true)
	if err := j.PutSnapshot(t.Context(), journal.Snapshot{Position: at, Body: []byte("state")}, nil); err != nil {
		t.Fatal(err)
	}
	if err := <-put; err != nil {
		t.Fatal(err)
	}
	if body, err := j.Plan(t.Context(), "v1"); err != nil || string(body) != "plan" {
		t.Errorf("plan %q, error %v: the snapshot dropped what came after it", body, err)
	}
}
