// SPDX-License-Identifier: Apache-2.0

package analysis

import "math/bits"

// bitset is a set of small numbers. Sets of one attribute have the same length.
type bitset []uint64

func newBits(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }

// first returns the smallest number in b, or -1.
func (b bitset) first() int {
	for i, w := range b {
		if w != 0 {
			return 64*i + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// narrow takes out of b what is not in t, or with negate what is, into a set of its own.
func (b bitset) narrow(t bitset, negate bool) bitset {
	out := make(bitset, len(b))
	for i := range b {
		if negate {
			out[i] = b[i] &^ t[i]
		} else {
			out[i] = b[i] & t[i]
		}
	}
	return out
}

// meets reports whether narrow would leave anything.
func (b bitset) meets(t bitset, negate bool) bool {
	for i := range b {
		if negate && b[i]&^t[i] != 0 || !negate && b[i]&t[i] != 0 {
			return true
		}
	}
	return false
}
