// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"strings"
	"unicode"
)

// clip shortens a text to lineLength characters, in its middle: names differ at their ends as often as at their starts.
func clip(s string) string {
	r := []rune(s)
	if len(r) <= lineLength {
		return s
	}
	head := lineLength/2 - 1
	return string(r[:head]) + "…" + string(r[len(r)-(lineLength-head-1):])
}

// textWidth estimates, upwards, how wide a text is in pixels in a sans-serif font of that size. Whoever looks at a drawing
// has fonts of their own, so nothing better is known here.
func textWidth(s string, size float64, bold bool) float64 {
	w := 0.0
	for _, r := range s {
		w += runeWidth(r)
	}
	if bold {
		w *= 1.08
	}
	return w * size
}

// runeWidth is that of a character, in parts of the size of the font.
func runeWidth(r rune) float64 {
	switch {
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0x1F000:
		return 1.05
	case strings.ContainsRune("mwMW%@", r):
		return 0.95
	case unicode.IsUpper(r):
		return 0.74
	case strings.ContainsRune("ilj.,: ()", r):
		return 0.38
	default:
		return 0.61
	}
}
