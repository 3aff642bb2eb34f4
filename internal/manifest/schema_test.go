// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/config/crd"
)

// TestKindsAreDefined: every kind has its definition, and every definition its kind.
func TestKindsAreDefined(t *testing.T) {
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil || len(files) != len(kinds) {
		t.Fatalf("%d definitions of %d kinds: %v", len(files), len(kinds), err)
	}
	for i := range kinds {
		d, err := definitionOf(&kinds[i])
		if err != nil {
			t.Fatal(err)
		}
		if len(d.structural.Properties["spec"].Properties) == 0 {
			t.Errorf("the schema of %s has no fields", kinds[i].Name)
		}
	}
}

// TestDescriptionsAreAllThatIsLeftOut: the definitions without descriptions are otherwise the same.
func TestDescriptionsAreAllThatIsLeftOut(t *testing.T) {
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		body, err := fs.ReadFile(crd.Bases, file)
		if err != nil {
			t.Fatal(err)
		}
		var whole, less any
		if err := yaml.Unmarshal(body, &whole); err != nil {
			t.Fatal(err)
		}
		stripped := withoutDescriptions(body)
		if err := yaml.Unmarshal(stripped, &less); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(stripped), "description: ") {
			t.Errorf("%s: a description is left", file)
		}
		dropDescriptions(whole)
		if diff := cmp.Diff(whole, less); diff != "" {
			t.Errorf("%s (-whole +less):\n%s", file, diff)
		}
	}
}

func dropDescriptions(node any) {
	switch n := node.(type) {
	case map[string]any:
		if _, text := n["description"].(string); text {
			delete(n, "description")
		}
		for _, below := range n {
			dropDescriptions(below)
		}
	case []any:
		for _, below := range n {
			dropDescriptions(below)
		}
	}
}
