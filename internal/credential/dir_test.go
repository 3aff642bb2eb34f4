// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// mounted lays files out as the kubelet does: names are links through ..data, which is turned in one step.
type mounted struct {
	t   *testing.T
	dir string
	gen int
}

func (m *mounted) put(name, content string) {
	m.t.Helper()
	m.gen++
	gen := filepath.Join(m.dir, "..gen"+string(rune('a'+m.gen)))
	must(m.t, os.Mkdir(gen, 0o700))
	must(m.t, os.WriteFile(filepath.Join(gen, name), []byte(content), 0o600))
	old := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // content of the same size and time must be told apart too
	must(m.t, os.Chtimes(filepath.Join(gen, name), old, old))
	tmp := filepath.Join(m.dir, "..tmp")
	must(m.t, os.Symlink(filepath.Base(gen), tmp))
	must(m.t, os.Rename(tmp, filepath.Join(m.dir, "..data")))
	if _, err := os.Lstat(filepath.Join(m.dir, name)); err != nil {
		must(m.t, os.Symlink(filepath.Join("..data", name), filepath.Join(m.dir, name)))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSecretIsReadAgainWhenItChanges(t *testing.T) {
	m := &mounted{t: t, dir: t.TempDir()}
	now := time.Unix(1000, 0)
	d := NewDir(m.dir, nil)
	d.now = func() time.Time { return now }

	if _, err := d.Secret("web", "signingSecret"); !errors.Is(err, ErrMissing) {
		t.Fatalf("before the mount: %v, want ErrMissing", err)
	}
	m.put("web.signingSecret", "one")
	first, err := d.Secret("web", "signingSecret") // a missing file is looked for each time
	must(t, err)
	if got := string(first.Body); got != "one" {
		t.Fatalf("got %q", got)
	}

	m.put("web.signingSecret", "two")
	again, err := d.Secret("web", "signingSecret")
	must(t, err)
	if got := string(again.Body); got != "one" || again.Version != first.Version {
		t.Fatalf("within a second: got %q version %d, want the file not to be looked at", got, again.Version)
	}
	now = now.Add(checkEvery)
	again, err = d.Secret("web", "signingSecret")
	must(t, err)
	if got := string(again.Body); got != "two" || again.Version == first.Version {
		t.Fatalf("after a second: got %q version %d", got, again.Version)
	}
	now = now.Add(checkEvery)
	same, err := d.Secret("web", "signingSecret")
	must(t, err)
	if same.Version != again.Version {
		t.Fatalf("nothing changed, but the version did: %d, then %d", again.Version, same.Version)
	}

	must(t, os.Remove(filepath.Join(m.dir, "web.signingSecret")))
	now = now.Add(checkEvery)
	if _, err := d.Secret("web", "signingSecret"); !errors.Is(err, ErrMissing) {
		t.Fatalf("after the secret is gone: %v, want ErrMissing", err)
	}
	m.put("web.signingSecret", "new")
	back, err := d.Secret("web", "signingSecret")
	must(t, err)
	if back.Version <= again.Version {
		t.Fatalf("a secret that came back has version %d, not above %d", back.Version, again.Version)
	}
}

func TestFileRefuses(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "huge"), make([]byte, maxFile+1), 0o600))
	d := NewDir(filepath.Join(dir, "sub"), nil)
	if _, err := d.File("../huge"); !errors.Is(err, ErrMissing) {
		t.Errorf("a name that leaves the folder: %v, want ErrMissing", err)
	}
	if _, err := NewDir(dir, nil).File("huge"); err == nil || errors.Is(err, ErrMissing) {
		t.Errorf("a huge file: %v, want an error that it is too large", err)
	}
}

func TestUnusableContentDoesNotReplaceWhatWorked(t *testing.T) {
	m := &mounted{t: t, dir: t.TempDir()}
	now := time.Unix(1000, 0)
	d := NewDir(m.dir, func(_ string, body []byte) error {
		if string(body) == "bad" {
			return errors.New("it is bad")
		}
		return nil
	})
	d.now = func() time.Time { return now }

	m.put("web.signingSecret", "bad")
	if _, err := d.Secret("web", "signingSecret"); !errors.Is(err, ErrUnusable) {
		t.Fatalf("bad from the start: %v, want ErrUnusable", err)
	}
	for _, step := range []struct {
		put, want string
		problem   error
	}{{"one", "one", nil}, {"bad", "one", ErrUnusable}, {"two", "two", nil}} {
		m.put("web.signingSecret", step.put)
		now = now.Add(checkEvery)
		file, err := d.Secret("web", "signingSecret")
		must(t, err)
		if got := string(file.Body); got != step.want {
			t.Fatalf("after %q: got %q, want %q", step.put, got, step.want)
		}
		if err := d.Problem("web.signingSecret"); !errors.Is(err, step.problem) {
			t.Fatalf("after %q: problem %v, want %v", step.put, err, step.problem)
		}
	}

	m.put("web.signingSecret", "bad")
	must(t, os.Remove(filepath.Join(m.dir, "web.signingSecret")))
	now = now.Add(checkEvery)
	if _, err := d.Secret("web", "signingSecret"); !errors.Is(err, ErrMissing) {
		t.Fatalf("taken away: %v, want ErrMissing", err)
	}
}
