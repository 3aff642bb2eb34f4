// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/util/cert"
)

func TestIssue(t *testing.T) {
	a, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	id := Identity{Name: "x", CommonName: "system:x", Groups: []string{"g"}, IPs: []net.IP{net.IPv4(10, 0, 0, 1)}}
	if err := a.Issue(id); err != nil {
		t.Fatal(err)
	}
	certs, err := cert.CertsFromFile(a.Cert("x"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	if _, err := certs[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: "10.0.0.1"}); err != nil {
		t.Error(err)
	}
	if s := certs[0].Subject; s.CommonName != "system:x" || s.Organization[0] != "g" {
		t.Errorf("unexpected subject %v", s)
	}
}

func TestKubeconfigIsPrivate(t *testing.T) {
	a, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Issue(Identity{Name: "admin", CommonName: "admin"}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sub", "admin.yaml")
	if err := a.Kubeconfig("admin", "https://10.0.0.1:6443", file); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
