// SPDX-License-Identifier: Apache-2.0

// Package cli holds the commands of `kubectl workstream`. They work on manifests in files, on the objects of a cluster, or on
// files laid over a cluster, and run the code that the manager and the distributor run: what they say is what would happen.
package cli
