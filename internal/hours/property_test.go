// SPDX-License-Identifier: Apache-2.0

package hours_test

import (
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"workstream.dev/operator/internal/hours"
)

// zones have each a stretch of time in which their clocks do something that others' do not.
var zones = []struct{ name, from, to string }{
	{"", "2026-02-01", "2026-04-01"},
	{"Europe/Berlin", "2025-01-01", "2027-02-01"},
	{"Europe/Dublin", "2026-09-15", "2026-12-01"},        // winter is what is saved
	{"America/New_York", "2026-02-15", "2026-04-15"},     //
	{"America/St_Johns", "2010-10-01", "2011-04-15"},     // one minute past midnight
	{"America/Havana", "2026-02-15", "2026-04-15"},       // at midnight
	{"America/Sao_Paulo", "2018-01-15", "2018-12-01"},    // at midnight, and back over it
	{"America/Santiago", "2026-08-01", "2026-10-15"},     // at 24:00
	{"America/Caracas", "2016-04-01", "2016-06-01"},      // half an hour, once
	{"America/Scoresbysund", "2024-03-01", "2024-05-01"}, // another zone on the day of the change
	{"Atlantic/Azores", "2026-03-01", "2026-05-01"},      // at midnight
	{"Africa/Casablanca", "2026-02-01", "2026-04-15"},    // for Ramadan
	{"Africa/Cairo", "2026-04-01", "2026-06-01"},         // Fridays at midnight
	{"Asia/Beirut", "2026-03-01", "2026-05-01"},          //
	{"Asia/Gaza", "2026-03-01", "2026-05-01"},            //
	{"Asia/Kathmandu", "2026-01-01", "2026-03-01"},       // a quarter
	{"Asia/Pyongyang", "2015-08-01", "2015-09-01"},       // half an hour at midnight
	{"Asia/Pyongyang", "2018-04-20", "2018-05-20"},       // and back
	{"Asia/Tehran", "2022-03-01", "2022-10-15"},          //
	{"Antarctica/Troll", "2026-03-01", "2026-05-01"},     // two hours
	{"Australia/Lord_Howe", "2025-01-01", "2027-02-01"},  // half an hour, twice a year
	{"Pacific/Chatham", "2026-09-01", "2026-11-01"},      // at 02:45
	{"Pacific/Apia", "2011-12-01", "2012-02-01"},         // 30 December was left out
	{"Pacific/Fakaofo", "2011-12-01", "2012-02-01"},      // so was it
	{"Pacific/Kiritimati", "1994-12-01", "1995-02-01"},   // 31 December
	{"Pacific/Kwajalein", "1993-08-01", "1993-10-01"},    // 21 August
	{"Pacific/Kwajalein", "1969-09-01", "1969-11-01"},    // 30 September came twice
}

// TestAgainstAWatchman compares with somebody who looks at the clock on the wall each minute, for up to two years.
func TestAgainstAWatchman(t *testing.T) {
	t.Parallel()
	for i, z := range zones {
		t.Run(cmp.Or(z.name, "UTC")+" "+z.from, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(i), 26))
			zone, err := time.LoadLocation(z.name)
			if err != nil {
				t.Fatal(err)
			}
			from, to := instant(t, z.from+"T00:00:00Z"), instant(t, z.to+"T00:00:00Z")
			minutes, days := watch(zone, from, to)
			checkNextDay(t, zone, minutes, days)
			for range 3 {
				d := definition(random, from, to)
				d.Zone = z.name
				compare(t, random, &d, minutes, opinion(&d, minutes, days))
			}
		})
	}
}

// minute is one at which the watchman looks.
type minute struct {
	at time.Time
	// minute is that of the day, and day an index into the days.
	minute, day int
}

// wallDay is a date that the wall showed.
type wallDay struct {
	date string
	week time.Weekday
}

