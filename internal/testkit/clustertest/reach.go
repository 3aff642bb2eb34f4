// SPDX-License-Identifier: Apache-2.0

package clustertest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Reach is a way to a service from this machine.
type Reach struct {
	URL string
	// Forward says that it goes through kubectl port-forward and ends with Close.
	Forward bool

	cmd *exec.Cmd
}

// Close ends a port-forward.
func (r *Reach) Close() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	}
}

// Reach finds a way to a service's port: its cluster address where this machine is the node, a port-forward elsewhere.
func (c *Cluster) Reach(ctx context.Context, namespace, service string, port int) (*Reach, error) {
	ip, err := c.Run(ctx, "get", "service", "--namespace", namespace, service, "-o", "jsonpath={.spec.clusterIP}")
	if err != nil {
		return nil, err
	}
	if c.Local {
		return &Reach{URL: "http://" + net.JoinHostPort(ip, strconv.Itoa(port))}, nil
	}
	return c.forward(ctx, namespace, "service/"+service, port)
}

// Forward opens a port-forward to a pod, for ports that no service has.
func (c *Cluster) Forward(ctx context.Context, namespace, target string, port int) (*Reach, error) {
	return c.forward(ctx, namespace, target, port)
}

func (c *Cluster) forward(ctx context.Context, namespace, target string, port int) (*Reach, error) {
	cmd := c.command(context.WithoutCancel(ctx), "port-forward", "--namespace", namespace, target, fmt.Sprintf(":%d", port))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting port-forward: %w", err)
	}
	r := &Reach{Forward: true, cmd: cmd}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		r.Close()
		return nil, fmt.Errorf("port-forward to %s ended at once", target)
	}
	_, rest, ok := strings.Cut(lines.Text(), "127.0.0.1:")
	local, _, ok2 := strings.Cut(rest, " ")
	if !ok || !ok2 {
		r.Close()
		return nil, fmt.Errorf("port-forward said %q", lines.Text())
	}
	go func() { // kubectl prints a line for each connection: read on, so that it never blocks
		for lines.Scan() {
			continue
		}
	}()
	r.URL = "http://127.0.0.1:" + local
	return r, nil
}

// NodeAddress returns this machine's address as pods see it; empty when the node is another machine.
func (c *Cluster) NodeAddress(ctx context.Context) (string, error) {
	if !c.Local {
		return "", nil
	}
	return c.Run(ctx, "get", "nodes", "-o", `jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}`)
}

// Eventually calls check until it returns nil, at most for so long; the error is the last one.
func Eventually(ctx context.Context, atMost time.Duration, check func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s: %w", atMost, err)
		case <-tick.C:
		}
	}
}
