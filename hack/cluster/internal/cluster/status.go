// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"workstream.dev/operator/hack/cluster/internal/layout"
	"workstream.dev/operator/hack/cluster/internal/network"
)

// client speaks to the API server as its administrator.
func (c *Cluster) client() (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig("admin"))
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	config.Timeout = 3 * time.Second
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making the client: %w", err)
	}
	return client, nil
}

// ready asks the API server whether it is.
func ready(ctx context.Context, client kubernetes.Interface) error {
	if _, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err != nil {
		return fmt.Errorf("asking the API server: %w", err)
	}
	return nil
}

// nodeReady checks the node's condition.
func nodeReady(ctx context.Context, client kubernetes.Interface) error {
	node, err := client.CoreV1().Nodes().Get(ctx, layout.NodeName, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading the node: %w", err)
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			if condition.Status == corev1.ConditionTrue {
				return nil
			}
			return fmt.Errorf("the node is not ready: %s", condition.Message)
		}
	}
	return errors.New("the node has not reported yet")
}

// ended names the recorded processes that should run and do not.
func (c *Cluster) ended() []string {
	var names []string
	for _, r := range c.procs.All() {
		if !r.Alive() && !r.Stopped() {
			names = append(names, r.Name)
		}
	}
	return names
}

// exists says whether anything of a cluster is there.
func (c *Cluster) exists() bool { return exists(c.State) || exists(c.Run) }

// healthy checks the processes, the API server and the node.
func (c *Cluster) healthy(ctx context.Context) error {
	if n := len(c.procs.All()); n != len(stopOrder) {
		return fmt.Errorf("%d of %d processes were started", n, len(stopOrder))
	}
	if names := c.ended(); len(names) > 0 {
		return fmt.Errorf("ended: %s", strings.Join(names, ", "))
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	if err := ready(ctx, client); err != nil {
		return err
	}
	return nodeReady(ctx, client)
}

// Status says what runs and what is left behind. It fails when the cluster is not healthy.
func (c *Cluster) Status(ctx context.Context) error {
	records, total := c.procs.All(), 0
	for _, r := range records {
		state := "ended, see " + r.Log
		switch {
		case r.Stopped():
			state = "stopped on purpose"
		case r.Alive():
			memory := residentMegabytes(r.PID)
			total += memory
			state = fmt.Sprintf("pid %d, %d MB", r.PID, memory)
		}
		fmt.Fprintf(c.Out, "%-24s %s\n", r.Name, state)
	}
	left, err := c.leftovers(ctx)
	if err != nil {
		return err
	}
	if len(records) == 0 && left == (leftovers{}) {
		fmt.Fprintln(c.Out, "no cluster, nothing left behind")
		return nil
	}
	fmt.Fprintf(c.Out, "processes %d MB, shims %d (%d MB with their pods), mounts %d, firewall chains %d, folders %d, "+
		"traces elsewhere %d\n",
		total, left.shims, left.memory, left.mounts, left.chains, left.folders, left.traces)
	if err := c.healthy(ctx); err != nil {
		return fmt.Errorf("the cluster is not healthy: %w", err)
	}
	fmt.Fprintln(c.Out, "healthy")
	return nil
}

// leftovers counts what a cluster has outside its processes.
type leftovers struct{ shims, memory, mounts, chains, folders, traces int }

func (c *Cluster) leftovers(ctx context.Context) (leftovers, error) {
	var l leftovers
	for _, pid := range c.containerProcesses() {
		l.memory += residentMegabytes(pid)
	}
	shims := c.shims()
	l.shims = len(shims)
	for _, s := range shims {
		l.memory += residentMegabytes(s.PID)
	}
	mounts, err := c.mounts()
	if err != nil {
		return l, err
	}
	l.mounts = len(mounts)
	l.traces = len(c.traces(ctx))
	l.chains = network.CountRules(ctx, layout.Network)
	for _, dir := range []string{c.State, c.Run} {
		if exists(dir) {
			l.folders++
		}
	}
	return l, nil
}
