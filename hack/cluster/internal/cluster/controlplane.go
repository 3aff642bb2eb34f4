// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"workstream.dev/operator/hack/cluster/internal/layout"
	"workstream.dev/operator/hack/cluster/internal/pki"
	"workstream.dev/operator/hack/cluster/internal/process"
)

// etcdURL is on loopback and asks for a client certificate: etcd knows no other guard.
const (
	etcdURL     = "https://127.0.0.1:23790"
	etcdPeerURL = "http://127.0.0.1:23800"
)

// frontProxy is the only user that may speak for others, in calls to aggregated APIs.
const frontProxy = "front-proxy-client"

// issue makes all keys, certificates and kubeconfigs.
func (c *Cluster) issue(n *node) error {
	authority, err := pki.New(c.PKI())
	if err != nil {
		return err
	}
	loopback := net.IPv4(127, 0, 0, 1)
	for _, id := range []pki.Identity{
		{Name: "etcd", CommonName: "etcd", IPs: []net.IP{loopback}},
		{Name: "apiserver-etcd", CommonName: "kube-apiserver"},
		{
			Name: "apiserver", CommonName: "kube-apiserver", IPs: []net.IP{n.IP, loopback, net.ParseIP(layout.APIServiceIP)},
			DNSNames: []string{
				"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
			},
		},
		{Name: "apiserver-kubelet", CommonName: "kube-apiserver-kubelet-client", Groups: []string{"system:masters"}},
		{
			Name: "kubelet", CommonName: "system:node:" + layout.NodeName, Groups: []string{"system:nodes"},
			IPs: []net.IP{n.IP, loopback}, DNSNames: []string{layout.NodeName},
		},
		{Name: "front-proxy", CommonName: frontProxy},
		{Name: "admin", CommonName: "workstream-admin", Groups: []string{"system:masters"}},
		{Name: "controller-manager", CommonName: "system:kube-controller-manager"},
		{Name: "scheduler", CommonName: "system:kube-scheduler"},
		{Name: "proxy", CommonName: "system:kube-proxy"},
		{Name: "coredns", CommonName: "system:coredns"},
		{Name: "provisioner", CommonName: "workstream:provisioner"},
	} {
		if err := authority.Issue(id); err != nil {
			return err
		}
	}
	for _, name := range []string{"admin", "kubelet", "controller-manager", "scheduler", "proxy", "coredns", "provisioner"} {
		if err := authority.Kubeconfig(name, n.server(), c.Kubeconfig(name)); err != nil {
			return err
		}
	}
	return authority.ServiceAccountKey()
}

