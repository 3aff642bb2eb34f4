// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteDOT writes the graph in the language of Graphviz.
func (g *Graph) WriteDOT(w io.Writer) error {
	out := bufio.NewWriter(w)
	printf := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) } // Flush returns the first error
	printf("digraph %s {\n", dotText(g.Namespace))
	printf("  rankdir=LR;\n  node [shape=box, style=\"rounded\", fontname=\"Helvetica\", fontsize=11, color=\"%s\"];\n", muted)
	printf("  edge [fontname=\"Helvetica\", fontsize=9, color=\"%s\"];\n", muted)
	for i := range g.Nodes {
		n := &g.Nodes[i]
		label := append([]string{clip(n.Title)}, labelLines(n)...)
		colour, style := heads[n.Kind], ""
		if n.Lacking {
			colour, style = warning, `, style="rounded,dashed"`
		}
		printf("  %s [label=%s, color=\"%s\"%s];\n", n.ID, dotText(strings.Join(label, "\n")), colour, style)
	}
	for _, e := range g.edges() {
		style := map[EdgeKind]string{
			Fallback: ", style=dashed", Overflow: `, style=dashed, color="` + overflows + `", constraint=false`,
		}[e.kind]
		printf("  %s -> %s [label=%s%s];\n", e.from, e.to, dotText(strings.Join(e.texts, "\n")), style)
	}
	for k := Source; k <= Agents; k++ {
		var ids []string
		for i := range g.Nodes {
			if g.Nodes[i].Kind == k {
				ids = append(ids, g.Nodes[i].ID)
			}
		}
		if len(ids) > 1 {
			printf("  { rank=same; %s; }\n", strings.Join(ids, "; "))
		}
	}
	printf("}\n")
	return out.Flush()
}

// labelLines are the details of a node and the rows that lead nowhere, which have no edge to stand at.
func labelLines(n *Node) []string {
	var list []string
	for _, d := range n.Details {
		list = append(list, clip(d))
	}
	for i := range n.Rows {
		if r := &n.Rows[i]; r.To == "" {
			list = append(list, clip(r.Text))
		}
	}
	return list
}

// dotText quotes a text: in DOT a backslash begins an escape, and other control characters have none.
func dotText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteRune('�')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
