// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"workstream.dev/operator/internal/plan"
)

const (
	// agentLines is how many lines of names the agents of a queue have, of agentChars characters each.
	agentLines, agentChars = 2, 30
	// shownRules is how many rows a ruleset has; with more of them those that lead to one queue share a row.
	shownRules = 24
	// sharedNames is how many rules are named in a row that they share.
	sharedNames = 3
	// lineLength is how many characters of a text are shown.
	lineLength = 44
)

// Absent is an object that the plan does not hold as it is written.
type Absent struct{ Kind, Name string }

// builder collects nodes. IDs are short, so that names of any form do no harm in any notation.
type builder struct {
	plan  *plan.Plan
	nodes []Node
	ids   map[string]string // by kind and name
	next  map[Kind]int
}

// Build makes the graph of a plan that was encoded or decoded. Of the absent objects those of the kinds that are drawn
// (Channel, Workstream, RoutingRuleset, Queue) are shown, too, unless the plan has an earlier revision of them.
func Build(p *plan.Plan, absent []Absent) *Graph {
	b := &builder{plan: p, ids: map[string]string{}, next: map[Kind]int{}}
	for i := range p.Queues {
		b.id(Queue, p.Queues[i].Name)
	}
	for i := range p.Workstreams {
		b.id(Workstream, p.Workstreams[i].Name)
	}
	for i := range p.Channels {
		b.channel(&p.Channels[i])
	}
	for i := range p.Workstreams {
		b.workstream(&p.Workstreams[i])
	}
	for i := range p.Queues {
		b.queue(&p.Queues[i])
	}
	b.idle()
	b.absent(absent)
	slices.SortStableFunc(b.nodes, func(x, y Node) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), strings.Compare(x.Title, y.Title))
	})
	return &Graph{Namespace: p.Namespace, Nodes: b.nodes}
}

// id returns the id of a node, and makes one at the first call.
func (b *builder) id(k Kind, name string) string {
	key := k.String() + "/" + name
	if id := b.ids[key]; id != "" {
		return id
	}
	b.next[k]++
	id := k.String() + strconv.Itoa(b.next[k])
	b.ids[key] = id
	return id
}

func (b *builder) add(n Node) { b.nodes = append(b.nodes, n) }

func (b *builder) channel(c *plan.Channel) {
	n := Node{
		ID: b.id(Source, "channel/"+c.Name), Kind: Source, Title: c.Name, Details: []string{"channel, " + c.Type},
		Rows: []Row{{To: b.id(Workstream, c.Workstream)}},
	}
	if c.Custom != nil && c.Custom.Address != c.Name {
		n.Details = append(n.Details, "at "+c.Custom.Address)
	}
	b.add(n)
}

func (b *builder) workstream(w *plan.Workstream) {
	n := Node{ID: b.id(Workstream, w.Name), Kind: Workstream, Title: w.Name}
	if w.Type == plan.Record {
		n.Details = append(n.Details, fmt.Sprintf("records, %s, %s", w.Mode, units(w.Units)))
		b.add(Node{
			ID: b.id(Source, "records/"+w.Name), Kind: Source, Title: cmp.Or(w.RecordType, "record"),
			Details: []string{"records of a system"}, Rows: []Row{{To: n.ID}},
		})
	} else {
		n.Details = append(n.Details, fmt.Sprintf("conversations, %s, %s", w.Mode, units(w.Units)))
	}
	for i, c := range w.Classification {
		n.Details = append(n.Details, fmt.Sprintf("classify %d: %s (%s)", i+1, c.Ruleset, count(len(c.Rules), "rule")))
	}
	otherwise := "always"
	if len(w.Routing.Rules) > 0 {
		otherwise = "no rule matches"
		ruleset := cmp.Or(w.Routing.Ruleset, w.Name)
		n.Rows = append(n.Rows, Row{Text: "route", To: b.id(Ruleset, ruleset)})
		b.ruleset(ruleset, w.Routing.Rules)
	}
	if w.Routing.Fallback != "" {
		n.Rows = append(n.Rows, Row{Text: otherwise, To: b.id(Queue, w.Routing.Fallback), Kind: Fallback})
	}
	b.add(n)
}

func units(n int32) string { return count(int(n), "unit") }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// ruleset draws a ruleset once, however many workstreams use it. One of which a workstream has an earlier revision is
// drawn as the first of them has it.
func (b *builder) ruleset(name string, rules []plan.Rule) {
	id := b.id(Ruleset, name)
	if slices.ContainsFunc(b.nodes, func(n Node) bool { return n.ID == id }) {
		return
	}
	n := Node{ID: id, Kind: Ruleset, Title: name, Details: []string{count(len(rules), "rule") + ", the first that matches"}}
	for i := range rules {
		r := &rules[i]
		for _, t := range r.Split {
			text := r.Name
			if len(r.Split) > 1 {
				text = fmt.Sprintf("%s %d %%", r.Name, t.Percent)
			}
			n.Rows = append(n.Rows, Row{Text: text, To: b.id(Queue, t.Queue)})
		}
	}
	if len(n.Rows) > shownRules {
		n.Rows = shared(n.Rows)
	}
	b.add(n)
}

