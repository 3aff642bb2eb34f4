// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"errors"
	"strings"
	"testing"
	"time"

	"workstream.dev/operator/internal/hours"
)

func office(t *testing.T) *hours.Calendar {
	t.Helper()
	c, err := hours.Compile(&hours.Definition{Zone: "Europe/Berlin", Weekly: []hours.Interval{{Day: time.Monday, From: 9 * 60, To: 17 * 60}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTimes has each moment in UTC. Berlin is put forward at 2026-03-29T01:00Z (02:00 to 03:00) and back at 2026-10-25T01:00Z (03:00
// to 02:00); Sao Paulo was put forward at midnight of 2018-11-04, and Apia left 2011-12-30 out.
func TestTimes(t *testing.T) {
	const berlin = "Europe/Berlin"
	tests := map[string]struct {
		c     Condition
		holds []string
		fails []string
	}{
		"within office hours": {
			Condition{Operator: Within, Hours: "office"},
			[]string{"2026-11-23T08:00:00Z", "2026-11-23T15:59:59.999Z", "2026-07-20T07:00:00Z"},
			[]string{"2026-11-23T07:59:59.999Z", "2026-11-23T16:00:00Z", "2026-11-24T08:00:00Z"},
		},
		"not within office hours": {
			Condition{Operator: NotWithin, Hours: "office"},
			[]string{"2026-11-23T07:59:59.999Z", "2026-11-24T08:00:00Z"},
			[]string{"2026-11-23T08:00:00Z"},
		},
		"a span of the day by the wall, in winter and in summer": {
			Condition{Operator: Within, Values: []string{"09:00", "17:00"}, TimeZone: berlin},
			[]string{"2026-01-10T08:00:00Z", "2026-01-10T15:59:59Z", "2026-07-10T07:00:00Z", "2026-07-10T14:59:59Z"},
			[]string{"2026-01-10T07:59:59Z", "2026-01-10T16:00:00Z", "2026-07-10T06:59:59Z", "2026-07-10T15:00:00Z"},
		},
		"over midnight": {
			Condition{Operator: Within, Values: []string{"22:00", "06:00"}},
			[]string{"2026-01-10T22:00:00Z", "2026-01-11T00:00:00Z", "2026-01-11T05:59:59.999Z"},
			[]string{"2026-01-10T21:59:59.999Z", "2026-01-11T06:00:00Z"},
		},
		"until midnight": {
			Condition{Operator: Within, Values: []string{"18:00", "24:00"}},
			[]string{"2026-01-10T18:00:00Z", "2026-01-10T23:59:59.999Z"},
			[]string{"2026-01-10T17:59:59Z", "2026-01-11T00:00:00Z"},
		},
		"a span in the gap does not take place": {
			Condition{Operator: Within, Values: []string{"02:00", "03:00"}, TimeZone: berlin},
			[]string{"2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"},
			[]string{"2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"},
		},
		"an hour that comes twice counts twice": {
			Condition{Operator: Within, Values: []string{"02:00", "03:00"}, TimeZone: berlin},
			[]string{"2026-10-25T00:00:00Z", "2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T01:59:59Z"},
			[]string{"2026-10-24T23:59:59Z", "2026-10-25T02:00:00Z"},
		},
		"before a date": {
			Condition{Operator: Before, Values: []string{"2026-12-24"}, TimeZone: berlin},
			[]string{"2026-12-23T22:59:59.999Z"},
			[]string{"2026-12-23T23:00:00Z"},
		},
		"after a date is after its end": {
			Condition{Operator: After, Values: []string{"2026-12-24"}, TimeZone: berlin},
			[]string{"2026-12-24T23:00:00Z"},
			[]string{"2026-12-23T23:00:00Z", "2026-12-24T22:59:59.999Z"},
		},
		"before a time in the gap is before the clocks are put forward": {
			Condition{Operator: Before, Values: []string{"2026-03-29T02:30"}, TimeZone: berlin},
			[]string{"2026-03-29T00:59:59.999Z"},
			[]string{"2026-03-29T01:00:00Z"},
		},
		"after a time that comes twice is after the first": {
			Condition{Operator: After, Values: []string{"2026-10-25T02:30:00"}, TimeZone: berlin},
			[]string{"2026-10-25T00:30:00Z", "2026-10-25T01:15:00Z"},
			[]string{"2026-10-25T00:29:59.999Z"},
		},
		"a day without midnight begins when it does": {
			Condition{Operator: Before, Values: []string{"2018-11-04"}, TimeZone: "America/Sao_Paulo"},
			[]string{"2018-11-04T02:59:59.999Z"},
			[]string{"2018-11-04T03:00:00Z"},
		},
		"a date that never was begins with the next": {
			Condition{Operator: Before, Values: []string{"2011-12-30"}, TimeZone: "Pacific/Apia"},
			[]string{"2011-12-30T09:59:59.999Z"},
			[]string{"2011-12-30T10:00:00Z"},
		},
		"with an offset": {
			Condition{Operator: Before, Values: []string{"2026-12-24T15:00:00+01:00"}},
			[]string{"2026-12-24T13:59:59.999Z"},
			[]string{"2026-12-24T14:00:00Z"},
		},
		"before a time of day": {
			Condition{Operator: Before, Values: []string{"09:00"}, TimeZone: berlin},
			[]string{"2026-07-10T06:59:59Z", "2026-07-09T22:00:00Z"},
			[]string{"2026-07-10T07:00:00Z", "2026-07-10T21:59:59Z"},
		},
		"after a time of day": {
			Condition{Operator: After, Values: []string{"00:00"}},
			[]string{"2026-07-10T00:00:00Z", "2026-07-10T23:59:59Z"},
			nil,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tc.c.Attribute = "w"
			calendar := func(string) *hours.Calendar { return office(t) }
			m, err := Compile(&tc.c, Env{Kind: declared, Calendar: calendar})
			if err != nil {
				t.Fatal(err)
			}
			for want, moments := range map[bool][]string{true: tc.holds, false: tc.fails} {
				for _, moment := range moments {
					at, err := time.Parse(time.RFC3339, moment)
					if err != nil {
						t.Fatal(err)
					}
					if got := m.Match(Attributes{"w": TimeValue(at)}); got != want {
						t.Errorf("%s: %t", moment, got)
					}
				}
			}
		})
	}
}

func TestTimesRefused(t *testing.T) {
	tests := map[string]struct {
		c    Condition
		want string
	}{
		"not a time":          {Condition{Attribute: "t", Operator: Within, Hours: "office"}, "operator: Within compares times, and t is none: that is item.createdAt"},
		"equal to a time":     {Condition{Attribute: "w", Operator: Equal, Values: []string{"15:00"}}, "operator: w is a time, for Within, NotWithin, Before, After, Exists and NotExists, not for Equal"},
		"contains in a time":  {Condition{Attribute: "w", Operator: Contains, Values: []string{"2026"}}, "operator: w is a time, for Within, NotWithin, Before, After, Exists and NotExists, not for Contains"},
		"no zone":             {Condition{Attribute: "w", Operator: Before, Values: []string{"15:00"}, TimeZone: "Europe/Atlantis"}, `timeZone: "Europe/Atlantis" is no time zone such as Europe/Berlin`},
		"the zone of a host":  {Condition{Attribute: "w", Operator: Before, Values: []string{"15:00"}, TimeZone: "Local"}, `timeZone: "Local" is no time zone such as Europe/Berlin`},
		"a zone of a text":    {Condition{Attribute: "t", Operator: Equal, Values: []string{"x"}, TimeZone: "UTC"}, "timeZone and operatingHoursRef go with Within, NotWithin, Before and After, not with Equal"},
		"hours and values":    {Condition{Attribute: "w", Operator: Within, Values: []string{"09:00", "17:00"}, Hours: "office"}, "Within takes either operatingHoursRef or values, not both"},
		"hours and a zone":    {Condition{Attribute: "w", Operator: Within, TimeZone: "UTC", Hours: "office"}, "timeZone: does not go with operatingHoursRef: the OperatingHours have their own"},
		"before hours":        {Condition{Attribute: "w", Operator: Before, Hours: "office"}, "operatingHoursRef: goes with Within and NotWithin, not with Before"},
		"unknown hours":       {Condition{Attribute: "w", Operator: Within, Hours: "gone"}, `operatingHoursRef: there are no OperatingHours "gone"`},
		"neither":             {Condition{Attribute: "w", Operator: Within}, "values: Within takes operatingHoursRef or two times of day such as 09:00 and 17:00, not 0 values"},
		"no time of day":      {Condition{Attribute: "w", Operator: Within, Values: []string{"9:00", "17:00"}}, `values[0]: "9:00" is no time of day such as 09:00`},
		"an hour too many":    {Condition{Attribute: "w", Operator: Within, Values: []string{"24:00", "17:00"}}, `values[0]: "24:00" is no time of day such as 09:00`},
		"no time at all":      {Condition{Attribute: "w", Operator: NotWithin, Values: []string{"09:00", "09:00"}}, "values: from 09:00 to 09:00 is no time at all: for the whole day write 00:00 and 24:00"},
		"two moments":         {Condition{Attribute: "w", Operator: After, Values: []string{"09:00", "10:00"}}, "values: After takes exactly one value, not 2"},
		"a word":              {Condition{Attribute: "w", Operator: After, Values: []string{"tomorrow"}}, `values[0]: "tomorrow" is no time: write 2026-12-24, 2026-12-24T15:00, 2026-12-24T15:00:00+01:00 or 15:00`},
		"no such date":        {Condition{Attribute: "w", Operator: After, Values: []string{"2026-02-30"}}, `values[0]: "2026-02-30" is no time: write 2026-12-24, 2026-12-24T15:00, 2026-12-24T15:00:00+01:00 or 15:00`},
		"an offset and zone":  {Condition{Attribute: "w", Operator: After, Values: []string{"2026-12-24T15:00:00+01:00"}, TimeZone: "UTC"}, `values[0]: "2026-12-24T15:00:00+01:00" says its offset itself: leave timeZone out, or write 2026-12-24T15:00:00`},
		"before the day":      {Condition{Attribute: "w", Operator: Before, Values: []string{"00:00"}}, "values[0]: nothing is before 00:00"},
		"a zone beside a not": {Condition{Not: &Condition{Attribute: "t", Operator: Exists}, TimeZone: "UTC"}, "operator, values, caseSensitive, timeZone and operatingHoursRef go with attribute, not with not"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			calendar := func(name string) *hours.Calendar {
				if name == "office" {
					return office(t)
				}
				return nil
			}
			_, err := Compile(&tc.c, Env{Kind: declared, Calendar: calendar})
			if err == nil || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

// TestFirstAt: what the wall shows comes when the first minute comes at which it shows that or more.
func TestFirstAt(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, day := range []string{"2026-03-29", "2026-10-25", "2018-11-04", "2018-02-17", "2026-04-05", "2026-10-04", "2011-12-30", "2026-06-01"} {
			from, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			for wall := from; wall.Before(from.AddDate(0, 0, 1)); wall = wall.Add(10 * time.Minute) {
				want := wall.Add(-15 * time.Hour) // before any zone shows it
				for shows(zone, want).Before(wall) {
					want = want.Add(time.Minute)
				}
				if got := firstAt(zone, wall); !got.Equal(want) {
					t.Fatalf("%s: %s is at %s, want %s", name, wall.Format(localMinutes), got.UTC(), want.UTC())
				}
			}
		}
	}
}

// shows is what the wall shows in a zone, as if it were UTC.
func shows(zone *time.Location, t time.Time) time.Time {
	_, offset := t.In(zone).Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

func TestTimeValue(t *testing.T) {
	at := time.Date(2026, 12, 24, 15, 0, 0, 123_456_789, time.FixedZone("", 3600))
	v := TimeValue(at)
	if got, ok := v.Time(); !ok || !got.Equal(at.Truncate(time.Millisecond)) {
		t.Errorf("it is %s", got)
	}
	body, err := v.MarshalJSON()
	if want := "2026-12-24T14:00:00.123Z"; v.String() != want || err != nil || string(body) != `"`+want+`"` {
		t.Errorf("it is written %s and %s", v, body)
	}
	if v != TimeValue(at.UTC()) || v.Kind() != Time || !v.Present() {
		t.Error("equal times differ")
	}
	if _, ok := TextValue("2026-12-24T14:00:00Z").Time(); ok {
		t.Error("a text is read as a time")
	}
	if _, ok := v.Number(); ok {
		t.Error("a time is read as a number")
	}
}

// Only what is asked for a calendar names one, also deep in a tree.
func TestAppendHours(t *testing.T) {
	within := func(name string) Condition { return Condition{Attribute: "w", Operator: Within, Hours: name} }
	inner := within("c")
	c := &Condition{All: []Condition{within("a"), {Any: []Condition{within("b"), {Not: &inner}, within("a")}}}}
	if got := strings.Join(c.AppendHours(nil), " "); got != "a b c a" {
		t.Errorf("got %s", got)
	}
	if got := (*Condition)(nil).AppendHours(nil); got != nil {
		t.Errorf("none has %v", got)
	}
	var missing *UnknownHoursError
	if _, err := Compile(c, Env{Kind: declared}); !errors.As(err, &missing) || missing.Hours != "a" || missing.Path != "all[0].operatingHoursRef" {
		t.Errorf("Compile: %v", err)
	}
}
