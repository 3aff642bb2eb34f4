// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Streams are what a command reads from and writes to.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// The exit codes, for pipelines.
const (
	exitGood     = 0
	exitFindings = 1 // something was found, or a test failed; it has been printed
	exitUsage    = 2 // the command line is wrong, or something cannot be read or reached
)

// errFindings ends a command that has found something and printed it.
var errFindings = errors.New("findings")

// app is what all commands share.
type app struct {
	Streams

	connection connection
	verbose    bool
}

// Run carries out one command line and returns the exit code.
func Run(ctx context.Context, args []string, streams Streams) int {
	a := &app{Streams: streams}
	root := newRoot(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitGood
	case errors.Is(err, errFindings):
		return exitFindings
	default:
		_, _ = fmt.Fprintf(streams.Err, "error: %v\n", err)
		return exitUsage
	}
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "kubectl-workstream",
		Short: "Check, test and explain how work is routed",
		Long: `Check, test and explain how work is routed.

Commands work on manifests in files (-f), on the objects of a cluster (by kubeconfig), or on files laid over a cluster
(-f with --over-cluster): what there would be after kubectl apply.

Exit codes: 0 all is well; 1 something was found, or a test failed; 2 wrong usage, or input that cannot be read.`,
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl workstream"},
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              cobra.NoArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		CompletionOptions: cobra.CompletionOptions{},
	}
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	a.connection.bind(root.PersistentFlags())
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "also say what was skipped or taken for granted, on stderr")
	root.AddCommand(newExplain(a), newGet(a), newGraph(a), newLint(a), newServe(a), newTest(a), newVersion(a))
	return root
}

// note writes a line to stderr, if --verbose asks for it.
func (a *app) note(format string, args ...any) {
	if a.verbose {
		_, _ = fmt.Fprintf(a.Err, "note: "+format+"\n", args...)
	}
}
