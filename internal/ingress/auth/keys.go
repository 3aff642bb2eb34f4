// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"workstream.dev/operator/internal/credential"
)

const (
	// fetchEvery is how often a key set is fetched at most: a token with an invented key id makes the library look for
	// that key, and strangers must not turn that into a flood at the identity provider.
	fetchEvery   = 10 * time.Second
	fetchTimeout = 5 * time.Second
	maxKeySet    = 1 << 20
)

var errNoKey = errors.New("no key of the issuer verifies the signature")

// fileKeys are the keys in a mounted file, as it is at the moment.
type fileKeys struct {
	dir  *credential.Dir
	name string

	mu      sync.Mutex
	version uint64
	set     jose.JSONWebKeySet
}

// VerifySignature implements oidc.KeySet.
func (k *fileKeys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	set, err := k.current()
	if err != nil {
		return nil, err
	}
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, err
	}
	static := oidc.StaticKeySet{}
	id, algorithm := jws.Signatures[0].Header.KeyID, jws.Signatures[0].Header.Algorithm
	for i := range set.Keys {
		key := &set.Keys[i]
		if id != "" && key.KeyID != "" && key.KeyID != id ||
			key.Algorithm != "" && key.Algorithm != algorithm ||
			key.Use != "" && key.Use != "sig" || !key.IsPublic() {
			continue
		}
		static.PublicKeys = append(static.PublicKeys, key.Key)
	}
	payload, err := static.VerifySignature(ctx, token)
	if err != nil {
		return nil, errNoKey
	}
	return payload, nil
}

func (k *fileKeys) current() (jose.JSONWebKeySet, error) {
	file, err := k.dir.File(k.name)
	if err != nil {
		return jose.JSONWebKeySet{}, &unavailableError{err}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if file.Version != k.version {
		set := jose.JSONWebKeySet{}
		if err := json.Unmarshal(file.Body, &set); err != nil {
			return set, &unavailableError{fmt.Errorf("%s: %w", k.name, errNoKeySet)}
		}
		k.set, k.version = set, file.Version
	}
	return k.set, nil
}

var errNoKeySet = errors.New("it is not a JSON Web Key Set")

// CheckKeySet says what is wrong with a document of keys.
func CheckKeySet(body []byte) error {
	set := jose.JSONWebKeySet{}
	if json.Unmarshal(body, &set) != nil {
		return errNoKeySet
	}
	if len(set.Keys) == 0 {
		return errors.New("it has no keys")
	}
	return nil
}

// unavailableError says that the keys themselves are not to be had: not the caller's fault.
type unavailableError struct{ error }

// Unwrap returns the cause.
func (e *unavailableError) Unwrap() error { return e.error }

// urlKeys returns the keys at a URL. They are cached, and looked for again when a token names another key. They outlive
// ctx: the library takes its values only.
func urlKeys(ctx context.Context, url string, transport http.RoundTripper, now func() time.Time) *remoteKeys {
	r := &remoteKeys{seldom: &seldom{next: transport, now: now}}
	client := &http.Client{
		Timeout:       fetchTimeout,
		Transport:     r.seldom,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r.keys = oidc.NewRemoteKeySet(oidc.ClientContext(ctx, client), url)
	return r
}

type remoteKeys struct {
	keys   *oidc.RemoteKeySet
	seldom *seldom
}

// VerifySignature implements oidc.KeySet. The library's errors are texts, so whether it could not fetch or could not
// verify is told by what the transport saw.
func (r *remoteKeys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := r.keys.VerifySignature(ctx, token)
	if err == nil {
		return payload, nil
	}
	if failed := r.seldom.failure(); failed != nil {
		return nil, &unavailableError{failed}
	}
	return nil, errNoKey
}

// seldom is a transport for one URL that answers from memory when it is asked too often.
type seldom struct {
	next http.RoundTripper
	now  func() time.Time

	mu   sync.Mutex
	at   time.Time
	body []byte
	err  error
}

// RoundTrip implements http.RoundTripper.
func (s *seldom) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.at.IsZero() || now.Sub(s.at) >= fetchEvery {
		s.body, s.err = s.fetch(r)
		s.at = now
	}
	if s.err != nil {
		return nil, s.err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(bytes.NewReader(s.body)), ContentLength: int64(len(s.body)), Request: r,
	}, nil
}

func (s *seldom) fetch(r *http.Request) ([]byte, error) {
	resp, err := s.next.RoundTrip(r)
	if err != nil {
		return nil, errors.New("the key set could not be fetched")
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the key set could not be fetched: status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySet))
	if err != nil || !json.Valid(body) {
		return nil, errors.New("the key set could not be read")
	}
	return body, nil
}

func (s *seldom) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
