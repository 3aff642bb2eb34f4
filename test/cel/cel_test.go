// SPDX-License-Identifier: Apache-2.0

package cel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/config/crd"
)

func allCases() []testCase {
	return slices.Concat(workstreamCases, channelCases, rulesetCases, otherCases, schemaCases)
}

// TestRules tries every case: what is refused is refused for that one reason and no other.
func TestRules(t *testing.T) {
	c := client.WithFieldValidation(server(t), metav1.FieldValidationStrict)
	for i, tc := range allCases() {
		t.Run(tc.kind+"/"+tc.message, func(t *testing.T) {
			base := object(t, tc.kind, fmt.Sprintf("case-%d", i))
			try := func(o *unstructured.Unstructured) error { return c.Create(t.Context(), o, client.DryRunAll) }
			if tc.from != "" {
				base = patched(t, base, tc.from)
				if err := c.Create(t.Context(), base); err != nil {
					t.Fatalf("storing the object: %v", err)
				}
				t.Cleanup(func() { _ = c.Delete(context.Background(), base) })
				try = func(o *unstructured.Unstructured) error { return c.Update(t.Context(), o, client.DryRunAll) }
			}
			if err := try(patched(t, base, tc.allowed)); err != nil {
				t.Errorf("%s is not allowed: %v", tc.allowed, err)
			}
			err := try(patched(t, base, tc.refused))
			if err == nil {
				t.Fatalf("%s is not refused", tc.refused)
			}
			if causes := causes(err); len(causes) > 1 {
				t.Errorf("refused for more than one reason: %q", causes)
			}
			if !strings.Contains(err.Error(), tc.message) {
				t.Errorf("refused with other words: %v", err)
			}
		})
	}
}

func causes(err error) []string {
	var status *apierrors.StatusError
	if !errors.As(err, &status) || status.ErrStatus.Details == nil {
		return nil
	}
	var messages []string
	for _, c := range status.ErrStatus.Details.Causes {
		// A rule that cannot be evaluated because the schema refuses the value says so as well.
		if !strings.Contains(c.Message, "some validation rules were not checked") && !strings.Contains(c.Message, " evaluating rule: ") {
			messages = append(messages, c.Message)
		}
	}
	return messages
}

// object is the smallest object of its kind that the API accepts.
func object(t *testing.T, kind, name string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	body := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s, namespace: %s}\nspec: %s",
		v1alpha1.GroupVersion, kind, name, rulesNamespace, strings.ReplaceAll(bases[kind], "\t", " "))
	if err := yaml.Unmarshal([]byte(body), &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}

func patched(t *testing.T, o *unstructured.Unstructured, patch string) *unstructured.Unstructured {
	t.Helper()
	var change map[string]any
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(patch, "\t", " ")), &change); err != nil {
		t.Fatalf("%s: %v", patch, err)
	}
	return &unstructured.Unstructured{Object: merge(runtime.DeepCopyJSON(o.Object), change)}
}

// merge is a JSON merge patch.
func merge(object, patch map[string]any) map[string]any {
	if object == nil {
		object = map[string]any{}
	}
	for key, value := range patch {
		switch v := value.(type) {
		case nil:
			delete(object, key)
		case map[string]any:
			child, _ := object[key].(map[string]any)
			object[key] = merge(child, v)
		default:
			object[key] = v
		}
	}
	return object
}

// unreachable are the rules that no object can break yet, because their field has only one value. They are here so that a
// second value brings a case with it.
var unreachable = map[string]string{
	"spec.channelType is immutable: create another Workstream": v1alpha1.KindWorkstream + ".spec.channelType",
	"spec.type is immutable: create another Channel":           v1alpha1.KindChannel + ".spec.type",
}

// TestEveryRuleHasACase reads the rules from the CRDs that users install.
func TestEveryRuleHasACase(t *testing.T) {
	messages := map[string]bool{}
	single := map[string]bool{}
	for kind, schema := range schemas(t) {
		walk(kind, schema, func(at string, node map[string]any) {
			if values, ok := node["enum"].([]any); ok && len(values) == 1 {
				single[at] = true
			}
			rules, _ := node["x-kubernetes-validations"].([]any)
			for _, r := range rules {
				message, _ := r.(map[string]any)["message"].(string)
				if !strings.Contains(message, "spec.") && !strings.Contains(message, "metadata.") {
					t.Errorf("%s: the message %q names no field", at, message)
				}
				messages[message] = true
			}
		})
	}
	if len(messages) == 0 {
		t.Fatal("no rules found")
	}
	for message, field := range unreachable {
		if !messages[message] || !single[field] {
			t.Errorf("the rule %q is gone, or %s has more than one value now: write a case", message, field)
		}
		delete(messages, message)
	}
	for _, tc := range allCases() {
		delete(messages, tc.message)
	}
	for message := range messages {
		t.Errorf("no case expects %q", message)
	}
}

// schemas returns the schema of each kind.
func schemas(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil || len(files) != len(bases) {
		t.Fatalf("%d CRDs for %d kinds: %v", len(files), len(bases), err)
	}
	found := map[string]map[string]any{}
	for _, file := range files {
		body, err := fs.ReadFile(crd.Bases, file)
		if err != nil {
			t.Fatal(err)
		}
		var definition struct {
			Spec struct {
				Names    struct{ Kind string }
				Versions []struct {
					Schema struct{ OpenAPIV3Schema map[string]any }
				}
			}
		}
		if err := yaml.Unmarshal(body, &definition); err != nil {
			t.Fatalf("%s: %v", path.Base(file), err)
		}
		found[definition.Spec.Names.Kind] = definition.Spec.Versions[0].Schema.OpenAPIV3Schema
	}
	return found
}

// walk visits a schema and all below it.
func walk(at string, node map[string]any, visit func(at string, node map[string]any)) {
	visit(at, node)
	properties, _ := node["properties"].(map[string]any)
	for name, child := range properties {
		walk(at+"."+name, child.(map[string]any), visit)
	}
	if items, ok := node["items"].(map[string]any); ok {
		walk(at+"[]", items, visit)
	}
}
