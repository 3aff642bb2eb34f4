// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Two runes have one fold if and only if Unicode folds one into the other.
func TestFoldOfEveryRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r == 0xD800 {
			r = 0xE000 // what is between is no text
		}
		if next := unicode.SimpleFold(r); fold(r) != fold(next) {
			t.Fatalf("%q and %q fold to %q and %q", r, next, fold(r), fold(next))
		}
		if f := fold(r); !strings.EqualFold(string(f), string(r)) {
			t.Fatalf("%q folds to %q", r, f)
		}
	}
}

// All operators agree on what is the same without case.
func TestCaseOfOperators(t *testing.T) {
	tests := map[string]struct {
		a, b string
		same bool
	}{
		"kelvin":               {"300 K", "300 k", true},
		"long s":               {"ſuper", "SUPER", true},
		"sharp s":              {"Straße", "STRAẞE", true},
		"sharp s is not ss":    {"Straße", "STRASSE", false},
		"greek final sigma":    {"ΟΔΟΣ", "οδος", true},
		"dotted capital i":     {"İ", "i", false},
		"dotless small i":      {"ı", "I", false},
		"titlecase digraph":    {"ǅ", "ǆ", true},
		"cyrillic":             {"МОСКВА", "москва", true},
		"cherokee":             {"Ꭰ", "ꭰ", true},
		"combining is not one": {"é", "e\u0301", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for _, pair := range [][2]string{{tc.a, tc.b}, {tc.b, tc.a}} {
				attrs := Attributes{"t": TextValue(pair[0])}
				for _, op := range []Operator{Equal, In, Contains, StartsWith, EndsWith} {
					m := mustCompile(t, &Condition{Attribute: "t", Operator: op, Values: []string{pair[1]}})
					if got := m.Match(attrs); got != tc.same {
						t.Errorf("%q %s %q: %t", pair[0], op, pair[1], got)
					}
				}
			}
			if got := Fold(tc.a) == Fold(tc.b); got != tc.same {
				t.Errorf("the folds %q and %q", Fold(tc.a), Fold(tc.b))
			}
		})
	}
}

// FuzzFold: whatever the bytes, folding agrees with Go's own comparison.
func FuzzFold(f *testing.F) {
	f.Add("Straße", "STRAẞE")
	f.Add("\xff", "\ufffd")
	f.Fuzz(func(t *testing.T, a, b string) {
		if got, want := Fold(a) == Fold(b), strings.EqualFold(a, b); got != want {
			t.Errorf("%q and %q: %t, and EqualFold says %t", a, b, got, want)
		}
		want := Fold(b)
		if hasPrefix(a, want, true) != strings.HasPrefix(Fold(a), want) {
			t.Errorf("%q begins with %q", a, b)
		}
		if utf8.ValidString(a) && utf8.ValidString(b) {
			if hasSuffix(a, want, true) != strings.HasSuffix(Fold(a), want) {
				t.Errorf("%q ends with %q", a, b)
			}
		}
		if b != "" && contains(a, want, true) != strings.Contains(Fold(a), want) {
			t.Errorf("%q contains %q", a, b)
		}
	})
}
