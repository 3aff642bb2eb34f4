// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"sigs.k8s.io/yaml"
)

// The formats of output. A command names those that it has.
const (
	formatText  = "text"
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
)

// output is the flag -o of a command.
type output struct {
	format  string
	formats []string
}

func (o *output) bind(cmd *cobra.Command) {
	cmd.Flags().VarP(o, "output", "o", "format of the output: "+strings.Join(o.formats, ", "))
	complete(cmd, "output", o.formats)
}

// String, Set and Type make output the value of a flag.
func (o *output) String() string { return o.format }

// Set refuses a format that the command does not have.
func (o *output) Set(s string) error {
	if !slices.Contains(o.formats, s) {
		return fmt.Errorf("there is no format %q: %s", s, strings.Join(o.formats, ", "))
	}
	o.format = s
	return nil
}

// Type is what help calls the value.
func (*output) Type() string { return "format" }

// complete offers the values of a flag to the shell.
func complete(cmd *cobra.Command, flag string, values []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values, cobra.ShellCompDirectiveNoFileComp
	}) // fails for a flag that does not exist, which TestCompletion would show
}

// print writes v as JSON or YAML, or calls text for every other format.
func (a *app) print(o *output, v any, text func(p *page)) error {
	switch o.format {
	case formatJSON:
		return writeJSON(a.Out, v)
	case formatYAML:
		body, err := yaml.Marshal(v)
		if err != nil {
			return fmt.Errorf("writing YAML: %w", err)
		}
		_, err = a.Out.Write(body)
		return err
	default:
		p := a.page()
		text(p)
		return p.flush(a.Out)
	}
}

// writeJSON writes v indented, with a newline at the end, and < > & as they are.
func writeJSON(w io.Writer, v any) error {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	_, err := w.Write(body.Bytes())
	return err
}

// page is text on its way to the output. It is written at once, so that a command that fails has printed nothing by halves.
type page struct {
	bytes.Buffer

	colours bool
}

func (a *app) page() *page { return &page{colours: a.colours()} }

func (p *page) flush(w io.Writer) error {
	_, err := w.Write(p.Bytes())
	return err
}

// printf writes formatted text.
func (p *page) printf(format string, args ...any) { _, _ = fmt.Fprintf(p, format, args...) }

// table writes rows in columns; the first one is the head.
func (p *page) table(rows [][]string) {
	w := tabwriter.NewWriter(p, 0, 0, 3, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // a page takes everything
}

// colour is one of the few that say something.
type colour string

const (
	red    colour = "\x1b[31m"
	green  colour = "\x1b[32m"
	yellow colour = "\x1b[33m"
	blue   colour = "\x1b[34m"
	bold   colour = "\x1b[1m"
	plain  colour = "\x1b[0m"
)

// paint colours s, on a terminal only.
func (p *page) paint(c colour, s string) string {
	if !p.colours {
		return s
	}
	return string(c) + s + string(plain)
}

// colours reports whether the output is a terminal, and nobody minds (https://no-color.org).
func (a *app) colours() bool {
	f, ok := a.Out.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}
