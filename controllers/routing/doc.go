// SPDX-License-Identifier: Apache-2.0

// Package routing turns the routing objects of a namespace into its published plan: it owns their statuses, the revisions
// of workstreams and the Distributor called default.
package routing
