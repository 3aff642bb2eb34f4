// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"maps"
	"slices"
	"strings"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// The priority that items have where classification sets none.
const defaultPriority = 100

// journey is what becomes of an item by the rules, queues left aside.
type journey struct {
	attrs    rule.Attributes // after classification
	rules    []int           // the rule of each classification ruleset, -1 for none
	skills   []plan.Skill    // by name
	profiles []string        // beside those of the workstream
	route    int             // the first routing rule that matches, -1 for the fallback
}

// arrival returns the attributes with which an item of w comes in that has these, as far as a source sets them.
func (n *namespace) arrival(w *plan.Workstream, attrs rule.Attributes) rule.Attributes {
	given := rule.Attributes{}
	for name, v := range attrs {
		if sourced(w, name) && !strings.HasPrefix(name, "item.") || name == "item.createdAt" {
			given[name] = v
		}
	}
	given["item.type"], given["item.workstream"] = rule.TextValue(string(w.Type)), rule.TextValue(w.Name)
	if w.Type == plan.Messaging {
		name := attrs["item.channel"]
		i := slices.IndexFunc(n.plan.Channels, func(c plan.Channel) bool {
			return c.Workstream == w.Name && (!name.Present() || c.Name == name.String())
		})
		if i >= 0 {
			given["item.channel"] = rule.TextValue(n.plan.Channels[i].Name)
		}
	}
	return given
}

// follow classifies and routes an item.
func follow(w *plan.Workstream, given rule.Attributes) journey {
	j := journey{attrs: maps.Clone(given)}
	priority := int32(defaultPriority)
	for i := range w.Classification {
		c := &w.Classification[i]
		at := c.Match(j.attrs)
		if j.rules = append(j.rules, at); at >= 0 {
			j.give(&c.Rules[at], &priority)
		}
	}
	if len(w.Classification) > 0 {
		j.attrs["item.priority"] = rule.NumberValue(float64(priority))
	}
	j.route = w.Routing.Next(0, j.attrs)
	return j
}

func (j *journey) give(r *plan.ClassificationRule, priority *int32) {
	maps.Copy(j.attrs, r.Set)
	if r.Priority != 0 {
		*priority = r.Priority
		j.attrs["item.priority"] = rule.NumberValue(float64(r.Priority))
	}
	j.skills = mergeSkills(j.skills, r.Skills)
	for _, s := range r.Skills {
		i, _ := findSkill(j.skills, s.Name)
		j.attrs["item.skills."+s.Name] = rule.NumberValue(float64(j.skills[i].Rating))
	}
	for _, p := range r.Profiles {
		if !slices.Contains(j.profiles, p) {
			j.profiles = append(j.profiles, p)
		}
	}
}

// mergeSkills returns all skills of two lists, with the higher of two ratings. The result is by name and new.
func mergeSkills(have, more []plan.Skill) []plan.Skill {
	out := slices.Clone(have)
	for _, s := range more {
		if i, ok := findSkill(out, s.Name); !ok {
			out = slices.Insert(out, i, s)
		} else {
			out[i].Rating = max(out[i].Rating, s.Rating)
		}
	}
	return out
}

func findSkill(list []plan.Skill, name string) (int, bool) {
	return slices.BinarySearchFunc(list, name, func(s plan.Skill, n string) int { return strings.Compare(s.Name, n) })
}

// sourced reports whether anything sets an attribute of w's items.
func sourced(w *plan.Workstream, name string) bool {
	root, rest, _ := strings.Cut(name, ".")
	switch root {
	case "context":
		return w.Type == plan.Messaging || classifies(w, func(r *plan.ClassificationRule) bool { return r.Set[name].Present() })
	case "channel":
		return w.Type == plan.Messaging
	case "record":
		return w.Type == plan.Record
	case "customer":
		return slices.Contains([]string{"id", "name", "preferredAgents", "neverAgents"}, rest)
	}
	switch {
	case name == "item.channel":
		return w.Type == plan.Messaging
	case name == "item.priority":
		return len(w.Classification) > 0
	case strings.HasPrefix(name, "item.skills."):
		skill := strings.TrimPrefix(name, "item.skills.")
		return classifies(w, func(r *plan.ClassificationRule) bool {
			return slices.ContainsFunc(r.Skills, func(s plan.Skill) bool { return s.Name == skill })
		})
	default:
		return true
	}
}

// classifies reports whether a classification rule of w does something.
func classifies(w *plan.Workstream, does func(*plan.ClassificationRule) bool) bool {
	for i := range w.Classification {
		for j := range w.Classification[i].Rules {
			if does(&w.Classification[i].Rules[j]) {
				return true
			}
		}
	}
	return false
}
