// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"workstream.dev/operator/api/v1alpha1"
)

// TestEveryReasonHasAGolden holds the reasons that the API documents against those that occur in the goldens: each one
// documented for a condition that compile judges occurs, and none occurs that is not documented.
func TestEveryReasonHasAGolden(t *testing.T) {
	documented := documentedReasons(t)
	if len(documented) == 0 {
		t.Fatal("no documented reasons found")
	}
	occurs := map[string]string{}
	inputs, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range inputs {
		in := readInput(t, path)
		out, err := Compile(in)
		if err != nil {
			t.Fatal(err)
		}
		needed := Needed(in)
		for o := range out.All() {
			findings := o.Findings
			if users := needed[Place{o.Kind, o.Name}]; len(users) > 0 {
				findings = append(slices.Clone(findings), Terminating(users))
			}
			for _, f := range findings {
				key := strings.Join([]string{o.Kind, string(f.Condition), string(f.Status), f.Reason}, " ")
				occurs[key] = path
				if !documented[key] {
					t.Errorf("%s: %s is not documented", path, key)
				}
			}
		}
	}
	for key := range documented {
		if occurs[key] == "" {
			t.Errorf("%s is in no golden", key)
		}
	}
}

var reasonsOf = regexp.MustCompile(`Reasons of (True|False): ([A-Za-z, \n]+)\.`)

// documentedReasons reads "Reasons of False: A, B." in the comments of the condition constants, as
// "Kind Condition Status Reason".
func documentedReasons(t *testing.T) map[string]bool {
	t.Helper()
	documented := map[string]bool{}
	files, err := filepath.Glob("../../api/v1alpha1/*_conditions.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.CONST || len(gen.Specs) != 1 {
				continue
			}
			name := gen.Specs[0].(*ast.ValueSpec).Names[0].Name
			kind, condition, ok := strings.Cut(name, "Condition")
			if !ok || condition != string(v1alpha1.ConditionAccepted) && condition != string(v1alpha1.ConditionResolvedRefs) &&
				condition != string(v1alpha1.ConditionTerminating) {
				continue
			}
			for _, match := range reasonsOf.FindAllStringSubmatch(gen.Doc.Text(), -1) {
				for reason := range strings.SplitSeq(match[2], ",") {
					documented[strings.Join([]string{kind, condition, match[1], strings.TrimSpace(reason)}, " ")] = true
				}
			}
		}
	}
	return documented
}
