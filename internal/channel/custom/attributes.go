// SPDX-License-Identifier: Apache-2.0

package custom

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// DropReason is why a value was left out of a message that was taken in.
type DropReason string

// The reasons to leave a value out. They are labels of a metric: a closed list.
const (
	DropUndeclared DropReason = "Undeclared"
	DropWrongType  DropReason = "WrongType"
	DropTooLong    DropReason = "TooLong"
	DropTooMany    DropReason = "TooMany"
)

// DropReasons are all of them.
var DropReasons = []DropReason{DropUndeclared, DropWrongType, DropTooLong, DropTooMany}

// Dropped is a value that was left out. A wrong value costs the customer a better routing, never the conversation.
type Dropped struct {
	// Name is the full name, such as context.tier.
	Name   string
	Reason DropReason
}

// attributes are the values of the message under their full names, in so far as they can be used.
func (in *Inbound) attributes(ws *plan.Workstream) (rule.Attributes, []Dropped) {
	attrs, dropped := maps.Clone(in.customer), []Dropped(nil)
	for _, part := range []struct {
		root   string
		values map[string]json.RawMessage
		kind   func(name string) (rule.Kind, bool)
	}{
		{"context.", in.content.Context, func(name string) (rule.Kind, bool) {
			if v := ws.Variable(name); v != nil {
				return v.Kind, true
			}
			return rule.Any, false
		}},
		{"channel.", in.content.Channel, func(string) (rule.Kind, bool) { return rule.Any, true }},
	} {
		taken := 0
		for _, name := range slices.Sorted(maps.Keys(part.values)) {
			drop := func(r DropReason) { dropped = append(dropped, Dropped{Name: part.root + name, Reason: r}) }
			kind, declared := part.kind(name)
			v, ok := convert(kind, part.values[name])
			switch {
			case !declared:
				drop(DropUndeclared)
			case !ok:
				drop(DropWrongType)
			case utf8.RuneCountInString(name) > MaxValue || utf8.RuneCountInString(v.String()) > MaxValue:
				drop(DropTooLong)
			case taken == MaxValues:
				drop(DropTooMany)
			case v.Present():
				attrs[part.root+name] = v
				taken++
			}
		}
	}
	return attrs, dropped
}

// convert reads a JSON value as the declared kind. Forms send everything as text, so a text that is a number counts as
// one; a number for a Text variable is taken as it was written. Nothing else is guessed. null is no value.
func convert(kind rule.Kind, raw json.RawMessage) (rule.Value, bool) {
	var x any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&x); err != nil {
		return rule.Value{}, false
	}
	switch x := x.(type) {
	case nil:
		return rule.Value{}, true
	case string:
		if kind == rule.Number {
			return number(strings.TrimSpace(x))
		}
		return rule.TextValue(x), true
	case json.Number:
		if kind == rule.Text {
			return rule.TextValue(x.String()), true
		}
		return number(x.String())
	case bool:
		if kind == rule.Any {
			return rule.TextValue(strconv.FormatBool(x)), true
		}
	}
	return rule.Value{}, false
}

func number(s string) (rule.Value, bool) {
	f, ok := rule.ParseNumber(s)
	if !ok {
		return rule.Value{}, false
	}
	return rule.NumberValue(f), true
}

// within puts a path in front of the field of a problem.
func within(path string, err error) error {
	p := (*ingress.Problem)(nil)
	if !errors.As(err, &p) {
		return err
	}
	q := *p
	if q.Field == "" {
		q.Detail = strings.ReplaceAll(q.Detail, "the body", path)
		q.Field = path
	} else {
		q.Detail = strings.ReplaceAll(q.Detail, q.Field+" must be", path+"."+q.Field+" must be")
		q.Field = path + "." + q.Field
	}
	return &q
}
