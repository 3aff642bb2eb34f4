// SPDX-License-Identifier: Apache-2.0

package hours

import "time"

// NextDay returns the first moment after t of a later date in a zone: mostly midnight, and where the clocks are put forward
// at midnight what comes in its place.
func NextDay(zone *time.Location, t time.Time) time.Time {
	t = t.Round(0)
	today, _ := wall(zone, t)
	for {
		d, second := wall(zone, t)
		if d > today {
			return t
		}
		next := t.Truncate(time.Second).Add(time.Duration(seconds-second) * time.Second)
		if _, change := t.In(zone).ZoneBounds(); !change.IsZero() && !next.Before(change) {
			next = change.In(t.Location())
		}
		t = next
	}
}

// wall is the date and the second of the day that the wall shows at t.
func wall(zone *time.Location, t time.Time) (date, int64) {
	_, offset := t.In(zone).Zone()
	wall := t.Unix() + int64(offset)
	d := floor(wall, seconds)
	return date(d), wall - d*seconds
}
