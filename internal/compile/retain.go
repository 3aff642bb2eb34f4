// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"slices"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
)

// lastGood returns the last good revision of w, or nil if there is none that can run: the object may have been made
// anew with another type since, and the plan may have changed its form.
func (s *scope) lastGood(w *workstream) *Revision {
	if s.in.LastGood == nil {
		return nil
	}
	stored := s.in.LastGood.Revision(w.object.Name)
	if stored == nil || stored.Workstream.Name != w.object.Name || stored.Workstream.Type != plan.ItemType(w.object.Spec.Type) {
		return nil
	}
	settings := stored.Workstream
	r := s.revision(&settings, stored)
	if settings.Revision == "" || r == nil {
		return nil
	}
	// A plan of its own: what that refuses would take the whole namespace's plan with it.
	alone := plan.Plan{
		Workstreams: []plan.Workstream{settings}, Queues: slices.Clone(r.Queues), Calendars: slices.Clone(r.Calendars),
	}
	for i := range alone.Queues {
		detach(&alone.Queues[i], r.Calendars)
	}
	if _, _, err := alone.Encode(); err != nil {
		return nil
	}
	r.Workstream = stored.Workstream
	return r
}

// detach takes out of a queue what its revision does not have: its calendar, if that is so, and where its items would
// overflow to, which may not exist any more or lead back here now.
func detach(q *plan.Queue, calendars []plan.Calendar) {
	q.Overflow = slices.DeleteFunc(slices.Clone(q.Overflow), func(o plan.Overflow) bool { return o.Action == plan.TransferTo })
	if !slices.ContainsFunc(calendars, func(c plan.Calendar) bool { return c.Name == q.Hours }) {
		q.Hours = ""
	}
}

// revision returns all that it takes to run w, taking what no longer exists from retained. It returns nil if something is
// in neither.
func (s *scope) revision(w *plan.Workstream, retained *Revision) *Revision {
	r := &Revision{Workstream: *w}
	var ok bool
	if r.Queues = s.queuesOf(w, retained.Queues); r.Queues == nil {
		return nil
	}
	if r.Profiles, ok = s.profilesOf(w, retained.Profiles); !ok {
		return nil
	}
	if r.Calendars, ok = s.calendarsOf(w, r.Queues, retained.Calendars); !ok {
		return nil
	}
	return r
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

// retain puts into the plan what the revision of w needs and no object says any more.
func (s *scope) retain(w *workstream) {
	if !w.retained {
		return // all that it needs exists
	}
	r := w.revision
	for _, p := range r.Profiles {
		if _, ok := s.profiles[p.Name]; !ok {
			s.ownDirectory()
			s.profiles[p.Name] = p
		}
	}
	for _, c := range r.Calendars {
		if _, ok := s.calendars[c.Name]; !ok {
			s.ownDirectory()
			s.calendars[c.Name] = c
		}
	}
	for _, q := range r.Queues {
		if _, ok := s.queues[q.Name]; ok {
			continue
		}
		s.ownDirectory()
		detach(&q, r.Calendars)
		s.queues[q.Name] = q
	}
}

// retainCalendar puts the calendar of a queue into the plan as the last good revisions have it, if one does.
func (s *scope) retainCalendar(queue, name string) bool {
	if s.in.LastGood == nil {
		return false
	}
	for _, w := range s.live.workstreams.objects {
		r := s.in.LastGood.Revision(w.Name)
		if r == nil || !slices.ContainsFunc(r.Queues, func(q plan.Queue) bool { return q.Name == queue && q.Hours == name }) {
			continue
		}
		for i := range r.Calendars {
			c := &r.Calendars[i]
			if _, err := hours.Compile(&c.Definition); c.Name == name && err == nil {
				s.calendars[name] = *c
				return true
			}
		}
	}
	return false
}
