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

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Found is what is to be said of the values of a message.
type Found struct {
	// Taken is how many became attributes, the undeclared ones included.
	Taken int
	// Undeclared are the full names of context values that no variable declares. They are kept as texts, for agents to
	// see: rules cannot ask for them.
	Undeclared []string
	// LeftOut are the values that cannot be used. A wrong value costs the customer a better routing, never the
	// conversation.
	LeftOut []event.LeftOut
}

// attributes are the values of the message under their full names, in so far as they can be used, beside those of the
// customer. Those that are declared come first: others must not take their place.
func (in *Inbound) attributes(ws *plan.Workstream) (rule.Attributes, Found) {
	attrs, found := in.customer, Found{}
	var declared, undeclared []string
	for _, name := range slices.Sorted(maps.Keys(in.content.Context)) {
		if ws.Variable(name) != nil {
			declared = append(declared, name)
		} else {
			undeclared = append(undeclared, name)
		}
	}
	room := MaxValues
	for _, name := range declared {
		found.take(attrs, "context.", name, given{in.content.Context[name], ws.Variable(name).Kind}, &room)
	}
	for _, name := range undeclared {
		if found.take(attrs, "context.", name, given{in.content.Context[name], rule.Text}, &room) {
			found.Undeclared = append(found.Undeclared, "context."+name)
		}
	}
	room = MaxValues
	for _, name := range slices.Sorted(maps.Keys(in.content.Channel)) {
		found.take(attrs, "channel.", name, given{in.content.Channel[name], rule.Any}, &room)
	}
	return attrs, found
}

// given is a value as it was sent, and the kind that it is to have.
type given struct {
	raw  json.RawMessage
	kind rule.Kind
}

// take makes a value an attribute if it can be one, and reports whether it did.
func (f *Found) take(attrs rule.Attributes, root, name string, value given, room *int) bool {
	v, ok := convert(value.kind, value.raw)
	reason := event.LeftOutReason("")
	switch {
	case !ingress.ValidName(name):
		reason = event.InvalidName
	case !ok:
		reason = event.WrongType
	case utf8.RuneCountInString(v.String()) > MaxValue:
		reason = event.TooLong
	case !v.Present():
		return false
	case *room == 0:
		reason = event.TooMany
	}
	if reason != "" {
		f.LeftOut = append(f.LeftOut, ingress.LeaveOut(root, name, reason))
		return false
	}
	attrs[root+name] = v
	*room--
	f.Taken++
	return true
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
		if kind != rule.Number {
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
