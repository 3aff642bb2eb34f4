// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"workstream.dev/operator/hack/cluster/internal/layout"
	"workstream.dev/operator/hack/cluster/internal/network"
	"workstream.dev/operator/hack/cluster/internal/process"
)

// Down ends the cluster and removes all that it left on the machine.
func (c *Cluster) Down(ctx context.Context) error {
	return c.locked(ctx, func() error {
		if !c.exists() {
			fmt.Fprintln(c.Out, "no cluster; nothing to do")
			return nil
		}
		start := time.Now()
		if err := c.remove(ctx); err != nil {
			return err
		}
		fmt.Fprintf(c.Out, "cluster is down after %.1fs\n", time.Since(start).Seconds())
		return nil
	})
}

// remove goes on after a failure, so that one stubborn mount does not leave everything else; the
// state folder, which knows what is ours, goes only when all else has gone.
func (c *Cluster) remove(ctx context.Context) error {
	var failed error
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"processes ended", c.endProcesses},
		{"pods ended", c.endPods},
		{"mounts removed", c.unmountAll},
		{"network cleaned", func() error { return c.cleanNetwork(ctx) }},
		{"traces elsewhere removed", func() error { return c.removeTraces(ctx) }},
	} {
		failed = errors.Join(failed, c.step(s.what, s.do))
	}
	if failed != nil {
		return fmt.Errorf("removing the cluster: %w", failed)
	}
	return c.removeFolders()
}

func (c *Cluster) endProcesses() error {
	var failed error
	for _, name := range stopOrder {
		grace := 5 * time.Second
		switch name {
		case procAPIServer, procController, procScheduler, procEtcd:
			// Nothing of theirs is kept, and a polite end of the API server waits for its clients.
			grace = 0
		}
		if record, err := c.procs.Load(name); err == nil {
			failed = errors.Join(failed, record.End(grace))
		}
	}
	return failed
}

// endPods kills what runs in our containers, then the shims. Those of another containerd have
// another socket and are left alone.
func (c *Cluster) endPods() error {
	// Again, for what was forked in the meantime.
	for range 3 {
		for _, s := range c.shims() {
			_ = s.End(0)
		}
		pids := c.containerProcesses()
		if len(pids) == 0 {
			break
		}
		for _, pid := range pids {
			if r, err := process.Find("container", pid); err == nil {
				_ = r.End(0)
			}
		}
	}
	if pids := c.containerProcesses(); len(pids) > 0 {
		return fmt.Errorf("ending pods: processes %v survived SIGKILL", pids)
	}
	c.removeCgroups()
	return nil
}

// mounts lists what is mounted below our folders, the deepest and latest first.
func (c *Cluster) mounts() ([]string, error) {
	infos, err := mountinfo.GetMounts(func(i *mountinfo.Info) (skip, stop bool) {
		return !below(i.Mountpoint, c.State) && !below(i.Mountpoint, c.Run), false
	})
	if err != nil {
		return nil, fmt.Errorf("listing mounts: %w", err)
	}
	points := make([]string, 0, len(infos))
	for _, info := range slices.Backward(infos) {
		points = append(points, info.Mountpoint)
	}
	return points, nil
}

func below(path, dir string) bool { return strings.HasPrefix(path, dir+"/") }

func (c *Cluster) unmountAll() error {
	for range 3 {
		points, err := c.mounts()
		if err != nil || len(points) == 0 {
			return err
		}
		for _, p := range points {
			if unix.Unmount(p, 0) != nil {
				// A file of a process that is about to go may still be open.
				_ = unix.Unmount(p, unix.MNT_DETACH)
			}
		}
	}
	points, err := c.mounts()
	if err == nil && len(points) > 0 {
		err = fmt.Errorf("unmounting: still mounted: %s", strings.Join(points, " "))
	}
	return err
}

// cleanNetwork removes rules and puts kernel settings back. The pods' interfaces went with their namespaces,
// which were mounts.
func (c *Cluster) cleanNetwork(ctx context.Context) error {
	return errors.Join(
		network.CleanRules(ctx, layout.Network),
		network.RestoreSettings(filepath.Join(c.State, settingsFile)),
	)
}

func (c *Cluster) removeFolders() error {
	for _, dir := range []string{c.Run, c.State} {
		if points, err := c.mounts(); err != nil || len(points) > 0 {
			// Removing would reach through the mount.
			return fmt.Errorf("removing %s: something is mounted below: %v, %w", dir, points, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("removing %s: %w", dir, err)
		}
	}
	return nil
}
