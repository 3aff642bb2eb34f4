// SPDX-License-Identifier: Apache-2.0

// Package scenario runs the engine through stories that are text files: each step is followed by all that it caused.
//
// A file has one command per block, or several in a block, one per line:
//
//	message c1 text=hello context.tier=gold
//	----
//	1 ItemOpened i1 ...
//
// Run with -rewrite to write what is printed into the file, and then read the difference. World proves after each
// command that the invariants hold, that the journal replays to the same bytes, and that an engine restored from the
// snapshot of before decides the same.
package scenario
