// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/credential"
	"workstream.dev/operator/internal/plan"
)

const (
	issuerName = "https://login.contoso.example"
	audience1  = "workstream"
)

var testTime = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// signer is a key pair with its place in a key set.
type signer struct {
	algorithm jose.SignatureAlgorithm
	id        string
	private   any
	public    any
}

func newSigner(t testing.TB, algorithm jose.SignatureAlgorithm, id string) signer {
	t.Helper()
	var private crypto.Signer
	var err error
	switch algorithm {
	case jose.RS256, jose.PS256:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case jose.ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jose.EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		t.Fatalf("no key for %s", algorithm)
	}
	if err != nil {
		t.Fatal(err)
	}
	return signer{algorithm, id, private, private.Public()}
}

func (s signer) sign(t testing.TB, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	j, err := jose.NewSigner(jose.SigningKey{Algorithm: s.algorithm, Key: jose.JSONWebKey{Key: s.private, KeyID: s.id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := j.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func keySet(t testing.TB, signers ...signer) []byte {
	t.Helper()
	set := jose.JSONWebKeySet{}
	for _, s := range signers {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: s.public, KeyID: s.id, Algorithm: string(s.algorithm), Use: "sig"})
	}
	body, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// goodClaims are those of Ann, changed as said; nil takes one out.
func goodClaims(changes map[string]any) map[string]any {
	c := map[string]any{
		"iss": issuerName, "sub": "ann@contoso.com", "aud": audience1, "exp": testTime.Add(time.Hour).Unix(),
	}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func testPlan(t testing.TB, issuers ...plan.Issuer) *plan.Plan {
	t.Helper()
	p := &plan.Plan{
		Namespace: "contoso",
		Issuers:   issuers,
		Agents: []plan.Agent{
			{Name: "ann", Subject: "ann@contoso.com", Roles: []plan.Role{plan.RoleAgent}},
			{Name: "sue", Subject: "sue@contoso.com", Roles: []plan.Role{plan.RoleAgent, plan.RoleSupervisor}},
		},
	}
	if _, _, err := p.Encode(); err != nil {
		t.Fatal(err)
	}
	return p
}

// withFile returns a verifier whose issuer has these keys in a mounted file, and the folder.
func withFile(t testing.TB, body []byte) (v *Verifier, dir string) {
	t.Helper()
	dir = t.TempDir()
	if body != nil {
		if err := os.WriteFile(filepath.Join(dir, "keys.jwks.json"), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := testPlan(t, plan.Issuer{Issuer: issuerName, Audiences: []string{audience1, "other"}, JWKSFile: "keys.jwks.json"})
	v = New(func() *plan.Plan { return p }, credential.NewDir(dir, nil))
	v.now = func() time.Time { return testTime }
	return v, dir
}

func TestVerifyAcceptsAsymmetricAlgorithms(t *testing.T) {
	var signers []signer
	for _, a := range []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA} {
		signers = append(signers, newSigner(t, a, "key-"+string(a)))
	}
	v, _ := withFile(t, keySet(t, signers...))
	for _, s := range signers {
		got, err := v.Verify(t.Context(), s.sign(t, goodClaims(nil)))
		if err != nil {
			t.Errorf("%s: %v", s.algorithm, err)
			continue
		}
		want := Caller{
			Subject: "ann@contoso.com", Agent: "ann", Roles: []plan.Role{plan.RoleAgent}, Expires: testTime.Add(time.Hour + leeway),
		}
		if diff := cmp.Diff(want, got, cmp.Transformer("UTC", time.Time.UTC)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.algorithm, diff)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	key, foreign := newSigner(t, jose.ES256, "1"), newSigner(t, jose.ES256, "1")
	v, _ := withFile(t, keySet(t, key))
	good := key.sign(t, goodClaims(nil))
	part := func(i int) string { return strings.Split(good, ".")[i] }
	b64 := base64.RawURLEncoding.EncodeToString
	sign := func(claim string, value any) string { return key.sign(t, goodClaims(map[string]any{claim: value})) }
	hmacSigner := signer{algorithm: jose.HS256, id: "1", private: keySet(t, key)}
	for name, tc := range map[string]struct{ token, want string }{
		"nothing":               {"", "no signed JWT"},
		"words":                 {"hello there", "no signed JWT"},
		"JSON serialisation":    {`{"payload":"e30","protected":"e30","signature":""}`, "no signed JWT"},
		"no algorithm":          {b64([]byte(`{"alg":"none"}`)) + "." + part(1) + ".", "asymmetric"},
		"a shared secret":       {hmacSigner.sign(t, goodClaims(nil)), "asymmetric"},
		"endless":               {good + strings.Repeat("A", maxToken), "too long"},
		"claims in no JSON":     {part(0) + "." + b64([]byte("x")) + "." + part(2), "malformed"},
		"exp in words":          {sign("exp", "tomorrow"), "malformed"},
		"signed by another":     {foreign.sign(t, goodClaims(nil)), "signature"},
		"claims changed":        {part(0) + "." + b64([]byte(`{"iss":"`+issuerName+`","sub":"sue"}`)) + "." + part(2), "signature"},
		"another issuer":        {sign("iss", "https://evil.example"), "issuer"},
		"no issuer":             {sign("iss", nil), "issuer"},
		"expired":               {sign("exp", testTime.Add(-leeway-time.Second).Unix()), "expired at 2026-11-20T09:59:29Z"},
		"expired long ago":      {sign("exp", -1e300), "expired"},
		"no expiry":             {sign("exp", nil), "no expiry"},
		"not yet":               {sign("nbf", testTime.Add(leeway+time.Second).Unix()), "not valid before"},
		"another audience":      {sign("aud", []string{"mail"}), "another audience"},
		"no audience":           {sign("aud", nil), "another audience"},
		"audience as a number":  {sign("aud", 7), "another audience"},
		"nobody":                {sign("sub", nil), "no subject"},
		"a key of another name": {signer{key.algorithm, "2", key.private, nil}.sign(t, goodClaims(nil)), "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := v.Verify(t.Context(), tc.token)
			e := (*Error)(nil)
			if !errors.As(err, &e) {
				t.Fatalf("got %+v, %v, want an Error", got, err)
			}
			if !strings.Contains(e.Description, tc.want) || e.Unavailable {
				t.Errorf("got %q (unavailable %v), want %q in it", e.Description, e.Unavailable, tc.want)
			}
			if challenge := Challenge(e); strings.Count(challenge, `"`) != 6 || strings.Contains(challenge, "evil") {
				t.Errorf("the header is %s", challenge)
			}
		})
	}
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Errorf("the good one among them: %v", err)
	}
}

func TestVerifyAllowsForClocks(t *testing.T) {
	key := newSigner(t, jose.ES256, "1")
	v, _ := withFile(t, keySet(t, key))
	for name, changes := range map[string]map[string]any{
		"just expired":    {"exp": testTime.Add(-leeway).Unix()},
		"nearly valid":    {"nbf": testTime.Add(leeway).Unix()},
		"with a fraction": {"exp": float64(testTime.Unix()) + 1.5},
		"several aud":     {"aud": []string{"mail", "other"}},
	} {
		if _, err := v.Verify(t.Context(), key.sign(t, goodClaims(changes))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRolesComeFromObjectAndClaim(t *testing.T) {
	key := newSigner(t, jose.ES256, "1")
	v, _ := withFile(t, keySet(t, key))
	const isAgent, supervises, integrates = plan.RoleAgent, plan.RoleSupervisor, plan.RoleIntegration
	for name, tc := range map[string]struct {
		changes map[string]any
		claim   string
		agent   string
		want    []plan.Role
	}{
		"an agent":                {nil, "", "ann", []plan.Role{isAgent}},
		"an agent who supervises": {map[string]any{"sub": "sue@contoso.com"}, "", "sue", []plan.Role{isAgent, supervises}},
		"an agent with a claim":   {map[string]any{"roles": []string{"Supervisor", "Supervisor"}}, "", "ann", []plan.Role{isAgent, supervises}},
		"a system":                {map[string]any{"sub": "cases", "roles": "Integration"}, "", "", []plan.Role{integrates}},
		"a stranger":              {map[string]any{"sub": "tom"}, "", "", nil},
		"a claim makes no agent":  {map[string]any{"sub": "tom", "roles": []string{"Agent"}}, "", "", nil},
		"roles we do not know":    {map[string]any{"sub": "tom", "roles": []any{"admin", 7, nil, "supervisor"}}, "", "", nil},
		"roles as an object":      {map[string]any{"sub": "tom", "roles": map[string]any{"Supervisor": true}}, "", "", nil},
		"a claim of another name": {
			map[string]any{"sub": "tom", "groups": []string{"Supervisor"}, "roles": []string{"Integration"}},
			"groups", "",
			[]plan.Role{supervises},
		},
		"the default is not looked at so": {map[string]any{"sub": "tom", "roles": []string{"Integration"}}, "groups", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			v.plan().Issuers[0].RolesClaim = tc.claim
			got, err := v.Verify(t.Context(), key.sign(t, goodClaims(tc.changes)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Roles); diff != "" || got.Agent != tc.agent {
				t.Errorf("agent %q, roles (-want +got):\n%s", got.Agent, diff)
			}
			if len(tc.want) > 0 && !got.Has(plan.RoleAgent, plan.RoleSupervisor, plan.RoleIntegration) {
				t.Error("Has finds none of the roles")
			}
		})
	}
}

func TestKeyFileIsUsedAsItIsNow(t *testing.T) {
	old, fresh := newSigner(t, jose.ES256, "1"), newSigner(t, jose.ES256, "2")
	v, dir := withFile(t, nil)
	token := old.sign(t, goodClaims(nil))

	assertUnavailable := func(when string) {
		t.Helper()
		_, err := v.Verify(t.Context(), token)
		if e := (*Error)(nil); !errors.As(err, &e) || !e.Unavailable {
			t.Fatalf("%s: %v, want the keys to be unavailable", when, err)
		}
	}
	put := func(body []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "keys.jwks.json"), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	assertUnavailable("before the mount")
	put(keySet(t, old))
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	put(keySet(t, old, fresh))
	eventually(t, func() bool {
		_, err := v.Verify(t.Context(), fresh.sign(t, goodClaims(nil)))
		return err == nil
	}, "the new key is used")
	put([]byte("keys"))
	eventually(t, func() bool {
		_, err := v.Verify(t.Context(), token)
		e := (*Error)(nil)
		return errors.As(err, &e) && e.Unavailable
	}, "a broken file is noticed")
}

// eventually waits for what takes up to a second: files are looked at no more often.
func eventually(t *testing.T, ok func() bool, what string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatal("never: " + what)
		case <-tick.C:
		}
	}
}

func TestKeyURLIsAskedSeldom(t *testing.T) {
	key, fresh := newSigner(t, jose.RS256, "1"), newSigner(t, jose.RS256, "2")
	var asked atomic.Int64
	var body atomic.Value
	body.Store(keySet(t, key))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write(body.Load().([]byte))
	}))
	defer srv.Close()
	p := testPlan(t, plan.Issuer{Issuer: issuerName, Audiences: []string{audience1}, JWKSURL: srv.URL})
	v := New(func() *plan.Plan { return p }, credential.NewDir(t.TempDir(), nil))
	now := testTime
	v.now = func() time.Time { return now }

	for range 3 {
		if _, err := v.Verify(t.Context(), key.sign(t, goodClaims(nil))); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if _, err := v.Verify(t.Context(), fresh.sign(t, goodClaims(nil))); err == nil {
			t.Fatal("a key that the issuer does not have was believed")
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times within seconds, want once", n)
	}
	body.Store(keySet(t, key, fresh))
	now = now.Add(fetchEvery)
	if _, err := v.Verify(t.Context(), fresh.sign(t, goodClaims(nil))); err != nil {
		t.Errorf("after the issuer rotated: %v", err)
	}
	srv.Close()
	now = now.Add(fetchEvery)
	if _, err := v.Verify(t.Context(), key.sign(t, goodClaims(nil))); err != nil {
		t.Errorf("known keys, issuer down: %v", err)
	}
	_, err := v.Verify(t.Context(), newSigner(t, jose.RS256, "3").sign(t, goodClaims(nil)))
	if e := (*Error)(nil); !errors.As(err, &e) || !e.Unavailable {
		t.Errorf("unknown key, issuer down: %v, want unavailable", err)
	}
}

func TestKeyURLAnswersNonsense(t *testing.T) {
	key := newSigner(t, jose.ES256, "1")
	for name, handler := range map[string]http.HandlerFunc{
		"an error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"a page":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(handler)
			defer srv.Close()
			p := testPlan(t, plan.Issuer{Issuer: issuerName, Audiences: []string{audience1}, JWKSURL: srv.URL})
			v := New(func() *plan.Plan { return p }, credential.NewDir(t.TempDir(), nil))
			v.now = func() time.Time { return testTime }
			_, err := v.Verify(t.Context(), key.sign(t, goodClaims(nil)))
			if e := (*Error)(nil); !errors.As(err, &e) || !e.Unavailable {
				t.Errorf("got %v, want unavailable", err)
			}
		})
	}
}

func TestPlanInForceDecides(t *testing.T) {
	key := newSigner(t, jose.ES256, "1")
	v, _ := withFile(t, keySet(t, key))
	first := v.plan()
	current := first
	v.plan = func() *plan.Plan { return current }
	token := key.sign(t, goodClaims(nil))
	want := func(description string) {
		t.Helper()
		_, err := v.Verify(t.Context(), token)
		if description == "" {
			if err != nil {
				t.Errorf("got %v, want acceptance", err)
			}
			return
		}
		if err == nil || !strings.Contains(err.Error(), description) {
			t.Errorf("got %v, want %q in it", err, description)
		}
	}
	want("")
	current = testPlan(t)
	want("no token issuer is configured")
	current = testPlan(t, plan.Issuer{Issuer: issuerName, JWKSFile: "keys.jwks.json"})
	want("no audience is configured")
	current = testPlan(t, plan.Issuer{Issuer: "https://other.example", Audiences: []string{audience1}, JWKSFile: "keys.jwks.json"})
	want("issuer")
	current = first
	want("")
}

// TestSubjectsOfTwoIssuersAreTwoPeople has another issuer that knows an ann of its own.
func TestSubjectsOfTwoIssuersAreTwoPeople(t *testing.T) {
	key := newSigner(t, jose.ES256, "1")
	const partner = "https://login.partner.example"
	issuer := func(name string) plan.Issuer {
		return plan.Issuer{Issuer: name, Audiences: []string{audience1}, JWKSFile: "keys.jwks.json"}
	}
	v, _ := withFile(t, keySet(t, key))
	p := testPlan(t, issuer(issuerName), issuer(partner))
	v.plan = func() *plan.Plan { return p }
	for name, tc := range map[string]struct {
		agents []plan.Agent
		ours   string // whom a token of our issuer with the subject ann is of
		theirs string
	}{
		"any issuer":             {[]plan.Agent{{Name: "ann", Subject: "ann"}}, "ann", "ann"},
		"ours only":              {[]plan.Agent{{Name: "ann", Subject: "ann", Issuer: issuerName}}, "ann", ""},
		"one of each":            {[]plan.Agent{{Name: "ann", Subject: "ann", Issuer: issuerName}, {Name: "anne", Subject: "ann", Issuer: partner}}, "ann", "anne"},
		"theirs, ours otherwise": {[]plan.Agent{{Name: "ann", Subject: "ann"}, {Name: "anne", Subject: "ann", Issuer: partner}}, "ann", "anne"},
	} {
		p.Agents = tc.agents
		if _, _, err := p.Encode(); err != nil {
			t.Fatal(err)
		}
		for from, want := range map[string]string{issuerName: tc.ours, partner: tc.theirs} {
			got, err := v.Verify(t.Context(), key.sign(t, goodClaims(map[string]any{"iss": from, "sub": "ann"})))
			if err != nil || got.Agent != want {
				t.Errorf("%s: a token of %s is agent %q (%v), want %q", name, from, got.Agent, err, want)
			}
		}
	}
}
