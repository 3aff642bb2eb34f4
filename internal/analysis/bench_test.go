// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"workstream.dev/operator/internal/rule"
)

// realistic are rules as routing administrators write them: a few conditions each, on a few of many attributes.
func realistic(n, attributes int) ([]rule.Definition, []string) {
	r := rand.New(rand.NewPCG(7, 7))
	definitions, names := make([]rule.Definition, n), make([]string, n)
	for i := range definitions {
		var all []rule.Condition
		for range 1 + r.IntN(3) {
			a := r.IntN(attributes)
			switch a % 3 {
			case 0:
				all = append(all, rule.Condition{
					Attribute: fmt.Sprint("t", a), Operator: rule.In, Values: []string{fmt.Sprint("v", r.IntN(300)), fmt.Sprint("v", r.IntN(300))},
				})
			case 1:
				from := r.IntN(1000)
				all = append(all, rule.Condition{
					Attribute: fmt.Sprint("n", a), Operator: rule.Between, Values: []string{strconv.Itoa(from), strconv.Itoa(from + r.IntN(50))},
				})
			default:
				all = append(all, rule.Condition{
					Attribute: fmt.Sprint("a", a), Operator: rule.StartsWith, Values: []string{fmt.Sprint("p", r.IntN(500))},
				})
			}
		}
		definitions[i], names[i] = rule.Definition{When: &rule.Condition{All: all}}, fmt.Sprint("rule-", i)
	}
	return definitions, names
}

// adversarial are rules that overlap in many ways: negations of everything, so that each item must avoid many rules.
func adversarial(n, attributes int) ([]rule.Definition, []string) {
	r := rand.New(rand.NewPCG(8, 8))
	definitions, names := make([]rule.Definition, n), make([]string, n)
	for i := range definitions {
		var all []rule.Condition
		for range 3 {
			a := r.IntN(attributes)
			if a%2 == 0 {
				all = append(all, rule.Condition{
					Attribute: fmt.Sprint("t", a), Operator: []rule.Operator{rule.NotEqual, rule.NotStartsWith, rule.NotContains}[r.IntN(3)],
					Values: []string{fmt.Sprint("v", r.IntN(50))},
				})
			} else {
				all = append(all, rule.Condition{
					Attribute: fmt.Sprint("n", a), Operator: []rule.Operator{rule.LessThan, rule.GreaterThan}[r.IntN(2)],
					Values: []string{strconv.Itoa(r.IntN(1000))},
				})
			}
		}
		definitions[i], names[i] = rule.Definition{When: &rule.Condition{All: all}}, fmt.Sprint("rule-", i)
	}
	return definitions, names
}

// parts are one attribute cut into n parts, whose last rule is hidden by all others together.
func parts(n int) ([]rule.Definition, []string) {
	definitions, names := make([]rule.Definition, n), make([]string, n)
	for i := range definitions {
		c := rule.Condition{Attribute: "n0", Operator: rule.Between, Values: []string{strconv.Itoa(i), strconv.Itoa(i + 1)}}
		if i == n-1 {
			c.Values = []string{"0", strconv.Itoa(n - 1)}
		}
		definitions[i], names[i] = rule.Definition{When: &c}, fmt.Sprint("rule-", i)
	}
	return definitions, names
}

func BenchmarkRuleset(b *testing.B) {
	for _, bench := range []struct {
		name string
		make func() ([]rule.Definition, []string)
	}{
		{"realistic/1000x10", func() ([]rule.Definition, []string) { return realistic(1000, 10) }},
		{"realistic/1000x50", func() ([]rule.Definition, []string) { return realistic(1000, 50) }},
		{"adversarial/1000x4", func() ([]rule.Definition, []string) { return adversarial(1000, 4) }},
		{"adversarial/1000x50", func() ([]rule.Definition, []string) { return adversarial(1000, 50) }},
		{"parts/1000", func() ([]rule.Definition, []string) { return parts(1000) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			definitions, names := bench.make()
			found := 0
			for b.Loop() {
				found = len(Ruleset(definitions, names, rule.Env{Kind: kinds}))
			}
			b.ReportMetric(float64(found), "findings")
		})
	}
}
