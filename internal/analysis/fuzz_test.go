// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/rule"
)

// kinds declares a few attributes of each kind.
func kinds(name string) (rule.Kind, bool) {
	switch name[0] {
	case 'i':
		return rule.Time, true
	case 't':
		return rule.Text, true
	case 'n':
		return rule.Number, true
	default:
		return rule.Any, true
	}
}

// world draws conditions and items from few words, so that they have much to do with each other.
type world struct {
	*rand.Rand
	attrs int
}

var words = []string{"a", "b", "ab", "ba", "A", "aB", "abc", "ABC", "bc", "ſ", "s", "K", "k", "", "1", "2", "10", "1.0", "é", "É"}

func (w *world) word() string { return words[w.IntN(len(words))] }

func (w *world) part() string {
	for {
		if s := w.word(); s != "" {
			return s
		}
	}
}

func (w *world) attribute() string {
	return string("tna"[w.IntN(3)]) + strconv.Itoa(w.IntN(w.attrs))
}

var (
	textOperators = []rule.Operator{
		rule.Contains, rule.NotContains, rule.StartsWith, rule.NotStartsWith, rule.EndsWith, rule.NotEndsWith, rule.Matches,
	}
	numberOperators = []rule.Operator{
		rule.GreaterThan, rule.GreaterOrEqual, rule.LessThan, rule.LessOrEqual, rule.Between, rule.NotBetween,
	}
	wholeOperators = []rule.Operator{rule.Equal, rule.NotEqual, rule.In, rule.NotIn}
)

// office is open on weekdays in Berlin, and closed on a holiday; shut never is open.
func calendar(name string) *hours.Calendar {
	d := hours.Definition{Zone: "Europe/Berlin"}
	if name == "office" {
		for day := time.Monday; day <= time.Friday; day++ {
			d.Weekly = append(d.Weekly, hours.Interval{Day: day, From: 9 * 60, To: 17 * 60})
		}
		d.Holidays = []hours.Holiday{{Date: "2026-12-24"}}
	}
	c, err := hours.Compile(&d)
	if err != nil {
		return nil
	}
	return c
}

var moments = []string{"2026-12-24", "2026-12-24T15:00", "2026-12-25", "2026-12-24T15:00:00+01:00", "2027-03-28", "15:00", "09:00"}

func (w *world) time() rule.Condition {
	c := rule.Condition{Attribute: "item.createdAt"}
	zone := []string{"Europe/Berlin", "Europe/Berlin", "Europe/Berlin", "America/New_York"}[w.IntN(4)]
	switch n := w.IntN(5); {
	case n < 2:
		c.Operator = []rule.Operator{rule.Before, rule.After}[w.IntN(2)]
		c.Values = []string{moments[w.IntN(len(moments))]}
		if len(c.Values[0]) < 20 {
			c.TimeZone = zone
		}
	case n < 4:
		c.Operator = []rule.Operator{rule.Within, rule.NotWithin}[w.IntN(2)]
		times := [][]string{{"09:00", "17:00"}, {"22:00", "06:00"}, {"02:15", "02:45"}, {"17:00", "24:00"}}
		c.Values, c.TimeZone = times[w.IntN(len(times))], zone
	default:
		c.Operator = []rule.Operator{rule.Within, rule.NotWithin}[w.IntN(2)]
		c.Hours = []string{"office", "shut"}[w.IntN(2)]
	}
	return c
}

func (w *world) leaf() rule.Condition {
	if w.IntN(6) == 0 {
		return w.time()
	}
	c := rule.Condition{Attribute: w.attribute(), CaseSensitive: w.IntN(4) == 0}
	kind, _ := kinds(c.Attribute)
	switch n := w.IntN(10); {
	case n == 0:
		c.Operator = []rule.Operator{rule.Exists, rule.NotExists}[w.IntN(2)]
	case n < 5 && kind != rule.Number:
		c.Operator = textOperators[w.IntN(len(textOperators))]
		for range 1 + w.IntN(2) {
			c.Values = append(c.Values, w.part())
		}
	case n < 8 && kind != rule.Text:
		c.Operator = numberOperators[w.IntN(len(numberOperators))]
		from := w.IntN(4)
		c.Values = []string{strconv.Itoa(from)}
		if c.Operator == rule.Between || c.Operator == rule.NotBetween {
			c.Values = append(c.Values, strconv.Itoa(from+w.IntN(3)))
		}
	default:
		c.Operator = wholeOperators[w.IntN(len(wholeOperators))]
		for range 1 + w.IntN(3) {
			if kind == rule.Number {
				c.Values = append(c.Values, strconv.Itoa(w.IntN(5)))
			} else {
				c.Values = append(c.Values, w.word())
			}
		}
	}
	return c
}

