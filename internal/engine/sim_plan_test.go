// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"slices"
	"time"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// feature is what the plans of a simulation may use. None uses all: where everything is asked of agents, nobody is able.
type feature int

const (
	withSkills feature = iota
	withProfiles
	withHours
	withOverflow
	withClassification
	withLists // of preferred agents and of those never to be had
	withOddPresences
	withShortTimes
	features
)

// has reports whether the simulation uses a feature, and mostly it is so with a chance of one in n.
func (s *sim) has(f feature, n int) bool { return s.uses[f] && s.IntN(n) == 0 }

var (
	simSkills   = []string{"s0", "s1", "s2"}
	simProfiles = []string{"p0", "p1", "p2"}
	simHours    = []string{"always", "night", "never", "office"}
)

func (s *sim) randomPlan() *plan.Plan {
	p := &plan.Plan{Namespace: "sim", PresenceRules: plan.PresenceRules{Missed: s.IntN(4) == 0, Declined: s.IntN(4) == 0}}
	for _, name := range simProfiles {
		p.Profiles = append(p.Profiles, s.randomProfile(name))
	}
	p.Calendars = s.randomCalendars()
	for _, c := range []plan.CustomPresence{{Name: "Focus", Base: plan.Busy}, {Name: "Lunch", Base: plan.Away}, {Name: "Ready", Base: plan.Available}} {
		if s.IntN(4) > 0 {
			p.Presences = append(p.Presences, c)
		}
	}
	for i := range 5 {
		if i < 2 || s.IntN(4) > 0 {
			p.Queues = append(p.Queues, plan.Queue{Name: fmt.Sprintf("q%d", i), Type: queueType(i)})
		}
	}
	for i := range p.Queues {
		p.Queues[i] = s.randomQueue(p, p.Queues[i].Name)
	}
	for _, name := range []string{"cases", "chat", "social"} {
		if name == "social" && s.IntN(4) == 0 {
			continue
		}
		p.Workstreams = append(p.Workstreams, s.randomWorkstream(p, name))
	}
	for _, c := range [][2]string{{"app", "chat"}, {"desk", "social"}, {"web", "chat"}} {
		if len(p.Workstreams) < 3 && c[1] == "social" {
			continue
		}
		ch := plan.Channel{Name: c[0], Workstream: c[1], Type: "Custom", Custom: &plan.Custom{Address: c[0]}}
		if s.IntN(3) > 0 {
			ch.Custom.CallbackURL = "https://customer.example"
		}
		p.Channels = append(p.Channels, ch)
	}
	agents := 6 + 4*s.IntN(2)
	if s.IntN(25) == 0 {
		agents = 70 // more than a trace names
	}
	for i := range agents {
		if s.IntN(6) > 0 {
			p.Agents = append(p.Agents, s.randomAgent(p, fmt.Sprintf("a%02d", i)))
		}
	}
	return p
}

func (s *sim) randomProfile(name string) plan.Profile {
	c := plan.Profile{Name: name, Reset: plan.Immediate, Blocking: s.IntN(4) == 0}
	if s.IntN(2) == 0 {
		c.Reset = plan.EndOfDay
	}
	return c
}

func (s *sim) randomCalendars() []plan.Calendar {
	zone := func() string { return simZones[s.IntN(len(simZones))] }
	var office, night, always []hours.Interval
	for d := time.Sunday; d <= time.Saturday; d++ {
		if d != time.Sunday && d != time.Saturday {
			office = append(office, hours.Interval{Day: d, From: 9 * 60, To: 17 * 60})
		}
		night = append(night, hours.Interval{Day: d, From: 20 * 60, To: 30 * 60})
		always = append(always, hours.Interval{Day: d, From: 0, To: 24 * 60})
	}
	return []plan.Calendar{
		{Name: "always", Definition: hours.Definition{Zone: zone(), Weekly: always}},
		{Name: "night", Definition: hours.Definition{Zone: zone(), Weekly: night}},
		{Name: "never"},
		{Name: "office", Definition: hours.Definition{Zone: zone(), Weekly: office, Holidays: []hours.Holiday{{Date: "2027-01-20"}}}},
	}
}

// queueType: even queues are for conversations, odd ones for records.
func queueType(i int) plan.ItemType {
	if i%2 == 1 {
		return plan.Record
	}
	return plan.Messaging
}

