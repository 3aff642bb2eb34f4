// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"os"
	"os/exec"
	"strings"
)

// hasNameserver says whether a resolv.conf names a server; CoreDNS refuses one that does not.
func hasNameserver(file string) bool {
	data, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "nameserver" {
			return true
		}
	}
	return false
}

// kernelHas says whether the kernel knows a file system, loading its module if need be.
func kernelHas(filesystem string) bool {
	known := func() bool {
		data, _ := os.ReadFile("/proc/filesystems")
		return strings.Contains(string(data), "\t"+filesystem+"\n")
	}
	if known() {
		return true
	}
	_ = exec.CommandContext(context.Background(), "modprobe", filesystem).Run()
	return known()
}
