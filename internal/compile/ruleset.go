// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/ruletest"
)

// contextRoot is how the attributes that workstreams declare begin.
const contextRoot = "context."

// ruleset is a RoutingRuleset in the form of the plan, with what cannot be judged without a workstream.
type ruleset struct {
	object *v1alpha1.RoutingRuleset
	// whens are the conditions of the rules, nil for one that always matches, and paths where the rules stand in the object.
	whens []*rule.Condition
	paths []string
	// splits are where the rules of a ruleset of type RouteToQueue go.
	splits [][]plan.Target
	// targets are the queues that it routes to, or the profiles that it asks for, each once, at the first place that names it.
	targets []target
	// context are the indexes of the rules that ask for context variables: only these are judged for each workstream.
	context []int
	// hours are the calendars that its conditions name.
	hours []string
	// noHours is which of them cannot be used.
	noHours problems

	accepted problems
	refs     problems
	users    []*workstream // by name
	tests    []ruletest.Outcome
	// sound: nothing is wrong with the ruleset alone, nor with the calendars that it names, so that it is remembered.
	sound bool
	// lacks: it names queues or profiles that do not exist.
	lacks bool
	// round is the compile in which it was made or remembered last.
	round uint64
}

type target struct{ name, path string }

func (s *scope) translateRuleset(object *v1alpha1.RoutingRuleset) *ruleset {
	n := len(object.Spec.Rules)
	r := &ruleset{object: object, whens: make([]*rule.Condition, n), paths: make([]string, n)}
	named := map[string]bool{}
	for i := range object.Spec.Rules {
		from := &object.Spec.Rules[i]
		r.paths[i] = fmt.Sprintf("spec.rules[%d](%s)", i, from.Name)
		r.whens[i] = translateCondition(from.When)
		if object.Spec.Type == v1alpha1.RulesetClassification {
			for j, p := range from.CapacityProfiles {
				r.addTarget(string(p.Name), fmt.Sprintf("%s.capacityProfiles[%d]", r.paths[i], j), named)
			}
		} else {
			r.splits = append(r.splits, r.translateRoute(or(from.Route, &v1alpha1.Route{}), i, named))
		}
		s.checkCondition(r, i)
	}
	r.refs.addAll(&r.noHours, "")
	r.runTests(s.calendarOf)
	r.sound = object.UID != "" && !r.accepted.any() && !r.refs.any()
	return r
}

// ruleset returns the ruleset of that name, nil if there is none.
func (s *scope) ruleset(name string) *ruleset { return s.memory.byName[name] }

// findTargets says which queues or profiles do not exist, and reports whether there are such.
func (s *scope) findTargets(r *ruleset) (lacks bool) {
	before := r.refs.count
	for _, t := range r.targets {
		if r.object.Spec.Type == v1alpha1.RulesetClassification {
			if _, ok := s.profiles[t.name]; !ok {
				r.refs.add(string(v1alpha1.RoutingRulesetReasonCapacityProfileNotFound),
					"%s: there is no CapacityProfile %q", t.path, t.name)
			}
		} else if _, ok := s.queues[t.name]; !ok {
			r.refs.add(string(v1alpha1.RoutingRulesetReasonQueueNotFound), "%s: there is no Queue %q", t.path, t.name)
		}
	}
	return r.refs.count > before
}

func (r *ruleset) translateRoute(route *v1alpha1.Route, i int, named map[string]bool) []plan.Target {
	path := r.paths[i] + ".route"
	invalid := string(v1alpha1.RoutingRulesetReasonInvalid)
	if (route.QueueRef != nil) == (len(route.Split) > 0) {
		r.accepted.add(invalid, "%s: exactly one of queueRef and split must be set", path)
		return nil
	}
	if route.QueueRef != nil {
		r.addTarget(string(route.QueueRef.Name), path+".queueRef", named)
		return []plan.Target{{Queue: string(route.QueueRef.Name), Percent: 100}}
	}
	targets := make([]plan.Target, len(route.Split))
	var sum int32
	for j, t := range route.Split {
		sum += t.Percent
		if t.Percent < 1 {
			r.accepted.add(invalid, "%s.split[%d].percent: %d is no share", path, j, t.Percent)
		}
		r.addTarget(string(t.QueueRef.Name), fmt.Sprintf("%s.split[%d].queueRef", path, j), named)
		targets[j] = plan.Target{Queue: string(t.QueueRef.Name), Percent: t.Percent}
	}
	if sum != 100 {
		r.accepted.add(invalid, "%s.split: the percentages add up to %d, not to 100", path, sum)
	}
	return targets
}

