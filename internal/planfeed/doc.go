// SPDX-License-Identifier: Apache-2.0

// Package planfeed carries plans from the manager to the distributors, and their acknowledgements back, over one gRPC
// stream for each replica.
package planfeed
