// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
)

// goneAfter is when to look again at what is held by others only: no event tells that it does not count any more.
const goneAfter = time.Millisecond

// protect has what others may need held from when it is first seen, and let go when it is being deleted and nobody needs it.
// That is done behind the statuses: a finalizer must not delay what people wait for.
func (r *Reconciler) protect(_ context.Context, s *scope) error {
	if !slices.ContainsFunc(s.kinds, func(l *listed) bool { return l.unfinalized > 0 }) {
		return nil // as nearly always
	}
	s.needed = compile.Needed(&s.input)
	var mu sync.Mutex // guards s.written and s.again: changes run side by side
	for o := range s.unfinalized {
		deleting, held := o.GetDeletionTimestamp() != nil, compile.Held(o.object)
		needed := len(s.needed[compile.Place{Kind: o.kind, Name: o.GetName()}]) > 0
		if deleting == held && !needed { // it is to be held, or let go
			s.later = append(s.later, func(ctx context.Context) error { return r.setHeld(ctx, s, o, !deleting, &mu) })
		}
	}
	return nil
}

// unfinalized goes through the objects of the kinds that are protected, but for those kinds where nothing is to be done.
func (o *objects) unfinalized(yield func(kindObject) bool) {
	for _, l := range o.kinds {
		for i := 0; i < len(l.all) && l.unfinalized > 0; i++ {
			if !yield(l.all[i]) {
				return
			}
		}
	}
}

// setHeld puts the finalizer on an object, or takes it off. A write of somebody else in between is a conflict, because the list
// is replaced as a whole.
func (r *Reconciler) setHeld(ctx context.Context, s *scope, o kindObject, held bool, mu *sync.Mutex) error {
	mu.Lock()
	before := fresh(s.namespace, o.object)
	mu.Unlock()
	after, _ := before.DeepCopyObject().(object)
	if held {
		after.SetFinalizers(append(after.GetFinalizers(), routingv1alpha1.FinalizerInUse))
	} else {
		after.SetFinalizers(slices.DeleteFunc(after.GetFinalizers(), func(f string) bool { return f == routingv1alpha1.FinalizerInUse }))
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	err := r.client.Patch(ctx, after, patch)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s %s: finalizer: %w", o.kind, o.GetName(), err)
	}
	mu.Lock()
	defer mu.Unlock()
	s.wrote(o.kind, after)
	if !held && len(after.GetFinalizers()) > 0 {
		s.again = goneAfter
	}
	return nil
}
