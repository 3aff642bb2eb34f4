// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"slices"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// Profile is a capacity profile with the limit of agents who have none of their own.
type Profile struct {
	plan.Profile
	Limit int32 `json:"limit"`
}

func translateProfile(p *v1alpha1.CapacityProfile) Profile {
	return Profile{
		Profile: plan.Profile{
			Name:     p.Name,
			Reset:    plan.Reset(or(p.Spec.Reset, v1alpha1.ProfileResetImmediate)),
			Blocking: p.Spec.AssignmentBlocking == v1alpha1.AssignmentBlockingEnabled,
		},
		Limit: p.Spec.Limit,
	}
}

// profilesOf returns the profiles of which items of w need slots, by name, taking those that no longer exist from
// retained. ok is false if one is in neither.
func (s *scope) profilesOf(w *plan.Workstream, retained []Profile) (profiles []Profile, ok bool) {
	for _, name := range profileNames(w) {
		p, exists := s.profiles[name]
		if !exists {
			at := slices.IndexFunc(retained, func(p Profile) bool { return p.Name == name })
			if at < 0 {
				return nil, false
			}
			p = retained[at]
		}
		profiles = append(profiles, p)
	}
	return profiles, true
}

// profileNames are the names of the profiles of which items of w may need slots, sorted.
func profileNames(w *plan.Workstream) []string {
	names := slices.Clone(w.Profiles)
	for i := range w.Classification {
		for j := range w.Classification[i].Rules {
			names = append(names, w.Classification[i].Rules[j].Profiles...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// reportProfiles says of each profile who uses it; the schema has checked all else.
func (s *scope) reportProfiles() {
	workstreams := map[string]int32{}
	for _, w := range s.memory.workstreams {
		if w.revision == nil {
			continue
		}
		for i := range w.revision.Profiles {
			workstreams[w.revision.Profiles[i].Name]++
		}
	}
	for _, p := range s.live.profiles.objects {
		s.report(Object{
			Kind: v1alpha1.KindCapacityProfile, Name: p.Name, Findings: noRefsWrong,
			Counts: Counts{Agents: s.memory.agents.tally.profiles[p.Name], Workstreams: workstreams[p.Name]},
		})
	}
}
