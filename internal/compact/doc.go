// SPDX-License-Identifier: Apache-2.0

// Package compact writes plain data in few bytes, equal data always in equal ones.
//
// A struct is its fields that are not empty, each under its number, ended by 0. The number of a field is its place among
// the exported fields, so a field may be added behind the others and what was written before is still read; none may be
// taken away or moved. Fields that are not exported, or have the tag json:"-", are not written. Within one message a text
// that was written before is a reference to it: what happened names the same items and agents again and again.
package compact
