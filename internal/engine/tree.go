// SPDX-License-Identifier: Apache-2.0

package engine

import "strings"

// place orders what is in a tree: by rank, then first, then second, then name. No two in a tree have the same.
type place struct {
	rank, first, second int64
	name                string
}

func (p *place) before(o *place) bool {
	if p.rank != o.rank {
		return p.rank < o.rank
	}
	if p.first != o.first {
		return p.first < o.first
	}
	if p.second != o.second {
		return p.second < o.second
	}
	return p.name < o.name
}

// node is where something stands in a tree. It lives in what it is the node of, so that trees allocate nothing. What is
// asked on the way down stands first, in one line of the processor's cache: most nodes have not been looked at for long.
type node[T any] struct {
	place
	left, right *node[T]
	weight      uint32
	// rooms says that walks ask for room. All nodes of a tree say the same.
	rooms bool
	of    *T
	// room is what a walk asks for; most is the largest of the subtree.
	room, most int64
}

// tree is a treap: ordered by place from left to right and by weight from top to bottom. Weights are hashes of names, so
// that its depth is logarithmic whatever comes in whatever order, and its shape follows from what is in it.
type tree[T any] struct {
	root *node[T]
	len  int
}

// weigh is the FNV-1a hash of a name, mixed once more: names that differ in the last letter only are far apart.
func weigh(name string) uint32 {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// pull computes what n knows of its subtree.
func (n *node[T]) pull() {
	if !n.rooms {
		return
	}
	n.most = n.room
	if n.left != nil && n.left.most > n.most {
		n.most = n.left.most
	}
	if n.right != nil && n.right.most > n.most {
		n.most = n.right.most
	}
}

// insert puts n, whose place, room if there is any, and weight are set, into the tree.
func (t *tree[T]) insert(n *node[T]) {
	at := &t.root
	for *at != nil && (*at).weight >= n.weight {
		x := *at
		if n.rooms && n.room > x.most {
			x.most = n.room
		}
		if n.before(&x.place) {
			at = &x.left
		} else {
			at = &x.right
		}
	}
	n.left, n.right = split(*at, &n.place)
	n.pull()
	*at = n
	t.len++
}

// split parts a subtree into what is before p and what is not.
func split[T any](n *node[T], p *place) (left, right *node[T]) {
	if n == nil {
		return nil, nil
	}
	if n.before(p) {
		n.right, right = split(n.right, p)
		n.pull()
		return n, right
	}
	left, n.left = split(n.left, p)
	n.pull()
	return left, n
}

// remove takes n out and reports whether it was there.
func (t *tree[T]) remove(n *node[T]) bool {
	if !remove(&t.root, n) {
		return false
	}
	n.left, n.right = nil, nil
	t.len--
	return true
}

func remove[T any](at **node[T], n *node[T]) bool {
	x := *at
	switch x {
	case nil:
		return false
	case n:
		*at = join(n.left, n.right)
		return true
	}
	next := &x.right
	if n.before(&x.place) {
		next = &x.left
	}
	if !remove(next, n) {
		return false
	}
	if n.rooms && n.room == x.most {
		x.pull()
	}
	return true
}

// join makes one subtree of two, of which the left one is before the right one.
func join[T any](l, r *node[T]) *node[T] {
	switch {
	case l == nil:
		return r
	case r == nil:
		return l
	case l.weight >= r.weight:
		l.right = join(l.right, r)
		l.pull()
		return l
	default:
		r.left = join(l, r.left)
		r.pull()
		return r
	}
}

// first returns what is first in the tree, or nil.
func (t *tree[T]) first() *T {
	n := t.root
	if n == nil {
		return nil
	}
	for n.left != nil {
		n = n.left
	}
	return n.of
}

// walk visits what has at least so much room, in order, until visit says that it is enough. It reports whether it went
// to the end. Subtrees without anybody who has the room are passed by, so each one visited costs a logarithm.
func (n *node[T]) walk(room int64, visit func(*T) bool) bool {
	for n != nil && n.most >= room {
		if !n.left.walk(room, visit) {
			return false
		}
		if n.room >= room && !visit(n.of) {
			return false
		}
		n = n.right
	}
	return true
}

// all visits everything in order.
func (t *tree[T]) all(visit func(*T) bool) { t.root.each(visit) }

func (n *node[T]) each(visit func(*T) bool) bool {
	for n != nil {
		if !n.left.each(visit) || !visit(n.of) {
			return false
		}
		n = n.right
	}
	return true
}

// compare orders by place.
func (p *place) compare(o *place) int {
	switch {
	case p.before(o):
		return -1
	case o.before(p):
		return 1
	default:
		return strings.Compare(p.name, o.name)
	}
}
