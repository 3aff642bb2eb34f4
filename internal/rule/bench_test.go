// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"
)

// centre makes the ruleset of a contact centre of n rules: products, countries, tiers and accounts, of which there are more
// the more rules there are. One in 50 looks into a text, one in 25 has an any of different attributes, one in 10 a range.
type centre struct {
	*rand.Rand
	products, accounts int
}

func newCentre(n int, seed uint64) centre {
	return centre{rand.New(rand.NewPCG(seed, 7)), max(4, n/4), max(10, n)}
}

var (
	tiers   = []string{"Bronze", "Silver", "Gold", "Platinum", "Diamond"}
	locales = []string{"en-US", "en-GB", "de-DE", "de-AT", "fr-FR", "fr-CA", "es-ES", "es-MX", "it-IT", "ja-JP", "pt-BR", "nl-NL"}
	topics  = []string{"refund", "invoice", "broken", "delivery", "password", "cancel", "upgrade", "warranty"}
)

func centreEnv() Env {
	kinds := map[string]Kind{
		"context.tier": Text, "context.product": Text, "context.basket": Number, "context.topic": Text, "context.account": Text,
		"channel.locale": Any, "item.priority": Number,
	}
	return Env{Kind: func(name string) (Kind, bool) { k, ok := kinds[name]; return k, ok }}
}

func (c centre) product() string { return "product-" + strconv.Itoa(c.IntN(c.products)) }
func (c centre) account() string { return "ACC-" + strconv.Itoa(c.IntN(c.accounts)) }

func equals(attribute string, values ...string) Condition {
	op := In
	if len(values) == 1 {
		op = Equal
	}
	return Condition{Attribute: attribute, Operator: op, Values: values}
}

func (c centre) rule(i int) Definition {
	tier, locale := tiers[c.IntN(len(tiers))], locales[c.IntN(len(locales))]
	low := c.IntN(5000)
	basket := Condition{Attribute: "context.basket", Operator: Between, Values: []string{strconv.Itoa(low), strconv.Itoa(low + 200)}}
	var all []Condition
	switch {
	case i%50 == 7:
		text := topics[c.IntN(len(topics))] + " of " + c.product()
		all = []Condition{{Attribute: "context.topic", Operator: Contains, Values: []string{text}}}
	case i%25 == 3:
		all = []Condition{{Any: []Condition{
			equals("context.account", c.account(), c.account()), {All: []Condition{equals("context.product", c.product()), basket}},
		}}}
	case i%10 == 1:
		all = []Condition{equals("context.product", c.product()), basket}
	case i%10 == 2:
		all = []Condition{
			equals("context.product", c.product(), c.product(), c.product()), equals("context.tier", tier),
			{Attribute: "channel.locale", Operator: StartsWith, Values: []string{locale[:2]}},
		}
	case i%10 < 5:
		all = []Condition{equals("context.account", c.account(), c.account(), c.account())}
	case i%10 < 7:
		all = []Condition{
			equals("context.product", c.product()), equals("channel.locale", locale),
			{Not: &Condition{Attribute: "context.tier", Operator: Equal, Values: []string{"Bronze"}}},
		}
	default:
		all = []Condition{equals("context.product", c.product()), equals("context.tier", tier), equals("channel.locale", locale)}
	}
	return Definition{When: &Condition{All: all}}
}

func (c centre) rules(n int) []Definition {
	defs := make([]Definition, n)
	for i := range defs {
		defs[i] = c.rule(i)
	}
	return defs
}

func (c centre) item() Attributes {
	return Attributes{
		"context.tier": TextValue(tiers[c.IntN(len(tiers))]), "context.product": TextValue(c.product()),
		"context.basket": NumberValue(float64(c.IntN(5200))), "context.account": TextValue(c.account()),
		"context.topic":  TextValue(topics[c.IntN(len(topics))] + " of " + c.product() + ", please call back"),
		"channel.locale": TextValue(locales[c.IntN(len(locales))]), "item.priority": NumberValue(100),
		"item.type": TextValue("Messaging"), "item.workstream": TextValue("chat"), "item.channel": TextValue("web"),
		"customer.id": TextValue("c-1"), "customer.name": TextValue("somebody"),
	}
}

