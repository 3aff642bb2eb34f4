// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"strconv"
	"strings"
)

// meant proposes the one of the known words that a misspelt one is closest to, or "" when none is close.
func meant(word string, known []string) string {
	best, closest := "", 1+max(1, len(word)/3)
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < closest {
			best, closest = k, d
		}
	}
	if best == "" {
		for _, k := range known {
			if len(word) >= 4 && strings.HasPrefix(strings.ToLower(k), strings.ToLower(strings.TrimSuffix(word, "s"))) {
				best = k
				break
			}
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + strconv.Quote(best) + "?"
}

// distance is how many letters have to be put in, taken out or changed to make b of a.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	if len(from) > 64 || len(to) > 64 {
		return len(from) + len(to)
	}
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j := range to {
			cost := diagonal
			if from[i] != to[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(to)]
}
