// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"workstream.dev/operator/hack/cluster/internal/binary"
	"workstream.dev/operator/hack/cluster/internal/image"
	"workstream.dev/operator/hack/cluster/internal/layout"
	"workstream.dev/operator/hack/cluster/internal/process"
)

// startContainerd starts a containerd of our own, apart from any that the machine runs.
func (c *Cluster) startContainerd(ctx context.Context, n *node) error {
	path, err := exec.LookPath("containerd")
	if err != nil {
		return fmt.Errorf("finding containerd: %w", err)
	}
	config := filepath.Join(c.Config(), "containerd.toml")
	if _, err := c.procs.Start(process.Spec{Name: procContainerd, Path: path, Args: []string{"--config", config}}); err != nil {
		return err
	}
	pause, err := c.pauseImage(ctx, n)
	if err != nil {
		return err
	}
	if err := c.poll(ctx, "containerd", 30*time.Second, func(ctx context.Context) error {
		return c.ctr(ctx, "version").Run()
	}, procContainerd); err != nil {
		return err
	}
	return c.importImage(ctx, pause)
}

// pauseImage makes the image that every pod's sandbox runs, once per cache.
func (c *Cluster) pauseImage(ctx context.Context, n *node) (string, error) {
	file := filepath.Join(n.bin, "pause.tar")
	if exists(file) {
		return file, nil
	}
	program := filepath.Join(n.bin, "pause")
	if err := c.Builder().Static(ctx, binary.Program{Name: "pause", Package: "./pause"}, "-s -w", program); err != nil {
		return "", err
	}
	err := image.Write(image.Options{
		Name: layout.PauseImage, Out: file, Entrypoint: []string{"/pause"}, Add: []string{program + ":/pause"},
	})
	return file, err
}

func (c *Cluster) ctr(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ctr", append([]string{"--address", c.ContainerdSocket(), "--namespace", "k8s.io"}, args...)...)
}

func (c *Cluster) importImage(ctx context.Context, file string) error {
	output, err := c.ctr(ctx, "images", "import", file).CombinedOutput()
	if err != nil {
		return fmt.Errorf("importing %s: %w: %s", file, err, output)
	}
	return nil
}

// LoadImage imports a docker-archive, so that pods can use its image without a registry.
func (c *Cluster) LoadImage(ctx context.Context, file string) error {
	if err := c.dead([]string{procContainerd}); err != nil {
		return fmt.Errorf("importing an image: the cluster is not up: %w", err)
	}
	return c.step("imported "+filepath.Base(file), func() error { return c.importImage(ctx, file) })
}

// startNode starts what runs on a node and waits until the node is ready.
func (c *Cluster) startNode(ctx context.Context, n *node) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	for _, spec := range []process.Spec{
		{Name: procKubelet, Path: filepath.Join(n.bin, "kubelet"), Args: []string{
			"--config=" + filepath.Join(c.Config(), "kubelet.yaml"), "--kubeconfig=" + c.Kubeconfig("kubelet"),
			"--hostname-override=" + layout.NodeName, "--node-ip=" + n.IP.String(),
			"--root-dir=" + filepath.Join(c.State, "kubelet"), "--cert-dir=" + c.PKI(),
		}},
		{Name: procProxy, Path: filepath.Join(n.bin, "kube-proxy"), Args: []string{
			"--kubeconfig=" + c.Kubeconfig("proxy"), "--hostname-override=" + layout.NodeName,
			"--proxy-mode=iptables", "--cluster-cidr=" + layout.PodCIDR, "--iptables-localhost-nodeports=false",
			"--healthz-bind-address=127.0.0.1:10256", "--metrics-bind-address=127.0.0.1:10249", "--oom-score-adj=0",
			// Zero leaves the kernel's table as it is; a container may not change it.
			"--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0",
		}},
		{Name: procDNS, Path: filepath.Join(n.bin, "coredns"), Args: []string{"-conf", filepath.Join(c.Config(), "Corefile")}},
		{Name: procVolumes, Path: self, Args: []string{"provisioner"}, Env: c.environment()},
	} {
		if _, err := c.procs.Start(spec); err != nil {
			return err
		}
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	return c.poll(ctx, "the node", time.Minute, func(ctx context.Context) error {
		return nodeReady(ctx, client)
	}, procKubelet, procProxy, procDNS, procVolumes, procController, procScheduler)
}

// environment hands our folders to a program that is this one again.
func (c *Cluster) environment() []string {
	var env []string
	for _, name := range []string{"WORKSTREAM_CLUSTER_SOURCE", "WORKSTREAM_CACHE", "WORKSTREAM_CLUSTER_DIR", "XDG_CACHE_HOME"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// waitDNS asks for a service's name through the DNS service's own address, which takes CoreDNS,
// kube-proxy and the endpoint slice to answer.
func (c *Cluster) waitDNS(ctx context.Context, n *node) error {
	return c.poll(ctx, "cluster DNS", 30*time.Second, func(ctx context.Context) error {
		if err := lookup(ctx, net.JoinHostPort(n.IP.String(), strconv.Itoa(layout.DNSPort))); err != nil {
			return err
		}
		return lookup(ctx, net.JoinHostPort(layout.DNSServiceIP, "53"))
	}, procDNS, procProxy)
}

func lookup(ctx context.Context, server string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server)
	}}
	addresses, err := resolver.LookupHost(ctx, "kubernetes.default.svc.cluster.local.")
	if err != nil {
		return err
	}
	if len(addresses) != 1 || addresses[0] != layout.APIServiceIP {
		return fmt.Errorf("resolving the API server's service: got %v, want %s", addresses, layout.APIServiceIP)
	}
	return nil
}
