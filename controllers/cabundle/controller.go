// SPDX-License-Identifier: Apache-2.0

package cabundle

import (
	"bytes"
	"context"
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	applyv1 "k8s.io/client-go/applyconfigurations/admissionregistration/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"workstream.dev/operator/internal/kube"
	"workstream.dev/operator/internal/webhook"
)

const (
	// fieldManager owns the bundle in the ValidatingWebhookConfiguration.
	fieldManager = client.FieldOwner("workstream-cabundle")
	// injectedByCertManager is the annotation by which cert-manager is asked to do this work.
	injectedByCertManager = "cert-manager.io/inject-ca-from"
)

// Trust hands out certificates of authorities.
type Trust interface {
	// Bundle is the certificates in PEM, empty until they are made.
	Bundle() []byte
	// OnChange has f called after the bundle has changed. f must not block.
	OnChange(f func())
}

// Reconciler keeps the bundle of one ValidatingWebhookConfiguration.
type Reconciler struct {
	client client.Client // reads from the cache
	trust  Trust
}

// New returns a Reconciler that is not yet registered.
func New(mgr ctrl.Manager, trust Trust) *Reconciler {
	return &Reconciler{client: mgr.GetClient(), trust: trust}
}

// CacheOptions narrow the cache to the one object: the manager may read no other.
func CacheOptions() map[client.Object]cache.ByObject {
	return map[client.Object]cache.ByObject{
		&admissionregistrationv1.ValidatingWebhookConfiguration{}: {
			Field: fields.OneTermEqualSelector("metadata.name", webhook.Configuration),
		},
	}
}

// SetupWithManager registers the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return kube.NewController(mgr, "cabundle", 1).
		For(&admissionregistrationv1.ValidatingWebhookConfiguration{}).
		WatchesRawSource(source.Func(r.watchTrust)).
		Complete(r)
}

// watchTrust looks again when the authorities changed.
func (r *Reconciler) watchTrust(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	r.trust.OnChange(func() {
		queue.Add(reconcile.Request{NamespacedName: types.NamespacedName{Name: webhook.Configuration}})
	})
	return nil
}

// What is read from the cache needs no get.
// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingwebhookconfigurations,resourceNames=workstream-admission,verbs=list;watch;patch

// Reconcile writes the bundle where it differs.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	bundle := r.trust.Bundle()
	if len(bundle) == 0 {
		return reconcile.Result{}, nil // watchTrust tells when it is made
	}
	var found admissionregistrationv1.ValidatingWebhookConfiguration
	if err := r.client.Get(ctx, req.NamespacedName, &found); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if from, ok := found.Annotations[injectedByCertManager]; ok {
		ctrl.LoggerFrom(ctx).Info("Leaving the bundle to cert-manager, although this manager makes the certificate itself: "+
			"--webhook-cert-dir is not set", "annotation", from)
		return reconcile.Result{}, nil
	}
	// The resource version keeps an object that was deleted meanwhile from being made anew.
	desired := applyv1.ValidatingWebhookConfiguration(found.Name).WithResourceVersion(found.ResourceVersion)
	differs := false
	for i := range found.Webhooks {
		w := &found.Webhooks[i]
		differs = differs || !bytes.Equal(w.ClientConfig.CABundle, bundle)
		desired.WithWebhooks(applyv1.ValidatingWebhook().WithName(w.Name).
			WithClientConfig(applyv1.WebhookClientConfig().WithCABundle(bundle...)))
	}
	if !differs {
		return reconcile.Result{}, nil
	}
	if err := r.client.Apply(ctx, desired, fieldManager, client.ForceOwnership); err != nil {
		return reconcile.Result{}, fmt.Errorf("writing the bundle: %w", err)
	}
	ctrl.LoggerFrom(ctx).Info("Told the API server whom to trust as the webhook")
	return reconcile.Result{}, nil
}
