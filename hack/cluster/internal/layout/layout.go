// SPDX-License-Identifier: Apache-2.0

// Package layout says where the test cluster keeps its files.
package layout

import (
	"fmt"
	"os"
	"path/filepath"
)

// Addresses and names that are the same for every test cluster.
const (
	// NodeName is the name of the only node.
	NodeName = "workstream-node"
	// Network is the name of the CNI network; rules and cached results are recognised by it.
	Network = "workstream-cluster"
	// PodCIDR is the range of the pods' addresses.
	PodCIDR = "10.244.0.0/24"
	// ServiceCIDR is the range of the services' addresses.
	ServiceCIDR = "10.96.0.0/16"
	// APIServiceIP is the first address of ServiceCIDR: the service "kubernetes".
	APIServiceIP = "10.96.0.1"
	// DNSServiceIP is the address of the service "kube-dns".
	DNSServiceIP = "10.96.0.10"
	// DNSPort is the port CoreDNS listens on; not 53, so that a resolver of the host is left alone.
	DNSPort = 10053
	// APIPort is the port of the API server.
	APIPort = 6443
	// PauseImage is the image that holds a pod's namespaces; we build and import it.
	PauseImage = "localhost/workstream/pause:1"
)

// Layout holds the folders of one cluster.
type Layout struct {
	// Source is the folder hack/cluster of the checkout, where the pinned modules are.
	Source string
	// Cache holds built binaries and outlives every cluster.
	Cache string
	// State holds data, logs and credentials of the running cluster; `down` removes it.
	State string
	// Run holds sockets and mounts of the running cluster; `down` removes it.
	Run string
}

// FromEnvironment works out the folders from the environment.
func FromEnvironment() (Layout, error) {
	l := Layout{
		Source: os.Getenv("WORKSTREAM_CLUSTER_SOURCE"),
		Cache:  os.Getenv("WORKSTREAM_CACHE"),
		State:  "/var/lib/workstream-cluster",
		Run:    "/run/workstream-cluster",
	}
	if l.Cache == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return l, fmt.Errorf("finding the cache folder (set WORKSTREAM_CACHE): %w", err)
		}
		l.Cache = filepath.Join(base, "workstream-operator")
	}
	if dir := os.Getenv("WORKSTREAM_CLUSTER_DIR"); dir != "" {
		l.State, l.Run = filepath.Join(dir, "state"), filepath.Join(dir, "run")
	}
	return l, l.validate()
}

func (l Layout) validate() error {
	for _, dir := range []string{l.Cache, l.State, l.Run} {
		// `down` removes these folders with all that is in them, so a careless value must not be
		// able to name something that matters.
		if !filepath.IsAbs(dir) || dir != filepath.Clean(dir) || filepath.Dir(filepath.Dir(dir)) == dir {
			return fmt.Errorf("folder %q must be an absolute, clean path", dir)
		}
	}
	// A unix socket's path may have 107 bytes.
	if n := len(l.ContainerdSocket()); n > 100 {
		return fmt.Errorf("WORKSTREAM_CLUSTER_DIR is too long: %d bytes for a socket, 100 fit", n)
	}
	return nil
}

// ContainerdSocket is where our containerd listens.
func (l Layout) ContainerdSocket() string { return filepath.Join(l.Run, "containerd.sock") }

// ContainerdState is where our containerd and its shims keep sockets and mounts.
func (l Layout) ContainerdState() string { return filepath.Join(l.Run, "containerd") }

// Logs is the folder of the components' logs.
func (l Layout) Logs() string { return filepath.Join(l.State, "logs") }

// PKI is the folder of keys and certificates.
func (l Layout) PKI() string { return filepath.Join(l.State, "pki") }

// Config is the folder of configuration files.
func (l Layout) Config() string { return filepath.Join(l.State, "config") }

// Processes is the folder with one record per process that we started.
func (l Layout) Processes() string { return filepath.Join(l.State, "processes") }

// Volumes is the folder with one folder per dynamically provisioned volume.
func (l Layout) Volumes() string { return filepath.Join(l.State, "volumes") }

// Kubeconfig is the path of the kubeconfig of a component, or of "admin".
func (l Layout) Kubeconfig(name string) string {
	return filepath.Join(l.State, "kubeconfig", name+".yaml")
}