func (s *sim) randomQueue(p *plan.Plan, name string) plan.Queue {
	methods := []plan.Method{plan.HighestCapacity, plan.RoundRobin, plan.LeastActive}
	q := plan.Queue{Name: name, Type: queueType(int(name[1] - '0')), Priority: int32(1 + s.IntN(3)), Method: methods[s.IntN(3)]}
	if s.IntN(3) == 0 {
		q.PromoteAfter = time.Duration(1+s.IntN(600)) * time.Second
	}
	if s.has(withHours, 2) {
		q.Hours = s.pick(simHours)
	}
	for range s.IntN(4) {
		if !s.has(withOverflow, 2) {
			break
		}
		o := plan.Overflow{
			On:     []plan.OverflowTrigger{plan.OutOfHours, plan.ItemLimit, plan.WaitTime}[s.IntN(3)],
			Action: []plan.OverflowAction{plan.AssignAnyway, plan.TransferTo, plan.EndItem}[s.IntN(3)],
		}
		switch o.On {
		case plan.ItemLimit:
			o.Limit = int32(1 + s.IntN(3))
		case plan.WaitTime:
			o.After = time.Duration(1+s.IntN(900)) * time.Second
			if o.Action == plan.AssignAnyway {
				o.Action = plan.TransferTo
			}
		case plan.OutOfHours:
		}
		if o.Action == plan.TransferTo {
			o.Queue = s.queueOf(p, q.Type)
		}
		q.Overflow = append(q.Overflow, o)
	}
	return q
}

func (s *sim) randomAgent(p *plan.Plan, name string) plan.Agent {
	a := plan.Agent{
		Name: name, Subject: name, Roles: []plan.Role{plan.RoleAgent}, Units: []int32{0, 20, 50, 100, 100, 200, 300}[s.IntN(7)],
		Zone: s.pick([]string{"", "Europe/Berlin", "America/New_York", "Asia/Kolkata"}),
	}
	if s.IntN(20) == 0 {
		a.Roles = []plan.Role{plan.RoleSupervisor}
	}
	for i := range p.Queues {
		if s.IntN(3) > 0 {
			a.Queues = append(a.Queues, p.Queues[i].Name)
		}
	}
	for _, c := range simProfiles {
		if s.uses[withProfiles] && s.IntN(4) > 0 {
			a.Profiles = append(a.Profiles, plan.AgentProfile{Name: c, Limit: []int32{0, 1, 2, 3, 5, 5}[s.IntN(6)]})
		}
	}
	for _, skill := range simSkills {
		if s.uses[withSkills] && s.IntN(4) > 0 {
			a.Skills = append(a.Skills, plan.Skill{Name: skill, Rating: int32(1 + s.IntN(plan.MaxRating))})
		}
	}
	return a
}

func (s *sim) queueOf(p *plan.Plan, t plan.ItemType) string {
	var names []string
	for i := range p.Queues {
		if p.Queues[i].Type == t {
			names = append(names, p.Queues[i].Name)
		}
	}
	return s.pick(names)
}

func (s *sim) randomWorkstream(p *plan.Plan, name string) plan.Workstream {
	w := plan.Workstream{
		Name: name, Type: plan.Messaging, Mode: plan.Push, Units: []int32{0, 10, 30, 60}[s.IntN(4)],
		AllowedPresences: []plan.Presence{plan.Available, plan.Busy},
		SkillMatching:    []plan.SkillMatching{"", plan.SkillsExact, plan.SkillsClosest, plan.SkillsClosest, plan.SkillsClosest, plan.SkillsNone}[s.IntN(6)],
		Offer: plan.Offer{
			Presentation: []plan.Presentation{"", plan.Prompt, plan.Prompt, plan.PromptNoDecline, plan.AutoAccept}[s.IntN(5)],
			Timeout:      time.Duration(30+s.IntN(120)) * time.Second, ReofferAfter: time.Duration(s.IntN(180)) * time.Second,
			MaxDeclines: int32(1 + s.IntN(3)),
		},
		Variables: []plan.Variable{{Name: "basket", Kind: rule.Number}, {Name: "level", Kind: rule.Text}, {Name: "tier", Kind: rule.Text}},
	}
	if s.has(withOddPresences, 2) {
		w.AllowedPresences = [][]plan.Presence{
			{plan.Available},
			{plan.Busy},
			{plan.Available, plan.Away, plan.Busy, plan.DoNotDisturb},
		}[s.IntN(3)]
	}
	for _, c := range simProfiles {
		if s.has(withProfiles, 4) {
			w.Profiles = append(w.Profiles, c)
		}
	}
	if w.Mode == plan.Push && s.IntN(3) == 0 {
		w.PickFromPush = true
	}
	if name == "cases" {
		w.Type, w.Mode = plan.Record, []plan.Mode{plan.Push, plan.Push, plan.Pick}[s.IntN(3)]
	} else {
		s.makeConversation(&w)
	}
	w.PickFromPush = w.PickFromPush && w.Mode == plan.Push
	w.Routing.Ruleset, w.Routing.Fallback = name+"-rules", s.queueOf(p, w.Type)
	root := rootOf(&w)
	for i := range s.IntN(3) {
		if !s.uses[withClassification] {
			break
		}
		w.Classification = append(w.Classification, s.randomClassification(root, i))
	}
	for i := range s.IntN(4) {
		w.Routing.Rules = append(w.Routing.Rules, s.randomRule(p, &w, root, i))
	}
	if err := w.SetRevision(); err != nil {
		s.t.Fatal(err)
	}
	return w
}

