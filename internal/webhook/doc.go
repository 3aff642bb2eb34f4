// SPDX-License-Identifier: Apache-2.0

// Package webhook answers the API server when it asks whether a routing object may be stored.
//
// It fails open: what it cannot judge, it lets through, as the API server does when it cannot reach it. Conditions then
// say what is wrong.
package webhook
