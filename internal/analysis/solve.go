// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"slices"

	"workstream.dev/operator/internal/rule"
)

// problem is a question of which items meet some conditions and not others. Its comparisons are interned first, then build
// finds the values that matter, and then solve may be asked any number of times.
type problem struct {
	env rule.Env
	// fixed attributes have one value, which may be absence.
	fixed rule.Attributes

	leaves  []leaf
	leafIDs map[string]int32
	attrs   []*attribute
	attrIDs map[string]int32
	scratch rule.Attributes
	texts   map[string]textAnswer
	// work is what may still be spent, in looks at one condition.
	work int
}

func newProblem(env rule.Env, fixed rule.Attributes, work int) *problem {
	return &problem{
		env: env, fixed: fixed, leafIDs: map[string]int32{}, attrIDs: map[string]int32{}, scratch: rule.Attributes{},
		texts: map[string]textAnswer{}, work: work,
	}
}

func (p *problem) attribute(name string) int32 {
	if i, ok := p.attrIDs[name]; ok {
		return i
	}
	kind, _ := p.env.Kind(name)
	a := &attribute{name: name, kind: kind}
	if v, ok := p.fixed[name]; ok {
		a.fixed = &v
	}
	i := int32(len(p.attrs)) //nolint:gosec // as many as there are comparisons
	p.attrIDs[name] = i
	p.attrs = append(p.attrs, a)
	return i
}

// verdict is what is known of a question.
type verdict uint8

const (
	unknown    verdict = iota
	possible           // there is such an item
	impossible         // there is none
)

// answer to a question. Witness goes with possible. Core goes with impossible: the indexes of the blockers on which
// the proof rests.
type answer struct {
	verdict verdict
	witness rule.Attributes
	core    []int
}

// question asks for an item that meets goal and none of the blockers. Opaque blockers must be left out.
type question struct {
	goal     *form
	blockers []*form
	// odd lets attributes have values of a kind that they are not declared as, as evaluators must cope with.
	odd bool
	// work is what may be spent on it.
	work int
}

// search is one run of solve.
type search struct {
	*problem
	question
	domains []domain
	trail   []change
	core    map[int]bool
}

// domain is what is left of an attribute: candidates, and for texts for which none stands one that was made.
type domain struct {
	left  bitset
	lits  []lit
	extra *rule.Value
}

type change struct {
	attr int32
	was  domain
}

// solve answers a question.
func (p *problem) solve(q question) answer {
	s := &search{problem: p, question: q, domains: make([]domain, len(p.attrs)), core: map[int]bool{}}
	s.question.work = min(q.work, p.work)
	given := s.question.work
	for i, a := range p.attrs {
		s.domains[i].left = a.usual
		if q.odd {
			s.domains[i].left = a.all
		}
	}
	v, witness := s.meet([]*form{q.goal})
	p.work -= given - max(s.question.work, 0)
	out := answer{verdict: v, witness: witness}
	if v == impossible {
		for i := range s.core {
			out.core = append(out.core, i)
		}
		slices.Sort(out.core)
	}
	return out
}

// meet looks for an item that meets all the goals, and then no blocker.
func (s *search) meet(goals []*form) (verdict, rule.Attributes) {
	if s.spend(1); s.question.work <= 0 {
		return unknown, nil
	}
	for len(goals) > 0 {
		goal := goals[len(goals)-1]
		goals = goals[:len(goals)-1]
		switch goal.op {
		case isLit:
			if v := s.assert(goal.lit); v != possible {
				return v, nil
			}
		case isAll:
			goals = append(slices.Clip(goals), goal.list...)
		case isAny:
			return s.branch(goals, goal.list)
		case isOpaque:
		}
	}
	return s.avoid()
}

// branch tries one alternative after the other, each without those before it.
func (s *search) branch(goals, list []*form) (verdict, rule.Attributes) {
	out := impossible
	mark := len(s.trail)
	open := make([]*form, 0, len(list))
	for _, f := range list {
		if f.op != isLit {
			open = append(open, f)
			continue
		}
		switch s.entailed(f.lit) {
		case 1: // nothing to choose
			return s.meet(goals)
		case 0:
			open = append(open, f)
		}
	}
	for i, f := range open {
		next := append(slices.Clip(goals), f)
		for _, before := range open[:i] {
			if before.op == isLit {
				next = append(next, before.not())
			}
		}
		v, witness := s.meet(next)
		s.undo(mark)
		if v == possible {
			return v, witness
		}
		if v == unknown {
			out = unknown
		}
	}
	return out, nil
}

