// SPDX-License-Identifier: Apache-2.0

// Package dataplane runs the pods of a Distributor: it owns their workload objects, their credentials Secret and the
// condition Available.
package dataplane