func (r *ruleset) addTarget(name, path string, named map[string]bool) {
	if !named[name] {
		named[name] = true
		r.targets = append(r.targets, target{name, path})
	}
}

// checkCondition judges a rule as far as one can without knowing whose items it is asked for: context variables may
// be of any kind.
func (s *scope) checkCondition(r *ruleset, i int) {
	asksContext := false
	env := rule.Env{Calendar: someCalendar, Kind: func(attribute string) (rule.Kind, bool) {
		if len(attribute) > len(contextRoot) && strings.HasPrefix(attribute, contextRoot) {
			asksContext = true
			return rule.Any, true
		}
		return new(plan.Workstream).AttributeKind(attribute)
	}}
	definition := r.definition(i)
	if err := rule.Check(definition, env); err != nil {
		path, message := describe(err)
		r.accepted.add(string(v1alpha1.RoutingRulesetReasonInvalid), "%s%s: %s", r.paths[i], path, message)
		return
	}
	if asksContext {
		r.context = append(r.context, i)
	}
	if names := definition.When.AppendHours(nil); len(names) > 0 {
		r.hours = append(r.hours, names...)
		s.findHours(r, i, env)
	}
}

// findHours says which calendar does not exist that a rule names.
func (s *scope) findHours(r *ruleset, i int, env rule.Env) {
	env.Calendar = func(name string) *hours.Calendar {
		if c := s.hours[name]; c == nil || c.accepted.any() {
			return nil
		}
		return someCalendar(name)
	}
	var missing *rule.UnknownHoursError
	if !errors.As(rule.Check(r.definition(i), env), &missing) {
		return
	}
	path := r.paths[i] + ".when." + missing.Path
	if c := s.hours[missing.Hours]; c != nil {
		r.noHours.add(string(v1alpha1.RoutingRulesetReasonOperatingHoursNotAccepted), "%s: OperatingHours %q are not accepted: %s",
			path, missing.Hours, c.accepted.texts[0])
		return
	}
	r.noHours.add(string(v1alpha1.RoutingRulesetReasonOperatingHoursNotFound), "%s: there are no OperatingHours %q", path, missing.Hours)
}

// someCalendar stands for any where only the form of a condition is judged.
func someCalendar(string) *hours.Calendar { return &hours.Calendar{} }

func (r *ruleset) definition(i int) rule.Definition {
	return rule.Definition{When: r.whens[i], Expression: r.object.Spec.Rules[i].Expression}
}

// describe returns where a rule is wrong, as what follows its own path, and how.
func describe(err error) (path, message string) {
	var of *rule.SetError
	if !errors.As(err, &of) {
		return "", err.Error()
	}
	path = "." + of.Field
	var unknown *rule.UnknownAttributeError
	var wrong *rule.Error
	switch {
	case errors.As(err, &unknown):
		return path + dotted(unknown.Path), fmt.Sprintf("%q is no attribute: those are context.*, channel.*, customer.*, record.* "+
			"and item.type, .channel, .workstream, .priority, .createdAt, .skills.*", unknown.Attribute)
	case errors.As(err, &wrong):
		return path + dotted(wrong.Path), wrong.Message
	default:
		return path, of.Err.Error()
	}
}

func dotted(path string) string {
	if path == "" {
		return ""
	}
	return "." + path
}

// checkQueues says which queues do not have the type of w.
func (r *ruleset) checkQueues(w *plan.Workstream, queues map[string]plan.Queue) problems {
	var found problems
	for _, t := range r.targets {
		if q, ok := queues[t.name]; ok && q.Type != w.Type {
			found.add(string(v1alpha1.RoutingRulesetReasonTypeMismatch), "%s: Queue %q is of type %s, not %s",
				t.path, t.name, q.Type, w.Type)
		}
	}
	return found
}

