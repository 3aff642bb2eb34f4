// SPDX-License-Identifier: Apache-2.0

// Package hours says when a calendar of operating hours is open, by the clock on the wall of its time zone.
package hours
