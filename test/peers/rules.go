// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"workstream.dev/operator/internal/rule"
)

// atom compares one attribute.
type atom struct {
	attribute string
	operator  rule.Operator
	values    []string
}

// definition is a rule: all atoms must hold and, where there are such, at least one of either.
type definition struct {
	all, either []atom
}

// ruleset is rules over attributes whose names the peers can use as variables. One without numbers and parts of texts is for
// labels: Alertmanager compares nothing else.
type ruleset struct {
	name   string
	labels bool
	rules  []definition
	items  []map[string]any
}

var (
	tiers   = []string{"bronze", "silver", "gold", "platinum", "diamond"}
	locales = []string{"en-us", "en-gb", "de-de", "de-at", "fr-fr", "fr-ca", "es-es", "es-mx", "it-it", "ja-jp", "pt-br", "nl-nl"}
	topics  = []string{"refund", "invoice", "broken", "delivery", "password", "cancel", "upgrade", "warranty"}
)

// world makes rules and items of a contact centre with n rules: products and accounts are more the more rules there are.
type world struct {
	*rand.Rand
	n int
}

func (w world) product() string { return "product-" + strconv.Itoa(w.IntN(max(4, w.n/4))) }
func (w world) account() string { return "account-" + strconv.Itoa(w.IntN(max(10, w.n))) }

func (w world) texts(make func() string) []string { return []string{make(), make(), make()} }

func (w world) definition(i int, labels bool) definition {
	tier, locale := tiers[w.IntN(len(tiers))], locales[w.IntN(len(locales))]
	product := atom{"product", rule.Equal, []string{w.product()}}
	low := w.IntN(5000)
	switch kind := i % 10; {
	case kind == 0 && !labels && i%50 == 0:
		return definition{all: []atom{{"topic", rule.Contains, []string{topics[w.IntN(len(topics))] + " of " + w.product()}}}}
	case kind == 1 && !labels:
		return definition{all: []atom{product, {"basket", rule.Between, []string{strconv.Itoa(low), strconv.Itoa(low + 200)}}}}
	case kind == 2:
		return definition{all: []atom{{"product", rule.In, w.texts(w.product)}, {"tier", rule.Equal, []string{tier}},
			{"locale", rule.StartsWith, []string{locale[:2]}}}}
	case kind == 3:
		return definition{all: []atom{{"tier", rule.NotEqual, []string{tier}}}, either: []atom{
			{"account", rule.Equal, []string{w.account()}}, {"topic", rule.Equal, []string{"about " + w.account()}}}}
	case kind < 5:
		return definition{all: []atom{{"account", rule.In, w.texts(w.account)}}}
	case kind < 7:
		return definition{all: []atom{product, {"locale", rule.Equal, []string{locale}}, {"tier", rule.NotEqual, []string{"bronze"}}}}
	default:
		return definition{all: []atom{product, {"tier", rule.Equal, []string{tier}}, {"locale", rule.Equal, []string{locale}}}}
	}
}

func (w world) item() map[string]any {
	return map[string]any{
		"tier": tiers[w.IntN(len(tiers))], "product": w.product(), "account": w.account(), "locale": locales[w.IntN(len(locales))],
		"topic": topics[w.IntN(len(topics))] + " of " + w.product() + ", please call back", "basket": float64(w.IntN(5200)),
	}
}

func newRuleset(n, items int, labels bool, seed uint64) *ruleset {
	w := world{rand.New(rand.NewPCG(seed, uint64(n))), n} //nolint:gosec // a simulation
	s := &ruleset{name: "typed", labels: labels, rules: make([]definition, n), items: make([]map[string]any, items)}
	if labels {
		s.name = "labels"
	}
	for i := range s.rules {
		s.rules[i] = w.definition(i, labels)
	}
	for i := range s.items {
		s.items[i] = w.item()
	}
	return s
}

// join writes the atoms in the language of a peer, with what it says for all and for one of them.
func (d *definition) join(write func(atom) string, and, or string) string {
	text := ""
	for i, a := range d.all {
		if i > 0 {
			text += and
		}
		text += write(a)
	}
	if len(d.either) == 0 {
		return text
	}
	if text != "" {
		text += and
	}
	text += "("
	for i, a := range d.either {
		if i > 0 {
			text += or
		}
		text += write(a)
	}
	return text + ")"
}

func quoted(values []string) string {
	text := ""
	for i, v := range values {
		if i > 0 {
			text += ", "
		}
		text += strconv.Quote(v)
	}
	return text
}

func unknown(a atom) string { panic(fmt.Sprintf("operator %s is not translated", a.operator)) }
