// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Place is where something stands in a file. Lines and columns count from 1; 0 is not known.
type Place struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String is file:line.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

// Problem is why a file or an object in it cannot be taken.
type Problem struct {
	Place
	// Kind, Namespace and Name are of the object; empty as far as nothing says them.
	Kind      string `json:"kind,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	// Field is the path of the field, with the names of list items: spec.rules[3](vip).when. It is empty for a whole file.
	Field string `json:"field,omitempty"`
	// Message says what is wrong, with the value, and what would be right.
	Message string `json:"message"`
}

// Object is the kind and name of the object that the problem is of, or "".
func (p Problem) Object() string { return strings.TrimSpace(p.Kind + " " + p.Name) }

// Error is the problem in one line: place, object, field and message, as far as they are known.
func (p Problem) Error() string {
	parts := make([]string, 0, 4)
	for _, part := range []string{p.String(), p.Object(), p.Field, p.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// sortProblems brings problems into the order in which they stand, each once.
func sortProblems(list []Problem) []Problem {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Object(), b.Object()),
			strings.Compare(a.Field, b.Field), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(list)
}
