// SPDX-License-Identifier: Apache-2.0

package rule

import "slices"

const (
	// fewRules are tried one after the other.
	fewRules = 6
	// maxProbes is how many attributes are looked up once for each search, those that most rules ask for; others each time.
	maxProbes = 20
)

// search is one question to a set. It lives on the stack.
type search struct {
	set    *Set
	ix     *index
	attrs  Attributes
	from   int32
	costly bool  // the rules of ix have expressions
	best   int32 // the first rule that is known to match, at or behind from; behind all when there is none
	tried  int32 // how many rules were held against the item
	probe  [maxProbes]probe
	spare  Value
}

// probe is an attribute that was looked up.
type probe struct {
	value  Value
	hash   uint64
	known  bool
	hashed bool
}

// Next returns the index of the first rule at or behind from that matches, or -1.
func (s *Set) Next(from int, attrs Attributes) int {
	from = max(from, 0)
	if s.plain == nil && s.costly == nil {
		for i := from; i < len(s.rules); i++ {
			if s.Matches(i, attrs) {
				return i
			}
		}
		return -1
	}
	return s.search(from, attrs)
}

// search is Next by the index.
func (s *Set) search(from int, attrs Attributes) int {
	n := int32(len(s.rules)) //nolint:gosec // rulesets are smaller than that
	if from >= len(s.rules) {
		return -1
	}
	q := search{set: s, attrs: attrs, from: int32(from), best: n} //nolint:gosec // as above
	q.run()
	if q.best == n {
		return -1
	}
	return int(q.best)
}

// run asks the rules without expression first, so that no expression is evaluated behind the first of them that matches.
func (q *search) run() {
	s := q.set
	if i, _ := slices.BinarySearch(s.always, q.from); i < len(s.always) {
		q.best = s.always[i]
	}
	if s.plain != nil {
		q.ix = s.plain
		q.node(0)
	}
	if s.costly != nil {
		q.ix, q.costly = s.costly, true
		q.node(0)
	}
}

// node tries what a node finds, as long as it may be before what was found.
func (q *search) node(at int32) {
	n := &q.ix.nodes[at]
	for i := range n.sources {
		s := &n.sources[i]
		if s.first >= q.best {
			return
		}
		q.source(s)
	}
}

func (q *search) source(s *source) {
	if s.kind == ofRest {
		q.bucket(s.bucket)
		return
	}
	if s.kind == ofValues {
		h := uint64(0)
		for _, slot := range s.slots {
			key, ok := q.hash(slot)
			if !ok {
				return
			}
			h = combine(h, key)
		}
		if at := s.table.get(h); at > 0 {
			q.bucket(at - 1)
		} else if at < 0 {
			q.one(^at)
		}
		return
	}
	v := q.value(s.slots[0])
	switch {
	case v.kind == Any:
	case s.kind == ofPresence:
		q.bucket(s.bucket)
	case s.kind == ofNumbers:
		if v.kind != Text {
			q.stabbed(s.stab, v.number)
		}
	case v.kind != Text:
	case s.kind == ofPrefixes:
		q.prefixes(s.trie, v.text)
	case s.kind == ofSuffixes:
		q.suffixes(s.trie, v.text)
	default: // ofParts
		q.parts(s.trie, v.text)
	}
}

// bucket tries rules in order until one matches.
func (q *search) bucket(at int32) {
	b := &q.ix.buckets[at]
	if b.node >= 0 {
		q.node(b.node)
		return
	}
	rules := q.ix.rules[b.start : b.start+b.count]
	i := 0
	if q.from > 0 {
		i, _ = slices.BinarySearch(rules, q.from)
	}
	for ; i < len(rules) && rules[i] < q.best; i++ {
		if q.matches(rules[i]) {
			q.best = rules[i]
			return
		}
	}
}

// one tries a rule.
func (q *search) one(rule int32) {
	if rule >= q.from && rule < q.best && q.matches(rule) {
		q.best = rule
	}
}

func (q *search) matches(i int32) bool {
	q.tried++
	at := q.set.starts[i]
	if at >= 0 && !q.holds(at) {
		return false
	}
	return !q.costly || q.set.rules[i].expression.Holds(values(q.attrs))
}

func holdsHash(sorted []uint64, h uint64) bool {
	_, found := slices.BinarySearch(sorted, h)
	return found
}

// value returns an attribute; what it points to is good until the next call.
func (q *search) value(slot int32) *Value {
	if slot >= maxProbes {
		q.spare = q.attrs[q.set.attributes[slot]]
		return &q.spare
	}
	p := &q.probe[slot]
	if !p.known {
		p.value, p.known = q.attrs[q.set.attributes[slot]], true
	}
	return &p.value
}

// hash returns the hash of an attribute, and whether it can be that of a value which a rule compares it with.
func (q *search) hash(slot int32) (uint64, bool) {
	if slot < maxProbes && q.probe[slot].hashed {
		return q.probe[slot].hash, q.probe[slot].hash != 0
	}
	v := q.value(slot)
	var h uint64
	switch v.kind {
	case Text:
		const most = 3 // bytes of a rune that is another one of one byte but for its case
		if len(v.text) <= most*q.set.longest[slot] {
			h = hashText(v.text)
		}
	case Number:
		h = hashNumber(v.number)
	case Time, Any:
	}
	if slot < maxProbes {
		q.probe[slot].hash, q.probe[slot].hashed = h, true
	}
	return h, h != 0
}
