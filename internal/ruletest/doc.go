// SPDX-License-Identifier: Apache-2.0

// Package ruletest runs the tests that a RoutingRuleset brings along: items with what the rules must make of them.
package ruletest
