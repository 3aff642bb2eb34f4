// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/analysis"
	"workstream.dev/operator/internal/compile"
)

// Object is any object of the API: every client.Object is one.
type Object interface {
	metav1.Object
	runtime.Object
}

// Review returns what obj gets wrong alone: problems, for which it is to be refused, each a line such as
// `spec.timeZone: "UTC+2" is no time zone such as Europe/Berlin`; and warnings, which whoever applies it should see. It
// looks at no other object, so what obj names may be missing. Nothing is wrong with an object that is being deleted, nor
// with one that is not of the API.
func Review(obj Object) (problems, warnings []string) {
	if obj.GetDeletionTimestamp() != nil {
		return nil, nil
	}
	in := &compile.Input{Namespace: obj.GetNamespace()}
	kind, ok := add(in, obj)
	if !ok {
		return nil, nil
	}
	out, err := compile.Compile(in)
	if err != nil {
		// A bug in the compiler is no reason to refuse the object; the controllers will meet it too.
		return nil, []string{fmt.Sprintf("%s %s could not be checked: %s", kind, obj.GetName(), err)}
	}
	if object := out.Object(kind, obj.GetName()); object != nil {
		for _, f := range object.Findings {
			if f.Condition == v1alpha1.ConditionAccepted && f.Status == metav1.ConditionFalse {
				for _, p := range f.Problems {
					problems = append(problems, p.Text)
				}
				if f.More > 0 {
					problems = append(problems, fmt.Sprintf("spec: and %d more", f.More))
				}
			}
		}
	}
	if ruleset, ok := obj.(*v1alpha1.RoutingRuleset); ok && len(problems) == 0 {
		warnings = lint(ruleset)
	}
	return problems, warnings
}

// lint returns what a ruleset whose rules are sound hardly means so: rules that can never decide. An apply waits for it, so of
// a large ruleset it may not see all.
func lint(ruleset *v1alpha1.RoutingRuleset) []string {
	var warnings []string
	for _, f := range analysis.Glance(compile.Rules(ruleset)) {
		if f.Severity != analysis.Warning {
			continue
		}
		text := f.Path + ": " + f.Message
		if f.Code == analysis.RuleShadowed && ruleset.Spec.Type == v1alpha1.RulesetRouteToQueue {
			text += ", unless a queue of those before it overflows" // which nobody can tell from the ruleset alone
		}
		warnings = append(warnings, text)
	}
	return warnings
}

// add makes obj the only object of in and returns its kind, unless it is not of the API.
func add(in *compile.Input, obj Object) (kind string, ok bool) {
	switch o := obj.(type) {
	case *v1alpha1.Workstream:
		in.Workstreams = []v1alpha1.Workstream{*o}
		return v1alpha1.KindWorkstream, true
	case *v1alpha1.Channel:
		in.Channels = []v1alpha1.Channel{*o}
		return v1alpha1.KindChannel, true
	case *v1alpha1.ContextVariable:
		in.ContextVariables = []v1alpha1.ContextVariable{*o}
		return v1alpha1.KindContextVariable, true
	case *v1alpha1.RoutingRuleset:
		in.RoutingRulesets = []v1alpha1.RoutingRuleset{*o}
		return v1alpha1.KindRoutingRuleset, true
	case *v1alpha1.Queue:
		in.Queues = []v1alpha1.Queue{*o}
		return v1alpha1.KindQueue, true
	case *v1alpha1.Agent:
		in.Agents = []v1alpha1.Agent{*o}
		return v1alpha1.KindAgent, true
	case *v1alpha1.CapacityProfile:
		in.CapacityProfiles = []v1alpha1.CapacityProfile{*o}
		return v1alpha1.KindCapacityProfile, true
	case *v1alpha1.OperatingHours:
		in.OperatingHours = []v1alpha1.OperatingHours{*o}
		return v1alpha1.KindOperatingHours, true
	case *v1alpha1.Distributor:
		in.Distributors = []v1alpha1.Distributor{*o}
		return v1alpha1.KindDistributor, true
	default:
		return "", false
	}
}
