// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"slices"
	"unicode/utf8"
)

// trie finds which of many texts are at the start of one, at its end, or anywhere in it, in one pass. All are folded: what
// compares with case is found as well, and looked at again.
type trie struct {
	nodes []trieNode
	roots [256]int32 // the child of the root for each byte
}

// trieNode is what was read so far. Node 0 is the root: nothing.
type trieNode struct {
	child, sibling int32
	// fail is the longest end of what was read that is a node, and out the longest that has rules; only for finding anywhere.
	fail, out int32
	bucket    int32 // -1 when no text ends here
	b         byte
}

func newTrie() *trie { return &trie{nodes: []trieNode{{bucket: -1}}} }

func (t *trie) step(n int32, b byte) int32 {
	if n == 0 {
		return t.roots[b]
	}
	for c := t.nodes[n].child; c != 0; c = t.nodes[c].sibling {
		if t.nodes[c].b == b {
			return c
		}
	}
	return 0
}

// node returns the node of a text, which is new if need be.
func (t *trie) node(text []byte) int32 {
	n := int32(0)
	for _, b := range text {
		next := t.step(n, b)
		if next == 0 {
			next = int32(len(t.nodes)) //nolint:gosec // the texts of a ruleset are fewer bytes than that
			t.nodes = append(t.nodes, trieNode{b: b, sibling: t.nodes[n].child, bucket: -1})
			t.nodes[n].child = next
			if n == 0 {
				t.roots[b] = next
			}
		}
		n = next
	}
	return n
}

// link makes the trie ready to find texts anywhere.
func (t *trie) link() {
	queue := []int32{0}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for c := t.nodes[n].child; c != 0; c = t.nodes[c].sibling {
			if n != 0 {
				t.nodes[c].fail = t.next(t.nodes[n].fail, t.nodes[c].b)
			}
			fail := t.nodes[c].fail
			t.nodes[c].out = fail
			if t.nodes[fail].bucket < 0 {
				t.nodes[c].out = t.nodes[fail].out
			}
			queue = append(queue, c)
		}
	}
}

// next is the state after one more byte when texts are found anywhere.
func (t *trie) next(n int32, b byte) int32 {
	for {
		if c := t.step(n, b); c != 0 || n == 0 {
			return c
		}
		n = t.nodes[n].fail
	}
}

func reversed(text []byte) []byte {
	out := slices.Clone(text)
	slices.Reverse(out)
	return out
}

// foldedRune returns the bytes of the first rune of s, folded, and how many bytes it has in s.
func foldedRune(s string, buf *[utf8.UTFMax]byte) (n, size int) {
	if b := s[0]; b < utf8.RuneSelf {
		if 'a' <= b && b <= 'z' {
			b -= 'a' - 'A'
		}
		buf[0] = b
		return 1, 1
	}
	r, size := utf8.DecodeRuneInString(s)
	return utf8.EncodeRune(buf[:], fold(r)), size
}

// prefixes tries the rules of all texts that are at the start of s.
func (q *search) prefixes(t *trie, s string) {
	var buf [utf8.UTFMax]byte
	node := int32(0)
	for len(s) > 0 {
		n, size := foldedRune(s, &buf)
		s = s[size:]
		for _, b := range buf[:n] {
			if node = t.step(node, b); node == 0 {
				return
			}
		}
		if bucket := t.nodes[node].bucket; bucket >= 0 {
			q.bucket(bucket)
		}
	}
}

// suffixes tries the rules of all texts that are at the end of s.
func (q *search) suffixes(t *trie, s string) {
	var buf [utf8.UTFMax]byte
	node := int32(0)
	for len(s) > 0 {
		r, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
		n := utf8.EncodeRune(buf[:], fold(r))
		for i := n - 1; i >= 0; i-- {
			if node = t.step(node, buf[i]); node == 0 {
				return
			}
		}
		if bucket := t.nodes[node].bucket; bucket >= 0 {
			q.bucket(bucket)
		}
	}
}

// parts tries the rules of all texts that are anywhere in s.
func (q *search) parts(t *trie, s string) {
	var buf [utf8.UTFMax]byte
	var tried [16]int32 // buckets, so that a word that is there often is looked at once, as a rule
	node := int32(0)
	for len(s) > 0 {
		n, size := foldedRune(s, &buf)
		s = s[size:]
		for _, b := range buf[:n] {
			node = t.next(node, b)
		}
		for at := node; at != 0; at = t.nodes[at].out {
			bucket := t.nodes[at].bucket
			if bucket < 0 || tried[bucket%16] == bucket+1 {
				continue
			}
			tried[bucket%16] = bucket + 1
			q.bucket(bucket)
		}
	}
}
