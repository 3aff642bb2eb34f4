// SPDX-License-Identifier: Apache-2.0

package invalid

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
)

var rewrite = flag.Bool("rewrite", false, "write what is said into the files instead of comparing with it")

const (
	separator = "\n---\n"
	wantMark  = "# want: "
	layerMark = "# layer: "
	// webhookLayer is the webhook of the manager; without a mark, a file is about the schema or about conditions.
	webhookLayer = "webhook"
)

// kinds are those of the API; their folders have their names in lower case.
var kinds = []string{
	v1alpha1.KindWorkstream, v1alpha1.KindChannel, v1alpha1.KindContextVariable, v1alpha1.KindRoutingRuleset, v1alpha1.KindQueue,
	v1alpha1.KindAgent, v1alpha1.KindCapacityProfile, v1alpha1.KindOperatingHours, v1alpha1.KindDistributor,
}

// A manifest is one file.
type manifest struct {
	path string
	// want are the lines that say what the user is told.
	want []string
	// layer says who speaks where the API server alone would say nothing.
	layer string
	// documents are its objects, as they are written but for those lines.
	documents []document
}

// A document is one object. Its head may be empty where the text is no YAML.
type document struct {
	text string
	head struct {
		Kind       string
		Metadata   struct{ Name string }
		StringData map[string]string
	}
}

// manifests reads all files.
func manifests(t *testing.T) []manifest {
	t.Helper()
	paths, err := filepath.Glob("*/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no manifests: %v", err)
	}
	all := make([]manifest, len(paths))
	for i, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[i].path = path
		var rest strings.Builder
		for line := range strings.Lines(string(body)) {
			text := strings.TrimRight(line, "\r\n")
			if want, ok := strings.CutPrefix(text, wantMark); ok {
				all[i].want = append(all[i].want, want)
			} else if layer, ok := strings.CutPrefix(text, layerMark); ok {
				all[i].layer = layer
			} else {
				rest.WriteString(line)
			}
		}
		for text := range strings.SplitSeq(rest.String(), separator) {
			d := document{text: text}
			_ = yaml.Unmarshal([]byte(text), &d.head) // some are no YAML: the server says so
			all[i].documents = append(all[i].documents, d)
		}
	}
	return all
}

// said writes what is said into the file with that mark, after the comment at its start.
func (m *manifest) said(t *testing.T, mark string, lines []string) {
	t.Helper()
	body, err := os.ReadFile(m.path)
	if err != nil {
		t.Fatal(err)
	}
	end := "\n"
	if strings.Contains(string(body), "\r\n") {
		end = "\r\n"
	}
	var out strings.Builder
	written := false
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, mark) {
			continue
		}
		if !written && !strings.HasPrefix(line, "#") {
			written = true
			for _, l := range lines {
				out.WriteString(mark + l + end)
			}
		}
		out.WriteString(line)
	}
	if err := os.WriteFile(m.path, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
