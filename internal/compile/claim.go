// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// live returns pointers to the objects that are there, by name.
func live[T any, P interface {
	*T
	metav1.Object
}](objects []T) []P {
	kept := make([]P, 0, len(objects))
	sorted := true
	for i := range objects {
		if o := P(&objects[i]); there(o) {
			sorted = sorted && (len(kept) == 0 || kept[len(kept)-1].GetName() < o.GetName())
			kept = append(kept, o)
		}
	}
	if !sorted { // they are, as the controller lists them
		slices.SortFunc(kept, func(a, b P) int { return cmp.Compare(a.GetName(), b.GetName()) })
	}
	return kept
}

// there reports whether an object counts: one that is being deleted does as long as it may be in use.
func there(o metav1.Object) bool { return o.GetDeletionTimestamp() == nil || Held(o) }

// older orders objects by their age; those made in the same second are ordered by name, so that the order is total.
func older[P metav1.Object](a, b P) int {
	return cmp.Or(
		a.GetCreationTimestamp().Compare(b.GetCreationTimestamp().Time),
		cmp.Compare(a.GetName(), b.GetName()),
	)
}

// claims is who holds what may be held only once: the oldest object that claims it, whatever else is wrong with that one.
// What is being repaired is not taken over meanwhile.
type claims[K comparable, P metav1.Object] map[K]P

// claim has the claimant hold key, unless an older object does. All claim before anybody is asked who holds what.
func (c claims[K, P]) claim(key K, claimant P) {
	if holder, taken := c[key]; !taken || older(claimant, holder) < 0 {
		c[key] = claimant
	}
}

// holds reports whether an object holds key, and the name of the one that does.
func (c claims[K, P]) holds(key K, claimant P) (holder string, own bool) {
	by := c[key]
	return by.GetName(), by.GetName() == claimant.GetName()
}
