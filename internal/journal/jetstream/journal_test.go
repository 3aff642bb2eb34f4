// SPDX-License-Identifier: Apache-2.0

package jetstream_test

import (
	"log/slog"
	"testing"

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
