// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"testing"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
)

// TestStorageWhenUnset: the class is the cluster's default one, which is that none is named, and the size is the documented one.
func TestStorageWhenUnset(t *testing.T) {
	embedded := func(e routingv1alpha1.EmbeddedStorage) *routingv1alpha1.Distributor {
		d := &routingv1alpha1.Distributor{}
		d.Spec.Storage = &routingv1alpha1.DistributorStorage{Embedded: e}
		return d
	}
	for name, tc := range map[string]struct {
		distributor *routingv1alpha1.Distributor
		class, size string
	}{
		"nothing": {&routingv1alpha1.Distributor{}, "", "10Gi"},
		"a size":  {embedded(routingv1alpha1.EmbeddedStorage{Size: "3Gi"}), "", "3Gi"},
		"a class": {embedded(routingv1alpha1.EmbeddedStorage{StorageClassName: "fast"}), "fast", "10Gi"},
	} {
		spec := journalClaim(tc.distributor).Spec
		if got := spec.StorageClassName; (got == nil) != (tc.class == "") || got != nil && *got != tc.class {
			t.Errorf("%s: the class is %v, want %q", name, got, tc.class)
		}
		if got := spec.Resources.Requests.Storage().String(); got != tc.size {
			t.Errorf("%s: the size is %s, want %s", name, got, tc.size)
		}
	}
}
