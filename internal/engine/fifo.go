// SPDX-License-Identifier: Apache-2.0

package engine

// memory remembers values by key in the order in which they came, so that the oldest can be forgotten.
type memory[T any] struct {
	// places are those of the keys in entries, as if none had been forgotten.
	places map[string]int
	// entries are those from head on. They are added and forgotten, never changed: whoever holds a part of them may read it
	// while the engine goes on.
	entries []remembered[T]
	head    int
	// forgotten is how many entries are no longer in the list.
	forgotten int
}

type remembered[T any] struct {
	key   string
	value T
}

func (m *memory[T]) get(key string) (T, bool) {
	i, ok := m.places[key]
	if !ok {
		var none T
		return none, false
	}
	return m.entries[i-m.forgotten].value, true
}

// put remembers v. A key that is remembered gets v in place of what it had.
func (m *memory[T]) put(key string, v T) {
	if m.places == nil {
		m.places = make(map[string]int)
	}
	if i, ok := m.places[key]; ok {
		m.entries = append([]remembered[T](nil), m.entries...)
		m.entries[i-m.forgotten].value = v
		return
	}
	m.places[key] = len(m.entries) + m.forgotten
	m.entries = append(m.entries, remembered[T]{key, v})
}

// putLimited is put that forgets the oldest beyond limit.
func (m *memory[T]) putLimited(key string, v T, limit int) {
	m.put(key, v)
	for m.len() > limit {
		m.drop()
	}
}

func (m *memory[T]) len() int { return len(m.entries) - m.head }

// oldest returns the value that was put first; there must be one.
func (m *memory[T]) oldest() T { return m.entries[m.head].value }

// drop forgets the oldest.
func (m *memory[T]) drop() {
	delete(m.places, m.entries[m.head].key)
	m.head++
	if m.head > 64 && m.head > len(m.entries)/2 {
		m.entries = append([]remembered[T](nil), m.entries[m.head:]...)
		m.forgotten += m.head
		m.head = 0
	}
}

// all returns what is remembered, oldest first. It stays as it is.
func (m *memory[T]) all() []remembered[T] { return m.entries[m.head:len(m.entries):len(m.entries)] }

func (m *memory[T]) values() []T {
	out := make([]T, 0, m.len())
	for i := range m.all() {
		out = append(out, m.entries[m.head+i].value)
	}
	return out
}
