// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// TestNextIsTheFirstInOrder: on random rulesets and items the index answers what trying rule after rule does. What a known
// seed makes must be varied enough to prove something; a fresh one may have little luck.
func TestNextIsTheFirstInOrder(t *testing.T) {
	const known = 2
	for _, seed := range []uint64{known, uint64(time.Now().UnixNano())} {
		t.Logf("seed %d", seed)
		rounds, deep := 30, 0
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		for range rounds {
			deep += agreesOnMany(t, g)
		}
		if seed == known && deep < rounds {
			t.Errorf("only %d answers were far down", deep)
		}
	}
}

// agreesOnMany tries a ruleset with 60 items, and counts for how many the first match is beyond what is tried without an index.
func agreesOnMany(t *testing.T, g generator) (deep int) {
	t.Helper()
	defs := g.definitions(1 + g.IntN(200))
	s, err := CompileSet(defs, g.env())
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		attrs := g.attributes()
		i := naive(s, 0, attrs)
		if err := agrees(s, attrs); err != nil {
			body, _ := json.Marshal(defs[max(i, 0)])
			t.Logf("the first that matches is %d: %s", i, body)
			t.Fatalf("%v\nitem %v", err, attrs)
		}
		if i > fewRules {
			deep++
		}
	}
	return deep
}

// FuzzNext makes ruleset and item out of the input.
func FuzzNext(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, seed, uint16(40))
	}
	f.Fuzz(func(t *testing.T, rules, item uint64, n uint16) {
		g := generator{rand.New(rand.NewPCG(rules, 2))}
		s, err := CompileSet(g.definitions(1+int(n%300)), g.env())
		if err != nil {
			t.Fatal(err)
		}
		g = generator{rand.New(rand.NewPCG(item, 3))}
		for range 20 {
			if err := agrees(s, g.attributes()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzText: whatever the bytes of patterns and texts.
func FuzzText(f *testing.F) {
	f.Add("gold", "Old", "golden", "x")
	f.Add("\xff", "é", "\xc3\xa9\xff", "K")
	f.Fuzz(func(t *testing.T, a, b, text, other string) {
		var defs []Definition
		for _, op := range []Operator{Equal, StartsWith, EndsWith, Contains, NotContains, NotEqual} {
			for _, exact := range []bool{true, false} {
				values := []string{a, b}
				if a == "" || b == "" {
					values = []string{a + b + "x"}
				}
				c := Condition{Attribute: "t", Operator: op, Values: values, CaseSensitive: exact}
				d := Condition{Attribute: "a", Operator: op, Values: values, CaseSensitive: !exact}
				defs = append(defs, Definition{When: &c}, Definition{When: &Condition{All: []Condition{c, d}}})
			}
		}
		s, err := CompileSet(defs, Env{Kind: declared})
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range [][2]string{{text, other}, {a + text, text + b}, {text + a + other, b}, {a, other + b + text}} {
			attrs := Attributes{"t": TextValue(pair[0]), "a": TextValue(pair[1])}
			for i := range defs {
				if err := agrees(s, attrs); err != nil {
					t.Fatalf("%d: %v", i, err)
				}
			}
		}
	})
}

func TestCompileSetSaysWhichRule(t *testing.T) {
	good := Definition{When: &Condition{Attribute: "t", Operator: Exists}, Expression: "true"}
	tests := map[string]struct {
		bad  Definition
		want string
	}{
		"when":                     {Definition{When: &Condition{Attribute: "t"}, Expression: "("}, "rules[1].when: operator: is required with attribute"},
		"expression":               {Definition{Expression: "1"}, "rules[1].expression: it must be true or false, and this is of type int: compare it with something"},
		"expression beside a when": {Definition{When: good.When, Expression: "context.x == 1"}, `rules[1].expression: no attribute "context.x" is declared`},
	}
	for name, tc := range tests {
		_, err := CompileSet([]Definition{good, tc.bad}, Env{Kind: declared})
		var of *SetError
		if !errors.As(err, &of) || of.Rule != 1 || err.Error() != tc.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A set of no rules is asked as well: classification rulesets of a plan may be empty.
func TestNextWithoutRules(t *testing.T) {
	s, err := CompileSet(nil, Env{Kind: declared})
	if err != nil || s.Next(0, nil) != -1 || s.Len() != 0 {
		t.Errorf("an empty set: %v", err)
	}
}

// TestNextFrom: beyond both ends.
func TestNextFrom(t *testing.T) {
	defs := make([]Definition, 20)
	s, err := CompileSet(defs, Env{Kind: declared})
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[int]int{-1: 0, 0: 0, 7: 7, 19: 19, 20: -1, 100: -1} {
		if got := s.Next(from, nil); got != want {
			t.Errorf("Next(%d) is %d, want %d", from, got, want)
		}
	}
}
