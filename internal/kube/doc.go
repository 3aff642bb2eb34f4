// SPDX-License-Identifier: Apache-2.0

// Package kube is what all controllers share in talking to the API server: apply, status patch, error classes, indexes.
package kube
