// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"

	"workstream.dev/operator/hack/cluster/internal/layout"
)

func testNode() *node {
	return &node{
		Layout:   layout.Layout{State: "/s", Run: "/r", Cache: "/c"},
		IP:       net.IPv4(10, 0, 0, 1),
		Resolver: "/etc/resolv.conf", PluginDir: "/p", Snapshotter: "overlayfs",
	}
}

func TestRenderedFilesParse(t *testing.T) {
	for _, name := range []string{"kubelet.yaml", "network.conflist", "objects.yaml"} {
		text, err := render(name, testNode())
		if err != nil {
			t.Fatal(err)
		}
		for i, document := range strings.Split(string(text), "\n---\n") {
			data, err := yaml.ToJSON([]byte(document))
			if err != nil {
				t.Fatalf("%s, document %d: %v", name, i, err)
			}
			var object map[string]any
			if err := json.Unmarshal(data, &object); err != nil || len(object) == 0 {
				t.Errorf("%s, document %d: %v", name, i, err)
			}
		}
	}
}

func TestCorefileWithoutResolver(t *testing.T) {
	n := testNode()
	with, err := render("Corefile", n)
	if err != nil {
		t.Fatal(err)
	}
	n.Resolver = ""
	without, err := render("Corefile", n)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(with), "forward . /etc/resolv.conf") || strings.Contains(string(without), "forward") {
		t.Errorf("forwarding is wrong:\n%s\n%s", with, without)
	}
}

func TestIsShim(t *testing.T) {
	const socket = "/run/x/containerd.sock"
	line := func(args ...string) []byte { return []byte(strings.Join(args, "\x00") + "\x00") }
	if !isShim(line("/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-address", socket), socket) {
		t.Error("our shim was not recognised")
	}
	for name, other := range map[string][]byte{
		"other socket":  line("/usr/bin/containerd-shim-runc-v2", "-address", "/run/containerd/containerd.sock"),
		"other program": line("/usr/bin/less", "-address", socket),
		"kernel thread": {},
	} {
		if isShim(other, socket) {
			t.Errorf("%s: taken for our shim", name)
		}
	}
}

func TestBelow(t *testing.T) {
	if !below("/a/b/c", "/a/b") || below("/a/bc", "/a/b") || below("/a/b", "/a/b") {
		t.Error("folders are told apart wrongly")
	}
}

func TestHasNameserver(t *testing.T) {
	file := filepath.Join(t.TempDir(), "resolv.conf")
	if hasNameserver(file) {
		t.Error("a file that is not there names a server")
	}
	for text, want := range map[string]bool{"nameserver 10.0.0.1\n": true, "# nameserver 10.0.0.1\nsearch x\n": false} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := hasNameserver(file); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

func TestStopOrderIsComplete(t *testing.T) {
	for _, name := range []string{
		procEtcd, procAPIServer, procController, procScheduler, procContainerd, procKubelet, procProxy, procDNS, procVolumes,
	} {
		if !slices.Contains(stopOrder, name) {
			t.Errorf("%s would never be ended", name)
		}
	}
}
