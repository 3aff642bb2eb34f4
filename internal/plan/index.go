// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"slices"
	"time"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/rule"
)

// index finds the parts of a plan by name; it is rebuilt from the content and never encoded.
type index struct {
	workstreams map[string]*Workstream
	channels    map[string]*Channel
	addresses   map[string]*Channel
	queues      map[string]*Queue
	agents      map[string]*Agent
	subjects    map[subject]*Agent
	members     map[string][]string
	calendars   map[string]*Calendar
	profiles    map[string]*Profile
	presences   map[string]*CustomPresence
	zones       map[string]*time.Location // of the agents
}

// Workstream returns the workstream of that name, or nil.
func (p *Plan) Workstream(name string) *Workstream { return p.index.workstreams[name] }

// Channel returns the channel of that name, or nil.
func (p *Plan) Channel(name string) *Channel { return p.index.channels[name] }

// ChannelAt returns the channel with that webhook address, or nil.
func (p *Plan) ChannelAt(address string) *Channel { return p.index.addresses[address] }

// Queue returns the queue of that name, or nil.
func (p *Plan) Queue(name string) *Queue { return p.index.queues[name] }

// Agent returns the agent of that name, or nil. Who has not the role Agent takes no work and is none here: what they held
// is dealt with as if they had left.
func (p *Plan) Agent(name string) *Agent { return p.index.agents[name] }

// AgentOf returns who has tokens of that issuer and subject, whatever their roles, or nil.
func (p *Plan) AgentOf(issuer, of string) *Agent {
	if a := p.index.subjects[subject{issuer, of}]; a != nil {
		return a
	}
	return p.index.subjects[subject{"", of}]
}

// subject is of whom a token is: two issuers may mean two people by one word. The issuer is empty for all of them.
type subject struct{ issuer, name string }

// Hours returns the calendar of that name, or nil.
func (p *Plan) Hours(name string) *hours.Calendar {
	if c := p.calendar(name); c != nil {
		return c.compiled
	}
	return nil
}

func (p *Plan) calendar(name string) *Calendar { return p.index.calendars[name] }

// Profile returns the capacity profile of that name, or nil.
func (p *Plan) Profile(name string) *Profile { return p.index.profiles[name] }

// Zone returns the time zone of that name that an agent of the plan is in; any other is UTC.
func (p *Plan) Zone(name string) *time.Location {
	if z := p.index.zones[name]; z != nil {
		return z
	}
	return time.UTC
}

// Presence returns the presence of that name, a base presence or the organisation's own.
func (p *Plan) Presence(name string) (CustomPresence, bool) {
	if c := p.index.presences[name]; c != nil {
		return *c, true
	}
	switch b := Presence(name); b {
	case Available, Busy, DoNotDisturb, Away, Offline:
		return CustomPresence{Name: name, Base: b}, true
	}
	return CustomPresence{}, false
}

// Members returns the names of a queue's agents, sorted. The slice must not be changed.
func (p *Plan) Members(queue string) []string { return p.index.members[queue] }

// Variable returns the declared variable of that name, or nil.
func (w *Workstream) Variable(name string) *Variable {
	for i := range w.Variables {
		if w.Variables[i].Name == name {
			return &w.Variables[i]
		}
	}
	return nil
}

// Allows reports whether an agent of that presence may be offered items of w.
func (w *Workstream) Allows(p Presence) bool { return slices.Contains(w.AllowedPresences, p) }

// AttributeKind is the declared kind of an attribute of w's items, and whether rules may ask for it.
func (w *Workstream) AttributeKind(name string) (rule.Kind, bool) {
	if v, ok := cutPrefix(name, "context."); ok {
		if d := w.Variable(v); d != nil {
			return d.Kind, true
		}
		return rule.Any, false
	}
	return attributeKind(name)
}

