// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"workstream.dev/operator/test/docs"
)

// TestEveryFieldIsOnItsPage: with the default that it has, and none that there is not.
func TestEveryFieldIsOnItsPage(t *testing.T) {
	for kind, schema := range schemasOfKinds(t) {
		page := pageOf(t, kind)
		for _, wrong := range docs.FieldMismatches(docs.Fields(part(schema, "spec")), page.Rows("## Fields", "field")) {
			t.Errorf("%s: %s", page.Path, wrong)
		}
		status := docs.Fields(part(schema, "status"))
		rows := page.Rows("## Status", "field")
		for name := range status {
			if strings.HasPrefix(name, "conditions[].") {
				delete(status, name) // those of Kubernetes
			}
		}
		if len(rows) == 0 && len(status) == 1 {
			continue // only conditions, which have a section of their own
		}
		for _, wrong := range docs.FieldMismatches(status, rows) {
			t.Errorf("%s: status: %s", page.Path, wrong)
		}
	}
}

// TestDescriptionsHaveTheDefaults: kubectl explain says what the schema does.
func TestDescriptionsHaveTheDefaults(t *testing.T) {
	defaults := 0
	for kind, schema := range schemasOfKinds(t) {
		for _, f := range docs.Fields(part(schema, "spec")) {
			if f.Default == "" {
				continue
			}
			defaults++
			text := strings.NewReplacer("[", "", "]", "", ", ", " and ").Replace(f.Default)
			said := strings.Join(strings.Fields(f.Description), " ")
			if !strings.Contains(said, "Unset, it is "+text+".") && !strings.Contains(said, "Unset, they are "+text+".") {
				t.Errorf("%s %s: the default is %s: %s", kind, f.Path, f.Default, said)
			}
		}
	}
	if defaults == 0 {
		t.Error("no defaults found")
	}
}

var (
	conditionConst = regexp.MustCompile(`((?:Reasons of \w+: [A-Za-z, ]+\. ?)+)\nconst ([A-Za-z]+?)Condition([A-Za-z]+) `)
	reasonsOf      = regexp.MustCompile(`Reasons of (\w+): ([A-Za-z, ]+)\.`)
)

// TestEveryConditionHasItsReasons: the table of each condition has the statuses and reasons that the API documents, and no
// others.
func TestEveryConditionHasItsReasons(t *testing.T) {
	files, err := fs.Glob(repository, api+"/*_conditions.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		source, err := fs.ReadFile(repository, file)
		if err != nil {
			t.Fatal(err)
		}
		conditions := conditionConst.FindAllStringSubmatch(strings.ReplaceAll(string(source), "\n// ", " "), -1)
		if len(conditions) < 3 {
			t.Errorf("%s: %d conditions found", file, len(conditions))
		}
		for _, c := range conditions {
			var want, got []string
			for _, reasons := range reasonsOf.FindAllStringSubmatch(c[1], -1) {
				for reason := range strings.SplitSeq(reasons[2], ",") {
					want = append(want, reasons[1]+" "+strings.TrimSpace(reason))
				}
			}
			page := pageOf(t, c[2])
			for _, row := range page.Rows("### "+c[3], "status") {
				// The status is the first cell, which is no field.
				got = append(got, row.First+" "+strings.Trim(row.Cells[0], "`"))
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s (-code +page):\n%s", page.Path, c[3], diff)
			}
		}
	}
}

func TestFieldMismatchesAreFound(t *testing.T) {
	var schema map[string]any
	if err := yaml.Unmarshal([]byte(`
properties:
  type: {type: string}
  priority: {type: integer, default: 100}
  tags: {type: array, default: [A, B], items: {type: string}}
  hidden: {type: string}
  refs: {type: array, items: {properties: {name: {type: string}}, required: [name]}}
required: [type]
`), &schema); err != nil {
		t.Fatal(err)
	}
	page := docs.Page{Text: strings.Join([]string{
		"## Fields", "", "| field | default | meaning |", "|---|---|---|", "| `type` | none | a |", "| `priority` | `10` | b |",
		"| `tags` | `[A, B]` | c |", "| `refs[].name` | none | d |", "| `gone` | none | e |", "", "| other | x | y |", "|---|---|---|",
		"| `f` | | |", "", "## Status", "", "| field | meaning |", "|---|---|", "| `g` | h |",
	}, "\n")}
	want := []string{
		"gone is described, and is no field",
		"hidden is not described",
		"priority: the default is 100, and not `10`",
		`type: required is true, and the page says "none"`,
	}
	if diff := cmp.Diff(want, docs.FieldMismatches(docs.Fields(schema), page.Rows("## Fields", "field"))); diff != "" {
		t.Errorf("mismatches (-want +got):\n%s", diff)
	}
}

func pageOf(t *testing.T, kind string) *docs.Page {
	t.Helper()
	page := readPages(t)[specs+"/"+strings.ToLower(kind)+".md"]
	if page == nil {
		t.Fatalf("%s has no page", kind)
	}
	return page
}

// schemasOfKinds returns the schema of each kind in the CRDs.
func schemasOfKinds(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := fs.Glob(repository, "config/crd/bases/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d CRDs: %v", len(files), err)
	}
	schemas := map[string]map[string]any{}
	for _, file := range files {
		text, err := fs.ReadFile(repository, file)
		if err != nil {
			t.Fatal(err)
		}
		var crd struct {
			Spec struct {
				Names    struct{ Kind string }
				Versions []struct {
					Schema struct{ OpenAPIV3Schema map[string]any }
				}
			}
		}
		if err := yaml.Unmarshal(text, &crd); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", path.Base(file), err))
		}
		schemas[crd.Spec.Names.Kind] = crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	}
	return schemas
}

// part is the schema of a field.
func part(schema map[string]any, name string) map[string]any {
	properties, _ := schema["properties"].(map[string]any)
	found, _ := properties[name].(map[string]any)
	return found
}
