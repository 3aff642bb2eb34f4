// SPDX-License-Identifier: Apache-2.0

// Package plan is the immutable, compiled form of all routing objects of one namespace: what a distributor runs.
//
// A plan is made by package compile from API objects and knows none of them. It has one canonical encoding, and its
// version is the hash of that encoding: equal plans have equal versions, wherever they were made.
package plan