// nobody is an item that no rule matches.
func nobody() Attributes {
	return Attributes{
		"context.tier": TextValue("Wood"), "context.product": TextValue("product-x"), "context.basket": NumberValue(9999),
		"context.account": TextValue("ACC-x"), "context.topic": TextValue("a word about the weather, please call back"),
		"channel.locale": TextValue("xx-XX"), "item.priority": NumberValue(100),
	}
}

// last is a rule, and the one item that it matches.
func last() (Definition, Attributes) {
	attrs := nobody()
	attrs["context.account"] = TextValue("ACC-last")
	c := equals("context.account", "acc-LAST")
	return Definition{When: &c}, attrs
}

var sizes = []int{10, 100, 1000, 10_000, 100_000}

// BenchmarkDecide is one decision: of items that come (any), of one that no rule matches (none), and of one that only the
// last does (last).
func BenchmarkDecide(b *testing.B) {
	for _, n := range sizes {
		c := newCentre(n, 1)
		end, only := last()
		s, err := CompileSet(append(c.rules(n-1), end), centreEnv())
		if err != nil {
			b.Fatal(err)
		}
		items := make([]Attributes, 512)
		for i := range items {
			items[i] = c.item()
		}
		for name, list := range map[string][]Attributes{"any": items, "none": {nobody()}, "last": {only}} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					s.Next(0, list[i%len(list)])
					i++
				}
			})
		}
	}
}

// TestDecisionAllocatesNothing: nor does an overflow that goes on behind a rule.
func TestDecisionAllocatesNothing(t *testing.T) {
	c := newCentre(1000, 1)
	s, err := CompileSet(c.rules(1000), centreEnv())
	if err != nil {
		t.Fatal(err)
	}
	matched := 0
	for range 100 {
		attrs := c.item()
		if n := testing.AllocsPerRun(5, func() {
			if at := s.Next(0, attrs); at >= 0 {
				s.Next(at+1, attrs)
				matched++
			}
		}); n != 0 {
			t.Fatalf("%v allocations", n)
		}
		if err := agrees(s, attrs); err != nil {
			t.Fatal(err)
		}
	}
	if matched == 0 {
		t.Error("no item was matched")
	}
}

// TestWhatASetCosts prints the median of a decision, and what 10,000 rules cost to compile. Time is printed only, since a
// machine may do other things; what a decision tries, and what a set takes of memory, are limited.
func TestWhatASetCosts(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures")
	}
	for _, n := range []int{100, 1000, 10_000} {
		c := newCentre(n, 2)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		defs, start := c.rules(n), time.Now()
		s, err := CompileSet(defs, centreEnv())
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		runtime.GC()
		runtime.ReadMemStats(&after)
		items := make([]Attributes, 256)
		tried, most := 0, 0
		for i := range items {
			items[i] = c.item()
			q := search{set: s, attrs: items[i], best: int32(n)}
			q.run()
			tried, most = tried+int(q.tried), max(most, int(q.tried))
		}
		size, made := after.HeapAlloc-before.HeapAlloc, after.TotalAlloc-before.TotalAlloc
		t.Logf("%d rules: compiled in %s, %d KiB with their conditions, %d KiB on the way, %s a decision, which tries %.1f rules, %d at most",
			n, took, size>>10, made>>10, median(s, items), float64(tried)/float64(len(items)), most)
		if tried > 3*len(items) || most > 20 {
			t.Errorf("of %d rules a decision tries %d on average, and up to %d", n, tried/len(items), most)
		}
		if n == 10_000 && (size > 50<<20 || made > 200<<20) {
			t.Errorf("%d rules take %d bytes, and %d to compile", n, size, made)
		}
		runtime.KeepAlive(s)
	}
}

// median of the time of a decision, each measured over some.
func median(s *Set, items []Attributes) time.Duration {
	const each = 200
	var times []time.Duration
	for _, attrs := range items {
		start := time.Now()
		for range each {
			s.Next(0, attrs)
		}
		times = append(times, time.Since(start)/each)
	}
	slices.Sort(times)
	return times[len(times)/2]
}