// attributeKind knows the roots other than context: what a source sends without declaration may be of any kind.
func attributeKind(name string) (rule.Kind, bool) {
	switch name {
	case "item.type", "item.channel", "item.workstream":
		return rule.Text, true
	case "item.createdAt":
		return rule.Time, true
	case "item.priority":
		return rule.Number, true
	}
	if _, ok := cutPrefix(name, "item.skills."); ok {
		return rule.Number, true
	}
	for _, root := range []string{"channel.", "customer.", "record."} {
		if _, ok := cutPrefix(name, root); ok {
			return rule.Any, true
		}
	}
	return rule.Any, false
}

func cutPrefix(s, prefix string) (string, bool) {
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return "", false
}

// buildIndex makes p ready to be asked. What elements share with those of base is ready, and stays as it is, and so does the
// index of a list that is that of base; without a base, nothing is.
func (p *Plan) buildIndex(base *Plan) error {
	p.index = index{presences: make(map[string]*CustomPresence, len(p.Presences))}
	p.forget(base)
	if err := p.checkNames(); err != nil {
		return err
	}
	if err := p.indexPresences(); err != nil {
		return err
	}
	if err := p.indexDirectory(base); err != nil {
		return err
	}
	if err := p.indexAgents(base); err != nil {
		return err
	}
	if err := p.indexWorkstreams(base); err != nil {
		return err
	}
	return p.indexChannels(base)
}

// checkNames refuses two of a name: one would be found and the other half of the time meant. It also refuses what is
// not sorted, which Encode did not write.
func (p *Plan) checkNames() error {
	if err := checkNames("workstream", p.Workstreams, func(w *Workstream) string { return w.Name }); err != nil {
		return err
	}
	if err := checkNames("channel", p.Channels, func(c *Channel) string { return c.Name }); err != nil {
		return err
	}
	if err := checkNames("queue", p.Queues, func(q *Queue) string { return q.Name }); err != nil {
		return err
	}
	if err := checkNames("capacity profile", p.Profiles, func(c *Profile) string { return c.Name }); err != nil {
		return err
	}
	if err := checkNames("calendar", p.Calendars, func(c *Calendar) string { return c.Name }); err != nil {
		return err
	}
	if err := checkNames("presence", p.Presences, func(c *CustomPresence) string { return c.Name }); err != nil {
		return err
	}
	return checkNames("agent", p.Agents, func(a *Agent) string { return a.Name })
}

func (p *Plan) indexPresences() error {
	for i := range p.Presences {
		c := &p.Presences[i]
		if b, ok := p.Presence(string(c.Base)); !ok || b.Base != c.Base {
			return fmt.Errorf("presence %s: %q is no base presence", c.Name, c.Base)
		}
		p.index.presences[c.Name] = c
	}
	return nil
}

// indexDirectory finds what others name: profiles, calendars and queues.
func (p *Plan) indexDirectory(base *Plan) error {
	if p.shares(base, queueKind) && p.shares(base, profileKind) && p.shares(base, calendarKind) {
		p.index.queues, p.index.profiles, p.index.calendars = base.index.queues, base.index.profiles, base.index.calendars
		return nil
	}
	p.index.queues = make(map[string]*Queue, len(p.Queues))
	p.index.profiles = make(map[string]*Profile, len(p.Profiles))
	p.index.calendars = make(map[string]*Calendar, len(p.Calendars))
	for i := range p.Profiles {
		p.index.profiles[p.Profiles[i].Name] = &p.Profiles[i]
	}
	for i := range p.Calendars {
		c := &p.Calendars[i]
		if c.compiled == nil {
			if err := c.compile(); err != nil {
				return err
			}
		}
		p.index.calendars[c.Name] = c
	}
	for i := range p.Queues {
		p.index.queues[p.Queues[i].Name] = &p.Queues[i]
	}
	for i := range p.Queues {
		if err := p.checkQueue(&p.Queues[i]); err != nil {
			return fmt.Errorf("queue %s: %w", p.Queues[i].Name, err)
		}
	}
	return nil
}

