// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"strings"
	"time"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

func parseWorkstream(a *args) plan.Workstream {
	w := plan.Workstream{
		Name: a.word(), Type: plan.ItemType(a.text("type", "Messaging")), Mode: plan.Mode(a.text("mode", "Push")),
		Units: a.number("units", 30), Profiles: a.list("profiles"), PickFromPush: a.flag("pickfrompush"),
		SkillMatching: plan.SkillMatching(a.text("skillmatching", "")), Affinity: parseAffinity(a),
		Offer: plan.Offer{
			Presentation: plan.Presentation(a.text("presentation", "")),
			Timeout:      a.duration("timeout", "2m"), ReofferAfter: a.duration("reoffer", "2m"), MaxDeclines: a.number("declines", 3),
		},
		Routing: plan.Routing{Fallback: a.text("fallback", "general")},
	}
	for _, s := range a.list("allowed", "Available", "Busy") {
		w.AllowedPresences = append(w.AllowedPresences, plan.Presence(s))
	}
	for _, v := range a.list("variables") {
		name, kind, _ := strings.Cut(v, ":")
		d := plan.Variable{Name: name, Kind: rule.Text}
		if kind == "Number" {
			d.Kind = rule.Number
		}
		w.Variables = append(w.Variables, d)
	}
	if w.Type == plan.Record {
		w.RecordType = "case"
		parseLifecycle(a, &w.Lifecycle)
		return w
	}
	w.ChannelType = a.text("channeltype", "Custom")
	w.Lifecycle = plan.DefaultLifecycle(w.Type, w.ChannelType, a.duration("autoclose", "8h"))
	parseLifecycle(a, &w.Lifecycle)
	switch block := a.text("wrapup", "Always"); block {
	case "Always", "Never":
		w.WrapUp.Block = plan.WrapUpBlock(block)
	default:
		w.WrapUp.Block = plan.BlockCustom
		d, err := time.ParseDuration(block)
		if err != nil {
			a.fail("wrapup: %w", err)
		}
		w.WrapUp.For = d
	}
	return w
}

// parseAffinity reads the word affinity, or what it respects.
func parseAffinity(a *args) plan.Affinity {
	f := plan.Affinity{Enabled: a.flag("affinity")}
	for _, s := range a.list("affinity") {
		f.Enabled = true
		switch s {
		case "presence":
			f.RespectPresence = true
		case "capacity":
			f.RespectCapacity = true
		default:
			a.fail("affinity respects no %q", s)
		}
	}
	return f
}

func parseLifecycle(a *args, l *plan.Lifecycle) {
	switch w := a.text("waits", ""); w {
	case "":
	case "yes", "no":
		l.Waits = w == "yes"
	default:
		a.fail("waits: yes or no, not %q", w)
	}
	for name, d := range map[string]*time.Duration{
		"open": &l.Open, "active": &l.Active, "waiting": &l.Waiting, "wrapped": &l.WrapUp, "followup": &l.FollowUp,
		"customerreturn": &l.CustomerReturn, "agentreturn": &l.AgentReturn,
	} {
		*d = a.duration(name, d.String())
	}
}

func parseRule(p *plan.Plan, a *args) error {
	name := a.word()
	r := plan.Rule{Name: a.word(), When: parseCondition(a)}
	for _, t := range a.list("to") {
		queue, percent := a.pair(t, 100)
		r.Split = append(r.Split, plan.Target{Queue: queue, Percent: percent})
	}
	w := above(p, name)
	if w == nil {
		return fmt.Errorf("no workstream %q above", name)
	}
	w.Routing.Ruleset = name + "-rules"
	w.Routing.Rules = append(w.Routing.Rules, r)
	return a.done()
}

func parseCondition(a *args) *rule.Condition {
	attribute := a.text("attribute", "")
	if attribute == "" {
		return nil
	}
	return &rule.Condition{
		Attribute: attribute, Operator: rule.Operator(a.text("operator", "Equal")), Values: a.list("values"),
	}
}

// above returns the workstream of that name among those that were read, or nil.
func above(p *plan.Plan, name string) *plan.Workstream {
	for i := range p.Workstreams {
		if p.Workstreams[i].Name == name {
			return &p.Workstreams[i]
		}
	}
	return nil
}

// parseClassification adds a rule to a ruleset of a workstream; rulesets are in the order in which they come.
func parseClassification(p *plan.Plan, a *args) error {
	name, ruleset := a.word(), a.word()
	r := plan.ClassificationRule{
		Name: a.word(), When: parseCondition(a), Priority: a.number("priority", 0), Skills: a.skills(), Profiles: a.list("profiles"),
	}
	for _, s := range a.list("set") {
		attribute, value, _ := strings.Cut(s, ":")
		if r.Set == nil {
			r.Set = make(rule.Attributes)
		}
		r.Set[attribute] = parseValue(value)
	}
	w := above(p, name)
	if w == nil {
		return fmt.Errorf("no workstream %q above", name)
	}
	if n := len(w.Classification); n == 0 || w.Classification[n-1].Ruleset != ruleset {
		w.Classification = append(w.Classification, plan.Classification{Ruleset: ruleset})
	}
	c := &w.Classification[len(w.Classification)-1]
	c.Rules = append(c.Rules, r)
	return a.done()
}
