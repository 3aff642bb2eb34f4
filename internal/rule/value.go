// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Kind is the type of an attribute's value.
type Kind uint8

// The kinds of a value. Any is only ever a declaration: what a source sends without a declared type (a record's
// columns) may be either, and is compared as the operator asks.
const (
	Any Kind = iota
	Text
	Number
	Time
)

// String returns the kind's name as users write it.
func (k Kind) String() string {
	switch k {
	case Text:
		return "Text"
	case Number:
		return "Number"
	case Time:
		return "Time"
	case Any:
		return "Any"
	default:
		return "Kind(" + strconv.Itoa(int(k)) + ")"
	}
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) {
	if k > Time {
		return nil, fmt.Errorf("%s is not a kind of value", k)
	}
	return []byte(k.String()), nil
}

// UnmarshalText reads the kind's name.
func (k *Kind) UnmarshalText(text []byte) error {
	for _, known := range []Kind{Any, Text, Number, Time} {
		if known.String() == string(text) {
			*k = known
			return nil
		}
	}
	return fmt.Errorf("%q is not a kind of value: Text, Number, Time or Any", text)
}

// Value is one attribute's value: a text, a finite number or a moment. The zero Value is absent. Equal values are ==.
type Value struct {
	kind   Kind
	text   string
	number float64 // of a Time: milliseconds since 1970 began, a whole number
}

// TextValue returns s as a value.
func TextValue(s string) Value { return Value{kind: Text, text: s} }

// NumberValue returns f as a value. It is absent when f is not finite, because nothing compares with it.
func NumberValue(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return Value{kind: Number, number: f}
}

// TimeValue returns the moment t as a value, to the millisecond.
func TimeValue(t time.Time) Value { return Value{kind: Time, number: float64(t.UnixMilli())} }

// ParseNumber reads a number in the grammar of JSON, which people and machines agree on: no hexadecimals, underscores,
// spaces or infinities.
func ParseNumber(s string) (float64, bool) {
	if !json.Valid([]byte(s)) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// Kind returns Text, Number or Time, or Any when the value is absent.
func (v Value) Kind() Kind { return v.kind }

// Present reports whether there is a value at all.
func (v Value) Present() bool { return v.kind != Any }

// Number returns the number and whether the value is one; a text is never read as a number.
func (v Value) Number() (float64, bool) { return v.number, v.kind == Number }

// Time returns the moment in UTC and whether the value is one; a text is never read as a time.
func (v Value) Time() (time.Time, bool) {
	if v.kind != Time {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(v.number)).UTC(), true
}

// String returns the value as a user would write it; numbers have no exponent below 1e21, times are RFC 3339 in UTC.
func (v Value) String() string {
	switch v.kind {
	case Number:
		return strconv.FormatFloat(v.number, 'f', -1, 64)
	case Time:
		return time.UnixMilli(int64(v.number)).UTC().Format(time.RFC3339Nano)
	case Text, Any:
	}
	return v.text
}

// MarshalJSON writes a JSON string or number, and null for an absent value. A time is a string in RFC 3339, and comes back
// as a text: JSON does not tell them apart.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case Text, Time:
		return json.Marshal(v.String())
	case Number:
		return json.Marshal(v.number)
	case Any:
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads a JSON string or number; a boolean becomes the text true or false, null is absent.
func (v *Value) UnmarshalJSON(data []byte) error {
	var raw any
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	switch x := raw.(type) {
	case nil:
		*v = Value{}
	case string:
		*v = TextValue(x)
	case float64:
		*v = NumberValue(x)
	case bool:
		*v = TextValue(strconv.FormatBool(x))
	default:
		return fmt.Errorf("a value is a text, a number or a boolean, not %s", describe(raw))
	}
	return nil
}

func describe(raw any) string {
	if _, ok := raw.([]any); ok {
		return "a list"
	}
	return "an object"
}

// Attributes are the values that rules can ask for, by their full name such as context.tier.
type Attributes map[string]Value
