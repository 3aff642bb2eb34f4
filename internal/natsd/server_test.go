// SPDX-License-Identifier: Apache-2.0

package natsd_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"workstream.dev/operator/internal/natsd"
)

func start(t *testing.T, dir string) *natsd.Server {
	t.Helper()
	s, err := natsd.Start(natsd.Options{Dir: dir, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func connect(t *testing.T, s *natsd.Server) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	conn, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return conn, js
}

// makeStream leaves a stream with one message.
func makeStream(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	config := jetstream.StreamConfig{Name: "s", Subjects: []string{"s"}, Storage: jetstream.FileStorage}
	if _, err := js.CreateStream(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s", []byte("kept")); err != nil {
		t.Fatal(err)
	}
}

func wantKept(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	stream, err := js.Stream(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetMsg(t.Context(), 1)
	if err != nil || string(m.Data) != "kept" {
		t.Fatalf("message %v, error %v", m, err)
	}
}

func TestStreamsOutliveTheServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "by", "start")
	s := start(t, dir)
	_, js := connect(t, s)
	makeStream(t, js)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
	if err := s.Restart(); err == nil {
		t.Error("a stopped server was restarted")
	}
	if _, err := s.Connect(); err == nil {
		t.Error("connected to a stopped server")
	}
	_, js = connect(t, start(t, dir))
	wantKept(t, js)
}

func TestConnectionOutlivesARestart(t *testing.T) {
	s := start(t, t.TempDir())
	closed, _ := connect(t, s)
	_, js := connect(t, s)
	makeStream(t, js)
	closed.Close() // one that is closed is not waited for
	for range 3 {
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		wantKept(t, js)
	}
}

func TestLargestMessage(t *testing.T) {
	conn, js := connect(t, start(t, t.TempDir()))
	makeStream(t, js)
	if _, err := js.Publish(t.Context(), "s", make([]byte, natsd.MaxPayload-1024)); err != nil {
		t.Error(err)
	}
	if err := conn.Publish("s", make([]byte, natsd.MaxPayload+1)); !errors.Is(err, nats.ErrMaxPayload) {
		t.Errorf("error %v", err)
	}
}

func TestSpace(t *testing.T) {
	free, total, err := start(t, t.TempDir()).Space()
	if err != nil || free <= 0 || total < free {
		t.Errorf("%d bytes free of %d, error %v", free, total, err)
	}
}

func TestDirectoryIsForOneServer(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	if _, err := natsd.Start(natsd.Options{Dir: dir}); !errors.Is(err, natsd.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v, want ErrLocked with the directory", err)
	}
	if err := s.Restart(); err != nil {
		t.Errorf("restarting the one that has it: %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}

func TestDirectoryThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	blocked := t.TempDir()
	if err := os.WriteFile(filepath.Join(blocked, "nats"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{
		"a file":                      file,
		"below a file":                filepath.Join(file, "journal"),
		"where a file is in the way":  blocked,
		"on a volume that is no disk": "/proc/journal",
	} {
		t.Run(name, func(t *testing.T) {
			s, err := natsd.Start(natsd.Options{Dir: dir})
			if err == nil {
				t.Errorf("started on %s: %v", dir, s.Stop())
			} else if !strings.Contains(err.Error(), dir) {
				t.Errorf("error %q does not name %s", err, dir)
			}
		})
	}
}

func TestDamagedStreamIsNotLeftOut(t *testing.T) {
	for name, damage := range map[string]func(stream string) error{
		"description overwritten": func(stream string) error {
			return os.WriteFile(filepath.Join(stream, "meta.inf"), []byte("{"), 0o600)
		},
		"description gone": func(stream string) error { return os.Remove(filepath.Join(stream, "meta.inf")) },
		"checksum gone":    func(stream string) error { return os.Remove(filepath.Join(stream, "meta.sum")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := start(t, dir)
			_, js := connect(t, s)
			makeStream(t, js)
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
			stream := filepath.Join(dir, "nats", "jetstream", "$G", "streams", "s")
			if err := damage(stream); err != nil {
				t.Fatal(err)
			}
			s, err := natsd.Start(natsd.Options{Dir: dir})
			if err == nil {
				t.Fatalf("started without the stream: %v", s.Stop())
			}
			if !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), "meta") {
				t.Errorf("error %q does not say what is damaged", err)
			}
		})
	}
}

// TestInterruptedCreationIsNoDamage starts on what a process leaves that was killed while it made a stream.
func TestInterruptedCreationIsNoDamage(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "nats", "jetstream", "$G", "streams", "s", "msgs"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, js := connect(t, start(t, dir))
	makeStream(t, js)
	wantKept(t, js)
}

func TestLogIsQuiet(t *testing.T) {
	var out bytes.Buffer
	s, err := natsd.Start(natsd.Options{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	_, js := connect(t, s)
	makeStream(t, js)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 0 {
		t.Errorf("a server that works well has written:\n%s", out.String())
	}
}
