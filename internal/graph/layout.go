// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"slices"
)

// Measures of the drawing, in pixels.
const (
	margin     = 24
	headerY    = 24 // where the names of the columns stand
	titleH     = 26 // of a box
	lineH      = 17 // of a detail or a row
	boxPad     = 7  // below the lines
	boxGap     = 18 // between two boxes of a column
	passGap    = 8  // around an edge that passes a column
	minWidth   = 110
	textPad    = 12 // on both sides of a text
	gutter     = 84 // between two columns, at least
	gutterEdge = 3  // and more for each edge in it
	maxGutter  = 240
	laneGap    = 9 // between two edges of overflow
	sweeps     = 24
	swapped    = 150 // boxes, at most, for which the order is improved by trying
)

// box is a node with its place, or, without a node, an edge that passes a column.
type box struct {
	node       *Node
	id         string
	x, y, w, h float64
	// room is the height that is kept for it, which is more than h beside a higher box of agents.
	room float64
}

// wire leads from a box to one of the next column. from and to are below the tops of the boxes.
type wire struct {
	a, b     *box
	from, to float64
	row      *Row
	colour   int // which colour, by the node where the edge begins
	last     bool
}

// layout is a graph with the places of its boxes. Columns are those of the kinds, agents beside their queues.
type layout struct {
	columns [4][]*box
	agents  []*box
	boxes   map[string]*box
	wires   [3][]*wire // between column i and the next
	members []*wire    // from queues to agents
	arcs    []*arc
	width   float64
	height  float64
}

// arc is an edge of overflow between two queues, in a lane at their right.
type arc struct {
	a, b     *box
	from, to float64
	lane     int
	row      *Row
}

// place computes the layout: the columns are given, so what is left is an order in each with few crossings, and heights
// that let edges run flat.
func place(g *Graph) *layout {
	l := &layout{boxes: make(map[string]*box, len(g.Nodes))}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		b := &box{node: n, id: n.ID, w: boxWidth(n), h: boxHeight(n)}
		b.room = b.h
		l.boxes[n.ID] = b
		if n.Kind == Agents {
			l.agents = append(l.agents, b)
		} else {
			l.columns[n.Kind] = append(l.columns[n.Kind], b)
		}
	}
	l.connect(g)
	l.order()
	l.settle()
	l.spread()
	return l
}

func boxHeight(n *Node) float64 {
	lines := len(n.Details)
	for i := range n.Rows {
		if n.Rows[i].Text != "" {
			lines++
		}
	}
	if lines == 0 {
		return titleH
	}
	return titleH + float64(lines)*lineH + boxPad
}

func boxWidth(n *Node) float64 {
	w := float64(minWidth)
	w = max(w, textWidth(clip(n.Title), 13, true)+2*textPad)
	for _, d := range n.Details {
		w = max(w, textWidth(clip(d), 11, false)+2*textPad)
	}
	for i := range n.Rows {
		w = max(w, textWidth(clip(n.Rows[i].Text), 11, false)+2*textPad+8)
	}
	return w
}

// port is how far below the top of its box a row leaves.
func port(n *Node, row int) float64 {
	if n.Rows[row].Text == "" {
		return titleH / 2
	}
	line := len(n.Details)
	for i := range row {
		if n.Rows[i].Text != "" {
			line++
		}
	}
	return titleH + float64(line)*lineH + lineH/2
}

// connect makes the wires. One that skips a column gets a place there; overflow stays at the side of its column.
func (l *layout) connect(g *Graph) {
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for r := range n.Rows {
			row := &n.Rows[r]
			to := l.boxes[row.To]
			if to == nil {
				continue
			}
			w := &wire{a: l.boxes[n.ID], b: to, from: port(n, r), to: titleH / 2, row: row, colour: i, last: true}
			switch to.node.Kind {
			case Agents:
				l.members = append(l.members, w)
				w.a.room = max(w.a.room, to.h)
			case n.Kind:
				l.arcs = append(l.arcs, &arc{a: w.a, b: to, from: w.from, to: titleH + lineH/2, row: row})
			default:
				l.lead(w, n.Kind, to.node.Kind)
			}
		}
	}
}

