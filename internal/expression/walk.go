// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

// zoned are the functions of a timestamp that take a time zone.
var zoned = []string{
	"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds",
	"getMilliseconds",
}

// walk returns the attributes that an expression names and what it does with them, and refuses what CEL would only find
// out while it runs: time zones that do not exist.
func walk(checked *cel.Ast) (names []string, uses []use, err error) {
	tree := checked.NativeRep()
	visit := func(e ast.Expr) {
		if name, ok := attribute(e); ok {
			names = add(names, name)
		}
		uses = append(uses, usesOf(checked, e)...)
		if zone, ok := zoneOf(e); ok && err == nil {
			if message := checkZone(zone); message != nil {
				at := tree.SourceInfo().GetStartLocation(zone.ID())
				err = &Error{Line: at.Line(), Column: at.Column() + 1, Message: message.Error()}
			}
		}
	}
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(visit))
	return names, uses, err
}

// attribute is the full name of what e asks for, when it says that in the text: context.tier, context["tier"] or
// item.skills.french.
func attribute(e ast.Expr) (string, bool) {
	operand, field, ok := member(e)
	if !ok {
		return "", false
	}
	if operand.Kind() == ast.IdentKind && slices.Contains(Roots, operand.AsIdent()) {
		root := operand.AsIdent()
		return root + "." + field, root != itemRoot || field != skillsField
	}
	root, within, ok := member(operand)
	if ok && within == skillsField && root.Kind() == ast.IdentKind && root.AsIdent() == itemRoot {
		return itemRoot + "." + skillsField + "." + field, true
	}
	return "", false
}

// member takes e apart when it is operand.field or operand["field"].
func member(e ast.Expr) (operand ast.Expr, field string, ok bool) {
	switch e.Kind() {
	case ast.SelectKind:
		s := e.AsSelect()
		return s.Operand(), s.FieldName(), true
	case ast.CallKind:
		c := e.AsCall()
		if c.FunctionName() != operators.Index || len(c.Args()) != 2 || c.Args()[1].Kind() != ast.LiteralKind {
			return nil, "", false
		}
		key, ok := c.Args()[1].AsLiteral().(types.String)
		return c.Args()[0], string(key), ok
	default:
		return nil, "", false
	}
}

// zoneOf is the argument that names a time zone.
func zoneOf(e ast.Expr) (ast.Expr, bool) {
	if e.Kind() != ast.CallKind {
		return nil, false
	}
	c := e.AsCall()
	if !slices.Contains(zoned, c.FunctionName()) || !c.IsMemberFunction() || len(c.Args()) != 1 {
		return nil, false
	}
	return c.Args()[0], true
}

func checkZone(e ast.Expr) error {
	if e.Kind() != ast.LiteralKind {
		return errNotLiteral
	}
	text, ok := e.AsLiteral().(types.String)
	name := string(text)
	if !ok {
		return errNotLiteral
	}
	if strings.Contains(name, ":") { // an offset such as +01:00
		if _, err := time.Parse("15:04", strings.TrimLeft(name, "+-")); err == nil {
			return nil
		}
	} else if zone, err := time.LoadLocation(name); err == nil && zone != time.Local { // which is another one on each host
		return nil
	}
	return fmt.Errorf("%q is no time zone such as Europe/Berlin", name)
}
