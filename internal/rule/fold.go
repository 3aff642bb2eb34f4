// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Texts are compared without case by simple case folding, as Unicode defines it: rune by rune, in every language alike. So
// STRASSE and straße differ, as one rune never becomes two, and the K of kelvin is a k. All operators agree on it.

// fold returns the one rune that stands for r and all that differ from it by case alone.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}
	first := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		first = min(first, next)
	}
	return first
}

// Fold returns s with each rune replaced by the one that stands for all of its cases: two texts are equal without case if
// and only if their folds are. What is no UTF-8 becomes U+FFFD.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		b.WriteRune(fold(r))
	}
	return b.String()
}

// hasPrefix reports whether s begins with want, which is folded if folded is set.
func hasPrefix(s, want string, folded bool) bool {
	if !folded {
		return strings.HasPrefix(s, want)
	}
	for len(want) > 0 {
		if len(s) == 0 {
			return false
		}
		w, n := utf8.DecodeRuneInString(want)
		r, m := utf8.DecodeRuneInString(s)
		if fold(r) != w {
			return false
		}
		want, s = want[n:], s[m:]
	}
	return true
}

// hasSuffix reports whether s ends with want, which is folded if folded is set.
func hasSuffix(s, want string, folded bool) bool {
	if !folded {
		return strings.HasSuffix(s, want)
	}
	for len(want) > 0 {
		if len(s) == 0 {
			return false
		}
		w, n := utf8.DecodeLastRuneInString(want)
		r, m := utf8.DecodeLastRuneInString(s)
		if fold(r) != w {
			return false
		}
		want, s = want[:len(want)-n], s[:len(s)-m]
	}
	return true
}

// contains reports whether want is somewhere in s. It is folded if folded is set.
func contains(s, want string, folded bool) bool {
	if !folded {
		return strings.Contains(s, want)
	}
	for len(s) > 0 {
		if hasPrefix(s, want, true) {
			return true
		}
		_, n := utf8.DecodeRuneInString(s)
		s = s[n:]
	}
	return false
}
