// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
)

// oneOf finds a name whatever its case and hyphens.
func oneOf[T ~string](s string, all ...T) (T, error) {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s))
	}
	names := make([]string, 0, len(all))
	for _, v := range all {
		if plain(string(v)) == plain(s) {
			return v, nil
		}
		names = append(names, string(v))
	}
	return "", fmt.Errorf("%q is not known: want %s", s, strings.Join(names, " or "))
}

func parseMethod(s string) (plan.Method, error) {
	return oneOf(s, plan.LeastActive, plan.HighestCapacity, plan.RoundRobin)
}

const hoursGrammar = `want days and times such as "Mon-Fri 08:00-18:00", several separated by semicolons`

// parseHours reads "Mon-Fri 08:00-18:00;Sat 10:00-14:00"; without days it is every day. A time up to 48:00 is on the next day.
func parseHours(s string) ([]hours.Interval, error) {
	var out []hours.Interval
	for part := range strings.SplitSeq(s, ";") {
		fields := strings.Fields(part)
		if len(fields) == 1 {
			fields = append([]string{"Sun-Sat"}, fields...)
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("%q are no hours: %s", part, hoursGrammar)
		}
		first, last, ok := parseDays(fields[0])
		from, to, isSpan := strings.Cut(fields[1], "-")
		begin, err1 := parseMinute(from)
		end, err2 := parseMinute(to)
		if !ok || !isSpan || err1 != nil || err2 != nil {
			return nil, fmt.Errorf("%q are no hours: %s", part, hoursGrammar)
		}
		if end <= begin {
			end += 24 * 60
		}
		for d := first; ; d = (d + 1) % 7 {
			out = append(out, hours.Interval{Day: d, From: begin, To: end})
			if d == last {
				break
			}
		}
	}
	if _, err := hours.Compile(&hours.Definition{Weekly: out}); err != nil {
		return nil, fmt.Errorf("%w: %s", err, hoursGrammar)
	}
	return out, nil
}

func parseDays(s string) (time.Weekday, time.Weekday, bool) {
	from, to, span := strings.Cut(s, "-")
	first, ok := parseDay(from)
	if !span {
		return first, first, ok
	}
	last, ok2 := parseDay(to)
	return first, last, ok && ok2
}

func parseDay(s string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if len(s) >= 2 && strings.HasPrefix(strings.ToLower(d.String()), strings.ToLower(s)) {
			return d, true
		}
	}
	return 0, false
}

func parseMinute(s string) (int32, error) {
	h, m, _ := strings.Cut(s, ":")
	hour, err := strconv.ParseInt(h, 10, 32)
	if err != nil {
		return 0, err
	}
	var minute int64
	if m != "" {
		if minute, err = strconv.ParseInt(m, 10, 32); err != nil {
			return 0, err
		}
	}
	if hour < 0 || hour > 48 || minute < 0 || minute > 59 {
		return 0, fmt.Errorf("%q is no time of a day", s)
	}
	return int32(60*hour + minute), nil
}
