// SPDX-License-Identifier: Apache-2.0

package hours

import (
	"fmt"
	"maps"
	"slices"
	"time"
	_ "time/tzdata" // the zones are part of the binary: the image has none, and every host would have others
)

// Definition is a calendar as it stands in a plan.
type Definition struct {
	// Zone is an IANA name; empty is UTC.
	Zone string `json:"zone,omitempty"`
	// Weekly are the hours of each week. Without any the calendar is never open but on holidays that say so.
	Weekly []Interval `json:"weekly,omitempty"`
	// Holidays replace the weekly hours of their dates, by date.
	Holidays []Holiday `json:"holidays,omitempty"`
}

// Interval is open from From until To, in minutes since midnight of Day. To may be up to 24 hours past midnight: a night
// shift belongs to the day on which it begins.
type Interval struct {
	Day  time.Weekday `json:"day"`
	From int32        `json:"from"`
	To   int32        `json:"to"`
}

// Holiday replaces the weekly hours that begin on Date. Without Open it is closed.
type Holiday struct {
	Date string `json:"date"` // 2026-12-24
	Open []Span `json:"open,omitempty"`
}

// Span is part of a day, in minutes since its midnight.
type Span struct {
	From int32 `json:"from"`
	To   int32 `json:"to"`
}

// Calendar answers for a Definition. It is read-only.
type Calendar struct {
	zone     *time.Location
	weekly   [7][]Span
	holidays map[date][]Span
	// sparse calendars have no weekly hours; open are the dates of their holidays that are open at all, in order.
	sparse bool
	open   []date
	// patience is how many days and clock changes may pass before what is searched does not exist.
	patience int
}

// date is a day by the calendar on the wall: the number of days since 1 January 1970.
type date int64

const (
	day     = 24 * 60 // minutes
	seconds = day * 60
)

// Compile returns the calendar of d, or says what is wrong with d.
func Compile(d *Definition) (*Calendar, error) {
	zone, err := time.LoadLocation(d.Zone)
	if err != nil || zone == time.Local { // which is another one on each host
		return nil, fmt.Errorf("time zone %q is not known", d.Zone)
	}
	c := &Calendar{zone: zone, holidays: make(map[date][]Span, len(d.Holidays))}
	for _, i := range d.Weekly {
		if i.Day < time.Sunday || i.Day > time.Saturday {
			return nil, fmt.Errorf("%d is no day of the week", i.Day)
		}
		if err := check(Span{i.From, i.To}); err != nil {
			return nil, fmt.Errorf("%s: %w", i.Day, err)
		}
		c.weekly[i.Day] = append(c.weekly[i.Day], Span{i.From, i.To})
	}
	for _, h := range d.Holidays {
		if err := c.addHoliday(&h); err != nil {
			return nil, err
		}
	}
	if c.sparse = len(d.Weekly) == 0; c.sparse {
		c.open = slices.Sorted(maps.Keys(c.holidays))
		c.open = slices.DeleteFunc(c.open, func(d date) bool { return len(c.holidays[d]) == 0 })
	}
	// A week has each of its hours, but where clocks change or a holiday stands in their place.
	const weeks = 10
	c.patience = weeks*7 + 8*len(c.holidays)
	return c, nil
}

func (c *Calendar) addHoliday(h *Holiday) error {
	t, err := time.Parse(time.DateOnly, h.Date)
	if err != nil {
		return fmt.Errorf("%q is no date such as 2026-12-24", h.Date)
	}
	d := date(floor(t.Unix(), seconds))
	if _, ok := c.holidays[d]; ok {
		return fmt.Errorf("%s: there are two entries for this date", h.Date)
	}
	for _, s := range h.Open {
		if err := check(s); err != nil {
			return fmt.Errorf("%s: %w", h.Date, err)
		}
	}
	c.holidays[d] = h.Open
	return nil
}

func check(s Span) error {
	if s.From < 0 || s.From >= day || s.To <= s.From || s.To > s.From+day {
		return fmt.Errorf("minutes %d to %d are no part of a day, nor of it and the next", s.From, s.To)
	}
	return nil
}

// Open reports whether the calendar is open at t.
func (c *Calendar) Open(t time.Time) bool {
	d, second := wall(c.zone, t)
	at, ok := c.next(d, second/60)
	return ok && at == second/60
}

// NextOpen returns the first moment at or after t at which the calendar is open: t itself when it is open then, otherwise a
// full minute on the wall. It returns false when the calendar never opens again.
func (c *Calendar) NextOpen(t time.Time) (time.Time, bool) {
	t = t.Round(0) // what a monotonic clock says is not for here
	for range c.patience {
		d, second := wall(c.zone, t)
		if c.sparse {
			from, ok := c.soonest(d)
			if !ok {
				return time.Time{}, false
			}
			if from.After(t) {
				t = from.In(t.Location())
				continue
			}
		}
		_, change := t.In(c.zone).ZoneBounds()
		inside := func(t time.Time) bool { return change.IsZero() || t.Before(change) }
		midnight := t.Truncate(time.Second).Add(time.Duration(seconds-second) * time.Second)
		if at, ok := c.next(d, second/60); ok {
			if at == second/60 {
				return t, true
			}
			opens := midnight.Add(-time.Duration(day-at) * time.Minute)
			if inside(opens) {
				return opens, true
			}
		}
		t = midnight
		if !inside(midnight) {
			t = change.In(t.Location())
		}
	}
	return time.Time{}, false
}

// soonest is a moment not long before the next holiday on which a calendar without weekly hours is open, when it is d on the
// wall. What began on the two dates before d may go on.
func (c *Calendar) soonest(d date) (time.Time, bool) {
	i, _ := slices.BinarySearch(c.open, d-2)
	if i == len(c.open) {
		return time.Time{}, false
	}
	return time.Unix(int64(c.open[i]-1)*seconds, 0), true // no zone is a whole day away from UTC
}

// next is the first minute of d, from minute on, at which the calendar is open.
func (c *Calendar) next(d date, minute int64) (int64, bool) {
	var first int64 = day
	for _, s := range c.spans(d) {
		if from := max(int64(s.From), minute); from < int64(s.To) {
			first = min(first, from)
		}
	}
	for _, s := range c.spans(c.before(d)) {
		if minute < int64(s.To)-day {
			first = min(first, minute)
		}
	}
	return first, first < day
}

// before is the date that came before d in the zone.
func (c *Calendar) before(d date) date {
	const noon = 12
	t := time.Date(1970, time.January, int(d), noon, 0, 0, 0, c.zone)
	if was, _ := wall(c.zone, t); was != d-1 {
		return d - 2
	}
	return d - 1
}

// spans are those that begin on d.
func (c *Calendar) spans(d date) []Span {
	if s, ok := c.holidays[d]; ok {
		return s
	}
	const first = 4 // 1 January 1970 was a Thursday
	return c.weekly[int64(d)+first-floor(int64(d)+first, 7)*7]
}

// floor divides and rounds down.
func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}
