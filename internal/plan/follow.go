// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"slices"
)

// sameness says of each element of a plan, by kind and index, whether it is as it was in the plan before. Nil is nothing.
type sameness [kindCount][]bool

func (s *sameness) is(k kind, i int) bool { return s != nil && s[k][i] }

// Follow makes p ready for use as Encode does, but for its body. Elements that are as they were in before are taken from there
// and neither compiled nor encoded again; before, which may be nil, is left as it is.
func (p *Plan) Follow(before *Plan) error {
	p.sortLists()
	same := p.takeOver(before)
	p.sortElements(same)
	if err := p.buildIndex(before); err != nil {
		return err
	}
	return p.seal(before, same)
}

// takeOver replaces what is the same in before by what is there. Both are sorted, and before is ready for use.
func (p *Plan) takeOver(before *Plan) *sameness {
	if before == nil {
		return nil
	}
	s := &sameness{}
	s[queueKind] = takeOver(p.Queues, before.Queues, func(q *Queue) string { return q.Name }, equalQueues)
	s[profileKind] = takeOver(p.Profiles, before.Profiles, func(p *Profile) string { return p.Name }, equalProfiles)
	s[calendarKind] = takeOver(p.Calendars, before.Calendars, func(c *Calendar) string { return c.Name }, equalCalendars)
	s[agentKind] = takeOver(p.Agents, before.Agents, func(a *Agent) string { return a.Name }, equalAgents)
	s[workstreamKind] = takeOver(p.Workstreams, before.Workstreams, func(w *Workstream) string { return w.Name }, equalWorkstreams)
	s[channelKind] = takeOver(p.Channels, before.Channels, func(c *Channel) string { return c.Name }, equalChannels)
	return s
}

func takeOver[E any](list, before []E, name func(*E) string, equal func(a, b *E) bool) []bool {
	same := make([]bool, len(list))
	for i := range list {
		for len(before) > 0 && name(&before[0]) < name(&list[i]) {
			before = before[1:]
		}
		if len(before) > 0 && name(&before[0]) == name(&list[i]) && equal(&before[0], &list[i]) {
			list[i], same[i] = before[0], true
		}
	}
	return same
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
