// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"encoding/json"
	"slices"
	"time"

	"workstream.dev/operator/internal/plan"
)

// Caller is who a token is of.
type Caller struct {
	Subject string
	// Agent is the name of the Agent object with that subject; empty when there is none.
	Agent string
	// Roles are sorted.
	Roles []plan.Role
	// Expires is when the token is no longer accepted.
	Expires time.Time
}

// Has reports whether the caller has one of these roles.
func (c *Caller) Has(roles ...plan.Role) bool {
	return slices.ContainsFunc(roles, func(r plan.Role) bool { return slices.Contains(c.Roles, r) })
}

// Name is how the caller is written into the trace: as agent, or else by subject.
func (c *Caller) Name() string {
	if c.Agent != "" {
		return c.Agent
	}
	return c.Subject
}

// defaultRolesClaim lists roles where an issuer does not say otherwise.
const defaultRolesClaim = "roles"

// callerOf gives the roles of the Agent object, and those of the claim. Agent only ever comes from an object: without
// one there is no capacity to give work to.
func callerOf(p *plan.Plan, issuer *plan.Issuer, c *claims) Caller {
	caller := Caller{Subject: c.Subject, Expires: moment(*c.Expires).Add(leeway)}
	if a := p.AgentOf(issuer.Issuer, c.Subject); a != nil {
		caller.Agent = a.Name
		caller.Roles = append(caller.Roles, a.Roles...)
	}
	name := issuer.RolesClaim
	if name == "" {
		name = defaultRolesClaim
	}
	for _, r := range stringList(c.all[name]) {
		switch role := plan.Role(r); role {
		case plan.RoleSupervisor, plan.RoleIntegration:
			caller.Roles = append(caller.Roles, role)
		case plan.RoleAgent:
		}
	}
	slices.Sort(caller.Roles)
	caller.Roles = slices.Compact(caller.Roles)
	return caller
}

// claims are the parts of a token that matter here.
type claims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  audience `json:"aud"`
	Expires   *seconds `json:"exp"`
	NotBefore *seconds `json:"nbf"`

	all map[string]json.RawMessage
}

func parseClaims(payload []byte) (*claims, error) {
	c := &claims{}
	if err := json.Unmarshal(payload, c); err != nil {
		return nil, err
	}
	return c, json.Unmarshal(payload, &c.all)
}

// seconds since 1970; RFC 7519 allows a fraction.
type seconds float64

// audience is a text or a list of texts.
type audience []string

// UnmarshalJSON reads both forms.
func (a *audience) UnmarshalJSON(data []byte) error {
	*a = stringList(data)
	return nil
}

// stringList reads a text or a list of texts. Anything else in it is no name of a role or an audience.
func stringList(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var many []any
	_ = json.Unmarshal(raw, &many)
	var list []string
	for _, x := range many {
		if s, ok := x.(string); ok {
			list = append(list, s)
		}
	}
	return list
}
