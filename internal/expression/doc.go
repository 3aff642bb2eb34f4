// SPDX-License-Identifier: Apache-2.0

// Package expression is the CEL expressions of rules: their check, their cost and their evaluation over an item's attributes.
//
// An expression is a function of the attributes alone: it knows no clock, and goes through maps in the order of their
// names. It holds or it does not: an error while it runs, such as a name that is absent, means that it does not.
package expression
