// SPDX-License-Identifier: Apache-2.0

package hours

import "time"

// NextDay returns when the next day begins in a zone: mostly midnight, and where the clocks are put forward at midnight
// the first moment after it. It is always after t.
func NextDay(zone *time.Location, t time.Time) time.Time {
	local := t.In(zone)
	y, m, d := local.Date()
	next := time.Date(y, m, d+1, 0, 0, 0, 0, zone)
	if next.Day() == d { // there is no such midnight, and Date took the offset of after the gap
		_, next = local.ZoneBounds()
	}
	for !next.After(t) { // there are two such midnights, and t lies between them
		next = next.Add(30 * time.Minute)
	}
	return next
}
