// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/plan"
)

const (
	// localIssuerName is the issuer where the files name none.
	localIssuerName = "https://workstream.localhost"
	localAudience   = "workstream"
	// localSecret names the credential with the public key; a Secret of that name cannot exist beside it.
	localSecret = "workstream-dev" //nolint:gosec // its name, not a secret
	localKeys   = "jwks.json"
	// localTokens live as long as somebody may try things out without starting again.
	localTokens = 30 * 24 * time.Hour
)

// localIssuer stands in for the identity provider and for the Secrets of channels, on one machine, for trying out. Its key is
// kept in the folder of the data, so tokens outlive a restart.
type localIssuer struct {
	data, credentials string
	key               *ecdsa.PrivateKey
	signer            jose.Signer
	tokens            []localToken
	secrets           []localChannel
}

type localToken struct{ who, file string }

type localChannel struct{ channel, file string }

func newLocalIssuer(data, credentials string) (*localIssuer, error) {
	l := &localIssuer{data: data, credentials: credentials}
	if err := os.MkdirAll(credentials, 0o700); err != nil {
		return nil, fmt.Errorf("--dev: %w", err)
	}
	path := filepath.Join(data, "dev", "key.json")
	body, err := os.ReadFile(path) //nolint:gosec // it is in the user's own folder
	var jwk jose.JSONWebKey
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if l.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, fmt.Errorf("--dev: making a key: %w", err)
		}
		jwk = jose.JSONWebKey{Key: l.key, KeyID: "dev", Algorithm: string(jose.ES256), Use: "sig"}
		if err := writeJSONFile(path, jwk); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, fmt.Errorf("--dev: %w", err)
	default:
		if json.Unmarshal(body, &jwk) == nil {
			l.key, _ = jwk.Key.(*ecdsa.PrivateKey)
		}
		if l.key == nil {
			return nil, fmt.Errorf("--dev: %s is no key; remove it, and another is made", path)
		}
	}
	if l.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jwk}, nil); err != nil {
		return nil, fmt.Errorf("--dev: %w", err)
	}
	public := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk.Public()}}
	return l, writeJSONFile(filepath.Join(credentials, compile.Credential{Secret: localSecret, Key: localKeys}.File()), public)
}

func writeJSONFile(path string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("--dev: %w", err)
	}
	return writePrivate(path, body)
}

// writePrivate replaces a file, which nobody else may read.
func writePrivate(path string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("--dev: %w", err)
	}
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, body, 0o600); err != nil {
		return fmt.Errorf("--dev: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("--dev: %w", err)
	}
	return nil
}

// standIn returns the objects with the local key in the place of those of all issuers, and an issuer where there is none.
func (l *localIssuer) standIn(in *compile.Input) *compile.Input {
	changed := *in
	changed.Distributors = nil
	for i := range in.Distributors {
		changed.Distributors = append(changed.Distributors, *in.Distributors[i].DeepCopy())
	}
	if len(changed.Distributors) == 0 {
		d := v1alpha1.Distributor{}
		d.Name, d.Namespace = "default", in.Namespace
		changed.Distributors = append(changed.Distributors, d)
	}
	for i := range changed.Distributors {
		d := &changed.Distributors[i]
		if d.Spec.Auth == nil || len(d.Spec.Auth.JWT) == 0 {
			issuer := v1alpha1.JWTIssuer{Issuer: localIssuerName, Audiences: []string{localAudience}}
			d.Spec.Auth = &v1alpha1.DistributorAuth{JWT: []v1alpha1.JWTIssuer{issuer}}
		}
		for j := range d.Spec.Auth.JWT {
			issuer := &d.Spec.Auth.JWT[j]
			issuer.JWKSURL = ""
			issuer.JWKSSecretRef = &v1alpha1.JWKSSecretReference{Name: localSecret, Key: localKeys}
		}
	}
	changed.Secrets = map[string][]string{localSecret: {localKeys}}
	maps.Copy(changed.Secrets, in.Secrets)
	return &changed
}

// equip writes the tokens of everybody in the plan, and a signing secret for each channel that has none.
func (l *localIssuer) equip(out *compile.Output) error {
	l.tokens, l.secrets = nil, nil
	folder := filepath.Join(l.data, "dev", "tokens")
	if err := os.RemoveAll(folder); err != nil { // of agents that are gone, too
		return fmt.Errorf("--dev: %w", err)
	}
	p := out.Plan
	for i := range p.Agents {
		a := &p.Agents[i]
		issuer := issuerNamed(p, a.Issuer)
		if issuer == nil {
			continue // nobody can be this agent
		}
		who := fmt.Sprintf("agent %s (%s)", a.Name, roleList(a.Roles))
		if err := l.issue(who, filepath.Join(folder, "agents", a.Name), issuer, a.Subject); err != nil {
			return err
		}
	}
	for _, role := range []plan.Role{plan.RoleSupervisor, plan.RoleIntegration} {
		name := strings.ToLower(string(role))
		who := "the role " + string(role) + ", no agent"
		if err := l.issue(who, filepath.Join(folder, name), &p.Issuers[0], "dev-"+name, role); err != nil {
			return err
		}
	}
	return l.equipChannels(p)
}

func (l *localIssuer) equipChannels(p *plan.Plan) error {
	for i := range p.Channels {
		file := compile.Credential{Secret: p.Channels[i].Custom.Credentials, Key: v1alpha1.SigningSecretKey}.File()
		path := filepath.Join(l.credentials, file)
		l.secrets = append(l.secrets, localChannel{p.Channels[i].Name, path})
		if _, err := os.Stat(path); err == nil {
			continue
		}
		secret := make([]byte, 24)
		if _, err := rand.Read(secret); err != nil {
			return fmt.Errorf("--dev: making a secret: %w", err)
		}
		if err := writePrivate(path, []byte("whsec_"+base64.StdEncoding.EncodeToString(secret)+"\n")); err != nil {
			return err
		}
	}
	return nil
}

// issuerNamed is the issuer of that name, or the first one for no name.
func issuerNamed(p *plan.Plan, name string) *plan.Issuer {
	i := slices.IndexFunc(p.Issuers, func(i plan.Issuer) bool { return name == "" || i.Issuer == name })
	if i < 0 {
		return nil
	}
	return &p.Issuers[i]
}

func roleList(roles []plan.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

// issue writes a token into a file.
func (l *localIssuer) issue(who, file string, issuer *plan.Issuer, subject string, roles ...plan.Role) error {
	claims := map[string]any{
		"iss": issuer.Issuer, "sub": subject, "aud": issuer.Audiences, "exp": time.Now().Add(localTokens).Unix(),
	}
	if len(roles) > 0 {
		claims[cmp.Or(issuer.RolesClaim, "roles")] = roles
	}
	token, err := jwt.Signed(l.signer).Claims(claims).Serialize()
	if err != nil {
		return fmt.Errorf("--dev: making a token: %w", err)
	}
	l.tokens = append(l.tokens, localToken{who, file})
	return writePrivate(file, []byte(token+"\n"))
}
