// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/rule"
)

// Next returns the index of the first rule at or behind from that matches an item with these attributes, or -1. r must be
// part of an encoded or decoded plan.
func (r *Routing) Next(from int, attrs rule.Attributes) int {
	if r.set == nil {
		return -1
	}
	return r.set.Next(from, attrs)
}

// Matches reports whether the rule at index i matches an item with these attributes, whatever the others do. It does not use
// what Next is fast by.
func (r *Routing) Matches(i int, attrs rule.Attributes) bool { return r.set.Matches(i, attrs) }

// Match returns the index of the first rule that matches an item with these attributes, or -1. c must be part of an encoded
// or decoded plan.
func (c *Classification) Match(attrs rule.Attributes) int {
	if c.set == nil {
		return -1
	}
	return c.set.Next(0, attrs)
}

// Matches reports whether the rule at index i matches an item with these attributes, whatever the others do. It does not use
// what Match is fast by.
func (c *Classification) Matches(i int, attrs rule.Attributes) bool { return c.set.Matches(i, attrs) }

// Calendars returns those that the rules of w name, by name, as they were when the rules were compiled.
func (w *Workstream) Calendars() []Calendar { return w.calendars }

// HoursVersion is what tells the calendars of w from those of the same revision in another plan; empty when its rules name
// none. A revision says which calendars there are, and not when they are open.
func (w *Workstream) HoursVersion() string { return w.hours }

// Compile makes the rules of w ready to match, with the calendars that they name. Encode and Decode do so for the workstreams
// of a plan; a workstream that was read back on its own needs it before its rules are asked.
func (w *Workstream) Compile(calendars []Calendar) error {
	for i := range calendars {
		if err := calendars[i].compile(); err != nil {
			return fmt.Errorf("workstream %s: %w", w.Name, err)
		}
	}
	return w.compile(func(name string) *Calendar {
		i := slices.IndexFunc(calendars, func(c Calendar) bool { return c.Name == name })
		if i < 0 {
			return nil
		}
		return &calendars[i]
	})
}

func (c *Calendar) compile() error {
	compiled, err := hours.Compile(&c.Definition)
	if err != nil {
		return fmt.Errorf("calendar %s: %w", c.Name, err)
	}
	c.compiled = compiled
	return nil
}

func (w *Workstream) compile(calendar func(name string) *Calendar) error {
	w.calendars = nil
	env := rule.Env{Kind: w.AttributeKind, Calendar: func(name string) *hours.Calendar {
		c := calendar(name)
		if c == nil {
			return nil
		}
		w.name(c)
		return c.compiled
	}}
	for i := range w.Classification {
		c := &w.Classification[i]
		set, err := rule.CompileSet(definitions(c.Rules, (*ClassificationRule).definition), env)
		if err != nil {
			return fmt.Errorf("workstream %s: ruleset %s: %w", w.Name, c.Ruleset,
				named(err, func(i int) string { return c.Rules[i].Name }))
		}
		c.set = set
	}
	set, err := rule.CompileSet(definitions(w.Routing.Rules, (*Rule).definition), env)
	if err != nil {
		return fmt.Errorf("workstream %s: %w", w.Name, named(err, func(i int) string { return w.Routing.Rules[i].Name }))
	}
	w.Routing.set = set
	return w.setHours()
}

func (w *Workstream) setHours() error {
	if w.hours = ""; len(w.calendars) == 0 {
		return nil
	}
	body, err := json.Marshal(w.calendars)
	if err != nil {
		return fmt.Errorf("workstream %s: encoding its calendars: %w", w.Name, err)
	}
	w.hours = Version(body)[:10]
	return nil
}

// name notes that a rule of w names c.
func (w *Workstream) name(c *Calendar) {
	i, found := slices.BinarySearchFunc(w.calendars, c.Name, func(c Calendar, name string) int { return strings.Compare(c.Name, name) })
	if !found {
		w.calendars = slices.Insert(w.calendars, i, *c)
	}
}

// named says the name of the rule instead of its index.
func named(err error, name func(rule int) string) error {
	var of *rule.SetError
	if !errors.As(err, &of) {
		return err
	}
	if of.Field == "when" {
		return fmt.Errorf("rule %s: %w", name(of.Rule), of.Err)
	}
	return fmt.Errorf("rule %s: %s: %w", name(of.Rule), of.Field, of.Err)
}

func (r *Rule) definition() rule.Definition {
	return rule.Definition{When: r.When, Expression: r.Expression}
}

func (r *ClassificationRule) definition() rule.Definition {
	return rule.Definition{When: r.When, Expression: r.Expression}
}

func definitions[R any](rules []R, definition func(*R) rule.Definition) []rule.Definition {
	out := make([]rule.Definition, len(rules))
	for i := range rules {
		out[i] = definition(&rules[i])
	}
	return out
}

// Hours returns the names of the calendars that the rules of w name, sorted.
func (w *Workstream) Hours() []string {
	var names []string
	for i := range w.Classification {
		for j := range w.Classification[i].Rules {
			names = w.Classification[i].Rules[j].When.AppendHours(names)
		}
	}
	for i := range w.Routing.Rules {
		names = w.Routing.Rules[i].When.AppendHours(names)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
