// SPDX-License-Identifier: Apache-2.0

// Package controllers is the list of every reconciler.
package controllers
