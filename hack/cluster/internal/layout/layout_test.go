// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"strings"
	"testing"
)

func TestFromEnvironment(t *testing.T) {
	t.Setenv("WORKSTREAM_CACHE", "/c/x")
	t.Setenv("WORKSTREAM_CLUSTER_DIR", "/d/y")
	l, err := FromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	if l.Cache != "/c/x" || l.State != "/d/y/state" || l.Run != "/d/y/run" {
		t.Errorf("unexpected folders: %+v", l)
	}
}

func TestFromEnvironmentRefuses(t *testing.T) {
	t.Setenv("WORKSTREAM_CACHE", "/c/x")
	for name, dir := range map[string]string{
		"relative": "some/dir",
		"too long": "/" + strings.Repeat("x", 100),
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("WORKSTREAM_CLUSTER_DIR", dir)
			if _, err := FromEnvironment(); err == nil {
				t.Errorf("%q was accepted", dir)
			}
		})
	}
}
