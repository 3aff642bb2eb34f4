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

// add makes c a form, whose comparisons are interned.
func (p *problem) add(c *rule.Condition) (*form, error) {
	switch {
	case c == nil:
		return &form{op: isAll}, nil
	case c.All != nil:
		return p.addList(isAll, c.All)
	case c.Any != nil:
		return p.addList(isAny, c.Any)
	case c.Not != nil:
		f, err := p.add(c.Not)
		if err != nil {
			return nil, err
		}
		return f.not(), nil
	default:
		l, err := p.intern(c)
		return &form{op: isLit, lit: l}, err
	}
}

func (p *problem) addList(op formOp, list []rule.Condition) (*form, error) {
	f := &form{op: op}
	for i := range list {
		child, err := p.add(&list[i])
		if err != nil {
			return nil, err
		}
		if child.op == op { // a group in a group of its kind
			f.list = append(f.list, child.list...)
		} else {
			f.list = append(f.list, child)
		}
	}
	return f, nil
}

// positive are the operators that are asked for when one that negates is false, and the other way round, as far as there
// is a value to compare.
var positive = map[rule.Operator]rule.Operator{
	rule.NotEqual: rule.Equal, rule.In: rule.Equal, rule.NotIn: rule.Equal,
	rule.NotContains: rule.Contains, rule.NotStartsWith: rule.StartsWith, rule.NotEndsWith: rule.EndsWith,
	rule.NotBetween: rule.Between, rule.NotExists: rule.Exists,
}

// leaf is a comparison of one attribute.
type leaf struct {
	attr     int32
	cond     *rule.Condition
	operator rule.Operator // never a negated one
	negate   bool
	m        *rule.Matcher
	// truth has a bit for each candidate of the attribute for which the comparison holds.
	truth bitset
}

// intern returns the literal of a comparison. Equal ones are the same.
func (p *problem) intern(c *rule.Condition) (lit, error) {
	key := leafKey(c)
	if i, ok := p.leafIDs[key]; ok {
		return lit{leaf: i}, nil
	}
	m, err := p.compile(c)
	if err != nil {
		return lit{}, err
	}
	l := leaf{cond: c, m: m, attr: p.attribute(c.Attribute), operator: c.Operator}
	if op, ok := positive[c.Operator]; ok {
		l.operator, l.negate = op, op != c.Operator && c.Operator != rule.In
	}
	i := int32(len(p.leaves)) //nolint:gosec // as many as there are comparisons
	p.leafIDs[key] = i
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
	for _, v := range c.Values {
		b.WriteByte(0)
		b.WriteString(strconv.Itoa(len(v)))
		b.WriteByte(':')
		b.WriteString(v)
	}
	return b.String()
}
