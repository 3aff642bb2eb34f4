// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Plan returns what is to be said of a namespace, sorted by object. p must have been encoded or decoded.
func Plan(p *plan.Plan) []Finding {
	n := &namespace{plan: p, rulesets: map[string]*shared{}, leads: map[string][]lead{}}
	for i := range p.Workstreams {
		n.workstreams = append(n.workstreams, n.prepare(&p.Workstreams[i]))
	}
	n.reportRulesets()
	for _, w := range n.workstreams {
		n.fallsThrough(w)
		n.splits(w)
	}
	n.queues()
	n.hours()
	n.skills()
	n.profiles()
	n.agents()
	sortFindings(n.found)
	return n.found
}

// namespace is what is known so far of a plan.
type namespace struct {
	plan        *plan.Plan
	found       []Finding
	workstreams []*workstream
	// rulesets are those in use, and order their names as they were met.
	rulesets map[string]*shared
	order    []string
	// leads are the ways into each queue.
	leads map[string][]lead
}

// workstream is one with its rules, ready to be asked.
type workstream struct {
	*plan.Workstream
	env   rule.Env
	asked map[string]bool // the attributes that rules ask for
	// items has all classification rulesets and then the routing rules, with no attributes that no source sets.
	items *problem
	forms [][]*form
	falls answer
}

// lead is a way into a queue: a routing rule, or the fallback for -1.
type lead struct {
	w    *workstream
	rule int
}

// shared is a ruleset with what is so in every workstream that uses it.
type shared struct {
	rules       *rules // of the first workstream
	last        *rules // of the one that was looked at last
	unreachable map[int]unreachable
	unset       map[int][]string // attributes that nothing sets, by rule
}

func (n *namespace) add(f Finding) { n.found = append(n.found, f) }

func (n *namespace) prepare(of *plan.Workstream) *workstream {
	w := &workstream{Workstream: of, env: rule.Env{Kind: of.AttributeKind, Calendar: n.plan.Hours}}
	fixed := rule.Attributes{
		"item.type": rule.TextValue(string(w.Type)), "item.workstream": rule.TextValue(w.Name),
	}
	lists := make([][]rule.Definition, 0, len(w.Classification)+1)
	for i := range w.Classification {
		c := &w.Classification[i]
		definitions, names := make([]rule.Definition, len(c.Rules)), make([]string, len(c.Rules))
		for j := range c.Rules {
			definitions[j], names[j] = rule.Definition{When: c.Rules[j].When, Expression: c.Rules[j].Expression}, c.Rules[j].Name
		}
		n.share(w, c.Ruleset, newRules(definitions, names, w.env, fixed), definitions, nil)
		lists = append(lists, definitions)
	}
	definitions, names := make([]rule.Definition, len(w.Routing.Rules)), make([]string, len(w.Routing.Rules))
	for j := range w.Routing.Rules {
		r := &w.Routing.Rules[j]
		definitions[j], names[j] = rule.Definition{When: r.When, Expression: r.Expression}, r.Name
		for _, t := range r.Split {
			n.leads[t.Queue] = append(n.leads[t.Queue], lead{w, j})
		}
	}
	if w.Routing.Ruleset != "" {
		// A rule whose queue overflows is passed over when another one matches, too: it hides nothing for sure.
		n.share(w, w.Routing.Ruleset, newRules(definitions, names, w.env, fixed), definitions,
			func(i int) bool { return !n.overflows(w.Routing.Rules[i].Split) })
	}
	w.pose(append(lists, definitions), fixed)
	if w.falls = w.fallsThrough(n); w.falls.verdict != impossible {
		n.leads[w.Routing.Fallback] = append(n.leads[w.Routing.Fallback], lead{w, -1})
	}
	return w
}

// pose puts all rules of the workstream into one problem.
func (w *workstream) pose(lists [][]rule.Definition, fixed rule.Attributes) {
	absent := rule.Attributes{}
	w.asked = map[string]bool{}
	maps.Copy(absent, fixed)
	for _, list := range lists {
		for i := range list {
			for _, name := range attributesOf(list[i].When, nil) {
				w.asked[name] = true
				if _, known := absent[name]; !known && !sourced(w.Workstream, name) {
					absent[name] = rule.Value{}
				}
			}
		}
	}
	w.items = newProblem(w.env, absent, workOfRuleset)
	for _, list := range lists {
		forms := make([]*form, len(list))
		for i := range list {
			forms[i] = w.items.addRule(&list[i])
		}
		w.forms = append(w.forms, forms)
	}
	w.items.build()
}

// routing are the forms of the routing rules.
func (w *workstream) routing() []*form { return w.forms[len(w.forms)-1] }

