// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"cmp"
	"maps"
	"math"
	"math/bits"
	"slices"
)

// index finds the rules that may match, by what an item's attributes are. Its nodes sort rules by attributes that must have
// one of some values (one look into a table for all rules that ask for the same attributes), then by how a text begins,
// ends or what is in it, by numbers, by which attributes there are. Where many rules remain together, a node of its own sorts
// them by what else they ask for.
type index struct {
	nodes   []node
	buckets []bucket
	rules   []int32 // of all buckets
}

// bucket is rules that are found together, in order, or the node that sorts them.
type bucket struct {
	start, count int32
	node         int32 // -1 for none
}

// node is searched from what has the earliest rule to what has the latest.
type node struct {
	first   int32 // rule
	sources []source
}

type sourceKind uint8

const (
	ofValues sourceKind = iota
	ofPrefixes
	ofSuffixes
	ofParts
	ofNumbers
	ofPresence
	ofRest
)

// source is rules that are found in one way.
type source struct {
	kind   sourceKind
	first  int32
	slots  []int32 // several with ofValues, none with ofRest, otherwise one
	table  table
	trie   *trie
	stab   *stab
	bucket int32 // with ofPresence and ofRest
}

// table is an open hash table from hashes to buckets.
type table struct {
	mask    uint64
	entries []tableEntry
}

type tableEntry struct {
	hash   uint64
	bucket int32 // counted from 1, or the only rule from -1 downwards
}

func newTable(n int) table {
	size := 1 << bits.Len(uint(2*n)) //nolint:gosec // not negative
	return table{mask: uint64(size - 1), entries: make([]tableEntry, size)}
}

func (t *table) put(hash uint64, at int32) {
	i := hash & t.mask
	for t.entries[i].bucket != 0 {
		i = (i + 1) & t.mask
	}
	t.entries[i] = tableEntry{hash, at}
}

// get returns what was put for a hash, or 0.
func (t *table) get(hash uint64) int32 {
	for i := hash & t.mask; ; i = (i + 1) & t.mask {
		if e := &t.entries[i]; e.hash == hash || e.bucket == 0 {
			return e.bucket
		}
	}
}

const (
	// maxKeys is how many entries a term makes at most, one for each combination of values.
	maxKeys = 64
	// maxSignatures is how many combinations of attributes a node has tables for; rarer ones are found by one attribute.
	maxSignatures = 16
	// crowd is how many rules are tried one after the other rather than sorted further.
	crowd = 8
	// maxRoom is how many entries nodes hold for each rule, on average.
	maxRoom = 32
	// maxLevels is how deep nodes stand in nodes.
	maxLevels = 4
)

// entry is a rule with a term that must hold if it matches.
type entry struct {
	rule int32
	term term
}

// builder makes an index.
type builder struct {
	index
	room int // for how many more entries nodes may be made, so that no ruleset makes an index without end
}

// node adds a node for these entries, which are in the order of their rules, and returns its number.
func (b *builder) node(entries []entry, level int) int32 {
	b.room -= len(entries)
	at := int32(len(b.nodes)) //nolint:gosec // fewer than rules
	b.nodes = append(b.nodes, node{})
	byValues, others := b.signatures(entries)
	sources := make([]source, 0, len(byValues)+1)
	for _, signature := range slices.Sorted(maps.Keys(byValues)) {
		sources = append(sources, b.values(byValues[signature], level))
	}
	sources = append(sources, b.others(others, level)...)
	slices.SortStableFunc(sources, func(x, y source) int {
		return cmp.Or(cmp.Compare(x.first, y.first), cmp.Compare(x.kind, y.kind))
	})
	b.nodes[at] = node{first: sources[0].first, sources: sources}
	return at
}

// keyed is an entry with the constraints by whose values it is found.
type keyed struct {
	entry
	by term
}

// signatures sorts entries by the attributes by whose values they are found; others are those without such.
func (b *builder) signatures(entries []entry) (byValues map[string][]keyed, others []entry) {
	var list []keyed
	count := map[string]int{}
	for _, e := range entries {
		by := valuesOf(e.term)
		if len(by) == 0 {
			others = append(others, e)
			continue
		}
		list = append(list, keyed{e, by})
		count[signature(by)]++
	}
	if len(count) > maxSignatures {
		common := slices.SortedFunc(maps.Keys(count), func(x, y string) int {
			return cmp.Or(cmp.Compare(count[y], count[x]), cmp.Compare(x, y))
		})[:maxSignatures/2]
		frequency := map[[2]uint64]int{}
		for _, k := range list {
			for _, c := range k.by {
				for _, key := range c.keys {
					frequency[[2]uint64{uint64(c.slot), key}]++ //nolint:gosec // not negative
				}
			}
		}
		for i := range list {
			if !slices.Contains(common, signature(list[i].by)) {
				list[i].by = term{rarest(list[i].by, frequency)}
			}
		}
	}
	byValues = map[string][]keyed{}
	for _, k := range list {
		s := signature(k.by)
		byValues[s] = append(byValues[s], k)
	}
	return byValues, others
}

