// SPDX-License-Identifier: Apache-2.0

// Package admission says what a routing object gets wrong by itself, whatever other objects there are.
//
// It has no rules of its own: it asks the compiler, so that a refusal, a condition and a lint never disagree.
package admission
