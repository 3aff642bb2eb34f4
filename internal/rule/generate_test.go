// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"workstream.dev/operator/internal/hours"
)

// generator makes rulesets and items out of a small world, so that they meet.
type generator struct{ *rand.Rand }

var (
	generated = map[string]Kind{
		"context.tier": Text, "context.locale": Text, "context.basket": Number, "context.score": Number,
		"channel.locale": Any, "record.amount": Any, "customer.name": Any, "item.createdAt": Time,
	}
	generatedNames = []string{
		"context.tier", "context.locale", "context.basket", "context.score", "channel.locale", "record.amount", "customer.name",
		"item.createdAt",
	}
	words = []string{
		"", "gold", "Gold", "GOLD", "golden", "go", "g", "silver", "straße", "STRAẞE", "STRASSE", "fr", "FR-ca", "de-DE", "K", "k", "K",
		"ſ", "s", "İ", "i", "é", "e\u0301", "日本", "日本語", "7", "7.0", "-0", "0", "1e3", "1000", "a b", "\ufffd", "ǅ", "true",
	}
	figures  = []string{"0", "-0", "1", "1.0", "2.5", "7", "10", "100", "1000", "1e3", "-5", "1e308"}
	patterns = []string{"^go", "ol", "(?i)k$", "strass|straße", "x*", "(gold|silver)en?", "日.語", "[a-c]d", "f(r)+", ".", "7", "\\ufffd"[1:]}
	days     = []string{"09:00", "17:00", "22:00", "06:00", "02:30", "23:59"}
	moments  = []string{"2026-03-29", "2026-10-25", "2026-10-25T02:30", "2026-03-29T02:30:00", "2026-06-01T12:00:00Z", "12:00", "2026-01-01T00:00:00+05:00"}
	zones    = []string{"", "Europe/Berlin", "America/New_York", "Pacific/Apia"}
	formulas = []string{
		`has(context.tier) && context.tier == "gold"`, `context.basket > 5`, `channel.locale.startsWith("f")`, `true`, `false`,
		`item.createdAt.getHours("Europe/Berlin") < 12`, `context.exists(k, k == "score")`, `record.amount == 7.0 || context.tier == "k"`,
		`context.size() > 2`,
	}
)

func (g generator) pick(list []string) string { return list[g.IntN(len(list))] }

func (g generator) some(list []string) []string {
	out := make([]string, 1+g.IntN(3))
	if g.IntN(20) == 0 {
		out = make([]string, 12)
	}
	for i := range out {
		out[i] = g.pick(list)
	}
	return out
}

func (g generator) env() Env {
	office, err := hours.Compile(&hours.Definition{Zone: "Europe/Berlin", Weekly: []hours.Interval{
		{Day: time.Monday, From: 540, To: 1020}, {Day: time.Saturday, From: 1320, To: 1800},
	}})
	if err != nil {
		panic(err)
	}
	return Env{
		Kind: func(name string) (Kind, bool) {
			k, ok := generated[name]
			return k, ok || strings.HasPrefix(name, "item.skills.")
		},
		Calendar: func(string) *hours.Calendar { return office },
	}
}

func (g generator) leaf() Condition {
	c := Condition{Attribute: g.pick(generatedNames), CaseSensitive: g.IntN(4) == 0}
	var ops []Operator
	switch generated[c.Attribute] {
	case Text:
		ops = []Operator{Equal, NotEqual, In, NotIn, Contains, NotContains, StartsWith, NotStartsWith, EndsWith, NotEndsWith, Matches}
	case Number:
		ops = []Operator{Equal, NotEqual, In, NotIn, GreaterThan, GreaterOrEqual, LessThan, LessOrEqual, Between, NotBetween}
	case Time:
		return g.time(c)
	case Any:
		ops = []Operator{Equal, NotIn, In, GreaterThan, LessOrEqual, Between, Contains, StartsWith, NotEndsWith}
	}
	c.Operator = append(ops, Exists, NotExists, Equal, In)[g.IntN(len(ops)+4)]
	switch {
	case c.Operator == Exists || c.Operator == NotExists:
	case c.Operator == Matches:
		c.Values = g.some(patterns)
	case operators[c.Operator].family == famOrder:
		c.Values = []string{g.pick(figures)}
	case operators[c.Operator].family == famRange:
		c.Values = []string{g.pick(figures), g.pick(figures)}
		a, _ := ParseNumber(c.Values[0])
		if b, _ := ParseNumber(c.Values[1]); a > b {
			slices.Reverse(c.Values)
		}
	case operators[c.Operator].family == famText:
		c.Values = g.some(words[1:])
	case generated[c.Attribute] == Number:
		c.Values = g.some(figures)
	default:
		c.Values = g.some(words)
	}
	return c
}

