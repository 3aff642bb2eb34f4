// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// live returns pointers to the objects that are there, the oldest first; those made in the same second are ordered by
// name, so that the order is total.
func live[T any, P interface {
	*T
	metav1.Object
}](objects []T) []P {
	kept := make([]P, 0, len(objects))
	for i := range objects {
		if o := P(&objects[i]); there(o) {
			kept = append(kept, o)
		}
	}
	slices.SortFunc(kept, func(a, b P) int {
		return cmp.Or(
			a.GetCreationTimestamp().Compare(b.GetCreationTimestamp().Time),
			cmp.Compare(a.GetName(), b.GetName()),
		)
	})
	return kept
}

// there reports whether an object counts: one that is being deleted does as long as it may be in use.
func there(o metav1.Object) bool { return o.GetDeletionTimestamp() == nil || Held(o) }

// byName returns the objects in the order of their names.
func byName[P metav1.Object](objects []P) []P {
	sorted := slices.Clone(objects)
	slices.SortFunc(sorted, func(a, b P) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return sorted
}

// claims is who holds what may be held only once. Claims are made in the order of age, so that the older object holds
// it, whatever else is wrong with that one: what is being repaired is not taken over meanwhile.
type claims[K comparable] map[K]string

// claim returns the name of the object that holds key already, or lets the claimant hold it.
func (c claims[K]) claim(key K, claimant string) (holder string, ok bool) {
	if holder, taken := c[key]; taken {
		return holder, false
	}
	c[key] = claimant
	return claimant, true
}