// shared joins the rows that lead to one queue, in the order of the first of each.
func shared(rows []Row) []Row {
	var list []Row
	texts := map[string][]string{}
	for _, r := range rows {
		if len(texts[r.To]) == 0 {
			list = append(list, r)
		}
		texts[r.To] = append(texts[r.To], r.Text)
	}
	for i := range list {
		all := texts[list[i].To]
		list[i].Text = strings.Join(all[:min(len(all), sharedNames)], ", ")
		if more := len(all) - sharedNames; more > 0 {
			list[i].Text += fmt.Sprintf(" and %d more", more)
			list[i].Full = strings.Join(all, ", ")
		}
	}
	return list
}

func (b *builder) queue(q *plan.Queue) {
	n := Node{ID: b.id(Queue, q.Name), Kind: Queue, Title: q.Name}
	n.Details = append(n.Details, fmt.Sprintf("%s, priority %d", map[plan.ItemType]string{
		plan.Messaging: "conversations", plan.Record: "records",
	}[q.Type], q.Priority))
	if q.Hours != "" {
		n.Details = append(n.Details, "hours: "+q.Hours)
	}
	agents := b.id(Agents, q.Name)
	n.Rows = append(n.Rows, Row{To: agents})
	for _, o := range q.Overflow {
		n.Rows = append(n.Rows, b.overflow(&o))
	}
	b.add(n)
	members := b.plan.Members(q.Name)
	b.add(agentsNode(agents, members, "nobody serves it"))
}

func (b *builder) overflow(o *plan.Overflow) Row {
	var when string
	switch o.On {
	case plan.OutOfHours:
		when = "out of hours"
	case plan.ItemLimit:
		when = fmt.Sprintf("from %s on", count(int(o.Limit), "item"))
	case plan.WaitTime:
		when = "after " + short(o.After)
	}
	switch o.Action {
	case plan.TransferTo:
		return Row{Text: when, To: b.id(Queue, o.Queue), Kind: Overflow}
	case plan.EndItem:
		return Row{Text: when + ": the item ends", Kind: Overflow}
	default:
		return Row{Text: when + ": it enters all the same", Kind: Overflow}
	}
}

// short writes a duration without the units that are zero: 10m and not 10m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// agentsNode shows how many agents there are, and the names that fit.
func agentsNode(id string, names []string, none string) Node {
	n := Node{ID: id, Kind: Agents, Title: count(len(names), "agent"), Lacking: len(names) == 0}
	if len(names) == 0 {
		n.Title = none
	}
	line := ""
	for i, name := range names {
		switch {
		case line == "":
			line = name
		case len(line)+len(name) <= agentChars:
			line += ", " + name
		case len(n.Details) < agentLines-1:
			n.Details = append(n.Details, line+",")
			line = name
		default:
			n.Details = append(n.Details, fmt.Sprintf("%s, +%d", line, len(names)-i))
			n.Full = strings.Join(names, "\n")
			return n
		}
	}
	if line != "" {
		n.Details = append(n.Details, line)
	}
	return n
}

// idle shows the agents without a queue, who are candidates for nothing.
func (b *builder) idle() {
	var names []string
	for i := range b.plan.Agents {
		if a := &b.plan.Agents[i]; len(a.Queues) == 0 && slices.Contains(a.Roles, plan.RoleAgent) {
			names = append(names, a.Name)
		}
	}
	if len(names) > 0 {
		n := agentsNode(b.id(Agents, ""), names, "")
		n.Title += " without a queue"
		n.Lacking = true
		b.add(n)
	}
}

// absent shows what the plan does not have at all.
func (b *builder) absent(list []Absent) {
	kinds := map[string]Kind{"Channel": Source, "Workstream": Workstream, "RoutingRuleset": Ruleset, "Queue": Queue}
	for _, a := range list {
		kind, drawn := kinds[a.Kind]
		name := a.Name
		if kind == Source {
			name = "channel/" + a.Name
		}
		if _, known := b.ids[kind.String()+"/"+name]; drawn && !known {
			b.add(Node{ID: b.id(kind, name), Kind: kind, Title: a.Name, Details: []string{"not in the plan"}, Lacking: true})
		}
	}
}
