// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

// item is the attributes of one.
type item map[string]any

func (i item) Value(name string) any { return i[name] }

func (i item) Names(prefix string) []string {
	var list []string
	for name := range i {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			list = append(list, rest)
		}
	}
	return list
}

var one = item{
	"context.tier": "gold", "context.basket": 500.0, "channel.locale": "fr-CA", "customer.id": "c1",
	"record.due date": "soon", "item.priority": 100.0, "item.skills.french": 5.0, "item.skills.billing": 0.0,
	"item.createdAt": time.Date(2026, 7, 10, 22, 30, 0, 0, time.UTC),
}

func TestHolds(t *testing.T) {
	tests := map[string]bool{
		`true`:                                                        true,
		`context.tier == "gold"`:                                      true,
		`context.tier == "Gold"`:                                      false, // CEL knows case
		`context["tier"] != "silver"`:                                 true,
		`context.basket == 500`:                                       true, // an int and a double
		`context.basket > 499.5`:                                      true,
		`context.basket * 2.0 >= 1000.0`:                              true,
		`record["due date"] == "soon"`:                                true,
		`context.absent == "x"`:                                       false,
		`context.absent != "x"`:                                       false,
		`!(context.absent == "x")`:                                    false, // an error is not turned around
		`has(context.absent)`:                                         false,
		`!has(context.absent)`:                                        true,
		`has(context.tier) && context.tier.startsWith("g")`:           true,
		`has(context.absent) || context.tier == "gold"`:               true,
		`context.tier > 5`:                                            false,
		`item.skills.french >= 3`:                                     true,
		`has(item.skills.billing) && !has(item.skills.dutch)`:         true,
		`item.skills.exists(s, item.skills[s] > 4)`:                   true,
		`item.skills.size() == 2`:                                     true,
		`size(item) == 3`:                                             true,
		`item.createdAt.getHours("Europe/Berlin") == 0`:               true,
		`item.createdAt.getHours() == 22`:                             true,
		`item.createdAt < timestamp("2026-07-11T00:00:00Z")`:          true,
		`channel.locale.matches("^fr")`:                               true,
		`"tier" in context`:                                           true,
		`context.map(k, k) == ["basket", "tier"]`:                     true, // in one order
		`item.map(k, k) == ["createdAt", "priority", "skills"]`:       true,
		`context == context`:                                          true,
		`context == {"tier": "gold", "basket": 500.0}`:                true,
		`context == {"tier": "gold"}`:                                 false,
		`type(context) == map`:                                        true,
		`context.tier in ["gold", "platinum"] && item.priority < 101`: true,
	}
	for source, want := range tests {
		p, err := Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got := p.Holds(one); got != want {
			t.Errorf("%s is %t", source, got)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	tests := map[string]string{
		`context.tier ==`:                "line 1, column 16: Syntax error: mismatched input '<EOF>'",
		"true &&\n  tier == 'gold'":      "line 2, column 3: 'tier' is not known: the variables are context, channel, customer, record, item",
		`context.tier`:                   "it must be true or false, and this is a value of any type: compare it with something",
		`1 + 1`:                          "it must be true or false, and this is of type int: compare it with something",
		`"a" == 1`:                       "line 1, column 5: found no matching overload for '_==_' applied to '(string, int)'",
		`context.tier.lower() == "gold"`: "line 1, column 19: 'lower' is not known: the variables are context, channel, customer, record, item, the functions those of CEL",
		`context.tier.matches("a(b")`:    "error parsing regexp: missing closing )",
		`item.createdAt.getHours("Europe/Atlantis") == 1`:   `line 1, column 25: "Europe/Atlantis" is no time zone such as Europe/Berlin`,
		`item.createdAt.getHours("Local") == 1`:             `line 1, column 25: "Local" is no time zone such as Europe/Berlin`,
		`item.createdAt.getHours(context.zone) == 1`:        "line 1, column 32: the time zone must be a text in quotes",
		`context.all(a, context.all(b, context[a] != "x"))`: "for a large item, and 250000 is the limit",
	}
	for source, want := range tests {
		_, err := Compile(source)
		if err == nil {
			t.Errorf("%s is accepted", source)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s\nwant %s", source, err, want)
		}
	}
}

// Where the type of an attribute is known, what it can never do is refused.
func TestCheck(t *testing.T) {
	declared := map[string]Type{
		"context.tier": Text, "context.level": Text, "context.basket": Number, "item.priority": Number, "item.createdAt": Time,
		"item.skills.french": Number,
	}
	for source, want := range map[string]string{
		`context.tier > 5`:                                    "line 1, column 14: context.tier is a text, and > compares it with a number",
		`5.5 <= context["tier"]`:                              "line 1, column 5: context.tier is a text, and <= compares it with a number",
		`context.tier == true`:                                "line 1, column 14: context.tier is a text, and == compares it with true or false",
		`context.basket != "5"`:                               "line 1, column 16: context.basket is a number, and != compares it with a text",
		`has(context.tier) && context.tier in [1, 2]`:         "line 1, column 35: context.tier is a text, and in compares it with a number",
		`context.basket.startsWith("5")`:                      "line 1, column 26: context.basket is a number, and startsWith is for texts",
		`context.tier == context.basket`:                      "line 1, column 14: context.tier is a text and context.basket is a number: == never compares them",
		`item.createdAt > "2026-12-24"`:                       "line 1, column 16: item.createdAt is a time, and > compares it with a text",
		`context.basket * 2 > 10`:                             "line 1, column 16: context.basket is a number with a fraction, and so must be what stands with it at *: write 2.0, not 2",
		`item.skills.french == "high"`:                        "line 1, column 20: item.skills.french is a number, and == compares it with a text",
		`context.tier > "a" && context.level == context.tier`: "",
		`context.basket == 500 || context.basket in [1, 2]`:   "",
		`context.basket * 2.0 > 10 && item.priority < 100`:    "",
		`context.other > 5 && context.other == "a"`:           "",
		`item.createdAt < timestamp("2026-07-11T00:00:00Z")`:  "",
		`item.createdAt.getHours() > 5 && "tier" in context`:  "",
		`context.tier.startsWith("a") && "a" + context.tier == "aa" && dyn(context.tier) == 5`: "",
		`item.createdAt + duration("5m") < timestamp("2026-07-11T00:00:00Z")`:                  "",
		`context.tier in ["a", 5]`:           "",
		`context.exists(k, context[k] == 5)`: "",
	} {
		p, err := Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		got := ""
		if err := p.Check(func(name string) Type { return declared[name] }); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q\nwant %q", source, got, want)
		}
	}
}

func TestAttributes(t *testing.T) {
	p, err := Compile(`context.tier == "a" && record["due date"] == "x" && item.skills.french > 1 && item.skills["a b"] > 1 &&
		item.skills.size() > 1 && customer.id.startsWith("x") && context.exists(k, context[k] == channel.locale) && context.tier != "b"`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"channel.locale", "context.tier", "customer.id", "item.skills.a b", "item.skills.french", "record.due date"}
	if got := p.Attributes(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
