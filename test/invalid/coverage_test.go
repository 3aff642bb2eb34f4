// SPDX-License-Identifier: Apache-2.0

package invalid

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"workstream.dev/operator/config/crd"
)

// unreachable is what nobody can be told today.
var unreachable = map[string]string{
	"spec.channelType is immutable: create another Workstream": "it has one value",
	"spec.type is immutable: create another Channel":           "it has one value",
	"Workstream Accepted Invalid":                              "the schema refuses it, unless the object is older",
	"Channel Accepted Invalid":                                 "the schema refuses it, unless the object is older",
	"Queue Accepted Invalid":                                   "the schema refuses it, unless the object is older",
}

// TestEveryRuleAndReasonOccurs: what the API can say, some manifest is told.
func TestEveryRuleAndReasonOccurs(t *testing.T) {
	var told strings.Builder
	for _, m := range manifests(t) {
		for _, want := range m.want {
			told.WriteString(finding.ReplaceAllString(want, "$1 $2 $3") + "\n")
		}
	}
	rules, reasons := ruleMessages(t), falseReasons(t)
	if len(rules) == 0 || len(reasons) == 0 {
		t.Fatalf("%d rules and %d reasons found", len(rules), len(reasons))
	}
	for _, what := range append(rules, reasons...) {
		switch occurs := strings.Contains(told.String(), what); {
		case !occurs && unreachable[what] == "":
			t.Errorf("nobody is told: %s", what)
		case occurs && unreachable[what] != "":
			t.Errorf("it is not so that %s: %s", unreachable[what], what)
		}
	}
}

// finding is the start of a line about an object that was taken: its kind, its name, the condition and the reason.
var finding = regexp.MustCompile(`^([A-Z]\w+) [^ ]+ (Accepted|ResolvedRefs) (\w+):`)

// ruleMessages are the messages of the validation rules in the CRDs that users install.
func ruleMessages(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(crd.Bases, "bases/*.yaml")
	if err != nil || len(files) != len(kinds) {
		t.Fatalf("%d CRDs for %d kinds: %v", len(files), len(kinds), err)
	}
	var messages []string
	for _, file := range files {
		body, err := fs.ReadFile(crd.Bases, file)
		if err != nil {
			t.Fatal(err)
		}
		var definition any
		if err := yaml.Unmarshal(body, &definition); err != nil {
			t.Fatal(err)
		}
		collect(definition, &messages)
	}
	return messages
}

// collect finds the messages of the rules anywhere below a node.
func collect(node any, messages *[]string) {
	switch n := node.(type) {
	case map[string]any:
		if rules, ok := n["x-kubernetes-validations"].([]any); ok {
			for _, rule := range rules {
				*messages = append(*messages, rule.(map[string]any)["message"].(string))
			}
		}
		for _, child := range n {
			collect(child, messages)
		}
	case []any:
		for _, child := range n {
			collect(child, messages)
		}
	}
}

// falseOf is how the API documents the reasons of a condition that is False, comments in one line.
var falseOf = regexp.MustCompile(`Reasons of False: ([A-Za-z, ]+)\.[^\n]*\nconst ([A-Za-z]+)Condition(Accepted|ResolvedRefs) `)

// falseReasons are "Kind Condition Reason" of the conditions that say what is wrong with an object.
func falseReasons(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../api/v1alpha1/*_conditions.go")
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range falseOf.FindAllStringSubmatch(strings.ReplaceAll(string(body), "\n// ", " "), -1) {
			for reason := range strings.SplitSeq(match[1], ",") {
				reasons = append(reasons, strings.Join([]string{match[2], match[3], strings.TrimSpace(reason)}, " "))
			}
		}
	}
	return reasons
}
