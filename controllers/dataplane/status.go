// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/kube"
)

// finish writes the status, and turns the phases' error into what comes next. Nothing else does.
func (r *Reconciler) finish(ctx context.Context, s *scope, phases error) (reconcile.Result, error) {
	if apierrors.HasStatusCause(phases, corev1.NamespaceTerminatingCause) {
		return reconcile.Result{}, nil // the Distributor goes next
	}
	d := s.distributor
	before := d.DeepCopy()
	d.Status.APIService = ""
	if s.serving == d.Name {
		d.Status.APIService = WorkloadName(d.Name)
	}
	available, err := r.available(ctx, s, phases)
	if err != nil {
		return reconcile.Result{}, err
	}
	meta.SetStatusCondition(&d.Status.Conditions, available)
	// The conditions that tell how the plan fares are the routing controller's.
	_, err = kube.PatchStatus(ctx, r.client, before, d, true)
	switch {
	case apierrors.IsNotFound(err):
		return reconcile.Result{}, nil
	case apierrors.IsConflict(err):
		return reconcile.Result{RequeueAfter: conflictRetry}, nil
	case err != nil:
		return reconcile.Result{}, err
	}
	if wait := kube.AsWait(phases); wait != nil {
		ctrl.LoggerFrom(ctx).Info("Waiting", "for", wait.Error(), "after", wait.After.String())
		return reconcile.Result{RequeueAfter: wait.After}, nil
	}
	return reconcile.Result{}, phases
}

// available tells from the StatefulSet whether the distributor can be reached.
func (r *Reconciler) available(ctx context.Context, s *scope, phases error) (metav1.Condition, error) {
	d := s.distributor
	c := metav1.Condition{
		Type:               string(routingv1alpha1.DistributorConditionAvailable),
		Status:             metav1.ConditionFalse,
		Reason:             string(routingv1alpha1.DistributorReasonReplicasNotReady),
		ObservedGeneration: d.Generation,
	}
	if s.serving != d.Name {
		c.Reason = string(routingv1alpha1.DistributorReasonNotServing)
		c.Message = fmt.Sprintf("Distributor %s is older and serves the namespace", s.serving)
		return c, nil
	}
	sts := &appsv1.StatefulSet{}
	err := r.client.Get(ctx, types.NamespacedName{Namespace: d.Namespace, Name: WorkloadName(d.Name)}, sts)
	if err != nil && !apierrors.IsNotFound(err) {
		return c, fmt.Errorf("reading StatefulSet: %w", err)
	}
	c.Message = fmt.Sprintf("%d of %d replicas are ready", sts.Status.ReadyReplicas, Replicas)
	if sts.Status.ReadyReplicas > 0 {
		c.Status, c.Reason = metav1.ConditionTrue, string(routingv1alpha1.DistributorReasonAvailable)
	}
	if kube.AsWait(phases) != nil {
		c.Message = kube.Message(c.Message + ": " + phases.Error())
	}
	return c, nil
}
