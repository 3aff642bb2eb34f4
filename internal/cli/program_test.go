// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram makes the test binary the program: to link another one takes longer than all tests.
const asProgram = "WORKSTREAM_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(Run(context.Background(), os.Args[1:], Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	os.Exit(m.Run())
}

// TestProgram runs a process of its own: exit codes, and what goes where.
func TestProgram(t *testing.T) {
	bin, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args, stdin string
		env         string
		code        int
		out, errOut string // what is in them; empty: nothing at all
	}{
		"help":                  {args: "", code: 0, out: "kubectl workstream [command]"},
		"nothing wrong":         {args: "lint -f testdata/good", code: 0, out: "0 errors"},
		"errors":                {args: "lint -f testdata/bad", code: 1, out: "QueueNotFound"},
		"warnings":              {args: "lint -f testdata/warn", code: 0, out: "RuleShadowed"},
		"warnings count":        {args: "lint -f testdata/warn --strict", code: 1, out: "RuleShadowed"},
		"no such file":          {args: "lint -f testdata/none", code: 2, errOut: "no such file"},
		"no such flag":          {args: "lint --nonsense", code: 2, errOut: "unknown flag"},
		"no such command":       {args: "nonsense", code: 2, errOut: "unknown command"},
		"no cluster":            {args: "lint --kubeconfig testdata/none", code: 2, errOut: "to work without a cluster name files with -f"},
		"tests pass":            {args: "test -f testdata/good", code: 0, out: "5 passed"},
		"tests fail":            {args: "test -f testdata/good -f testdata/failing", code: 1, out: "2 failed"},
		"tests of what is bad":  {args: "test -f testdata/bad", code: 2, errOut: "must be a whole number"},
		"explained":             {args: "explain --given - -f testdata/good", stdin: "workstream: chat", code: 0, out: "agents of queue general"},
		"explained of what?":    {args: "explain", code: 2, errOut: "name an ITEM"},
		"from stdin":            {args: "lint -f -", stdin: "kind: Queue", code: 1, out: "-:1: error: Queue: apiVersion"},
		"completion of kubectl": {args: "__complete test --output ", code: 0, out: "yaml", errOut: "directive"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), bin, strings.Fields(tc.args)...)
			var out, errOut bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(tc.stdin), &out, &errOut
			cmd.Env = append(os.Environ(), "KUBECONFIG=", "HOME="+t.TempDir(), asProgram+"=1")
			err := cmd.Run()
			if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if code := cmd.ProcessState.ExitCode(); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			for _, got := range []struct{ name, text, want string }{{"stdout", out.String(), tc.out}, {"stderr", errOut.String(), tc.errOut}} {
				if got.want == "" && got.text != "" || !strings.Contains(got.text, got.want) {
					t.Errorf("%s %q, want %q", got.name, got.text, got.want)
				}
				if strings.Contains(got.text, "\x1b") {
					t.Errorf("%s has colours, and is no terminal", got.name)
				}
			}
		})
	}
}

// TestCompletion: every shell has a script, and it is one for the plugin.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := run(t, "", "completion", shell); !strings.Contains(out, "kubectl-workstream") || !strings.HasSuffix(out, "exit 0\n") {
			t.Errorf("%s: %.200s", shell, out)
		}
	}
	for _, command := range []string{"lint", "test", "explain", "version"} {
		if out := run(t, "", "__complete", command, "-o", ""); !strings.HasPrefix(out, "text\njson\nyaml\n") {
			t.Errorf("-o of %s completes to %s", command, out)
		}
	}
}

// TestJUnit reads the report back, as CI systems do.
func TestJUnit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.xml")
	run(t, "", "test", "-f", "testdata/good", "-f", "testdata/failing", "--junit", file)
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	tests, failures := 0, 0
	for _, s := range got.Suites {
		if s.Tests != len(s.Cases) {
			t.Errorf("suite %s says %d tests and has %d", s.Name, s.Tests, len(s.Cases))
		}
		for _, c := range s.Cases {
			tests++
			if c.Failure != nil {
				failures++
				if c.Failure.Message == "" || !strings.Contains(c.Failure.Text, c.Failure.Message) {
					t.Errorf("test %s fails without saying why", c.Name)
				}
			}
		}
	}
	if tests != 8 || failures != 2 || got.Tests != tests || got.Failures != failures {
		t.Errorf("%d tests and %d failures; it says %d and %d", tests, failures, got.Tests, got.Failures)
	}
	if out := run(t, "", "test", "-f", "testdata/good", "--junit", filepath.Join(file, "x")); !strings.Contains(out, "--junit") {
		t.Errorf("a file that cannot be written: %s", out)
	}
}
