// SPDX-License-Identifier: Apache-2.0

package engine

// memory remembers values by key in the order in which they came, so that the oldest can be forgotten.
type memory[T any] struct {
	byKey map[string]T
	order []string
	head  int
}

func (m *memory[T]) get(key string) (T, bool) {
	v, ok := m.byKey[key]
	return v, ok
}

// put remembers v. A key is put once as long as it is remembered.
func (m *memory[T]) put(key string, v T) {
	if m.byKey == nil {
		m.byKey = make(map[string]T)
	}
	if _, ok := m.byKey[key]; !ok {
		m.order = append(m.order, key)
	}
	m.byKey[key] = v
}

// putLimited is put that forgets the oldest beyond limit.
func (m *memory[T]) putLimited(key string, v T, limit int) {
	m.put(key, v)
	for m.len() > limit {
		m.drop()
	}
}

func (m *memory[T]) len() int { return len(m.order) - m.head }

// oldest returns the value that was put first; there must be one.
func (m *memory[T]) oldest() T { return m.byKey[m.order[m.head]] }

// drop forgets the oldest.
func (m *memory[T]) drop() {
	delete(m.byKey, m.order[m.head])
	m.order[m.head] = ""
	m.head++
	if m.head > 64 && m.head > len(m.order)/2 {
		m.order = append([]string(nil), m.order[m.head:]...)
		m.head = 0
	}
}

// list returns the values, oldest first.
func (m *memory[T]) list() []T {
	out := make([]T, 0, m.len())
	for _, k := range m.order[m.head:] {
		out = append(out, m.byKey[k])
	}
	return out
}
