// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"workstream.dev/operator/internal/rule"
)

// attribute is what is asked of one attribute, and the values that tell its comparisons apart.
type attribute struct {
	name   string
	kind   rule.Kind
	leaves []int32
	// values are the candidates, those first that make an item easy to read; the first is absence. For numbers, and for
	// texts that are only compared whole, there is one for each answer that all comparisons together can give.
	values []rule.Value
	// all has every candidate, usual those of the declared kind: no source sends others.
	all, usual bitset
	// open says that there are texts for which no candidate stands: parts of texts are compared.
	open bool
	// inexact says that the candidates are a sample: none of them fits is no proof that nothing does.
	inexact bool
	fixed   *rule.Value
}

const (
	// maxVariants is how many ways to write one text in upper and lower case are tried.
	maxVariants = 64
	// maxCandidates is how many values an attribute may have.
	maxCandidates = 20_000
)

// build finds the candidates of every attribute, and which comparisons hold for them.
func (p *problem) build() {
	for _, a := range p.attrs {
		a.findValues(p)
		a.all, a.usual = newBits(len(a.values)), newBits(len(a.values))
		for i, v := range a.values {
			a.all.set(i)
			if !v.Present() || a.kind == rule.Any || v.Kind() == a.kind {
				a.usual.set(i)
			}
		}
		byText, byNumber := map[string][]int{}, map[float64][]int{}
		for i, v := range a.values {
			if n, ok := v.Number(); ok {
				byNumber[n] = append(byNumber[n], i)
			} else if v.Present() {
				key := rule.Fold(v.String())
				byText[key] = append(byText[key], i)
			}
		}
		for _, id := range a.leaves {
			l := &p.leaves[id]
			l.truth = newBits(len(a.values))
			if l.operator == rule.Equal {
				p.compareWhole(a, l, byText, byNumber)
				continue
			}
			for i := range a.values {
				if p.holds(l, a.values[i]) {
					l.truth.set(i)
				}
			}
		}
	}
}

// compareWhole asks only for the candidates that could be one of the values: all others are none.
func (p *problem) compareWhole(a *attribute, l *leaf, byText map[string][]int, byNumber map[float64][]int) {
	if l.negate {
		for i, v := range a.values {
			if v.Present() && (a.kind == rule.Any || v.Kind() == a.kind) {
				l.truth.set(i)
			}
		}
	}
	for _, text := range l.cond.Values {
		near := byText[rule.Fold(text)]
		if n, ok := rule.ParseNumber(text); ok {
			near = slices.Concat(near, byNumber[n])
		}
		for _, i := range near {
			if p.holds(l, a.values[i]) {
				l.truth.set(i)
			} else {
				l.truth[i/64] &^= 1 << (i % 64)
			}
		}
	}
}

// holds asks the evaluator.
func (p *problem) holds(l *leaf, v rule.Value) bool {
	clear(p.scratch)
	if v.Present() {
		p.scratch[p.attrs[l.attr].name] = v
	}
	return l.m.Match(p.scratch)
}

func (a *attribute) findValues(p *problem) {
	a.values = []rule.Value{{}}
	if a.fixed != nil {
		a.values = []rule.Value{*a.fixed}
		return
	}
	if a.kind == rule.Text || a.kind == rule.Any {
		a.findTexts(p)
	}
	if a.kind == rule.Number || a.kind == rule.Any {
		a.findNumbers(p)
	}
	if a.kind == rule.Time {
		a.findTimes(p)
	}
	if a.kind == rule.Number || a.kind == rule.Time {
		a.values = append(a.values, rule.TextValue("text"))
	}
	if a.kind == rule.Text || a.kind == rule.Time {
		a.values = append(a.values, rule.NumberValue(0))
	}
	if len(a.values) > maxCandidates {
		a.values, a.inexact = a.values[:maxCandidates], true
	}
}