// entailed says of a literal whether it holds for all that is left (1), for nothing (-1), or for some (0). Where texts are
// open it may be 0 although it is not.
func (s *search) entailed(l lit) int {
	lf := &s.leaves[l.leaf]
	a, d := s.attrs[lf.attr], &s.domains[lf.attr]
	for _, have := range d.lits {
		if have == l {
			return 1
		}
		if have == l.not() {
			return -1
		}
	}
	if a.open || a.inexact {
		return 0
	}
	switch {
	case !d.left.meets(lf.truth, l.negate):
		return -1
	case !d.left.meets(lf.truth, !l.negate):
		return 1
	default:
		return 0
	}
}

// assert narrows what is left of an attribute.
func (s *search) assert(l lit) verdict {
	lf := &s.leaves[l.leaf]
	a, d := s.attrs[lf.attr], &s.domains[lf.attr]
	if slices.Contains(d.lits, l) {
		return possible
	}
	if slices.Contains(d.lits, l.not()) || !l.negate && lf.opposite >= 0 && slices.Contains(d.lits, lit{leaf: lf.opposite}) {
		return impossible
	}
	s.trail = append(s.trail, change{lf.attr, *d})
	lits := append(slices.Clip(d.lits), l)
	next := domain{left: d.left.narrow(lf.truth, l.negate), lits: lits, extra: d.extra}
	if next.extra != nil && s.holds(lf, *next.extra) == l.negate {
		next.extra = nil
	}
	out := possible
	if next.extra == nil && next.left.first() < 0 {
		switch {
		case a.open:
			out, next.extra = s.text(lits)
		default:
			out = impossible
		}
		if out == impossible && a.inexact {
			out = unknown
		}
	}
	s.domains[lf.attr] = next
	return out
}

func (s *search) undo(mark int) {
	for len(s.trail) > mark {
		c := s.trail[len(s.trail)-1]
		s.trail = s.trail[:len(s.trail)-1]
		s.domains[c.attr] = c.was
	}
}

// avoid chooses an item from what is left. When blockers match it, the one that leaves the fewest ways out must not.
func (s *search) avoid() (verdict, rule.Attributes) {
	if s.spend(len(s.blockers)); s.question.work <= 0 {
		return unknown, nil
	}
	best, ways := -1, 0
	for i, b := range s.blockers {
		if !s.matches(b) {
			continue
		}
		if n := s.waysOut(b); best < 0 || n < ways {
			best, ways = i, n
			if n == 0 {
				break
			}
		}
	}
	if best < 0 {
		return possible, s.item()
	}
	s.core[best] = true
	mark := len(s.trail)
	v, witness := s.meet([]*form{s.blockers[best].not()})
	s.undo(mark)
	return v, witness
}

// matches reports whether f holds for the item that is chosen now.
func (s *search) matches(f *form) bool {
	switch f.op {
	case isLit:
		lf := &s.leaves[f.lit.leaf]
		d := &s.domains[lf.attr]
		if i := d.left.first(); i >= 0 {
			return lf.truth.has(i) != f.lit.negate
		}
		return d.extra != nil && s.holds(lf, *d.extra) != f.lit.negate
	case isAll:
		for _, child := range f.list {
			if !s.matches(child) {
				return false
			}
		}
		return true
	case isAny:
		return slices.ContainsFunc(f.list, s.matches)
	default:
		return false
	}
}

// waysOut is in how many ways f could be false, roughly.
func (s *search) waysOut(f *form) int {
	switch f.op {
	case isLit:
		if s.entailed(f.lit) == 1 {
			return 0
		}
		return 1
	case isAll:
		n := 0
		for _, child := range f.list {
			n += s.waysOut(child)
		}
		return n
	case isAny:
		n := 1
		for _, child := range f.list {
			n = min(n*s.waysOut(child), 1000)
		}
		return n
	default:
		return 1
	}
}

// item is what is chosen now.
func (s *search) item() rule.Attributes {
	attrs := rule.Attributes{}
	for i, a := range s.attrs {
		d := &s.domains[i]
		v := rule.Value{}
		if first := d.left.first(); first >= 0 {
			v = a.values[first]
		} else if d.extra != nil {
			v = *d.extra
		}
		if v.Present() {
			attrs[a.name] = v
		}
	}
	return attrs
}

func (s *search) spend(n int) { s.question.work -= n }
