// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"fmt"
	"slices"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// compileAgents comes after the workstreams: agents go on serving a queue that no longer exists, and having slots of a
// profile that does not, while a workstream retains it.
func (s *scope) compileAgents() {
	existing := existingNames(live(s.in.Queues))
	profiles := existingNames(live(s.in.CapacityProfiles))
	type identity struct{ issuer, subject string }
	held := claims[identity]{}
	for _, a := range live(s.in.Agents) {
		var accepted, refs problems
		holder, own := held.claim(identity{a.Spec.Issuer, a.Spec.Subject}, a.Name)
		if !own {
			accepted.add(string(v1alpha1.AgentReasonConflict), "spec.subject: the older Agent %q has the subject %q%s",
				holder, a.Spec.Subject, ofIssuer(a.Spec.Issuer))
		}
		if own && s.rememberAgent(a) {
			continue
		}
		translated := translateAgent(a, &accepted)
		s.findQueues(a, &translated, existing, &refs)
		s.findSlots(a, &translated, profiles, &refs)
		o := Object{Kind: v1alpha1.KindAgent, Name: a.Name, Findings: judged(&accepted, &refs, "")}
		if own {
			o.Counts.Queues = int32(len(translated.Queues)) //nolint:gosec // bounded by the schema
			s.out.Plan.Agents = append(s.out.Plan.Agents, translated)
		}
		o.Absent = absentAgent(own, &accepted, &refs)
		s.report(o)
		if own {
			s.keepAgent(a, translated, o)
		}
	}
}

// findQueues gives an agent the queues that the plan has, and says which do not exist.
func (s *scope) findQueues(a *v1alpha1.Agent, translated *plan.Agent, existing map[string]bool, refs *problems) {
	for i, ref := range a.Spec.QueueRefs {
		name := string(ref.Name)
		if !existing[name] {
			refs.add(string(v1alpha1.AgentReasonQueueNotFound), "spec.queueRefs[%d]: there is no Queue %q", i, name)
		}
		if _, ok := s.queues[name]; ok {
			translated.Queues = append(translated.Queues, name)
		}
	}
	slices.Sort(translated.Queues)
	translated.Queues = slices.Compact(translated.Queues)
}

// findSlots gives an agent the slots of profiles that the plan has, and says which do not exist.
func (s *scope) findSlots(a *v1alpha1.Agent, translated *plan.Agent, existing map[string]bool, refs *problems) {
	for i, slot := range a.Spec.Capacity.Profiles {
		name := string(slot.Name)
		if !existing[name] {
			refs.add(string(v1alpha1.AgentReasonCapacityProfileNotFound),
				"spec.capacity.profiles[%d]: there is no CapacityProfile %q", i, name)
		}
		if p, ok := s.profiles[name]; ok {
			translated.Profiles = append(translated.Profiles, plan.AgentProfile{Name: name, Limit: or(slot.Limit, p.Limit)})
		}
	}
	slices.SortFunc(translated.Profiles, func(a, b plan.AgentProfile) int { return cmp.Compare(a.Name, b.Name) })
}

// ofIssuer says whose subject it is, of those who say so.
func ofIssuer(issuer string) string {
	if issuer == "" {
		return ""
	}
	return fmt.Sprintf(" of the issuer %q", issuer)
}

// absentAgent says why the plan does not hold what an Agent says, empty if it does.
func absentAgent(own bool, accepted, refs *problems) string {
	switch {
	case !own:
		return "the agent is not accepted"
	case accepted.any():
		return "the agent is in the plan, with the time zone UTC"
	case refs.any():
		return "not all references of the agent are resolved"
	default:
		return ""
	}
}

// translateAgent reads what names no other objects.
func translateAgent(a *v1alpha1.Agent, accepted *problems) plan.Agent {
	t := plan.Agent{
		Name: a.Name, DisplayName: a.Spec.DisplayName, Subject: a.Spec.Subject, Issuer: a.Spec.Issuer,
		Roles: roles(a.Spec.Roles), Zone: string(a.Spec.TimeZone),
	}
	if t.Zone != "" && !knownZone(a.Spec.TimeZone) {
		accepted.add(string(v1alpha1.AgentReasonInvalid), "spec.timeZone: %q is no time zone such as Europe/Berlin", t.Zone)
		t.Zone = ""
	}
	if units := a.Spec.Capacity.Units; units != nil {
		t.Units = *units
	}
	for _, skill := range a.Spec.Skills {
		t.Skills = append(t.Skills, plan.Skill{Name: string(skill.Name), Rating: or(skill.Rating, defaultRating)})
	}
	slices.SortFunc(t.Skills, func(a, b plan.Skill) int { return cmp.Compare(a.Name, b.Name) })
	return t
}

func existingNames[P interface{ GetName() string }](objects []P) map[string]bool {
	names := make(map[string]bool, len(objects))
	for _, o := range objects {
		names[o.GetName()] = true
	}
	return names
}
