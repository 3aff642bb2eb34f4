// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"workstream.dev/operator/config/crd"
	"workstream.dev/operator/test/docs"
)

// repository is where paths of tests begin.
const repository = "../.."

// elsewhere are the fields whose effect is no matter of a story: what HTTP, Kubernetes or a reader makes of them, by the
// test that fails without it: the file and the function, or the words of a spec.
var elsewhere = map[string]string{
	"Workstream displayName":          "test/settings/coverage_test.go TestDisplayNamesAreShown",
	"Workstream record.type":          "test/settings/access_test.go TestRecordTypeIsShown",
	"Workstream revisionHistoryLimit": "controllers/routing/controller_test.go keeps revisions, as many as asked for",

	"Queue displayName":           "test/settings/coverage_test.go TestDisplayNamesAreShown",
	"CapacityProfile displayName": "test/settings/coverage_test.go TestDisplayNamesAreShown",
	"ContextVariable displayName": "test/settings/coverage_test.go TestDisplayNamesAreShown",
	"OperatingHours displayName":  "test/settings/coverage_test.go TestDisplayNamesAreShown",

	"Agent subject": "test/settings/access_test.go TestSubjectOfAnAgent",
	"Agent issuer":  "test/settings/settings_test.go TestIssuerOfAnAgent",

	"Distributor auth.jwt[].issuer":                 "test/settings/access_test.go TestIssuersOfADistributor",
	"Distributor auth.jwt[].audiences":              "test/settings/access_test.go TestIssuersOfADistributor",
	"Distributor auth.jwt[].rolesClaim":             "test/settings/access_test.go TestIssuersOfADistributor",
	"Distributor auth.jwt[].jwksURL":                "test/settings/access_test.go TestKeysAtAnAddress",
	"Distributor storage.embedded.size":             "controllers/dataplane/controller_test.go is deployed, restricted and without rights",
	"Distributor storage.embedded.storageClassName": "controllers/dataplane/controller_test.go is deployed, restricted and without rights",
}

// told are the fields that nothing acts on, with what they are for.
var told = map[string]string{
	"Channel type":                   "has one value, and says which part of the spec is read; the schema requires it",
	"OperatingHours holidays[].name": "is a word for who reads the object",
}

// experience are the fields below it, which one test compares as agents are shown them.
const (
	experience     = "Workstream agentExperience."
	experienceTest = "test/settings/experience_test.go TestAgentExperience"
)

// TestEveryFieldHasAnEffect: each field of the schema is in one of the tables, each entry is a field, and the tests that they
// name are there and mention it.
func TestEveryFieldHasAnEffect(t *testing.T) {
	fields := schemaFields(t)
	where := map[string]string{}
	for field := range effects {
		where[field] = "effects"
	}
	for _, table := range []map[string]string{elsewhere, told} {
		for field, test := range table {
			if where[field] != "" {
				t.Errorf("%s is in two tables", field)
			}
			where[field] = test
		}
	}
	for field := range where {
		if !fields[field] {
			t.Errorf("%s is in a table, and no field of the schema", field)
		}
	}
	for field := range fields {
		if strings.HasPrefix(field, experience) {
			where[field], elsewhere[field] = experienceTest, experienceTest
		}
		if where[field] == "" {
			t.Errorf("%s has no test of its effect: put it into effects, or into elsewhere with the test", field)
		}
	}
	for field, test := range elsewhere {
		file, name, _ := strings.Cut(test, " ")
		last := strings.TrimSuffix(field[strings.LastIndexAny(field, ". ")+1:], "[]")
		switch text := textOf(t, file, name); {
		case text == "":
			t.Errorf("%s: there is no %s", field, test)
		case !strings.Contains(strings.ToLower(text), strings.ToLower(last)):
			t.Errorf("%s: %s does not mention %s", field, test, last)
		}
	}
}

// schemaFields are the fields that are values, and the groups of a condition, by kind and path. What stands in a group is
// described once.
func schemaFields(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for kind, definition := range crdsByKind(t) {
		for name, f := range docs.Fields(definition.spec) {
			group := slices.ContainsFunc([]string{"all", "any", "not"}, func(g string) bool { return name == "rules[].when."+g })
			inside := slices.ContainsFunc([]string{"all[].", "any[].", "not."}, func(g string) bool {
				return strings.HasPrefix(name, "rules[].when."+g)
			})
			if group || f.Leaf && !inside {
				all[kind+" "+name] = true
			}
		}
	}
	return all
}

type definition struct {
	spec    map[string]any
	columns []string // the paths that kubectl get shows
}

func crdsByKind(t *testing.T) map[string]definition {
	t.Helper()
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	must(t, err)
	kinds := map[string]definition{}
	for _, file := range files {
		text, err := fs.ReadFile(crd.Bases, file)
		must(t, err)
		var d struct {
			Spec struct {
				Names    struct{ Kind string }
				Versions []struct {
					AdditionalPrinterColumns []struct{ JSONPath string }
					Schema                   struct {
						OpenAPIV3Schema struct{ Properties map[string]map[string]any }
					}
				}
			}
		}
		must(t, yaml.Unmarshal(text, &d))
		v := d.Spec.Versions[0]
		kind := definition{spec: v.Schema.OpenAPIV3Schema.Properties["spec"]}
		for _, c := range v.AdditionalPrinterColumns {
			kind.columns = append(kind.columns, c.JSONPath)
		}
		kinds[d.Spec.Names.Kind] = kind
	}
	if len(kinds) != 9 {
		t.Fatalf("%d kinds, want 9", len(kinds))
	}
	return kinds
}

// textOf returns the text of a test function, or that of the file with the spec whose words begin so; empty when there is none.
func textOf(t *testing.T, file, name string) string {
	t.Helper()
	body, err := os.ReadFile(path.Join(repository, file))
	must(t, err)
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, body, parser.SkipObjectResolution)
	must(t, err)
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == name {
			return string(body[set.Position(f.Pos()).Offset:set.Position(f.End()).Offset])
		}
	}
	if strings.Contains(string(body), "\tIt(\""+name) {
		return string(body) // the manifests of specs stand beside them
	}
	return ""
}

// TestDisplayNamesAreShown: a displayName is what kubectl get has in a column; nothing else reads that of any kind but Agent.
func TestDisplayNamesAreShown(t *testing.T) {
	for kind, d := range crdsByKind(t) {
		_, there := docs.Fields(d.spec)["displayName"]
		if shown := slices.Contains(d.columns, ".spec.displayName"); shown != there {
			t.Errorf("%s: displayName is a field: %t, and a column: %t", kind, there, shown)
		}
	}
}
