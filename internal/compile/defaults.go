// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"slices"
	"time"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// The defaults of the API. The schema sets most of them when an object is stored; they are here as well so that an object
// means the same before and after. A test of the schema compares the two.
const (
	defaultOfferTimeout v1alpha1.Duration = "120s"
	defaultReofferAfter v1alpha1.Duration = "2m"
	defaultAutoClose    v1alpha1.Duration = "8h"
	defaultMaxDeclines  int32             = 3
	defaultRating       int32             = 1
	defaultPriority     int32             = 100
	defaultJWKSKey                        = "jwks.json"
	defaultRolesClaim                     = "roles"
)

// or returns v, or unset if v is not set.
func or[T comparable](v, unset T) T {
	var zero T
	if v == zero {
		return unset
	}
	return v
}

// duration reads a duration. The schema lets only good ones in; objects may be older than it.
func duration(accepted *problems, path string, d v1alpha1.Duration) time.Duration {
	length, err := time.ParseDuration(string(d))
	if err != nil || length < 0 {
		accepted.add(string(v1alpha1.ReasonInvalid), "%s: %q is no duration such as 120s or 8h", path, d)
	}
	return length
}

// presences returns the plan's form of a list of presences, sorted.
func presences(list []v1alpha1.Presence) []plan.Presence {
	if len(list) == 0 {
		list = []v1alpha1.Presence{v1alpha1.PresenceAvailable, v1alpha1.PresenceBusy}
	}
	out := make([]plan.Presence, len(list))
	for i, p := range list {
		out[i] = plan.Presence(p)
	}
	slices.Sort(out)
	return out
}

// roles returns the plan's form of a list of roles, sorted.
func roles(list []v1alpha1.AgentRole) []plan.Role {
	if len(list) == 0 {
		list = []v1alpha1.AgentRole{v1alpha1.RoleAgent}
	}
	out := make([]plan.Role, len(list))
	for i, r := range list {
		out[i] = plan.Role(r)
	}
	slices.Sort(out)
	return out
}
