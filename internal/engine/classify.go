// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"maps"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Attributes that the engine gives an item, and those of a customer that it reads.
const (
	itemRoot            = "item."
	priorityAttribute   = "item.priority"
	createdAttribute    = "item.createdAt"
	typeAttribute       = "item.type"
	workstreamAttribute = "item.workstream"
	channelAttribute    = "item.channel"
	skillsAttribute     = "item.skills."
	preferredAttribute  = "customer.preferredAgents"
	neverAttribute      = "customer.neverAgents"
)

// classification is what the rulesets give an item, in the making.
type classification struct {
	e        *Engine
	attrs    rule.Attributes // of the item, with what was set
	priority int32
	skills   []plan.Skill // by name
	profiles []string     // sorted
	changed  rule.Attributes
}

// classify runs the classification rulesets of ws over an item that has not been classified since its context or record
// changed last. Each ruleset gives what its first matching rule says, and the next one sees it.
func (e *Engine) classify(it *item, ws *plan.Workstream) {
	if it.Classified || len(ws.Classification) == 0 {
		return
	}
	c := classification{
		e: e, attrs: e.attributesOf(it), priority: it.priority(), skills: slices.Clone(it.Skills), profiles: slices.Clone(it.Profiles),
	}
	e.described = nil // rules add to it
	tried := make([]event.RulesetTried, 0, len(ws.Classification))
	for i := range ws.Classification {
		set := &ws.Classification[i]
		j := set.Match(c.attrs)
		if j < 0 {
			tried = append(tried, event.RulesetTried{Ruleset: set.Ruleset, Tried: count(len(set.Rules))})
			continue
		}
		tried = append(tried, event.RulesetTried{Ruleset: set.Ruleset, Rule: set.Rules[j].Name, Tried: count(j + 1)})
		c.give(&set.Rules[j])
	}
	// What one rule set and another set back is as before.
	maps.DeleteFunc(c.changed, func(name string, v rule.Value) bool { return it.given[name] == v })
	e.emit(event.ItemClassified{
		Item: it.ID, Revision: ws.Revision, Rulesets: tried, Attributes: c.changed, Priority: c.priority, Skills: c.skills,
		Profiles: without(c.profiles, ws.Profiles),
	})
	if len(c.attrs) < maxAttributes { // so nothing was left out
		e.described = it
	}
}

// give takes over what a rule says. A skill that is needed already keeps the higher rating.
func (c *classification) give(r *plan.ClassificationRule) {
	for _, name := range namesOf(r.Set) {
		if c.attrs[name] != r.Set[name] && c.set(name, r.Set[name]) {
			if c.changed == nil {
				c.changed = make(rule.Attributes)
			}
			c.changed[name] = r.Set[name]
		}
	}
	if r.Priority != 0 {
		c.priority = r.Priority
		c.set(priorityAttribute, rule.NumberValue(float64(r.Priority)))
	}
	for _, s := range r.Skills {
		i, ok := findSkill(c.skills, s.Name)
		switch {
		case !ok:
			c.skills = slices.Insert(c.skills, i, s)
		case c.skills[i].Rating < s.Rating:
			c.skills[i].Rating = s.Rating
		}
		c.set(c.e.skillAttribute(s.Name), rule.NumberValue(float64(c.skills[i].Rating)))
	}
	for _, p := range r.Profiles {
		if i, ok := slices.BinarySearch(c.profiles, p); !ok {
			c.profiles = slices.Insert(c.profiles, i, p)
		}
	}
}

// set sets an attribute. An item that has very many already gets no further ones.
func (c *classification) set(name string, v rule.Value) bool {
	if _, ok := c.attrs[name]; !ok && len(c.attrs) >= maxAttributes {
		return false
	}
	c.attrs[name] = v
	return true
}

// namesOf returns the names of attributes, sorted.
func namesOf(attrs rule.Attributes) []string {
	if len(attrs) == 0 {
		return nil // as in most rules
	}
	return slices.Sorted(maps.Keys(attrs))
}

func findSkill(list []plan.Skill, name string) (int, bool) {
	return slices.BinarySearchFunc(list, name, func(s plan.Skill, n string) int { return strings.Compare(s.Name, n) })
}

// without returns what of list is not in other; both are sorted.
func without(list, other []string) []string {
	return slices.DeleteFunc(list, func(s string) bool {
		_, ok := slices.BinarySearch(other, s)
		return ok
	})
}

func (e *Engine) applyClassified(ev *event.ItemClassified) {
	it := e.mustItem(ev.Item)
	e.leave(it)
	e.described = nil
	it.Classified, it.Priority, it.Skills, it.Profiles = true, ev.Priority, ev.Skills, ev.Profiles
	e.addAttributes(it, ev.Attributes)
	it.skills = e.joined(it.Skills)
}

func (e *Engine) applyUpdated(ev *event.ItemUpdated) {
	it := e.mustItem(ev.Item)
	e.addAttributes(it, ev.Attributes)
	it.Stale = it.Stale || (it.Type == plan.Record && it.Offer != nil && it.Offer.From == "")
	for name := range ev.Attributes {
		if strings.HasPrefix(name, "context.") || strings.HasPrefix(name, "record.") {
			it.Classified = false
		}
	}
}
