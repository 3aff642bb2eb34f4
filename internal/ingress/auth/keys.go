// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"workstream.dev/operator/internal/credential"
)

const (
	// fetchEvery is how often a key set is fetched at most: a token with an invented key id has that key looked for, and
	// strangers must not turn that into a flood at the identity provider.
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
	return verify(ctx, set, token)
}

// verify tries the keys of a set that fit a token.
func verify(ctx context.Context, set jose.JSONWebKeySet, token string) ([]byte, error) {
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

// urlKeys returns the keys at a URL. They are kept, and looked for again when none of them verifies a token.
//
// The library's own set is not used: who asks just after its fetch has ended is given the keys of before that fetch, and a
// token signed with a new key is refused.
func urlKeys(url string, transport http.RoundTripper, now func() time.Time) *remoteKeys {
	return &remoteKeys{url: url, now: now, client: &http.Client{
		Timeout:       fetchTimeout,
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type remoteKeys struct {
	url    string
	now    func() time.Time
	client *http.Client

	// fetching is held by the one who asks the issuer; the others wait for the same answer.
	fetching sync.Mutex
	at       time.Time // of the last fetch
	err      error     // of the last fetch

	known atomic.Pointer[jose.JSONWebKeySet]
}

// VerifySignature implements oidc.KeySet.
func (r *remoteKeys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	before := r.known.Load()
	if before != nil {
		if payload, err := verify(ctx, *before, token); err == nil {
			return payload, nil
		}
	}
	if err := r.fetchSeldom(ctx); err != nil {
		return nil, &unavailableError{err}
	}
	set := r.known.Load()
	if set == before {
		return nil, errNoKey
	}
	return verify(ctx, *set, token)
}

// fetchSeldom asks the issuer, unless that was done a moment ago. A fetch does not end with who began it: others wait.
func (r *remoteKeys) fetchSeldom(ctx context.Context) error {
	r.fetching.Lock()
	defer r.fetching.Unlock()
	if now := r.now(); r.at.IsZero() || now.Sub(r.at) >= fetchEvery {
		r.err = r.fetch(context.WithoutCancel(ctx))
		r.at = now
	}
	return r.err
}

func (r *remoteKeys) fetch(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return errors.New("the URL of the key set is none")
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return errors.New("the key set could not be fetched")
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the key set could not be fetched: status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySet))
	set := jose.JSONWebKeySet{}
	if err != nil || json.Unmarshal(body, &set) != nil {
		return errors.New("the key set could not be read")
	}
	r.known.Store(&set)
	return nil
}
