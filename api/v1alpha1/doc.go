// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 is the API group routing.workstream.dev/v1alpha1: the kinds in which users describe how work is routed.
//
// +kubebuilder:object:generate=true
// +groupName=routing.workstream.dev
package v1alpha1