func rootOf(w *plan.Workstream) string {
	if w.Type == plan.Record {
		return "record."
	}
	return "context."
}

func (s *sim) makeConversation(w *plan.Workstream) {
	w.ChannelType = "Custom"
	if s.IntN(2) == 0 {
		w.ChannelType = plan.LiveChat
	}
	w.Lifecycle = plan.DefaultLifecycle(plan.Messaging, w.ChannelType, time.Duration(1+s.IntN(10))*time.Hour)
	minutes := func(chance int, d *time.Duration) {
		if s.has(withShortTimes, chance) {
			*d = time.Duration(1+s.IntN(4000)) * time.Second
		}
	}
	minutes(3, &w.Lifecycle.Open)
	minutes(3, &w.Lifecycle.Active)
	minutes(3, &w.Lifecycle.Waiting)
	minutes(3, &w.Lifecycle.WrapUp)
	minutes(2, &w.Lifecycle.FollowUp)
	minutes(2, &w.Lifecycle.CustomerReturn)
	minutes(1, &w.Lifecycle.AgentReturn)
	w.WrapUp.Block = []plan.WrapUpBlock{plan.BlockAlways, plan.BlockNever, plan.BlockCustom}[s.IntN(3)]
	if w.WrapUp.Block == plan.BlockCustom {
		w.WrapUp.For = time.Duration(1+s.IntN(2000)) * time.Second
		if s.IntN(3) == 0 {
			w.WrapUp.For *= 60
		}
	}
	if s.IntN(3) > 0 {
		w.Affinity = plan.Affinity{Enabled: true, RespectPresence: s.IntN(2) == 0, RespectCapacity: s.IntN(2) == 0}
	}
	if w.Name == "social" && s.IntN(2) == 0 {
		w.Mode = plan.Pick
	}
}

// zones of what simulations have by the clock on the wall.
var simZones = []string{"", "Europe/Berlin", "America/New_York"}

// timeCondition is one on when an item was created.
func (s *sim) timeCondition() *rule.Condition {
	c := &rule.Condition{Attribute: "item.createdAt", Operator: []rule.Operator{rule.Within, rule.NotWithin}[s.rules.IntN(2)]}
	switch s.rules.IntN(4) {
	case 0:
		clock := []string{"00:00", "06:30", "09:00", "13:00", "17:00", "22:00"}
		i := s.rules.IntN(len(clock))
		c.TimeZone, c.Values = simZones[s.rules.IntN(len(simZones))], []string{clock[i], clock[(i+1+s.rules.IntN(4))%len(clock)]}
	case 1:
		c.Operator = []rule.Operator{rule.Before, rule.After}[s.rules.IntN(2)]
		c.TimeZone = simZones[s.rules.IntN(len(simZones))]
		c.Values = []string{[]string{"2027-01-11", "2027-01-13T12:00", "2027-02-01", "12:00"}[s.rules.IntN(4)]}
	default:
		c.Hours = simHours[s.rules.IntN(len(simHours))]
	}
	return c
}

// expression is one that some items meet.
func (s *sim) expression(root string) string {
	list := []string{
		root + `tier == "gold" || item.priority < 100`,
		`has(` + root + `level) && ` + root + `level == "high"`,
		root + `basket > 50`,
		`item.skills.exists(s, item.skills[s] > 3)`,
		`item.createdAt.getHours("Europe/Berlin") >= 12`,
		`!(item.createdAt.getDayOfWeek() in [0, 6])`,
	}
	return list[s.rules.IntN(len(list))]
}

