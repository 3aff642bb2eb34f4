// SPDX-License-Identifier: Apache-2.0

// Package kubetest gives a suite a real API server.
package kubetest
