// SPDX-License-Identifier: Apache-2.0

package rule

import "strings"

// Match reports whether the condition holds for these attributes.
func (m *Matcher) Match(attrs Attributes) bool {
	switch m.op {
	case opAll:
		for i := range m.children {
			if !m.children[i].Match(attrs) {
				return false
			}
		}
		return true
	case opAny:
		for i := range m.children {
			if m.children[i].Match(attrs) {
				return true
			}
		}
		return false
	case opNot:
		return !m.children[0].Match(attrs)
	case opLeaf:
	}
	return m.leaf.match(attrs[m.leaf.attribute])
}

// match: a comparison with an absent attribute is false, for the negated operators too; NotExists asks for absence. So
// is one with a value of the wrong kind, because neither answer would be true.
func (l *leaf) match(v Value) bool {
	if l.family == famPresence {
		return v.Present() != l.negate
	}
	if !v.Present() || !l.comparable(v) {
		return false
	}
	return l.holds(v) != l.negate
}

func (l *leaf) comparable(v Value) bool {
	switch l.family {
	case famOrder, famRange:
		return v.kind == Number
	case famEqual:
		return l.kind == Any || l.kind == v.kind
	case famText, famRegexp:
		return v.kind == Text
	case famWithin, famMoment:
		return v.kind == Time
	case famPresence:
	}
	return true
}

func (l *leaf) holds(v Value) bool {
	switch l.family {
	case famEqual:
		return l.equalsAny(v)
	case famText:
		return l.textHolds(v.text)
	case famRegexp:
		for _, re := range l.patterns {
			if re.MatchString(v.text) {
				return true
			}
		}
		return false
	case famOrder:
		return l.ordered(v.number)
	case famRange:
		return l.numbers[0] <= v.number && v.number <= l.numbers[1]
	case famWithin, famMoment:
		return l.time.holds(v.number)
	case famPresence:
	}
	return false
}

func (l *leaf) ordered(n float64) bool {
	limit := l.numbers[0]
	switch l.operator {
	case GreaterThan:
		return n > limit
	case GreaterOrEqual:
		return n >= limit
	case LessThan:
		return n < limit
	default: // LessOrEqual
		return n <= limit
	}
}

func (l *leaf) equalsAny(v Value) bool {
	for i, want := range l.texts {
		switch {
		case v.kind == Number:
			if l.numeric[i] && l.numbers[i] == v.number {
				return true
			}
		case v.kind != Text:
		case l.fold:
			if strings.EqualFold(v.text, want) {
				return true
			}
		case v.text == want:
			return true
		}
	}
	return false
}

func (l *leaf) textHolds(s string) bool {
	for _, want := range l.texts {
		var ok bool
		switch l.operator {
		case StartsWith, NotStartsWith:
			ok = hasPrefix(s, want, l.fold)
		case EndsWith, NotEndsWith:
			ok = hasSuffix(s, want, l.fold)
		default: // Contains, NotContains
			ok = contains(s, want, l.fold)
		}
		if ok {
			return true
		}
	}
	return false
}
