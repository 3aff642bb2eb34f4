// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"flag"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestGolden runs the commands of testdata/*.txt, as `go test ./internal/cli -run Golden -rewrite` writes what they print.
// What follows the line of a command is its standard input.
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata/script", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd != "run" {
				d.Fatalf(t, "there is no command %q", d.Cmd)
			}
			line, stdin, _ := strings.Cut(d.Input, "\n")
			return run(t, stdin, strings.Fields(line)...)
		})
	})
}

// goVersion changes with the tools, and nothing here depends on it.
var goVersion = regexp.MustCompile(`go1\.[0-9.]+ \w+/\w+`)

// run is what a command prints, with its exit code.
func run(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	code := Run(t.Context(), args, Streams{In: strings.NewReader(stdin), Out: &out, Err: &errOut})
	text := goVersion.ReplaceAllString(out.String(), "GO")
	if errOut.Len() > 0 {
		text += "stderr:\n" + errOut.String()
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + fmt.Sprintf("exit %d\n", code)
}

// rewriting reports whether expected output is to be written.
func rewriting() bool {
	f := flag.Lookup("rewrite")
	return f != nil && f.Value.String() == "true"
}
