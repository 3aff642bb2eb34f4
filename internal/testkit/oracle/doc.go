// SPDX-License-Identifier: Apache-2.0

// Package oracle is the whole engine a second time, naive: what tests compare the fast one with.
//
// It is independent of the engine in its data structures. It keeps lists and looks through all of them for each question: no
// index, no heap, no sums carried along, no marks of what to look at. After each step every agent's presence is computed
// anew, and every waiting item is compared with every agent until nothing is left to be offered. It shares with the
// engine the plan, the events and the language of conditions, and its authors: what they misread in the design may be wrong
// in both.
package oracle
