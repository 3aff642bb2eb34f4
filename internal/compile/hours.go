// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
)

// calendar is an OperatingHours on its way into the plan.
type calendar struct {
	object   *v1alpha1.OperatingHours
	accepted problems
}

// translateHours puts the calendars that can be used where queues find them.
func (s *scope) translateHours() {
	for _, object := range s.live.hours.objects {
		c := &calendar{object: object}
		s.hours[object.Name] = c
		translated := plan.Calendar{Name: object.Name, Definition: c.translate()}
		if !c.accepted.any() {
			s.calendars[object.Name] = translated
		}
	}
}

func (c *calendar) translate() hours.Definition {
	invalid := string(v1alpha1.OperatingHoursReasonInvalid)
	spec := &c.object.Spec
	d := hours.Definition{Zone: string(spec.TimeZone)}
	if !knownZone(spec.TimeZone) {
		c.accepted.add(invalid, "spec.timeZone: %q is no time zone such as Europe/Berlin", spec.TimeZone)
		d.Zone = ""
	}
	for i, w := range spec.Weekly {
		open := c.span(fmt.Sprintf("spec.weekly[%d]", i), w.From, w.To)
		for _, day := range w.Days {
			d.Weekly = append(d.Weekly, hours.Interval{Day: weekdays[day], From: open.From, To: open.To})
		}
	}
	for i, h := range spec.Holidays {
		holiday := hours.Holiday{Date: h.Date}
		for j, o := range h.Open {
			holiday.Open = append(holiday.Open, c.span(fmt.Sprintf("spec.holidays[%d](%s).open[%d]", i, h.Date, j), o.From, o.To))
		}
		d.Holidays = append(d.Holidays, holiday)
	}
	if !c.accepted.any() {
		if _, err := hours.Compile(&d); err != nil {
			c.accepted.add(invalid, "spec: %s", err)
		}
	}
	return d
}

var weekdays = map[v1alpha1.Weekday]time.Weekday{
	"Monday": time.Monday, "Tuesday": time.Tuesday, "Wednesday": time.Wednesday, "Thursday": time.Thursday,
	"Friday": time.Friday, "Saturday": time.Saturday, "Sunday": time.Sunday,
}

const day = 24 * 60 // minutes

// span reads from and to; a time that is not after from is one of the next day.
func (c *calendar) span(path string, from v1alpha1.TimeOfDay, to v1alpha1.EndOfHours) hours.Span {
	s := hours.Span{From: c.minute(path+".from", string(from)), To: c.minute(path+".to", string(to))}
	if s.To <= s.From {
		s.To += day
	}
	return s
}

// minute reads a time of day. The schema lets only good ones in; objects may be older than it.
func (c *calendar) minute(path, text string) int32 {
	h, m, ok := strings.Cut(text, ":")
	hour, err := strconv.ParseUint(h, 10, 5)
	minute, err2 := strconv.ParseUint(m, 10, 6)
	total := int32(hour)*60 + int32(minute)
	if !ok || err != nil || err2 != nil || minute > 59 || total > day {
		c.accepted.add(string(v1alpha1.OperatingHoursReasonInvalid), "%s: %q is no time such as 08:00", path, text)
	}
	return total
}

// knownZone reports whether a time zone has a name that every machine knows: not the one of this machine.
func knownZone(zone v1alpha1.TimeZone) bool {
	if zone == "Local" || zone == "" {
		return false
	}
	_, err := time.LoadLocation(string(zone))
	return err == nil
}

// calendarsOf returns the calendars that queues and the rules of w name, by name. It returns false if rules name one that
// neither exists nor is retained; queues do without.
func (s *scope) calendarsOf(w *plan.Workstream, queues []plan.Queue, retained []plan.Calendar) ([]plan.Calendar, bool) {
	found := map[string]plan.Calendar{}
	find := func(name string) bool {
		c, ok := s.calendars[name]
		if !ok {
			at := slices.IndexFunc(retained, func(c plan.Calendar) bool { return c.Name == name })
			if at < 0 {
				return false
			}
			c = retained[at]
		}
		found[name] = c
		return true
	}
	for i := range queues {
		find(queues[i].Hours)
	}
	for _, name := range w.Hours() {
		if !find(name) {
			return nil, false
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b plan.Calendar) int { return cmp.Compare(a.Name, b.Name) }), true
}

func (s *scope) reportHours() {
	queues := map[string]int32{}
	for _, q := range s.queues {
		queues[q.Hours]++
	}
	for _, object := range s.live.hours.objects {
		c := s.hours[object.Name]
		o := Object{
			Kind: v1alpha1.KindOperatingHours, Name: object.Name, Findings: nothingNamed(&c.accepted),
			Counts: Counts{Queues: queues[object.Name]},
		}
		if c.accepted.any() {
			o.Absent = "the calendar is not accepted"
		}
		s.report(o)
	}
}
