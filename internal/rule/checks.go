// SPDX-License-Identifier: Apache-2.0

package rule

import "strings"

// check is a node of a condition in the form that an index asks: the conditions of all rules stand in one list, each node
// before its children, so that most candidates are refused after a look at one place in memory.
type check struct {
	op     nodeOp
	way    way
	kind   Kind // of the values that are compared, Any for those of each kind
	negate bool
	slot   int32
	end    int32 // behind its children
	// Of among: each bit for the values that have its hash, and the text if it is one, without case.
	// Of between: from low to high, both included.
	bits uint64
	text string
	span interval
	leaf *leaf
}

type way uint8

const (
	asLeaf way = iota
	asAmong
	asText // among one text
	asBetween
)

// flatten appends the checks of m.
func flatten(list []check, m *Matcher) []check {
	at := len(list)
	list = append(list, check{op: m.op})
	if m.op == opLeaf {
		list[at] = newCheck(&m.leaf)
	}
	for i := range m.children {
		list = flatten(list, &m.children[i])
	}
	list[at].end = int32(len(list)) //nolint:gosec // the conditions of a ruleset are fewer than that
	return list
}

func newCheck(l *leaf) check {
	c := check{op: opLeaf, kind: l.kind, negate: l.negate, slot: l.slot, leaf: l}
	switch l.family {
	case famEqual:
		c.way = asAmong
		for _, key := range l.keys() {
			c.bits |= 1 << (key >> 58)
		}
		if len(l.texts) == 1 && l.kind == Text && l.fold {
			c.way, c.text = asText, l.texts[0]
		}
	case famOrder, famRange:
		c.way, c.kind, c.span = asBetween, Number, l.span()
	case famText, famRegexp, famPresence, famWithin, famMoment:
	}
	return c
}

// holds is Match over the checks.
func (q *search) holds(at int32) bool {
	c := &q.set.checks[at]
	switch c.op {
	case opAll:
		for i := at + 1; i < c.end; i = q.set.checks[i].end {
			if !q.holds(i) {
				return false
			}
		}
		return true
	case opAny:
		for i := at + 1; i < c.end; i = q.set.checks[i].end {
			if q.holds(i) {
				return true
			}
		}
		return false
	case opNot:
		return !q.holds(at + 1)
	default: // opLeaf
		return q.compares(c)
	}
}

// compares is the check of a comparison.
func (q *search) compares(c *check) bool {
	v := q.value(c.slot)
	switch c.way {
	case asBetween:
		return v.kind == Number && (c.span.low <= v.number && v.number <= c.span.high) != c.negate
	case asAmong, asText:
		if v.kind == Any || c.kind != Any && v.kind != c.kind {
			return false
		}
		return q.among(c, v) != c.negate
	default:
		return c.leaf.match(*v)
	}
}

// among looks at the values only when the hash says that one may be equal.
func (q *search) among(c *check, v *Value) bool {
	h, ok := q.hash(c.slot)
	if !ok || c.bits>>(h>>58)&1 == 0 {
		return false
	}
	if c.way == asText {
		return strings.EqualFold(v.text, c.text)
	}
	l := c.leaf
	if l.hashes != nil && !holdsHash(l.hashes, h) {
		return false
	}
	return l.equalsAny(*v)
}