// findNumbers adds the constants, and a number between each two, below and above them.
func (a *attribute) findNumbers(p *problem) {
	var constants []float64
	for _, id := range a.leaves {
		switch l := &p.leaves[id]; l.operator {
		case rule.Equal, rule.Between, rule.GreaterThan, rule.GreaterOrEqual, rule.LessThan, rule.LessOrEqual:
			for _, text := range l.cond.Values {
				if n, ok := rule.ParseNumber(text); ok {
					constants = append(constants, n)
				}
			}
		default:
		}
	}
	slices.Sort(constants)
	constants = slices.Compact(constants)
	if len(constants) == 0 {
		a.values = append(a.values, rule.NumberValue(1))
		return
	}
	a.addNumber(constants[0]-1-abs(constants[0])/8, -math.MaxFloat64)
	for i, n := range constants {
		a.addNumber(n, n)
		if i+1 == len(constants) {
			break
		}
		if m := middle(n, constants[i+1]); n < m && m < constants[i+1] {
			a.addNumber(m, m)
		}
	}
	last := constants[len(constants)-1]
	a.addNumber(last+1+abs(last)/8, math.MaxFloat64)
}

// addNumber adds n, or where it is too large the limit.
func (a *attribute) addNumber(n, limit float64) {
	v := rule.NumberValue(n)
	if !v.Present() {
		v = rule.NumberValue(limit)
	}
	a.values = append(a.values, v)
}

func abs(n float64) float64 { return max(n, -n) }

// middle is a number between two, a whole one where there is one.
func middle(a, b float64) float64 {
	m := a/2 + b/2
	if m <= a || m >= b {
		return math.Nextafter(a, b)
	}
	if whole := float64(int64(m)); abs(m) < 1e15 && a < whole && whole < b {
		return whole
	}
	return m
}

// findTexts adds a text that is none of the constants, the constants, and texts with the parts that are asked for.
func (a *attribute) findTexts(p *problem) {
	whole, parts, vary := a.askedTexts(p)
	slices.Sort(whole)
	whole = slices.Compact(whole)
	taken := make(map[string]bool, len(whole))
	for _, text := range whole {
		taken[rule.Fold(text)] = true
	}
	a.values = append(a.values, rule.TextValue(fresh("other", taken)))
	seen := map[string]bool{}
	for _, text := range whole {
		texts := []string{text}
		if vary {
			var all bool
			if texts, all = variants(text); !all {
				a.inexact = true
			}
		}
		a.addTexts(texts, seen)
	}
	a.addTexts(parts, seen)
}

// askedTexts are the constants and the parts that are asked for. vary says whether to write them in upper and lower case:
// that matters only where some comparisons heed it and others do not.
func (a *attribute) askedTexts(p *problem) (whole, parts []string, vary bool) {
	var folds, sensitive, patterns bool
	for _, id := range a.leaves {
		l := &p.leaves[id]
		switch l.operator {
		case rule.Equal:
			whole = append(whole, l.cond.Values...)
		case rule.Contains, rule.StartsWith, rule.EndsWith:
			a.open = true
			parts = append(parts, l.cond.Values...)
		case rule.Matches:
			a.open, patterns = true, true
		default:
			continue
		}
		folds, sensitive = folds || !l.cond.CaseSensitive, sensitive || l.cond.CaseSensitive
	}
	return whole, parts, folds && (sensitive || patterns)
}

// addTexts adds those that were not seen before, as long as there is room.
func (a *attribute) addTexts(texts []string, seen map[string]bool) {
	for _, text := range texts {
		if !seen[text] && len(a.values) <= maxCandidates {
			seen[text] = true
			a.values = append(a.values, rule.TextValue(text))
		}
	}
}

// fresh returns a text like the one given that is not taken.
func fresh(text string, taken map[string]bool) string {
	for taken[rule.Fold(text)] {
		text += "x"
	}
	return text
}

// variants are the ways to write a text in upper and lower case, itself first, and whether they are all.
func variants(text string) (list []string, all bool) {
	list = []string{""}
	for _, r := range text {
		orbit := []rune{r}
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			orbit = append(orbit, f)
		}
		if len(list)*len(orbit) > maxVariants {
			return []string{text, strings.ToLower(text), strings.ToUpper(text)}, false
		}
		next := make([]string, 0, len(list)*len(orbit))
		for _, f := range orbit {
			for _, head := range list {
				next = append(next, head+string(f))
			}
		}
		list = next
	}
	return list, true
}
