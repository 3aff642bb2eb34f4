// SPDX-License-Identifier: Apache-2.0

package apiclient

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Issuer makes tokens as an identity provider would.
type Issuer struct {
	Name     string // the iss claim
	Audience string
	key      jose.JSONWebKey
}

// NewIssuer returns an issuer with a fresh key.
func NewIssuer(name, audience string) (*Issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return &Issuer{Name: name, Audience: audience, key: jose.JSONWebKey{Key: key, KeyID: "1", Algorithm: "ES256", Use: "sig"}}, nil
}

// LoadIssuer returns the issuer whose private key is in the file, which is made, for the owner only, when missing.
func LoadIssuer(name, audience, file string) (*Issuer, error) {
	i, err := NewIssuer(name, audience)
	if err != nil {
		return nil, err
	}
	switch data, err := os.ReadFile(file); {
	case err == nil:
		if err := i.key.UnmarshalJSON(data); err != nil {
			return nil, fmt.Errorf("reading the key in %s: %w", file, err)
		}
		return i, nil
	case !os.IsNotExist(err):
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	data, err := i.key.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encoding the key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("keeping the key: %w", err)
	}
	return i, os.WriteFile(file, data, 0o600)
}

// JWKS returns the public keys as a key set document.
func (i *Issuer) JWKS() []byte {
	data, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Public()}})
	if err != nil {
		panic(err) // an ECDSA public key always encodes
	}
	return data
}

// Token returns a token of that subject for that long, with the claim roles when there are any.
func (i *Issuer) Token(subject string, valid time.Duration, roles ...string) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: i.key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("making a signer: %w", err)
	}
	now := time.Now()
	claims := jwt.Claims{
		Issuer: i.Name, Subject: subject, Audience: jwt.Audience{i.Audience},
		IssuedAt: jwt.NewNumericDate(now.Add(-time.Minute)), Expiry: jwt.NewNumericDate(now.Add(valid)),
	}
	b := jwt.Signed(signer).Claims(claims)
	if len(roles) > 0 {
		b = b.Claims(map[string]any{"roles": roles})
	}
	return b.Serialize()
}

// NewSigningSecret returns a webhook secret in the Standard Webhooks form.
func NewSigningSecret() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(raw)
}