// watch notes what the wall shows, and all the dates that it ever showed, in order. It begins before from, so that the first
// date has one before it.
func watch(zone *time.Location, from, to time.Time) (minutes []minute, days []wallDay) {
	for at := from.AddDate(0, 0, -3); at.Before(to); at = at.Add(time.Minute) {
		local := at.In(zone)
		m := minute{at: at, minute: local.Hour()*60 + local.Minute()}
		if m.minute == 0 || len(minutes) == 0 || m.minute != minutes[len(minutes)-1].minute+1 { // the date may be another
			shown := wallDay{local.Format(time.DateOnly), local.Weekday()}
			i, ok := slices.BinarySearchFunc(days, shown, func(a, b wallDay) int { return cmp.Compare(a.date, b.date) })
			if !ok {
				days = slices.Insert(days, i, shown)
			}
			m.day = i
		} else {
			m.day = minutes[len(minutes)-1].day
		}
		minutes = append(minutes, m)
	}
	return minutes[3*24*60:], days
}

// opinion is what the watchman says of each minute.
func opinion(d *hours.Definition, minutes []minute, days []wallDay) []bool {
	begun := make([][]hours.Span, len(days))
	for i, shown := range days {
		for _, w := range d.Weekly {
			if w.Day == shown.week {
				begun[i] = append(begun[i], hours.Span{From: w.From, To: w.To})
			}
		}
		for _, h := range d.Holidays {
			if h.Date == shown.date {
				begun[i] = h.Open
			}
		}
	}
	open := make([]bool, len(minutes))
	for i, m := range minutes {
		for _, s := range begun[m.day] {
			open[i] = open[i] || int(s.From) <= m.minute && m.minute < int(s.To)
		}
		for _, s := range begun[m.day-1] {
			open[i] = open[i] || m.minute+24*60 < int(s.To)
		}
	}
	return open
}

func compare(t *testing.T, random *rand.Rand, d *hours.Definition, minutes []minute, opinion []bool) {
	t.Helper()
	c := compile(t, d)
	fail := func(format string, args ...any) {
		t.Helper()
		body, err := json.Marshal(d)
		t.Fatalf(format+"\n%s %v", append(args, body, err)...)
	}
	var next time.Time // the first open minute at or after the one looked at; zero: after the end
	for i := len(minutes) - 1; i >= 0; i-- {
		m := &minutes[i]
		open := opinion[i]
		if got := c.Open(m.at); got != open {
			fail("open at %s: %t", m.at.Format(time.RFC3339), got)
		}
		if open {
			next = m.at
		}
		// Each change is looked at, and of all that is between a part.
		if edge := i > 0 && opinion[i-1] != open; !edge && random.IntN(50) > 0 || next.IsZero() {
			continue
		}
		if got, ok := c.NextOpen(m.at); !ok || !got.Equal(next) {
			fail("after %s it opens %s %t, want %s", m.at.Format(time.RFC3339), got, ok, next)
		}
		inside := m.at.Add(time.Duration(random.Int64N(int64(time.Minute))))
		if want := latest(next, inside, open); !want.IsZero() {
			if got, ok := c.NextOpen(inside); !ok || !got.Equal(want) {
				fail("after %s it opens %s %t, want %s", inside.Format(time.RFC3339Nano), got, ok, want)
			}
		}
	}
}

