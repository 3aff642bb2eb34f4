// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

type variable struct {
	object   *v1alpha1.ContextVariable
	accepted problems
	refs     problems
}

// compileVariables gives every workstream its variables. It returns nil when they are as they were.
func (s *scope) compileVariables() []*variable {
	if s.memory.out != nil && s.live.variables.same && s.live.workstreams.members {
		return nil
	}
	type key struct{ workstream, name string }
	objects := s.live.variables.objects
	held := make(claims[key, *v1alpha1.ContextVariable], len(objects))
	keyOf := func(v *v1alpha1.ContextVariable) key { return key{string(v.Spec.WorkstreamRef.Name), v.Spec.Name} }
	for _, object := range objects {
		held.claim(keyOf(object), object)
	}
	exists := existingNames(s.live.workstreams.objects)
	s.memory.variables = make(map[string][]plan.Variable, len(exists))
	variables := make([]*variable, len(objects))
	for i, object := range objects {
		v := &variable{object: object}
		variables[i] = v
		spec := &object.Spec
		of := string(spec.WorkstreamRef.Name)
		holder, own := held.holds(keyOf(object), object)
		if !own {
			v.accepted.add(string(v1alpha1.ContextVariableReasonConflict),
				"spec.name: the older ContextVariable %q declares %q in Workstream %q", holder, spec.Name, of)
		}
		if !exists[of] {
			v.refs.add(string(v1alpha1.ContextVariableReasonWorkstreamNotFound), "spec.workstreamRef: there is no Workstream %q", of)
		}
		if own && exists[of] {
			s.memory.variables[of] = append(s.memory.variables[of], plan.Variable{Name: spec.Name, Kind: kindOf(spec.Type)})
		}
	}
	for _, list := range s.memory.variables {
		slices.SortFunc(list, func(a, b plan.Variable) int { return cmp.Compare(a.Name, b.Name) })
	}
	return variables
}

func kindOf(t v1alpha1.VariableType) rule.Kind {
	if t == v1alpha1.VariableNumber {
		return rule.Number
	}
	return rule.Text
}

// reportVariables says of each variable what is wrong with it, and whether its workstream has it. Without variables, what is
// wrong is what it was.
func (s *scope) reportVariables(variables []*variable) {
	const kind = v1alpha1.KindContextVariable
	past := s.memory.reported(kind)
	if variables == nil && (s.steady() || s.absentSame) {
		s.repeat(kind)
		return
	}
	s.expect(kind, len(s.live.variables.objects))
	for i, object := range s.live.variables.objects {
		o := Object{Kind: kind, Name: object.Name}
		if variables == nil {
			o.Findings = past[i].Findings
		} else {
			o.Findings = judged(&variables[i].accepted, &variables[i].refs, "")
		}
		switch w := s.memory.at[string(object.Spec.WorkstreamRef.Name)]; {
		case o.Findings[0].Status != metav1.ConditionTrue:
			o.Absent = "the variable is not accepted"
		case w == nil:
			o.Absent = "its Workstream does not exist"
		default:
			o.Absent = w.absent()
		}
		s.report(o)
	}
}