func (g generator) time(c Condition) Condition {
	c.CaseSensitive = false
	switch g.IntN(5) {
	case 0:
		c.Operator, c.Hours = []Operator{Within, NotWithin}[g.IntN(2)], "office"
	case 1:
		i := g.IntN(len(days) - 1)
		c.Operator, c.Values, c.TimeZone = []Operator{Within, NotWithin}[g.IntN(2)], []string{days[i], days[i+1]}, g.pick(zones)
	case 2:
		c.Operator = []Operator{Exists, NotExists}[g.IntN(2)]
	default:
		c.Operator, c.Values = []Operator{Before, After}[g.IntN(2)], []string{g.pick(moments)}
		if !strings.ContainsAny(c.Values[0], "Z+") {
			c.TimeZone = g.pick(zones)
		}
	}
	return c
}

func (g generator) condition(depth int) Condition {
	if depth == 0 || g.IntN(3) == 0 {
		return g.leaf()
	}
	switch g.IntN(5) {
	case 0:
		inner := g.condition(depth - 1)
		return Condition{Not: &inner}
	case 1, 2:
		return Condition{Any: g.list(depth)}
	default:
		return Condition{All: g.list(depth)}
	}
}

func (g generator) list(depth int) []Condition {
	list := make([]Condition, 1+g.IntN(4))
	for i := range list {
		list[i] = g.condition(depth - 1)
	}
	return list
}

// definitions are n rules. Few of them match everything, or the first would always be the answer.
func (g generator) definitions(n int) []Definition {
	defs := make([]Definition, n)
	for i := range defs {
		if g.IntN(60) == 0 {
			continue
		}
		if c := g.condition(3); g.IntN(15) > 0 {
			defs[i].When = &c
		}
		if defs[i].When == nil || g.IntN(20) == 0 {
			defs[i].Expression = g.pick(formulas)
		}
	}
	return defs
}

func (g generator) attributes() Attributes {
	attrs := Attributes{}
	for _, name := range generatedNames {
		if g.IntN(4) == 0 {
			continue
		}
		number, _ := ParseNumber(g.pick(figures))
		text := TextValue(g.pick(words) + []string{"", "", "", "x", "gold", "é"}[g.IntN(6)])
		moment := TimeValue(time.UnixMilli(1767225600000 + g.Int64N(400*24*3600*1000)))
		switch {
		case g.IntN(12) == 0: // of a kind that nobody declared
			attrs[name] = []Value{text, NumberValue(number), moment, {}, TextValue("\xff\xe2\x82" + g.pick(words))}[g.IntN(5)]
		case generated[name] == Time:
			attrs[name] = moment
		case generated[name] == Number || generated[name] == Any && g.IntN(2) == 0:
			attrs[name] = NumberValue(number)
		default:
			attrs[name] = text
		}
	}
	return attrs
}

// naive is what Next must answer.
func naive(s *Set, from int, attrs Attributes) int {
	for i := from; i < s.Len(); i++ {
		if s.Matches(i, attrs) {
			return i
		}
	}
	return -1
}

// agrees compares Next with naive for all that an overflow could ask: each rule that matches, from behind the one before.
func agrees(s *Set, attrs Attributes) error {
	for from := 0; ; {
		want := naive(s, from, attrs)
		if got := s.Next(from, attrs); got != want {
			return fmt.Errorf("Next(%d) is %d, and the rules in order say %d", from, got, want)
		}
		if want < 0 {
			return nil
		}
		from = want + 1
	}
}
