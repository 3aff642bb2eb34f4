// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
)

var kinds = []string{
	KindAgent, KindCapacityProfile, KindChannel, KindContextVariable, KindDistributor, KindOperatingHours, KindQueue,
	KindRoutingRuleset, KindWorkstream,
}

func TestSchemeKnowsEveryKindAndItsList(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		for _, name := range []string{kind, kind + "List"} {
			if !scheme.Recognizes(GroupVersion.WithKind(name)) {
				t.Errorf("the scheme does not know %s", name)
			}
		}
	}
}

// TestConstantsAreNamedAfterTheirValues: code that handles all kinds alike relies on a shared constant having the value
// of the constants of each kind.
func TestConstantsAreNamedAfterTheirValues(t *testing.T) {
	constants := conditionConstants(t)
	values := map[string]int{}
	for name, value := range constants {
		rest := name
		for _, kind := range kinds {
			if after, ok := strings.CutPrefix(name, kind); ok {
				rest = after
			}
		}
		suffix, isReason := strings.CutPrefix(rest, "Reason")
		if !isReason {
			suffix = strings.TrimPrefix(rest, "Condition")
		}
		if suffix != value {
			t.Errorf("%s has the value %q", name, value)
		}
		if rest != name {
			values[rest]++
		}
	}
	for name := range constants {
		if (strings.HasPrefix(name, "Reason") || strings.HasPrefix(name, "Condition")) && values[name] < 2 {
			t.Errorf("%s is shared by %d kinds", name, values[name])
		}
	}
}

func conditionConstants(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]string{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			named, ok := spec.Type.(*ast.Ident)
			if !ok || !strings.HasSuffix(named.Name, "ConditionType") && !strings.HasSuffix(named.Name, "ConditionReason") {
				return true
			}
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			constants[spec.Names[0].Name] = value
			return true
		})
	}
	if len(constants) == 0 {
		t.Fatal("no constants found")
	}
	return constants
}
