// SPDX-License-Identifier: Apache-2.0

package clustertest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Cluster is a cluster to talk to. Root is the checkout.
type Cluster struct {
	Root       string
	Kubeconfig string
	Kubectl    string
	// Local says that it is the one of hack/cluster, on this very machine.
	Local bool
}

// Find returns the cluster that KUBECONFIG names, or else the local one, which must be up.
func Find(ctx context.Context, root string) (*Cluster, error) {
	tool := filepath.Join(root, "hack", "cluster", "cluster")
	local, err := output(exec.CommandContext(ctx, tool, "kubeconfig"))
	if err != nil && os.Getenv("KUBECONFIG") == "" {
		return nil, fmt.Errorf("no cluster: set KUBECONFIG or run make cluster-up: %w", err)
	}
	c := &Cluster{Root: root, Kubeconfig: local, Kubectl: "kubectl", Local: true}
	if given := os.Getenv("KUBECONFIG"); given != "" {
		c.Local = err == nil && given == local
		c.Kubeconfig = given
	}
	if dir, err := output(exec.CommandContext(ctx, tool, "path")); err == nil {
		if _, err := os.Stat(filepath.Join(dir, "kubectl")); err == nil {
			c.Kubectl = filepath.Join(dir, "kubectl")
		}
	}
	return c, nil
}

// Root returns the checkout that the working directory is in.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "PROJECT")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("not inside a checkout of the project")
}

// Tool runs hack/cluster/cluster.
func (c *Cluster) Tool(ctx context.Context, args ...string) (string, error) {
	return output(exec.CommandContext(ctx, filepath.Join(c.Root, "hack", "cluster", "cluster"), args...))
}

// Run runs kubectl and returns what it printed; the error has what it said on stderr.
func (c *Cluster) Run(ctx context.Context, args ...string) (string, error) {
	return output(c.command(ctx, args...))
}

// Apply applies manifests from memory.
func (c *Cluster) Apply(ctx context.Context, namespace, manifests string) (string, error) {
	cmd := c.command(ctx, "apply", "--namespace", namespace, "-f", "-")
	cmd.Stdin = strings.NewReader(manifests)
	return output(cmd)
}

// Get reads an object into out.
func (c *Cluster) Get(ctx context.Context, out any, args ...string) error {
	text, err := c.Run(ctx, append([]string{"get", "-o", "json"}, args...)...)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), out)
}

// Condition is a status condition.
type Condition struct {
	Type, Status, Reason, Message string
	ObservedGeneration            int64
}

// Condition reads a condition of an object such as "workstream/contoso-chat"; the zero one when it has none.
func (c *Cluster) Condition(ctx context.Context, namespace, object, kind string) (Condition, error) {
	var o struct {
		Status struct{ Conditions []Condition }
	}
	if err := c.Get(ctx, &o, "--namespace", namespace, object); err != nil {
		return Condition{}, err
	}
	for _, cond := range o.Status.Conditions {
		if cond.Type == kind {
			return cond, nil
		}
	}
	return Condition{}, nil
}

func (c *Cluster) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Kubectl, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig)
	cmd.Dir = c.Root
	return cmd
}

func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", filepath.Base(cmd.Path), strings.Join(cmd.Args[1:], " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), err
}
