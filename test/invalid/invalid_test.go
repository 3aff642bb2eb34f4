// SPDX-License-Identifier: Apache-2.0

package invalid

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/testkit/kubetest"
)

// TestManifests tries every file: the user is told what it says, and nothing else.
func TestManifests(t *testing.T) {
	kubetest.Require(t)
	s := startServer(t)
	for _, m := range manifests(t) {
		t.Run(strings.TrimSuffix(filepath.ToSlash(m.path), ".yaml"), func(t *testing.T) {
			got := s.try(t, &m)
			if *rewrite {
				m.said(t, wantMark, got)
				return
			}
			if len(got) == 0 {
				t.Fatal("nothing is wrong with it")
			}
			if diff := cmp.Diff(m.want, got); diff != "" {
				t.Errorf("the user is told something else (-want +got), see -rewrite:\n%s", diff)
			}
		})
	}
}

// try creates the objects in their order, and returns what is said against them: by the API server, or else by the
// compiler.
func (s *server) try(t *testing.T, m *manifest) []string {
	t.Helper()
	in := &compile.Input{Namespace: namespace, Secrets: map[string][]string{}}
	for i, d := range m.documents {
		if d.head.Kind == "Secret" {
			for key := range d.head.StringData {
				in.Secrets[d.head.Metadata.Name] = append(in.Secrets[d.head.Metadata.Name], key)
			}
			continue
		}
		stored, err := s.apply(t, m, i)
		if err != nil {
			if i < len(m.documents)-1 {
				t.Errorf("document %d is refused, and it is not the last: %v", i+1, err)
			}
			return complaints(err)
		}
		add(t, in, stored, i)
	}
	out, err := compile.Compile(in)
	if err != nil {
		t.Fatal(err)
	}
	return findings(out)
}

// findings are the conditions that are False.
func findings(out *compile.Output) []string {
	var lines []string
	for o := range out.All() {
		for _, f := range o.Findings {
			if f.Status == metav1.ConditionFalse {
				lines = append(lines, strings.Join([]string{o.Kind, o.Name, string(f.Condition), f.Reason + ":", f.Message}, " "))
			}
		}
	}
	return lines
}

// TestThereAreEnough: people make more mistakes than this, and with every kind.
func TestThereAreEnough(t *testing.T) {
	const enough, ofAKind = 200, 10
	count := map[string]int{}
	all := manifests(t)
	for _, m := range all {
		count[filepath.Dir(m.path)]++
		if len(m.want) == 0 {
			t.Errorf("%s does not say what the user is told", m.path)
		}
	}
	if len(all) < enough {
		t.Errorf("%d manifests, want %d", len(all), enough)
	}
	for _, kind := range kinds {
		folder := strings.ToLower(kind)
		if count[folder] < ofAKind {
			t.Errorf("%d manifests of a %s, want %d", count[folder], kind, ofAKind)
		}
		delete(count, folder)
	}
	for folder := range count {
		t.Errorf("%s is no kind", folder)
	}
}

// TestEveryMessageNamesAFieldOrAnObject: a message that does not is one that nobody can act upon.
func TestEveryMessageNamesAFieldOrAnObject(t *testing.T) {
	for _, m := range manifests(t) {
		for _, want := range m.want {
			if !slices.ContainsFunc([]string{"spec", "metadata.", "yaml: ", "older Distributor"}, func(part string) bool {
				return strings.Contains(want, part)
			}) {
				t.Errorf("%s: %q", m.path, want)
			}
		}
	}
}
