// SPDX-License-Identifier: Apache-2.0

// Package analysis finds what a namespace's routing can never do or leaves undone, each finding with an item that shows it.
//
// It is sound: a rule that it calls unreachable is unreachable, and every witness does what its finding says. Where it cannot
// tell within its budget it says nothing.
package analysis
