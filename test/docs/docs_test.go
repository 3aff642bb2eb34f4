// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"workstream.dev/operator/test/docs"
)

const (
	module  = "workstream.dev/operator"
	api     = "api/v1alpha1"
	specs   = "docs/spec/v1alpha1"
	metrics = "docs/metrics.md"
)

var repository = os.DirFS("../..")

func TestEveryRelativeLinkResolves(t *testing.T) {
	for _, broken := range docs.BrokenLinks(repository, readPages(t)) {
		t.Error(broken)
	}
}

func TestEveryKindHasItsPageAndEveryPageItsKind(t *testing.T) {
	want := map[string]bool{}
	for _, singular := range loadCRDs(t).Kinds() {
		want[specs+"/"+singular+".md"] = true
	}
	pages := readPages(t)
	for page := range want {
		if pages[page] == nil {
			t.Errorf("%s does not exist", page)
		}
	}
	for page := range pages {
		if path.Dir(page) == specs && path.Base(page) != "README.md" && !want[page] {
			t.Errorf("%s is about no kind", page)
		}
	}
}

func TestEveryConditionAndReasonIsOnItsPage(t *testing.T) {
	pages := readPages(t)
	kinds := map[string]*docs.Page{}
	for kind, singular := range loadCRDs(t).Kinds() {
		if page := pages[specs+"/"+singular+".md"]; page != nil {
			kinds[kind] = page
		}
	}
	for _, missing := range parseSource(t).UndocumentedReasons(api, kinds) {
		t.Error(missing)
	}
}

func TestEveryMetricIsDescribed(t *testing.T) {
	page := readPages(t)[metrics]
	if page == nil {
		t.Fatalf("%s does not exist", metrics)
	}
	for _, wrong := range parseSource(t).MetricMismatches(page) {
		t.Error(wrong)
	}
}

func TestEveryYAMLBlockIsAccepted(t *testing.T) {
	crds := loadCRDs(t)
	for _, page := range readPages(t) {
		for _, block := range page.Blocks {
			if block.Language != "yaml" && block.Language != "yml" {
				continue
			}
			wrong, _ := crds.Check(block.Text)
			for _, what := range wrong {
				t.Errorf("%s:%d: %s", page.Path, block.Line, what)
			}
		}
	}
}

func TestEverySampleIsAccepted(t *testing.T) {
	crds := loadCRDs(t)
	sampled := map[string]bool{}
	for _, file := range sampleFiles(t) {
		text, err := fs.ReadFile(repository, file)
		if err != nil {
			t.Fatal(err)
		}
		wrong, kinds := crds.Check(string(text))
		for _, what := range wrong {
			t.Errorf("%s: %s", file, what)
		}
		for _, kind := range kinds {
			sampled[kind] = true
		}
	}
	for kind := range crds.Kinds() {
		if !sampled[kind] {
			t.Errorf("config/samples has no %s", kind)
		}
	}
}

func sampleFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"config/samples/*.yaml", "config/samples/*/*.yaml"} {
		found, err := fs.Glob(repository, pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files: %v", pattern, len(found), err)
		}
		files = append(files, found...)
	}
	return files
}

func TestProjectListsEveryKind(t *testing.T) {
	text, err := fs.ReadFile(repository, "PROJECT")
	if err != nil {
		t.Fatal(err)
	}
	var listed, want []string
	for line := range strings.Lines(string(text)) {
		if kind, ok := strings.CutPrefix(strings.TrimSpace(line), "kind: "); ok {
			listed = append(listed, kind)
		}
	}
	for kind := range loadCRDs(t).Kinds() {
		want = append(want, kind)
	}
	slices.Sort(listed)
	slices.Sort(want)
	if fmt.Sprint(listed) != fmt.Sprint(want) {
		t.Errorf("PROJECT lists %v, the CRDs are %v", listed, want)
	}
}

func readPages(t *testing.T) map[string]*docs.Page {
	t.Helper()
	pages, err := docs.Pages(repository)
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func loadCRDs(t *testing.T) *docs.CRDs {
	t.Helper()
	dir, err := fs.Sub(repository, "config/crd/bases")
	if err != nil {
		t.Fatal(err)
	}
	crds, err := docs.LoadCRDs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return crds
}

func parseSource(t *testing.T) *docs.Source {
	t.Helper()
	source, err := docs.ParseSource(repository, module)
	if err != nil {
		t.Fatal(err)
	}
	return source
}
