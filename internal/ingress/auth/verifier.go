// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"workstream.dev/operator/internal/credential"
	"workstream.dev/operator/internal/plan"
)

const (
	// leeway is how far the issuer's clock may be from ours.
	leeway = 30 * time.Second
	// maxToken is far above what identity providers issue.
	maxToken = 16 << 10
)

// algorithms are asymmetric all: with a symmetric one whoever can verify could also sign.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// Error says why a token is not accepted. It never contains the token, or a part of it that nobody has verified.
type Error struct {
	// Description is for the caller; it is ASCII without quotes, because it travels in a header.
	Description string
	// Unavailable says that it is not the token's fault: the issuer's keys cannot be had now.
	Unavailable bool
	cause       error
}

// Error returns the description.
func (e *Error) Error() string { return e.Description }

// Unwrap returns the cause, for the log.
func (e *Error) Unwrap() error { return e.cause }

// Verifier verifies tokens. It is safe for several goroutines.
type Verifier struct {
	plan        func() *plan.Plan
	credentials *credential.Dir
	transport   http.RoundTripper
	now         func() time.Time

	mu   sync.Mutex
	of   *plan.Plan // the plan that keys are for
	keys map[string]oidc.KeySet
}

// New returns a verifier by the plan that the function returns at each call, never nil.
func New(current func() *plan.Plan, credentials *credential.Dir) *Verifier {
	return &Verifier{
		plan: current, credentials: credentials, transport: http.DefaultTransport, now: time.Now,
		keys: map[string]oidc.KeySet{},
	}
}

// Verify returns the caller whom a token is of. An error is an *Error.
func (v *Verifier) Verify(ctx context.Context, token string) (Caller, error) {
	p := v.plan()
	if len(p.Issuers) == 0 {
		return Caller{}, refuse("no token issuer is configured for this distributor", nil)
	}
	if len(token) > maxToken {
		return Caller{}, refuse("the token is too long", nil)
	}
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		if algorithm := (*jose.ErrUnexpectedSignatureAlgorithm)(nil); errors.As(err, &algorithm) {
			return Caller{}, refuse("the token is not signed with an asymmetric algorithm that is accepted", err)
		}
		return Caller{}, refuse("the token is no signed JWT", err)
	}
	unverified, err := parseClaims(jws.UnsafePayloadWithoutVerification())
	if err != nil {
		return Caller{}, refuse("the claims of the token are malformed", err)
	}
	issuer := issuerOf(p, unverified.Issuer)
	if issuer == nil {
		return Caller{}, refuse("the issuer of the token is not one of this distributor's", nil)
	}
	payload, err := v.keysOf(p, issuer).VerifySignature(ctx, token)
	if unavailable := (*unavailableError)(nil); errors.As(err, &unavailable) {
		return Caller{}, &Error{Description: "the keys of the token's issuer cannot be had at the moment", Unavailable: true, cause: err}
	}
	if err != nil {
		return Caller{}, refuse("the signature of the token is not one of its issuer", err)
	}
	c, err := parseClaims(payload)
	if err != nil {
		return Caller{}, refuse("the claims of the token are malformed", err)
	}
	if err := v.check(issuer, c); err != nil {
		return Caller{}, err
	}
	return callerOf(p, issuer, c), nil
}

// check is about claims whose signature is right.
func (v *Verifier) check(issuer *plan.Issuer, c *claims) error {
	now := v.now()
	switch {
	case c.Expires == nil:
		return refuse("the token has no expiry", nil)
	case now.After(moment(*c.Expires).Add(leeway)):
		return refuse("the token expired at "+stamp(*c.Expires), nil)
	case c.NotBefore != nil && now.Before(moment(*c.NotBefore).Add(-leeway)):
		return refuse("the token is not valid before "+stamp(*c.NotBefore), nil)
	case len(issuer.Audiences) == 0:
		return refuse("no audience is configured for the token's issuer", nil)
	case !slices.ContainsFunc(c.Audience, func(a string) bool { return slices.Contains(issuer.Audiences, a) }):
		return refuse("the token is for another audience", nil)
	case c.Subject == "":
		return refuse("the token has no subject", nil)
	}
	return nil
}

// keysOf keeps the keys of the issuers that are in the plan, and those of no others.
func (v *Verifier) keysOf(p *plan.Plan, issuer *plan.Issuer) oidc.KeySet {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.of != p {
		kept := make(map[string]oidc.KeySet, len(p.Issuers))
		for i := range p.Issuers {
			if set := v.keys[source(&p.Issuers[i])]; set != nil {
				kept[source(&p.Issuers[i])] = set
			}
		}
		v.of, v.keys = p, kept
	}
	set := v.keys[source(issuer)]
	if set == nil {
		if issuer.JWKSURL != "" {
			set = urlKeys(issuer.JWKSURL, v.transport, v.now)
		} else {
			set = &fileKeys{dir: v.credentials, name: issuer.JWKSFile}
		}
		v.keys[source(issuer)] = set
	}
	return set
}

// source names where the keys of an issuer are; issuers do not share key sets, even at one URL.
func source(i *plan.Issuer) string {
	return strings.Join([]string{i.Issuer, i.JWKSURL, i.JWKSFile}, "\n")
}

func issuerOf(p *plan.Plan, name string) *plan.Issuer {
	for i := range p.Issuers {
		if p.Issuers[i].Issuer == name {
			return &p.Issuers[i]
		}
	}
	return nil
}

func refuse(description string, cause error) *Error {
	return &Error{Description: description, cause: cause}
}

func moment(s seconds) time.Time { return time.Unix(int64(min(max(s, -1e11), 1e11)), 0) }

func stamp(s seconds) string { return moment(s).UTC().Format(time.RFC3339) }

// Challenge is the WWW-Authenticate header for an error of Verify; nil is for a request without a token.
func Challenge(err *Error) string {
	if err == nil {
		return `Bearer realm="workstream"`
	}
	return fmt.Sprintf(`Bearer realm="workstream", error="invalid_token", error_description="%s"`, err.Description)
}
