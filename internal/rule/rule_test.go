// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// declared has one attribute of each kind: w is when.
func declared(attribute string) (Kind, bool) {
	switch attribute {
	case "t":
		return Text, true
	case "n":
		return Number, true
	case "a":
		return Any, true
	case "w":
		return Time, true
	default:
		return Any, false
	}
}

func mustCompile(t *testing.T, c *Condition) *Matcher {
	t.Helper()
	m, err := Compile(c, Env{Kind: declared})
	if err != nil {
		t.Fatalf("Compile(%+v): %v", c, err)
	}
	return m
}

func TestMatchOperators(t *testing.T) {
	text, number, absent := TextValue, NumberValue, Value{}
	noonPlus := func(d time.Duration) Value { return TimeValue(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Add(d)) }
	noon := noonPlus(0)
	tests := map[string]struct {
		attribute string
		operator  Operator
		values    []string
		exact     bool
		holds     []Value
		fails     []Value
	}{
		"Equal of a text is without case": {
			"t", Equal,
			[]string{"Gold"},
			false,
			[]Value{text("gold"), text("GOLD")},
			[]Value{text("golden"), text(""), number(1), absent},
		},
		"Equal of a text with case": {
			"t", Equal,
			[]string{"Gold"},
			true,
			[]Value{text("Gold")},
			[]Value{text("gold"), absent},
		},
		"Equal of a text that looks like a number compares texts": {
			"t", Equal,
			[]string{"1.0"},
			false,
			[]Value{text("1.0")},
			[]Value{text("1"), number(1), absent},
		},
		"Equal of a number compares numbers": {
			"n", Equal,
			[]string{"1.50"},
			false,
			[]Value{number(1.5)},
			[]Value{number(1.51), text("1.50"), absent},
		},
		"Equal of an undeclared kind compares what is there": {
			"a", Equal,
			[]string{"7", "seven"},
			false,
			[]Value{number(7), text("7"), text("Seven")},
			[]Value{number(8), text("7.0"), absent},
		},
		"NotEqual is false of an absent attribute, too": {
			"t", NotEqual,
			[]string{"gold"},
			false,
			[]Value{text("silver"), text("")},
			[]Value{text("Gold"), absent, number(3)},
		},
		"NotEqual of a number": {
			"n", NotEqual,
			[]string{"1"},
			false,
			[]Value{number(2)},
			[]Value{number(1), absent, text("2")},
		},
		"In is any of them": {
			"t", In,
			[]string{"gold", "platinum"},
			false,
			[]Value{text("gold"), text("Platinum")},
			[]Value{text("silver"), absent},
		},
		"NotIn is none of them": {
			"n", NotIn,
			[]string{"1", "2"},
			false,
			[]Value{number(3)},
			[]Value{number(1), number(2), absent},
		},
		"Contains": {
			"t", Contains,
			[]string{"URGENT", "asap"},
			false,
			[]Value{text("this is urgent"), text("ASAP!")},
			[]Value{text("later"), absent},
		},
		"Contains with case": {
			"t", Contains,
			[]string{"URGENT"},
			true,
			[]Value{text("URGENT!")},
			[]Value{text("urgent!")},
		},
		"NotContains": {
			"t", NotContains,
			[]string{"urgent", "asap"},
			false,
			[]Value{text("later"), text("")},
			[]Value{text("Urgent or not"), text("asap"), absent},
		},
		"StartsWith":    {"t", StartsWith, []string{"fr"}, false, []Value{text("FR-fr"), text("fr")}, []Value{text("de-fr"), absent}},
		"NotStartsWith": {"t", NotStartsWith, []string{"fr"}, false, []Value{text("de-FR")}, []Value{text("Fr-CH"), absent}},
		"EndsWith":      {"a", EndsWith, []string{".com"}, false, []Value{text("a@b.COM")}, []Value{text(".com.au"), number(1), absent}},
		"NotEndsWith":   {"a", NotEndsWith, []string{"7"}, false, []Value{text("8")}, []Value{text("17"), number(8), absent}},
		"Matches is RE2, anywhere and without case": {
			"t", Matches,
			[]string{`^ab+c$`, `\d{3}`},
			false,
			[]Value{text("ABBC"), text("call 112 now")},
			[]Value{text("ac"), text("12"), absent},
		},
		"Matches with case":      {"t", Matches, []string{`^ab`}, true, []Value{text("abc")}, []Value{text("Abc")}},
		"GreaterThan":            {"n", GreaterThan, []string{"500"}, false, []Value{number(500.1)}, []Value{number(500), text("501"), absent}},
		"GreaterOrEqual":         {"n", GreaterOrEqual, []string{"500"}, false, []Value{number(500)}, []Value{number(499.9), absent}},
		"LessThan":               {"n", LessThan, []string{"-1"}, false, []Value{number(-2)}, []Value{number(-1), absent}},
		"LessOrEqual":            {"a", LessOrEqual, []string{"1e3"}, false, []Value{number(1000)}, []Value{number(1001), text("1"), absent}},
		"Between has both ends":  {"n", Between, []string{"1", "3"}, false, []Value{number(1), number(2), number(3)}, []Value{number(0.9), number(3.1), absent}},
		"Between of one value":   {"n", Between, []string{"2", "2"}, false, []Value{number(2)}, []Value{number(2.5)}},
		"NotBetween":             {"a", NotBetween, []string{"1", "3"}, false, []Value{number(0), number(4)}, []Value{number(1), number(3), text("0"), absent}},
		"Exists is of any kind":  {"a", Exists, nil, false, []Value{text(""), text("x"), number(0)}, []Value{absent}},
		"NotExists asks absence": {"t", NotExists, nil, false, []Value{absent}, []Value{text(""), number(0)}},
		"Within": {
			"w", Within,
			[]string{"12:00", "13:00"},
			false,
			[]Value{noon},
			[]Value{noonPlus(time.Hour), noonPlus(-time.Millisecond), text("12:30"), number(0), absent},
		},
		"NotWithin is false of what is no time": {
			"w", NotWithin,
			[]string{"12:00", "13:00"},
			false,
			[]Value{noonPlus(time.Hour), noonPlus(-time.Millisecond)},
			[]Value{noon, text("15:30"), number(0), absent},
		},
		"Before": {
			"w", Before,
			[]string{"2026-11-21T12:00"},
			false,
			[]Value{noonPlus(-time.Millisecond)},
			[]Value{noon, number(0), absent},
		},
		"After is that moment too": {
			"w", After,
			[]string{"2026-11-21T12:00:00Z"},
			false,
			[]Value{noon, noonPlus(time.Hour)},
			[]Value{noonPlus(-time.Millisecond), number(1e15), absent},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			m := mustCompile(t, &Condition{Attribute: tc.attribute, Operator: tc.operator, Values: tc.values, CaseSensitive: tc.exact})
			for _, v := range tc.holds {
				if !m.Match(Attributes{tc.attribute: v}) {
					t.Errorf("%s %q does not hold for %q", tc.operator, tc.values, v)
				}
			}
			for _, v := range tc.fails {
				if m.Match(Attributes{tc.attribute: v}) {
					t.Errorf("%s %q holds for %q", tc.operator, tc.values, v)
				}
			}
			if got, want := m.Match(nil), tc.operator == NotExists; got != want {
				t.Errorf("without attributes it is %t", got)
			}
		})
	}
	t.Run("no operator is left out", func(t *testing.T) {
		tested := make(map[Operator]bool)
		for _, tc := range tests {
			tested[tc.operator] = true
		}
		for op := range operators {
			if !tested[op] {
				t.Errorf("%s is not tested", op)
			}
		}
	})
}

