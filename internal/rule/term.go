// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"math"
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// What an index needs of a condition is a cover: terms of which at least one holds whenever the condition does. A term is
// constraints of single attributes that all hold then. It may say less than the condition, never more: what an index
// finds is asked again in full.

type constraintKind uint8

const (
	presence constraintKind = iota + 1
	among                   // one of the keys
	inRange
	prefix
	suffix
	part
)

type constraint struct {
	kind  constraintKind
	slot  int32
	keys  []uint64 // hashes, of among
	span  interval
	texts []string // folded
}

// term is empty when nothing is known but that the condition may hold.
type term []constraint

const (
	// maxTerms is how many terms a condition may come to; one of more is covered by fewer constraints.
	maxTerms = 64
	// maxProduct is how many terms groups in a group are multiplied out to.
	maxProduct = 16
)

// cover returns the cover of m, or of its opposite.
func cover(m *Matcher, not bool) []term {
	switch {
	case m.op == opNot:
		return cover(&m.children[0], !not)
	case m.op == opLeaf:
		return coverLeaf(&m.leaf, not)
	case (m.op == opAll) != not:
		return coverAll(m.children, not)
	default:
		return coverAny(m.children, not)
	}
}

func coverAny(children []Matcher, not bool) []term {
	var out []term
	for i := range children {
		if out = append(out, cover(&children[i], not)...); len(out) > maxTerms {
			return []term{nil}
		}
	}
	return out
}

func coverAll(children []Matcher, not bool) []term {
	covers := make([][]term, len(children))
	for i := range children {
		covers[i] = cover(&children[i], not)
	}
	slices.SortStableFunc(covers, func(a, b []term) int { return len(a) - len(b) })
	out := []term{nil}
	for _, c := range covers {
		if slices.ContainsFunc(c, func(t term) bool { return len(t) == 0 }) {
			continue
		}
		if len(out[0]) == 0 && len(out) == 1 {
			out = c
			continue
		}
		if len(out)*len(c) > maxProduct {
			continue
		}
		product := make([]term, 0, len(out)*len(c))
		for _, a := range out {
			for _, b := range c {
				product = append(product, slices.Concat(a, b))
			}
		}
		out = product
	}
	return out
}

// coverLeaf: what a comparison and its opposite say. The opposite holds of an absent attribute as well, and says nothing.
func coverLeaf(l *leaf, not bool) []term {
	nothing := []term{nil}
	present := []term{{{kind: presence, slot: l.slot}}}
	if l.family == famPresence {
		if l.negate != not {
			return nothing
		}
		return present
	}
	if not {
		return nothing
	}
	if l.negate {
		if l.family == famRange {
			below := interval{math.Inf(-1), math.Nextafter(l.numbers[0], math.Inf(-1))}
			above := interval{math.Nextafter(l.numbers[1], math.Inf(1)), math.Inf(1)}
			return []term{{{kind: inRange, slot: l.slot, span: below}}, {{kind: inRange, slot: l.slot, span: above}}}
		}
		return present
	}
	if c, ok := constraintOf(l); ok {
		return []term{{c}}
	}
	return present
}

// constraintOf is what a comparison that is not negated says, if it says more than that the attribute is there.
func constraintOf(l *leaf) (c constraint, ok bool) {
	c.slot = l.slot
	switch l.family {
	case famEqual:
		c.kind, c.keys = among, l.keys()
	case famText:
		c.kind, c.texts = textKinds[l.operator], foldedTexts(l)
	case famRegexp:
		c.kind, c.texts = part, literals(l)
	case famOrder, famRange, famMoment:
		c.kind, c.span = inRange, l.span()
	case famWithin, famPresence:
	}
	return c, c.kind != 0 && (c.kind != inRange || c.span != everything) && (c.kind < prefix || len(c.texts) > 0)
}

var textKinds = map[Operator]constraintKind{StartsWith: prefix, EndsWith: suffix, Contains: part}

