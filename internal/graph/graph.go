// SPDX-License-Identifier: Apache-2.0

package graph

// Kind is what a node stands for. Its number is the column in which the node is drawn.
type Kind int

// The kinds, from where work comes in to who does it.
const (
	Source Kind = iota // a channel, or the records of a business system
	Workstream
	Ruleset
	Queue
	Agents // those of one queue
)

// String returns the kind in lower case.
func (k Kind) String() string {
	return [...]string{"source", "workstream", "ruleset", "queue", "agents"}[k]
}

// EdgeKind is why work goes from one node to another.
type EdgeKind int

// The kinds of edges.
const (
	Flow     EdgeKind = iota
	Fallback          // no rule matched
	Overflow          // the queue cannot serve
)

// Graph is a namespace as nodes, in the order of their kinds and names. Edges are the rows of nodes.
type Graph struct {
	Namespace string
	Nodes     []Node
}

// Node is one box.
type Node struct {
	// ID is unique in the graph: letters, digits and underscores.
	ID    string
	Kind  Kind
	Title string
	// Details say what the node is, a line each.
	Details []string
	// Full is all that details had no room for.
	Full string
	// Rows are what leads from it.
	Rows []Row
	// Lacking says that something is not as it should be: nobody serves the queue, the object is not in the plan.
	Lacking bool
}

// Row is one way from a node to another.
type Row struct {
	// Text is a rule, a share, a condition; empty: the way is that of the whole node.
	Text string
	// Full is the text where it had to be shortened.
	Full string
	// To is the ID of a node; empty: the way ends here.
	To   string
	Kind EdgeKind
}

// edge is the rows of a node that lead to the same other one.
type edge struct {
	from, to string
	kind     EdgeKind
	texts    []string
}

// edges returns each pair of connected nodes once for each kind, in the order of the rows.
func (g *Graph) edges() []edge {
	type key struct {
		from, to string
		kind     EdgeKind
	}
	var list []edge
	at := map[key]int{}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for _, r := range n.Rows {
			if r.To == "" {
				continue
			}
			k := key{n.ID, r.To, r.Kind}
			j, known := at[k]
			if !known {
				j = len(list)
				at[k] = j
				list = append(list, edge{from: n.ID, to: r.To, kind: r.Kind})
			}
			if r.Text != "" {
				list[j].texts = append(list[j].texts, clip(r.Text))
			}
		}
	}
	return list
}
