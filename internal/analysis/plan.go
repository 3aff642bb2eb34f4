// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Plan returns what is to be said of a namespace, sorted by object. p must have been encoded or decoded.
func Plan(p *plan.Plan) []Finding {
	n := &namespace{plan: p, rulesets: map[string]*shared{}}
	for i := range p.Workstreams {
		n.workstream(&p.Workstreams[i])
	}
	n.reportRulesets()
	sortFindings(n.found)
	return n.found
}

// namespace is what is known so far of a plan.
type namespace struct {
	plan  *plan.Plan
	found []Finding
	// rulesets are those in use, and order their names as they were met.
	rulesets map[string]*shared
	order    []string
}

// shared is a ruleset with the rules that are unreachable in every workstream that uses it.
type shared struct {
	rules       *rules
	unreachable map[int]unreachable
}

func (n *namespace) add(f Finding) { n.found = append(n.found, f) }

func (n *namespace) workstream(w *plan.Workstream) {
	fixed := rule.Attributes{
		"item.type": rule.TextValue(string(w.Type)), "item.workstream": rule.TextValue(w.Name),
	}
	for i := range w.Classification {
		c := &w.Classification[i]
		if r := classificationRules(w, c, fixed); r != nil {
			n.share(c.Ruleset, r, nil)
		}
	}
	r := routingRules(w, fixed)
	if r == nil {
		return
	}
	if w.Routing.Ruleset != "" {
		// A rule whose queue overflows is passed over when another one matches, too.
		n.share(w.Routing.Ruleset, r, func(i int) bool { return !n.overflows(w.Routing.Rules[i].Split) })
		n.fallsThrough(w, r)
	}
}

func classificationRules(w *plan.Workstream, c *plan.Classification, fixed rule.Attributes) *rules {
	conditions, names := make([]*rule.Condition, len(c.Rules)), make([]string, len(c.Rules))
	opaque := make([]bool, len(c.Rules))
	for i := range c.Rules {
		conditions[i], names[i] = c.Rules[i].When, c.Rules[i].Name
	}
	r, err := newRules(conditions, opaque, names, w.AttributeKind, fixed)
	if err != nil { // the plan would not have been encoded
		return nil
	}
	return r
}

func routingRules(w *plan.Workstream, fixed rule.Attributes) *rules {
	conditions, names := make([]*rule.Condition, len(w.Routing.Rules)), make([]string, len(w.Routing.Rules))
	opaque := make([]bool, len(w.Routing.Rules))
	for i := range w.Routing.Rules {
		conditions[i], names[i] = w.Routing.Rules[i].When, w.Routing.Rules[i].Name
	}
	r, err := newRules(conditions, opaque, names, w.AttributeKind, fixed)
	if err != nil {
		return nil
	}
	return r
}

// share notes which rules of a ruleset no item of one workstream reaches.
func (n *namespace) share(name string, r *rules, counts func(i int) bool) {
	found := map[int]unreachable{}
	for _, u := range r.unreachables(counts) {
		found[u.rule] = u
	}
	s := n.rulesets[name]
	if s == nil {
		n.rulesets[name] = &shared{r, found}
		n.order = append(n.order, name)
		return
	}
	if len(s.rules.names) != len(r.names) { // one of the workstreams keeps an earlier revision of it
		clear(s.unreachable)
		return
	}
	for i := range s.unreachable {
		if _, ok := found[i]; !ok || s.rules.names[i] != r.names[i] {
			delete(s.unreachable, i)
		}
	}
}

func (n *namespace) reportRulesets() {
	for _, name := range n.order {
		s := n.rulesets[name]
		for i := range s.rules.names {
			if u, ok := s.unreachable[i]; ok {
				n.add(s.rules.finding(u, kindRuleset, name))
			}
		}
	}
}

// overflows reports whether one of the queues could refuse an item that a rule sends there.
func (n *namespace) overflows(split []plan.Target) bool {
	for _, t := range split {
		q := n.plan.Queue(t.Queue)
		if q == nil || q.Hours != "" {
			return true
		}
		for i := range q.Overflow {
			if q.Overflow[i].On == plan.ItemLimit {
				return true
			}
		}
	}
	return false
}

func (n *namespace) fallsThrough(w *plan.Workstream, r *rules) {
	f := Finding{Severity: Info, Kind: kindWorkstream, Name: w.Name, Path: "spec.routing.fallbackQueueRef"}
	switch found := r.fallsThrough(); found.verdict {
	case possible:
		f.Code, f.Witness = FallsThrough, found.witness
		f.Message = fmt.Sprintf("an item can come that no rule of RoutingRuleset %q matches: it goes to the fallback Queue %q",
			w.Routing.Ruleset, w.Routing.Fallback)
	case impossible:
		f.Code = NothingFallsThrough
		f.Message = fmt.Sprintf("the rules of RoutingRuleset %q match every item: none goes to the fallback Queue %q for want of a rule",
			w.Routing.Ruleset, w.Routing.Fallback)
	default:
		return
	}
	n.add(f)
}