// startControlPlane starts etcd, the API server and what only talks to it.
func (c *Cluster) startControlPlane(ctx context.Context, n *node) error {
	for _, spec := range []process.Spec{c.etcd(n), c.apiServer(n)} {
		if _, err := c.procs.Start(spec); err != nil {
			return err
		}
	}
	if err := c.waitAPI(ctx); err != nil {
		return err
	}
	for _, spec := range []process.Spec{c.controllerManager(n), c.scheduler(n)} {
		if _, err := c.procs.Start(spec); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) waitAPI(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	return c.poll(ctx, "the API server", time.Minute, func(ctx context.Context) error {
		return ready(ctx, client)
	}, procEtcd, procAPIServer)
}

func (c *Cluster) pem(name string) string { return filepath.Join(c.PKI(), name) }

func (c *Cluster) etcd(n *node) process.Spec {
	return process.Spec{Name: procEtcd, Path: filepath.Join(n.bin, "etcd"), Args: []string{
		"--name=local", "--data-dir=" + filepath.Join(c.State, "etcd"),
		"--listen-client-urls=" + etcdURL, "--advertise-client-urls=" + etcdURL,
		"--listen-peer-urls=" + etcdPeerURL, "--initial-advertise-peer-urls=" + etcdPeerURL, "--initial-cluster=local=" + etcdPeerURL,
		"--cert-file=" + c.pem("etcd.crt"), "--key-file=" + c.pem("etcd.key"),
		"--client-cert-auth", "--trusted-ca-file=" + c.pem("ca.crt"),
		// Its data does not outlive the machine anyway.
		"--unsafe-no-fsync", "--log-level=warn",
	}}
}

func (c *Cluster) apiServer(n *node) process.Spec {
	return process.Spec{Name: procAPIServer, Path: filepath.Join(n.bin, procAPIServer), Args: []string{
		"--advertise-address=" + n.IP.String(), "--bind-address=0.0.0.0", fmt.Sprintf("--secure-port=%d", layout.APIPort),
		"--tls-cert-file=" + c.pem("apiserver.crt"), "--tls-private-key-file=" + c.pem("apiserver.key"),
		"--client-ca-file=" + c.pem("ca.crt"),
		"--etcd-servers=" + etcdURL, "--etcd-cafile=" + c.pem("ca.crt"),
		"--etcd-certfile=" + c.pem("apiserver-etcd.crt"), "--etcd-keyfile=" + c.pem("apiserver-etcd.key"),
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged",
		"--service-cluster-ip-range=" + layout.ServiceCIDR,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + c.pem("sa.pub"), "--service-account-signing-key-file=" + c.pem("sa.key"),
		"--kubelet-certificate-authority=" + c.pem("ca.crt"),
		"--kubelet-client-certificate=" + c.pem("apiserver-kubelet.crt"), "--kubelet-client-key=" + c.pem("apiserver-kubelet.key"),
		// Without these the others complain about a missing authority every few seconds.
		"--requestheader-client-ca-file=" + c.pem("ca.crt"), "--requestheader-allowed-names=" + frontProxy,
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + c.pem("front-proxy.crt"), "--proxy-client-key-file=" + c.pem("front-proxy.key"),
		// The node's name need not resolve on this machine.
		"--kubelet-preferred-address-types=InternalIP",
	}}
}

func (c *Cluster) controllerManager(n *node) process.Spec {
	kubeconfig := c.Kubeconfig("controller-manager")
	return process.Spec{Name: procController, Path: filepath.Join(n.bin, procController), Args: []string{
		"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
		"--flex-volume-plugin-dir=" + filepath.Join(c.State, "volume-plugins"),
		"--bind-address=127.0.0.1", "--leader-elect=false", "--use-service-account-credentials",
		"--service-account-private-key-file=" + c.pem("sa.key"), "--root-ca-file=" + c.pem("ca.crt"),
		"--cluster-signing-cert-file=" + c.pem("ca.crt"), "--cluster-signing-key-file=" + c.pem("ca.key"),
	}}
}

func (c *Cluster) scheduler(n *node) process.Spec {
	kubeconfig := c.Kubeconfig("scheduler")
	return process.Spec{Name: procScheduler, Path: filepath.Join(n.bin, procScheduler), Args: []string{
		"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1", "--leader-elect=false",
	}}
}

// apply creates the cluster's own objects. The namespace kube-system may come a moment after the
// API server is ready, hence the repetition.
func (c *Cluster) apply(ctx context.Context, n *node) error {
	return c.poll(ctx, "the cluster's objects", 30*time.Second, func(ctx context.Context) error {
		cmd := exec.CommandContext(ctx, filepath.Join(n.bin, "kubectl"), "--kubeconfig", c.Kubeconfig("admin"),
			"--cache-dir", filepath.Join(c.Run, "kubectl"), "apply", "--server-side", "-f", filepath.Join(c.Config(), "objects.yaml"))
		output, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("kubectl apply: %w: %s", err, output)
		}
		return nil
	}, procAPIServer)
}

// StopAPIServer ends the API server alone, for tests of an outage. The data stays. There is no
// grace: an outage is not announced, and a polite end waits for clients that watch.
func (c *Cluster) StopAPIServer(ctx context.Context) error {
	return c.locked(ctx, func() error {
		return c.step("API server stopped", func() error { return c.procs.Stop(procAPIServer, 0) })
	})
}

// StartAPIServer starts the API server again as it was, and waits until it is ready.
func (c *Cluster) StartAPIServer(ctx context.Context) error {
	return c.locked(ctx, func() error {
		return c.step("API server started", func() error { return c.startAPIServer(ctx) })
	})
}

func (c *Cluster) startAPIServer(ctx context.Context) error {
	record, err := c.procs.Load(procAPIServer)
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("there is no cluster: run `up` first")
	}
	if err != nil {
		return err
	}
	if !record.Alive() {
		if _, err := c.procs.Start(record.Spec); err != nil {
			return err
		}
	}
	return c.waitAPI(ctx)
}
