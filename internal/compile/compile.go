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
	in  *Input
	out *Output

	queues      map[string]plan.Queue    // all that exist, then those retained as well
	profiles    map[string]Profile       // likewise
	calendars   map[string]plan.Calendar // all that are accepted, then those retained as well
	hours       map[string]*calendar     // all that exist
	rulesets    map[string]*ruleset
	workstreams map[string]*workstream
	credentials map[Credential]bool

	memory *Compiler
	// changed is what of memory cannot be relied on.
	changed changes
}

// Compile makes the plan of a namespace. The error is a bug in this package: the plan contradicts itself.
func Compile(in *Input) (*Output, error) {
	out, err := new(Compiler).Compile(in)
	if err != nil {
		return nil, err
	}
	if out.Body, err = out.Plan.Body(); err != nil {
		return nil, fmt.Errorf("compiling namespace %s: %w", in.Namespace, err)
	}
	return out, nil
}

func (c *Compiler) compile(in *Input) (*Output, error) {
	s := &scope{
		in:          in,
		out:         &Output{Plan: &plan.Plan{Namespace: in.Namespace}},
		queues:      make(map[string]plan.Queue, len(in.Queues)),
		profiles:    make(map[string]Profile, len(in.CapacityProfiles)),
		calendars:   make(map[string]plan.Calendar, len(in.OperatingHours)),
		hours:       make(map[string]*calendar, len(in.OperatingHours)),
		rulesets:    make(map[string]*ruleset, len(in.RoutingRulesets)),
		workstreams: make(map[string]*workstream, len(in.Workstreams)),
		credentials: map[Credential]bool{},
		memory:      c,
	}
	for _, w := range live(in.Workstreams) {
		s.workstreams[w.Name] = &workstream{object: w}
	}
	for _, p := range live(in.CapacityProfiles) {
		s.profiles[p.Name] = translateProfile(p)
	}
	s.translateHours()
	queues := s.translateQueues()
	s.changed.directory = c.noteDirectory(s)
	for _, r := range live(in.RoutingRulesets) {
		s.rulesets[r.Name] = s.rulesetFrom(r)
	}

	variables := s.compileVariables()
	s.compileWorkstreams()
	s.compileChannels()
	s.changed.members = c.noteMembers(s)
	s.compileAgents()
	s.compileDistributors()

	s.reportQueues(queues)
	s.reportProfiles()
	s.reportHours()
	s.reportVariables(variables)
	s.reportRulesets()
	s.reportWorkstreams()
	return s.finish()
}

func (s *scope) finish() (*Output, error) {
	for _, q := range s.queues {
		s.out.Plan.Queues = append(s.out.Plan.Queues, q)
	}
	for _, p := range s.profiles {
		s.out.Plan.Profiles = append(s.out.Plan.Profiles, p.Profile)
	}
	for _, c := range s.calendars {
		s.out.Plan.Calendars = append(s.out.Plan.Calendars, c)
	}
	for c := range s.credentials {
		s.out.Credentials = append(s.out.Credentials, c)
	}
	slices.SortFunc(s.out.Credentials, func(a, b Credential) int {
		return cmp.Or(cmp.Compare(a.Secret, b.Secret), cmp.Compare(a.Key, b.Key))
	})
	slices.SortFunc(s.out.Objects, compareObjects)
	if err := s.out.Plan.Follow(s.memory.plan); err != nil {
		return nil, fmt.Errorf("compiling namespace %s: %w", s.in.Namespace, err)
	}
	s.out.Version = s.out.Plan.Version()
	return s.out, nil
}

func (s *scope) report(o Object) { s.out.Objects = append(s.out.Objects, o) }

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
