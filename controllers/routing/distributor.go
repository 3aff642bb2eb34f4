// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
)

// DefaultDistributor is the name of the Distributor that is made where there is none.
const DefaultDistributor = "default"

// distributorGrace is how long a namespace with workstreams has no Distributor before the default one is made: whoever
// applies a whole set, or deletes a Distributor to apply it with another volume, must not find one that is in the way.
const distributorGrace = 5 * time.Second

// ensureDistributor makes the default Distributor when the namespace has workstreams and goes on having no Distributor.
// It is left alone afterwards, also when the last workstream goes: it has a journal.
func (r *Reconciler) ensureDistributor(_ context.Context, s *scope) error {
	if len(s.input.Distributors) > 0 || len(s.input.Workstreams) == 0 {
		s.without = time.Time{}
		return nil
	}
	if s.without.IsZero() {
		s.without = r.now()
	}
	if s.again = s.without.Add(distributorGrace).Sub(r.now()); s.again > 0 {
		return nil
	}
	s.changes = append(s.changes, func(ctx context.Context) error {
		d := &routingv1alpha1.Distributor{ObjectMeta: metav1.ObjectMeta{Namespace: s.name, Name: DefaultDistributor}}
		err := r.client.Create(ctx, d)
		switch {
		case err == nil:
			ctrl.LoggerFrom(ctx).Info("Made the default Distributor")
		case apierrors.IsAlreadyExists(err): // the cache is behind
		case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		default:
			return fmt.Errorf("making the default Distributor: %w", err)
		}
		return nil
	})
	return nil
}
