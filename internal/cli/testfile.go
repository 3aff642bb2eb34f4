// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"

	"go.yaml.in/yaml/v3"

	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/whatif"
)

// What a file of routing tests begins with.
const (
	testAPIVersion = "test.workstream.dev/v1alpha1"
	testKind       = "RoutingTest"
)

// testFile is a file of routing tests.
type testFile struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	// Defaults hold for all tests: what a test says replaces them, attributes and agents one by one.
	Defaults whatif.Given  `yaml:"defaults"`
	Tests    []routingTest `yaml:"tests"`
}

// routingTest is an item that could come, and what must become of it.
type routingTest struct {
	Name         string `yaml:"name"`
	whatif.Given `yaml:",inline"`
	Expect       expectation `yaml:"expect"`

	line int
}

// createdAt is the attribute that is another way to write at.
const createdAt = "item.createdAt"

// none stands for no rule, and for no agent.
const none = "None"

// expectation is what is checked; what is not set is not.
type expectation struct {
	// Rules are the rule of each ruleset that matched, None if none did.
	Rules map[string]string `yaml:"rules"`
	Queue string            `yaml:"queue"`
	// State is the item's, such as Closed of one that overflow ends.
	State    string `yaml:"state"`
	Priority int32  `yaml:"priority"`
	// Skills and CapacityProfiles are all that the item needs beyond what its workstream says.
	Skills           []expectedSkill   `yaml:"skills"`
	CapacityProfiles []expectedProfile `yaml:"capacityProfiles"`
	// Attributes are some that the item has.
	Attributes whatif.Attributes `yaml:"attributes"`
	// Candidates are all who would be offered it, in order; Agent is the first of them, or None.
	Candidates []string `yaml:"candidates"`
	Agent      string   `yaml:"agent"`
	// Excluded are some who are not, with the reason.
	Excluded map[string]string `yaml:"excluded"`
}

type expectedSkill struct {
	Name   string `yaml:"name"`
	Rating int32  `yaml:"rating"`
}

type expectedProfile struct {
	Name string `yaml:"name"`
}

// readTests reads a file of routing tests.
func readTests(path string) (*testFile, error) {
	body, err := os.ReadFile(path) //nolint:gosec // it is what the user asks for
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Unwrap(err))
	}
	f, err := decodeTests(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func decodeTests(body []byte) (*testFile, error) {
	var f testFile
	if err := whatif.Strict(body, &f); err != nil {
		return nil, err
	}
	if f.APIVersion != testAPIVersion || f.Kind != testKind {
		return nil, fmt.Errorf("apiVersion must be %s and kind %s, not %q and %q", testAPIVersion, testKind, f.APIVersion, f.Kind)
	}
	lines := testLines(body)
	seen := map[string]bool{}
	for i := range f.Tests {
		t := &f.Tests[i]
		if i < len(lines) {
			t.line = lines[i]
		}
		if t.Name == "" {
			return nil, fmt.Errorf("line %d: tests[%d].name is required", t.line, i)
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("line %d: tests[%d].name: there is another test %q", t.line, i, t.Name)
		}
		seen[t.Name] = true
		if t.Expect.empty() {
			return nil, fmt.Errorf("line %d: tests[%d](%s).expect is required: a test that expects nothing cannot fail", t.line, i, t.Name)
		}
		t.inherit(&f.Defaults)
	}
	if len(f.Tests) == 0 {
		return nil, errors.New("tests: there are none")
	}
	return &f, nil
}

// testLines are the lines on which the tests begin.
func testLines(body []byte) []int {
	var doc yaml.Node
	if yaml.Unmarshal(body, &doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	var lines []int
	root := doc.Content[0]
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "tests" {
			for _, item := range root.Content[i+1].Content {
				lines = append(lines, item.Line)
			}
		}
	}
	return lines
}

func (e *expectation) empty() bool {
	return e.Rules == nil && e.Queue == "" && e.State == "" && e.Priority == 0 && e.Skills == nil && e.CapacityProfiles == nil &&
		e.Attributes == nil && e.Candidates == nil && e.Agent == "" && e.Excluded == nil
}

// inherit fills in what the test does not say.
func (t *routingTest) inherit(from *whatif.Given) {
	if t.Workstream == "" && t.Channel == "" {
		t.Workstream, t.Channel = from.Workstream, from.Channel
	}
	below := map[string]rule.Value(from.Given)
	if _, ok := t.Given.Given[createdAt]; !ok && t.At.IsZero() {
		t.At = from.At
	} else if !ok { // which says the same
		below = maps.Clone(below)
		delete(below, createdAt)
	}
	if t.Draw == nil {
		t.Draw = from.Draw
	}
	if t.OtherAgents == "" {
		t.OtherAgents = from.OtherAgents
	}
	t.Given.Given = merge(below, t.Given.Given)
	t.Agents = merge(from.Agents, t.Agents)
	t.Waiting = merge(from.Waiting, t.Waiting)
}

// merge lays a map over another.
func merge[V any](below, above map[string]V) map[string]V {
	if len(below) == 0 {
		return above
	}
	out := maps.Clone(below)
	maps.Copy(out, above)
	return out
}
