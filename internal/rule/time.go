// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"time"

	"workstream.dev/operator/internal/hours"
)

// secondsOfDay is how many seconds a day has on the wall.
const secondsOfDay = 24 * 60 * 60

// timeTest is what a condition asks of a moment. The wall is what counts for times of day, also when clocks change: what
// falls into a gap does not take place, and an hour that comes twice counts both times.
type timeTest struct {
	calendar *hours.Calendar // set: it is open
	zone     *time.Location  // set: the wall shows from until to, in seconds of the day; over midnight when to is not after from
	from, to int
	at       float64 // otherwise: before it, or not before it; milliseconds since 1970 began
	before   bool
}

// holds says so of a moment in milliseconds since 1970 began.
func (t *timeTest) holds(moment float64) bool {
	switch {
	case t.calendar != nil:
		return t.calendar.Open(time.UnixMilli(int64(moment)))
	case t.zone == nil:
		return moment < t.at == t.before
	}
	hour, minute, second := time.UnixMilli(int64(moment)).In(t.zone).Clock()
	now := hour*3600 + minute*60 + second
	if t.from < t.to {
		return t.from <= now && now < t.to
	}
	return t.from <= now || now < t.to
}

func (l *leaf) compileTime(c *Condition, env *Env, path string) error {
	if c.Hours != "" {
		return l.compileHours(c, env, path)
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil || zone == time.Local { // which is another one on each host
		return &Error{join(path, "timeZone"), fmt.Sprintf("%q is no time zone such as Europe/Berlin", c.TimeZone)}
	}
	if l.family == famWithin {
		return l.compileWithin(c, zone, path)
	}
	if len(c.Values) != 1 {
		return &Error{join(path, "values"), fmt.Sprintf("%s takes exactly one value, not %d", l.operator, len(c.Values))}
	}
	return l.compileMoment(c, zone, join(path, "values[0]"))
}

func (l *leaf) compileHours(c *Condition, env *Env, path string) error {
	switch {
	case l.family != famWithin:
		return &Error{join(path, "operatingHoursRef"), fmt.Sprintf("goes with Within and NotWithin, not with %s", l.operator)}
	case len(c.Values) > 0:
		return &Error{path, fmt.Sprintf("%s takes either operatingHoursRef or values, not both", l.operator)}
	case c.TimeZone != "":
		return &Error{join(path, "timeZone"), "does not go with operatingHoursRef: the OperatingHours have their own"}
	}
	if env.Calendar != nil {
		l.time.calendar = env.Calendar(c.Hours)
	}
	if l.time.calendar == nil {
		return &UnknownHoursError{join(path, "operatingHoursRef"), c.Hours}
	}
	return nil
}

// compileWithin reads from and to.
func (l *leaf) compileWithin(c *Condition, zone *time.Location, path string) error {
	path = join(path, "values")
	if len(c.Values) != 2 {
		return &Error{path, fmt.Sprintf("%s takes operatingHoursRef or two times of day such as 09:00 and 17:00, not %d values",
			l.operator, len(c.Values))}
	}
	l.time.zone = zone
	for i, into := range []*int{&l.time.from, &l.time.to} {
		second, ok := timeOfDay(c.Values[i])
		if !ok && (i == 0 || c.Values[i] != "24:00") {
			return &Error{fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%q is no time of day such as 09:00", c.Values[i])}
		}
		if !ok {
			second = secondsOfDay
		}
		*into = second
	}
	if l.time.from == l.time.to {
		return &Error{path, fmt.Sprintf("from %s to %s is no time at all: for the whole day write 00:00 and 24:00",
			c.Values[0], c.Values[1])}
	}
	return nil
}

// compileMoment reads what Before and After compare with. After a date means after its end, after a time that time too.
func (l *leaf) compileMoment(c *Condition, zone *time.Location, path string) error {
	value, before := c.Values[0], l.operator == Before
	if second, ok := timeOfDay(value); ok {
		l.time = timeTest{zone: zone, from: second, to: secondsOfDay}
		if before {
			l.time.from, l.time.to = 0, second
			if second == 0 {
				return &Error{path, "nothing is before 00:00"}
			}
		}
		return nil
	}
	l.time = timeTest{before: before}
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		if c.TimeZone != "" {
			return &Error{path, fmt.Sprintf("%q says its offset itself: leave timeZone out, or write %s", value, t.Format(localSeconds))}
		}
		l.time.at = float64(t.UnixMilli())
		return nil
	}
	if t, err := time.Parse(time.DateOnly, value); err == nil {
		if !before {
			t = t.AddDate(0, 0, 1)
		}
		l.time.at = float64(firstAt(zone, t).UnixMilli())
		return nil
	}
	for _, layout := range []string{localMinutes, localSeconds} {
		if t, err := time.Parse(layout, value); err == nil {
			l.time.at = float64(firstAt(zone, t).UnixMilli())
			return nil
		}
	}
	return &Error{path, fmt.Sprintf("%q is no time: write 2026-12-24, 2026-12-24T15:00, 2026-12-24T15:00:00+01:00 or 15:00", value)}
}

// How a time on the wall is written.
const (
	localMinutes = "2006-01-02T15:04"
	localSeconds = "2006-01-02T15:04:05"
)

// timeOfDay reads 15:00 as the second of the day.
func timeOfDay(s string) (int, bool) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, false
	}
	return t.Hour()*3600 + t.Minute()*60, true
}

// firstAt returns the first moment at which the wall in a zone shows what wall says in UTC, or something later: of an hour
// that comes twice it is in the first, and of one that does not come it is when the clocks are put forward.
func firstAt(zone *time.Location, wall time.Time) time.Time {
	const farther = 26 * time.Hour // than any zone is from UTC
	at := wall.Add(-farther).In(zone)
	for {
		_, offset := at.Zone()
		_, end := at.ZoneBounds()
		shows := wall.Add(-time.Duration(offset) * time.Second)
		if shows.Before(at) { // the clocks have been put over it
			return at
		}
		if end.IsZero() || shows.Before(end) {
			return shows
		}
		at = end.In(zone)
	}
}