// checkNextDay compares the end of each day, from some of its minutes on.
func checkNextDay(t *testing.T, zone *time.Location, minutes []minute, days []wallDay) {
	t.Helper()
	next := make([]time.Time, len(days)+1) // the first moment after the one looked at of each date
	later := func(day int) (first time.Time) {
		for _, at := range next[day+1:] {
			if !at.IsZero() && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
		return first
	}
	for i := len(minutes) - 1; i >= 0; i-- {
		m := &minutes[i]
		next[m.day] = m.at
		jumps := func(a, b int) bool {
			return a < 0 || b == len(minutes) || minutes[b].minute != minutes[a].minute+1
		}
		if !jumps(i-1, i) && !jumps(i, i+1) && i%97 != 0 {
			continue
		}
		want := later(m.day)
		if want.IsZero() {
			continue
		}
		for _, at := range []time.Time{m.at, m.at.Add(time.Minute - time.Nanosecond)} {
			if got := hours.NextDay(zone, at); !got.Equal(want) {
				t.Fatalf("the day of %s ends %s, want %s", at.In(zone), got.In(zone), want.In(zone))
			}
		}
	}
}

// latest is what is to come of a moment inside a minute, or nothing if the next one has to be known for it.
func latest(next, inside time.Time, open bool) time.Time {
	switch {
	case open:
		return inside
	case next.After(inside):
		return next
	}
	return time.Time{}
}

// definition is a random one whose holidays are between two dates.
func definition(r *rand.Rand, from, to time.Time) (d hours.Definition) {
	span := func() hours.Span {
		begin := int32(r.IntN(24 * 60))
		switch r.IntN(4) {
		case 0:
			begin = begin / 30 * 30 // where clocks change
		case 1:
			begin = int32(r.IntN(240)) // when clocks change
		}
		length := int32(1 + r.IntN(24*60))
		if r.IntN(2) == 0 {
			length = int32(1 + r.IntN(90))
		}
		return hours.Span{From: begin, To: begin + length}
	}
	spans := func(most int) (out []hours.Span) {
		for range r.IntN(most + 1) {
			out = append(out, span())
		}
		return out
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		for _, s := range spans(2) {
			d.Weekly = append(d.Weekly, hours.Interval{Day: day, From: s.From, To: s.To})
		}
	}
	if r.IntN(5) == 0 {
		d.Weekly = nil
	}
	taken := map[string]bool{}
	days := int(to.Sub(from) / (24 * time.Hour))
	for range r.IntN(40) {
		h := hours.Holiday{Date: from.AddDate(0, 0, r.IntN(days)).Format(time.DateOnly), Open: spans(2)}
		if !taken[h.Date] {
			d.Holidays = append(d.Holidays, h)
		}
		taken[h.Date] = true
	}
	return d
}

// FuzzCompile feeds it definitions of all kinds; what is compiled must give answers that fit each other.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		`{}`,
		`{"zone":"Europe/Berlin","weekly":[{"day":1,"from":540,"to":1020}],"holidays":[{"date":"2026-12-24","open":[{"from":600,"to":720}]}]}`,
		`{"zone":"Pacific/Apia","weekly":[{"day":5,"from":1320,"to":1800}]}`,
		`{"zone":"America/Havana","holidays":[{"date":"2026-03-08","open":[{"from":0,"to":60}]}]}`,
		`{"zone":"Local"}`,
		`{"weekly":[{"day":8,"from":-1,"to":99999}]}`,
		`{"holidays":[{"date":"9999-12-31","open":[{"from":1439,"to":2879}]},{"date":"0000-01-01"}]}`,
	} {
		f.Add([]byte(s), int64(1774742399))
		f.Add([]byte(s), int64(-62167219200))
	}
	f.Fuzz(func(t *testing.T, body []byte, unix int64) {
		var d hours.Definition
		if json.Unmarshal(body, &d) != nil {
			return
		}
		c, err := hours.Compile(&d)
		if err != nil {
			return
		}
		const years9999 = 253402300799
		at := time.Unix(unix%years9999, 0)
		next, ok := c.NextOpen(at)
		switch {
		case !ok:
			if c.Open(at) {
				t.Fatalf("%s: it is open at %s and never opens", body, at.UTC())
			}
		case next.Before(at) || !c.Open(next) || c.Open(at) != next.Equal(at):
			t.Fatalf("%s: at %s it opens %s", body, at.UTC(), next.UTC())
		case next.After(at):
			before := next.Add(-time.Nanosecond)
			if again, ok := c.NextOpen(before); c.Open(before) || !ok || !again.Equal(next) {
				t.Fatalf("%s: at %s it opens %s, and not from just before", body, at.UTC(), next.UTC())
			}
		}
	})
}
