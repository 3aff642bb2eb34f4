// SPDX-License-Identifier: Apache-2.0

package ruletest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/rule"
)

// Test is a test that can be run.
type Test struct {
	Name string
	// Path is where it stands, such as spec.tests[0](gold).
	Path string
	// Given are the attributes of its item.
	Given  rule.Attributes
	expect *v1alpha1.Expectation
}

// Problem is what is wrong with a test itself, whatever the rules do.
type Problem struct {
	Path    string // such as spec.tests[0](gold).given.context.tier
	Message string
	// Undeclared is the attribute, if it is that there is none of that name.
	Undeclared string
}

// Kinds returns the kind of an attribute, and whether there is such an attribute.
type Kinds func(attribute string) (rule.Kind, bool)

// Read returns the tests of a ruleset. One that has a problem is not among them.
func Read(spec *v1alpha1.RoutingRulesetSpec, kinds Kinds) (tests []Test, problems []Problem) {
	names := make(map[string]bool, len(spec.Rules))
	for i := range spec.Rules {
		names[spec.Rules[i].Name] = true
	}
	for i := range spec.Tests {
		from := &spec.Tests[i]
		t := Test{Name: from.Name, Path: fmt.Sprintf("spec.tests[%d](%s)", i, from.Name), expect: &from.Expect}
		found := t.readGiven(from.Given, kinds)
		if want := from.Expect.Rule; want != "" && !names[want] {
			found = append(found, Problem{Path: t.Path + ".expect.rule", Message: fmt.Sprintf("there is no rule %q", want)})
		}
		found = append(found, t.checkExpect(spec.Type, kinds)...)
		if problems = append(problems, found...); len(found) == 0 {
			tests = append(tests, t)
		}
	}
	return tests, problems
}

// An item always has a priority: a test that says nothing of it means the one that items come with.
const (
	priorityAttribute = "item.priority"
	defaultPriority   = 100
)

// readGiven reads the attributes of the item, in the order of their names.
func (t *Test) readGiven(given map[string]v1alpha1.AttributeValue, kinds Kinds) (found []Problem) {
	t.Given = rule.Attributes{priorityAttribute: rule.NumberValue(defaultPriority)}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		kind, known := kinds(name)
		path := t.Path + ".given." + name
		if !known {
			found = append(found, Problem{path, unknownAttribute, name})
		} else if v, message := readValue(given[name], kind); message != "" {
			found = append(found, Problem{Path: path, Message: message})
		} else {
			t.Given[name] = v
		}
	}
	return found
}

const unknownAttribute = "it is no attribute: those are context.*, channel.*, customer.*, record.* " +
	"and item.type, .channel, .workstream, .priority, .createdAt, .skills.*"

// readValue reads a value as the declared kind, or says what is wrong with it.
func readValue(body v1alpha1.AttributeValue, kind rule.Kind) (v rule.Value, message string) {
	var raw any
	if err := json.Unmarshal(body, &raw); err != nil {
		return v, err.Error()
	}
	switch x := raw.(type) {
	case string:
		v = rule.TextValue(x)
	case float64:
		v = rule.NumberValue(x)
		if kind == rule.Time {
			return v, shorten(body) + " is a number, and the attribute is a time such as 2026-12-24T15:00:00Z"
		}
	default:
		return v, shorten(body) + " is neither a text nor a number"
	}
	if kind == rule.Time {
		t, err := time.Parse(time.RFC3339, v.String())
		if err != nil {
			return v, shorten(body) + " is no time such as 2026-12-24T15:00:00Z"
		}
		return rule.TimeValue(t), ""
	}
	if kind != rule.Any && v.Kind() != kind {
		return v, fmt.Sprintf("%s is a %s, and the attribute is a %s", shorten(body),
			strings.ToLower(v.Kind().String()), strings.ToLower(kind.String()))
	}
	return v, ""
}

func shorten(body []byte) string {
	const most = 60
	if len(body) > most {
		return strings.ToValidUTF8(string(body[:most]), "") + "..."
	}
	return string(body)
}

// checkExpect finds what no rule of that type could do. The schema refuses it, too.
func (t *Test) checkExpect(kind v1alpha1.RulesetType, kinds Kinds) (found []Problem) {
	e := t.expect
	path := t.Path + ".expect"
	if kind == v1alpha1.RulesetClassification && e.Queue != "" {
		found = append(found, Problem{Path: path + ".queue", Message: "a ruleset of type Classification routes nowhere"})
	}
	if kind == v1alpha1.RulesetRouteToQueue && classifies(e) {
		found = append(found, Problem{Path: path, Message: "a ruleset of type RouteToQueue gives items nothing but a queue"})
	}
	for i, a := range e.Attributes {
		if _, known := kinds(a.Name); !known {
			found = append(found, Problem{fmt.Sprintf("%s.attributes[%d]", path, i), unknownAttribute, a.Name})
		}
	}
	matches := e.Rule != "" || e.Queue != "" || classifies(e)
	switch {
	case e.Match != "" && matches:
		found = append(found, Problem{Path: path + ".match", Message: "what no rule matches gets nothing, so match stands alone"})
	case e.Match == "" && !matches:
		found = append(found, Problem{Path: path, Message: "at least one of its fields must be set"})
	}
	return found
}

// classifies reports whether something is expected that only a rule of classification gives.
func classifies(e *v1alpha1.Expectation) bool {
	return e.Priority != 0 || len(e.Attributes) > 0 || len(e.Skills) > 0 || len(e.CapacityProfiles) > 0
}
