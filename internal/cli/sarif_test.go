// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// sarifRequired are the properties that the schema of SARIF 2.1.0 requires of the objects that lint writes.
var sarifRequired = map[string][]string{
	"log": {"version", "runs"}, "run": {"tool"}, "tool": {"driver"}, "toolComponent": {"name"},
	"reportingDescriptor": {"id"}, "multiformatMessageString": {"text"}, "result": {"message"}, "message": {"text"},
}

// sarifChildren are the objects below each of them, and of which kind they are.
var sarifChildren = map[string]map[string]string{
	"log": {"runs": "run"}, "run": {"tool": "tool", "results": "result"}, "tool": {"driver": "toolComponent"},
	"toolComponent":       {"rules": "reportingDescriptor"},
	"reportingDescriptor": {"shortDescription": "multiformatMessageString"},
	"result":              {"message": "message", "locations": "location", "relatedLocations": "location"},
	"location":            {"physicalLocation": "physicalLocation", "logicalLocations": "logicalLocation", "message": "message"},
	"physicalLocation":    {"artifactLocation": "artifactLocation", "region": "region"},
}

// TestSARIF checks logs against what the schema requires: properties that must be there, levels, indexes and lines.
func TestSARIF(t *testing.T) {
	for _, folder := range []string{"bad", "warn", "good", "ruletests"} {
		t.Run(folder, func(t *testing.T) {
			var out, errOut bytes.Buffer
			code := Run(t.Context(), []string{"lint", "-f", "testdata/" + folder, "-o", "sarif"}, Streams{Out: &out, Err: &errOut})
			if code == exitUsage {
				t.Fatal(errOut.String())
			}
			var log map[string]any
			if err := json.Unmarshal(out.Bytes(), &log); err != nil {
				t.Fatal(err)
			}
			if log["version"] != "2.1.0" || !strings.Contains(fmt.Sprint(log["$schema"]), "sarif-2.1.0") {
				t.Errorf("version %v, schema %v", log["version"], log["$schema"])
			}
			requireSARIF(t, "log", log)
			run := log["runs"].([]any)[0].(map[string]any)
			rules := run["tool"].(map[string]any)["driver"].(map[string]any)["rules"].([]any)
			results := run["results"].([]any)
			if len(results) == 0 {
				t.Error("there are no results")
			}
			for _, r := range results {
				checkResult(t, r.(map[string]any), rules)
			}
		})
	}
}

// requireSARIF checks an object of that kind, and all below it.
func requireSARIF(t *testing.T, kind string, object map[string]any) {
	t.Helper()
	for _, name := range sarifRequired[kind] {
		if object[name] == nil {
			t.Errorf("%s has no %s: %v", kind, name, object)
		}
	}
	for name, below := range sarifChildren[kind] {
		switch v := object[name].(type) {
		case map[string]any:
			requireSARIF(t, below, v)
		case []any:
			for _, item := range v {
				requireSARIF(t, below, item.(map[string]any))
			}
		case nil:
		default:
			t.Errorf("%s.%s is %T", kind, name, v)
		}
	}
}

func checkResult(t *testing.T, r map[string]any, rules []any) {
	t.Helper()
	if !slices.Contains([]any{"none", "note", "warning", "error"}, r["level"]) {
		t.Errorf("level %v", r["level"])
	}
	if i := int(r["ruleIndex"].(float64)); i < 0 || i >= len(rules) || rules[i].(map[string]any)["id"] != r["ruleId"] {
		t.Errorf("rule %v at %d of %v", r["ruleId"], i, rules)
	}
	for _, l := range r["locations"].([]any) {
		physical, ok := l.(map[string]any)["physicalLocation"].(map[string]any)
		if !ok {
			t.Errorf("no place: %v", r)
			continue
		}
		uri := physical["artifactLocation"].(map[string]any)["uri"].(string)
		if strings.HasPrefix(uri, "/") || strings.ContainsAny(uri, ` \`) {
			t.Errorf("uri %q", uri)
		}
		if region, ok := physical["region"].(map[string]any); ok && region["startLine"].(float64) < 1 {
			t.Errorf("line %v", region)
		}
	}
}
