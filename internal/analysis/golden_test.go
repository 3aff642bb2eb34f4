// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/manifest"
	"workstream.dev/operator/internal/plan"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files instead of comparing with them")

// TestGoldens analyses each testdata/<name>.in.yaml and compares all findings with its .out.txt. Together they have every
// code.
func TestGoldens(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no golden inputs: %v", err)
	}
	occurs := map[Code]bool{}
	for _, path := range inputs {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".in.yaml"), func(t *testing.T) {
			found := Plan(planOf(t, path))
			for i := range found {
				occurs[found[i].Code] = true
			}
			got := render(t, found)
			golden := strings.TrimSuffix(path, ".in.yaml") + ".out.txt"
			if *rewrite {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("findings differ from %s (-want +got), see -rewrite:\n%s", golden, diff)
			}
		})
	}
	for _, code := range Codes() {
		if !occurs[code] {
			t.Errorf("%s is in no golden", code)
		}
		delete(occurs, code)
	}
	for code := range occurs {
		t.Errorf("%s is not among Codes", code)
	}
}

func planOf(t testing.TB, path string) *plan.Plan {
	t.Helper()
	set, problems := manifest.Load(path)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	out, err := compile.Compile(set.Input("default"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(set.Input("default").Workstreams); len(out.Plan.Workstreams) != n {
		t.Fatalf("%d of %d workstreams are in the plan: %+v", len(out.Plan.Workstreams), n, out.Objects)
	}
	return out.Plan
}

// render writes findings for people.
func render(t testing.TB, found []Finding) string {
	t.Helper()
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s %s: %s %s %s\n  %s\n", f.Severity, f.Code, f.Kind, f.Name, f.Path, f.Message)
		if f.Witness != nil {
			body, err := json.Marshal(f.Witness)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "  item: %s\n", body)
		}
		for _, p := range f.Blame {
			fmt.Fprintf(&b, "  see: %s\n", strings.TrimSpace(p.Kind+" "+p.Name+" "+p.Path))
		}
	}
	return b.String()
}
