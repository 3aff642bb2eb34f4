// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"workstream.dev/operator/internal/hours"
)

// MaxDepth is how deep All, Any and Not may nest.
const MaxDepth = 16

// Error is what is wrong with a condition: where it stands in the tree and what would be right.
type Error struct {
	// Path leads from the root of the condition to the field, such as all[1].any[0].operator; empty is the root.
	Path string
	// Message is in the user's words.
	Message string
}

// Error returns path and message.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// UnknownAttributeError says that a condition asks for an attribute that nothing declares.
type UnknownAttributeError struct{ Path, Attribute string }

// Error names the attribute.
func (e *UnknownAttributeError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("no attribute %q is declared", e.Attribute)
	}
	return fmt.Sprintf("%s: no attribute %q is declared", e.Path, e.Attribute)
}

// UnknownHoursError says that a condition asks a calendar that does not exist.
type UnknownHoursError struct{ Path, Hours string }

// Error names the calendar.
func (e *UnknownHoursError) Error() string {
	return fmt.Sprintf("%s: there are no OperatingHours %q", e.Path, e.Hours)
}

// Env is what conditions may name.
type Env struct {
	// Kind returns the declared kind of an attribute, and whether there is such an attribute.
	Kind func(attribute string) (Kind, bool)
	// Calendar returns the calendar of that name, or nil. Unset, there are none.
	Calendar func(name string) *hours.Calendar
}

// Matcher is a condition ready to be evaluated. It is read-only and may be used by several goroutines.
type Matcher struct {
	op       nodeOp
	children []Matcher
	leaf     leaf
}

type nodeOp uint8

const (
	opLeaf nodeOp = iota
	opAll
	opAny
	opNot
)

// Compile checks c and makes it ready. The error is an *Error, an *UnknownAttributeError or an *UnknownHoursError, the
// first one in reading order.
func Compile(c *Condition, env Env) (*Matcher, error) {
	m, err := compile(c, &env, "", 0)
	if err != nil {
		return nil, err
	}
	return &m, nil
}

func compile(c *Condition, env *Env, path string, depth int) (Matcher, error) {
	if depth > MaxDepth {
		return Matcher{}, &Error{path, fmt.Sprintf("conditions nest deeper than %d", MaxDepth)}
	}
	if err := checkShape(c, path); err != nil {
		return Matcher{}, err
	}
	switch {
	case c.All != nil:
		return compileList(opAll, c.All, env, join(path, "all"), depth)
	case c.Any != nil:
		return compileList(opAny, c.Any, env, join(path, "any"), depth)
	case c.Not != nil:
		child, err := compile(c.Not, env, join(path, "not"), depth+1)
		return Matcher{op: opNot, children: []Matcher{child}}, err
	default:
		l, err := compileLeaf(c, env, path)
		return Matcher{leaf: l}, err
	}
}

// checkShape refuses a node that is not exactly one thing: a half-read condition would match what nobody meant.
func checkShape(c *Condition, path string) error {
	var set []string
	for _, m := range []struct {
		name string
		set  bool
	}{{"all", c.All != nil}, {"any", c.Any != nil}, {"not", c.Not != nil}, {"attribute", c.Attribute != ""}} {
		if m.set {
			set = append(set, m.name)
		}
	}
	switch {
	case len(set) == 0:
		return &Error{path, "one of all, any, not and attribute must be set"}
	case len(set) > 1:
		return &Error{path, "only one of all, any, not and attribute may be set, not " + strings.Join(set, " and ")}
	case c.Attribute == "" && (c.Operator != "" || len(c.Values) > 0 || c.CaseSensitive || c.TimeZone != "" || c.Hours != ""):
		return &Error{path, "operator, values, caseSensitive, timeZone and operatingHoursRef go with attribute, not with " + set[0]}
	}
	return nil
}

func compileList(op nodeOp, list []Condition, env *Env, path string, depth int) (Matcher, error) {
	if len(list) == 0 {
		return Matcher{}, &Error{path, "at least one condition is needed"}
	}
	m := Matcher{op: op, children: make([]Matcher, len(list))}
	for i := range list {
		child, err := compile(&list[i], env, path+"["+strconv.Itoa(i)+"]", depth+1)
		if err != nil {
			return Matcher{}, err
		}
		m.children[i] = child
	}
	return m, nil
}

// family groups operators by how they take their values.
type family uint8

const (
	famEqual family = iota + 1
	famText
	famRegexp
	famOrder
	famRange
	famPresence
	famWithin
	famMoment
)

var operators = map[Operator]struct {
	family family
	negate bool
}{
	Equal: {famEqual, false}, NotEqual: {famEqual, true}, In: {famEqual, false}, NotIn: {famEqual, true},
	Contains: {famText, false}, NotContains: {famText, true},
	StartsWith: {famText, false}, NotStartsWith: {famText, true},
	EndsWith: {famText, false}, NotEndsWith: {famText, true},
	Matches:     {famRegexp, false},
	GreaterThan: {famOrder, false}, GreaterOrEqual: {famOrder, false}, LessThan: {famOrder, false}, LessOrEqual: {famOrder, false},
	Between: {famRange, false}, NotBetween: {famRange, true},
	Exists: {famPresence, false}, NotExists: {famPresence, true},
	Within: {famWithin, false}, NotWithin: {famWithin, true}, Before: {famMoment, false}, After: {famMoment, false},
}

