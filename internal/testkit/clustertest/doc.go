// SPDX-License-Identifier: Apache-2.0

// Package clustertest drives a real cluster with kubectl, as a user would, for the demo and the suites that need one.
package clustertest
