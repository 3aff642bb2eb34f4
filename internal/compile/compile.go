// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"fmt"
	"slices"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
)

// scope is what is known so far while one namespace is compiled.
type scope struct {
	in   *Input
	live *listings
	out  *Output

	// directory is all that exists, then what is retained as well. shared: its maps are those of memory.
	directory
	shared, retaining bool
	rulesets          []*ruleset // by name
	credentials       map[Credential]bool

	memory *Compiler
	// changed is what of the directory is not as it was, changedMembers whether agents find others in it.
	changed        changes
	changedMembers bool
	// sound: nothing is wrong with any ruleset or workstream so far. absentSame: the plan has the workstreams that it had before,
	// each with what its objects say.
	sound, absentSame bool
}

// Compile makes the plan of a namespace, ready to be asked. The error is a bug in this package: the plan contradicts itself.
func Compile(in *Input) (*Output, error) {
	out, err := new(Compiler).Compile(in)
	if err != nil {
		return nil, err
	}
	if out.Body, out.Version, err = out.Plan.Encode(); err != nil {
		return nil, fmt.Errorf("compiling namespace %s: %w", in.Namespace, err)
	}
	return out, nil
}

func (c *Compiler) compile(in *Input) (*Output, error) {
	c.live.look(in)
	s := &scope{
		in: in, live: &c.live, credentials: map[Credential]bool{}, memory: c, sound: true,
		out: &Output{Plan: &plan.Plan{Namespace: in.Namespace}, Objects: map[string][]Object{}},
	}
	s.findDirectory()
	s.findRulesets()
	variables := s.compileVariables()
	s.compileWorkstreams()
	s.compileChannels()
	s.changedMembers = s.noteMembers()
	s.compileAgents()
	s.compileDistributors()

	s.reportQueues()
	s.reportProfiles()
	s.reportHours()
	s.reportVariables(variables)
	s.reportRulesets()
	s.reportWorkstreams()
	out, err := s.finish()
	c.sound, c.retaining, c.secrets = s.sound, s.retaining, in.Secrets
	return out, err
}

func (s *scope) finish() (*Output, error) {
	s.planDirectory()
	for c := range s.credentials {
		s.out.Credentials = append(s.out.Credentials, c)
	}
	slices.SortFunc(s.out.Credentials, func(a, b Credential) int {
		return cmp.Or(cmp.Compare(a.Secret, b.Secret), cmp.Compare(a.Key, b.Key))
	})
	var before *plan.Plan
	if s.memory.out != nil {
		before = s.memory.out.Plan
	}
	if err := s.out.Plan.Follow(before); err != nil {
		return nil, fmt.Errorf("compiling namespace %s: %w", s.in.Namespace, err)
	}
	s.out.Version = s.out.Plan.Version()
	return s.out, nil
}

// planDirectory gives the plan its queues, profiles and calendars.
func (s *scope) planDirectory() {
	p, last := s.out.Plan, s.memory.last()
	if s.memory.out != nil && !s.changed.any() && !s.retaining && !s.memory.retaining {
		p.Queues, p.Profiles, p.Calendars = last.Queues, last.Profiles, last.Calendars
		return
	}
	for _, q := range s.queues {
		p.Queues = append(p.Queues, q)
	}
	for _, profile := range s.profiles {
		p.Profiles = append(p.Profiles, profile.Profile)
	}
	for _, c := range s.calendars {
		p.Calendars = append(p.Calendars, c)
	}
}

// report says what is to be said of an object; those of a kind come by name.
func (s *scope) report(o Object) { s.out.Objects[o.Kind] = append(s.out.Objects[o.Kind], o) }

// repeat says of the objects of a kind what was said of them before.
func (s *scope) repeat(kind string) {
	if past := s.memory.reported(kind); len(past) > 0 {
		s.out.Objects[kind] = past
	}
}

// expect makes room for what will be said of n objects of a kind.
func (s *scope) expect(kind string, n int) {
	if n > 0 {
		s.out.Objects[kind] = make([]Object, 0, n)
	}
}

// missingSecret says what is missing of a Secret's key, empty if nothing.
func (s *scope) missingSecret(secret v1alpha1.ObjectName, key string) string {
	keys, exists := s.in.Secrets[string(secret)]
	switch {
	case !exists:
		return fmt.Sprintf("there is no Secret %q", secret)
	case !slices.Contains(keys, key):
		return fmt.Sprintf("Secret %q has no key %q", secret, key)
	default:
		return ""
	}
}

// need notes that the distributor needs the key.
func (s *scope) need(secret v1alpha1.ObjectName, key string) Credential {
	c := Credential{string(secret), key}
	s.credentials[c] = true
	return c
}
