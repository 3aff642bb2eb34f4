// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/testkit/scenario"
)

// An effect is what one field changes: the same manifests with several values of it, and what becomes of each in the same
// story, whose time is virtual.
type effect struct {
	// manifests change those of usual; one of them has VALUE at the field.
	manifests string
	story     string
	// says has, by value, what is told with it and with no other: by the story, or, when the manifests are not in force, by the
	// schema or the conditions. Empty is without the field.
	says map[string]string
}

// usual is what every effect begins with.
const usual = `
kind: Workstream
metadata: {name: chat}
spec: {type: Messaging, channelType: Custom, workDistribution: {capacity: {units: 30}}, routing: {fallbackQueueRef: {name: general}}}
---
kind: Workstream
metadata: {name: cases}
spec: {type: Record, record: {type: case}, workDistribution: {capacity: {units: 30}}, routing: {fallbackQueueRef: {name: records}}}
---
kind: Queue
metadata: {name: general}
spec: {type: Messaging}
---
kind: Queue
metadata: {name: second}
spec: {type: Messaging}
---
kind: Queue
metadata: {name: records}
spec: {type: Record}
---
kind: Channel
metadata: {name: web}
spec: {workstreamRef: {name: chat}, type: Custom, custom: {credentialsSecretRef: {name: web}, callbackURL: "https://www.contoso.com/callback"}}
---
kind: ContextVariable
metadata: {name: tier}
spec: {workstreamRef: {name: chat}, name: tier, type: Text}
---
kind: ContextVariable
metadata: {name: points}
spec: {workstreamRef: {name: chat}, name: points, type: Number}
---
kind: Agent
metadata: {name: ann}
spec: {subject: ann, capacity: {units: 100}, queueRefs: [{name: general}, {name: second}, {name: records}]}
`

// TestEffects: every field that a story can show changes what the engine does with the plan that is compiled from it.
func TestEffects(t *testing.T) {
	all := maps.Clone(effects)
	maps.Copy(all, groupEffects)
	for field, e := range all {
		t.Run(field, func(t *testing.T) {
			if !e.varies(t, field) {
				t.Errorf("no VALUE at the field in\n%s", e.manifests)
			}
			if len(e.says) < 2 {
				t.Error("one value alone shows no effect")
			}
			for value, want := range e.says {
				told := e.tell(t, value)
				for _, says := range e.says {
					if there := strings.Contains(told, says); there != (says == want) {
						t.Errorf("with %q it is %t that %q is told, want %q:\n%s", value, there, says, want, told)
					}
				}
			}
		})
	}
}

// varies reports whether the manifests have VALUE at the field, which is a kind and a path.
func (e effect) varies(t *testing.T, field string) bool {
	t.Helper()
	kind, path, _ := strings.Cut(field, " ")
	return slices.ContainsFunc(objectsOf(t, e.manifests), func(object map[string]any) bool {
		return object["kind"] == kind && hasValue(object["spec"], strings.Split(strings.ReplaceAll(path, "[]", ""), "."))
	})
}

// hasValue reports whether VALUE is at a path below node, in whatever element of lists.
func hasValue(node any, path []string) bool {
	switch n := node.(type) {
	case []any:
		return slices.ContainsFunc(n, func(element any) bool { return hasValue(element, path) })
	case map[string]any:
		return len(path) > 0 && hasValue(n[path[0]], path[1:])
	default:
		return len(path) == 0 && n == "VALUE"
	}
}

// tell returns what becomes of the story with a value of the field.
func (e effect) tell(t *testing.T, value string) string {
	t.Helper()
	if value == "" {
		value = "null" // which is not set
	}
	objects := objectsOf(t, usual)
	for _, change := range objectsOf(t, strings.ReplaceAll(e.manifests, "VALUE", value)) {
		i := slices.IndexFunc(objects, func(o map[string]any) bool {
			return o["kind"] == change["kind"] && fmt.Sprint(o["metadata"]) == fmt.Sprint(change["metadata"])
		})
		if i < 0 {
			objects = append(objects, map[string]any{})
			i = len(objects) - 1
		}
		merge(objects[i], change)
	}
	documents := make([]string, len(objects))
	for i, o := range objects {
		body, err := yaml.Marshal(o)
		must(t, err)
		documents[i] = string(body)
	}
	in, wrong := read(t, strings.Join(documents, "---\n"))
	if len(wrong) > 0 {
		return strings.Join(wrong, "\n")
	}
	out, err := compile.Compile(in)
	must(t, err)
	if told := findings(out); told != "" {
		return told
	}
	p, err := plan.Decode(out.Body)
	must(t, err)
	told, err := scenario.Tell(p, strings.TrimSpace(e.story))
	if err != nil {
		t.Fatalf("%v\n%s", err, told)
	}
	return told
}

func findings(out *compile.Output) string {
	var told strings.Builder
	for o := range out.All() {
		for _, f := range o.Findings {
			if f.Status != metav1.ConditionTrue {
				fmt.Fprintf(&told, "%s %s: %s: %s\n", o.Kind, o.Name, f.Reason, f.Message)
			}
		}
	}
	return told.String()
}

func objectsOf(t *testing.T, manifests string) []map[string]any {
	t.Helper()
	var objects []map[string]any
	for document := range strings.SplitSeq(manifests, "\n---\n") {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		objects = append(objects, object)
	}
	return objects
}

// merge puts what change has into an object; null removes, as in a merge patch.
func merge(into, change map[string]any) {
	for key, value := range change {
		below, isObject := value.(map[string]any)
		there, _ := into[key].(map[string]any)
		switch {
		case value == nil:
			delete(into, key)
		case isObject:
			if there == nil {
				there = map[string]any{}
				into[key] = there
			}
			if merge(there, below); len(there) == 0 {
				delete(into, key)
			}
		default:
			into[key] = withoutNulls(value)
		}
	}
}

// withoutNulls removes fields that are null from the elements of lists.
func withoutNulls(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	case map[string]any:
		maps.DeleteFunc(v, func(_ string, below any) bool { return below == nil })
		for key := range v {
			v[key] = withoutNulls(v[key])
		}
	}
	return value
}

// effects are those of all kinds, by the kind and the path of the field.
var effects = func() map[string]effect {
	all := map[string]effect{}
	for _, some := range []map[string]effect{workstreamEffects, queueEffects, objectEffects, rulesetEffects} {
		maps.Copy(all, some)
	}
	return all
}()
