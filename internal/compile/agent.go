// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"slices"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// compileAgents comes after the workstreams: agents go on serving a queue that no longer exists while a workstream
// retains it.
func (s *scope) compileAgents() {
	existing := make(map[string]bool, len(s.in.Queues))
	for _, q := range live(s.in.Queues) {
		existing[q.Name] = true
	}
	held := claims[string]{}
	for _, a := range live(s.in.Agents) {
		var accepted, refs problems
		if holder, ok := held.claim(a.Spec.Subject, a.Name); !ok {
			accepted.add(string(v1alpha1.AgentReasonConflict), "spec.subject: the older Agent %q has the subject %q",
				holder, a.Spec.Subject)
		}
		var queues []string
		for i, ref := range a.Spec.QueueRefs {
			name := string(ref.Name)
			if !existing[name] {
				refs.add(string(v1alpha1.AgentReasonQueueNotFound), "spec.queueRefs[%d]: there is no Queue %q", i, name)
			}
			if _, ok := s.queues[name]; ok {
				queues = append(queues, name)
			}
		}
		slices.Sort(queues)
		queues = slices.Compact(queues)
		o := Object{Kind: v1alpha1.KindAgent, Name: a.Name, Findings: judged(&accepted, &refs, "")}
		switch {
		case accepted.any():
			o.Absent = "the agent is not accepted"
		case refs.any():
			o.Absent = "not all references of the agent are resolved"
		}
		if !accepted.any() {
			o.Counts.Queues = int32(len(queues)) //nolint:gosec // bounded by the schema
			s.out.Plan.Agents = append(s.out.Plan.Agents, plan.Agent{
				Name: a.Name, DisplayName: a.Spec.DisplayName, Subject: a.Spec.Subject,
				Roles: roles(a.Spec.Roles), Units: a.Spec.Capacity.Units, Queues: queues,
			})
		}
		s.report(o)
	}
}
