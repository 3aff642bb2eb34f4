// SPDX-License-Identifier: Apache-2.0

// Package hours says when a calendar of operating hours is open, by the clock on the wall of its time zone.
//
// What is open is a question of the date and the time that the wall shows, and of nothing else. So when clocks change:
//
//   - What falls into a gap does not take place: open from 02:30 to 05:00 opens at 03:00 on the day that has no 02:30, and
//     open from 02:00 to 02:30 does not open on it.
//   - An hour that comes twice is open both times, as far as it is open at all.
//   - A date that a zone leaves out never was: nothing begins on it, and what began on the date before goes on in the date
//     after.
package hours
