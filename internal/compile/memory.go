// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"maps"
	"slices"

	"workstream.dev/operator/internal/plan"
)

// Compiler compiles one namespace again and again, and remembers what it made: what is the same as before is not made again.
// What comes out is what Compile makes of the same Input. It is not for several goroutines at a time. The zero value is ready.
//
// An object is as it was by its UID and generation; one without UID is made anew each time. Only what nothing is wrong with
// is remembered of one object alone.
type Compiler struct {
	out   *Output // of the last compile, nil before the first
	round uint64  // counts compiles
	live  listings

	directory directory
	rulesets  []*ruleset // nil for one that is not remembered
	byName    map[string]*ruleset
	// workstreams are all of them, those that are not remembered too.
	workstreams []*workstream
	at          map[string]*workstream
	variables   map[string][]plan.Variable // by workstream
	secrets     map[string][]string
	members     members
	agents      agentMemory
	// sound: every ruleset and workstream is remembered. retaining: the plan has what only last good revisions say.
	sound, retaining bool
}

// members are what agents name: whether a queue or profile exists or is only retained.
type members struct {
	queues   map[string]bool
	profiles map[string]memberProfile
}

type memberProfile struct {
	exists bool
	limit  int32
}

// Compile makes the plan of a namespace, without its body and not ready to be asked. The error is as that of the function
// Compile.
func (c *Compiler) Compile(in *Input) (*Output, error) {
	c.round++
	out, err := c.compile(in)
	if err != nil {
		*c = Compiler{}
		return nil, err
	}
	c.out = out
	return out, nil
}

// reported returns what was said of the objects of a kind when they were compiled last.
func (c *Compiler) reported(kind string) []Object {
	if c.out == nil {
		return nil
	}
	return c.out.Objects[kind]
}

// last is the plan that was compiled last, or an empty one.
func (c *Compiler) last() *plan.Plan {
	if c.out == nil {
		return &plan.Plan{}
	}
	return c.out.Plan
}

// noteMembers reports whether agents find other queues and profiles than before.
func (s *scope) noteMembers() bool {
	c := s.memory
	if c.members.queues != nil && !s.changed.any() && !s.retaining && !c.retaining {
		return false
	}
	now := members{queues: make(map[string]bool, len(s.queues)), profiles: make(map[string]memberProfile, len(s.profiles))}
	for name := range s.queues {
		now.queues[name] = false
	}
	for _, q := range s.live.queues.objects {
		now.queues[q.Name] = true
	}
	for name, p := range s.profiles {
		now.profiles[name] = memberProfile{limit: p.Limit}
	}
	for _, p := range s.live.profiles.objects {
		now.profiles[p.Name] = memberProfile{exists: true, limit: s.profiles[p.Name].Limit}
	}
	same := maps.Equal(c.members.queues, now.queues) && maps.Equal(c.members.profiles, now.profiles)
	c.members = now
	return !same
}

// findRulesets translates the rulesets, but for those that are remembered.
func (s *scope) findRulesets() {
	c, l := s.memory, &s.live.rulesets
	if c.byName == nil || !l.members {
		c.byName = make(map[string]*ruleset, len(l.objects))
	}
	made := make([]*ruleset, len(l.objects))
	s.rulesets = make([]*ruleset, len(l.objects))
	for i, object := range l.objects {
		r := remembered(l, c.rulesets, i)
		if r != nil && len(r.hours) > 0 && s.changed.hours {
			r = nil
		}
		if r != nil {
			r.object = object // the one before would stay in memory
			r.users, r.refs = r.users[:0], problems{}
		} else {
			r = s.translateRuleset(object)
			r.lacks = true // until it was looked for
		}
		if r.lacks || s.changed.names {
			r.lacks = s.findTargets(r)
		}
		if r.sound {
			made[i], r.round = r, c.round
		} else {
			s.sound = false
		}
		s.rulesets[i], c.byName[object.Name] = r, r
	}
	c.rulesets = made
}

// remember reports whether w was made in the last compile of all that it is made of now. variables are those that it has now.
func (s *scope) remember(w *workstream, variables []plan.Variable) bool {
	if w == nil || !w.sound || !slices.Equal(w.variables, variables) {
		return false
	}
	for _, r := range w.rulesets {
		if r.round != s.memory.round {
			return false
		}
	}
	return !s.changed.any() || s.current(w.revision)
}

// current reports whether all that a revision of the last compile has of the directory is as it was.
func (s *scope) current(r *Revision) bool {
	for i := range r.Queues {
		if s.changed.queues[r.Queues[i].Name] {
			return false
		}
	}
	for i := range r.Profiles {
		if s.changed.profiles[r.Profiles[i].Name] {
			return false
		}
	}
	for i := range r.Calendars {
		if s.changed.calendars[r.Calendars[i].Name] {
			return false
		}
	}
	return true
}

// named are the rulesets that w names, in order, nil for one that does not exist.
func (s *scope) named(w *workstream) (list []*ruleset) {
	routing := &w.object.Spec.Routing
	for _, ref := range routing.Classification {
		list = append(list, s.ruleset(string(ref.Name)))
	}
	if ref := routing.RouteToQueue; ref != nil {
		list = append(list, s.ruleset(string(ref.Name)))
	}
	return list
}

// keep has a workstream that nothing is wrong with remembered, if all that it names is remembered too.
func (s *scope) keep(w *workstream) {
	if w.object.UID == "" || w.revision == nil {
		return
	}
	w.rulesets = s.named(w)
	w.sound = !slices.ContainsFunc(w.rulesets, func(r *ruleset) bool { return r == nil || !r.sound })
}

// steady reports whether workstreams, rulesets, variables and the directory are as they were in the last compile, and all
// sound: then what is said of them is the same, too.
func (s *scope) steady() bool {
	c := s.memory
	return c.out != nil && c.sound && s.sound && !s.changed.any() && s.live.workstreams.same && s.live.rulesets.same &&
		s.live.variables.same && s.live.hours.same && s.live.queues.same && s.live.profiles.same
}
