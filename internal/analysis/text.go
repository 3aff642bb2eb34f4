// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"encoding/binary"
	"slices"
	"strings"

	"workstream.dev/operator/internal/rule"
)

// textAnswer is whether there is a text beside the candidates.
type textAnswer struct {
	verdict verdict
	value   *rule.Value
}

// part is a comparison with one part of a text, or one regular expression.
type part struct {
	op   rule.Operator
	text string
	fold bool
}

// maxChoices is how many combinations of parts are tried for one attribute.
const maxChoices = 256

// text looks for a text that is none of the values that are compared whole, and for which all literals hold. The alphabet
// has always another character: so a proof that there is none is that one part that is there brings along one that must
// not be, or that two beginnings or ends do not go together. A regular expression brings along only itself.
func (s *search) text(lits []lit) (verdict, *rule.Value) {
	key := textKey(lits)
	if known, ok := s.texts[key]; ok {
		return known.verdict, known.value
	}
	v, value := s.findText(lits)
	s.texts[key] = textAnswer{v, value}
	return v, value
}

func textKey(lits []lit) string {
	list := make([]int32, len(lits))
	for i, l := range lits {
		list[i] = l.leaf << 1
		if l.negate {
			list[i]++
		}
	}
	slices.Sort(list)
	key := make([]byte, 0, len(list)*4)
	for _, n := range list {
		key = binary.BigEndian.AppendUint32(key, uint32(n)) //nolint:gosec // a name, not a number
	}
	return string(key)
}

func (s *search) findText(lits []lit) (verdict, *rule.Value) {
	var lists [][]part // one of each
	var none []part
	for _, l := range lits {
		lf := &s.leaves[l.leaf]
		parts := partsOf(lf)
		switch holds := lf.negate == l.negate; { // of what is asked for, whether it is to be so
		case len(parts) == 0 && !s.textMayBe(l):
			return impossible, nil
		case len(parts) == 0:
		case holds:
			lists = append(lists, parts)
		default:
			none = append(none, parts...)
		}
	}
	return s.choose(lits, lists, none)
}

// textMayBe says of a comparison that asks for no part whether it leaves texts that are none of its values.
func (s *search) textMayBe(l lit) bool {
	other := s.attrs[s.leaves[l.leaf].attr].values
	for _, v := range other {
		if v.Kind() == rule.Text { // the first text is none of the values
			return s.holds(&s.leaves[l.leaf], v) != l.negate
		}
	}
	return true
}

func partsOf(l *leaf) []part {
	switch l.operator {
	case rule.Contains, rule.StartsWith, rule.EndsWith, rule.Matches:
	default:
		return nil
	}
	parts := make([]part, len(l.cond.Values))
	for i, text := range l.cond.Values {
		parts[i] = part{l.operator, text, !l.cond.CaseSensitive}
	}
	return parts
}

// choose tries each way to have one of each list.
func (s *search) choose(lits []lit, lists [][]part, none []part) (verdict, *rule.Value) {
	ways := 1
	for _, list := range lists {
		if ways *= len(list); ways > maxChoices {
			return unknown, nil
		}
	}
	out := impossible
	for way := range ways {
		chosen := make([]part, len(lists))
		for i, list := range lists {
			chosen[i] = list[way%len(list)]
			way /= len(list)
		}
		if clash(chosen, none) {
			continue
		}
		if value := s.compose(lits, chosen); value != nil {
			return possible, value
		}
		out = unknown
	}
	return out, nil
}

// clash reports whether no text has all parts of one list and none of the other.
func clash(have, none []part) bool {
	for i, h := range have {
		if slices.ContainsFunc(none, h.brings) {
			return true
		}
		if slices.ContainsFunc(have[:i], h.excludes) {
			return true
		}
	}
	return false
}

// brings reports whether every text with p has o.
func (p part) brings(o part) bool {
	if p.op == rule.Matches || o.op == rule.Matches {
		return p == o
	}
	mine, its := p.text, o.text
	switch {
	case o.fold:
		mine, its = rule.Fold(mine), rule.Fold(its)
	case p.fold && !caseless(mine):
		return false
	}
	switch {
	case o.op == rule.Contains:
		return strings.Contains(mine, its)
	case o.op != p.op:
		return false
	case o.op == rule.StartsWith:
		return strings.HasPrefix(mine, its)
	default:
		return strings.HasSuffix(mine, its)
	}
}

// excludes reports whether no text has both.
func (p part) excludes(o part) bool {
	mine, its := p.text, o.text
	if p.fold || o.fold {
		mine, its = rule.Fold(mine), rule.Fold(its)
	}
	switch {
	case p.op != o.op:
		return false
	case p.op == rule.StartsWith:
		return !strings.HasPrefix(mine, its) && !strings.HasPrefix(its, mine)
	case p.op == rule.EndsWith:
		return !strings.HasSuffix(mine, its) && !strings.HasSuffix(its, mine)
	default:
		return false
	}
}

func caseless(text string) bool {
	list, all := variants(text)
	return all && len(list) == 1
}

// separators stand between parts that are put together; one that no part has makes no new part.
var separators = []string{"", " ", "-", "x", "#", "·", "\u2021"}

// compose makes a text with these parts, and asks the evaluator whether it will do.
func (s *search) compose(lits []lit, have []part) *rule.Value {
	var head, tail string
	var middle []string
	for _, p := range have {
		switch p.op {
		case rule.StartsWith:
			head = longer(head, p.text, strings.HasPrefix)
		case rule.EndsWith:
			tail = longer(tail, p.text, strings.HasSuffix)
		case rule.Contains:
			middle = append(middle, p.text)
		default:
			middle = append(middle, sample(p.text))
		}
	}
	slices.SortStableFunc(middle, func(a, b string) int { return len(b) - len(a) })
	for _, sep := range separators {
		s.spend(1)
		for _, text := range []string{join(sep, head, middle, tail), head + sep + tail, sep + strings.Join(middle, sep) + sep} {
			if v := rule.TextValue(text); s.allHold(lits, v) {
				return &v
			}
		}
	}
	return nil
}

// longer is the one that has the other at its end in view of has. What the shorter one says of case counts where both
// speak.
func longer(a, b string, has func(s, part string) bool) string {
	if len(a) < len(b) {
		a, b = b, a
	}
	switch {
	case has(a, b):
		return a
	case has(rule.Fold(a), rule.Fold(b)) && len(a) >= len(b):
		if strings.HasPrefix(rule.Fold(a), rule.Fold(b)) {
			return b + a[len(b):]
		}
		return a[:len(a)-len(b)] + b
	default:
		return a
	}
}

func join(sep, head string, middle []string, tail string) string {
	text := head
	for _, m := range middle {
		if !strings.Contains(text, m) && !strings.Contains(tail, m) {
			text += sep + m
		}
	}
	if tail != "" && !strings.HasSuffix(text, tail) {
		text += sep + tail
	} else if sep != "" && tail == "" {
		text += sep
	}
	return text
}

func (s *search) allHold(lits []lit, v rule.Value) bool {
	for _, l := range lits {
		if s.holds(&s.leaves[l.leaf], v) == l.negate {
			return false
		}
	}
	return true
}
