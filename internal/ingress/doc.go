// SPDX-License-Identifier: Apache-2.0

// Package ingress holds what every door of the distributor shares: how commands are handed on, how errors are answered,
// how bodies are read.
package ingress
