// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// maxLeads is how many of the ways into a queue are tried or named.
const maxLeads = 5

// neverOpens reports whether a calendar never opens, not on any holiday either.
func (n *namespace) neverOpens(calendar string) bool {
	c := n.plan.Hours(calendar)
	if c == nil {
		return false
	}
	_, opens := c.NextOpen(time.Unix(0, 0))
	return !opens
}

// dead says why nobody ever takes items from a queue, empty if somebody may.
func (n *namespace) dead(queue string) string {
	q := n.plan.Queue(queue)
	switch {
	case q == nil:
		return ""
	case len(n.plan.Members(queue)) == 0:
		return "nobody serves"
	case n.neverOpens(q.Hours):
		return "never opens"
	default:
		return ""
	}
}

// place names the place of a way into a queue.
func (l lead) place() Place {
	if l.rule < 0 {
		return Place{kindWorkstream, l.w.Name, "spec.routing.fallbackQueueRef"}
	}
	return Place{kindRuleset, l.w.Routing.Ruleset, fmt.Sprintf("spec.rules[%d](%s)", l.rule, l.w.Routing.Rules[l.rule].Name)}
}

// arrive looks for an item that goes this way.
func (n *namespace) arrive(l lead) rule.Attributes {
	if l.rule < 0 {
		return l.w.shown(l.w.falls.witness)
	}
	forms := l.w.routing()
	given, _ := n.find(l.w, forms[l.rule], forms[:l.rule], func(j *journey) bool { return j.route == l.rule })
	return l.w.shown(given)
}

// queues says which queues nobody serves, which nothing leads to, and which rules of overflow do nothing or lead nowhere.
func (n *namespace) queues() {
	overflown := map[string]bool{}
	for i := range n.plan.Queues {
		for _, o := range n.plan.Queues[i].Overflow {
			overflown[o.Queue] = true
		}
	}
	for i := range n.plan.Queues {
		q := &n.plan.Queues[i]
		f := Finding{Kind: kindQueue, Name: q.Name}
		switch leads := n.leads[q.Name]; {
		case len(leads) == 0 && !overflown[q.Name]:
			f.Code, f.Severity = QueueUnused, Info
			f.Message = "no routing rule, fallback or overflow leads to this queue: only who transfers or assigns items brings them here"
			n.add(f)
		case len(leads) > 0 && len(n.plan.Members(q.Name)) == 0:
			f.Code, f.Severity = QueueUnserved, Warning
			f.Message = "no agent serves this queue: the items that come here wait until somebody does" + unless(q)
			for _, l := range leads {
				if p := l.place(); len(f.Blame) < maxLeads && !slices.Contains(f.Blame, p) {
					f.Blame = append(f.Blame, p)
					if f.Witness == nil {
						f.Witness = n.arrive(l)
					}
				}
			}
			n.add(f)
		}
		n.overflow(q)
	}
}

// unless says what becomes of items that wait.
func unless(q *plan.Queue) string {
	if slices.ContainsFunc(q.Overflow, func(o plan.Overflow) bool { return o.On == plan.WaitTime }) {
		return ", or until they overflow"
	}
	return ""
}

// overflow says which rules of overflow never apply, and which lead to where nobody takes items.
func (n *namespace) overflow(q *plan.Queue) {
	for i := range q.Overflow {
		o := &q.Overflow[i]
		f := Finding{Severity: Warning, Kind: kindQueue, Name: q.Name, Path: fmt.Sprintf("spec.overflow[%d]", i)}
		if f.Message = ineffective(q, i); f.Message == "" && o.On == plan.OutOfHours && q.Hours == "" {
			f.Message = "this rule never applies: the queue has no operating hours, so it is always open"
		}
		if f.Message != "" {
			f.Code = OverflowIneffective
			n.add(f)
			continue
		}
		if why := n.dead(o.Queue); o.Action == plan.TransferTo && why != "" {
			f.Code = OverflowNowhere
			f.Message = fmt.Sprintf("items overflow into Queue %q, which %s", o.Queue, why)
			f.Blame = []Place{{Kind: kindQueue, Name: o.Queue}}
			n.add(f)
		}
	}
}

// ineffective says which other rule always applies before rule i does, empty if none.
func ineffective(q *plan.Queue, i int) string {
	o := &q.Overflow[i]
	for j := range q.Overflow {
		other := &q.Overflow[j]
		if i == j || other.On != o.On || other.Action == plan.EndItem && q.Type != plan.Messaging {
			continue
		}
		switch {
		case o.On == plan.OutOfHours && j < i:
			return fmt.Sprintf("this rule never applies: spec.overflow[%d] applies whenever the queue is closed", j)
		case o.On == plan.ItemLimit && j < i && other.Limit <= o.Limit:
			return fmt.Sprintf("this rule never applies: spec.overflow[%d] before it applies from %d items on", j, other.Limit)
		case o.On == plan.WaitTime && (other.After < o.After || other.After == o.After && j < i):
			return fmt.Sprintf("this rule never applies: spec.overflow[%d] moves items after %s", j, other.After)
		}
	}
	return ""
}

// hours says which calendars never open.
func (n *namespace) hours() {
	for i := range n.plan.Calendars {
		name := n.plan.Calendars[i].Name
		if !n.neverOpens(name) {
			continue
		}
		f := Finding{
			Code: HoursNeverOpen, Severity: Warning, Kind: kindHours, Name: name,
			Message: "these operating hours are never open: they have neither weekly hours nor holidays with hours",
		}
		for j := range n.plan.Queues {
			if n.plan.Queues[j].Hours == name {
				f.Blame = append(f.Blame, Place{kindQueue, n.plan.Queues[j].Name, "spec.operatingHoursRef"})
			}
		}
		n.add(f)
	}
}

// splits says which shares of a split go where nobody takes items, as long as other shares do not.
func (n *namespace) splits(w *workstream) {
	for i := range w.Routing.Rules {
		r := &w.Routing.Rules[i]
		var starved []string
		var blame []Place
		percent := int32(0)
		for _, t := range r.Split {
			if why := n.dead(t.Queue); why != "" {
				starved = append(starved, fmt.Sprintf("%d %% to Queue %q, which %s", t.Percent, t.Queue, why))
				blame = append(blame, Place{Kind: kindQueue, Name: t.Queue})
				percent += t.Percent
			}
		}
		path := fmt.Sprintf("spec.rules[%d](%s).route.split", i, r.Name)
		known := slices.ContainsFunc(n.found, func(f Finding) bool {
			return f.Code == SplitStarves && f.Name == w.Routing.Ruleset && f.Path == path
		})
		if len(starved) == 0 || len(starved) == len(r.Split) || known {
			continue
		}
		n.add(Finding{
			Code: SplitStarves, Severity: Warning, Kind: kindRuleset, Name: w.Routing.Ruleset, Path: path, Blame: blame,
			Message: fmt.Sprintf("%d of 100 items of this rule find nobody: %s", percent, strings.Join(starved, ", ")),
			Witness: n.arrive(lead{w, i}),
		})
	}
}
