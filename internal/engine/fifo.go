// SPDX-License-Identifier: Apache-2.0

package engine

import "slices"

// perChunk is how many values a chunk of a memory has.
const perChunk = 256

// memory remembers values by key in the order in which they came, so that the oldest can be forgotten.
type memory[T any] struct {
	// numbers are those of the keys: values are numbered from 0 as they come.
	numbers map[string]int
	// chunks have the values, perChunk each but for the last one; the first has the oldest. Values are added and forgotten,
	// never changed: whoever holds a part of them may read it while the engine goes on.
	chunks [][]remembered[T]
	// first and next are the numbers of the oldest value and of the one that comes next.
	first, next int
}

type remembered[T any] struct {
	key   string
	value T
}

// find returns the chunk of a number and the place in it.
func (m *memory[T]) find(number int) (chunk, place int) {
	return number/perChunk - m.first/perChunk, number % perChunk
}

func (m *memory[T]) get(key string) (T, bool) {
	n, ok := m.numbers[key]
	if !ok {
		var none T
		return none, false
	}
	chunk, place := m.find(n)
	return m.chunks[chunk][place].value, true
}

// put remembers v. A key that is remembered gets v in place of what it had.
func (m *memory[T]) put(key string, v T) {
	if m.numbers == nil {
		m.numbers = make(map[string]int)
	}
	if n, ok := m.numbers[key]; ok {
		chunk, place := m.find(n)
		m.chunks[chunk] = slices.Clone(m.chunks[chunk])
		m.chunks[chunk][place].value = v
		return
	}
	m.numbers[key] = m.next
	if m.next%perChunk == 0 {
		var chunk []remembered[T]
		if m.next > 0 { // the first one grows: many a memory stays small
			chunk = make([]remembered[T], 0, perChunk)
		}
		m.chunks = append(m.chunks, chunk)
	}
	last := &m.chunks[len(m.chunks)-1]
	*last = append(*last, remembered[T]{key, v})
	m.next++
}

// putLimited is put that forgets the oldest beyond limit.
func (m *memory[T]) putLimited(key string, v T, limit int) {
	m.put(key, v)
	for m.len() > limit {
		m.drop()
	}
}

func (m *memory[T]) len() int { return m.next - m.first }

// oldest returns the value that was put first; there must be one.
func (m *memory[T]) oldest() T { return m.chunks[0][m.first%perChunk].value }

// drop forgets the oldest.
func (m *memory[T]) drop() {
	delete(m.numbers, m.chunks[0][m.first%perChunk].key)
	m.first++
	if m.first%perChunk == 0 {
		m.chunks[0] = nil
		m.chunks = m.chunks[1:]
	}
}

// all returns what is remembered, oldest first, in parts. It stays as it is.
func (m *memory[T]) all() [][]remembered[T] {
	parts := slices.Clone(m.chunks)
	if len(parts) > 0 {
		parts[0] = parts[0][m.first%perChunk:]
	}
	return parts
}

func (m *memory[T]) values() []T {
	out := make([]T, 0, m.len())
	for _, part := range m.all() {
		for i := range part {
			out = append(out, part[i].value)
		}
	}
	return out
}
