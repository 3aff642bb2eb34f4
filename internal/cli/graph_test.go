// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGraphDrawsTheSample compares with the golden files of internal/graph: the command adds nothing.
func TestGraphDrawsTheSample(t *testing.T) {
	for format, file := range map[string]string{"svg": "contoso.svg", "mermaid": "contoso.mmd", "dot": "contoso.dot"} {
		want, err := os.ReadFile(filepath.Join("../graph/testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		code, out, errOut := once(t, "graph", "-f", "../../config/samples/contoso", "-n", testSpace, "-o", format)
		if code != 0 || out != string(want) || errOut != "" {
			t.Errorf("%s: exit %d, %s: another drawing than %s", format, code, errOut, file)
		}
	}
}

func TestGraphNamesWhatItLacks(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../config/samples/contoso")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "queues.yaml")); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := once(t, "graph", "-f", dir, "-o", "mermaid")
	if code != 1 || !strings.Contains(out, `["case-workstream<br/>not in the plan"]:::lacking`) ||
		!strings.Contains(errOut, `contoso-cases`) || !strings.Contains(errOut, "The drawing lacks") {
		t.Errorf("exit %d:\n%s\n%s", code, out, errOut)
	}
}
