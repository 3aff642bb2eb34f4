// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// How long certificates live, and when they are replaced: in good time before they end, also for who was switched off.
const (
	authorityLife  = 2 * 365 * 24 * time.Hour
	authorityRenew = authorityLife / 4
	servingLife    = 90 * 24 * time.Hour
	servingRenew   = servingLife / 3
	// settle is how long a new authority is only announced: distributors must have it mounted before it signs.
	settle = time.Hour
	// skew tolerates clocks that differ.
	skew = 5 * time.Minute
)

// authority is a certificate that signs others.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// pki is the trust of the plan feed: the authorities, newest first, and the certificate that the feed serves with.
type pki struct {
	authorities []authority
	serving     *tls.Certificate
}

// The keys of the Secret that a pki is kept in.
const (
	bundleKey         = "ca.crt" // certificates of all authorities
	authorityKeysKey  = "ca.key" // their keys, in the same order
	servingCertKey    = "tls.crt"
	servingPrivateKey = "tls.key"
)

// renew returns what p must become at that time, which is p itself when nothing is due.
func (p *pki) renew(now time.Time, serverName string) (*pki, error) {
	next := &pki{serving: p.serving}
	for _, a := range p.authorities {
		if now.Before(a.cert.NotAfter) {
			next.authorities = append(next.authorities, a)
		}
	}
	changed := len(next.authorities) != len(p.authorities)
	if len(next.authorities) == 0 || now.After(next.authorities[0].cert.NotAfter.Add(-authorityRenew)) {
		a, err := newAuthority(now)
		if err != nil {
			return nil, err
		}
		next.authorities = append([]authority{a}, next.authorities...)
		changed = true
	}
	signer := next.signer(now)
	if !next.servingIsGood(now, signer, serverName) {
		cert, err := newServing(now, signer, serverName)
		if err != nil {
			return nil, err
		}
		next.serving = cert
		changed = true
	}
	if !changed {
		return p, nil
	}
	return next, nil
}

// signer is the newest authority that everybody knows by now, or the only one.
func (p *pki) signer(now time.Time) authority {
	for _, a := range p.authorities {
		if now.After(a.cert.NotBefore.Add(skew + settle)) {
			return a
		}
	}
	return p.authorities[len(p.authorities)-1]
}

func (p *pki) servingIsGood(now time.Time, signer authority, serverName string) bool {
	if p.serving == nil || p.serving.Leaf == nil {
		return false
	}
	leaf := p.serving.Leaf
	return leaf.CheckSignatureFrom(signer.cert) == nil && leaf.VerifyHostname(serverName) == nil &&
		now.Before(leaf.NotAfter.Add(-servingRenew))
}

// bundle is the certificates of all authorities, for who verifies.
func (p *pki) bundle() []byte {
	var out bytes.Buffer
	for _, a := range p.authorities {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
	}
	return out.Bytes()
}

// encode writes p as the data of a Secret.
func (p *pki) encode() (map[string][]byte, error) {
	var keys bytes.Buffer
	for _, a := range p.authorities {
		block, err := keyBlock(a.key)
		if err != nil {
			return nil, err
		}
		keys.Write(block)
	}
	key, ok := p.serving.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("serving key is a %T", p.serving.PrivateKey)
	}
	servingKey, err := keyBlock(key)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		bundleKey:         p.bundle(),
		authorityKeysKey:  keys.Bytes(),
		servingCertKey:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.serving.Certificate[0]}),
		servingPrivateKey: servingKey,
	}, nil
}

// decodePKI reads what encode wrote.
func decodePKI(data map[string][]byte) (*pki, error) {
	serving, err := tls.X509KeyPair(data[servingCertKey], data[servingPrivateKey])
	if err != nil {
		return nil, fmt.Errorf("reading serving certificate: %w", err)
	}
	p := &pki{serving: &serving}
	certs, keys := data[bundleKey], data[authorityKeysKey]
	for {
		var c, k *pem.Block
		c, certs = pem.Decode(certs)
		k, keys = pem.Decode(keys)
		if c == nil && k == nil {
			break
		}
		if c == nil || k == nil {
			return nil, errors.New("authorities and their keys do not pair up")
		}
		a, err := parseAuthority(c.Bytes, k.Bytes)
		if err != nil {
			return nil, err
		}
		p.authorities = append(p.authorities, a)
	}
	if len(p.authorities) == 0 {
		return nil, errors.New("no authority in it")
	}
	return p, nil
}

func parseAuthority(certDER, keyDER []byte) (authority, error) {
	cert, err := x509.ParseCertificate(certDER)
	if err != nil {
		return authority{}, fmt.Errorf("reading authority: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(keyDER)
	if err != nil {
		return authority{}, fmt.Errorf("reading authority's key: %w", err)
	}
	k, ok := key.(*ecdsa.PrivateKey)
	if !ok || !k.PublicKey.Equal(cert.PublicKey) {
		return authority{}, errors.New("authority and key do not belong together")
	}
	return authority{cert: cert, key: k}, nil
}

func newAuthority(now time.Time) (authority, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "workstream plan feed authority"},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(authorityLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	cert, key, err := issue(template, nil)
	if err != nil {
		return authority{}, fmt.Errorf("making authority: %w", err)
	}
	return authority{cert: cert, key: key}, nil
}

func newServing(now time.Time, signer authority, serverName string) (*tls.Certificate, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "workstream plan feed"},
		DNSNames:    []string{serverName},
		NotBefore:   now.Add(-skew),
		NotAfter:    now.Add(servingLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, key, err := issue(template, &signer)
	if err != nil {
		return nil, fmt.Errorf("making serving certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}, nil
}

// issue makes a key and its certificate, signed by signer or, without one, by itself.
func issue(template *x509.Certificate, signer *authority) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, nil, err
	}
	parent, parentKey := template, key
	if signer != nil {
		parent, parentKey = signer.cert, signer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

func keyBlock(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
