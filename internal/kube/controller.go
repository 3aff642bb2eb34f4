// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"time"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// firstRetry and lastRetry bound the backoff of one request: a conflict is over in milliseconds, and nobody waits
	// longer than half a minute after the API server came back.
	firstRetry = 5 * time.Millisecond
	lastRetry  = 30 * time.Second
	// reconcileTimeout ends a reconcile that hangs on the API server.
	reconcileTimeout = time.Minute
)

// NewController begins the definition of a controller with what all of ours have in common.
func NewController(mgr ctrl.Manager, name string, workers int) *ctrl.Builder {
	return ctrl.NewControllerManagedBy(mgr).Named(name).WithOptions(controller.Options{
		MaxConcurrentReconciles: workers,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
		ReconciliationTimeout:   reconcileTimeout,
	})
}
