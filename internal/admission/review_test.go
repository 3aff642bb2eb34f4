// SPDX-License-Identifier: Apache-2.0

package admission_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/admission"
	"workstream.dev/operator/internal/compile"
)

// folders have manifests of all that the compiler finds, and of all mistakes that people make.
var folders = []string{"../compile/testdata/*.in.yaml", "../../test/invalid/*/*.yaml"}

// conflict is the one reason for which an object is not accepted because of others.
const conflict = "Conflict"

// TestReviewAndConditionsAgree: what is refused at the door is what the condition says among all other objects, word for
// word, and nothing else.
func TestReviewAndConditionsAgree(t *testing.T) {
	refused := 0
	for _, pattern := range folders {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files: %v", pattern, len(files), err)
		}
		for _, file := range files {
			objects := read(t, file)
			found, err := conditions(objects)
			if err != nil && pattern != folders[0] {
				continue // the schema refuses it: the compiler need not know what to say
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, problems := range found {
				got, _ := admission.Review(objects[i])
				if diff := cmp.Diff(problems, got); diff != "" {
					t.Errorf("%s: %s %T (-condition +review):\n%s", file, objects[i].GetName(), objects[i], diff)
				}
				if len(got) > 0 {
					refused++
				}
			}
		}
	}
	if refused < 20 {
		t.Errorf("only %d objects are refused: there are more in those folders", refused)
	}
}

// conditions are the problems that the condition Accepted of each object has among the others, but for conflicts.
func conditions(objects []admission.Object) ([][]string, error) {
	in := &compile.Input{Namespace: "contoso"}
	for _, o := range objects {
		addTo(in, o)
	}
	out, err := compile.Compile(in)
	if err != nil {
		return nil, err
	}
	found := make([][]string, len(objects))
	for i, o := range objects {
		object := out.Object(o.GetObjectKind().GroupVersionKind().Kind, o.GetName())
		if object == nil || o.GetDeletionTimestamp() != nil {
			continue
		}
		for _, f := range object.Findings {
			if f.Condition == v1alpha1.ConditionAccepted && f.Status == metav1.ConditionFalse && f.Reason != conflict {
				for _, p := range f.Problems {
					found[i] = append(found[i], p.Text)
				}
				if f.More > 0 {
					found[i] = append(found[i], fmt.Sprintf("spec: and %d more", f.More))
				}
			}
		}
	}
	return found, nil
}

func addTo(in *compile.Input, object admission.Object) {
	switch o := object.(type) {
	case *v1alpha1.Workstream:
		in.Workstreams = append(in.Workstreams, *o)
	case *v1alpha1.Channel:
		in.Channels = append(in.Channels, *o)
	case *v1alpha1.ContextVariable:
		in.ContextVariables = append(in.ContextVariables, *o)
	case *v1alpha1.RoutingRuleset:
		in.RoutingRulesets = append(in.RoutingRulesets, *o)
	case *v1alpha1.Queue:
		in.Queues = append(in.Queues, *o)
	case *v1alpha1.Agent:
		in.Agents = append(in.Agents, *o)
	case *v1alpha1.CapacityProfile:
		in.CapacityProfiles = append(in.CapacityProfiles, *o)
	case *v1alpha1.OperatingHours:
		in.OperatingHours = append(in.OperatingHours, *o)
	case *v1alpha1.Distributor:
		in.Distributors = append(in.Distributors, *o)
	}
}

var kinds = map[string]func() admission.Object{
	v1alpha1.KindWorkstream:      func() admission.Object { return &v1alpha1.Workstream{} },
	v1alpha1.KindChannel:         func() admission.Object { return &v1alpha1.Channel{} },
	v1alpha1.KindContextVariable: func() admission.Object { return &v1alpha1.ContextVariable{} },
	v1alpha1.KindRoutingRuleset:  func() admission.Object { return &v1alpha1.RoutingRuleset{} },
	v1alpha1.KindQueue:           func() admission.Object { return &v1alpha1.Queue{} },
	v1alpha1.KindAgent:           func() admission.Object { return &v1alpha1.Agent{} },
	v1alpha1.KindCapacityProfile: func() admission.Object { return &v1alpha1.CapacityProfile{} },
	v1alpha1.KindOperatingHours:  func() admission.Object { return &v1alpha1.OperatingHours{} },
	v1alpha1.KindDistributor:     func() admission.Object { return &v1alpha1.Distributor{} },
}