// keys are the hashes of the values that an attribute can have.
func (l *leaf) keys() []uint64 {
	var keys []uint64
	for i, text := range l.texts {
		if l.kind != Number {
			keys = append(keys, hashText(text))
		}
		if l.numeric[i] {
			keys = append(keys, hashNumber(l.numbers[i]))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// foldedTexts is nil when one is no UTF-8: such bytes may be found within a rune, where no trie looks.
func foldedTexts(l *leaf) []string {
	out := make([]string, len(l.texts))
	for i, text := range l.texts {
		if !utf8.ValidString(text) {
			return nil
		}
		out[i] = Fold(text)
	}
	return out
}

// span is the numbers that a comparison allows.
func (l *leaf) span() interval {
	if l.family == famMoment {
		switch {
		case l.time.zone != nil: // a time of day
			return everything
		case l.time.before:
			return interval{math.Inf(-1), math.Nextafter(l.time.at, math.Inf(-1))}
		default:
			return interval{l.time.at, math.Inf(1)}
		}
	}
	limit := l.numbers[0]
	switch l.operator {
	case GreaterThan:
		return interval{math.Nextafter(limit, math.Inf(1)), math.Inf(1)}
	case GreaterOrEqual:
		return interval{limit, math.Inf(1)}
	case LessThan:
		return interval{math.Inf(-1), math.Nextafter(limit, math.Inf(-1))}
	case LessOrEqual:
		return interval{math.Inf(-1), limit}
	default: // Between
		return interval{limit, l.numbers[1]}
	}
}

// literals returns texts of which one is in every text that a regular expression of l matches, folded; nil when there are
// none to be had.
func literals(l *leaf) []string {
	var out []string
	for _, re := range l.patterns {
		parsed, err := syntax.Parse(re.String(), syntax.Perl)
		if err != nil {
			return nil
		}
		found := literal(parsed)
		if found == nil || len(out)+len(found) > maxTerms {
			return nil
		}
		out = append(out, found...)
	}
	return out
}

// literal returns texts of which one is in everything that re matches.
func literal(re *syntax.Regexp) []string {
	const short = 2 // shorter ones are everywhere
	switch re.Op {
	case syntax.OpLiteral:
		if len(re.Rune) >= short && !slices.Contains(re.Rune, utf8.RuneError) { // which stands for what is no UTF-8, too
			return []string{Fold(string(re.Rune))}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return literal(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return literal(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if found := literal(sub); found != nil && (best == nil || shortest(found) > shortest(best)) {
				best = found
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			found := literal(sub)
			if found == nil {
				return nil
			}
			all = append(all, found...)
		}
		return all
	default:
	}
	return nil
}

func shortest(texts []string) int {
	n := math.MaxInt
	for _, t := range texts {
		n = min(n, len(t))
	}
	return n
}

// hashText is the same for all texts that are equal without case. No hash is 0.
func hashText(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); {
		r := rune(s[i])
		if r < utf8.RuneSelf {
			if 'a' <= r && r <= 'z' {
				r -= 'a' - 'A'
			}
			i++
		} else {
			var n int
			r, n = utf8.DecodeRuneInString(s[i:])
			r = fold(r)
			i += n
		}
		h = (h ^ uint64(r)) * 0x9E3779B97F4A7C15 //nolint:gosec // a rune is not negative
	}
	return mix(h) | 1
}

func hashNumber(f float64) uint64 {
	if f == 0 {
		f = 0 // which is what minus zero is equal to
	}
	return mix(math.Float64bits(f)^0xD6E8FEB86659FD93) | 1
}

// mix spreads a hash over all bits.
func mix(h uint64) uint64 {
	h ^= h >> 32
	h *= 0xD6E8FEB86659FD93
	h ^= h >> 32
	h *= 0xD6E8FEB86659FD93
	return h ^ h>>32
}
