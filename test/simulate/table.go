// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/test/centre"
)

// option is a flag. An alias may have its value in another form, such as a rate for a time.
type option struct {
	group   string
	name    string
	aliases []string
	inverse []string // aliases whose value is a rate: one over it is meant
	endless bool     // it may be for ever, which is a rate of 0
	several bool     // it may be there several times: each adds to the others
	want    string
	help    string
	set     func(s *settings, value string) error
}

const (
	customers = "Customers"
	staff     = "Agents and queues"
	length    = "Length of the run"
	output    = "Output"
)

// flags are filled by init, for help refers to them.
var flags []option

func lookup(name string) (*option, func(string) (string, error)) {
	same := func(v string) (string, error) { return v, nil }
	plain := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	for i := range flags {
		f := &flags[i]
		if plain == f.name || slices.Contains(f.aliases, plain) {
			return f, same
		}
		if slices.Contains(f.inverse, plain) {
			return f, f.oneOver
		}
	}
	return nil, nil
}

// find returns a flag that is there.
func find(name string) *option {
	f, _ := lookup(name)
	return f
}

// oneOver makes times of rates; a rate of 0 is never, where that can be.
func (f *option) oneOver(value string) (string, error) {
	var out []string
	for v := range strings.SplitSeq(value, ",") {
		if r, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil && r == 0 && f.endless {
			out = append(out, "inf")
			continue
		}
		r, err := centre.ParseRate(v)
		if err != nil {
			return "", err
		}
		out = append(out, strconv.FormatFloat(1/r, 'g', -1, 64))
	}
	return strings.Join(out, ","), nil
}

// list appends each of the values, which are separated by commas.
func list[T any](of func(s *settings) *[]T, parse func(string) (T, error)) func(*settings, string) error {
	return func(s *settings, value string) error {
		for part := range strings.SplitSeq(value, ",") {
			v, err := parse(strings.TrimSpace(part))
			if err != nil {
				return err
			}
			*of(s) = append(*of(s), v)
		}
		return nil
	}
}

// one sets a single value.
func one[T any](of func(s *settings) *T, parse func(string) (T, error)) func(*settings, string) error {
	return func(s *settings, value string) error {
		v, err := parse(value)
		if err == nil {
			*of(s) = v
		}
		return err
	}
}

func wholeIn(least, most int64) func(string) (int32, error) {
	return func(v string) (int32, error) { return whole(v, least, most) }
}

func countIn(least, most int64) func(string) (int, error) {
	return func(v string) (int, error) { n, err := whole(v, least, most); return int(n), err }
}

func numberIn(least, most float64) func(string) (float64, error) {
	return func(v string) (float64, error) { return number(v, least, most) }
}

func finite(v string) (float64, error) {
	f, err := centre.ParseSeconds(v)
	if err == nil && math.IsInf(f, 1) {
		err = fmt.Errorf("%q is not right: want a time that ends", v)
	}
	return f, err
}

// lasting is a time that is not over at once: 0 would mean that the flag is not there.
func lasting(v string) (float64, error) {
	f, err := finite(v)
	if err == nil && f == 0 {
		err = fmt.Errorf("%q is not right: want a time above 0", v)
	}
	return f, err
}

func positive(v string) (centre.Dist, error) {
	d, err := centre.ParseDist(v)
	if err == nil && (d.Mean <= 0 || d.Never()) {
		err = fmt.Errorf("%q is not right: want a mean above 0 that is not for ever", v)
	}
	return d, err
}

func init() {
	flags = slices.Concat(customerFlags(), staffFlags(), handlingFlags(), runFlags())
}

