// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"fmt"
	"slices"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// agentMemory is what is remembered of the agents of the last compile.
type agentMemory struct {
	// places are where the agents of the listing are in the plan, -1 of one who does not hold their subject.
	places []int32
	tally  tally
}

// tally counts the agents of the plan by what they have.
type tally struct{ queues, profiles map[string]int32 }

// add counts an agent, or with -1 no longer counts them. Who takes no work serves no queue.
func (t *tally) add(a *plan.Agent, by int32) {
	if slices.Contains(a.Roles, plan.RoleAgent) {
		for _, q := range a.Queues {
			t.queues[q] += by
		}
	}
	for i := range a.Profiles {
		t.profiles[a.Profiles[i].Name] += by
	}
}

type identity struct{ issuer, subject string }

func identityOf(a *v1alpha1.Agent) identity { return identity{a.Spec.Issuer, a.Spec.Subject} }

// compileAgents comes after the workstreams: agents go on serving a queue that no longer exists, and having slots of a
// profile that does not, while a workstream retains it.
func (s *scope) compileAgents() {
	c, l, last := s.memory, &s.live.agents, s.memory.last().Agents
	if c.out != nil && l.same && !s.changedMembers {
		s.out.Plan.Agents = last
		s.repeat(v1alpha1.KindAgent)
		return
	}
	t := &c.agents.tally
	known := l.members && !s.changedMembers // so that only who changed need be counted anew
	if !known {
		*t = tally{map[string]int32{}, map[string]int32{}}
	}
	past, held := c.reported(v1alpha1.KindAgent), s.claimSubjects()
	to := &roster{existing: existingNames(s.live.queues.objects), profiles: existingNames(s.live.profiles.objects)}
	places := make([]int32, len(l.objects))
	s.out.Plan.Agents = make([]plan.Agent, 0, len(l.objects))
	s.expect(v1alpha1.KindAgent, len(l.objects))
	for i, a := range l.objects {
		holder, own := "", true
		if held != nil {
			holder, own = held.holds(identityOf(a), a)
		}
		if places[i] = -1; own {
			places[i] = int32(len(s.out.Plan.Agents)) //nolint:gosec // there are not that many
		}
		if at := s.rememberedAgent(i); own && at >= 0 {
			s.out.Plan.Agents = append(s.out.Plan.Agents, last[at])
			s.report(past[l.before[i]])
			if !known {
				t.add(&last[at], 1)
			}
			continue
		}
		if known && c.agents.places[i] >= 0 {
			t.add(&last[c.agents.places[i]], -1)
		}
		s.compileAgent(a, holder, own, to)
	}
	c.agents.places = places
}

// rememberedAgent is where the plan of before has the i-th agent, -1 if it has not, or not as it would be now.
func (s *scope) rememberedAgent(i int) int32 {
	if at := s.live.agents.before[i]; at >= 0 && !s.changedMembers {
		return s.memory.agents.places[at]
	}
	return -1
}

// roster is what agents name: the queues and profiles that exist.
type roster struct{ existing, profiles map[string]bool }

// compileAgent puts an agent into the plan who holds their own subject.
func (s *scope) compileAgent(a *v1alpha1.Agent, holder string, own bool, to *roster) {
	var accepted, refs problems
	if !own {
		accepted.add(string(v1alpha1.AgentReasonConflict), "spec.subject: the older Agent %q has the subject %q%s",
			holder, a.Spec.Subject, ofIssuer(a.Spec.Issuer))
	}
	translated := translateAgent(a, &accepted)
	s.findQueues(a, &translated, to.existing, &refs)
	s.findSlots(a, &translated, to.profiles, &refs)
	o := Object{Kind: v1alpha1.KindAgent, Name: a.Name, Findings: judged(&accepted, &refs, "")}
	if own {
		o.Counts.Queues = int32(len(translated.Queues)) //nolint:gosec // bounded by the schema
		s.out.Plan.Agents = append(s.out.Plan.Agents, translated)
		s.memory.agents.tally.add(&translated, 1)
	}
	o.Absent = absentAgent(own, &accepted, &refs)
	s.report(o)
}

// claimSubjects says who holds which subject; nil when everybody holds their own, because all did and no subject is another.
func (s *scope) claimSubjects() claims[identity, *v1alpha1.Agent] {
	l, places, last := &s.live.agents, s.memory.agents.places, s.memory.last().Agents
	same := l.members && !slices.Contains(places, -1)
	for i := 0; same && i < len(l.objects); i++ {
		if l.before[i] < 0 {
			was := &last[places[i]]
			same = identityOf(l.objects[i]) == identity{was.Issuer, was.Subject}
		}
	}
	if same {
		return nil
	}
	held := make(claims[identity, *v1alpha1.Agent], len(l.objects))
	for _, a := range l.objects {
		held.claim(identityOf(a), a)
	}
	return held
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
