// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The colours are seen on white and on black; the background is whatever is behind the drawing.
const (
	muted     = "#7d8590" // text outside of boxes, thin lines
	ink       = "#1c2128" // text in boxes
	faint     = "#57606a" // less important text in boxes
	paper     = "#fbfcfd" // of boxes
	warning   = "#d1544f" // what is lacking
	overflows = "#c77414"
)

// heads are the colours of boxes, by kind.
var heads = map[Kind]string{
	Source: "#8a94a3", Workstream: "#4a7fc1", Ruleset: "#8a63b8", Queue: "#2f8f83", Agents: "#6b8f3a",
}

// lines are the colours of edges, each node's another, so that they can be followed.
var lines = []string{"#4f86c6", "#a06cc4", "#3d9a8b", "#b98a2f", "#c7657f", "#6d8f3f", "#7a7fd0", "#4d9ab8"}

// columnNames stand above the columns.
var columnNames = [...]string{"comes in", "workstreams", "routing rules", "queues", "agents"}

// WriteSVG draws the graph as a drawing of its own, without scripts or anything from elsewhere.
func (g *Graph) WriteSVG(w io.Writer) error {
	l := place(g)
	out := bufio.NewWriter(w)
	s := svg{out}
	s.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" role="img"`+
		` font-family="Segoe UI, Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif" font-size="11">`+"\n",
		px(l.width), px(l.height), px(l.width), px(l.height))
	s.printf("<title>Routing of namespace %s</title>\n", escape(g.Namespace))
	s.heads(l)
	s.edges(l)
	for _, b := range append(l.all(), l.agents...) {
		if b.node != nil {
			s.box(b)
		}
	}
	s.printf("</svg>\n")
	return out.Flush()
}

type svg struct{ out *bufio.Writer }

// printf writes into a buffer, whose Flush returns the first error.
func (s svg) printf(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format, args...) }

func (s svg) heads(l *layout) {
	columns := [len(columnNames)][]*box{l.columns[0], l.columns[1], l.columns[2], l.columns[3], l.agents}
	for i, c := range columns {
		for _, b := range c {
			if b.node != nil {
				s.printf(`<text x="%s" y="%d" fill="%s" font-size="12" letter-spacing="0.5">%s</text>`+"\n",
					px(b.x), headerY, muted, columnNames[i])
				break
			}
		}
	}
}

func (s svg) edges(l *layout) {
	s.printf(`<g fill="none" stroke-width="1.4">` + "\n")
	for _, wires := range l.wires {
		for _, w := range wires {
			s.wire(w)
		}
	}
	for _, w := range l.members {
		s.printf(`<path d="M%s %sH%s" stroke="%s"/>`+"\n", px(w.a.x+w.a.w), px(w.a.y+w.from), px(w.b.x), muted)
	}
	for _, a := range l.arcs {
		s.arc(a)
	}
	s.printf("</g>\n")
}

// wire is a curve that leaves and arrives flat. One that passes a column is a line there.
func (s svg) wire(w *wire) {
	colour := lines[w.colour%len(lines)]
	x1, y1, x2, y2 := w.a.x+w.a.w, w.a.y+w.from, w.b.x, w.b.y+w.to
	dash := ""
	if w.row.Kind == Fallback {
		dash = ` stroke-dasharray="6 3"`
	}
	start := "M" + px(x1) + " " + px(y1)
	if w.a.node == nil { // passed: from the left side of the column on
		y1 += w.a.room / 2
		start = fmt.Sprintf("M%s %sH%s", px(w.a.x), px(y1), px(x1))
	}
	if w.b.node == nil {
		y2 += w.b.room / 2
	}
	bend := (x2 - x1) / 2
	s.printf(`<path d="%sC%s %s %s %s %s %s" stroke="%s"%s/>`+"\n", start,
		px(x1+bend), px(y1), px(x2-bend), px(y2), px(x2), px(y2), colour, dash)
	if w.last {
		s.head(x2, y2, 1, colour)
	}
}

