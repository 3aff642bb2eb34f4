// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/kube"
)

// PlanFeedAudience is what the token of a distributor's pod is for.
const PlanFeedAudience = "planfeed.workstream.dev"

// Options are what all Distributors have in common.
type Options struct {
	// Image has the distributor's binary.
	Image string
	// PlanFeedAddress is host:port of the plan feed.
	PlanFeedAddress string
	// Trust is whom the pods trust as the plan feed.
	Trust Trust
}

// Trust hands out certificates of authorities.
type Trust interface {
	// Bundle is the certificates in PEM, empty until they are made.
	Bundle() []byte
	// OnChange has f called after the bundle has changed. f must not block.
	OnChange(f func())
}

// Reconciler brings the workload of a Distributor in line with it.
type Reconciler struct {
	client  client.Client // reads from the cache
	live    client.Reader // for the content of Secrets, which is not cached
	opts    Options
	secrets secretMemory
}

// New returns a Reconciler that is not yet registered.
func New(mgr ctrl.Manager, opts Options) *Reconciler {
	return &Reconciler{client: mgr.GetClient(), live: mgr.GetAPIReader(), opts: opts}
}

// scope is what one reconcile reads and finds out.
type scope struct {
	distributor *routingv1alpha1.Distributor
	// serving is the Distributor that serves the namespace: this one, or an older one.
	serving string
	// fingerprint is the state of the credentials that the pods need.
	fingerprint string
}

type phase func(context.Context, *scope) error

// What is read from the cache needs no get.
// +kubebuilder:rbac:groups=routing.workstream.dev,resources=distributors;channels,verbs=list;watch
// +kubebuilder:rbac:groups=routing.workstream.dev,resources=distributors/status,verbs=patch
// +kubebuilder:rbac:groups=apps,resources=statefulsets,verbs=list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=services;serviceaccounts;configmaps,verbs=list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=pods,verbs=list;watch;patch
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=list;watch;create;patch
// An owner reference that blocks the owner's deletion needs this where the cluster asks for it:
// +kubebuilder:rbac:groups=routing.workstream.dev,resources=distributors/finalizers,verbs=update

// Reconcile brings one Distributor's workload in line with it.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (res reconcile.Result, err error) {
	s, err := r.gather(ctx, req)
	if err != nil || s == nil {
		return reconcile.Result{}, err
	}
	defer func() { res, err = r.finish(ctx, s, err) }()
	if s.serving != s.distributor.Name {
		return reconcile.Result{}, nil
	}
	for _, p := range []phase{r.credentials, r.objects, r.refreshPods} {
		if err = p(ctx, s); err != nil {
			break
		}
	}
	return res, err
}

// gather returns nil when there is nothing to do.
func (r *Reconciler) gather(ctx context.Context, req reconcile.Request) (*scope, error) {
	d := &routingv1alpha1.Distributor{}
	if err := r.client.Get(ctx, req.NamespacedName, d); err != nil {
		if apierrors.IsNotFound(err) {
			r.secrets.forget(req.NamespacedName)
			return nil, nil
		}
		return nil, fmt.Errorf("reading Distributor: %w", err)
	}
	if !d.DeletionTimestamp.IsZero() {
		return nil, nil // what it owns goes with it
	}
	var all routingv1alpha1.DistributorList
	if err := r.client.List(ctx, &all, client.InNamespace(d.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing Distributors: %w", err)
	}
	s := &scope{distributor: d}
	if serving := compile.Serving(all.Items); serving != nil {
		s.serving = serving.Name
	}
	return s, nil
}

// objects applies what differs.
func (r *Reconciler) objects(ctx context.Context, s *scope) error {
	bundle := r.opts.Trust.Bundle()
	if len(bundle) == 0 {
		return &kube.Wait{After: trustRetry, Err: errors.New("the plan feed's certificate is not made yet")}
	}
	a := kube.Applier{Reader: r.client, Writer: r.client, Manager: FieldManager}
	for _, o := range r.opts.desired(s.distributor, bundle) {
		wrote, err := a.Apply(ctx, o.live, o.desired)
		switch {
		case apierrors.IsForbidden(err), apierrors.IsInvalid(err): // by a quota, a policy, or an object that is in the way
			return &kube.Wait{After: refusedRetry, Err: err}
		case err != nil:
			return err
		case wrote:
			ctrl.LoggerFrom(ctx).Info("Applied", "what", fmt.Sprintf("%T", o.live))
		}
	}
	return nil
}
