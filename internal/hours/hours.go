// SPDX-License-Identifier: Apache-2.0

package hours

import (
	"fmt"
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
}

type date struct {
	year  int
	month time.Month
	day   int
}

// Compile returns the calendar of d, or says what is wrong with d.
func Compile(d *Definition) (*Calendar, error) {
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
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
		t, err := time.Parse(time.DateOnly, h.Date)
		if err != nil {
			return nil, fmt.Errorf("%q is no date such as 2026-12-24", h.Date)
		}
		for _, s := range h.Open {
			if err := check(s); err != nil {
				return nil, fmt.Errorf("%s: %w", h.Date, err)
			}
		}
		c.holidays[dateOf(t)] = h.Open
	}
	return c, nil
}

const day = 24 * 60

func check(s Span) error {
	if s.From < 0 || s.From >= day || s.To <= s.From || s.To > s.From+day {
		return fmt.Errorf("minutes %d to %d are no part of a day, nor of it and the next", s.From, s.To)
	}
	return nil
}

// Open reports whether the calendar is open at t.
func (c *Calendar) Open(t time.Time) bool {
	local := t.In(c.zone)
	minute := int32(local.Hour()*60 + local.Minute())
	return within(c.spans(local), minute) || within(c.spans(local.AddDate(0, 0, -1)), minute+day)
}

func (c *Calendar) spans(local time.Time) []Span {
	if s, ok := c.holidays[dateOf(local)]; ok {
		return s
	}
	return c.weekly[local.Weekday()]
}

func within(list []Span, minute int32) bool {
	for _, s := range list {
		if s.From <= minute && minute < s.To {
			return true
		}
	}
	return false
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}