// attributesOf adds the attributes that a condition asks, each once.
func attributesOf(c *rule.Condition, names []string) []string {
	if c == nil {
		return names
	}
	if c.Attribute != "" && !slices.Contains(names, c.Attribute) {
		names = append(names, c.Attribute)
	}
	for i := range c.All {
		names = attributesOf(&c.All[i], names)
	}
	for i := range c.Any {
		names = attributesOf(&c.Any[i], names)
	}
	return attributesOf(c.Not, names)
}

// shown is what of an item need be said: not what all items of a workstream have.
func (w *workstream) shown(item rule.Attributes) rule.Attributes {
	out := maps.Clone(item)
	for _, name := range []string{"item.type", "item.workstream", "item.channel"} {
		if name != "item.channel" || !w.asked[name] {
			delete(out, name)
		}
	}
	return out
}

// find looks for an item for which goal holds before it is classified, and none of the blockers, and that is as wanted
// in the end. The witness is what it comes in with.
func (n *namespace) find(w *workstream, goal *form, blockers []*form, wanted func(*journey) bool) (rule.Attributes, *journey) {
	a := w.items.solve(question{goal: goal, blockers: blockers, work: workOfRule})
	if a.verdict != possible {
		return nil, nil
	}
	given := n.arrival(w.Workstream, a.witness)
	j := follow(w.Workstream, given)
	if !wanted(&j) {
		return nil, nil
	}
	return given, &j
}

// fallsThrough looks for an item that no routing rule matches. That there is none is proved whatever values items have.
func (w *workstream) fallsThrough(n *namespace) answer {
	all := &form{op: isAll}
	if given, _ := n.find(w, all, w.routing(), func(j *journey) bool { return j.route < 0 }); given != nil {
		return answer{verdict: possible, witness: given}
	}
	s, ok := n.rulesets[w.Routing.Ruleset]
	if ok && w.Routing.Ruleset != "" && s.last != nil {
		a := s.last.solve(question{goal: all, blockers: s.last.forms, odd: true, work: workOfRule})
		if a.verdict == impossible {
			return a
		}
	}
	return answer{}
}

// share notes what is so of a ruleset for one workstream.
func (n *namespace) share(w *workstream, name string, r *rules, definitions []rule.Definition, counts func(i int) bool) {
	found, unset := map[int]unreachable{}, map[int][]string{}
	for _, u := range r.unreachables(counts) {
		found[u.rule] = u
	}
	for i := range definitions {
		for _, a := range attributesOf(definitions[i].When, nil) {
			if !sourced(w.Workstream, a) {
				unset[i] = append(unset[i], a)
			}
		}
	}
	s := n.rulesets[name]
	if s == nil {
		n.rulesets[name] = &shared{rules: r, last: r, unreachable: found, unset: unset}
		n.order = append(n.order, name)
		return
	}
	s.last = r
	if !slices.Equal(s.rules.names, r.names) { // one of the workstreams keeps an earlier revision of it
		clear(s.unreachable)
		clear(s.unset)
		return
	}
	for i := range r.names {
		if _, ok := found[i]; !ok {
			delete(s.unreachable, i)
		}
		s.unset[i] = slices.DeleteFunc(s.unset[i], func(a string) bool { return !slices.Contains(unset[i], a) })
	}
}

func (n *namespace) reportRulesets() {
	for _, name := range n.order {
		s := n.rulesets[name]
		for i := range s.rules.names {
			if u, ok := s.unreachable[i]; ok {
				n.add(s.rules.finding(u, kindRuleset, name))
			}
			for _, a := range s.unset[i] {
				n.add(Finding{
					Code: AttributeNeverSet, Severity: Warning, Kind: kindRuleset, Name: name, Path: s.rules.path(i) + ".when",
					Message: fmt.Sprintf("nothing ever sets %s for the items that this rule is asked about: %s", a, whySet(a)),
				})
			}
		}
	}
}

// whySet says who could set an attribute.
func whySet(name string) string {
	root, _, _ := strings.Cut(name, ".")
	switch {
	case root == "context":
		return "records bring no context variables, and no classification rule sets it"
	case root == "channel":
		return "records come by no channel"
	case root == "record":
		return "conversations are no records"
	case root == "customer":
		return "of a customer there are id and name, preferredAgents and neverAgents"
	case name == "item.channel":
		return "records come by no channel"
	case name == "item.priority":
		return "the Workstream has no classification"
	default:
		return "no classification rule asks for that skill"
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

func (n *namespace) fallsThrough(w *workstream) {
	if w.Routing.Ruleset == "" {
		return
	}
	f := Finding{Severity: Info, Kind: kindWorkstream, Name: w.Name, Path: "spec.routing.fallbackQueueRef"}
	switch w.falls.verdict {
	case possible:
		f.Code, f.Witness = FallsThrough, w.shown(w.falls.witness)
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
