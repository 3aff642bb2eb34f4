// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func write(t *testing.T, modified time.Time) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "manager")
	if err := os.WriteFile(program, []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(program, modified, modified); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.tar")
	err := Write(Options{Name: "manager:dev", Out: out, Entrypoint: []string{"/bin/manager"}, Add: []string{program + ":/bin/manager"}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWriteIsReproducible(t *testing.T) {
	a, err := os.ReadFile(write(t, time.Unix(1, 0)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(write(t, time.Unix(1e9, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("the same program gave two images")
	}
}

func TestWriteContent(t *testing.T) {
	img, err := tarball.ImageFromPath(write(t, time.Unix(1, 0)), nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Config.User != NonRoot || config.Config.Entrypoint[0] != "/bin/manager" {
		t.Errorf("unexpected configuration %+v", config.Config)
	}
	modes := map[string]int64{}
	r := tar.NewReader(mutate.Extract(img))
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		modes[h.Name] = h.Mode
	}
	for name, mode := range map[string]int64{"tmp": 0o1777, "etc/passwd": 0o644, "bin/manager": 0o755, "bin": 0o755} {
		if modes[name] != mode && modes[name+"/"] != mode {
			t.Errorf("%s: mode %o, want %o", name, modes[name], mode)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"bad name":      {Name: "UPPER:x"},
		"relative path": {Name: "x:y", Add: []string{"/etc/passwd:bin/x"}},
		"no file":       {Name: "x:y", Add: []string{"/no/such/file:/x"}},
	} {
		o.Out = filepath.Join(t.TempDir(), "out.tar")
		if err := Write(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
