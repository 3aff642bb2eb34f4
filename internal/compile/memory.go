// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"maps"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// Compiler compiles one namespace again and again, and remembers what it made: what is the same as before is not made again.
// What comes out is what Compile makes of the same Input. It is not for several goroutines at a time. The zero value is ready.
//
// Only what nothing is wrong with is remembered, by UID and generation of its object, with all that it was made from. An
// object without UID is made anew each time.
type Compiler struct {
	plan *plan.Plan
	// round counts compilations: what was not used by the last one is not looked at any more.
	round uint64

	rulesets    map[types.UID]*ruleset
	workstreams map[types.UID]*workstreamMemory
	agents      map[types.UID]*agentMemory

	queues    map[string]plan.Queue
	profiles  map[string]Profile
	calendars map[string]plan.Calendar
	// members are the queues and profiles that agents find, with what is only retained.
	members members
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

// changes says what is not as it was when a Compiler compiled last.
type changes struct {
	directory bool // queues, profiles or calendars that exist
	members   bool // the names of queues and profiles, or limits
}

type workstreamMemory struct {
	round      uint64 // in which it was made or used last
	generation int64
	variables  []plan.Variable
	rulesets   []*ruleset // as remembered, in the order in which they are named
	revision   *Revision
}

type agentMemory struct {
	round      uint64
	generation int64
	agent      plan.Agent
	report     Object
}

// Compile makes the plan of a namespace, without its body. The error is as that of the function Compile.
func (c *Compiler) Compile(in *Input) (*Output, error) {
	c.round++
	out, err := c.compile(in)
	if err != nil {
		*c = Compiler{}
		return nil, err
	}
	c.plan = out.Plan
	forget(c.rulesets, in.RoutingRulesets)
	forget(c.workstreams, in.Workstreams)
	forget(c.agents, in.Agents)
	return out, nil
}

// forget drops what is remembered of objects that are gone, once these are many.
func forget[T any, P interface {
	*T
	GetUID() types.UID
}, M any](memory map[types.UID]M, objects []T) {
	if len(memory) <= len(objects)+len(objects)/8 {
		return
	}
	there := make(map[types.UID]bool, len(objects))
	for i := range objects {
		there[P(&objects[i]).GetUID()] = true
	}
	maps.DeleteFunc(memory, func(uid types.UID, _ M) bool { return !there[uid] })
}

// noteDirectory reports whether the directory is another one than before. Retained queues are not in it.
func (c *Compiler) noteDirectory(s *scope) bool {
	same := c.plan != nil && reflect.DeepEqual(c.queues, s.queues) && maps.Equal(c.profiles, s.profiles) &&
		reflect.DeepEqual(c.calendars, s.calendars)
	if !same {
		c.queues, c.profiles, c.calendars = maps.Clone(s.queues), maps.Clone(s.profiles), maps.Clone(s.calendars)
	}
	return !same
}

// noteMembers reports whether agents find other queues and profiles than before.
func (c *Compiler) noteMembers(s *scope) bool {
	now := members{queues: make(map[string]bool, len(s.queues)), profiles: make(map[string]memberProfile, len(s.profiles))}
	for name := range s.queues {
		now.queues[name] = false
	}
	for _, q := range live(s.in.Queues) {
		now.queues[q.Name] = true
	}
	for name, p := range s.profiles {
		now.profiles[name] = memberProfile{limit: p.Limit}
	}
	for _, p := range live(s.in.CapacityProfiles) {
		now.profiles[p.Name] = memberProfile{exists: true, limit: s.profiles[p.Name].Limit}
	}
	same := maps.Equal(c.members.queues, now.queues) && maps.Equal(c.members.profiles, now.profiles)
	c.members = now
	return !same
}

// rulesetFrom translates a ruleset, unless it is remembered.
func (s *scope) rulesetFrom(object *v1alpha1.RoutingRuleset) *ruleset {
	c := s.memory
	made := c.rulesets[object.UID]
	if made != nil && made.generation == object.Generation {
		made.object = object // the one before would stay in memory
		r := *made
		r.made = made
		s.findTargets(&r)
		return &r
	}
	r := s.translateRuleset(object)
	if object.UID != "" && !r.accepted.any() && !r.refs.any() && len(r.hours) == 0 {
		if c.rulesets == nil {
			c.rulesets = map[types.UID]*ruleset{}
		}
		copied := *r
		copied.generation = object.Generation
		r.made = &copied
		c.rulesets[object.UID] = r.made
	} else {
		delete(c.rulesets, object.UID)
	}
	s.findTargets(r)
	return r
}

// named are the rulesets that w names, in order.
func (s *scope) named(w *workstream) (list []*ruleset) {
	routing := &w.object.Spec.Routing
	for _, ref := range routing.Classification {
		list = append(list, s.rulesets[string(ref.Name)])
	}
	if ref := routing.RouteToQueue; ref != nil {
		list = append(list, s.rulesets[string(ref.Name)])
	}
	return list
}

// remember has w as it was before, and reports whether it is.
func (s *scope) remember(w *workstream) bool {
	m := s.memory.workstreams[w.object.UID]
	if m == nil || m.round != s.memory.round-1 || m.generation != w.object.Generation || !slices.Equal(m.variables, w.variables) {
		return false
	}
	named := s.named(w)
	for i, r := range named {
		if r == nil || r.made == nil || r.made != m.rulesets[i] {
			return false
		}
	}
	if s.changed.directory && !s.current(m.revision) {
		return false
	}
	for _, r := range named {
		r.users = append(r.users, w)
	}
	w.revision, w.remembered, m.round = m.revision, true, s.memory.round
	return true
}

// current reports whether all that a revision has of the directory is as it exists now.
func (s *scope) current(r *Revision) bool {
	for i := range r.Queues {
		if q, ok := s.queues[r.Queues[i].Name]; !ok || !reflect.DeepEqual(q, r.Queues[i]) {
			return false
		}
	}
	for _, p := range r.Profiles {
		if now, ok := s.profiles[p.Name]; !ok || now != p {
			return false
		}
	}
	for i := range r.Calendars {
		if c, ok := s.calendars[r.Calendars[i].Name]; !ok || !reflect.DeepEqual(c.Definition, r.Calendars[i].Definition) {
			return false
		}
	}
	return true
}

// keep remembers a workstream that nothing is wrong with, if all that it names is remembered too.
func (s *scope) keep(w *workstream) {
	c := s.memory
	if w.object.UID == "" || w.revision == nil {
		return
	}
	m := &workstreamMemory{round: c.round, generation: w.object.Generation, variables: w.variables, revision: w.revision}
	for _, r := range s.named(w) {
		if r.made == nil {
			return
		}
		m.rulesets = append(m.rulesets, r.made)
	}
	if c.workstreams == nil {
		c.workstreams = map[types.UID]*workstreamMemory{}
	}
	c.workstreams[w.object.UID] = m
}

// rememberAgent has an agent who holds their subject as they were before, and reports whether they are.
func (s *scope) rememberAgent(a *v1alpha1.Agent) bool {
	m := s.memory.agents[a.UID]
	if m == nil || m.round != s.memory.round-1 || m.generation != a.Generation || s.changed.members {
		return false
	}
	m.round = s.memory.round
	s.out.Plan.Agents = append(s.out.Plan.Agents, m.agent)
	s.report(m.report)
	return true
}

func (s *scope) keepAgent(a *v1alpha1.Agent, translated plan.Agent, report Object) {
	if a.UID == "" {
		return
	}
	c := s.memory
	if c.agents == nil {
		c.agents = map[types.UID]*agentMemory{}
	}
	c.agents[a.UID] = &agentMemory{round: c.round, generation: a.Generation, agent: translated, report: report}
}
