// SPDX-License-Identifier: Apache-2.0

package debian

import (
	"slices"
	"testing"
)

func TestMissing(t *testing.T) {
	if got := missing(func(string) bool { return true }); len(got) != 0 {
		t.Errorf("nothing should be missing, got %v", got)
	}
	got := missing(func(f string) bool { return f == PluginDirs[1]+"/ptp" || f == "runc" })
	want := []string{"containerd", "iptables", "mount", "ca-certificates"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTail(t *testing.T) {
	if got := tail("a\nb\nc\n", 2); got != "b\nc" {
		t.Errorf("got %q", got)
	}
}
