// SPDX-License-Identifier: Apache-2.0

// Package binary builds the programs of the test cluster from pinned Go modules into the cache.
package binary

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// Program is one program that can be built.
type Program struct {
	// Name is the file's name.
	Name string
	// Module is the folder, below hack/cluster, of the module that pins the program.
	Module string
	// Package is what `go build` is given.
	Package string
}

// Assets are the programs that envtest needs (KUBEBUILDER_ASSETS).
var Assets = []Program{
	{"kube-apiserver", "kube", "k8s.io/kubernetes/cmd/kube-apiserver"},
	{"etcd", "kube", "go.etcd.io/etcd/server/v3"},
	{"kubectl", "kube", "k8s.io/kubernetes/cmd/kubectl"},
}

// All are the programs that a cluster needs.
var All = append([]Program{
	{"kube-controller-manager", "kube", "k8s.io/kubernetes/cmd/kube-controller-manager"},
	{"kube-scheduler", "kube", "k8s.io/kubernetes/cmd/kube-scheduler"},
	{"kubelet", "kube", "k8s.io/kubernetes/cmd/kubelet"},
	{"kube-proxy", "kube", "k8s.io/kubernetes/cmd/kube-proxy"},
	{"coredns", "coredns", "."},
}, Assets...)

// Builder builds programs into the cache.
type Builder struct {
	// Source is the folder hack/cluster.
	Source string
	// Cache is the folder that outlives clusters and checkouts.
	Cache string
	// Out is told what is done; the compiler's messages go there too.
	Out io.Writer
}

// Versions are the versions pinned in the go.mod files.
type Versions struct{ Kubernetes, Etcd, CoreDNS string }

// Versions reads the versions from the go.mod files, so that a version is written down once.
func (b Builder) Versions() (Versions, error) {
	var v Versions
	for _, pin := range []struct {
		module, path string
		into         *string
	}{
		{"kube", "k8s.io/kubernetes", &v.Kubernetes},
		{"kube", "go.etcd.io/etcd/server/v3", &v.Etcd},
		{"coredns", "github.com/coredns/coredns", &v.CoreDNS},
	} {
		file := filepath.Join(b.Source, pin.module, "go.mod")
		data, err := os.ReadFile(file)
		if err != nil {
			return v, fmt.Errorf("reading pinned versions (run this through hack/cluster/cluster): %w", err)
		}
		if *pin.into, err = required(file, data, pin.path); err != nil {
			return v, err
		}
	}
	return v, nil
}

func required(file string, data []byte, path string) (string, error) {
	mod, err := modfile.ParseLax(file, data, nil)
	if err != nil {
		return "", fmt.Errorf("parsing %s: %w", file, err)
	}
	for _, r := range mod.Require {
		if r.Mod.Path == path {
			return r.Mod.Version, nil
		}
	}
	return "", fmt.Errorf("parsing %s: module %s is not required", file, path)
}

// Dir is the folder that holds the programs of the pinned versions.
func (b Builder) Dir() (string, error) {
	v, err := b.Versions()
	if err != nil {
		return "", err
	}
	key := fmt.Sprintf("kubernetes-%s_etcd-%s_coredns-%s_%s-%s", v.Kubernetes, v.Etcd, v.CoreDNS, runtime.GOOS, runtime.GOARCH)
	return filepath.Join(b.Cache, "bin", key), nil
}

// Ensure builds those of the programs that the cache lacks and returns the folder that has them.
func (b Builder) Ensure(ctx context.Context, programs []Program) (string, error) {
	dir, err := b.Dir()
	if err != nil || len(missing(dir, programs)) == 0 {
		return dir, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making the cache folder: %w", err)
	}
	lock := flock.New(filepath.Join(dir, ".lock"))
	// Two builds at once would each take twice as long and gain nothing.
	if held, err := lock.TryLock(); err != nil {
		return "", fmt.Errorf("locking the cache folder: %w", err)
	} else if !held {
		fmt.Fprintln(b.Out, "waiting for another build of the cluster's programs")
		if _, err := lock.TryLockContext(ctx, time.Second); err != nil {
			return "", fmt.Errorf("waiting for another build: %w", err)
		}
	}
	defer func() { _ = lock.Unlock() }()
	for _, p := range missing(dir, programs) {
		start := time.Now()
		fmt.Fprintf(b.Out, "building %s (once; minutes when Go's own cache is empty)\n", p.Name)
		if err := b.build(ctx, p, filepath.Join(dir, p.Name)); err != nil {
			return "", err
		}
		fmt.Fprintf(b.Out, "built %s in %.0fs\n", p.Name, time.Since(start).Seconds())
	}
	return dir, nil
}

func missing(dir string, programs []Program) []Program {
	var m []Program
	for _, p := range programs {
		if _, err := os.Stat(filepath.Join(dir, p.Name)); errors.Is(err, os.ErrNotExist) {
			m = append(m, p)
		}
	}
	return m
}

func (b Builder) build(ctx context.Context, p Program, target string) error {
	v, err := b.Versions()
	if err != nil {
		return err
	}
	flags := "-s -w"
	if strings.HasPrefix(p.Package, "k8s.io/kubernetes/") {
		flags += versionFlags(v.Kubernetes)
	}
	return b.Static(ctx, p, flags, target)
}

// versionFlags stamps the version, which kubectl and the API server report and kubelet compares.
func versionFlags(version string) string {
	const pkg = "k8s.io/component-base/version"
	major, minor, _ := strings.Cut(strings.TrimPrefix(semver.MajorMinor(version), "v"), ".")
	return fmt.Sprintf(" -X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=%[3]s -X %[1]s.gitMinor=%[4]s -X %[1]s.gitTreeState=clean",
		pkg, version, major, minor)
}

// Static builds one static program and puts it in place whole or not at all.
func (b Builder) Static(ctx context.Context, p Program, ldflags, target string) error {
	temporary := fmt.Sprintf("%s.%d.tmp", target, os.Getpid())
	defer func() { _ = os.Remove(temporary) }()
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", ldflags, "-o", temporary, p.Package)
	cmd.Dir, cmd.Stdout, cmd.Stderr = filepath.Join(b.Source, p.Module), b.Out, b.Out
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-buildvcs=false")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building %s: %w", p.Name, err)
	}
	if err := os.Rename(temporary, target); err != nil {
		return fmt.Errorf("moving %s into the cache: %w", p.Name, err)
	}
	return nil
}
