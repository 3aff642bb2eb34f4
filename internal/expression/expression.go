// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
)

// Limits of an expression.
const (
	// MaxCost is what an expression may cost at most, in the units of CEL (one is about a comparison of two short values): by
	// estimate with the largest item that can come, and again while it runs.
	MaxCost = 250_000
	// Items have maxNames attributes at most, and texts of maxText characters.
	maxNames = 512
	maxText  = 4000
)

// Roots are the variables of an expression: each is a map from names to texts and numbers. item.createdAt is a timestamp,
// and item.skills a map from skills to ratings.
var Roots = []string{"context", "channel", "customer", "record", "item"}

// Error is what is wrong with an expression, and where.
type Error struct {
	// Line and Column count from 1; they are 0 when the expression is wrong as a whole.
	Line, Column int
	Message      string
}

// Error returns place and message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Program is an expression ready to be evaluated. It is read-only and may be used by several goroutines.
type Program struct {
	program    cel.Program
	attributes []string
	uses       []use
}

// environment is made when the first expression is compiled: most distributors have none.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	options := make([]cel.EnvOption, 0, 1+len(Roots))
	options = append(options, cel.CrossTypeNumericComparisons(true))
	for _, root := range Roots {
		options = append(options, cel.Variable(root, cel.MapType(cel.StringType, cel.DynType)))
	}
	return cel.NewEnv(options...)
})

// Compile checks an expression and makes it ready. The error is an *Error.
func Compile(source string) (*Program, error) {
	env, err := environment()
	if err != nil {
		return nil, &Error{Message: err.Error()}
	}
	checked, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil, firstIssue(issues)
	}
	if kind := checked.OutputType(); !kind.IsExactType(cel.BoolType) {
		return nil, &Error{Message: fmt.Sprintf("it must be true or false, and this is %s: compare it with something", typeName(kind))}
	}
	names, uses, err := walk(checked)
	if err != nil {
		return nil, err
	}
	cost, err := env.EstimateCost(checked, sizes{})
	if err != nil {
		return nil, &Error{Message: err.Error()}
	}
	if cost.Max > MaxCost {
		return nil, &Error{Message: fmt.Sprintf("it may cost %d for a large item, and %d is the limit: "+
			"go through fewer maps or shorter texts", cost.Max, MaxCost)}
	}
	program, err := env.Program(checked, cel.CostLimit(MaxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, &Error{Message: strings.TrimPrefix(err.Error(), "program instantiation failed: ")}
	}
	return &Program{program, names, uses}, nil
}

// firstIssue returns the first of what the checker has to say, in the order of the text.
func firstIssue(issues *cel.Issues) error {
	list := issues.Errors()
	if len(list) == 0 {
		return &Error{Message: issues.Err().Error()}
	}
	first := list[0]
	for _, e := range list[1:] {
		if e.Location.Line() < first.Location.Line() ||
			(e.Location.Line() == first.Location.Line() && e.Location.Column() < first.Location.Column()) {
			first = e
		}
	}
	message := strings.ReplaceAll(first.Message, " (in container '')", "")
	if name, ok := strings.CutPrefix(message, "undeclared reference to "); ok {
		message = fmt.Sprintf("%s is not known: the variables are %s, the functions those of CEL", name, strings.Join(Roots, ", "))
	}
	return &Error{Line: first.Location.Line(), Column: first.Location.Column() + 1, Message: message}
}

func typeName(t *cel.Type) string {
	if t.IsExactType(cel.DynType) {
		return "a value of any type"
	}
	return "of type " + t.String()
}

// sizes are the largest that can come.
type sizes struct{}

// EstimateSize is how many entries a map has, or characters a text.
func (sizes) EstimateSize(node checker.AstNode) *checker.SizeEstimate {
	if kind := node.Type().Kind(); kind == types.MapKind || kind == types.ListKind {
		return &checker.SizeEstimate{Max: maxNames}
	}
	return &checker.SizeEstimate{Max: maxText}
}

// EstimateCallCost leaves calls to CEL.
func (sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

// Attributes returns the full names of the attributes that the expression asks for by name, sorted.
func (p *Program) Attributes() []string { return p.attributes }

// Holds reports whether the expression is true for these values.
func (p *Program) Holds(values Values) bool {
	out, _, err := p.program.Eval(activation{values})
	return err == nil && out == types.True
}

// errNotLiteral has a zone computed, which no check can see.
var errNotLiteral = errors.New("the time zone must be a text in quotes, such as \"Europe/Berlin\"")

// add puts a name into a sorted list once.
func add(list []string, name string) []string {
	if i, found := slices.BinarySearch(list, name); !found {
		return slices.Insert(list, i, name)
	}
	return list
}