// SameDirectory reports whether the agents, queues and profiles of p are those of another plan, from which it took them. That of
// plans with equal ones that do not share them, it does not find out.
func (p *Plan) SameDirectory(o *Plan) bool {
	return p.shares(o, agentKind) && p.shares(o, queueKind) && p.shares(o, profileKind)
}

// namesQueues reports whether p has the queues that base has, whatever became of each.
func (p *Plan) namesQueues(base *Plan) bool {
	if base == nil || len(p.Queues) != len(base.Queues) {
		return false
	}
	for i := range p.Queues {
		if p.Queues[i].Name != base.Queues[i].Name {
			return false
		}
	}
	return true
}

func (p *Plan) checkQueue(q *Queue) error {
	if q.Hours != "" && p.index.calendars[q.Hours] == nil {
		return fmt.Errorf("no calendar %q in the plan", q.Hours)
	}
	for i := range q.Overflow {
		o := &q.Overflow[i]
		switch {
		case o.Action == TransferTo && p.index.queues[o.Queue] == nil:
			return fmt.Errorf("no queue %q in the plan", o.Queue)
		case o.On == WaitTime && (o.After <= 0 || o.Action == AssignAnyway):
			return fmt.Errorf("overflow %s after %s with action %s", o.On, o.After, o.Action)
		}
	}
	return nil
}

func checkNames[E any](kind string, list []E, name func(*E) string) error {
	for i := 1; i < len(list); i++ {
		a, b := name(&list[i-1]), name(&list[i])
		if a == b {
			return fmt.Errorf("two %ss are named %q", kind, a)
		}
		if a > b {
			return fmt.Errorf("%ss are not sorted: %q comes after %q", kind, b, a)
		}
	}
	return nil
}

// indexAgents relies on the agents' order by name: members come out sorted.
func (p *Plan) indexAgents(base *Plan) error {
	if p.shares(base, agentKind) && p.namesQueues(base) {
		from := &base.index
		p.index.agents, p.index.subjects, p.index.members, p.index.zones = from.agents, from.subjects, from.members, from.zones
		return nil
	}
	p.index.agents, p.index.subjects = make(map[string]*Agent, len(p.Agents)), make(map[subject]*Agent, len(p.Agents))
	p.index.members, p.index.zones = make(map[string][]string, len(p.Queues)), make(map[string]*time.Location)
	for i := range p.Agents {
		a := &p.Agents[i]
		of := subject{a.Issuer, a.Subject}
		if other := p.index.subjects[of]; other != nil {
			return fmt.Errorf("agents %s and %s have the same subject", other.Name, a.Name)
		}
		p.index.subjects[of] = a
		if p.index.zones[a.Zone] == nil {
			zone, err := base.zone(a.Zone)
			if err != nil || zone == time.Local { // which is another one on each host
				return fmt.Errorf("agent %s: time zone %q is not known", a.Name, a.Zone)
			}
			p.index.zones[a.Zone] = zone
		}
		takes := slices.Contains(a.Roles, RoleAgent)
		if takes {
			p.index.agents[a.Name] = a
		}
		for _, q := range a.Queues {
			if p.index.queues[q] == nil {
				return fmt.Errorf("agent %s: no queue %q in the plan", a.Name, q)
			}
			if members := p.index.members[q]; len(members) > 0 && members[len(members)-1] == a.Name {
				return fmt.Errorf("agent %s: queue %q is there twice", a.Name, q)
			}
			if takes {
				p.index.members[q] = append(p.index.members[q], a.Name)
			}
		}
	}
	return nil
}

// zone finds a time zone, in p if it has it.
func (p *Plan) zone(name string) (*time.Location, error) {
	if p != nil && p.index.zones[name] != nil {
		return p.index.zones[name], nil
	}
	return time.LoadLocation(name)
}