func customerFlags() []option {
	return []option{
		{
			group: customers, name: "arrival-rate", aliases: []string{"lambda", "rate", "arrivals"},
			want: "a rate such as 0.8 (a second), 2/m or 120/h",
			help: "how many conversations arrive, by a Poisson process; several values make several classes",
			set:  list(func(s *settings) *[]float64 { return &s.rates }, centre.ParseRate), several: true,
		},
		{
			group: customers, name: "service-time", aliases: []string{"mean-service", "service"}, inverse: []string{"service-rate", "mu"},
			want: "a mean such as 180 or 3m, or deterministic:MEAN, lognormal:MEAN:CV, erlang:MEAN:PHASES",
			help: "how long an agent is busy with one; a mean alone is exponential (default 1). --service-rate R is 1/R",
			set:  list(func(s *settings) *[]centre.Dist { return &s.services }, positive), several: true,
		},
		{
			group: customers, name: "patience", inverse: []string{"abandonment-rate", "patience-rate", "theta"},
			want: "a mean such as 60 or 2m, another distribution, inf or 0",
			help: "how long customers wait before they leave (default inf; with 0 nobody waits). --abandonment-rate R is 1/R",
			set:  list(func(s *settings) *[]centre.Dist { return &s.patiences }, centre.ParseDist), several: true, endless: true,
		},
		{
			group: customers, name: "priority", aliases: []string{"priorities"}, want: "a whole number from 1",
			help: "of the items of a class: 1 is served first (default 100)",
			set:  list(func(s *settings) *[]int32 { return &s.priorities }, wholeIn(1, math.MaxInt32)), several: true,
		},
		{
			group: customers, name: "class", aliases: []string{"classes"},
			want: "KEY=VALUE,..., such as name=a,rate=0.8,mean-service=1,patience=inf,priority=1,skills=x:5",
			help: "a class: name, rate, service, patience, priority, units, queue, skills (a+b:7 needs a, and b at 7 or better);\n" +
				"what it leaves out is as the flags above say",
			set: (*settings).addClass, several: true,
		},
	}
}

func staffFlags() []option {
	return []option{
		{
			group: staff, name: "agents", aliases: []string{"servers", "n"}, want: "a whole number from 1",
			help: "so many equal agents", set: one(func(s *settings) *int { return &s.count }, countIn(1, 100_000)),
		},
		{
			group: staff, name: "units", aliases: []string{"capacity"}, want: "a whole number from 1",
			help: "how many conversations each of --agents has at a time (default 1)",
			set:  one(func(s *settings) *int32 { return &s.units }, wholeIn(1, 1_000_000)),
		},
		{
			group: staff, name: "agent", want: "KEY=VALUE,..., such as name=ann,skills=a+b:7,units=1",
			help: "an agent: name, count, units, queues (q1+q2; default all), speed, skills (without a rating it is 10)",
			set:  (*settings).addAgent, several: true,
		},
		{
			group: staff, name: "queue", aliases: []string{"queues"}, want: "KEY=VALUE,..., such as name=vip,priority=1",
			help: "a queue: name, priority (smaller is served first, default 100), method, hours, limit, promote-after",
			set:  (*settings).addQueue, several: true,
		},
		{
			group: staff, name: "method", aliases: []string{"assignment-method"}, want: "LeastActive, HighestCapacity or RoundRobin",
			help: "who gets the next one of those who could (default LeastActive: the longest idle)",
			set:  one(func(s *settings) *plan.Method { return &s.method }, parseMethod),
		},
		{
			group: staff, name: "skill-matching", aliases: []string{"skills-matching", "matching"},
			want: "Exact, Closest or None",
			help: "default Exact",
			set: one(func(s *settings) *plan.SkillMatching { return &s.skillMatching }, func(v string) (plan.SkillMatching, error) {
				return oneOf(v, plan.SkillsExact, plan.SkillsClosest, plan.SkillsNone)
			}),
		},
		{
			group: staff, name: "limit", aliases: []string{"queue-limit", "room"}, want: "a whole number from 1",
			help: "who arrives while so many wait in the queue is sent away (overflow)",
			set:  one(func(s *settings) *int32 { return &s.limit }, wholeIn(1, math.MaxInt32)),
		},
		{
			group: staff, name: "promote-after",
			want: "a time such as 300 or 5m",
			help: "after how long a customer is served before all who are not promoted",
			set:  one(func(s *settings) *float64 { return &s.promoteAfter }, lasting),
		},
		{
			group: staff, name: "hours", want: `days and times such as "Mon-Fri 08:00-18:00;Sat 10-14"`,
			help: "when the queues are open; a run begins on a Monday at 00:00 UTC, and agents are there all the time",
			set:  func(s *settings, v string) (err error) { s.hours, err = parseHours(v); return err },
		},
		{
			group: staff, name: "closed",
			want: "End or AssignAnyway",
			help: "what becomes of who arrives while the queue is closed (default End)",
			set: one(func(s *settings) *plan.OverflowAction { return &s.closed }, func(v string) (plan.OverflowAction, error) {
				return oneOf(v, plan.EndItem, plan.AssignAnyway)
			}),
		},
	}
}

