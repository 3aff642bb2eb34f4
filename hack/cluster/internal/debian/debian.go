// SPDX-License-Identifier: Apache-2.0

// Package debian installs the Debian packages that the test cluster needs.
package debian

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// need is a file that must be there and the package that brings it.
type need struct {
	pkg string
	// files are alternatives: one is enough. A name without a slash is looked up in PATH.
	files []string
}

// PluginDirs are the folders where CNI plugins are found: Debian's, and the one other packages use.
var PluginDirs = []string{"/usr/lib/cni", "/opt/cni/bin"}

var needs = []need{
	{"containerd", []string{"containerd"}},
	{"containerd", []string{"ctr"}},
	{"containerd", []string{"containerd-shim-runc-v2"}},
	{"runc", []string{"runc"}},
	{"containernetworking-plugins", []string{PluginDirs[0] + "/ptp", PluginDirs[1] + "/ptp"}},
	{"iptables", []string{"iptables-save"}},
	{"mount", []string{"mount"}},
	{"ca-certificates", []string{"/etc/ssl/certs/ca-certificates.crt"}},
}

// policyFile is asked by Debian's maintainer scripts whether they may start a service.
const policyFile = "/usr/sbin/policy-rc.d"

// Ensure installs what is missing. It says on out what it does.
func Ensure(ctx context.Context, out io.Writer) error {
	packages := missing(present)
	if len(packages) == 0 {
		return nil
	}
	list := strings.Join(packages, " ")
	if os.Geteuid() != 0 {
		return fmt.Errorf("packages %s are missing and only root can install them", list)
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("packages %s are missing and there is no apt-get: install what provides them", list)
	}
	fmt.Fprintf(out, "installing Debian packages: %s\n", list)
	restore, err := forbidServices()
	if err != nil {
		return err
	}
	defer restore()
	if err := apt(ctx, "update"); err != nil {
		return err
	}
	if err := apt(ctx, append([]string{"install", "-y", "--no-install-recommends"}, packages...)...); err != nil {
		return err
	}
	if left := missing(present); len(left) > 0 {
		return fmt.Errorf("installing packages: %s are installed but lack expected files", strings.Join(left, " "))
	}
	return nil
}

func missing(has func(string) bool) []string {
	var packages []string
	seen := map[string]bool{}
	for _, n := range needs {
		found := false
		for _, f := range n.files {
			found = found || has(f)
		}
		if !found && !seen[n.pkg] {
			seen[n.pkg] = true
			packages = append(packages, n.pkg)
		}
	}
	return packages
}

func present(file string) bool {
	_, err := exec.LookPath(file)
	if strings.HasPrefix(file, "/etc/") {
		_, err = os.Stat(file)
	}
	return err == nil
}

// forbidServices keeps apt from starting the packaged containerd: the cluster runs one of its own.
// A policy that is already there is left as it is.
func forbidServices() (restore func(), err error) {
	file, err := os.OpenFile(policyFile, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if errors.Is(err, os.ErrExist) {
		return func() {}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", policyFile, err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.WriteString("#!/bin/sh\nexit 101\n"); err != nil {
		return nil, fmt.Errorf("writing %s: %w", policyFile, err)
	}
	return func() { _ = os.Remove(policyFile) }, nil
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-q"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("running apt-get %s: %w\n%s", args[0], err, tail(string(output), 15))
	}
	return nil
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