func (p *Plan) indexWorkstreams(base *Plan) error {
	queues := p.namesQueues(base)
	if p.shares(base, workstreamKind) {
		if queues && p.shares(base, calendarKind) {
			p.index.workstreams = base.index.workstreams
			return nil
		}
		p.Workstreams = slices.Clone(p.Workstreams) // those of base must not be compiled with other calendars
	}
	p.index.workstreams = make(map[string]*Workstream, len(p.Workstreams))
	exists := func(queue string) bool { return p.index.queues[queue] != nil }
	for i := range p.Workstreams {
		w := &p.Workstreams[i]
		p.index.workstreams[w.Name] = w
		ready := w.ready(p)
		if ready && queues {
			continue // it is one of base
		}
		if err := w.checkQueues(exists); err != nil {
			return err
		}
		if ready {
			continue
		}
		w.Classification = slices.Clone(w.Classification) // they may be those of another plan
		if err := w.compile(p.calendar); err != nil {
			return err
		}
	}
	return nil
}

// forget drops what was compiled before, unless it was for base: it may be of what the elements were once.
func (p *Plan) forget(base *Plan) {
	if base != nil {
		return
	}
	for i := range p.Calendars {
		p.Calendars[i].compiled = nil
	}
	for i := range p.Workstreams {
		p.Workstreams[i].Routing.set = nil
	}
}

// ready reports whether the rules of w are compiled, with the calendars that p has.
func (w *Workstream) ready(p *Plan) bool {
	if w.Routing.set == nil {
		return false
	}
	for i := range w.calendars {
		if c := p.calendar(w.calendars[i].Name); c == nil || c.compiled != w.calendars[i].compiled {
			return false
		}
	}
	return true
}

// checkQueues refuses a workstream that routes to queues that do not exist, or to parts of a whole that is none.
func (w *Workstream) checkQueues(exists func(queue string) bool) error {
	if !exists(w.Routing.Fallback) {
		return fmt.Errorf("workstream %s: no fallback queue %q in the plan", w.Name, w.Routing.Fallback)
	}
	for i := range w.Routing.Rules {
		if err := w.Routing.Rules[i].checkTargets(exists); err != nil {
			return fmt.Errorf("workstream %s: rule %s: %w", w.Name, w.Routing.Rules[i].Name, err)
		}
	}
	return nil
}

func (r *Rule) checkTargets(exists func(queue string) bool) error {
	var percent int32
	for _, t := range r.Split {
		if !exists(t.Queue) {
			return fmt.Errorf("no queue %q in the plan", t.Queue)
		}
		if t.Percent < 1 {
			return fmt.Errorf("queue %s has a share of %d percent", t.Queue, t.Percent)
		}
		percent += t.Percent
	}
	if percent != 100 {
		return fmt.Errorf("the split adds up to %d percent, not 100", percent)
	}
	return nil
}

func (p *Plan) indexChannels(base *Plan) error {
	if p.shares(base, channelKind) && p.shares(base, workstreamKind) {
		p.index.channels, p.index.addresses = base.index.channels, base.index.addresses
		return nil
	}
	p.index.channels, p.index.addresses = make(map[string]*Channel, len(p.Channels)), make(map[string]*Channel, len(p.Channels))
	for i := range p.Channels {
		c := &p.Channels[i]
		p.index.channels[c.Name] = c
		if p.index.workstreams[c.Workstream] == nil {
			return fmt.Errorf("channel %s: no workstream %q in the plan", c.Name, c.Workstream)
		}
		if c.Custom == nil {
			return fmt.Errorf("channel %s: type %q is not known here", c.Name, c.Type)
		}
		if other := p.index.addresses[c.Custom.Address]; other != nil {
			return fmt.Errorf("channels %s and %s have the same address", other.Name, c.Name)
		}
		p.index.addresses[c.Custom.Address] = c
	}
	return nil
}
