// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const (
	dynamics = "docs/from-dynamics.md"
	// stepHeader is the first line of the tables whose rows are steps with their YAML.
	stepHeader = "| in the admin center | in YAML | at |"
)

var (
	stepRow    = regexp.MustCompile("^\\| (.+) \\| `([^`]+)` \\| ([A-Z]\\w+) `([\\w.]+)` \\|$")
	sampleLink = regexp.MustCompile(`\]\(\.\./(config/samples/[^)]+\.yaml)\)`)
)

// TestEveryStepFromDynamicsIsInTheSamples: each line of YAML that the page quotes is a line of the files that are linked above
// its table, and stands in an object of that kind at that place.
func TestEveryStepFromDynamicsIsInTheSamples(t *testing.T) {
	text, err := fs.ReadFile(repository, dynamics)
	if err != nil {
		t.Fatal(err)
	}
	var files []string // linked since the last table
	rows, inTable := 0, false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		for _, link := range sampleLink.FindAllStringSubmatch(line, -1) {
			files = append(files, link[1])
		}
		switch {
		case line == stepHeader:
			inTable = true
		case !strings.HasPrefix(line, "|"):
			if inTable {
				files = nil
			}
			inTable = false
		case inTable && !strings.HasPrefix(line, "|---"):
			rows++
			row := stepRow.FindStringSubmatch(line)
			if row == nil {
				t.Errorf("this is no step: %s", line)
				continue
			}
			checkStep(t, files, row[2], row[3], strings.Split(row[4], "."))
		}
	}
	const enough = 50
	if rows < enough {
		t.Errorf("%d steps found, there were %d", rows, enough)
	}
}

// checkStep: one of the files has the line, in an object of the kind at the path.
func checkStep(t *testing.T, files []string, quoted, kind string, at []string) {
	t.Helper()
	var want map[string]any
	if err := yaml.Unmarshal([]byte(quoted), &want); err != nil {
		t.Errorf("%s: %v", quoted, err)
		return
	}
	written, placed := false, false
	for _, file := range files {
		text, err := fs.ReadFile(repository, path.Clean(file))
		if err != nil {
			t.Fatal(err)
		}
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			var object map[string]any
			if err := yaml.Unmarshal([]byte(document), &object); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if object["kind"] == kind {
				written = written || hasLine(document, quoted)
				placed = placed || hasFields(object, at, want)
			}
		}
	}
	if !written || !placed {
		t.Errorf("%s at %s of a %s in %v: a line so: %t, at that place: %t", quoted, strings.Join(at, "."), kind, files, written, placed)
	}
}

// hasLine reports whether one line of a text is that, whatever its indentation and comment.
func hasLine(text, want string) bool {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, " #")
		if strings.TrimPrefix(strings.TrimSpace(line), "- ") == want {
			return true
		}
	}
	return false
}

// hasFields reports whether there are such fields at a path; of a list any element will do.
func hasFields(node any, at []string, want map[string]any) bool {
	switch n := node.(type) {
	case []any:
		for _, item := range n {
			if hasFields(item, at, want) {
				return true
			}
		}
	case map[string]any:
		if len(at) > 0 {
			return hasFields(n[at[0]], at[1:], want)
		}
		for key, value := range want {
			if !reflect.DeepEqual(n[key], value) {
				return false
			}
		}
		return true
	}
	return false
}
