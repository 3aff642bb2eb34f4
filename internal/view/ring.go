// SPDX-License-Identifier: Apache-2.0

package view

import "unsafe"

// ring holds the last stream events, as many as keptStream and keptStreamBytes allow.
type ring struct {
	buf   []*StreamEvent // grows up to keptStream
	first int
	n     int
	bytes int
}

// at returns an event, 0 is the oldest.
func (r *ring) at(i int) *StreamEvent { return r.buf[(r.first+i)%len(r.buf)] }

// full reports whether an event must be dropped before e is added.
func (r *ring) full(e *StreamEvent) bool {
	return r.n > 0 && (r.n == keptStream || r.bytes+e.size > keptStreamBytes)
}

// add needs that it is not full.
func (r *ring) add(e *StreamEvent) {
	if r.n == len(r.buf) {
		grown := make([]*StreamEvent, min(max(2*r.n, 64), keptStream))
		for i := range r.n {
			grown[i] = r.at(i)
		}
		r.buf, r.first = grown, 0
	}
	r.buf[(r.first+r.n)%len(r.buf)] = e
	r.n++
	r.bytes += e.size
}

// drop removes the oldest event and returns whose it was, and its sequence.
func (r *ring) drop() (agent string, seq uint64) {
	e := r.at(0)
	agent, seq = e.agent, e.Seq
	r.bytes -= e.size
	r.buf[r.first] = nil
	r.first = (r.first + 1) % len(r.buf)
	r.n--
	return agent, seq
}

// sizeNow is about what an event keeps from being freed.
func (e *StreamEvent) sizeNow() int {
	size := int(unsafe.Sizeof(*e))
	if m := e.Message; m != nil {
		size += int(unsafe.Sizeof(*m)) + len(m.Text)
	}
	if c := e.Consult; c != nil {
		size += int(unsafe.Sizeof(*c))
	}
	size += len(e.Profiles) * int(unsafe.Sizeof(ProfileUse{}))
	if it := e.Item; it != nil {
		size += int(unsafe.Sizeof(*it)) + len(it.Consults)*int(unsafe.Sizeof(ConsultView{}))
		for name, value := range it.Attributes {
			size += len(name) + len(value.String()) + int(unsafe.Sizeof(value))
		}
	}
	return size
}