// define says which items a rule matches. What is by time or in CEL is drawn apart, so that the rest of a plan is the same
// with it and without.
func (s *sim) define(root string) (when *rule.Condition, expression string) {
	if when = s.condition(root); s.rules.IntN(3) > 0 {
		return when, ""
	}
	if s.rules.IntN(2) == 0 {
		return when, s.expression(root)
	}
	timed := s.timeCondition()
	if when != nil {
		timed = &rule.Condition{All: []rule.Condition{*when, *timed}}
	}
	return timed, ""
}

// condition is one that some items meet, or nil.
func (s *sim) condition(root string) *rule.Condition {
	switch s.IntN(9) {
	case 0:
		return &rule.Condition{Attribute: root + "tier", Operator: rule.Equal, Values: []string{"gold", "silver"}}
	case 1:
		return &rule.Condition{Attribute: root + "basket", Operator: rule.GreaterThan, Values: []string{"50"}}
	case 2:
		return &rule.Condition{Attribute: root + "level", Operator: rule.Exists}
	case 3:
		return &rule.Condition{Attribute: "item.priority", Operator: rule.LessThan, Values: []string{"100"}}
	case 4:
		return &rule.Condition{Attribute: "item.skills." + s.pick(simSkills), Operator: rule.GreaterThan, Values: []string{"3"}}
	default:
		return nil
	}
}

func (s *sim) randomClassification(root string, i int) plan.Classification {
	c := plan.Classification{Ruleset: fmt.Sprintf("k%d", i)}
	for j := range 1 + s.IntN(3) {
		r := plan.ClassificationRule{Name: fmt.Sprintf("r%d", j)}
		r.When, r.Expression = s.define(root)
		if s.IntN(2) == 0 {
			r.Set = rule.Attributes{root + "level": rule.TextValue(s.pick([]string{"high", "low"}))}
		}
		if s.IntN(2) == 0 {
			r.Priority = []int32{1, 50, 100, 200}[s.IntN(4)]
		}
		for _, skill := range simSkills {
			if s.has(withSkills, 2) {
				r.Skills = append(r.Skills, plan.Skill{Name: skill, Rating: int32(s.IntN(8))})
			}
		}
		if s.has(withProfiles, 4) {
			r.Profiles = append(r.Profiles, s.pick(simProfiles))
		}
		c.Rules = append(c.Rules, r)
	}
	return c
}

func (s *sim) randomRule(p *plan.Plan, w *plan.Workstream, root string, i int) plan.Rule {
	r := plan.Rule{Name: fmt.Sprintf("r%d", i)}
	r.When, r.Expression = s.define(root)
	r.Split = []plan.Target{{Queue: s.queueOf(p, w.Type), Percent: 100}}
	if s.IntN(2) == 0 {
		r.Split = []plan.Target{{Queue: s.queueOf(p, w.Type), Percent: 40}, {Queue: s.queueOf(p, w.Type), Percent: 60}}
	}
	return r
}

// editedPlan is a new plan altogether, or the same with a small edit.
func (s *sim) editedPlan() *plan.Plan {
	if s.IntN(6) == 0 {
		return s.randomPlan()
	}
	body, err := s.plan.Body() // Encode would make the lists that it shares with others ready anew
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := plan.Decode(body)
	if err != nil {
		s.t.Fatal(err)
	}
	switch s.IntN(8) {
	case 0:
		if len(p.Agents) > 1 {
			i := s.IntN(len(p.Agents))
			p.Agents = slices.Delete(p.Agents, i, i+1)
		}
	case 1, 2:
		if len(p.Agents) > 0 {
			i := s.IntN(len(p.Agents))
			p.Agents[i] = s.randomAgent(p, p.Agents[i].Name)
		}
	case 3:
		i := s.IntN(len(p.Workstreams))
		p.Workstreams[i] = s.randomWorkstream(p, p.Workstreams[i].Name)
	case 4, 5:
		i := s.IntN(len(p.Queues))
		p.Queues[i] = s.randomQueue(p, p.Queues[i].Name)
	case 6:
		s.removeWorkstream(p)
	case 7:
		i := s.IntN(len(p.Profiles))
		p.Profiles[i] = s.randomProfile(p.Profiles[i].Name)
		p.Calendars = s.randomCalendars()
		p.PresenceRules.Missed = !p.PresenceRules.Missed
	}
	return p
}

func (s *sim) removeWorkstream(p *plan.Plan) {
	if len(p.Workstreams) < 2 {
		return
	}
	i := s.IntN(len(p.Workstreams))
	name := p.Workstreams[i].Name
	p.Workstreams = slices.Delete(p.Workstreams, i, i+1)
	p.Channels = slices.DeleteFunc(p.Channels, func(c plan.Channel) bool { return c.Workstream == name })
}
