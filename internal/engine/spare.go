// SPDX-License-Identifier: Apache-2.0

package engine

// maxSpares is how many of a kind are kept for later.
const maxSpares = 1024

// spares are things that ended and are used again, so that whoever serves one after the other makes nothing new. What
// ended in a step is given away only behind its end: until then decisions may look at it. Snapshots never do.
type spares[T any] struct{ free, ended []*T }

// get returns an empty one.
func (s *spares[T]) get() *T {
	last := len(s.free) - 1
	if last < 0 {
		return new(T)
	}
	x := s.free[last]
	s.free[last] = nil
	s.free = s.free[:last]
	return x
}

// put notes that x has ended, and that nothing of the state leads to it any more.
func (s *spares[T]) put(x *T) { s.ended = append(s.ended, x) }

// reuse makes what has ended available.
func (s *spares[T]) reuse() {
	for i, x := range s.ended {
		if len(s.free) < maxSpares {
			var empty T
			*x = empty
			s.free = append(s.free, x)
		}
		s.ended[i] = nil
	}
	s.ended = s.ended[:0]
}

// reuse is for the end of a step.
func (e *Engine) reuse() {
	e.spareItems.reuse()
	e.spareOffers.reuse()
	e.spareEntries.reuse()
}
