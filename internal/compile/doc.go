// SPDX-License-Identifier: Apache-2.0

// Package compile turns the API objects of one namespace into a plan, with what is to be said of each object.
//
// It is pure: the same objects give the same bytes and the same words, in whatever order they come. What is wrong with an
// object is a finding and never an error. A workstream that cannot be compiled keeps its last good revision, so that a
// mistake in one object stops nothing that was running.
package compile
