// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/manifest"
	"workstream.dev/operator/internal/whatif"
)

// reach is which rules tests have reached, by namespace, ruleset and rule.
type reach map[[3]string]bool

// rule notes that a rule was the one that matched.
func (r reach) rule(namespace, ruleset, name string) {
	if name != "" {
		r[[3]string{namespace, ruleset, name}] = true
	}
}

// outcome notes the rules that decided about an item, those included whose queue was passed over.
func (r reach) outcome(namespace string, out *whatif.Outcome) {
	if out.Classified != nil {
		for _, tried := range out.Classified.Rulesets {
			r.rule(namespace, tried.Ruleset, tried.Rule)
		}
	}
	if routed := out.Routed; routed != nil {
		r.rule(namespace, routed.Ruleset, routed.Rule)
		for _, passed := range routed.Passed {
			r.rule(namespace, routed.Ruleset, passed.Rule)
		}
	}
}

// coverage is how many rules tests reach.
type coverage struct {
	Rules   int     `json:"rules"`
	Reached int     `json:"reached"`
	Percent float64 `json:"percent"`
	// Missed are the rules that no test reaches.
	Missed []missedRule `json:"missed"`
}

type missedRule struct {
	manifest.Place

	Namespace string `json:"namespace"`
	Ruleset   string `json:"ruleset"`
	Rule      string `json:"rule"`
	Field     string `json:"field"`
}

func (r reach) coverage(w *world) *coverage {
	c := &coverage{Missed: []missedRule{}, Percent: 100}
	for i := range w.Spaces {
		s := &w.Spaces[i]
		for j := range s.Input.RoutingRulesets {
			set := &s.Input.RoutingRulesets[j]
			e := w.Set.Get(v1alpha1.KindRoutingRuleset, s.Namespace, set.Name)
			for k := range set.Spec.Rules {
				name := set.Spec.Rules[k].Name
				c.Rules++
				if r[[3]string{s.Namespace, set.Name, name}] {
					c.Reached++
					continue
				}
				path := fmt.Sprintf("spec.rules[%d]", k)
				c.Missed = append(c.Missed, missedRule{e.Place(path), s.Namespace, set.Name, name, fmt.Sprintf("%s(%s)", path, name)})
			}
		}
	}
	if c.Rules > 0 {
		c.Percent = float64(c.Reached) * 100 / float64(c.Rules)
	}
	return c
}

func (c *coverage) text(p *page) {
	p.printf("coverage: %d of %s (%.1f %%)\n", c.Reached, many(c.Rules, "rule"), c.Percent)
	for i := range c.Missed {
		m := &c.Missed[i]
		where := m.String()
		if where == "" {
			where = "namespace " + m.Namespace
		}
		p.printf("  %s: RoutingRuleset %s: %s: no test reaches it\n", where, m.Ruleset, m.Field)
	}
}
