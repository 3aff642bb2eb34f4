// SPDX-License-Identifier: Apache-2.0

// Package crd embeds the generated CustomResourceDefinitions.
package crd
