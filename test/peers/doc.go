// SPDX-License-Identifier: Apache-2.0

// Command peers compares decisions by our rules with the same rules in cel-go, OPA, expr and Alertmanager's route tree: the
// answers on random items, what a decision takes and what it allocates. It is a module of its own, so that what they bring
// along is not ours.
package main
