// SPDX-License-Identifier: Apache-2.0

package pki

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
	// settle is how long a new authority is only announced: whoever verifies must know it before it signs.
	settle = time.Hour
	// skew tolerates clocks that differ.
	skew = 5 * time.Minute
)

// authority is a certificate that signs others.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// subject is whom a serving certificate is for.
type subject struct {
	purpose    string // in a word, such as "planfeed"
	serverName string
}

// chain is the authorities, newest first, and the certificate that managers serve with.
type chain struct {
	authorities []authority
	serving     *tls.Certificate
}

// The keys of the Secret that a chain is kept in.
const (
	bundleKey         = "ca.crt" // certificates of all authorities
	authorityKeysKey  = "ca.key" // their keys, in the same order
	servingCertKey    = "tls.crt"
	servingPrivateKey = "tls.key"
)

// renew returns what c must become at that time, which is c itself when nothing is due.
func (c *chain) renew(now time.Time, of subject) (*chain, error) {
	next := &chain{serving: c.serving}
	for _, a := range c.authorities {
		if now.Before(a.cert.NotAfter) {
			next.authorities = append(next.authorities, a)
		}
	}
	changed := len(next.authorities) != len(c.authorities)
	if len(next.authorities) == 0 || now.After(next.authorities[0].cert.NotAfter.Add(-authorityRenew)) {
		a, err := newAuthority(now, of)
		if err != nil {
			return nil, err
		}
		next.authorities = append([]authority{a}, next.authorities...)
		changed = true
	}
	signer := next.signer(now)
	if !next.servingIsGood(now, signer, of.serverName) {
		cert, err := newServing(now, signer, of)
		if err != nil {
			return nil, err
		}
		next.serving = cert
		changed = true
	}
	if !changed {
		return c, nil
	}
	return next, nil
}

// signer is the newest authority that everybody knows by now, or the only one.
func (c *chain) signer(now time.Time) authority {
	for _, a := range c.authorities {
		if now.After(a.cert.NotBefore.Add(skew + settle)) {
			return a
		}
	}
	return c.authorities[len(c.authorities)-1]
}

func (c *chain) servingIsGood(now time.Time, signer authority, serverName string) bool {
	if c.serving == nil || c.serving.Leaf == nil {
		return false
	}
	leaf := c.serving.Leaf
	return leaf.CheckSignatureFrom(signer.cert) == nil && leaf.VerifyHostname(serverName) == nil &&
		now.Before(leaf.NotAfter.Add(-servingRenew))
}

// bundle is the certificates of all authorities, for who verifies.
func (c *chain) bundle() []byte {
	var out bytes.Buffer
	for _, a := range c.authorities {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
	}
	return out.Bytes()
}

// encode writes c as the data of a Secret.
func (c *chain) encode() (map[string][]byte, error) {
	var keys bytes.Buffer
	for _, a := range c.authorities {
		block, err := keyBlock(a.key)
		if err != nil {
			return nil, err
		}
		keys.Write(block)
	}
	key, ok := c.serving.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("serving key is a %T", c.serving.PrivateKey)
	}
	servingKey, err := keyBlock(key)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		bundleKey:         c.bundle(),
		authorityKeysKey:  keys.Bytes(),
		servingCertKey:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.serving.Certificate[0]}),
		servingPrivateKey: servingKey,
	}, nil
}

// decode reads what encode wrote.
func decode(data map[string][]byte) (*chain, error) {
	serving, err := tls.X509KeyPair(data[servingCertKey], data[servingPrivateKey])
	if err != nil {
		return nil, fmt.Errorf("reading serving certificate: %w", err)
	}
	c := &chain{serving: &serving}
	certs, keys := data[bundleKey], data[authorityKeysKey]
	for {
		var cert, key *pem.Block
		cert, certs = pem.Decode(certs)
		key, keys = pem.Decode(keys)
		if cert == nil && key == nil {
			break
		}
		if cert == nil || key == nil {
			return nil, errors.New("authorities and their keys do not pair up")
		}
		a, err := parseAuthority(cert.Bytes, key.Bytes)
		if err != nil {
			return nil, err
		}
		c.authorities = append(c.authorities, a)
	}
	if len(c.authorities) == 0 {
		return nil, errors.New("no authority in it")
	}
	return c, nil
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
	if !cert.IsCA {
		return authority{}, errors.New("authority may not sign others")
	}
	return authority{cert: cert, key: k}, nil
}

func newAuthority(now time.Time, of subject) (authority, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "workstream " + of.purpose + " authority"},
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

func newServing(now time.Time, signer authority, of subject) (*tls.Certificate, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "workstream " + of.purpose},
		DNSNames:    []string{of.serverName},
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
