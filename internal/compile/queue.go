// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"slices"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

func planQueue(q *v1alpha1.Queue) plan.Queue {
	method := v1alpha1.AssignmentHighestCapacity
	if q.Spec.Assignment != nil {
		method = or(q.Spec.Assignment.Method, method)
	}
	return plan.Queue{
		Name: q.Name, Type: plan.ItemType(q.Spec.Type),
		Priority: or(q.Spec.Priority, defaultPriority), Method: plan.Method(method),
	}
}

// reportQueues says of each queue how many agents serve it; the schema has checked all else.
func (s *scope) reportQueues(queues []*v1alpha1.Queue) {
	members := make(map[string]int32, len(queues))
	for i := range s.out.Plan.Agents {
		if !slices.Contains(s.out.Plan.Agents[i].Roles, plan.RoleAgent) {
			continue
		}
		for _, q := range s.out.Plan.Agents[i].Queues {
			members[q]++
		}
	}
	for _, q := range queues {
		var none problems
		s.report(Object{
			Kind: v1alpha1.KindQueue, Name: q.Name,
			Findings: []Finding{
				none.finding(v1alpha1.ConditionAccepted, soundSpec, ""),
				none.finding(v1alpha1.ConditionResolvedRefs, noRefs, ""),
			},
			Counts: Counts{Agents: members[q.Name]},
		})
	}
}
