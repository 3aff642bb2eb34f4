// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"errors"
	"fmt"
	"strings"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// contextRoot is how the attributes that workstreams declare begin.
const contextRoot = "context."

// ruleset is a RoutingRuleset in the form of the plan, with what cannot be judged without a workstream.
type ruleset struct {
	object *v1alpha1.RoutingRuleset
	rules  []plan.Rule
	// paths are where the rules stand in the object.
	paths []string
	// targets are the queues that it routes to, each once, at the first place that names it.
	targets []target
	// context are the indexes of the rules that ask for context variables: only these are judged for each workstream.
	context []int

	accepted problems
	refs     problems
	users    []*workstream // by name
}

type target struct{ queue, path string }

func (s *scope) translateRuleset(object *v1alpha1.RoutingRuleset) *ruleset {
	r := &ruleset{object: object, rules: make([]plan.Rule, len(object.Spec.Rules)), paths: make([]string, len(object.Spec.Rules))}
	seen := map[string]bool{}
	for i := range object.Spec.Rules {
		from := &object.Spec.Rules[i]
		r.paths[i] = fmt.Sprintf("spec.rules[%d](%s)", i, from.Name)
		r.rules[i] = plan.Rule{Name: from.Name, When: translateCondition(from.When)}
		r.translateRoute(&from.Route, i, seen)
		r.checkCondition(i)
	}
	for _, t := range r.targets {
		if _, ok := s.queues[t.queue]; !ok {
			r.refs.add(string(v1alpha1.RoutingRulesetReasonQueueNotFound), "%s: there is no Queue %q", t.path, t.queue)
		}
	}
	return r
}

func (r *ruleset) translateRoute(route *v1alpha1.Route, i int, seen map[string]bool) {
	path := r.paths[i] + ".route"
	invalid := string(v1alpha1.RoutingRulesetReasonInvalid)
	if (route.QueueRef != nil) == (len(route.Split) > 0) {
		r.accepted.add(invalid, "%s: exactly one of queueRef and split must be set", path)
		return
	}
	if route.QueueRef != nil {
		r.addTarget(i, plan.Target{Queue: string(route.QueueRef.Name), Percent: 100}, path+".queueRef", seen)
		return
	}
	var sum int32
	for j, t := range route.Split {
		sum += t.Percent
		if t.Percent < 1 {
			r.accepted.add(invalid, "%s.split[%d].percent: %d is no share", path, j, t.Percent)
		}
		r.addTarget(i, plan.Target{Queue: string(t.QueueRef.Name), Percent: t.Percent},
			fmt.Sprintf("%s.split[%d].queueRef", path, j), seen)
	}
	if sum != 100 {
		r.accepted.add(invalid, "%s.split: the percentages add up to %d, not to 100", path, sum)
	}
}

func (r *ruleset) addTarget(i int, t plan.Target, path string, seen map[string]bool) {
	r.rules[i].Split = append(r.rules[i].Split, t)
	if !seen[t.Queue] {
		seen[t.Queue] = true
		r.targets = append(r.targets, target{t.Queue, path})
	}
}

// checkCondition judges a rule as far as one can without knowing whose items it is asked for: context variables may
// be of any kind.
func (r *ruleset) checkCondition(i int) {
	when := r.rules[i].When
	if when == nil {
		return
	}
	asksContext := false
	_, err := rule.Compile(when, func(attribute string) (rule.Kind, bool) {
		if len(attribute) > len(contextRoot) && strings.HasPrefix(attribute, contextRoot) {
			asksContext = true
			return rule.Any, true
		}
		return new(plan.Workstream).AttributeKind(attribute)
	})
	switch {
	case err != nil:
		path, message := describe(err)
		r.accepted.add(string(v1alpha1.RoutingRulesetReasonInvalid), "%s.when%s: %s", r.paths[i], path, message)
	case asksContext:
		r.context = append(r.context, i)
	}
}

// describe returns where a condition is wrong, as what follows its own path, and how.
func describe(err error) (path, message string) {
	var unknown *rule.UnknownAttributeError
	var wrong *rule.Error
	switch {
	case errors.As(err, &unknown):
		return dotted(unknown.Path), fmt.Sprintf("%q is no attribute: they begin with context., channel., customer. or record., "+
			"or are item.type, item.channel or item.workstream", unknown.Attribute)
	case errors.As(err, &wrong):
		return dotted(wrong.Path), wrong.Message
	default:
		return "", err.Error()
	}
}

func dotted(path string) string {
	if path == "" {
		return ""
	}
	return "." + path
}

// checkFor judges the ruleset for the items of one workstream. w has its variables. It returns the rules for w, which
// are w's own: plans keep compiled conditions in them.
func (r *ruleset) checkFor(w *plan.Workstream, queues map[string]plan.Queue) ([]plan.Rule, problems) {
	var found problems
	for _, t := range r.targets {
		if q, ok := queues[t.queue]; ok && q.Type != w.Type {
			found.add(string(v1alpha1.RoutingRulesetReasonTypeMismatch), "%s: Queue %q is of type %s, not %s",
				t.path, t.queue, q.Type, w.Type)
		}
	}
	for _, i := range r.context {
		_, err := rule.Compile(r.rules[i].When, w.AttributeKind)
		var undeclared *rule.UnknownAttributeError
		switch {
		case err == nil:
		case errors.As(err, &undeclared):
			found.add(string(v1alpha1.RoutingRulesetReasonVariableNotDeclared), "%s.when%s: no ContextVariable declares %q",
				r.paths[i], dotted(undeclared.Path), strings.TrimPrefix(undeclared.Attribute, contextRoot))
		default:
			path, message := describe(err)
			found.add(string(v1alpha1.RoutingRulesetReasonTypeMismatch), "%s.when%s: %s", r.paths[i], path, message)
		}
	}
	rules := make([]plan.Rule, len(r.rules))
	copy(rules, r.rules)
	return rules, found
}

func (s *scope) reportRulesets() {
	for _, r := range s.rulesets {
		o := Object{
			Kind: v1alpha1.KindRoutingRuleset, Name: r.object.Name,
			Findings: judged(&r.accepted, &r.refs, ""),
			Counts:   Counts{Rules: int32(len(r.rules)), Workstreams: int32(len(r.users))}, //nolint:gosec // bounded by the schema
		}
		switch {
		case r.accepted.any():
			o.Absent = "the ruleset is not accepted"
		case r.refs.any():
			o.Absent = "not all references of the ruleset are resolved"
		case len(r.users) == 0:
			o.Absent = "no Workstream uses the ruleset"
		default:
			for _, w := range r.users {
				if o.Absent = w.absent(); o.Absent != "" {
					break
				}
			}
		}
		s.report(o)
	}
}
