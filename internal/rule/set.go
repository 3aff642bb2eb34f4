// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"workstream.dev/operator/internal/expression"
)

// Definition is which items a rule matches: When and Expression must hold both, as far as they are set.
type Definition struct {
	When *Condition
	// Expression is in CEL, over the maps context, channel, customer, record and item.
	Expression string
}

// SetError is what is wrong with one rule of a set.
type SetError struct {
	// Rule is its index.
	Rule int
	// Field is when or expression.
	Field string
	// Err is what Compile says of a condition, and an *expression.Error or an *UnknownAttributeError of an expression.
	Err error
}

// Error names rule and field.
func (e *SetError) Error() string { return fmt.Sprintf("rules[%d].%s: %s", e.Rule, e.Field, e.Err) }

// Unwrap returns what is wrong with the field.
func (e *SetError) Unwrap() error { return e.Err }

// Set is a list of rules ready to be asked which of them matches first. It is read-only and may be used by several
// goroutines.
type Set struct {
	rules []compiledRule

	// plain finds the rules that are a condition alone, costly those with an expression; nil when there are none, or few of
	// all. always are those that are neither: they match.
	plain, costly *index
	always        []int32
	attributes    []string // by slot, those first that are asked for most
	checks        []check  // of all conditions
	starts        []int32  // of each rule's checks; -1 for none
	longest       []int    // bytes of a text that an attribute is equal to, by slot
}

// compiledRule matches when what it has holds.
type compiledRule struct {
	when       *Matcher
	expression *expression.Program
}

// CompileSet checks the rules and makes them ready. The error is a *SetError, of the first rule that has one.
func CompileSet(defs []Definition, env Env) (*Set, error) {
	s := &Set{rules: make([]compiledRule, len(defs))}
	for i := range defs {
		if err := s.rules[i].compile(i, &defs[i], &env); err != nil {
			return nil, err
		}
	}
	if len(defs) > fewRules {
		s.index()
	}
	return s, nil
}

// index makes Next fast.
func (s *Set) index() {
	s.name()
	s.starts = make([]int32, len(s.rules))
	var plain, costly []entry
	for i := range s.rules {
		r, at := &s.rules[i], int32(i)
		s.starts[i] = -1
		if r.when == nil && r.expression == nil {
			s.always = append(s.always, at)
			continue
		}
		terms := []term{nil}
		if r.when != nil {
			terms = cover(r.when, false)
			s.starts[i] = int32(len(s.checks)) //nolint:gosec // as above
			s.checks = flatten(s.checks, r.when)
		}
		list := &plain
		if r.expression != nil {
			list = &costly
		}
		for _, t := range terms {
			*list = append(*list, entry{at, t})
		}
	}
	s.checks = slices.Clip(s.checks)
	s.plain, s.costly = newIndex(plain), newIndex(costly)
}

func newIndex(entries []entry) *index {
	if len(entries) == 0 {
		return nil
	}
	b := builder{room: maxRoom * len(entries)}
	b.node(entries, 0)
	b.rules, b.buckets = slices.Clip(b.rules), slices.Clip(b.buckets)
	return &b.index
}

// name gives each attribute its slot.
func (s *Set) name() {
	count := map[string]int{}
	s.leaves(func(l *leaf) { count[l.attribute]++ })
	s.attributes = slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
	slots := make(map[string]int32, len(s.attributes))
	for i, name := range s.attributes {
		slots[name] = int32(i)
	}
	s.longest = make([]int, len(s.attributes))
	s.leaves(func(l *leaf) {
		l.slot = slots[l.attribute]
		if l.family != famEqual {
			return
		}
		for _, text := range l.texts {
			s.longest[l.slot] = max(s.longest[l.slot], len(text))
		}
		if len(l.texts) > manyValues {
			l.hashes = l.keys()
		}
	})
}

// manyValues are looked for by their hashes.
const manyValues = 6

// leaves visits the comparisons of all rules.
func (s *Set) leaves(visit func(*leaf)) {
	for i := range s.rules {
		if m := s.rules[i].when; m != nil {
			m.leaves(visit)
		}
	}
}

func (m *Matcher) leaves(visit func(*leaf)) {
	if m.op == opLeaf {
		visit(&m.leaf)
	}
	for i := range m.children {
		m.children[i].leaves(visit)
	}
}

// Check says what is wrong with one rule. The error is a *SetError of the rule 0.
func Check(d Definition, env Env) error { return new(compiledRule).compile(0, &d, &env) }

func (r *compiledRule) compile(i int, d *Definition, env *Env) (err error) {
	if d.When != nil {
		if r.when, err = Compile(d.When, *env); err != nil {
			return &SetError{i, "when", err}
		}
	}
	if d.Expression != "" {
		if r.expression, err = compileExpression(d.Expression, env); err != nil {
			return &SetError{i, "expression", err}
		}
	}
	return nil
}

var expressionTypes = map[Kind]expression.Type{Text: expression.Text, Number: expression.Number, Time: expression.Time}

// compileExpression also finds the attributes that it names and nothing declares, and those of a kind that cannot do what it
// asks.
func compileExpression(source string, env *Env) (*expression.Program, error) {
	p, err := expression.Compile(source)
	if err != nil {
		return nil, err
	}
	for _, a := range p.Attributes() {
		if _, ok := env.Kind(a); !ok {
			return nil, &UnknownAttributeError{"", a}
		}
	}
	return p, p.Check(func(attribute string) expression.Type {
		kind, _ := env.Kind(attribute)
		return expressionTypes[kind]
	})
}

// Len is how many rules there are.
func (s *Set) Len() int { return len(s.rules) }

// Matches reports whether the rule at index i matches, whatever the others do. It goes through the rule's tree.
func (s *Set) Matches(i int, attrs Attributes) bool {
	r := &s.rules[i]
	return (r.when == nil || r.when.Match(attrs)) && (r.expression == nil || r.expression.Holds(values(attrs)))
}

// values gives expressions the attributes.
type values Attributes

// Value returns the attribute of that name as Go has it, or nil.
func (v values) Value(name string) any {
	value := v[name]
	switch value.kind {
	case Text:
		return value.text
	case Number:
		return value.number
	case Time:
		t, _ := value.Time()
		return t
	case Any:
	}
	return nil
}

// Names returns what follows prefix in the names that begin with it.
func (v values) Names(prefix string) []string {
	var list []string
	for name, value := range v {
		if rest, ok := strings.CutPrefix(name, prefix); ok && value.Present() {
			list = append(list, rest)
		}
	}
	return list
}