// leaf compares one attribute. numbers are set when values are to be compared as numbers.
type leaf struct {
	attribute string
	operator  Operator
	family    family
	negate    bool
	fold      bool
	kind      Kind
	texts     []string
	numbers   []float64
	numeric   []bool
	patterns  []*regexp.Regexp
	time      timeTest

	// In a set: the place of the attribute, and the sorted hashes of many values.
	slot   int32
	hashes []uint64
}

func compileLeaf(c *Condition, env *Env, path string) (leaf, error) {
	if c.Operator == "" {
		return leaf{}, &Error{join(path, "operator"), "is required with attribute"}
	}
	op, ok := operators[c.Operator]
	if !ok {
		return leaf{}, &Error{join(path, "operator"), fmt.Sprintf("%q is no operator", c.Operator)}
	}
	kind, ok := env.Kind(c.Attribute)
	if !ok {
		return leaf{}, &UnknownAttributeError{join(path, "attribute"), c.Attribute}
	}
	l := leaf{
		attribute: c.Attribute, operator: c.Operator, family: op.family, negate: op.negate,
		fold: !c.CaseSensitive, kind: kind,
	}
	if l.family == famWithin || l.family == famMoment {
		err := l.checkKind(path)
		if err == nil {
			err = l.compileTime(c, env, path)
		}
		return l, err
	}
	if c.TimeZone != "" || c.Hours != "" {
		return leaf{}, &Error{path, fmt.Sprintf("timeZone and operatingHoursRef go with Within, NotWithin, Before and After, not with %s",
			c.Operator)}
	}
	if err := l.checkCount(len(c.Values), path); err != nil {
		return leaf{}, err
	}
	if err := l.checkKind(path); err != nil {
		return leaf{}, err
	}
	for i, v := range c.Values {
		if err := l.addValue(v, join(path, "values")+"["+strconv.Itoa(i)+"]"); err != nil {
			return leaf{}, err
		}
	}
	if l.family == famRange && l.numbers[0] > l.numbers[1] {
		return leaf{}, &Error{join(path, "values"), fmt.Sprintf("%s needs the smaller value first, not %s and %s",
			l.operator, c.Values[0], c.Values[1])}
	}
	return l, nil
}

func (l *leaf) checkCount(n int, path string) error {
	path = join(path, "values")
	switch {
	case l.family == famPresence && n != 0:
		return &Error{path, fmt.Sprintf("%s takes no values", l.operator)}
	case l.family == famRange && n != 2:
		return &Error{path, fmt.Sprintf("%s takes exactly two values, not %d", l.operator, n)}
	case l.family == famOrder && n != 1:
		return &Error{path, fmt.Sprintf("%s takes exactly one value, not %d", l.operator, n)}
	case l.family != famPresence && n == 0:
		return &Error{path, fmt.Sprintf("%s needs at least one value", l.operator)}
	}
	return nil
}

func (l *leaf) checkKind(path string) error {
	path = join(path, "operator")
	times := l.family == famWithin || l.family == famMoment
	switch {
	case l.kind == Time && !times && l.family != famPresence:
		return &Error{path, fmt.Sprintf("%s is a time, for Within, NotWithin, Before, After, Exists and NotExists, not for %s",
			l.attribute, l.operator)}
	case l.kind != Time && times:
		return &Error{path, fmt.Sprintf("%s compares times, and %s is none: that is item.createdAt", l.operator, l.attribute)}
	case l.kind == Number && (l.family == famText || l.family == famRegexp):
		return &Error{path, fmt.Sprintf("%s compares texts, and %s is a number", l.operator, l.attribute)}
	case l.kind == Text && (l.family == famOrder || l.family == famRange):
		return &Error{path, fmt.Sprintf("%s compares numbers, and %s is a text", l.operator, l.attribute)}
	}
	return nil
}

func (l *leaf) addValue(v, path string) error {
	switch l.family {
	case famRegexp:
		return l.addPattern(v, path)
	case famOrder, famRange, famEqual:
		f, numeric := ParseNumber(v)
		if !numeric && (l.family != famEqual || l.kind == Number) {
			return &Error{path, fmt.Sprintf("%q is no number, and %s needs one here", v, l.operator)}
		}
		l.numbers = append(l.numbers, f)
		l.numeric = append(l.numeric, numeric && l.kind != Text)
		l.texts = append(l.texts, v)
	case famText:
		if v == "" {
			return &Error{path, fmt.Sprintf("%s needs a text that is not empty", l.operator)}
		}
		if l.fold {
			v = Fold(v)
		}
		l.texts = append(l.texts, v)
	case famPresence, famWithin, famMoment:
	}
	return nil
}

// addPattern reports what is wrong with the expression as the user wrote it, without the flag that ignores case.
func (l *leaf) addPattern(v, path string) error {
	if !utf8.ValidString(v) {
		return &Error{path, fmt.Sprintf("%q is not valid UTF-8", v)}
	}
	re, err := regexp.Compile(v)
	if err == nil && l.fold {
		re, err = regexp.Compile("(?i)" + v)
	}
	if err != nil {
		return &Error{path, fmt.Sprintf("%q is no RE2 expression: %s", v, strings.TrimPrefix(err.Error(), "error parsing regexp: "))}
	}
	l.patterns = append(l.patterns, re)
	return nil
}

func join(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}
