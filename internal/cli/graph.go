// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"workstream.dev/operator/internal/graph"
)

// The formats of graph.
const (
	formatSVG     = "svg"
	formatMermaid = "mermaid"
	formatDOT     = "dot"
)

func newGraph(a *app) *cobra.Command {
	var from sources
	out := output{format: formatSVG, formats: []string{formatSVG, formatMermaid, formatDOT}}
	cmd := &cobra.Command{
		Use:   "graph [-f FILE|FOLDER]...",
		Short: "Draw what comes in, the rules, the queues and who serves them",
		Long: `Draw what comes in, the rules, the queues and who serves them.

What is drawn is the plan that a distributor would run. Objects that it would not have are named on stderr and drawn with a
dashed line; then the exit code is 1. Equal objects give equal bytes, so that a drawing can be kept beside the manifests.`,
		Example: `  kubectl workstream graph -f config/ > routing.svg
  kubectl workstream graph -n contoso -o mermaid
  kubectl workstream graph -f config/ -o dot | dot -Tpdf > routing.pdf`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := from.load(cmd.Context())
			if err != nil {
				return err
			}
			s, err := w.only()
			if err != nil {
				return err
			}
			return a.graph(w, s, out.format)
		},
	}
	from.bind(cmd, a)
	out.bind(cmd)
	return cmd
}

func (a *app) graph(w *world, s *space, format string) error {
	var absent []graph.Absent
	for o := range s.Output.All() {
		if o.Absent != "" {
			absent = append(absent, graph.Absent{Kind: o.Kind, Name: o.Name})
		}
	}
	g := graph.Build(s.Output.Plan, absent)
	write := map[string]func(*graph.Graph, io.Writer) error{
		formatSVG: (*graph.Graph).WriteSVG, formatMermaid: (*graph.Graph).WriteMermaid, formatDOT: (*graph.Graph).WriteDOT,
	}[format]
	var drawing bytes.Buffer
	if err := write(g, &drawing); err != nil {
		return err
	}
	if _, err := a.Out.Write(drawing.Bytes()); err != nil {
		return err
	}
	if problems := a.problems(w); problems > 0 {
		_, _ = fmt.Fprintf(a.Err, "The drawing lacks what has these problems.\n")
		return errFindings
	}
	return nil
}

// problems prints what keeps objects out of the plan to stderr, as lint does, and returns how many there are.
func (a *app) problems(w *world) int {
	r := &report{Findings: []finding{}}
	for _, p := range w.Problems {
		r.addProblem(p)
	}
	for i := range w.Spaces {
		r.addCompiled(w, &w.Spaces[i])
	}
	r.finish(len(w.Set.Entries()))
	n := r.count(severityError)
	if n > 0 {
		p := &page{}
		r.text(p)
		_ = p.flush(a.Err) // nothing is lost that the exit code does not say
	}
	return n
}
