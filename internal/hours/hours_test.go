// SPDX-License-Identifier: Apache-2.0

package hours_test

import (
	"strings"
	"testing"
	"time"

	"workstream.dev/operator/internal/hours"
)

// week has the same hours on each of some days.
func week(from, to string, days ...time.Weekday) (out []hours.Interval) {
	for _, d := range days {
		out = append(out, hours.Interval{Day: d, From: clock(from), To: clock(to)})
	}
	return out
}

func daily(from, to string) []hours.Interval {
	return week(from, to, time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday)
}

// clock reads "09:30" as minutes; hours beyond 24 are of the next day.
func clock(s string) int32 {
	h, m, _ := strings.Cut(s, ":")
	return 60*number(h) + number(m)
}

func number(s string) (n int32) {
	for _, r := range s {
		n = 10*n + r - '0'
	}
	return n
}

func compile(tb testing.TB, d *hours.Definition) *hours.Calendar {
	tb.Helper()
	c, err := hours.Compile(d)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func TestOpenAndNextOpen(t *testing.T) {
	office := week("09:00", "17:00", time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday)
	night := daily("22:00", "30:00")
	cases := []struct {
		name string
		def  hours.Definition
		// at is a moment, and next the one from which on it is open: the same if it is open, "never", or a later one.
		at, next string
	}{
		{"in the middle", hours.Definition{Weekly: office}, "2026-11-18T12:00:00Z", "2026-11-18T12:00:00Z"},
		{"in the middle of a second", hours.Definition{Weekly: office}, "2026-11-18T12:00:00.5Z", "2026-11-18T12:00:00.5Z"},
		{"the first moment", hours.Definition{Weekly: office}, "2026-11-18T09:00:00Z", "2026-11-18T09:00:00Z"},
		{"just before the first moment", hours.Definition{Weekly: office}, "2026-11-18T08:59:59.999999999Z", "2026-11-18T09:00:00Z"},
		{"the last moment", hours.Definition{Weekly: office}, "2026-11-18T16:59:59.999999999Z", "2026-11-18T16:59:59.999999999Z"},
		{"the end is closed", hours.Definition{Weekly: office}, "2026-11-18T17:00:00Z", "2026-11-19T09:00:00Z"},
		{"over a weekend", hours.Definition{Weekly: office}, "2026-11-20T17:00:00Z", "2026-11-23T09:00:00Z"},
		{"by the wall of the zone", hours.Definition{Zone: "Asia/Kathmandu", Weekly: office}, "2026-11-18T12:00:00Z", "2026-11-19T03:15:00Z"},
		{"an answer in the zone of the question", hours.Definition{Zone: "Asia/Tokyo", Weekly: office}, "2026-11-18T23:00:00+02:00", "2026-11-19T02:00:00+02:00"},
		{"no hours at all", hours.Definition{}, "2026-11-18T12:00:00Z", "never"},
		{"all hours", hours.Definition{Weekly: daily("00:00", "24:00")}, "2026-11-18T23:59:59Z", "2026-11-18T23:59:59Z"},
		{"intervals that overlap, in no order", hours.Definition{Weekly: append(week("12:00", "14:00", time.Monday),
			week("08:00", "13:00", time.Monday)...)}, "2026-11-23T13:30:00Z", "2026-11-23T13:30:00Z"},
		{"the sooner of two", hours.Definition{Weekly: append(week("12:00", "14:00", time.Monday),
			week("08:00", "09:00", time.Monday)...)}, "2026-11-23T07:00:00Z", "2026-11-23T08:00:00Z"},
		{"the later of two", hours.Definition{Weekly: append(week("12:00", "14:00", time.Monday),
			week("08:00", "09:00", time.Monday)...)}, "2026-11-23T09:00:00Z", "2026-11-23T12:00:00Z"},

		{"a night, before midnight", hours.Definition{Weekly: night}, "2026-11-18T23:00:00Z", "2026-11-18T23:00:00Z"},
		{"a night, after midnight", hours.Definition{Weekly: night}, "2026-11-19T05:59:00Z", "2026-11-19T05:59:00Z"},
		{"a night, over", hours.Definition{Weekly: night}, "2026-11-19T06:00:00Z", "2026-11-19T22:00:00Z"},
		{
			"a night from Saturday to Sunday",
			hours.Definition{Weekly: week("22:00", "30:00", time.Saturday)},
			"2026-11-22T03:00:00Z", "2026-11-22T03:00:00Z",
		},
		{
			"a night from Sunday to Monday",
			hours.Definition{Weekly: week("22:00", "30:00", time.Sunday)},
			"2026-11-23T03:00:00Z", "2026-11-23T03:00:00Z",
		},
		{
			"no night before Sunday",
			hours.Definition{Weekly: week("22:00", "30:00", time.Sunday)},
			"2026-11-22T03:00:00Z", "2026-11-22T22:00:00Z",
		},
		{
			"a night from one year to the next",
			hours.Definition{Weekly: week("22:00", "30:00", time.Thursday)},
			"2027-01-01T03:00:00Z", "2027-01-01T03:00:00Z",
		},
		{
			"a whole day from noon to noon",
			hours.Definition{Weekly: week("12:00", "36:00", time.Friday)},
			"2026-11-21T11:59:59Z", "2026-11-21T11:59:59Z",
		},
		{
			"the 29th of February",
			hours.Definition{Weekly: week("22:00", "30:00", time.Thursday)},
			"2024-03-01T03:00:00Z", "2024-03-01T03:00:00Z",
		},

		{
			"a holiday",
			hours.Definition{Weekly: office, Holidays: []hours.Holiday{{Date: "2026-11-18"}}},
			"2026-11-18T12:00:00Z", "2026-11-19T09:00:00Z",
		},
		{
			"a holiday with hours of its own",
			hours.Definition{
				Weekly:   office,
				Holidays: []hours.Holiday{{Date: "2026-12-24", Open: []hours.Span{{From: 600, To: 720}}}},
			},
			"2026-12-24T09:00:00Z", "2026-12-24T10:00:00Z",
		},
		{
			"a holiday's hours are over",
			hours.Definition{
				Weekly:   office,
				Holidays: []hours.Holiday{{Date: "2026-12-24", Open: []hours.Span{{From: 600, To: 720}}}},
			},
			"2026-12-24T12:00:00Z", "2026-12-25T09:00:00Z",
		},
		{"a holiday by the wall of the zone", hours.Definition{
			Zone: "America/New_York", Weekly: daily("00:00", "24:00"),
			Holidays: []hours.Holiday{{Date: "2026-12-25"}},
		}, "2026-12-25T06:00:00Z", "2026-12-26T05:00:00Z"},
		{
			"the night before a holiday goes on in it",
			hours.Definition{Weekly: night, Holidays: []hours.Holiday{{Date: "2026-12-25"}}},
			"2026-12-25T05:00:00Z", "2026-12-25T05:00:00Z",
		},
		{
			"the night of a holiday does not begin",
			hours.Definition{Weekly: night, Holidays: []hours.Holiday{{Date: "2026-12-25"}}},
			"2026-12-25T06:00:00Z", "2026-12-26T22:00:00Z",
		},
		{
			"a night of a holiday's own",
			hours.Definition{
				Weekly:   office,
				Holidays: []hours.Holiday{{Date: "2026-12-31", Open: []hours.Span{{From: 1320, To: 1560}}}},
			},
			"2027-01-01T01:30:00Z", "2027-01-01T01:30:00Z",
		},
		{
			"more holidays than days of a week",
			hours.Definition{Weekly: office, Holidays: closed("2026-01-01", 500)},
			"2026-01-01T00:00:00Z", "2027-05-17T09:00:00Z",
		},
		{"open on a holiday alone", hours.Definition{Holidays: []hours.Holiday{
			{Date: "2024-01-01", Open: []hours.Span{{From: 0, To: 60}}}, {Date: "2099-07-01", Open: []hours.Span{{From: 60, To: 120}}},
		}}, "2026-11-18T12:00:00Z", "2099-07-01T01:00:00Z"},
		{"open on holidays that are over", hours.Definition{Holidays: []hours.Holiday{
			{Date: "2026-11-17", Open: []hours.Span{{From: 1320, To: 1800}}}, {Date: "2027-11-18"},
		}}, "2026-11-18T06:00:00Z", "never"},
		{"the night of a holiday alone", hours.Definition{Holidays: []hours.Holiday{
			{Date: "2026-11-17", Open: []hours.Span{{From: 1320, To: 1800}}},
		}}, "2026-11-18T05:59:00Z", "2026-11-18T05:59:00Z"},

		{
			"spring: the gap opens it",
			hours.Definition{Zone: "Europe/Berlin", Weekly: daily("02:30", "05:00")},
			"2026-03-29T01:59:59+01:00", "2026-03-29T03:00:00+02:00",
		},
		{
			"spring: what is in the gap falls out",
			hours.Definition{Zone: "Europe/Berlin", Weekly: daily("02:00", "02:30")},
			"2026-03-28T03:00:00+01:00", "2026-03-30T02:00:00+02:00",
		},
		{
			"spring: what begins on the day of the gap",
			hours.Definition{Zone: "Europe/Berlin", Weekly: daily("09:00", "17:00")},
			"2026-03-29T00:00:00+01:00", "2026-03-29T09:00:00+02:00",
		},
		{
			"spring: what begins on the day before",
			hours.Definition{Zone: "Europe/Berlin", Weekly: night},
			"2026-03-29T05:59:00+02:00", "2026-03-29T05:59:00+02:00",
		},
		{
			"autumn: open the first time",
			hours.Definition{Zone: "Europe/Berlin", Weekly: daily("02:00", "02:30")},
			"2026-10-25T02:10:00+02:00", "2026-10-25T02:10:00+02:00",
		},
		{
			"autumn: closed between",
			hours.Definition{Zone: "Europe/Berlin", Weekly: daily("02:00", "02:30")},
			"2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00",
		},
		{
			"autumn: open the second time",
			hours.Definition{Zone: "Europe/Berlin", Weekly: daily("02:00", "02:30")},
			"2026-10-25T02:29:00+01:00", "2026-10-25T02:29:00+01:00",
		},
		{
			"autumn: over",
			hours.Definition{Zone: "Europe/Berlin", Weekly: daily("02:00", "02:30")},
			"2026-10-25T02:30:00+01:00", "2026-10-26T02:00:00+01:00",
		},
		{
			"autumn: what begins later",
			hours.Definition{Zone: "Europe/Berlin", Weekly: daily("09:00", "17:00")},
			"2026-10-25T00:00:00+02:00", "2026-10-25T09:00:00+01:00",
		},
		{
			"half an hour less",
			hours.Definition{Zone: "Australia/Lord_Howe", Weekly: daily("02:00", "02:45")},
			"2026-10-04T01:59:00+10:30", "2026-10-04T02:30:00+11:00",
		},
		{
			"half an hour more",
			hours.Definition{Zone: "Australia/Lord_Howe", Weekly: daily("01:45", "01:50")},
			"2026-04-05T01:50:00+11:00", "2026-04-05T01:45:00+10:30",
		},
		{
			"a day without midnight",
			hours.Definition{Zone: "America/Havana", Weekly: daily("00:00", "24:00")},
			"2026-03-08T01:00:00-04:00", "2026-03-08T01:00:00-04:00",
		},
		{
			"the night before a day without midnight",
			hours.Definition{Zone: "America/Havana", Weekly: week("22:00", "26:00", time.Saturday)},
			"2026-03-08T01:30:00-04:00", "2026-03-08T01:30:00-04:00",
		},
		{
			"after a day without midnight",
			hours.Definition{Zone: "America/Havana", Weekly: week("22:00", "25:00", time.Saturday)},
			"2026-03-08T01:00:00-04:00", "2026-03-14T22:00:00-04:00",
		},
		{
			"the day after a day without midnight",
			hours.Definition{Zone: "America/Havana", Weekly: week("23:00", "24:30", time.Sunday)},
			"2026-03-09T00:20:00-04:00", "2026-03-09T00:20:00-04:00",
		},
		{
			"a clock that goes back over midnight",
			hours.Definition{Zone: "America/Sao_Paulo", Weekly: week("23:00", "24:00", time.Saturday)},
			"2018-02-17T23:30:00-03:00", "2018-02-17T23:30:00-03:00",
		},
		{
			"a date that was left out",
			hours.Definition{Zone: "Pacific/Apia", Weekly: week("09:00", "17:00", time.Friday)},
			"2011-12-29T23:59:00-10:00", "2012-01-06T09:00:00+14:00",
		},
		{
			"the night before a date that was left out",
			hours.Definition{Zone: "Pacific/Apia", Weekly: week("22:00", "30:00", time.Thursday)},
			"2011-12-31T05:59:00+14:00", "2011-12-31T05:59:00+14:00",
		},
		{
			"the night of a date that was left out",
			hours.Definition{Zone: "Pacific/Apia", Weekly: week("22:00", "30:00", time.Friday)},
			"2011-12-31T03:00:00+14:00", "2012-01-06T22:00:00+14:00",
		},
		{"the night of a holiday before a date that was left out", hours.Definition{Zone: "Pacific/Apia", Holidays: []hours.Holiday{
			{Date: "2011-12-29", Open: []hours.Span{{From: 1320, To: 1800}}},
		}}, "2011-12-31T05:00:00+14:00", "2011-12-31T05:00:00+14:00"},
		{"a holiday on a date that was left out", hours.Definition{Zone: "Pacific/Kwajalein", Holidays: []hours.Holiday{
			{Date: "1993-08-21", Open: []hours.Span{{From: 0, To: 1440}}},
		}}, "1993-08-20T12:00:00-12:00", "never"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c := compile(t, &tc.def)
			at := instant(t, tc.at)
			next, ok := c.NextOpen(at)
			got := "never"
			if ok {
				got = next.Format(time.RFC3339Nano)
			}
			if ok && tc.next != "never" && next.Equal(instant(t, tc.next)) {
				got = tc.next
			}
			if got != tc.next {
				t.Errorf("after %s it opens %s, want %s", tc.at, got, tc.next)
			}
			if ok && next.Location() != at.Location() {
				t.Errorf("the answer is in %s, and the question was in %s", next.Location(), at.Location())
			}
			if open := c.Open(at); open != (tc.at == tc.next) {
				t.Errorf("open at %s: %t", tc.at, open)
			}
		})
	}
}

