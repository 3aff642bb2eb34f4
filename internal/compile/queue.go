// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"fmt"
	"slices"
	"strings"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// queue is a Queue on its way into the plan.
type queue struct {
	object   *v1alpha1.Queue
	accepted problems
	refs     problems
}

// translateQueues puts all queues that exist where others find them, and then looks for what they name.
func (s *scope) translateQueues() []*queue {
	objects := s.live.queues.objects
	queues := make([]*queue, len(objects))
	for i, object := range objects {
		queues[i] = &queue{object: object}
		s.queues[object.Name] = queues[i].translate()
	}
	for _, q := range queues {
		s.resolveQueue(q)
	}
	s.breakCycles(queues)
	return queues
}

func (q *queue) translate() plan.Queue {
	spec := &q.object.Spec
	method := v1alpha1.AssignmentHighestCapacity
	if spec.Assignment != nil {
		method = or(spec.Assignment.Method, method)
	}
	return plan.Queue{
		Name: q.object.Name, Type: plan.ItemType(spec.Type),
		Priority: or(spec.Priority, defaultPriority), Method: plan.Method(method),
		PromoteAfter: duration(&q.accepted, "spec.promoteAfter", or(spec.PromoteAfter, "0s")),
	}
}

// resolveQueue adds what q names, as far as it exists.
func (s *scope) resolveQueue(q *queue) {
	translated := s.queues[q.object.Name]
	if ref := q.object.Spec.OperatingHoursRef; ref != nil {
		translated.Hours = s.hoursOf(q, string(ref.Name))
	}
	for i := range q.object.Spec.Overflow {
		if rule, ok := s.overflow(q, i); ok {
			translated.Overflow = append(translated.Overflow, rule)
		}
	}
	s.queues[q.object.Name] = translated
}

// hoursOf returns the name of the calendar, empty if there is none that can be used. The last one that was good is.
func (s *scope) hoursOf(q *queue, name string) string {
	switch c := s.hours[name]; {
	case c == nil:
		q.refs.add(string(v1alpha1.QueueReasonOperatingHoursNotFound), "spec.operatingHoursRef: there are no OperatingHours %q", name)
	case c.accepted.any():
		q.refs.add(string(v1alpha1.QueueReasonOperatingHoursNotAccepted), "spec.operatingHoursRef: OperatingHours %q are not accepted: %s",
			name, c.accepted.texts[0])
	}
	if _, ok := s.calendars[name]; !ok && !s.retainCalendar(q.object.Name, name) {
		return ""
	}
	return name
}

// overflow returns a rule of q, unless it cannot be used.
func (s *scope) overflow(q *queue, i int) (rule plan.Overflow, ok bool) {
	from := &q.object.Spec.Overflow[i]
	path := fmt.Sprintf("spec.overflow[%d]", i)
	rule = plan.Overflow{
		On: plan.OverflowTrigger(from.When), Limit: from.Limit, Action: plan.OverflowAction(from.Action),
		After: duration(&q.accepted, path+".after", or(from.After, "0s")),
	}
	invalid := string(v1alpha1.QueueReasonInvalid)
	switch {
	case rule.On == plan.WaitTime && (rule.After <= 0 || rule.Action == plan.AssignAnyway),
		rule.On == plan.ItemLimit && rule.Limit < 1,
		rule.Action == plan.TransferTo && from.QueueRef == nil,
		rule.Action == plan.EndItem && q.object.Spec.Type != v1alpha1.ItemTypeMessaging:
		q.accepted.add(invalid, "%s: %s with action %s is no rule", path, from.When, from.Action)
		return rule, false
	case rule.Action != plan.TransferTo:
		return rule, true
	}
	rule.Queue = string(from.QueueRef.Name)
	target, exists := s.queues[rule.Queue]
	switch {
	case !exists:
		q.refs.add(string(v1alpha1.QueueReasonQueueNotFound), "%s.queueRef: there is no Queue %q", path, rule.Queue)
		return rule, false
	case target.Type != plan.ItemType(q.object.Spec.Type):
		q.refs.add(string(v1alpha1.QueueReasonTypeMismatch), "%s.queueRef: Queue %q is of type %s, not %s",
			path, rule.Queue, target.Type, q.object.Spec.Type)
		return rule, false
	}
	return rule, true
}

// breakCycles takes out the rules by which an item could go round for ever.
func (s *scope) breakCycles(queues []*queue) {
	broken := map[string][]plan.Overflow{}
	for _, q := range queues {
		name := q.object.Name
		keep := slices.DeleteFunc(slices.Clone(s.queues[name].Overflow), func(rule plan.Overflow) bool {
			if rule.Action != plan.TransferTo {
				return false
			}
			way := s.way(rule.Queue, name)
			if way != nil {
				q.refs.add(string(v1alpha1.QueueReasonOverflowCycle),
					"spec.overflow: items that overflow could come back to this queue: %s",
					strings.Join(append([]string{name}, way...), " -> "))
			}
			return way != nil
		})
		if len(keep) < len(s.queues[name].Overflow) {
			broken[name] = keep
		}
	}
	for name, rules := range broken {
		q := s.queues[name]
		q.Overflow = rules
		s.queues[name] = q
	}
}

// way returns the shortest way that items can go from one queue to another by overflow, both included, or nil.
func (s *scope) way(from, to string) []string {
	ways := [][]string{{from}}
	seen := map[string]bool{from: true}
	for len(ways) > 0 {
		way := ways[0]
		ways = ways[1:]
		last := way[len(way)-1]
		if last == to {
			return way
		}
		for _, rule := range s.queues[last].Overflow {
			if rule.Action == plan.TransferTo && !seen[rule.Queue] {
				seen[rule.Queue] = true
				ways = append(ways, append(slices.Clone(way), rule.Queue))
			}
		}
	}
	return nil
}

// reportQueues says of each queue how many agents serve it.
func (s *scope) reportQueues() {
	s.expect(v1alpha1.KindQueue, len(s.listed))
	for _, q := range s.listed {
		agents := s.memory.agents.tally.queues[q.object.Name]
		o := Object{Kind: v1alpha1.KindQueue, Name: q.object.Name, Findings: q.findings(agents), Counts: Counts{Agents: agents}}
		switch {
		case q.accepted.any():
			o.Absent = "the queue is in the plan without what cannot be used"
		case q.refs.any():
			o.Absent = "the queue is in the plan without the references that are not resolved"
		}
		s.report(o)
	}
}

func (q *queue) findings(agents int32) []Finding {
	good, sound := resolvedRefs, nothingWrong
	if agents == 0 {
		good, sound = noAgents, nobodyServes
	}
	if !q.accepted.any() && !q.refs.any() {
		return sound
	}
	return []Finding{
		q.accepted.finding(v1alpha1.ConditionAccepted, soundSpec, ""),
		q.refs.finding(v1alpha1.ConditionResolvedRefs, good, ""),
	}
}