func TestMatchTrees(t *testing.T) {
	yes := Condition{Attribute: "n", Operator: Equal, Values: []string{"1"}}
	no := Condition{Attribute: "n", Operator: Equal, Values: []string{"2"}}
	attrs := Attributes{"n": NumberValue(1)}
	tests := map[string]struct {
		c    Condition
		want bool
	}{
		"all, one fails":                 {Condition{All: []Condition{yes, no}}, false},
		"all hold":                       {Condition{All: []Condition{yes, yes}}, true},
		"any, one holds":                 {Condition{Any: []Condition{no, yes}}, true},
		"any, none holds":                {Condition{Any: []Condition{no, no}}, false},
		"not of what fails":              {Condition{Not: &no}, true},
		"not of what holds":              {Condition{Not: &yes}, false},
		"not of a comparison with none":  {Condition{Not: &Condition{Attribute: "t", Operator: Equal, Values: []string{"x"}}}, true},
		"nested":                         {Condition{All: []Condition{yes, {Any: []Condition{no, {Not: &no}}}}}, true},
		"nested, the inner one decides":  {Condition{All: []Condition{yes, {Any: []Condition{no, {Not: &yes}}}}}, false},
		"an all of one is that one":      {Condition{All: []Condition{no}}, false},
		"an any of an all of one is too": {Condition{Any: []Condition{{All: []Condition{yes}}}}, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := mustCompile(t, &tc.c).Match(attrs); got != tc.want {
				t.Errorf("Match = %t, want %t", got, tc.want)
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	leaf := func(attribute string, op Operator, values ...string) Condition {
		return Condition{Attribute: attribute, Operator: op, Values: values}
	}
	deep := leaf("n", Equal, "1")
	for range MaxDepth + 1 {
		inner := deep
		deep = Condition{Not: &inner}
	}
	tests := map[string]struct {
		c    Condition
		want string
	}{
		"underscores":        {leaf("n", GreaterThan, "1_000"), `values[0]: "1_000" is no number, and GreaterThan needs one here`},
		"hexadecimal":        {leaf("n", Equal, "0x10"), `values[0]: "0x10" is no number, and Equal needs one here`},
		"nothing":            {Condition{}, "one of all, any, not and attribute must be set"},
		"two of them":        {Condition{All: []Condition{leaf("n", Exists)}, Any: []Condition{leaf("n", Exists)}}, "only one of all, any, not and attribute may be set, not all and any"},
		"not and attribute":  {Condition{Not: &Condition{}, Attribute: "n"}, "only one of all, any, not and attribute may be set, not not and attribute"},
		"values beside all":  {Condition{All: []Condition{leaf("n", Exists)}, Values: []string{"1"}}, "operator, values, caseSensitive, timeZone and operatingHoursRef go with attribute, not with all"},
		"operator beside":    {Condition{Not: &Condition{Attribute: "n", Operator: Exists}, Operator: Equal}, "operator, values, caseSensitive, timeZone and operatingHoursRef go with attribute, not with not"},
		"an empty all":       {Condition{All: []Condition{}}, "all: at least one condition is needed"},
		"an empty any":       {Condition{All: []Condition{{Any: []Condition{}}}}, "all[0].any: at least one condition is needed"},
		"the path of a leaf": {Condition{Any: []Condition{leaf("n", Exists), {Not: &Condition{Attribute: "n", Operator: "Like"}}}}, `any[1].not.operator: "Like" is no operator`},
		"no operator":        {leaf("n", ""), "operator: is required with attribute"},
		"too deep":           {deep, strings.TrimSuffix(strings.Repeat("not.", MaxDepth+1), ".") + ": conditions nest deeper than 16"},
		"unknown":            {leaf("context.x", Exists), `attribute: no attribute "context.x" is declared`},
		"no values":          {leaf("t", In), "values: In needs at least one value"},
		"values of Exists":   {leaf("t", Exists, "1"), "values: Exists takes no values"},
		"two of GreaterThan": {leaf("n", GreaterThan, "1", "2"), "values: GreaterThan takes exactly one value, not 2"},
		"three of Between":   {leaf("n", Between, "1", "2", "3"), "values: Between takes exactly two values, not 3"},
		"Between upside":     {leaf("n", Between, "3", "1"), "values: Between needs the smaller value first, not 3 and 1"},
		"Contains, number":   {leaf("n", Contains, "1"), "operator: Contains compares texts, and n is a number"},
		"Matches, number":    {leaf("n", Matches, "1"), "operator: Matches compares texts, and n is a number"},
		"LessThan, text":     {leaf("t", LessThan, "1"), "operator: LessThan compares numbers, and t is a text"},
		"no number":          {leaf("n", In, "1", "gold"), `values[1]: "gold" is no number, and In needs one here`},
		"no finite number":   {leaf("a", LessThan, "Inf"), `values[0]: "Inf" is no number, and LessThan needs one here`},
		"not a number":       {leaf("n", Equal, "NaN"), `values[0]: "NaN" is no number, and Equal needs one here`},
		"an empty part":      {leaf("t", StartsWith, "fr", ""), "values[1]: StartsWith needs a text that is not empty"},
		"no expression":      {leaf("t", Matches, "a(b"), "values[0]: \"a(b\" is no RE2 expression: missing closing ): `a(b`"},
		"no UTF-8":           {leaf("t", Matches, "a\xff"), `values[0]: "a\xff" is not valid UTF-8`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Compile(&tc.c, Env{Kind: declared})
			if err == nil {
				t.Fatal("it is accepted")
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			var known *Error
			var unknown *UnknownAttributeError
			if !errors.As(err, &known) && !errors.As(err, &unknown) {
				t.Errorf("it is of no type that callers know: %T", err)
			}
		})
	}
}

func TestValueJSON(t *testing.T) {
	tests := map[string]struct {
		in   string
		want Value
		out  string
	}{
		"text":             {`"a\u0000b"`, TextValue("a\x00b"), `"a\u0000b"`},
		"number":           {`1.50`, NumberValue(1.5), `1.5`},
		"a big number":     {`1e300`, NumberValue(1e300), `1e+300`},
		"true is a text":   {`true`, TextValue("true"), `"true"`},
		"null is absent":   {`null`, Value{}, `null`},
		"zero is present":  {`0`, NumberValue(0), `0`},
		"empty is present": {`""`, TextValue(""), `""`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var got Value
			if err := json.Unmarshal([]byte(tc.in), &got); err != nil {
				t.Fatal(err)
			}
			if got != tc.want {
				t.Errorf("%s is read as %#v, want %#v", tc.in, got, tc.want)
			}
			out, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if string(out) != tc.out {
				t.Errorf("it is written as %s, want %s", out, tc.out)
			}
		})
	}
	for in, want := range map[string]string{
		`[1]`:     "a value is a text, a number or a boolean, not a list",
		`{"a":1}`: "a value is a text, a number or a boolean, not an object",
		`1e999`:   "json: cannot unmarshal number 1e999 into Go value of type float64",
	} {
		var got Value
		if err := json.Unmarshal([]byte(in), &got); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func TestValueNeverHoldsWhatComparesWithNothing(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if v := NumberValue(f); v.Present() {
			t.Errorf("NumberValue(%v) is present", f)
		}
	}
	if _, isNumber := TextValue("12").Number(); isNumber {
		t.Error("a text is read as a number")
	}
	for v, want := range map[Value]string{
		NumberValue(1e20): "100000000000000000000", NumberValue(-0.5): "-0.5", TextValue("x"): "x", {}: "",
	} {
		if v.String() != want {
			t.Errorf("String = %q, want %q", v.String(), want)
		}
	}
}

func TestKindText(t *testing.T) {
	for _, k := range []Kind{Any, Text, Number} {
		body, err := json.Marshal(k)
		if err != nil || string(body) != `"`+k.String()+`"` {
			t.Errorf("%v is written as %s, %v", k, body, err)
		}
		got := Kind(99)
		if err := json.Unmarshal(body, &got); err != nil || got != k {
			t.Errorf("%s is read as %v, %v", body, got, err)
		}
	}
	if _, err := json.Marshal(Kind(7)); err == nil {
		t.Error("a kind that is none is written")
	}
	for _, in := range []string{`"text"`, `1`, `"Boolean"`} {
		var k Kind
		if err := json.Unmarshal([]byte(in), &k); err == nil {
			t.Errorf("%s is read as %v", in, k)
		}
	}
}

// FuzzCompile: whatever the condition, Compile returns an error or a matcher that answers, alike for each evaluation,
// and the opposite of its negation.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`{"attribute":"t","operator":"Matches","values":["^a|b$"]}`,
		`{"all":[{"attribute":"n","operator":"Between","values":["1","2"]},{"not":{"attribute":"a","operator":"Exists"}}]}`,
		`{"any":[{"attribute":"t","operator":"NotIn","values":["x",""],"caseSensitive":true}]}`,
		`{"all":[],"any":[]}`,
		`{"attribute":"n","operator":"Equal","values":["0x1p-2","1e400"]}`,
	} {
		f.Add([]byte(seed), "gold", 1.5)
	}
	f.Fuzz(func(t *testing.T, body []byte, text string, number float64) {
		var c Condition
		if json.Unmarshal(body, &c) != nil {
			return
		}
		m, err := Compile(&c, Env{Kind: declared})
		if err != nil {
			if err.Error() == "" {
				t.Error("the error says nothing")
			}
			return
		}
		negated, err := Compile(&Condition{Not: &c}, Env{Kind: declared})
		if err != nil {
			return // only for its depth
		}
		for _, attrs := range []Attributes{
			nil,
			{"t": TextValue(text), "n": NumberValue(number), "a": TextValue(text)},
			{"t": NumberValue(number), "n": TextValue(text), "a": NumberValue(number)},
		} {
			got := m.Match(attrs)
			if got != m.Match(attrs) || got == negated.Match(attrs) {
				t.Errorf("%s does not know whether it matches %v", body, attrs)
			}
		}
	})
}
