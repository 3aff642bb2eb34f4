// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"workstream.dev/operator/hack/cluster/internal/process"
)

// shims finds the shims of our containerd: each is told the daemon's socket when it starts.
func (c *Cluster) shims() []process.Record {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var found []process.Record
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil || !isShim(data, c.ContainerdSocket()) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if err != nil {
			continue
		}
		if r, err := process.Find("shim", pid); err == nil {
			found = append(found, r)
		}
	}
	return found
}

func isShim(cmdline []byte, socket string) bool {
	args := bytes.Split(cmdline, []byte{0})
	if !strings.HasPrefix(filepath.Base(string(args[0])), "containerd-shim") {
		return false
	}
	i := slices.IndexFunc(args, func(a []byte) bool { return string(a) == "-address" })
	return i > 0 && i+1 < len(args) && string(args[i+1]) == socket
}

// cgroups lists the cgroups of our containers, in all hierarchies of version 1 or the one of
// version 2. containerd's own folder says which containers are ours.
func (c *Cluster) cgroups() []string {
	var groups []string
	for _, id := range c.containerIDs() {
		for _, pattern := range []string{"/sys/fs/cgroup/*/k8s.io/%s", "/sys/fs/cgroup/k8s.io/%s"} {
			found, _ := filepath.Glob(fmt.Sprintf(pattern, id))
			groups = append(groups, found...)
		}
	}
	return groups
}

// containerProcesses lists the processes in our containers, also those that left their parent.
func (c *Cluster) containerProcesses() []int {
	var pids []int
	for _, g := range c.cgroups() {
		data, _ := os.ReadFile(filepath.Join(g, "cgroup.procs"))
		for field := range strings.FieldsSeq(string(data)) {
			if pid, err := strconv.Atoi(field); err == nil && pid > 1 {
				pids = append(pids, pid)
			}
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

// removeCgroups removes the containers' empty cgroups, and their parent when it is empty too.
func (c *Cluster) removeCgroups() {
	for _, g := range c.cgroups() {
		_ = os.Remove(g)
		_ = os.Remove(filepath.Dir(g))
	}
}

// residentMegabytes is the memory that a process has in use.
func residentMegabytes(pid int) int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(data))
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(f[1])
	return pages * os.Getpagesize() >> 20
}
