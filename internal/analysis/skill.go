// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"slices"
	"strings"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// maxTries is how many pairs of classification and queue are looked at for one workstream.
const maxTries = 2_000

// hunt looks for items whose skills nobody of their queue has.
type hunt struct {
	*namespace
	w     *workstream
	tries int
	found map[string]bool
}

// skills says which items wait because no member of their queue has the skills.
func (n *namespace) skills() {
	for _, w := range n.workstreams {
		if w.SkillMatching == plan.SkillsClosest || w.SkillMatching == plan.SkillsNone {
			continue
		}
		h := &hunt{namespace: n, w: w, tries: maxTries, found: map[string]bool{}}
		h.singles()
		h.pairs()
	}
}

// chosen is a rule of a classification ruleset.
type chosen struct{ set, rule int }

func (h *hunt) ruleOf(c chosen) *plan.ClassificationRule {
	return &h.w.Classification[c.set].Rules[c.rule]
}

// asking are the classification rules that ask for skills.
func (h *hunt) asking() (list []chosen) {
	for i := range h.w.Classification {
		for j := range h.w.Classification[i].Rules {
			if c := (chosen{i, j}); len(h.ruleOf(c).Skills) > 0 {
				list = append(list, c)
			}
		}
	}
	return list
}

func (h *hunt) singles() {
	for _, c := range h.asking() {
		h.try(h.ruleOf(c).Skills, c)
	}
}

// pairs looks at what two rulesets ask for together, where each alone would do.
func (h *hunt) pairs() {
	list := h.asking()
	for i, a := range list {
		for _, b := range list[i+1:] {
			if a.set != b.set && h.tries > 0 {
				h.try(mergeSkills(h.ruleOf(a).Skills, h.ruleOf(b).Skills), a, b)
			}
		}
	}
}

// try looks for an item that the rules match and that comes to a queue where nobody has all these skills.
func (h *hunt) try(skills []plan.Skill, rules ...chosen) {
	goal := &form{op: isAll}
	var blockers []*form
	for _, c := range rules {
		goal.list = append(goal.list, h.w.forms[c.set][c.rule])
		blockers = append(blockers, h.w.forms[c.set][:c.rule]...)
	}
	for i := range h.plan.Queues {
		queue := h.plan.Queues[i].Name
		if len(h.plan.Members(queue)) == 0 || h.held(queue, skills) || h.lacksOne(queue, rules) {
			continue
		}
		h.tryQueue(queue, queue+" "+needs(skills), goal, blockers, rules)
	}
}

// lacksOne reports whether a queue has nobody for what one of several rules asks for alone.
func (h *hunt) lacksOne(queue string, rules []chosen) bool {
	return len(rules) > 1 && slices.ContainsFunc(rules, func(c chosen) bool { return !h.held(queue, h.ruleOf(c).Skills) })
}

// tryQueue tries the ways into one queue until there is something to report. key is what is reported once.
func (h *hunt) tryQueue(queue, key string, goal *form, blockers []*form, rules []chosen) {
	tried := 0
	for _, l := range h.leads[queue] {
		if l.w != h.w || tried == maxLeads || h.tries <= 0 || h.found[key] {
			continue
		}
		tried++
		h.tries--
		given, j := h.tryLead(l, *goal, blockers, rules)
		if given != nil && !h.held(queue, j.skills) {
			h.report(queue, l, j, given, rules)
			h.found[key] = true
		}
	}
}

// tryLead looks for an item that the rules match and that goes one way into a queue.
func (h *hunt) tryLead(l lead, goal form, blockers []*form, rules []chosen) (rule.Attributes, *journey) {
	before := h.w.routing()
	if l.rule >= 0 {
		goal.list = append(slices.Clip(goal.list), before[l.rule])
		before = before[:l.rule]
	}
	return h.find(h.w, &goal, slices.Concat(blockers, before), func(j *journey) bool {
		return j.route == l.rule && !slices.ContainsFunc(rules, func(c chosen) bool { return j.rules[c.set] != c.rule })
	})
}

func (h *hunt) report(queue string, l lead, j *journey, given rule.Attributes, rules []chosen) {
	f := Finding{
		Code: SkillUnheld, Severity: Warning, Kind: kindQueue, Name: queue, Witness: h.w.shown(given),
		Message: fmt.Sprintf("items of Workstream %q come here that need %s, and no agent of the queue has %s: "+
			"nobody there is ever offered them", h.w.Name, needs(j.skills), themAll(j.skills)),
	}
	for _, c := range rules {
		set := &h.w.Classification[c.set]
		f.Blame = append(f.Blame, Place{kindRuleset, set.Ruleset, fmt.Sprintf("spec.rules[%d](%s).skills", c.rule, set.Rules[c.rule].Name)})
	}
	f.Blame = append(f.Blame, l.place())
	h.add(f)
}

// held reports whether one member of a queue has all skills, at the ratings that are needed.
func (n *namespace) held(queue string, skills []plan.Skill) bool {
	return slices.ContainsFunc(n.plan.Members(queue), func(name string) bool {
		a := n.plan.Agent(name)
		return a != nil && !slices.ContainsFunc(skills, func(need plan.Skill) bool {
			i, ok := findSkill(a.Skills, need.Name)
			return !ok || a.Skills[i].Rating < need.Rating
		})
	})
}

// needs writes skills for people.
func needs(skills []plan.Skill) string {
	texts := make([]string, len(skills))
	for i, s := range skills {
		if texts[i] = s.Name; s.Rating > 0 {
			texts[i] = fmt.Sprintf("%s at %d", s.Name, s.Rating)
		}
	}
	return strings.Join(texts, " and ")
}

func themAll(skills []plan.Skill) string {
	if len(skills) == 1 {
		return "it"
	}
	return "all of it"
}
