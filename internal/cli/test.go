// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"workstream.dev/operator/internal/manifest"
)

func newTest(a *app) *cobra.Command {
	var (
		from     sources
		out      = output{format: formatText, formats: []string{formatText, formatJSON, formatYAML}}
		junit    string
		coverage bool
		atLeast  int
	)
	cmd := &cobra.Command{
		Use:   "test [-f FILE|FOLDER]...",
		Short: "Run rule tests and routing tests",
		Long: `Run rule tests and routing tests.

Rule tests stand in spec.tests of RoutingRulesets. Routing tests stand in files whose names end in ` + manifest.TestSuffix + `: items that
could come, with the agents who are there, and what must become of them: the rule of each ruleset, queue, skills, and the
agents who would be offered them, in order. The distributor's own engine runs them, in virtual time.

Exit code 1 if a test fails, or if fewer rules are reached than --min-coverage asks for.`,
		Example: `  kubectl workstream test -f config/ --coverage
  kubectl workstream test -f config/ --junit report.xml --min-coverage 90`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if atLeast < 0 || atLeast > 100 {
				return fmt.Errorf("--min-coverage %d is not from 0 to 100", atLeast)
			}
			r, err := runTests(cmd.Context(), &from)
			if err != nil {
				return err
			}
			if junit != "" {
				if err := writeJUnit(junit, r); err != nil {
					return err
				}
			}
			minimum := cmd.Flags().Changed("min-coverage")
			if !coverage && !minimum {
				r.Coverage = nil
			}
			if err := a.print(&out, r, r.text); err != nil {
				return err
			}
			if r.Summary.Failed > 0 {
				return errFindings
			}
			if minimum && r.Coverage.Percent < float64(atLeast) {
				_, _ = fmt.Fprintf(a.Err, "coverage of %.1f %% is below the %d %% of --min-coverage\n", r.Coverage.Percent, atLeast)
				return errFindings
			}
			return nil
		},
	}
	from.bind(cmd, a)
	out.bind(cmd)
	cmd.Flags().StringVar(&junit, "junit", "", "file to which the results are also written as JUnit XML")
	cmd.Flags().BoolVar(&coverage, "coverage", false, "also say which rules no test reaches")
	cmd.Flags().IntVar(&atLeast, "min-coverage", 0, "percentage of rules that tests must reach")
	_ = cmd.MarkFlagFilename("junit", "xml")
	return cmd
}

// testReport is what test prints.
type testReport struct {
	Summary  testSummary `json:"summary"`
	Suites   []suite     `json:"suites"`
	Coverage *coverage   `json:"coverage,omitempty"`
}

type testSummary struct {
	Tests  int `json:"tests"`
	Failed int `json:"failed"`
}

// suite is the tests of a file, or of a RoutingRuleset.
type suite struct {
	manifest.Place

	// Name is the file, or kind, namespace and name of the ruleset.
	Name   string     `json:"name"`
	Tests  []testCase `json:"tests"`
	Failed int        `json:"failed"`
}

type testCase struct {
	Name   string `json:"name"`
	Line   int    `json:"line,omitempty"`
	Passed bool   `json:"passed"`
	// Problems are what is not as expected, or why the test could not run.
	Problems []string `json:"problems,omitempty"`
}

func (s *suite) add(c testCase) {
	c.Passed = len(c.Problems) == 0
	if !c.Passed {
		s.Failed++
	}
	s.Tests = append(s.Tests, c)
}

// runTests runs all tests of the sources.
func runTests(ctx context.Context, from *sources) (*testReport, error) {
	w, err := from.load(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.sound(); err != nil {
		return nil, err
	}
	r := &testReport{Suites: []suite{}}
	reached := reach{}
	for i := range w.Spaces {
		r.Suites = append(r.Suites, ruleTests(w, &w.Spaces[i], reached)...)
	}
	loader := manifest.Loader{Recursive: from.recursive}
	files, err := loader.TestFiles(from.files...)
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		s, err := w.only()
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			tests, err := readTests(file)
			if err != nil {
				return nil, err
			}
			r.Suites = append(r.Suites, tests.run(file, s, reached))
		}
	}
	for i := range r.Suites {
		r.Summary.Tests += len(r.Suites[i].Tests)
		r.Summary.Failed += r.Suites[i].Failed
	}
	if r.Summary.Tests == 0 {
		return nil, errors.New("there are no tests: neither spec.tests of RoutingRulesets, nor files *" + manifest.TestSuffix)
	}
	r.Coverage = reached.coverage(w)
	return r, nil
}

// run runs the tests of a file.
func (f *testFile) run(path string, s *space, reached reach) suite {
	out := suite{Place: manifest.Place{File: path}, Name: path}
	for i := range f.Tests {
		t := &f.Tests[i]
		problems, outcome, err := t.run(s)
		if err != nil {
			problems = []string{err.Error()}
		} else {
			reached.outcome(s.Namespace, outcome)
		}
		out.add(testCase{Name: t.Name, Line: t.line, Problems: problems})
	}
	return out
}

// text writes a line for each suite, and what failed.
func (r *testReport) text(p *page) {
	for i := range r.Suites {
		s := &r.Suites[i]
		word := p.paint(green, "ok  ")
		if s.Failed > 0 {
			word = p.paint(red, "FAIL")
		}
		p.printf("%s  %s  %s\n", word, s.Name, many(len(s.Tests), "test"))
		for j := range s.Tests {
			if c := &s.Tests[j]; !c.Passed {
				p.printf("      %s: %s\n", manifest.Place{File: s.File, Line: c.Line}, c.Name)
				for _, problem := range c.Problems {
					p.printf("          %s\n", problem)
				}
			}
		}
	}
	p.printf("%s: %d passed, %d failed\n", many(r.Summary.Tests, "test"), r.Summary.Tests-r.Summary.Failed, r.Summary.Failed)
	if r.Coverage != nil {
		r.Coverage.text(p)
	}
}

// writeJUnit writes the results to a file.
func writeJUnit(path string, r *testReport) error {
	body, err := r.junit()
	if err != nil {
		return fmt.Errorf("--junit: %w", err)
	}
	if err := os.WriteFile(path, body, 0o644); err != nil { //nolint:gosec // a report for others to read
		return fmt.Errorf("--junit: %w", err)
	}
	return nil
}
