// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math/bits"

	"workstream.dev/operator/internal/plan"
)

// skillIDs numbers the names of skills from 1; 0 is no skill at all.
type skillIDs map[string]int

func (m skillIDs) of(name string) int {
	if name == "" {
		return 0
	}
	id, ok := m[name]
	if !ok {
		id = len(m) + 1
		m[name] = id
	}
	return id
}

// skillSet has a bit for each number, so that what two have in common is found 64 at a time.
type skillSet []uint64

// setOf returns the skills of an agent, with no skill at all among them.
func (m skillIDs) setOf(skills []plan.Skill) skillSet {
	s := skillSet{1}
	for i := range skills {
		s.put(m.of(skills[i].Name), true)
	}
	return s
}

func (s *skillSet) put(id int, in bool) {
	for len(*s) <= id/64 {
		*s = append(*s, 0)
	}
	if in {
		(*s)[id/64] |= 1 << (id % 64)
	} else {
		(*s)[id/64] &^= 1 << (id % 64)
	}
}

func (s skillSet) has(id int) bool { return id/64 < len(s) && s[id/64]&(1<<(id%64)) != 0 }

// both visits the numbers that are in s and in o.
func (s skillSet) both(o skillSet, visit func(id int)) {
	for i := range min(len(s), len(o)) {
		for w := s[i] & o[i]; w != 0; w &= w - 1 {
			visit(64*i + bits.TrailingZeros64(w))
		}
	}
}
