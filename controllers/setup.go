// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"
	"maps"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"workstream.dev/operator/controllers/cabundle"
	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/controllers/routing"
)

// Options are what the reconcilers need besides the API server.
type Options struct {
	// Feed carries plans to the distributors.
	Feed routing.Feed
	// DataPlane says how Distributors are deployed.
	DataPlane dataplane.Options
	// WebhookTrust is whom the API server is told to trust as the webhook. Nil, somebody else tells it, or there is none.
	WebhookTrust cabundle.Trust
}

// CacheOptions narrow the manager's cache to what the reconcilers need.
func CacheOptions() map[client.Object]cache.ByObject {
	all := dataplane.CacheOptions()
	maps.Copy(all, cabundle.CacheOptions())
	return all
}

// SetupAll registers every reconciler with the manager.
func SetupAll(mgr ctrl.Manager, opts Options) error {
	if err := routing.New(mgr, opts.Feed).SetupWithManager(mgr); err != nil {
		return fmt.Errorf("setting up routing: %w", err)
	}
	if err := dataplane.New(mgr, opts.DataPlane).SetupWithManager(mgr); err != nil {
		return fmt.Errorf("setting up dataplane: %w", err)
	}
	if opts.WebhookTrust == nil {
		return nil
	}
	if err := cabundle.New(mgr, opts.WebhookTrust).SetupWithManager(mgr); err != nil {
		return fmt.Errorf("setting up cabundle: %w", err)
	}
	return nil
}