// lead adds a wire, with a place in each column that it passes.
func (l *layout) lead(w *wire, from, to Kind) {
	for c := from + 1; c < to; c++ {
		pass := &box{id: w.a.id + ">" + w.b.id, room: passGap}
		l.columns[c] = append(l.columns[c], pass)
		l.wires[c-1] = append(l.wires[c-1], &wire{a: w.a, b: pass, from: w.from, row: w.row, colour: w.colour})
		w = &wire{a: pass, b: w.b, to: w.to, row: w.row, colour: w.colour, last: true}
	}
	l.wires[to-1] = append(l.wires[to-1], w)
}

// spread sets the x of the columns, the lanes of overflow and the size of the whole.
func (l *layout) spread() {
	x := float64(margin)
	for c := range l.columns {
		w := columnWidth(l.columns[c])
		for _, b := range l.columns[c] {
			b.x = x
			b.w = w // boxes of a column are equally wide: edges begin and end on one line
		}
		if w > 0 {
			x += w
			if c < len(l.wires) {
				x += min(maxGutter, gutter+gutterEdge*float64(len(l.wires[c])))
			}
		}
	}
	x += gutter/2 + laneGap*float64(l.lanes())
	for _, m := range l.members {
		m.b.y = m.a.y
	}
	if w := columnWidth(l.agents); w > 0 {
		for _, b := range l.agents {
			b.x, b.w = x, w
		}
		x += w
	}
	l.width = x + margin
	l.fit()
}

// fit puts the highest box below the heads of the columns, agents without a queue below all others.
func (l *layout) fit() {
	all := l.all()
	slices.SortStableFunc(all, func(a, b *box) int { return cmp.Compare(a.y, b.y) })
	// Where no column has anything for a while, all below moves up.
	bottom, moved := float64(headerY+margin), 0.0
	for i, b := range all {
		if free := b.y - moved - bottom; i == 0 || free > 2*boxGap {
			moved += free
			if i > 0 {
				moved -= 2 * boxGap
			}
		}
		b.y -= moved
		bottom = max(bottom, b.y+b.room)
	}
	placed := map[*box]bool{}
	for _, m := range l.members {
		m.b.y = m.a.y
		placed[m.b] = true
		bottom = max(bottom, m.b.y+m.b.h)
	}
	for _, b := range l.agents {
		if !placed[b] {
			b.y = max(bottom+boxGap, headerY+margin)
			bottom = b.y + b.h
		}
	}
	l.height = max(bottom, headerY+margin) + margin
}

// all returns the boxes of the columns, without those of agents.
func (l *layout) all() []*box {
	var list []*box
	for c := range l.columns {
		list = append(list, l.columns[c]...)
	}
	return list
}

func columnWidth(boxes []*box) float64 {
	w := 0.0
	for _, b := range boxes {
		w = max(w, b.w)
	}
	return w
}

// lanes gives each arc of overflow the first lane that is free all along its way, the short ones first, and returns how
// many there are.
func (l *layout) lanes() int {
	span := func(a *arc) (from, to float64) {
		y1, y2 := a.a.y+a.from, a.b.y+a.to
		return min(y1, y2), max(y1, y2)
	}
	order := slices.Clone(l.arcs)
	slices.SortStableFunc(order, func(a, b *arc) int {
		a1, a2 := span(a)
		b1, b2 := span(b)
		return cmp.Compare(a2-a1, b2-b1)
	})
	var lanes [][]*arc
	for _, a := range order {
		from, to := span(a)
		a.lane = slices.IndexFunc(lanes, func(lane []*arc) bool {
			return !slices.ContainsFunc(lane, func(o *arc) bool {
				f, t := span(o)
				return f < to+laneGap && from < t+laneGap
			})
		})
		if a.lane < 0 {
			a.lane = len(lanes)
			lanes = append(lanes, nil)
		}
		lanes[a.lane] = append(lanes[a.lane], a)
	}
	return len(lanes)
}
