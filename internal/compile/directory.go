// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"maps"
	"reflect"

	"workstream.dev/operator/internal/plan"
)

// directory is what others name: queues, capacity profiles and calendars. Its maps are those that exist and can be used; what
// last good revisions retain is in the copies of a scope.
type directory struct {
	queues    map[string]plan.Queue
	profiles  map[string]Profile
	calendars map[string]plan.Calendar

	hours  map[string]*calendar // all that exist
	listed []*queue             // by name
	// clean: nothing is wrong with any queue or calendar, so that no last good revision has a say in it.
	clean bool
}

// changes are what is not as it was in the directory of the last compile.
type changes struct {
	queues, profiles, calendars map[string]bool // whose definition is another, or who came or went
	// names: some queue or profile came or went.
	names bool
	// hours: conditions may find other calendars, or other things wrong with them.
	hours bool
}

func (c *changes) any() bool { return len(c.queues)+len(c.profiles)+len(c.calendars) > 0 }

// findDirectory makes the directory, or takes it as it was.
func (s *scope) findDirectory() {
	before := &s.memory.directory
	if s.live.hours.same && s.live.queues.same && s.live.profiles.same && before.clean {
		s.directory, s.shared = *before, true
		return
	}
	s.directory = directory{
		queues:    make(map[string]plan.Queue, len(s.live.queues.objects)),
		profiles:  make(map[string]Profile, len(s.live.profiles.objects)),
		calendars: make(map[string]plan.Calendar, len(s.live.hours.objects)),
		hours:     make(map[string]*calendar, len(s.live.hours.objects)),
		clean:     true,
	}
	for _, p := range s.live.profiles.objects {
		s.profiles[p.Name] = translateProfile(p)
	}
	s.translateHours()
	s.listed = s.translateQueues()
	for _, q := range s.listed {
		s.clean = s.clean && !q.accepted.any() && !q.refs.any()
	}
	for _, c := range s.hours {
		s.clean = s.clean && !c.accepted.any()
	}
	s.changed = changes{
		queues:    differing(before.queues, s.queues, equalQueues),
		profiles:  differing(before.profiles, s.profiles, func(a, b Profile) bool { return a == b }),
		calendars: differing(before.calendars, s.calendars, equalCalendars),
		names:     !sameKeys(before.queues, s.queues) || !sameKeys(before.profiles, s.profiles),
		hours:     !s.live.hours.same || !before.clean || !s.clean,
	}
	s.memory.directory, s.shared = s.directory, true
}

func equalQueues(a, b plan.Queue) bool { return reflect.DeepEqual(a, b) }

func equalCalendars(a, b plan.Calendar) bool { return reflect.DeepEqual(a.Definition, b.Definition) }

// differing returns the keys with another value in a than in b, or with a value in one of them only.
func differing[V any](a, b map[string]V, equal func(a, b V) bool) map[string]bool {
	keys := map[string]bool{}
	for k, v := range a {
		if w, ok := b[k]; !ok || !equal(v, w) {
			keys[k] = true
		}
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			keys[k] = true
		}
	}
	return keys
}

func sameKeys[V any](a, b map[string]V) bool {
	for k := range a {
		if _, ok := b[k]; !ok {
			return false
		}
	}
	return len(a) == len(b)
}

// ownDirectory lets the plan have more than what exists; what is remembered stays as it is.
func (s *scope) ownDirectory() {
	s.retaining = true
	if s.shared {
		s.queues, s.profiles, s.calendars = maps.Clone(s.queues), maps.Clone(s.profiles), maps.Clone(s.calendars)
		s.shared = false
	}
}
