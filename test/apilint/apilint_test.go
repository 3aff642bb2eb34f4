// SPDX-License-Identifier: Apache-2.0

package apilint_test

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/test/apilint"
)

func TestAPIFollowsConventions(t *testing.T) {
	got, err := apilint.Check(os.DirFS("../../api/v1alpha1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, violation := range got {
		t.Error("api/v1alpha1/" + violation)
	}
}

// TestEveryRuleCanFail holds one snippet for each rule, and some that must pass.
func TestEveryRuleCanFail(t *testing.T) {
	cases := map[string]struct {
		source string
		want   []string
	}{
		"a bounded string passes": {source: `type A struct {
	// name is its name.
	// +required
	// +kubebuilder:validation:MaxLength=63
	Name string ` + "`json:\"name\"`" + `
}`},
		"a bound on the named type counts, for list items too": {source: `
// +kubebuilder:validation:Enum=x;y
type Letter string
type A struct {
	// letter is one.
	// +optional
	Letter *Letter ` + "`json:\"letter,omitempty\"`" + `

	// letters are some.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=3
	Letters []Letter ` + "`json:\"letters,omitempty\"`" + `
}`},
		"a bool": {
			source: fieldOf("enabled", "+required", "*bool"),
			want:   []string{"a.go:6: A.F: no bools, use an enum"},
		},
		"a bool under another name": {
			source: fieldOf("enabled", "+required", "Flag") + "\ntype Flag bool",
			want:   []string{"a.go:6: A.F: no bools, use an enum"},
		},
		"a float": {
			source: fieldOf("share", "+required", "float64"),
			want:   []string{"a.go:6: A.F: no floats, use an integer with its unit in the name"},
		},
		"an integer of unknown size": {
			source: fieldOf("count", "+required", "int"),
			want:   []string{"a.go:6: A.F: int, use int32 or int64"},
		},
		"a structured duration": {
			source: fieldOf("after", "+required", "metav1.Duration"),
			want:   []string{"a.go:6: A.F: no metav1.Duration, use a string like 8h"},
		},
		"a map of structs": {
			source: fieldOf("byName", "+required", "map[string]A"),
			want: []string{
				"a.go:6: A.F: a map needs MaxProperties",
				"a.go:6: A.F: no maps but map[string]string, use a list with a key",
			},
		},
		"an unbounded string": {
			source: fieldOf("name", "+required", "string"),
			want:   []string{"a.go:6: A.F: a string needs MaxLength or Enum"},
		},
		"a list that is bounded, of strings that are not": {
			source: fieldOf("names", "+required\n\t// +listType=set\n\t// +kubebuilder:validation:MaxItems=2", "[]string"),
			want:   []string{"a.go:8: A.F: a string needs MaxLength or Enum"},
		},
		"an unbounded list": {
			source: fieldOf("parts", "+required", "[]A"),
			want:   []string{"a.go:6: A.F: a list needs +listType", "a.go:6: A.F: a list needs MaxItems"},
		},
		"neither optional nor required": {
			source: fieldOf("count", "counted", "int32"),
			want:   []string{"a.go:6: A.F: exactly one of +optional and +required"},
		},
		"both optional and required": {
			source: fieldOf("count", "+optional\n\t// +required", "int32"),
			want: []string{
				"a.go:7: A.F: exactly one of +optional and +required",
				"a.go:7: A.F: optional, so omitempty",
			},
		},
		"optional without omitempty": {
			source: fieldOf("count", "+optional", "int32"),
			want:   []string{"a.go:6: A.F: optional, so omitempty"},
		},
		"nullable": {
			source: fieldOf("count", "+required\n\t// +nullable", "int32"),
			want:   []string{"a.go:7: A.F: null is not a value, leave the field out"},
		},
		"no json tag": {
			source: "type A struct {\n\tF int32\n}",
			want:   []string{"a.go:4: A.F: no json tag"},
		},
		"a json name with an underscore": {
			source: fieldOf("max_count", "+required", "int32"),
			want:   []string{`a.go:6: A.F: json name "max_count" is not camelCase`},
		},
		"a comment that starts with the Go name": {
			source: "type A struct {\n\t// F is.\n\t// +required\n\tF int32 `json:\"f\"`\n}",
			want:   []string{`a.go:6: A.F: its comment starts with "F", not with its json name "f"`},
		},
		"a phase": {
			source: fieldOf("phase", "+required", "int32"),
			want:   []string{"a.go:6: A.F: no phase, use conditions"},
		},
		"a timestamp": {
			source: fieldOf("startTimestamp", "+required", "metav1.Time"),
			want:   []string{"a.go:6: A.F: name moments ...Time or ...At"},
		},
		"a reference under a plain name": {
			source: fieldOf("queue", "+required", "QueueReference") + "\ntype QueueReference struct{}",
			want:   []string{"a.go:6: A.F: a reference, so its name ends in Ref"},
		},
		"a list of references in the singular": {
			source: fieldOf("queueRef", "+required\n\t// +listType=atomic\n\t// +kubebuilder:validation:MaxItems=2", "[]QueueReference") +
				"\ntype QueueReference struct{}",
			want: []string{"a.go:8: A.F: a reference, so its name ends in Refs"},
		},
		"a reference spelled out": {
			source: fieldOf("queueReference", "+required", "B") + "\ntype B struct{}",
			want:   []string{"a.go:6: A.F: references end in Ref or Refs"},
		},
		"a kind without the status subresource": {
			source: "// +kubebuilder:object:root=true\ntype A struct{}",
			want:   []string{"a.go:4: A: a kind needs +kubebuilder:subresource:status"},
		},
		"conditions not first": {
			source: "type A struct{}\n" + `
type AStatus struct {
	// count is one.
	// +optional
	Count int32 ` + "`json:\"count,omitempty\"`" + `
}`,
			want: []string{"a.go:5: AStatus: conditions is the first field of a status"},
		},
		"conditions of another type, replaced as a whole": {
			source: fieldOf("conditions", "+required\n\t// +listType=atomic\n\t// +kubebuilder:validation:MaxItems=2", "[]A"),
			want: []string{
				"a.go:8: A.F: conditions is +listType=map with +listMapKey=type",
				"a.go:8: A.F: conditions is a []metav1.Condition",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := fstest.MapFS{"a.go": {Data: []byte("package a\n\n" + tc.source + "\n")}}
			got, err := apilint.Check(dir)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]string{}, tc.want...), got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckRefusesAFolderWithoutTypes(t *testing.T) {
	if _, err := apilint.Check(fstest.MapFS{}); err == nil {
		t.Error("an empty folder passed")
	}
}

// fieldOf writes a struct A with one field F, whose JSON name also starts its comment.
func fieldOf(json, marker, typ string) string {
	return "type A struct {\n\t// " + json + " is a field.\n\t// " + marker + "\n\tF " + typ + " `json:\"" + json + "\"`\n}"
}