// read returns the objects of a file that have the types of the API, each name once: some of these files are full of
// mistakes that no server lets in.
func read(t *testing.T, file string) []admission.Object {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []admission.Object
	seen := map[string]bool{}
	for document := range bytes.SplitSeq(body, []byte("\n---\n")) {
		var head metav1.PartialObjectMetadata
		if yaml.Unmarshal(document, &head) != nil || kinds[head.Kind] == nil || seen[head.Kind+" "+head.Name] {
			continue
		}
		o := kinds[head.Kind]()
		if yaml.Unmarshal(document, o) != nil {
			continue
		}
		seen[head.Kind+" "+head.Name] = true
		o.SetNamespace("contoso")
		objects = append(objects, o)
	}
	return objects
}

func TestNothingIsWrongWithWhatIsBeingDeleted(t *testing.T) {
	hours := &v1alpha1.OperatingHours{Spec: v1alpha1.OperatingHoursSpec{TimeZone: "Europe/Munich"}}
	hours.SetName("office")
	problems, _ := admission.Review(hours)
	want := []string{`spec.timeZone: "Europe/Munich" is no time zone such as Europe/Berlin`}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("before its deletion (-want +got):\n%s", diff)
	}
	now := metav1.Now()
	hours.SetDeletionTimestamp(&now)
	hours.SetFinalizers([]string{v1alpha1.FinalizerInUse}) // it still counts for those who need it
	if problems, warnings := admission.Review(hours); len(problems)+len(warnings) > 0 {
		t.Errorf("during its deletion: %q, %q", problems, warnings)
	}
}

func TestObjectsOfOthersAreNotReviewed(t *testing.T) {
	if problems, warnings := admission.Review(&metav1.PartialObjectMetadata{}); len(problems)+len(warnings) > 0 {
		t.Errorf("%q, %q", problems, warnings)
	}
}

func TestWarnings(t *testing.T) {
	matches := func(name, tier string) v1alpha1.Rule {
		return v1alpha1.Rule{Name: name, When: &v1alpha1.Condition{Attribute: "context.tier", Operator: "Equal", Values: []string{tier}}}
	}
	never := matches("never", "gold")
	never.When = &v1alpha1.Condition{All: []v1alpha1.NestedCondition{
		{Attribute: "context.tier", Operator: "Exists"}, {Attribute: "context.tier", Operator: "NotExists"},
	}}
	rules := []v1alpha1.Rule{matches("gold", "gold"), matches("silver", "silver"), never, matches("gold-again", "GOLD")}
	const contradiction = "spec.rules[2](never): no item can match this rule: its condition contradicts itself"
	const shadowed = `spec.rules[3](gold-again): no item gets as far as this rule: rule "gold" before it matches every item that it matches`
	set := &v1alpha1.Settings{Priority: 3}
	for kind, want := range map[v1alpha1.RulesetType][]string{
		v1alpha1.RulesetClassification: {contradiction, shadowed},
		v1alpha1.RulesetRouteToQueue:   {contradiction, shadowed + ", unless a queue of those before it overflows"},
	} {
		r := &v1alpha1.RoutingRuleset{Spec: v1alpha1.RoutingRulesetSpec{Type: kind}}
		r.SetName("rules")
		for _, rule := range rules {
			if kind == v1alpha1.RulesetRouteToQueue {
				rule.Route = &v1alpha1.Route{QueueRef: &v1alpha1.QueueReference{Name: "general"}}
			} else {
				rule.Set = set
			}
			r.Spec.Rules = append(r.Spec.Rules, rule)
		}
		problems, warnings := admission.Review(r)
		if diff := cmp.Diff(want, warnings); diff != "" || len(problems) > 0 {
			t.Errorf("%s: problems %q, warnings (-want +got):\n%s", kind, problems, diff)
		}
		r.Spec.Rules[0].When = &v1alpha1.Condition{Attribute: "context.tier", Operator: "Matches", Values: []string{"("}}
		if problems, warnings := admission.Review(r); len(problems) != 1 || len(warnings) > 0 {
			t.Errorf("%s: what cannot be read has the problems %q and the warnings %q", kind, problems, warnings)
		}
	}
}