// arc leads from a queue to another along its lane.
func (s svg) arc(a *arc) {
	const corner = 5
	x1, y1, x2, y2 := a.a.x+a.a.w, a.a.y+a.from, a.b.x+a.b.w, a.b.y+a.to
	lane := x1 + gutter/4 + float64(a.lane)*laneGap
	turn := float64(corner)
	if y2 < y1 {
		turn = -corner
	}
	s.printf(`<path d="M%s %sH%sQ%s %s %s %sV%sQ%s %s %s %sH%s" stroke="%s" stroke-dasharray="3 2"/>`+"\n",
		px(x1), px(y1), px(lane-corner), px(lane), px(y1), px(lane), px(y1+turn),
		px(y2-turn), px(lane), px(y2), px(lane-corner), px(y2), px(x2), overflows)
	s.head(x2, y2, -1, overflows)
}

// head is the tip of an arrow to the right (1) or to the left (-1).
func (s svg) head(x, y, direction float64, colour string) {
	back := x - 6*direction
	s.printf(`<path d="M%s %sL%s %sL%s %sZ" fill="%s" stroke="none"/>`+"\n",
		px(x), px(y), px(back), px(y-3.5), px(back), px(y+3.5), colour)
}

func (s svg) box(b *box) {
	n := b.node
	head, dash := heads[n.Kind], ""
	if n.Lacking {
		head, dash = warning, ` stroke-dasharray="4 3"`
	}
	s.printf(`<g><title>%s</title>`+"\n", escape(tooltip(n)))
	s.printf(`<rect x="%s" y="%s" width="%s" height="%s" rx="4" fill="%s" stroke="%s"%s/>`+"\n",
		px(b.x), px(b.y), px(b.w), px(b.h), paper, head, dash)
	s.printf(`<path d="M%s %sv18h4V%sh-4Z" fill="%s"/>`+"\n", px(b.x), px(b.y+4), px(b.y+4), head)
	s.text(b, titleH/2+4.5, ink, ` font-size="13" font-weight="600"`, n.Title)
	line := 0
	y := func() float64 { line++; return titleH + float64(line)*lineH - 5 }
	for _, d := range n.Details {
		s.text(b, y(), faint, "", d)
	}
	for i := range n.Rows {
		if r := &n.Rows[i]; r.Text != "" {
			s.row(b, y(), r)
		}
	}
	s.printf("</g>\n")
}

func (s svg) text(b *box, y float64, fill, more, text string) {
	s.printf(`<text x="%s" y="%s" fill="%s"%s>%s</text>`+"\n", px(b.x+textPad), px(b.y+y), fill, more, escape(clip(text)))
}

// row is at the right side, where its edge leaves.
func (s svg) row(b *box, y float64, r *Row) {
	s.printf(`<text x="%s" y="%s" fill="%s" text-anchor="end">%s</text>`+"\n",
		px(b.x+b.w-textPad), px(b.y+y), ink, escape(clip(r.Text)))
	if r.To != "" {
		s.printf(`<circle cx="%s" cy="%s" r="2.5" fill="%s"/>`+"\n", px(b.x+b.w), px(b.y+y-lineH/2+5), muted)
	}
}

// tooltip is all that a node says, unabridged.
func tooltip(n *Node) string {
	texts := append([]string{n.Kind.String() + " " + n.Title}, n.Details...)
	if n.Full != "" {
		texts = []string{n.Title, n.Full}
	}
	for i := range n.Rows {
		if r := &n.Rows[i]; r.Full != "" {
			texts = append(texts, r.Full)
		} else if r.Text != "" {
			texts = append(texts, r.Text)
		}
	}
	return strings.Join(texts, "\n")
}

func px(v float64) string { return strconv.FormatFloat(float64(int(v*10+0.5))/10, 'f', -1, 64) }

// escape makes text safe between tags. What XML cannot hold at all becomes U+FFFD.
func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}
