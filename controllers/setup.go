// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"

	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/controllers/routing"
)

// Options are what the reconcilers need besides the API server.
type Options struct {
	// Feed carries plans to the distributors.
	Feed routing.Feed
	// DataPlane says how Distributors are deployed.
	DataPlane dataplane.Options
}

// SetupAll registers every reconciler with the manager.
func SetupAll(mgr ctrl.Manager, opts Options) error {
	if err := routing.New(mgr, opts.Feed).SetupWithManager(mgr); err != nil {
		return fmt.Errorf("setting up routing: %w", err)
	}
	if err := dataplane.New(mgr, opts.DataPlane).SetupWithManager(mgr); err != nil {
		return fmt.Errorf("setting up dataplane: %w", err)
	}
	return nil
}
