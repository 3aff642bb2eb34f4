// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"context"
	"maps"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	k8slabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/kube"
)

const (
	workers = 2
	// conflictRetry is when to look again after somebody else wrote the same status: the cache has it by then.
	conflictRetry = 20 * time.Millisecond
	// refusedRetry and trustRetry are when to look again for what nothing tells us of.
	refusedRetry = 30 * time.Second
	trustRetry   = 5 * time.Second
)

// CacheOptions narrow the cache to the objects that this controller made.
func CacheOptions() map[client.Object]cache.ByObject {
	ours := cache.ByObject{Label: k8slabels.SelectorFromSet(k8slabels.Set{LabelManagedBy: ManagedBy})}
	return map[client.Object]cache.ByObject{
		&appsv1.StatefulSet{}:         ours,
		&corev1.ConfigMap{}:           ours,
		&corev1.Pod{}:                 ours,
		&corev1.Service{}:             ours,
		&corev1.ServiceAccount{}:      ours,
		&networkingv1.NetworkPolicy{}: ours,
	}
}

// SetupWithManager registers the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	generation := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return kube.NewController(mgr, "dataplane", workers).
		For(&routingv1alpha1.Distributor{}, generation).
		Owns(&appsv1.StatefulSet{}).
		Owns(&corev1.Service{}).
		Owns(&corev1.ServiceAccount{}).
		Owns(&corev1.ConfigMap{}).
		Owns(&networkingv1.NetworkPolicy{}).
		// When the Distributor that serves a namespace goes, the next takes over.
		Watches(&routingv1alpha1.Distributor{}, handler.EnqueueRequestsFromMapFunc(r.distributorsBeside), generation).
		Watches(&routingv1alpha1.Channel{}, handler.EnqueueRequestsFromMapFunc(r.distributorsBeside), generation).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.distributorsOfSecret)).
		WatchesMetadata(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(distributorOfPod), builder.WithPredicates(annotationsChanged())).
		WatchesRawSource(source.Func(r.watchTrust)).
		Complete(r)
}

// annotationsChanged lets through pods that are new, or whose annotations somebody changed.
func annotationsChanged() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			return !maps.Equal(e.ObjectOld.GetAnnotations(), e.ObjectNew.GetAnnotations())
		},
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	}
}

// distributorsBeside maps an object to the Distributors of its namespace.
func (r *Reconciler) distributorsBeside(ctx context.Context, o client.Object) []reconcile.Request {
	var list routingv1alpha1.DistributorList
	if err := r.client.List(ctx, &list, client.InNamespace(o.GetNamespace()), client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Mapping to Distributors")
		return nil
	}
	out := make([]reconcile.Request, 0, len(list.Items))
	for i := range list.Items {
		out = append(out, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
	}
	return out
}

// distributorsOfSecret maps a Secret that is referenced, or that this controller made.
func (r *Reconciler) distributorsOfSecret(ctx context.Context, o client.Object) []reconcile.Request {
	if o.GetLabels()[LabelManagedBy] == ManagedBy {
		return requestFor(o)
	}
	named, err := kube.References(ctx, r.client, o.GetNamespace(), o.GetName())
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Mapping a Secret")
		return nil
	}
	if !named {
		return nil
	}
	return r.distributorsBeside(ctx, o)
}

func distributorOfPod(_ context.Context, o client.Object) []reconcile.Request { return requestFor(o) }

// requestFor maps what carries our labels.
func requestFor(o client.Object) []reconcile.Request {
	name := o.GetLabels()[routingv1alpha1.LabelDistributor]
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: o.GetNamespace(), Name: name}}}
}

// watchTrust looks at every Distributor again when the authorities of the plan feed have changed.
func (r *Reconciler) watchTrust(ctx context.Context, q workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	r.opts.Trust.OnChange(func() {
		var list routingv1alpha1.DistributorList
		if err := r.client.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "Mapping the plan feed's authorities")
			return
		}
		for i := range list.Items {
			q.Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	})
	return nil
}
