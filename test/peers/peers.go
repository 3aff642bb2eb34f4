// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/google/cel-go/cel"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"

	"workstream.dev/operator/internal/rule"
)

// celGo has a program for each rule, tried in order: cel-go knows no sets of rules.
func celGo(s *ruleset) (decider, error) {
	env, err := cel.NewEnv(cel.Variable("tier", cel.StringType), cel.Variable("product", cel.StringType),
		cel.Variable("account", cel.StringType), cel.Variable("locale", cel.StringType), cel.Variable("topic", cel.StringType),
		cel.Variable("basket", cel.DoubleType))
	if err != nil {
		return nil, err
	}
	programs := make([]cel.Program, len(s.rules))
	for i := range s.rules {
		checked, issues := env.Compile(s.rules[i].join(celAtom, " && ", " || "))
		if issues.Err() != nil {
			return nil, issues.Err()
		}
		if programs[i], err = env.Program(checked, cel.EvalOptions(cel.OptOptimize)); err != nil {
			return nil, err
		}
	}
	activations := make([]cel.Activation, len(s.items))
	for i := range s.items {
		if activations[i], err = cel.NewActivation(s.items[i]); err != nil {
			return nil, err
		}
	}
	return func(item int) int {
		for i, p := range programs {
			out, _, err := p.Eval(activations[item])
			if err == nil && out.Value() == true {
				return i
			}
		}
		return -1
	}, nil
}

func celAtom(a atom) string {
	switch a.operator {
	case rule.Equal:
		return a.attribute + " == " + quoted(a.values)
	case rule.NotEqual:
		return a.attribute + " != " + quoted(a.values)
	case rule.In:
		return a.attribute + " in [" + quoted(a.values) + "]"
	case rule.StartsWith:
		return a.attribute + ".startsWith(" + quoted(a.values) + ")"
	case rule.Contains:
		return a.attribute + ".contains(" + quoted(a.values) + ")"
	case rule.Between:
		return fmt.Sprintf("%s >= %s.0 && %s <= %s.0", a.attribute, a.values[0], a.attribute, a.values[1])
	default:
		return unknown(a)
	}
}

// exprLang has a program for each rule, tried in order, and one machine for all of them.
func exprLang(s *ruleset) (decider, error) {
	programs := make([]*vm.Program, len(s.rules))
	var err error
	for i := range s.rules {
		source := s.rules[i].join(exprAtom, " && ", " || ")
		if programs[i], err = expr.Compile(source, expr.Env(s.items[0]), expr.AsBool()); err != nil {
			return nil, err
		}
	}
	machine := &vm.VM{}
	return func(item int) int {
		for i, p := range programs {
			if out, err := machine.Run(p, s.items[item]); err == nil && out == true {
				return i
			}
		}
		return -1
	}, nil
}

func exprAtom(a atom) string {
	switch a.operator {
	case rule.StartsWith:
		return a.attribute + " startsWith " + quoted(a.values)
	case rule.Contains:
		return a.attribute + " contains " + quoted(a.values)
	default:
		return celAtom(a)
	}
}

// opa has one policy: a rule with an else for each rule that follows, which is how Rego says that the first counts.
func opa(s *ruleset) (decider, error) {
	var head, tail strings.Builder
	head.WriteString("package rules\n\n")
	for i := range s.rules {
		d := s.rules[i]
		body := d
		body.either = nil
		text := body.join(regoAtom, "; ", "")
		if len(d.either) > 0 {
			for _, a := range d.either {
				fmt.Fprintf(&head, "either_%d if %s\n", i, regoAtom(a))
			}
			text += fmt.Sprintf("; either_%d", i)
		}
		word := "else"
		if i == 0 {
			word = "first"
		}
		fmt.Fprintf(&tail, "%s := %d if { %s }\n", word, i, text)
	}
	ctx := context.Background()
	query, err := rego.New(rego.Query("data.rules.first"), rego.Module("rules.rego", head.String()+tail.String())).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	inputs := make([]ast.Value, len(s.items))
	for i := range s.items {
		if inputs[i], err = ast.InterfaceToValue(s.items[i]); err != nil {
			return nil, err
		}
	}
	return func(item int) int {
		results, err := query.Eval(ctx, rego.EvalParsedInput(inputs[item]))
		if err != nil || len(results) == 0 {
			return -1
		}
		i, err := strconv.Atoi(fmt.Sprint(results[0].Expressions[0].Value))
		if err != nil {
			return -1
		}
		return i
	}, nil
}

func regoAtom(a atom) string {
	name := "input." + a.attribute
	switch a.operator {
	case rule.Equal:
		return name + " == " + quoted(a.values)
	case rule.NotEqual:
		return name + " != " + quoted(a.values)
	case rule.In:
		return name + " in {" + quoted(a.values) + "}"
	case rule.StartsWith:
		return "startswith(" + name + ", " + quoted(a.values) + ")"
	case rule.Contains:
		return "contains(" + name + ", " + quoted(a.values) + ")"
	case rule.Between:
		return fmt.Sprintf("%s >= %s; %s <= %s", name, a.values[0], name, a.values[1])
	default:
		return unknown(a)
	}
}

// alertmanager has a route for each rule below one root; a rule with an either has one for each of these.
func alertmanager(s *ruleset) (decider, error) {
	root := &config.Route{Receiver: "-1"}
	for i := range s.rules {
		d := &s.rules[i]
		routes := [][]atom{d.all}
		if len(d.either) > 0 {
			routes = nil
			for _, a := range d.either {
				routes = append(routes, append(append([]atom{}, d.all...), a))
			}
		}
		for _, atoms := range routes {
			route := &config.Route{Receiver: strconv.Itoa(i)}
			for _, a := range atoms {
				m, err := matcher(a)
				if err != nil {
					return nil, err
				}
				route.Matchers = append(route.Matchers, m)
			}
			root.Routes = append(root.Routes, route)
		}
	}
	tree := dispatch.NewRoute(root, nil)
	sets := make([]model.LabelSet, len(s.items))
	for i, item := range s.items {
		sets[i] = model.LabelSet{}
		for name, v := range item {
			sets[i][model.LabelName(name)] = model.LabelValue(fmt.Sprint(v))
		}
	}
	return func(item int) int {
		i, err := strconv.Atoi(tree.Match(sets[item])[0].RouteOpts.Receiver)
		if err != nil {
			return -1
		}
		return i
	}, nil
}

func matcher(a atom) (*labels.Matcher, error) {
	alternatives := make([]string, len(a.values))
	for i, v := range a.values {
		alternatives[i] = regexp.QuoteMeta(v)
	}
	either := strings.Join(alternatives, "|")
	switch a.operator {
	case rule.Equal:
		return labels.NewMatcher(labels.MatchEqual, a.attribute, a.values[0])
	case rule.NotEqual:
		return labels.NewMatcher(labels.MatchNotEqual, a.attribute, a.values[0])
	case rule.In:
		return labels.NewMatcher(labels.MatchRegexp, a.attribute, either)
	case rule.StartsWith:
		return labels.NewMatcher(labels.MatchRegexp, a.attribute, "(?:"+either+").*")
	default:
		return nil, fmt.Errorf("a label is not compared by %s", a.operator)
	}
}
