// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"slices"

	"workstream.dev/operator/internal/plan"
)

// lastGood returns the last good revision of w, or nil if there is none that can run: the object may have been made
// anew with another type since, and the plan may have changed its form.
func (s *scope) lastGood(w *workstream) *Revision {
	stored, ok := s.in.LastGood[w.object.Name]
	if !ok || stored.Workstream.Name != w.object.Name || stored.Workstream.Type != plan.ItemType(w.object.Spec.Type) {
		return nil
	}
	settings := ownRules(&stored.Workstream)
	queues := s.queuesOf(&settings, stored.Queues)
	if settings.Revision == "" || queues == nil {
		return nil
	}
	// A plan of its own: what that refuses would take the whole namespace's plan with it.
	alone := plan.Plan{Workstreams: []plan.Workstream{settings}, Queues: slices.Clone(queues)}
	if _, _, err := alone.Encode(); err != nil {
		return nil
	}
	return &Revision{Workstream: stored.Workstream, Queues: queues}
}

// queuesOf returns the queues that w routes to, by name, taking those that no longer exist from retained. It returns nil
// if one is in neither.
func (s *scope) queuesOf(w *plan.Workstream, retained []plan.Queue) []plan.Queue {
	names := []string{w.Routing.Fallback}
	for i := range w.Routing.Rules {
		for _, t := range w.Routing.Rules[i].Split {
			names = append(names, t.Queue)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	queues := make([]plan.Queue, len(names))
	for i, name := range names {
		q, ok := s.queues[name]
		if !ok {
			at := slices.IndexFunc(retained, func(q plan.Queue) bool { return q.Name == name })
			if at < 0 {
				return nil
			}
			q = retained[at]
		}
		queues[i] = q
	}
	slices.SortFunc(queues, func(a, b plan.Queue) int { return cmp.Compare(a.Name, b.Name) })
	return queues
}
