// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"slices"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

type variable struct {
	object   *v1alpha1.ContextVariable
	accepted problems
	refs     problems
}

// compileVariables gives every workstream its variables.
func (s *scope) compileVariables() []*variable {
	type key struct{ workstream, name string }
	held := claims[key]{}
	objects := live(s.in.ContextVariables)
	variables := make([]*variable, len(objects))
	for i, object := range objects {
		v := &variable{object: object}
		variables[i] = v
		spec := &object.Spec
		holder, ok := held.claim(key{string(spec.WorkstreamRef.Name), spec.Name}, object.Name)
		if !ok {
			v.accepted.add(string(v1alpha1.ContextVariableReasonConflict),
				"spec.name: the older ContextVariable %q declares %q in Workstream %q", holder, spec.Name, spec.WorkstreamRef.Name)
		}
		w := s.workstreams[string(spec.WorkstreamRef.Name)]
		if w == nil {
			v.refs.add(string(v1alpha1.ContextVariableReasonWorkstreamNotFound),
				"spec.workstreamRef: there is no Workstream %q", spec.WorkstreamRef.Name)
		}
		if ok && w != nil {
			w.variables = append(w.variables, plan.Variable{Name: spec.Name, Kind: kindOf(spec.Type)})
		}
	}
	for _, w := range s.workstreams {
		slices.SortFunc(w.variables, func(a, b plan.Variable) int { return cmp.Compare(a.Name, b.Name) })
	}
	return variables
}

func kindOf(t v1alpha1.VariableType) rule.Kind {
	if t == v1alpha1.VariableNumber {
		return rule.Number
	}
	return rule.Text
}

func (s *scope) reportVariables(variables []*variable) {
	for _, v := range variables {
		o := Object{Kind: v1alpha1.KindContextVariable, Name: v.object.Name, Findings: judged(&v.accepted, &v.refs, "")}
		switch w := s.workstreams[string(v.object.Spec.WorkstreamRef.Name)]; {
		case v.accepted.any():
			o.Absent = "the variable is not accepted"
		case w == nil:
			o.Absent = "its Workstream does not exist"
		default:
			o.Absent = w.absent()
		}
		s.report(o)
	}
}
