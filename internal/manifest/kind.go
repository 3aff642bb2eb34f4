// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
)

// Object is one of our kinds.
type Object interface {
	metav1.Object
	runtime.Object
}

// Kind is one of the kinds of the API.
type Kind struct {
	Name   string
	Plural string

	empty func() Object
	add   func(in *compile.Input, o Object)
}

// kinds are all, in the order of Input.
var kinds = []Kind{
	kindOf(v1alpha1.KindWorkstream, "workstreams", func(in *compile.Input) *[]v1alpha1.Workstream { return &in.Workstreams }),
	kindOf(v1alpha1.KindChannel, "channels", func(in *compile.Input) *[]v1alpha1.Channel { return &in.Channels }),
	kindOf(v1alpha1.KindContextVariable, "contextvariables",
		func(in *compile.Input) *[]v1alpha1.ContextVariable { return &in.ContextVariables }),
	kindOf(v1alpha1.KindRoutingRuleset, "routingrulesets",
		func(in *compile.Input) *[]v1alpha1.RoutingRuleset { return &in.RoutingRulesets }),
	kindOf(v1alpha1.KindQueue, "queues", func(in *compile.Input) *[]v1alpha1.Queue { return &in.Queues }),
	kindOf(v1alpha1.KindAgent, "agents", func(in *compile.Input) *[]v1alpha1.Agent { return &in.Agents }),
	kindOf(v1alpha1.KindCapacityProfile, "capacityprofiles",
		func(in *compile.Input) *[]v1alpha1.CapacityProfile { return &in.CapacityProfiles }),
	kindOf(v1alpha1.KindOperatingHours, "operatinghours",
		func(in *compile.Input) *[]v1alpha1.OperatingHours { return &in.OperatingHours }),
	kindOf(v1alpha1.KindDistributor, "distributors", func(in *compile.Input) *[]v1alpha1.Distributor { return &in.Distributors }),
}

// Kinds returns all kinds of the API.
func Kinds() []Kind { return slices.Clone(kinds) }

// kindNamed returns the kind of that name, or nil.
func kindNamed(name string) *Kind {
	for i := range kinds {
		if kinds[i].Name == name {
			return &kinds[i]
		}
	}
	return nil
}

func kindOf[T any, P interface {
	*T
	Object
}](name, plural string, list func(*compile.Input) *[]T) Kind {
	return Kind{
		Name: name, Plural: plural,
		empty: func() Object { return P(new(T)) },
		add: func(in *compile.Input, o Object) {
			if typed, ok := o.(P); ok {
				l := list(in)
				*l = append(*l, *typed)
			}
		},
	}
}

// Decode reads an object that an API server sent: it has its defaults and is not checked again.
func (k *Kind) Decode(raw []byte) (Object, error) {
	o := k.empty()
	if err := json.Unmarshal(raw, o); err != nil {
		return nil, fmt.Errorf("decoding a %s: %w", k.Name, err)
	}
	return o, nil
}

func (k *Kind) fromContent(content map[string]any) (Object, error) {
	o := k.empty()
	return o, runtime.DefaultUnstructuredConverter.FromUnstructured(content, o)
}
