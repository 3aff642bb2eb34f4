// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"workstream.dev/operator/hack/cluster/internal/layout"
)

// Folders outside ours in which the components insist on leaving something. Only what is ours is
// removed there, and the folders themselves, from the deepest, when that empties them.
const (
	shimSockets   = "/run/containerd/s"
	cniResults    = "/var/lib/cni/results"
	devicePlugins = "/var/lib/kubelet/device-plugins"
	containerLogs = "/var/log/containers"
)

// removeTraces removes what the cluster left outside its folders. It reads ours, so it comes before
// they are removed.
func (c *Cluster) removeTraces(ctx context.Context) error {
	found := c.traces(ctx)
	var failed error
	for _, f := range found {
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	for _, dir := range []string{shimSockets, cniResults, devicePlugins, containerLogs} {
		// Refused, as it should be, when something of others is in it.
		if os.Remove(dir) == nil && filepath.Dir(dir) != "/var/log" {
			_ = os.Remove(filepath.Dir(dir))
		}
	}
	return failed
}

// traces lists files of ours outside our folders.
func (c *Cluster) traces(ctx context.Context) []string {
	var found []string
	for _, id := range c.containerIDs() {
		if data, err := os.ReadFile(filepath.Join(c.tasks(), id, "address")); err == nil {
			if socket := strings.TrimPrefix(string(data), "unix://"); filepath.Dir(socket) == shimSockets {
				found = append(found, socket)
			}
		}
		cached, _ := filepath.Glob(filepath.Join(cniResults, "*-"+id+"-*"))
		found = append(found, cached...)
	}
	cached, _ := filepath.Glob(filepath.Join(cniResults, layout.Network+"-*"))
	found = append(found, cached...)
	links, _ := filepath.Glob(filepath.Join(containerLogs, "*.log"))
	for _, l := range links {
		if target, err := os.Readlink(l); err == nil && below(target, c.State) {
			found = append(found, l)
		}
	}
	if socket := filepath.Join(devicePlugins, "kubelet.sock"); exists(socket) && !listening(ctx, socket) {
		found = append(found, socket)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// listening says whether a process, of whichever kubelet, still serves the socket.
func listening(ctx context.Context, socket string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// tasks is containerd's folder with one folder per container that runs.
func (c *Cluster) tasks() string {
	return filepath.Join(c.ContainerdState(), "io.containerd.runtime.v2.task", "k8s.io")
}

// containerIDs lists the containers and sandboxes that containerd's folders know of; those of
// sandboxes survive a reboot.
func (c *Cluster) containerIDs() []string {
	var ids []string
	for _, dir := range []string{c.tasks(), filepath.Join(c.State, "containerd", "io.containerd.grpc.v1.cri", "sandboxes")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
