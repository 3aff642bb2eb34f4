// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"strings"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/ruletest"
)

// anyContext is the kinds of attributes without knowing whose items they are of: context variables may be of any kind.
func anyContext(attribute string) (rule.Kind, bool) {
	if isContext(attribute) {
		return rule.Any, true
	}
	return new(plan.Workstream).AttributeKind(attribute)
}

func isContext(attribute string) bool {
	return len(attribute) > len(contextRoot) && strings.HasPrefix(attribute, contextRoot)
}

// runTests runs the tests of a ruleset whose rules can be read. One that fails keeps the ruleset out of the plan. Where a
// calendar is missing that a condition asks nobody can tell, and the ruleset is held back for that.
func (r *ruleset) runTests(calendar func(name string) *hours.Calendar) {
	spec := &r.object.Spec
	tests, wrong := ruletest.Read(spec, anyContext)
	for _, p := range wrong {
		r.accepted.add(string(v1alpha1.RoutingRulesetReasonInvalid), "%s: %s", p.Path, p.Message)
	}
	if len(tests) == 0 || r.accepted.any() {
		return
	}
	definitions := make([]rule.Definition, len(r.whens))
	for i := range definitions {
		definitions[i] = r.definition(i)
	}
	set, err := rule.CompileSet(definitions, rule.Env{Kind: anyContext, Calendar: calendar})
	if err != nil {
		return
	}
	r.tests = ruletest.Run(spec.Rules, tests, set)
	for _, o := range r.tests {
		for _, failure := range o.Failures {
			r.accepted.add(string(v1alpha1.RoutingRulesetReasonTestFailed), "%s: %s", o.Path, failure)
		}
	}
}

// calendarOf returns the calendar of that name for tests, nil if there is none that can be used.
func (s *scope) calendarOf(name string) *hours.Calendar {
	c, ok := s.calendars[name]
	if !ok {
		return nil
	}
	compiled, err := hours.Compile(&c.Definition)
	if err != nil {
		return nil
	}
	return compiled
}

// checkTests says what the tests name that w does not declare, or declares as something else.
func (r *ruleset) checkTests(w *plan.Workstream) problems {
	var found problems
	if len(r.object.Spec.Tests) == 0 {
		return found
	}
	_, wrong := ruletest.Read(&r.object.Spec, w.AttributeKind)
	for _, p := range wrong {
		if p.Undeclared == "" {
			found.add(string(v1alpha1.RoutingRulesetReasonTypeMismatch), "%s: %s", p.Path, p.Message)
		} else {
			found.add(string(v1alpha1.RoutingRulesetReasonVariableNotDeclared), notDeclared,
				p.Path, strings.TrimPrefix(p.Undeclared, contextRoot))
		}
	}
	return found
}

// Rules returns the rules of a ruleset with their names, and what they may name as far as one can tell from the ruleset
// alone: context variables of any kind, and no calendars.
func Rules(object *v1alpha1.RoutingRuleset) (definitions []rule.Definition, names []string, env rule.Env) {
	definitions, names = make([]rule.Definition, len(object.Spec.Rules)), make([]string, len(object.Spec.Rules))
	for i := range object.Spec.Rules {
		from := &object.Spec.Rules[i]
		definitions[i], names[i] = rule.Definition{When: translateCondition(from.When), Expression: from.Expression}, from.Name
	}
	return definitions, names, rule.Env{Kind: anyContext}
}
