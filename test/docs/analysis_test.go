// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/analysis"
	"workstream.dev/operator/internal/compile"
)

var (
	codeHeading = regexp.MustCompile(`(?m)^### (\w+)\n\n(Warning|Info)\. `)
	yamlBlock   = regexp.MustCompile("(?s)```yaml\n(.*?)```")
)

// TestEveryFindingIsOnThePageOfTheAnalysis: there is a section for each code and none for others, and the rulesets that
// stand there as examples have that finding and no other.
func TestEveryFindingIsOnThePageOfTheAnalysis(t *testing.T) {
	body, err := os.ReadFile("../../docs/analysis.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(body)
	var described []analysis.Code
	examples := 0
	for _, at := range codeHeading.FindAllStringSubmatchIndex(page, -1) {
		code := analysis.Code(page[at[2]:at[3]])
		described = append(described, code)
		section, _, _ := strings.Cut(page[at[1]:], "\n## ")
		section, _, _ = strings.Cut(section, "\n### ")
		for _, block := range yamlBlock.FindAllStringSubmatch(section, -1) {
			if !strings.Contains(block[1], "kind: "+v1alpha1.KindRoutingRuleset) {
				continue
			}
			var object v1alpha1.RoutingRuleset
			if err := yaml.UnmarshalStrict([]byte(block[1]), &object); err != nil {
				t.Fatal(err)
			}
			examples++
			found := analysis.Ruleset(compile.Rules(&object))
			if len(found) != 1 || found[0].Code != code || string(found[0].Severity) != page[at[4]:at[5]] {
				t.Errorf("the example of %s has the findings %+v", code, found)
			}
		}
	}
	codes := analysis.Codes()
	slices.Sort(codes)
	slices.Sort(described)
	if !slices.Equal(codes, described) {
		t.Errorf("described are %v, there are %v", described, codes)
	}
	if examples < 2 {
		t.Errorf("%d examples found", examples)
	}
}
