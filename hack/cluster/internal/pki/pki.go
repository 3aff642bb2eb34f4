// SPDX-License-Identifier: Apache-2.0

// Package pki makes the keys, certificates and kubeconfigs of a test cluster.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	api "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// lifetime is ample for a cluster that is made anew for every use.
const lifetime = 365 * 24 * time.Hour

// Authority is a certificate authority whose files are in one folder.
type Authority struct {
	dir  string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// Identity says whom a certificate is for.
type Identity struct {
	// Name is the file's name.
	Name string
	// CommonName and Groups are the Kubernetes user and groups.
	CommonName string
	Groups     []string
	// IPs and DNSNames make it a server's certificate too.
	IPs      []net.IP
	DNSNames []string
}

// New makes an authority and writes ca.crt and ca.key.
func New(dir string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the certificate folder: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the authority's key: %w", err)
	}
	root, err := cert.NewSelfSignedCACert(cert.Config{CommonName: "workstream-cluster"}, key)
	if err != nil {
		return nil, fmt.Errorf("making the authority's certificate: %w", err)
	}
	a := &Authority{dir: dir, key: key, cert: root}
	return a, a.write("ca", key, root.Raw)
}

// Cert is the path of a certificate.
func (a *Authority) Cert(name string) string { return filepath.Join(a.dir, name+".crt") }

// Key is the path of a private key.
func (a *Authority) Key(name string) string { return filepath.Join(a.dir, name+".key") }

// Issue makes a key and a certificate and writes both.
func (a *Authority) Issue(id Identity) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making the key of %s: %w", id.Name, err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fmt.Errorf("making the serial number of %s: %w", id.Name, err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: id.CommonName, Organization: id.Groups},
		IPAddresses:  id.IPs,
		DNSNames:     id.DNSNames,
		NotBefore:    a.cert.NotBefore,
		NotAfter:     time.Now().Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if len(id.IPs)+len(id.DNSNames) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("making the certificate of %s: %w", id.Name, err)
	}
	return a.write(id.Name, key, raw)
}

// ServiceAccountKey writes sa.key and sa.pub, which sign and check service account tokens.
func (a *Authority) ServiceAccountKey() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making the service account key: %w", err)
	}
	if err := a.writeKey("sa", key); err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("encoding the service account key: %w", err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: keyutil.PublicKeyBlockType, Bytes: public})
	if err := os.WriteFile(filepath.Join(a.dir, "sa.pub"), block, 0o600); err != nil {
		return fmt.Errorf("writing the service account key: %w", err)
	}
	return nil
}

// Kubeconfig writes a kubeconfig that holds the named certificate and key themselves.
func (a *Authority) Kubeconfig(name, server, file string) error {
	certificate, err := os.ReadFile(a.Cert(name))
	if err != nil {
		return fmt.Errorf("reading the certificate of %s: %w", name, err)
	}
	key, err := os.ReadFile(a.Key(name))
	if err != nil {
		return fmt.Errorf("reading the key of %s: %w", name, err)
	}
	const cluster = "workstream"
	root := pem.EncodeToMemory(&pem.Block{Type: cert.CertificateBlockType, Bytes: a.cert.Raw})
	config := api.NewConfig()
	config.Clusters[cluster] = &api.Cluster{Server: server, CertificateAuthorityData: root}
	config.AuthInfos[name] = &api.AuthInfo{ClientCertificateData: certificate, ClientKeyData: key}
	config.Contexts[cluster] = &api.Context{Cluster: cluster, AuthInfo: name}
	config.CurrentContext = cluster
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("making the kubeconfig folder: %w", err)
	}
	// WriteToFile makes the file with mode 0600.
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		return fmt.Errorf("writing the kubeconfig of %s: %w", name, err)
	}
	return nil
}

func (a *Authority) write(name string, key *ecdsa.PrivateKey, raw []byte) error {
	if err := a.writeKey(name, key); err != nil {
		return err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: cert.CertificateBlockType, Bytes: raw})
	if err := os.WriteFile(a.Cert(name), block, 0o600); err != nil {
		return fmt.Errorf("writing the certificate of %s: %w", name, err)
	}
	return nil
}

func (a *Authority) writeKey(name string, key *ecdsa.PrivateKey) error {
	block, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return fmt.Errorf("encoding the key of %s: %w", name, err)
	}
	if err := os.WriteFile(a.Key(name), block, 0o600); err != nil {
		return fmt.Errorf("writing the key of %s: %w", name, err)
	}
	return nil
}
