// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"workstream.dev/operator/hack/cluster/internal/binary"
	"workstream.dev/operator/hack/cluster/internal/debian"
	"workstream.dev/operator/hack/cluster/internal/layout"
	"workstream.dev/operator/hack/cluster/internal/network"
	"workstream.dev/operator/hack/cluster/internal/provision"
)

//go:embed files
var files embed.FS

// settingsFile remembers the kernel's settings from before the cluster.
const settingsFile = "kernel-settings.json"

// Up starts the cluster, unless a healthy one runs. What is left of a broken one is removed first,
// with its data: a test cluster is not worth repairing.
func (c *Cluster) Up(ctx context.Context) error {
	return c.locked(ctx, func() error {
		start := time.Now()
		if done, err := c.reuse(ctx); done || err != nil {
			return err
		}
		if err := c.start(ctx); err != nil && c.exists() {
			return fmt.Errorf("%w\nwhat was started is left for inspection; `down` removes it", err)
		} else if err != nil {
			return err
		}
		fmt.Fprintf(c.Out, "cluster is up after %.1fs; export KUBECONFIG=%s\n", time.Since(start).Seconds(), c.Kubeconfig("admin"))
		return nil
	})
}

// reuse keeps a healthy cluster and removes what is left of any other.
func (c *Cluster) reuse(ctx context.Context) (done bool, err error) {
	if !c.exists() {
		return false, nil
	}
	if r, err := c.procs.Load(procAPIServer); err == nil && r.Stopped() && len(c.ended()) == 0 {
		fmt.Fprintln(c.Out, "the API server was stopped on purpose; starting it")
		if err := c.startAPIServer(ctx); err != nil {
			return false, err
		}
	}
	if err := c.healthy(ctx); err != nil {
		fmt.Fprintf(c.Out, "the last cluster is broken (%v): removing it with its data\n", err)
		return false, c.remove(ctx)
	}
	fmt.Fprintf(c.Out, "a healthy cluster already runs; export KUBECONFIG=%s\n", c.Kubeconfig("admin"))
	return true, nil
}

// start starts everything on a clean machine.
func (c *Cluster) start(ctx context.Context) error {
	var n node
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"programs in the cache", func() (err error) { n.bin, err = c.Builder().Ensure(ctx, binary.All); return err }},
		{"Debian packages", func() error { return debian.Ensure(ctx, c.Out) }},
		{"settings, keys and configuration", func() error { return c.prepare(ctx, &n) }},
		{"containerd and pause image", func() error { return c.startContainerd(ctx, &n) }},
		{"etcd and API server", func() error { return c.startControlPlane(ctx, &n) }},
		{"objects of the cluster", func() error { return c.apply(ctx, &n) }},
		{"node ready", func() error { return c.startNode(ctx, &n) }},
		{"cluster DNS", func() error { return c.waitDNS(ctx, &n) }},
	} {
		if err := c.step(s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

// node is what the parts of `up` hand to each other; templates see it too.
type node struct {
	layout.Layout
	bin string
	// IP is the machine's address.
	IP net.IP
	// Resolver is the resolv.conf that names outside the cluster are looked up with; may be empty.
	Resolver    string
	PluginDir   string
	Snapshotter string
	NoAppArmor  bool
}

// Constants for the templates.

// Network is layout.Network.
func (node) Network() string { return layout.Network }

// PodCIDR is layout.PodCIDR.
func (node) PodCIDR() string { return layout.PodCIDR }

// DNSServiceIP is layout.DNSServiceIP.
func (node) DNSServiceIP() string { return layout.DNSServiceIP }

// DNSPort is layout.DNSPort.
func (node) DNSPort() int { return layout.DNSPort }

// PauseImage is layout.PauseImage.
func (node) PauseImage() string { return layout.PauseImage }

// Provisioner is provision.Name.
func (node) Provisioner() string { return provision.Name }

// server is the API server's address.
func (n node) server() string { return fmt.Sprintf("https://%s:%d", n.IP, layout.APIPort) }

// prepare checks the machine and writes all keys and configuration.
func (c *Cluster) prepare(ctx context.Context, n *node) error {
	n.Layout = c.Layout
	if err := c.inspect(ctx, n); err != nil {
		return err
	}
	for _, dir := range []string{c.State, c.Run, c.Config(), filepath.Join(c.Config(), "cni"), c.Volumes()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("making folders: %w", err)
		}
	}
	if err := network.SaveSettings(filepath.Join(c.State, settingsFile)); err != nil {
		return err
	}
	if err := network.Forward(); err != nil {
		return err
	}
	if err := network.Guard(ctx, layout.ServiceCIDR); err != nil {
		return err
	}
	if err := c.issue(n); err != nil {
		return err
	}
	for from, to := range map[string]string{
		"containerd.toml":  "containerd.toml",
		"kubelet.yaml":     "kubelet.yaml",
		"Corefile":         "Corefile",
		"objects.yaml":     "objects.yaml",
		"network.conflist": "cni/10-workstream.conflist",
	} {
		text, err := render(from, n)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.Config(), to), text, 0o644); err != nil {
			return fmt.Errorf("writing configuration: %w", err)
		}
	}
	return nil
}

// inspect finds out what differs between machines.
func (c *Cluster) inspect(ctx context.Context, n *node) error {
	for _, port := range []string{"6443", "10250", "10256", "10257", "10259"} {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":"+port)
		if err != nil {
			return fmt.Errorf("checking port %s: another Kubernetes, not started by this command, seems to run here: %w", port, err)
		}
		_ = l.Close()
	}
	var err error
	if n.IP, err = network.NodeAddress(); err != nil {
		return err
	}
	for _, dir := range debian.PluginDirs {
		if exists(filepath.Join(dir, "ptp")) {
			n.PluginDir = dir
			break
		}
	}
	if hasNameserver("/etc/resolv.conf") {
		n.Resolver = "/etc/resolv.conf"
	}
	n.Snapshotter = "native"
	if kernelHas("overlay") {
		n.Snapshotter = "overlayfs"
	}
	n.NoAppArmor = !exists("/sys/kernel/security/apparmor")
	return nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return !errors.Is(err, os.ErrNotExist)
}

func render(name string, n *node) ([]byte, error) {
	text, err := files.ReadFile("files/" + name)
	if err != nil {
		return nil, fmt.Errorf("rendering %s: %w", name, err)
	}
	t, err := template.New(name).Option("missingkey=error").Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("rendering %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, n); err != nil {
		return nil, fmt.Errorf("rendering %s: %w", name, err)
	}
	return out.Bytes(), nil
}
