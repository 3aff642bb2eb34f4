// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"strconv"
	"strings"

	"workstream.dev/operator/internal/rule"
)

// form is a condition with the negations moved down to its comparisons. Groups of groups are kept as they are.
type form struct {
	op   formOp
	lit  lit
	list []*form
}

type formOp uint8

const (
	isLit    formOp = iota
	isAll           // of none: true
	isAny           // of none: false
	isOpaque        // nobody can tell
)

// lit is a comparison, or what holds when it does not: absence and values of another kind among that.
type lit struct {
	leaf   int32
	negate bool
}

func (l lit) not() lit { return lit{l.leaf, !l.negate} }

// not returns the negation of f.
func (f *form) not() *form {
	switch f.op {
	case isLit:
		return &form{op: isLit, lit: f.lit.not()}
	case isAll, isAny:
		n := &form{op: isAll + isAny - f.op, list: make([]*form, len(f.list))}
		for i, child := range f.list {
			n.list[i] = child.not()
		}
		return n
	default:
		return f
	}
}

// addRule makes a rule a form. Nobody can tell what an expression says.
func (p *problem) addRule(d *rule.Definition) *form {
	f := p.add(d.When)
	if d.Expression == "" {
		return f
	}
	return &form{op: isAll, list: []*form{f, {op: isOpaque}}}
}

// add makes c a form, whose comparisons are interned. Those that cannot be asked, because a calendar is missing, are
// opaque.
func (p *problem) add(c *rule.Condition) *form {
	switch {
	case c == nil:
		return &form{op: isAll}
	case c.All != nil:
		return p.addList(isAll, c.All)
	case c.Any != nil:
		return p.addList(isAny, c.Any)
	case c.Not != nil:
		return p.add(c.Not).not()
	default:
		l, err := p.intern(c)
		if err != nil {
			return &form{op: isOpaque}
		}
		return &form{op: isLit, lit: l}
	}
}

func (p *problem) addList(op formOp, list []rule.Condition) *form {
	f := &form{op: op}
	for i := range list {
		child := p.add(&list[i])
		if child.op == op { // a group in a group of its kind
			f.list = append(f.list, child.list...)
		} else {
			f.list = append(f.list, child)
		}
	}
	return f
}

// positive are the operators that are asked for when one that negates is false, and the other way round, as far as there
// is a value to compare.
var positive = map[rule.Operator]rule.Operator{
	rule.NotEqual: rule.Equal, rule.In: rule.Equal, rule.NotIn: rule.Equal,
	rule.NotContains: rule.Contains, rule.NotStartsWith: rule.StartsWith, rule.NotEndsWith: rule.EndsWith,
	rule.NotBetween: rule.Between, rule.NotExists: rule.Exists, rule.NotWithin: rule.Within,
}

// opposites are operators of which at most one holds, where candidates do not show it.
var opposites = map[rule.Operator]rule.Operator{rule.Within: rule.NotWithin, rule.NotWithin: rule.Within}

// leaf is a comparison of one attribute.
type leaf struct {
	attr     int32
	cond     *rule.Condition
	operator rule.Operator // never a negated one
	negate   bool
	m        *rule.Matcher
	// truth has a bit for each candidate of the attribute for which the comparison holds.
	truth bitset
	// opposite is a comparison that never holds at the same time, -1 if there is none.
	opposite int32
}

// intern returns the literal of a comparison. Equal ones are the same.
func (p *problem) intern(c *rule.Condition) (lit, error) {
	key := leafKey(c)
	if i, ok := p.leafIDs[key]; ok {
		return lit{leaf: i}, nil
	}
	m, err := rule.Compile(c, p.env)
	if err != nil {
		return lit{}, err
	}
	l := leaf{cond: c, m: m, opposite: -1, attr: p.attribute(c.Attribute), operator: c.Operator}
	if op, ok := positive[c.Operator]; ok {
		l.operator, l.negate = op, op != c.Operator && c.Operator != rule.In
	}
	i := int32(len(p.leaves)) //nolint:gosec // as many as there are comparisons
	p.leafIDs[key] = i
	mirror := *c
	mirror.Operator = opposites[c.Operator]
	if other, ok := p.leafIDs[leafKey(&mirror)]; ok {
		l.opposite, p.leaves[other].opposite = other, i
	}
	p.leaves = append(p.leaves, l)
	a := p.attrs[l.attr]
	a.leaves = append(a.leaves, i)
	return lit{leaf: i}, nil
}

func leafKey(c *rule.Condition) string {
	var b strings.Builder
	b.WriteString(c.Attribute)
	b.WriteByte(0)
	b.WriteString(string(c.Operator))
	b.WriteByte(0)
	b.WriteString(strconv.FormatBool(c.CaseSensitive))
	for _, v := range append([]string{c.TimeZone, c.Hours}, c.Values...) {
		b.WriteByte(0)
		b.WriteString(strconv.Itoa(len(v)))
		b.WriteByte(':')
		b.WriteString(v)
	}
	return b.String()
}
