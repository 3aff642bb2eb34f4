// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// Type is what the values of an attribute are. CEL sees them all as dyn, and would only find out while it runs.
type Type uint8

// The types of attributes. Any is a type that nobody knows.
const (
	Any Type = iota
	Text
	Number
	Time
	whole // a number of CEL without a fraction, which attributes never are
	truth
)

// String names a value of the type.
func (t Type) String() string {
	switch t {
	case Text:
		return "a text"
	case Number, whole:
		return "a number"
	case Time:
		return "a time"
	case truth:
		return "true or false"
	case Any:
	}
	return "anything"
}

// use is a place at which an attribute meets something else.
type use struct {
	line, column    int
	attribute       string
	function        string // as the user writes it
	computes, calls bool   // it is +, -, * or /, or a function of the attribute; otherwise a comparison
	with            Type   // what it meets, or what the function is for
	other           string // the attribute that it meets, if it is one
}

// computing are the operators for which numbers must have one type, and comparing those for which values must be of one kind.
var (
	computing = map[string]bool{operators.Add: true, operators.Subtract: true, operators.Multiply: true, operators.Divide: true}
	comparing = map[string]bool{
		operators.Equals: true, operators.NotEquals: true, operators.Less: true, operators.LessEquals: true,
		operators.Greater: true, operators.GreaterEquals: true, operators.In: true,
	}
	ofTexts = map[string]bool{"startsWith": true, "endsWith": true, "contains": true, "matches": true}
)

// usesOf returns what e does with attributes.
func usesOf(checked *cel.Ast, e ast.Expr) (found []use) {
	if e.Kind() != ast.CallKind {
		return nil
	}
	tree, c := checked.NativeRep(), e.AsCall()
	at := tree.SourceInfo().GetStartLocation(e.ID())
	u := use{line: at.Line(), column: at.Column() + 1, function: c.FunctionName(), computes: computing[c.FunctionName()]}
	if c.IsMemberFunction() {
		var is bool
		if u.attribute, is = attribute(c.Target()); is && ofTexts[u.function] {
			u.calls, u.with = true, Text
			found = append(found, u)
		}
		return found
	}
	if len(c.Args()) != 2 || !u.computes && !comparing[u.function] {
		return nil
	}
	in := u.function == operators.In
	u.function, _ = operators.FindReverse(u.function)
	for i, arg := range c.Args() {
		name, ok := attribute(arg)
		if !ok || in && i == 1 {
			continue
		}
		u.attribute = name
		other := c.Args()[1-i]
		u.other, _ = attribute(other)
		kind := tree.GetType(other.ID())
		if in && kind.Kind() == types.ListKind && len(kind.Parameters()) == 1 {
			kind = kind.Parameters()[0]
		}
		u.with = typeOf(kind)
		found = append(found, u)
	}
	return found
}

func typeOf(t *cel.Type) Type {
	switch t.Kind() {
	case types.StringKind:
		return Text
	case types.DoubleKind:
		return Number
	case types.IntKind, types.UintKind:
		return whole
	case types.TimestampKind:
		return Time
	case types.BoolKind:
		return truth
	default:
		return Any
	}
}

// Check says where the expression does with an attribute what its type cannot do, which is then never true, whatever item
// comes. The error is an *Error, of the first such place.
func (p *Program) Check(typeOf func(attribute string) Type) error {
	for i := range p.uses {
		u := &p.uses[i]
		is, with := typeOf(u.attribute), u.with
		if u.other != "" {
			with = typeOf(u.other)
		}
		if message := u.wrong(is, with); message != "" {
			return &Error{Line: u.line, Column: u.column, Message: message}
		}
	}
	return nil
}

func (u *use) wrong(is, with Type) string {
	switch {
	case is == Any || with == Any || is == with:
		return ""
	case u.calls:
		return fmt.Sprintf("%s is %s, and %s is for texts", u.attribute, is, u.function)
	case u.computes && is == Number && with == whole:
		return fmt.Sprintf("%s is a number with a fraction, and so must be what stands with it at %s: write 2.0, not 2",
			u.attribute, u.function)
	case u.computes || is == Number && with == whole:
		return ""
	case u.other != "":
		return fmt.Sprintf("%s is %s and %s is %s: %s never compares them", u.attribute, is, u.other, with, u.function)
	default:
		return fmt.Sprintf("%s is %s, and %s compares it with %s", u.attribute, is, u.function, with)
	}
}