// closed has n holidays, one day after the other.
func closed(first string, n int) (out []hours.Holiday) {
	t, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return nil
	}
	for i := range n {
		out = append(out, hours.Holiday{Date: t.AddDate(0, 0, i).Format(time.DateOnly)})
	}
	return out
}

func TestCompileRefuses(t *testing.T) {
	for want, d := range map[string]hours.Definition{
		`time zone "Mars/Olympus" is not known`:                                     {Zone: "Mars/Olympus"},
		`time zone "Local" is not known`:                                            {Zone: "Local"},
		`time zone "../etc/passwd" is not known`:                                    {Zone: "../etc/passwd"},
		"7 is no day of the week":                                                   {Weekly: []hours.Interval{{Day: 7, From: 0, To: 60}}},
		"-1 is no day of the week":                                                  {Weekly: []hours.Interval{{Day: -1, From: 0, To: 60}}},
		"Monday: minutes 60 to 60 are no part of a day, nor of it and the next":     {Weekly: []hours.Interval{{Day: 1, From: 60, To: 60}}},
		"Monday: minutes -1 to 60 are no part of a day, nor of it and the next":     {Weekly: []hours.Interval{{Day: 1, From: -1, To: 60}}},
		"Monday: minutes 1440 to 1500 are no part of a day, nor of it and the next": {Weekly: []hours.Interval{{Day: 1, From: 1440, To: 1500}}},
		"Monday: minutes 60 to 1501 are no part of a day, nor of it and the next":   {Weekly: []hours.Interval{{Day: 1, From: 60, To: 1501}}},
		`"24.12.2026" is no date such as 2026-12-24`:                                {Holidays: []hours.Holiday{{Date: "24.12.2026"}}},
		`"2026-02-29" is no date such as 2026-12-24`:                                {Holidays: []hours.Holiday{{Date: "2026-02-29"}}},
		"2026-12-24: there are two entries for this date":                           {Holidays: []hours.Holiday{{Date: "2026-12-24"}, {Date: "2026-12-24"}}},
		"2026-12-24: minutes 60 to 0 are no part of a day, nor of it and the next":  {Holidays: []hours.Holiday{{Date: "2026-12-24", Open: []hours.Span{{From: 60}}}}},
	} {
		if _, err := hours.Compile(&d); err == nil || err.Error() != want {
			t.Errorf("Compile(%+v): %v, want %s", d, err, want)
		}
	}
}
