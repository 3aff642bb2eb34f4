// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"workstream.dev/operator/internal/compile"
)

// FuzzLoad: no file makes reading or compiling panic, and what cannot be taken has its place.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"../../config/samples/*.yaml", "../../test/invalid/routingruleset/*.yaml", "../cli/testdata/*/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			if body, err := os.ReadFile(file); err == nil && len(body) < 4096 {
				f.Add(body)
			}
		}
	}
	f.Add([]byte("{\"kind\": \"List\", \"apiVersion\": \"v1\", \"items\": [{}, 1, null]}"))
	f.Add([]byte("a: &a [*a]\n---\n<<: {kind: x}\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		l := Loader{Stdin: bytes.NewReader(body)}
		set, problems := l.Load("-")
		for _, p := range problems {
			if p.File != "-" || p.Line < 1 || p.Line > bytes.Count(body, []byte("\n"))+2 || p.Message == "" {
				t.Errorf("a problem without its place: %+v", p)
			}
		}
		for _, namespace := range set.Namespaces() {
			if _, err := compile.Compile(set.Input(namespace)); err != nil {
				t.Error(err)
			}
		}
	})
}
