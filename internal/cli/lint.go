// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

// The formats of lint that no other command has.
const (
	formatSARIF  = "sarif"
	formatGitHub = "github"
)

func newLint(a *app) *cobra.Command {
	var (
		from   sources
		out    = output{format: formatText, formats: []string{formatText, formatJSON, formatYAML, formatSARIF, formatGitHub}}
		strict bool
	)
	cmd := &cobra.Command{
		Use:   "lint [-f FILE|FOLDER]...",
		Short: "Say everything that is wrong with routing objects, and what may not be meant",
		Long: `Say everything that is wrong with routing objects, and what may not be meant.

Errors are what the API server would refuse, what the conditions of the objects would say, and rule tests that fail.
Warnings are what cannot be meant although it is allowed, such as a rule that never matches; they come from an analysis of
whole namespaces, which needs one without errors. Secrets that stand in no file are taken to be there.

Exit code 1 if there are errors, with --strict also if there are warnings.`,
		Example: `  kubectl workstream lint -f config/
  kubectl workstream lint -f config/ --over-cluster -n contoso
  kubectl workstream lint -f config/ -o sarif > lint.sarif`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := lint(cmd.Context(), &from)
			if err != nil {
				return err
			}
			if err := a.printLint(&out, r); err != nil {
				return err
			}
			if r.Summary.Errors > 0 || strict && r.Summary.Warnings > 0 {
				return errFindings
			}
			return nil
		},
	}
	from.bind(cmd, a)
	out.bind(cmd)
	cmd.Flags().BoolVar(&strict, "strict", false, "exit with 1 for warnings, too")
	return cmd
}

// lint finds everything that is to be said of the sources.
func lint(ctx context.Context, from *sources) (*report, error) {
	w, err := from.load(ctx)
	if err != nil {
		return nil, err
	}
	if len(w.Spaces) == 0 && len(w.Problems) == 0 {
		return nil, errors.New("there are no routing objects to look at")
	}
	r := &report{Findings: []finding{}}
	for _, p := range w.Problems {
		r.addProblem(p)
	}
	for i := range w.Spaces {
		s := &w.Spaces[i]
		before := r.count(severityError)
		r.addCompiled(w, s)
		if broken := r.count(severityError) > before || len(w.Problems) > 0; broken {
			from.app.note("namespace %s is not analysed, because it has errors", s.Namespace)
			continue
		}
		r.addAnalysis(w, s)
	}
	r.finish(len(w.Set.Entries()))
	return r, nil
}

func (a *app) printLint(out *output, r *report) error {
	switch out.format {
	case formatSARIF:
		return writeJSON(a.Out, r.sarif())
	case formatGitHub:
		p := a.page()
		r.github(p)
		return p.flush(a.Out)
	default:
		return a.print(out, r, r.text)
	}
}
