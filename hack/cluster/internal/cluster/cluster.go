// SPDX-License-Identifier: Apache-2.0

// Package cluster starts, checks and ends a one-node Kubernetes made of plain processes.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"workstream.dev/operator/hack/cluster/internal/binary"
	"workstream.dev/operator/hack/cluster/internal/layout"
	"workstream.dev/operator/hack/cluster/internal/process"
)

// The processes, in the order in which they start.
const (
	procEtcd       = "etcd"
	procAPIServer  = "kube-apiserver"
	procController = "kube-controller-manager"
	procScheduler  = "kube-scheduler"
	procContainerd = "containerd"
	procKubelet    = "kubelet"
	procProxy      = "kube-proxy"
	procDNS        = "coredns"
	procVolumes    = "provisioner"
)

// stopOrder ends first what would start pods or repair rules, and last what the others rest on.
var stopOrder = []string{
	procKubelet, procController, procScheduler, procVolumes, procProxy, procDNS, procContainerd, procAPIServer, procEtcd,
}

// Cluster is the one test cluster of this machine.
type Cluster struct {
	layout.Layout
	// Out is told, in short lines, what happens.
	Out   io.Writer
	procs process.Set
}

// New makes a Cluster; nothing is started.
func New(l layout.Layout, out io.Writer) *Cluster {
	return &Cluster{Layout: l, Out: out, procs: process.Set{Dir: l.Processes(), Logs: l.Logs()}}
}

// Builder builds the cluster's programs.
func (c *Cluster) Builder() binary.Builder {
	return binary.Builder{Source: c.Source, Cache: c.Cache, Out: c.Out}
}

// step does one part of the work and says what it was and how long it took.
func (c *Cluster) step(what string, do func() error) error {
	start := time.Now()
	if err := do(); err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "%-46s %5.1fs\n", what, time.Since(start).Seconds())
	return nil
}

// locked keeps two invocations from starting or ending the cluster at the same time.
func (c *Cluster) locked(ctx context.Context, do func() error) error {
	if os.Geteuid() != 0 {
		return errors.New("the cluster starts pods and changes the network: run this as root")
	}
	if err := os.MkdirAll(c.Cache, 0o755); err != nil {
		return fmt.Errorf("making the cache folder: %w", err)
	}
	// In the cache, because the state folder goes away while the lock is held.
	lock := flock.New(filepath.Join(c.Cache, "cluster.lock"))
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return fmt.Errorf("waiting for another cluster command: %w", err)
	}
	defer func() { _ = lock.Unlock() }()
	return do()
}

// poll repeats a check until it passes, the time is up or one of the named processes has ended.
func (c *Cluster) poll(ctx context.Context, what string, limit time.Duration, check func(context.Context) error, procs ...string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := c.dead(procs)
		if err != nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
		if err = check(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting %s for %s: %w (logs: %s)", limit, what, err, c.Logs())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (c *Cluster) dead(names []string) error {
	for _, n := range names {
		r, err := c.procs.Load(n)
		if err != nil {
			return err
		}
		if !r.Alive() {
			return fmt.Errorf("%s has ended, see %s", n, r.Log)
		}
	}
	return nil
}
