// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
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
	return s, nil
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

// compileExpression also finds the attributes that it names and nothing declares.
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
	return p, nil
}

// Len is how many rules there are.
func (s *Set) Len() int { return len(s.rules) }

// Matches reports whether the rule at index i matches, whatever the others do. It goes through the rule's tree.
func (s *Set) Matches(i int, attrs Attributes) bool {
	r := &s.rules[i]
	return (r.when == nil || r.when.Match(attrs)) && (r.expression == nil || r.expression.Holds(values(attrs)))
}

// Next returns the index of the first rule at or behind from that matches, or -1.
func (s *Set) Next(from int, attrs Attributes) int {
	for i := from; i < len(s.rules); i++ {
		if s.Matches(i, attrs) {
			return i
		}
	}
	return -1
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