func (w *world) condition(depth int) rule.Condition {
	switch n := w.IntN(8); {
	case depth == 0 || n < 3:
		return w.leaf()
	case n < 6:
		return rule.Condition{All: w.list(depth)}
	case n < 7:
		return rule.Condition{Any: w.list(depth)}
	default:
		c := w.condition(depth - 1)
		return rule.Condition{Not: &c}
	}
}

func (w *world) list(depth int) []rule.Condition {
	list := make([]rule.Condition, 1+w.IntN(3))
	for i := range list {
		list[i] = w.condition(depth - 1)
	}
	return list
}

// item has values of all kinds, also those that are not declared.
func (w *world) item() rule.Attributes {
	attrs := rule.Attributes{}
	if w.IntN(10) > 0 {
		day := []time.Time{
			time.Date(2026, 12, 22, 0, 0, 0, 0, time.UTC), time.Date(2027, 3, 26, 0, 0, 0, 0, time.UTC),
			time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC),
		}[w.IntN(3)]
		attrs["item.createdAt"] = rule.TimeValue(day.Add(time.Duration(w.IntN(5*24*60)) * time.Minute))
	}
	for _, kind := range "tna" {
		for i := range w.attrs {
			name := string(kind) + strconv.Itoa(i)
			switch n := w.IntN(12); {
			case n < 2:
			case n < 7 && kind != 'n' || n == 11:
				attrs[name] = rule.TextValue(w.word() + []string{"", "", w.word()}[w.IntN(3)])
			default:
				attrs[name] = rule.NumberValue(float64(w.IntN(13)-1) / 2)
			}
		}
	}
	return attrs
}

// check analyses a random ruleset and holds what it says against the evaluator.
func check(t *testing.T, seed uint64) (unreachable, impossibles, witnesses int) {
	t.Helper()
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1)), attrs: 1}
	w.attrs += w.IntN(2)
	n := 1 + w.IntN(12)
	definitions, names := make([]rule.Definition, n), make([]string, n)
	for i := range definitions {
		c := w.condition(1 + w.IntN(2))
		definitions[i], names[i] = rule.Definition{When: &c}, fmt.Sprint("r", i)
		if w.IntN(20) == 0 {
			definitions[i].Expression = `has(context.x) || has(item.createdAt) && item.createdAt.getHours() < 12`
		}
	}
	env := rule.Env{Kind: kinds, Calendar: calendar}
	set, err := rule.CompileSet(definitions, env)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	first := func(attrs rule.Attributes) int { return set.Next(0, attrs) }
	r := newRules(definitions, names, env, nil)
	never := map[int]bool{}
	for _, u := range r.unreachables(nil) {
		never[u.rule] = true
	}
	falls := r.solve(question{goal: &form{op: isAll}, blockers: r.forms, work: workOfRule, odd: true})
	switch falls.verdict {
	case possible:
		witnesses++
		if i := first(falls.witness); i >= 0 && definitions[i].Expression == "" {
			t.Errorf("seed %d: %v should fall through, and rule %d matches it", seed, falls.witness, i)
		}
	case impossible:
		impossibles++
		never[-1] = true
	case unknown: // says nothing that could be wrong
	}
	for i := range definitions {
		if never[i] {
			continue
		}
		before := make([]int, i)
		for j := range before {
			before[j] = j
		}
		if a := r.against(i, before, workOfRule); a.verdict == possible {
			witnesses++
			if got := first(a.witness); got != i && definitions[i].Expression == "" && definitions[max(got, 0)].Expression == "" {
				t.Errorf("seed %d: %v should be for rule %d, and is for %d", seed, a.witness, i, got)
			}
		}
	}
	for range 500 {
		if len(never) == 0 {
			break
		}
		item := w.item()
		if i := first(item); never[i] {
			t.Fatalf("seed %d: rule %d is called unreachable, and is the first that matches %v", seed, i, item)
		}
	}
	delete(never, -1)
	return len(never), impossibles, witnesses
}

// TestSound: no item is matched first by a rule that is called unreachable, and each witness does what it is to show.
func TestSound(t *testing.T) {
	var rules, impossibles, witnesses int
	for seed := range uint64(2000) {
		a, b, c := check(t, seed)
		rules, impossibles, witnesses = rules+a, impossibles+b, witnesses+c
	}
	t.Logf("%d unreachable rules, %d rulesets through which nothing falls, %d witnesses", rules, impossibles, witnesses)
	if rules < 500 || impossibles < 50 || witnesses < 1000 {
		t.Errorf("it hardly finds anything: %d unreachable rules, %d rulesets through which nothing falls, %d witnesses",
			rules, impossibles, witnesses)
	}
}

func FuzzSound(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { check(t, seed) })
}
