// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"slices"
	"time"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

func (s *sim) randomPlan() *plan.Plan {
	p := &plan.Plan{Namespace: "sim"}
	for i := range 5 {
		if i < 2 || s.IntN(4) > 0 {
			p.Queues = append(p.Queues, s.randomQueue(i))
		}
	}
	for _, name := range []string{"chat", "social", "cases"} {
		if name == "social" && s.IntN(4) == 0 {
			continue
		}
		p.Workstreams = append(p.Workstreams, s.randomWorkstream(p, name))
	}
	for _, c := range [][2]string{{"web", "chat"}, {"app", "chat"}, {"desk", "social"}} {
		if p.Workstreams[len(p.Workstreams)-2].Name != "social" && c[1] == "social" {
			continue
		}
		ch := plan.Channel{Name: c[0], Workstream: c[1], Type: "Custom", Custom: &plan.Custom{Address: c[0]}}
		if s.IntN(3) > 0 {
			ch.Custom.CallbackURL = "https://customer.example"
		}
		p.Channels = append(p.Channels, ch)
	}
	for i := range 6 {
		if s.IntN(4) > 0 {
			p.Agents = append(p.Agents, s.randomAgent(p, i))
		}
	}
	return p
}

// randomQueue: even queues are for conversations, odd ones for records.
func (s *sim) randomQueue(i int) plan.Queue {
	methods := []plan.Method{plan.HighestCapacity, plan.RoundRobin, plan.LeastActive}
	q := plan.Queue{Name: fmt.Sprintf("q%d", i), Type: plan.Messaging, Priority: int32(1 + s.IntN(3)), Method: methods[s.IntN(3)]}
	if i%2 == 1 {
		q.Type = plan.Record
	}
	return q
}

func (s *sim) randomAgent(p *plan.Plan, i int) plan.Agent {
	a := plan.Agent{
		Name: fmt.Sprintf("a%d", i), Subject: fmt.Sprintf("a%d", i), Roles: []plan.Role{plan.RoleAgent},
		Units: []int32{0, 20, 50, 100, 100, 200}[s.IntN(6)],
	}
	for _, q := range p.Queues {
		if s.IntN(3) > 0 {
			a.Queues = append(a.Queues, q.Name)
		}
	}
	return a
}

func (s *sim) queueOf(p *plan.Plan, t plan.ItemType) string {
	var names []string
	for _, q := range p.Queues {
		if q.Type == t {
			names = append(names, q.Name)
		}
	}
	return s.pick(names)
}

func (s *sim) randomWorkstream(p *plan.Plan, name string) plan.Workstream {
	w := plan.Workstream{
		Name: name, Type: plan.Messaging, Mode: plan.Push, Units: []int32{0, 10, 30, 60}[s.IntN(4)],
		AllowedPresences: [][]plan.Presence{
			{plan.Available, plan.Busy},
			{plan.Available},
			{plan.Busy},
			{plan.Available, plan.Away, plan.Busy, plan.DoNotDisturb},
		}[s.IntN(4)],
		Offer: plan.Offer{
			Timeout: time.Duration(30+s.IntN(120)) * time.Second, ReofferAfter: time.Duration(s.IntN(180)) * time.Second,
			MaxDeclines: int32(1 + s.IntN(3)),
		},
		Variables: []plan.Variable{{Name: "basket", Kind: rule.Number}, {Name: "tier", Kind: rule.Text}},
	}
	if name == "cases" {
		w.Type, w.Mode = plan.Record, []plan.Mode{plan.Push, plan.Push, plan.Pick}[s.IntN(3)]
	} else {
		w.ChannelType = "Custom"
		w.Lifecycle = plan.DefaultLifecycle(plan.Messaging, "Custom", time.Duration(1+s.IntN(10))*time.Hour)
		w.WrapUp.Block = []plan.WrapUpBlock{plan.BlockAlways, plan.BlockNever, plan.BlockCustom}[s.IntN(3)]
		if w.WrapUp.Block == plan.BlockCustom {
			w.WrapUp.For = time.Duration(1+s.IntN(2000)) * time.Minute
		}
		if name == "social" && s.IntN(2) == 0 {
			w.Mode = plan.Pick
		}
	}
	w.Routing.Fallback = s.queueOf(p, w.Type)
	root := map[plan.ItemType]string{plan.Messaging: "context.", plan.Record: "record."}[w.Type]
	for i := range s.IntN(4) {
		w.Routing.Rules = append(w.Routing.Rules, s.randomRule(p, &w, root, i))
	}
	if err := w.SetRevision(); err != nil {
		s.t.Fatal(err)
	}
	return w
}

func (s *sim) randomRule(p *plan.Plan, w *plan.Workstream, root string, i int) plan.Rule {
	r := plan.Rule{Name: fmt.Sprintf("r%d", i), Split: []plan.Target{{Queue: s.queueOf(p, w.Type), Percent: 100}}}
	if s.IntN(2) == 0 {
		r.Split = []plan.Target{{Queue: s.queueOf(p, w.Type), Percent: 40}, {Queue: s.queueOf(p, w.Type), Percent: 60}}
	}
	switch s.IntN(3) {
	case 0:
		r.When = &rule.Condition{Attribute: root + "tier", Operator: rule.Equal, Values: []string{"gold", "silver"}}
	case 1:
		r.When = &rule.Condition{Attribute: root + "basket", Operator: rule.GreaterThan, Values: []string{"50"}}
	}
	return r
}

// editedPlan is a new plan altogether, or the same with small edits.
func (s *sim) editedPlan() *plan.Plan {
	if s.IntN(5) == 0 {
		return s.randomPlan()
	}
	body, _, err := s.plan.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := plan.Decode(body)
	if err != nil {
		s.t.Fatal(err)
	}
	switch s.IntN(5) {
	case 0:
		if len(p.Agents) > 1 {
			i := s.IntN(len(p.Agents))
			p.Agents = slices.Delete(p.Agents, i, i+1)
		}
	case 1:
		if len(p.Agents) > 0 {
			i := s.IntN(len(p.Agents))
			p.Agents[i] = s.randomAgent(p, int(p.Agents[i].Name[1]-'0'))
		}
	case 2:
		i := s.IntN(len(p.Workstreams))
		p.Workstreams[i] = s.randomWorkstream(p, p.Workstreams[i].Name)
	case 3:
		i := s.IntN(len(p.Queues))
		p.Queues[i] = s.randomQueue(int(p.Queues[i].Name[1] - '0'))
	case 4:
		s.removeWorkstream(p)
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
