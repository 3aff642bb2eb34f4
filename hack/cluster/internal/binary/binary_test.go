// SPDX-License-Identifier: Apache-2.0

package binary

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVersionsOfThisCheckout(t *testing.T) {
	b := Builder{Source: "../..", Cache: "/cache"}
	v, err := b.Versions()
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"kubernetes": v.Kubernetes, "etcd": v.Etcd, "coredns": v.CoreDNS} {
		if !strings.HasPrefix(got, "v") {
			t.Errorf("%s: no version: %q", name, got)
		}
	}
	dir, err := b.Dir()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(dir, v.Kubernetes) || !strings.HasPrefix(dir, "/cache/bin/") {
		t.Errorf("folder is not keyed by version: %s", dir)
	}
}

func TestVersionFlags(t *testing.T) {
	got := versionFlags("v1.37.1")
	for _, want := range []string{"gitVersion=v1.37.1", "gitMajor=1 ", "gitMinor=37 "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func TestMissing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "etcd"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := len(missing(dir, Assets)); got != len(Assets)-1 {
		t.Errorf("missing: got %d programs, want %d", got, len(Assets)-1)
	}
}