// valuesOf returns the constraints by whose values a term is found, by slot: those with few values.
func valuesOf(t term) term {
	var by term
	for _, c := range t {
		if c.kind != among {
			continue
		}
		i := slices.IndexFunc(by, func(x constraint) bool { return x.slot == c.slot })
		switch {
		case i < 0:
			by = append(by, c)
		case len(c.keys) < len(by[i].keys):
			by[i] = c
		}
	}
	slices.SortStableFunc(by, func(x, y constraint) int { return len(x.keys) - len(y.keys) })
	combinations := 1
	for i := range by {
		if combinations *= len(by[i].keys); combinations > maxKeys && i > 0 {
			by = by[:i]
			break
		}
	}
	slices.SortFunc(by, func(x, y constraint) int { return int(x.slot - y.slot) })
	return by
}

func signature(by term) string {
	s := make([]rune, len(by))
	for i := range by {
		s[i] = by[i].slot
	}
	return string(s)
}

// rarest returns the constraint whose most frequent value is the least frequent.
func rarest(by term, frequency map[[2]uint64]int) constraint {
	best, least := 0, math.MaxInt
	for i, c := range by {
		most := 0
		for _, key := range c.keys {
			most = max(most, frequency[[2]uint64{uint64(c.slot), key}]) //nolint:gosec // not negative
		}
		if most < least {
			best, least = i, most
		}
	}
	return by[best]
}

// values makes the source of entries that are found by the same attributes.
func (b *builder) values(list []keyed, level int) source {
	s := source{kind: ofValues, first: list[0].rule}
	for _, c := range list[0].by {
		s.slots = append(s.slots, c.slot)
	}
	found := map[uint64][]entry{}
	for _, k := range list {
		rest := entry{k.rule, without(k.term, k.by)}
		for _, hash := range combinations(k.by) {
			found[hash] = append(found[hash], rest)
		}
	}
	s.table = newTable(len(found))
	for _, hash := range slices.Sorted(maps.Keys(found)) {
		if list := found[hash]; len(list) == 1 {
			s.table.put(hash, ^list[0].rule)
		} else {
			s.table.put(hash, b.bucket(list, level)+1)
		}
	}
	return s
}

// without is what a term says besides what it is found by.
func without(t, by term) term {
	var rest term
	for _, c := range t {
		if !slices.ContainsFunc(by, func(x constraint) bool { return x.slot == c.slot && c.kind == among }) {
			rest = append(rest, c)
		}
	}
	return rest
}

// combinations are the hashes of all combinations of values.
func combinations(by term) []uint64 {
	hashes := []uint64{0}
	for _, c := range by {
		next := make([]uint64, 0, len(hashes)*len(c.keys))
		for _, h := range hashes {
			for _, key := range c.keys {
				next = append(next, combine(h, key))
			}
		}
		hashes = next
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

// combine is never the hash of an empty place.
func combine(h, key uint64) uint64 { return (bits.RotateLeft64(h, 17) ^ key) * 0x9E3779B97F4A7C15 }

// bucket adds entries that are found together, and sorts them further when they are many.
func (b *builder) bucket(entries []entry, level int) int32 {
	at := int32(len(b.buckets)) //nolint:gosec // the keys of a ruleset are fewer than that
	b.buckets = append(b.buckets, bucket{node: -1})
	loose := 0
	for _, e := range entries {
		if len(e.term) == 0 {
			loose++
		}
	}
	if len(entries) > crowd && level < maxLevels && b.room > len(entries) && loose < len(entries)-crowd/2 {
		b.buckets[at].node = b.node(entries, level+1)
		return at
	}
	start := len(b.rules)
	for _, e := range entries {
		if n := len(b.rules); n == start || b.rules[n-1] != e.rule {
			b.rules = append(b.rules, e.rule)
		}
	}
	b.buckets[at] = bucket{int32(start), int32(len(b.rules) - start), -1} //nolint:gosec // as above
	return at
}
