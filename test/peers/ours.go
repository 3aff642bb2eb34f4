// SPDX-License-Identifier: Apache-2.0

package main

import "workstream.dev/operator/internal/rule"

// decider returns the index of the first rule that matches an item, or -1.
type decider func(item int) int

func ours(s *ruleset) (decider, error) {
	kinds := func(name string) (rule.Kind, bool) {
		if name == "basket" {
			return rule.Number, true
		}
		return rule.Text, true
	}
	defs := make([]rule.Definition, len(s.rules))
	for i := range s.rules {
		all := conditions(s.rules[i].all)
		if either := conditions(s.rules[i].either); either != nil {
			all = append(all, rule.Condition{Any: either})
		}
		defs[i].When = &rule.Condition{All: all}
	}
	set, err := rule.CompileSet(defs, rule.Env{Kind: kinds})
	if err != nil {
		return nil, err
	}
	items := make([]rule.Attributes, len(s.items))
	for i, item := range s.items {
		items[i] = rule.Attributes{}
		for name, v := range item {
			switch v := v.(type) {
			case string:
				items[i][name] = rule.TextValue(v)
			case float64:
				items[i][name] = rule.NumberValue(v)
			}
		}
	}
	return func(item int) int { return set.Next(0, items[item]) }, nil
}

func conditions(atoms []atom) []rule.Condition {
	var list []rule.Condition
	for _, a := range atoms {
		list = append(list, rule.Condition{Attribute: a.attribute, Operator: a.operator, Values: a.values})
	}
	return list
}
