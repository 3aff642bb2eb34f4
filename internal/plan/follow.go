// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// sameness says what of a plan is as it was in the plan before, by kind. Nil is nothing.
type sameness [kindCount]same

type same struct {
	all   bool   // the list is that of before
	names bool   // the same elements, whatever became of each
	each  []bool // by index
}

func (s *sameness) is(k kind, i int) bool { return s != nil && (s[k].all || s[k].each[i]) }

func (s *sameness) all(k kind) bool { return s != nil && s[k].all }

func (s *sameness) names(k kind) bool { return s != nil && (s[k].all || s[k].names) }

// Follow sorts the lists of p and finds its parts and its version: whoever only hands a plan on needs no more. Lists and
// elements that are as they were in before are taken from there, and neither looked at nor encoded again; before, which may be
// nil, is left as it is. The error says that p names what it does not have.
func (p *Plan) Follow(before *Plan) error {
	same := p.takeOver(before)
	p.sortElements(same)
	if err := p.checkChanged(same); err != nil {
		return err
	}
	return p.seal(before, same)
}

// takeOver sorts the lists of p, and replaces what is the same in before by what is there. before is sorted.
func (p *Plan) takeOver(before *Plan) *sameness {
	slices.SortFunc(p.Presences, func(a, b CustomPresence) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Issuers, func(a, b Issuer) int { return strings.Compare(a.Issuer, b.Issuer) })
	s := &sameness{}
	if before == nil {
		before = &Plan{}
	}
	takeOver(&s[queueKind], p.Queues, before.Queues, func(q *Queue) string { return q.Name }, equalQueues)
	takeOver(&s[profileKind], p.Profiles, before.Profiles, func(p *Profile) string { return p.Name }, equalProfiles)
	takeOver(&s[calendarKind], p.Calendars, before.Calendars, func(c *Calendar) string { return c.Name }, equalCalendars)
	takeOver(&s[agentKind], p.Agents, before.Agents, func(a *Agent) string { return a.Name }, equalAgents)
	takeOver(&s[workstreamKind], p.Workstreams, before.Workstreams, func(w *Workstream) string { return w.Name }, equalWorkstreams)
	takeOver(&s[channelKind], p.Channels, before.Channels, func(c *Channel) string { return c.Name }, equalChannels)
	return s
}

func takeOver[E any](is *same, list, before []E, name func(*E) string, equal func(a, b *E) bool) {
	if sameList(list, before) {
		is.all = true
		return
	}
	for i := 1; i < len(list); i++ { // elements are large, and nearly always in order
		if name(&list[i]) < name(&list[i-1]) {
			slices.SortFunc(list, func(a, b E) int { return strings.Compare(name(&a), name(&b)) })
			break
		}
	}
	is.names, is.each = len(list) == len(before), make([]bool, len(list))
	for i := range list {
		for len(before) > 0 && name(&before[0]) < name(&list[i]) {
			before = before[1:]
		}
		found := len(before) > 0 && name(&before[0]) == name(&list[i])
		is.names = is.names && found
		if found && equal(&before[0], &list[i]) {
			list[i], is.each[i] = before[0], true
		}
	}
}

// checkChanged refuses a plan that names what it does not have, where that is not as it was before.
func (p *Plan) checkChanged(same *sameness) error {
	if err := p.checkNames(); err != nil {
		return err
	}
	has := func(queue string) bool {
		_, ok := slices.BinarySearchFunc(p.Queues, queue, func(q Queue, name string) int { return strings.Compare(q.Name, name) })
		return ok
	}
	for i := range p.Workstreams {
		if same.names(queueKind) && same.is(workstreamKind, i) {
			continue
		}
		if err := p.Workstreams[i].checkQueues(has); err != nil {
			return err
		}
	}
	for i := range p.Agents {
		if same.names(queueKind) && same.is(agentKind, i) {
			continue
		}
		for _, q := range p.Agents[i].Queues {
			if !has(q) {
				return fmt.Errorf("agent %s: no queue %q in the plan", p.Agents[i].Name, q)
			}
		}
	}
	return nil
}

// A test compares these with the fields that there are.

func equalQueues(a, b *Queue) bool {
	return a.Name == b.Name && a.Type == b.Type && a.Priority == b.Priority && a.Method == b.Method &&
		a.PromoteAfter == b.PromoteAfter && a.Hours == b.Hours && slices.Equal(a.Overflow, b.Overflow)
}

func equalProfiles(a, b *Profile) bool { return *a == *b }

func equalCalendars(a, b *Calendar) bool {
	return a.Name == b.Name && reflect.DeepEqual(a.Definition, b.Definition)
}

func equalAgents(a, b *Agent) bool {
	return a.Name == b.Name && a.DisplayName == b.DisplayName && a.Subject == b.Subject && a.Issuer == b.Issuer &&
		a.Units == b.Units && a.Zone == b.Zone && slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Queues, b.Queues) &&
		slices.Equal(a.Profiles, b.Profiles) && slices.Equal(a.Skills, b.Skills)
}

// equalWorkstreams relies on a revision being a hash of all that a workstream has.
func equalWorkstreams(a, b *Workstream) bool {
	return a.Name == b.Name && a.Revision != "" && a.Revision == b.Revision
}

func equalChannels(a, b *Channel) bool {
	return a.Name == b.Name && a.Workstream == b.Workstream && a.Type == b.Type &&
		(a.Custom == b.Custom || a.Custom != nil && b.Custom != nil && *a.Custom == *b.Custom)
}
