// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/config/crd"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// TestTheSchemaHasTheOperatorsOfTheLanguage: no operator can be written that does not work, and each one can be written.
func TestTheSchemaHasTheOperatorsOfTheLanguage(t *testing.T) {
	body, err := fs.ReadFile(crd.Bases, "bases/routing.workstream.dev_routingrulesets.yaml")
	if err != nil {
		t.Fatal(err)
	}
	language := languageOperators(t)
	if len(language) == 0 {
		t.Fatal("no operators found")
	}
	// Wherever an enum starts with Equal, it is one of operators.
	enums := strings.Split(string(body), "enum:\n")[1:]
	seen := 0
	for _, enum := range enums {
		var values []string
		for line := range strings.Lines(enum) {
			value, ok := strings.CutPrefix(strings.TrimSpace(line), "- ")
			if !ok {
				break
			}
			values = append(values, value)
		}
		if values[0] != string(rule.Equal) {
			continue
		}
		seen++
		slices.Sort(values)
		if diff := cmp.Diff(language, values); diff != "" {
			t.Errorf("operators of the language, and of the schema (-language +schema):\n%s", diff)
		}
	}
	if want := 40; seen != want { // 1 + 3 + 9 + 27, each level having all, any and not
		t.Errorf("%d places for an operator, want %d", seen, want)
	}
	for _, op := range language {
		if !compiles(v1alpha1.Operator(op)) {
			t.Errorf("%s works with neither none, one nor two values", op)
		}
	}
}

// compiles reports whether an operator can be used with some number of values.
func compiles(op v1alpha1.Operator) bool {
	works := func(attribute string, values ...string) bool {
		c := translateCondition(&v1alpha1.Condition{Attribute: attribute, Operator: op, Values: values})
		_, err := rule.Compile(c, rule.Env{Kind: new(plan.Workstream).AttributeKind})
		return err == nil
	}
	return works("record.amount") || works("record.amount", "1") || works("record.amount", "1", "2") ||
		works("item.createdAt", "09:00") || works("item.createdAt", "09:00", "17:00")
}

// languageOperators are the constants of type rule.Operator, sorted.
func languageOperators(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../rule/condition.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var operators []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if named, ok := spec.Type.(*ast.Ident); ok && named.Name == "Operator" {
				operators = append(operators, strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
			}
		}
		return true
	})
	slices.Sort(operators)
	return operators
}
