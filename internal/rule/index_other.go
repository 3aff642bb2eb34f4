// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// others makes the sources of entries that are found by something else than values.
func (b *builder) others(entries []entry, level int) []source {
	type place struct {
		kind constraintKind
		slot int32
	}
	groups := map[place][]keyed{}
	var rest []entry
	for _, e := range entries {
		by, ok := best(e.term)
		if !ok {
			rest = append(rest, e)
			continue
		}
		p := place{by.kind, by.slot}
		groups[p] = append(groups[p], keyed{e, term{by}})
	}
	var sources []source
	order := func(x, y place) int { return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.slot, y.slot)) }
	for _, p := range slices.SortedFunc(maps.Keys(groups), order) {
		list := groups[p]
		s := source{first: list[0].rule, slots: []int32{p.slot}}
		switch p.kind {
		case prefix, suffix, part:
			s.kind, s.trie = textSources[p.kind], b.texts(list, p.kind, level)
		case inRange:
			s.kind, s.stab = ofNumbers, b.numbers(list)
		case presence, among:
			s.kind, s.bucket = ofPresence, b.bucket(unkeyed(list), maxLevels)
		}
		sources = append(sources, s)
	}
	if len(rest) > 0 {
		sources = append(sources, source{kind: ofRest, first: rest[0].rule, bucket: b.bucket(rest, maxLevels)})
	}
	return sources
}

var textSources = map[constraintKind]sourceKind{prefix: ofPrefixes, suffix: ofSuffixes, part: ofParts}

func unkeyed(list []keyed) []entry {
	out := make([]entry, len(list))
	for i := range list {
		out[i] = list[i].entry
	}
	return out
}

// best returns the constraint that says most, with all that a term says of one number in one. Presence is the least.
func best(t term) (found constraint, ok bool) {
	weight := func(c *constraint) int {
		switch c.kind {
		case prefix, suffix:
			return 4 + shortest(c.texts)
		case inRange:
			if math.IsInf(c.span.low, 0) || math.IsInf(c.span.high, 0) {
				return 3
			}
			return 7
		case part:
			return 4
		case presence:
			return 1
		case among:
		}
		return 0
	}
	most := 0
	for _, c := range merged(t) {
		if w := weight(&c); w > most {
			found, most = c, w
		}
	}
	return found, most > 0
}

// merged has one range for each slot.
func merged(t term) term {
	var out term
	for _, c := range t {
		i := -1
		if c.kind == inRange {
			i = slices.IndexFunc(out, func(x constraint) bool { return x.kind == inRange && x.slot == c.slot })
		}
		if i < 0 {
			out = append(out, c)
			continue
		}
		low, high := max(out[i].span.low, c.span.low), min(out[i].span.high, c.span.high)
		if low <= high { // otherwise nothing is in both, and the rule never matches
			out[i].span = interval{low, high}
		}
	}
	return out
}

// texts makes the trie of the texts by which entries are found.
func (b *builder) texts(list []keyed, kind constraintKind, level int) *trie {
	t := newTrie()
	found := map[int32][]entry{}
	for _, k := range list {
		rest := entry{k.rule, leftover(k.term, &k.by[0])}
		for _, text := range k.by[0].texts {
			bytes := []byte(text)
			if kind == suffix {
				bytes = reversed(bytes)
			}
			n := t.node(bytes)
			found[n] = append(found[n], rest)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(found)) {
		t.nodes[n].bucket = b.bucket(found[n], level)
	}
	if kind == part {
		t.link()
	}
	return t
}

// numbers makes the tree of the ranges by which entries are found. Each is in several of its nodes, so that these are not
// sorted further: two ranges in one term would multiply.
func (b *builder) numbers(list []keyed) *stab {
	spans := make([]interval, len(list))
	for i := range list {
		spans[i] = list[i].by[0].span
	}
	s, covers := newStab(spans)
	found := map[int][]entry{}
	for i, k := range list {
		for _, at := range covers[i] {
			found[at] = append(found[at], k.entry)
		}
	}
	for _, at := range slices.Sorted(maps.Keys(found)) {
		s.nodes[at] = b.bucket(found[at], maxLevels)
	}
	return s
}

// leftover is what a term says besides one constraint.
func leftover(t term, by *constraint) term {
	var rest term
	for _, c := range t {
		if c.slot != by.slot || c.kind != by.kind {
			rest = append(rest, c)
		}
	}
	return rest
}