// checkConditions judges the conditions for the items of one workstream. w has its variables.
func (r *ruleset) checkConditions(w *plan.Workstream) problems {
	var found problems
	for _, i := range r.context {
		err := rule.Check(r.definition(i), rule.Env{Kind: w.AttributeKind, Calendar: someCalendar})
		if err == nil {
			continue
		}
		path, message := describe(err)
		if undeclared, ok := errors.AsType[*rule.UnknownAttributeError](err); ok {
			found.add(string(v1alpha1.RoutingRulesetReasonVariableNotDeclared), notDeclared,
				r.paths[i]+path, strings.TrimPrefix(undeclared.Attribute, contextRoot))
			continue
		}
		found.add(string(v1alpha1.RoutingRulesetReasonTypeMismatch), "%s%s: %s", r.paths[i], path, message)
	}
	return found
}

const notDeclared = "%s: no ContextVariable declares %q"

// routeRules returns the rules for a workstream, which are its own: plans keep compiled conditions in them.
func (r *ruleset) routeRules() []plan.Rule {
	rules := make([]plan.Rule, len(r.whens))
	for i := range rules {
		from := &r.object.Spec.Rules[i]
		rules[i] = plan.Rule{Name: from.Name, When: r.whens[i], Expression: from.Expression, Split: r.splits[i]}
	}
	return rules
}

// classificationRules returns the rules for w, and what w does not declare of what they set. w has its variables.
func (r *ruleset) classificationRules(w *plan.Workstream) (rules []plan.ClassificationRule, found problems) {
	rules = make([]plan.ClassificationRule, len(r.whens))
	for i := range rules {
		from := &r.object.Spec.Rules[i]
		to := plan.ClassificationRule{Name: from.Name, When: r.whens[i], Expression: from.Expression}
		for _, skill := range from.Skills {
			to.Skills = append(to.Skills, plan.Skill{Name: string(skill.Name), Rating: skill.Rating})
		}
		for _, profile := range from.CapacityProfiles {
			to.Profiles = append(to.Profiles, string(profile.Name))
		}
		slices.Sort(to.Profiles)
		if from.Set != nil {
			to.Priority = from.Set.Priority
			to.Set = r.attributes(w, i, &found)
		}
		rules[i] = to
	}
	return rules, found
}

// attributes are what a rule sets, each of the kind that w declares.
func (r *ruleset) attributes(w *plan.Workstream, i int, found *problems) rule.Attributes {
	var set rule.Attributes
	for j, a := range r.object.Spec.Rules[i].Set.Attributes {
		path := fmt.Sprintf("%s.set.attributes[%d]", r.paths[i], j)
		value := rule.TextValue(a.Value)
		name := strings.TrimPrefix(a.Name, contextRoot)
		switch v := w.Variable(name); {
		case v == nil || name == a.Name:
			found.add(string(v1alpha1.RoutingRulesetReasonVariableNotDeclared), notDeclared, path, name)
		case v.Kind == rule.Number:
			number, ok := rule.ParseNumber(a.Value)
			if !ok {
				found.add(string(v1alpha1.RoutingRulesetReasonTypeMismatch), "%s: %q is no number, which %s is", path, a.Value, a.Name)
			}
			value = rule.NumberValue(number)
		}
		if set == nil {
			set = rule.Attributes{}
		}
		set[a.Name] = value
	}
	return set
}

func (s *scope) reportRulesets() {
	if s.steady() {
		s.repeat(v1alpha1.KindRoutingRuleset)
		return
	}
	s.expect(v1alpha1.KindRoutingRuleset, len(s.rulesets))
	for _, r := range s.rulesets {
		o := Object{
			Kind: v1alpha1.KindRoutingRuleset, Name: r.object.Name,
			Findings: judged(&r.accepted, &r.refs, ""), Tests: r.tests,
			Counts: Counts{Rules: int32(len(r.whens)), Workstreams: int32(len(r.users))}, //nolint:gosec // bounded by the schema
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
