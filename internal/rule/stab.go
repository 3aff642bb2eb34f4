// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"math"
	"math/bits"
	"slices"
)

// interval is the numbers from low to high, both included.
type interval struct{ low, high float64 }

var everything = interval{math.Inf(-1), math.Inf(1)}

// stab finds the intervals that have a number in them. It is a tree over the places that the ends of the intervals make:
// those at an end, and those between two of them. Each node holds the intervals that cover its places and not its parent's.
type stab struct {
	ends   []float64
	leaves int
	nodes  []int32 // buckets; -1 for none
}

// place returns where a number is among the ends.
func (s *stab) place(n float64) int {
	i, at := slices.BinarySearch(s.ends, n)
	if at {
		return 2*i + 1
	}
	return 2 * i
}

// newStab returns a tree for these intervals, and which of its nodes hold each one.
func newStab(list []interval) (s *stab, covers [][]int) {
	s = &stab{}
	for _, i := range list {
		for _, end := range []float64{i.low, i.high} {
			if !math.IsInf(end, 0) {
				s.ends = append(s.ends, end)
			}
		}
	}
	slices.Sort(s.ends)
	s.ends = slices.Compact(s.ends)
	places := 2*len(s.ends) + 1
	s.leaves = 1 << bits.Len(uint(places-1))
	s.nodes = slices.Repeat([]int32{-1}, 2*s.leaves)
	covers = make([][]int, len(list))
	for n, i := range list {
		low, high := 0, places-1
		if !math.IsInf(i.low, 0) {
			low = s.place(i.low)
		}
		if !math.IsInf(i.high, 0) {
			high = s.place(i.high)
		}
		for l, r := low+s.leaves, high+s.leaves+1; l < r; l, r = l/2, r/2 {
			if l&1 == 1 {
				covers[n] = append(covers[n], l)
				l++
			}
			if r&1 == 1 {
				r--
				covers[n] = append(covers[n], r)
			}
		}
	}
	return s, covers
}

// stabbed tries the rules of all intervals that have n in them.
func (q *search) stabbed(s *stab, n float64) {
	for at := s.place(n) + s.leaves; at > 0; at /= 2 {
		if bucket := s.nodes[at]; bucket >= 0 {
			q.bucket(bucket)
		}
	}
}
