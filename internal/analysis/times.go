// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"slices"
	"time"

	"workstream.dev/operator/internal/rule"
)

// findTimes adds moments. Times of day of one zone cut a day into parts and moments cut time into stretches: there is a
// candidate for each part in each stretch. With several zones, or with calendars, the candidates are a sample.
func (a *attribute) findTimes(p *problem) {
	zones := map[string][]int{} // seconds of the day, by zone
	var moments []int64
	var calendars []string
	for _, id := range a.leaves {
		l := &p.leaves[id]
		c := l.cond
		switch {
		case l.operator == rule.Exists:
		case c.Hours != "":
			calendars = append(calendars, c.Hours)
		case timesOfDay(c.Values):
			for _, text := range c.Values {
				zones[c.TimeZone] = append(zones[c.TimeZone], secondOf(text))
			}
		default:
			moments = append(moments, p.turn(l))
		}
	}
	a.inexact = len(zones) > 1 || len(calendars) > 0
	slices.Sort(moments)
	moments = slices.Compact(moments)
	// A Monday like any other, or long before the first moment.
	start := time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)
	if len(moments) > 0 {
		start = time.UnixMilli(moments[0]).UTC().AddDate(0, 0, -8)
	}
	var found []time.Time
	stretches := append([]int64{start.UnixMilli()}, moments...)
	for i, from := range stretches {
		at := time.UnixMilli(from).UTC()
		found = append(found, at)
		for zone, seconds := range zones {
			found = append(found, turnsOfDays(at, zone, seconds)...)
		}
		for _, name := range calendars {
			found = append(found, turnsOfCalendar(p, at, name)...)
		}
		if i+1 < len(stretches) { // what belongs to a later stretch comes again there, and does no harm here
			found = append(found, time.UnixMilli(stretches[i+1]-1).UTC())
		}
	}
	slices.SortFunc(found, func(a, b time.Time) int { return a.Compare(b) })
	for _, t := range slices.CompactFunc(found, func(a, b time.Time) bool { return a.Equal(b) }) {
		a.values = append(a.values, rule.TimeValue(t))
	}
}

// turn is the moment at which a comparison with a moment changes, in milliseconds.
func (p *problem) turn(l *leaf) int64 {
	low := time.Date(1, time.January, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	high := time.Date(10_000, time.January, 3, 0, 0, 0, 0, time.UTC).UnixMilli()
	at := func(ms int64) bool { return p.holds(l, rule.TimeValue(time.UnixMilli(ms))) }
	first := at(low)
	for low+1 < high {
		if m := low + (high-low)/2; at(m) == first {
			low = m
		} else {
			high = m
		}
	}
	return high
}

func timesOfDay(values []string) bool {
	return !slices.ContainsFunc(values, func(s string) bool { return len(s) != len("15:04") })
}

// secondOf reads 15:00; the end of the day is its beginning.
func secondOf(text string) int {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0
	}
	return t.Hour()*3600 + t.Minute()*60
}

// daysLooked is how many days are enough for each part of a day to come, whatever clocks do.
const daysLooked = 5

// turnsOfDays are the beginnings of the parts of the days after a moment.
func turnsOfDays(after time.Time, zone string, seconds []int) (list []time.Time) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil
	}
	y, m, d := after.In(location).Date()
	for day := range daysLooked {
		for _, s := range append([]int{0}, seconds...) {
			t := time.Date(y, m, d+day, 0, 0, s, 0, location)
			if !t.Before(after) {
				list = append(list, t)
			}
			if _, change := t.ZoneBounds(); !change.IsZero() && change.Sub(t) < 2*24*time.Hour {
				list = append(list, change)
			}
		}
	}
	return list
}

// turnsOfCalendar are moments of the days after one, those when the calendar opens among them.
func turnsOfCalendar(p *problem, after time.Time, name string) (list []time.Time) {
	c := p.env.Calendar(name)
	if c == nil {
		return nil
	}
	t := after
	for range daysLooked {
		open, ok := c.NextOpen(t)
		if !ok {
			break
		}
		list = append(list, open)
		t = open.Add(time.Hour)
		for range 24 {
			list = append(list, t)
			t = t.Add(time.Hour)
		}
	}
	return list
}