func handlingFlags() []option {
	share := numberIn(0, 1)
	return []option{
		{
			group: staff, name: "accept-delay",
			want: "a mean such as 5, or another distribution",
			help: "how long agents take to accept an offer (default: items are assigned at once)",
			set:  one(func(s *settings) *centre.Dist { return &s.handling.Accept }, positive),
		},
		{
			group: staff, name: "decline", want: "a probability from 0 to 1", help: "with what probability an offer is declined",
			set: one(func(s *settings) *float64 { return &s.handling.Decline }, share),
		},
		{
			group: staff, name: "miss", want: "a probability from 0 to 1", help: "with what probability an offer is let expire",
			set: one(func(s *settings) *float64 { return &s.handling.Miss }, share),
		},
		{
			group: staff, name: "offer-timeout",
			want: "a time such as 120 or 2m",
			help: "after how long an offer expires (default 120)",
			set:  one(func(s *settings) *float64 { return &s.handling.Timeout }, lasting),
		},
		{
			group: staff, name: "reoffer-after", aliases: []string{"cool-off"}, want: "a time such as 120 or 2m",
			help: "after how long an agent is offered again what was not taken (default 120)",
			set:  one(func(s *settings) *float64 { return &s.handling.Reoffer }, lasting),
		},
		{
			group: staff, name: "max-declines", want: "a whole number from 0",
			help: "after how many declines of an item an agent is not offered it again (default 3; with 0 there is no limit)",
			set: one(func(s *settings) *int32 { return &s.handling.MaxDeclines }, func(v string) (int32, error) {
				n, err := whole(v, 0, math.MaxInt32)
				if n == 0 {
					n = -1
				}
				return n, err
			}),
		},
		{
			group: staff, name: "wrap-up",
			want: "a mean such as 30, or another distribution",
			help: "how long the after-work takes, which holds capacity (default none)",
			set:  one(func(s *settings) *centre.Dist { return &s.handling.WrapUp }, positive),
		},
	}
}

func runFlags() []option {
	return []option{
		{
			group: length, name: "conversations", aliases: []string{"customers"}, want: "a whole number from 100",
			help: "how many arrive on average in each replication, after the warm-up (default 50,000)",
			set:  one(func(s *settings) *int { return &s.conversations }, countIn(100, mostConversations)),
		},
		{
			group: length, name: "duration", aliases: []string{"time", "horizon"}, want: "a time such as 86400 or 24h",
			help: "the same by time: how long each replication is looked at",
			set:  one(func(s *settings) *float64 { return &s.duration }, lasting),
		},
		{
			group: length, name: "warmup", aliases: []string{"warm-up"}, want: "a time such as 3600 or 1h",
			help: "for how long it runs before (default: until it has settled)",
			set:  one(func(s *settings) *float64 { return &s.warmup }, finite),
		},
		{
			group: length, name: "replications", aliases: []string{"runs"}, want: "a whole number from 2",
			help: "independent runs, from which the errors are estimated (default 20)",
			set:  one(func(s *settings) *int { return &s.replications }, countIn(2, 100_000)),
		},
		{
			group: length, name: "seed", want: "a whole number", help: "the same seed gives the same figures (default 1)",
			set: one(func(s *settings) *uint64 { return &s.seed }, func(v string) (uint64, error) {
				n, err := strconv.ParseUint(v, 10, 64)
				if err != nil {
					return 0, fmt.Errorf("%q is not right: want a whole number from 0", v)
				}
				return n, nil
			}),
		},
		{
			group: output, name: "wait-above", aliases: []string{"above", "threshold"}, want: "times such as 20,60",
			help: "print P(wait > t) for these t (default one mean service time)",
			set:  list(func(s *settings) *[]float64 { return &s.above }, finite), several: true,
		},
		{
			group: output, name: "percentiles", want: "numbers such as 50,95,99.9", help: "of the wait (default 50,90,95,99)",
			set: list(func(s *settings) *[]float64 { return &s.percentiles }, numberIn(0, 100)), several: true,
		},
		{
			group: output, name: "output", aliases: []string{"o", "format"}, want: "json or text", help: "default json",
			set: func(s *settings, v string) error {
				format, err := oneOf(v, "json", "text")
				s.text = format == "text"
				return err
			},
		},
		{
			group: output, name: "config", aliases: []string{"c", "file"},
			want: "a YAML file",
			help: "a file with the same names; flags replace what it says",
		},
		{
			group: output, name: "help", aliases: []string{"h"}, want: "nothing", help: "this text",
			set: func(s *settings, _ string) error { s.help = true; return nil },
		},
	}
}
