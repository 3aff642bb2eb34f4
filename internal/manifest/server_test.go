// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/compile"
)

var (
	foundLine = regexp.MustCompile(`^([A-Z]\w+ [^ ]+ (Accepted|ResolvedRefs) \w+): (.*)$`)
	unknown   = regexp.MustCompile(`unknown field "([^"]+)"`)
	cause     = regexp.MustCompile(`^([a-z][^ ]*|<nil>): `)
	indexName = regexp.MustCompile(`\]\([^)]*\)`)
)

// TestAsTheServerSays: what a real API server refuses in the manifests of test/invalid is refused here, in the same fields;
// what it takes is taken, and compiled to the same findings.
func TestAsTheServerSays(t *testing.T) {
	files, err := filepath.Glob("../../test/invalid/*/*.yaml")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d manifests: %v", len(files), err)
	}
	tried := 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var wants []string
		for line := range strings.Lines(string(body)) {
			if want, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "# want: "); ok {
				wants = append(wants, want)
			}
		}
		if strings.Contains(string(body), "is immutable") {
			continue // only who knows what is stored can say so
		}
		tried++
		t.Run(strings.TrimPrefix(filepath.ToSlash(file), "../../test/invalid/"), func(t *testing.T) {
			set, problems := Load(file)
			if len(wants) > 0 && !foundLine.MatchString(wants[0]) {
				compareRefusal(t, wants, problems)
				return
			}
			for _, p := range problems {
				t.Errorf("the server takes it: %v", p)
			}
			if diff := cmp.Diff(wants, findings(t, set)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
	if tried < 100 {
		t.Fatalf("only %d manifests were tried", tried)
	}
}

// compareRefusal compares the fields that are complained about.
func compareRefusal(t *testing.T, wants []string, problems []Problem) {
	t.Helper()
	var want, got []string
	strict := strings.Contains(wants[0], "strict decoding error")
	for _, w := range wants {
		switch m := cause.FindStringSubmatch(w); {
		case unknown.MatchString(w):
			for _, u := range unknown.FindAllStringSubmatch(w, -1) {
				want = append(want, u[1])
			}
		case strings.Contains(w, "Checked value must be of type integer with format int32 in "):
			want = append(want, w[strings.LastIndex(w, " ")+1:])
		case m != nil && !strings.Contains(w, "evaluating rule"):
			want = append(want, strings.TrimPrefix(m[1], "<nil>"))
		}
	}
	for _, p := range problems {
		got = append(got, indexName.ReplaceAllString(p.Field, "]"))
		if p.Line == 0 || p.File == "" || p.Message == "" {
			t.Errorf("a problem without its place: %+v", p)
		}
	}
	if len(problems) == 0 {
		t.Fatalf("nothing is found; the server says %q", wants)
	}
	if len(want) == 0 {
		return // it is no YAML
	}
	slices.Sort(want)
	slices.Sort(got)
	if strict { // the server looks no further then
		got = slices.DeleteFunc(got, func(field string) bool { return !slices.Contains(want, field) })
	}
	if diff := cmp.Diff(slices.Compact(want), slices.Compact(got)); diff != "" {
		t.Errorf("fields (-want +got):\n%s\n%v\nserver: %q", diff, problems, wants)
	}
}

// findings are what the conditions say that are False.
func findings(t *testing.T, set *Set) []string {
	t.Helper()
	var lines []string
	for _, namespace := range set.Namespaces() {
		for _, name := range compile.SecretNames(set.Input(namespace)) {
			if _, known := set.secrets[namespace][name]; !known {
				set.PutSecret(namespace, name, nil) // nobody has it
			}
		}
		out, err := compile.Compile(set.Input(namespace))
		if err != nil {
			t.Fatal(err)
		}
		for o := range out.All() {
			for _, f := range o.Findings {
				if f.Status == "False" {
					lines = append(lines, fmt.Sprintf("%s %s %s %s: %s", o.Kind, o.Name, f.Condition, f.Reason, f.Message))
				}
			}
		}
	}
	slices.Sort(lines)
	return lines
}
