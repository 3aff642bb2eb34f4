// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"context"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/kube"
)

// workers is how many namespaces are worked on at a time.
const workers = 4

// SetupWithManager registers the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	b := kube.NewController(mgr, "routing", workers)
	byNamespace := handler.EnqueueRequestsFromMapFunc(r.namespaceOf)
	for kind, of := range map[string]client.Object{
		routingv1alpha1.KindWorkstream: &routingv1alpha1.Workstream{}, routingv1alpha1.KindChannel: &routingv1alpha1.Channel{},
		routingv1alpha1.KindContextVariable: &routingv1alpha1.ContextVariable{},
		routingv1alpha1.KindRoutingRuleset:  &routingv1alpha1.RoutingRuleset{}, routingv1alpha1.KindQueue: &routingv1alpha1.Queue{},
		routingv1alpha1.KindAgent: &routingv1alpha1.Agent{}, routingv1alpha1.KindCapacityProfile: &routingv1alpha1.CapacityProfile{},
		routingv1alpha1.KindOperatingHours: &routingv1alpha1.OperatingHours{},
		routingv1alpha1.KindDistributor:    &routingv1alpha1.Distributor{},
	} {
		// The first notes all that changes, also statuses; the second lets through what a plan is made of.
		b = b.Watches(of, byNamespace, builder.WithPredicates(r.noticing(kind), predicate.GenerationChangedPredicate{}))
	}
	return b.
		WithLogConstructor(func(req *reconcile.Request) logr.Logger {
			log := mgr.GetLogger().WithValues("controller", "routing")
			if req != nil {
				log = log.WithValues("namespace", req.Name)
			}
			return log
		}).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.namespaceOfSecret)).
		WatchesRawSource(source.Func(r.watchFeed)).
		Complete(r)
}

// noticing notes every event of a kind, and keeps none back.
func (r *Reconciler) noticing(kind string) predicate.Predicate {
	return predicate.NewPredicateFuncs(func(o client.Object) bool {
		r.notice(place{o.GetNamespace(), kind}, o.GetName())
		return true
	})
}

// request is that of a namespace.
func request(namespace string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Name: namespace}}
}

func (r *Reconciler) namespaceOf(_ context.Context, o client.Object) []reconcile.Request {
	r.hurry(o.GetNamespace())
	r.wakers.wake(o.GetNamespace())
	return []reconcile.Request{request(o.GetNamespace())}
}

// namespaceOfSecret maps only Secrets that an object names.
func (r *Reconciler) namespaceOfSecret(ctx context.Context, o client.Object) []reconcile.Request {
	named, err := kube.References(ctx, r.client, o.GetNamespace(), o.GetName())
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Mapping a Secret")
		return nil
	}
	if !named {
		return nil
	}
	return r.namespaceOf(ctx, o)
}

// watchFeed looks at a namespace again when a replica said something.
func (r *Reconciler) watchFeed(_ context.Context, q workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	r.feed.OnChange(func(namespace, _ string) {
		r.wakers.wake(namespace)
		q.Add(request(namespace))
	})
	return nil
}
