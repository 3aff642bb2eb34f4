// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteMermaid writes the graph as a flowchart of Mermaid, which GitHub and GitLab draw in Markdown.
func (g *Graph) WriteMermaid(w io.Writer) error {
	out := bufio.NewWriter(w)
	printf := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) } // Flush returns the first error
	printf("flowchart LR\n")
	for i := range g.Nodes {
		n := &g.Nodes[i]
		label := append([]string{clip(n.Title)}, labelLines(n)...)
		class := n.Kind.String()
		if n.Lacking {
			class = "lacking"
		}
		printf("  %s[\"%s\"]:::%s\n", n.ID, mermaidText(label), class)
	}
	for _, e := range g.edges() {
		arrow := map[EdgeKind]string{Flow: "-->", Fallback: "-.->", Overflow: "-.->"}[e.kind]
		if len(e.texts) > 0 {
			arrow += `|"` + mermaidText(e.texts) + `"|`
		}
		printf("  %s %s %s\n", e.from, arrow, e.to)
	}
	for k := Source; k <= Agents; k++ {
		printf("  classDef %s stroke:%s,stroke-width:1.5px\n", k, heads[k])
	}
	printf("  classDef lacking stroke:%s,stroke-width:1.5px,stroke-dasharray:4 3\n", warning)
	return out.Flush()
}

// mermaidText writes lines as a label between quotes. Whatever Mermaid could take for its own notation or for HTML is
// written as the number of the character (#34; is a quote).
func mermaidText(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteString("<br/>")
		}
		list := listMark(line)
		for at, r := range line {
			switch {
			case at == list:
				fmt.Fprintf(&b, "#%d;", r)
			case r < ' ' || r == 0x7f:
				b.WriteRune('�')
			case strings.ContainsRune("\"#%&<>`\\|[]{}()*_~", r):
				fmt.Fprintf(&b, "#%d;", r)
			default:
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// listMark returns where the mark of a Markdown list ends that a line begins with ("- ", "1. "), or -1: Mermaid would
// refuse to draw it.
func listMark(line string) int {
	digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
	rest := line[digits:]
	if digits == 0 && (strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+")) || digits > 0 && strings.HasPrefix(rest, ".") {
		return digits
	}
	return -1
}
