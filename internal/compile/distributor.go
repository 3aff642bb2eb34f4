// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"slices"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// Serving returns the Distributor that serves a namespace, the oldest, or nil if there is none.
func Serving(distributors []v1alpha1.Distributor) *v1alpha1.Distributor {
	if all := live(distributors); len(all) > 0 {
		return slices.MinFunc(all, older)
	}
	return nil
}

func (s *scope) compileDistributors() {
	oldest := Serving(s.in.Distributors)
	for _, d := range live(s.in.Distributors) {
		var accepted, refs problems
		serving := d == oldest
		if !serving {
			accepted.add(string(v1alpha1.DistributorReasonConflict), "the older Distributor %q serves this namespace", oldest.Name)
		}
		for i, issuer := range issuersOf(d) {
			if resolved := s.resolveIssuer(i, &issuer, &refs); resolved != nil && serving {
				s.out.Plan.Issuers = append(s.out.Plan.Issuers, s.planIssuer(resolved))
			}
		}
		if serving {
			s.translatePresences(d)
		}
		o := Object{Kind: v1alpha1.KindDistributor, Name: d.Name, Findings: judged(&accepted, &refs, "")}
		switch {
		case accepted.any():
			o.Absent = "the distributor is not accepted"
		case refs.any():
			o.Absent = "not all references of the distributor are resolved, and the plan leaves out those issuers"
		}
		s.report(o)
	}
}

func (s *scope) translatePresences(d *v1alpha1.Distributor) {
	for _, p := range d.Spec.Presences {
		s.out.Plan.Presences = append(s.out.Plan.Presences, plan.CustomPresence{Name: p.Name, Base: plan.Presence(p.Base)})
	}
	if rules := d.Spec.PresenceRules; rules != nil {
		s.out.Plan.PresenceRules = plan.PresenceRules{
			Missed:   rules.OnMissedOffer == v1alpha1.MissedOfferInactive,
			Declined: rules.OnDeclinedOffer == v1alpha1.DeclinedOfferDoNotDisturb,
		}
	}
}

// resolveIssuer returns the issuer with its defaults, or nil if its keys do not exist.
func (s *scope) resolveIssuer(i int, issuer *v1alpha1.JWTIssuer, refs *problems) *v1alpha1.JWTIssuer {
	resolved := *issuer
	resolved.RolesClaim = or(issuer.RolesClaim, defaultRolesClaim)
	if issuer.JWKSSecretRef == nil {
		return &resolved
	}
	ref := *issuer.JWKSSecretRef
	ref.Key = or(ref.Key, defaultJWKSKey)
	resolved.JWKSSecretRef = &ref
	if missing := s.missingSecret(ref.Name, ref.Key); missing != "" {
		refs.add(string(v1alpha1.DistributorReasonSecretNotFound), "spec.auth.jwt[%d](%s).jwksSecretRef: %s", i, issuer.Issuer, missing)
		return nil
	}
	return &resolved
}

func (s *scope) planIssuer(issuer *v1alpha1.JWTIssuer) plan.Issuer {
	p := plan.Issuer{
		Issuer: issuer.Issuer, Audiences: issuer.Audiences, JWKSURL: issuer.JWKSURL, RolesClaim: issuer.RolesClaim,
	}
	if ref := issuer.JWKSSecretRef; ref != nil {
		p.JWKSFile = s.need(ref.Name, ref.Key).File()
	}
	return p
}
