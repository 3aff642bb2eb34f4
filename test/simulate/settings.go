// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/test/centre"
)

// settings are what the flags say.
type settings struct {
	help, text bool

	// Of the classes that are given by lists: one value is for all.
	rates               []float64
	services, patiences []centre.Dist
	priorities          []int32

	classes []classSetting
	agents  []centre.Agent
	queues  []centre.Queue

	count         int
	units         int32
	method        plan.Method
	skillMatching plan.SkillMatching
	hours         []hours.Interval
	closed        plan.OverflowAction
	limit         int32
	promoteAfter  float64

	handling      centre.Handling
	conversations int
	duration      float64
	warmup        float64
	replications  int
	seed          uint64
	above         []float64
	percentiles   []float64
}

// classSetting is a class and which of its fields are given.
type classSetting struct {
	centre.Class
	service, patience, priority bool
}

// mostConversations is more than anybody waits for.
const mostConversations = 1_000_000_000

func newSettings() *settings {
	return &settings{
		warmup: -1, seed: 1, closed: plan.EndItem,
		handling: centre.Handling{Accept: centre.Dist{Kind: centre.DeterministicDist}},
	}
}

// config is what there is to simulate.
func (s *settings) config() (centre.Config, error) {
	c := centre.Config{
		SkillMatching: s.skillMatching, Handling: s.handling, Conversations: s.conversations, Warmup: s.warmup,
		Duration: s.duration, Replications: s.replications, Seed: s.seed, WaitsAbove: s.above, Percentiles: s.percentiles,
		Agents: s.agents, Queues: s.queues,
	}
	if s.count > 0 {
		c.Agents = append([]centre.Agent{{Name: "agent", Count: s.count, Units: s.units}}, c.Agents...)
	}
	if len(c.Agents) == 0 {
		return c, errors.New("there are no agents: want --agents N, or --agent name=ann,skills=a+b:7 for each")
	}
	var err error
	if c.Classes, err = s.allClasses(); err != nil {
		return c, err
	}
	if len(c.Classes) == 0 {
		return c, errors.New("there are no customers: want --arrival-rate R, or --class name=a,rate=R for each class")
	}
	s.completeQueues(&c)
	if len(c.WaitsAbove) == 0 {
		c.WaitsAbove = []float64{c.Classes[0].Service.Mean}
	}
	if len(c.Percentiles) == 0 {
		c.Percentiles = []float64{50, 90, 95, 99}
	}
	if s.duration > 0 {
		return c, s.last(&c)
	}
	return c, nil
}

// last makes sure that the duration ends within somebody's lifetime.
func (s *settings) last(c *centre.Config) error {
	if s.conversations > 0 {
		return fmt.Errorf("--conversations %d and --duration %g say the same in two ways: want one of them", s.conversations, s.duration)
	}
	var rate float64
	for i := range c.Classes {
		rate += c.Classes[i].Rate
	}
	if n := math.Round(s.duration * rate); n > mostConversations {
		return fmt.Errorf("in %g seconds %.3g conversations arrive: want a --duration for at most %d", s.duration, n, mostConversations)
	}
	return nil
}

// completeQueues makes what is said of queues in general hold for each that says nothing else.
func (s *settings) completeQueues(c *centre.Config) {
	named := func(name string) {
		if !slices.ContainsFunc(c.Queues, func(q centre.Queue) bool { return q.Name == name }) {
			c.Queues = append(c.Queues, centre.Queue{Name: name})
		}
	}
	if len(c.Queues) == 0 { // a class may name only what is given, where some is
		for i := range c.Classes {
			if name := c.Classes[i].Queue; name != "" {
				named(name)
			}
		}
	}
	if len(c.Queues) == 0 {
		named("main")
	}
	for i := range c.Queues {
		q := &c.Queues[i]
		if q.Method == "" {
			q.Method = s.method
		}
		if q.PromoteAfter == 0 {
			q.PromoteAfter = s.promoteAfter
		}
		if len(q.Hours) == 0 && len(s.hours) > 0 {
			q.Hours = s.hours
		}
		if len(q.Hours) > 0 {
			q.Overflow = append(q.Overflow, plan.Overflow{On: plan.OutOfHours, Action: s.closed})
		}
		if s.limit > 0 && !slices.ContainsFunc(q.Overflow, func(o plan.Overflow) bool { return o.On == plan.ItemLimit }) {
			q.Overflow = append(q.Overflow, plan.Overflow{On: plan.ItemLimit, Limit: s.limit, Action: plan.EndItem})
		}
	}
}

// allClasses are those of --class, and those of lists.
func (s *settings) allClasses() ([]centre.Class, error) {
	n := len(s.rates)
	for what, l := range map[string]int{"service-time": len(s.services), "patience": len(s.patiences), "priority": len(s.priorities)} {
		if l > 1 && l != n {
			return nil, fmt.Errorf("--%s has %d values and --arrival-rate %d: want one for all, or one for each", what, l, n)
		}
	}
	var out []centre.Class
	for i, r := range s.rates {
		out = append(out, centre.Class{
			Rate: r, Service: at(s.services, i, seconds(1)),
			Patience: at(s.patiences, i, seconds(math.Inf(1))), Priority: at(s.priorities, i, 0),
		})
	}
	for _, k := range s.classes {
		if !k.service {
			k.Service = at(s.services, 0, seconds(1))
		}
		if !k.patience {
			k.Patience = at(s.patiences, 0, seconds(math.Inf(1)))
		}
		if !k.priority {
			k.Priority = at(s.priorities, 0, 0)
		}
		out = append(out, k.Class)
	}
	return out, nil
}

func seconds(mean float64) centre.Dist { return centre.Dist{Kind: centre.ExponentialDist, Mean: mean} }

// at is the i-th of a list, the only one, or what holds without any.
func at[T any](list []T, i int, otherwise T) T {
	switch {
	case len(list) == 0:
		return otherwise
	case len(list) == 1:
		return list[0]
	default:
		return list[i]
	}
}

// pairs takes "name=a,rate=2" apart; what has several parts is joined by +.
func pairs(value string, keys map[string]func(v string) error) error {
	known := make([]string, 0, len(keys))
	for k := range keys {
		known = append(known, k)
	}
	slices.Sort(known)
	said := make(map[string]bool)
	for part := range strings.SplitSeq(value, ",") {
		k, v, ok := strings.Cut(strings.TrimSpace(part), "=")
		k, v = strings.TrimSpace(k), strings.TrimSpace(v)
		switch {
		case !ok || v == "":
			return fmt.Errorf("%q is no KEY=VALUE: want some of %s, separated by commas", part, strings.Join(known, ", "))
		case keys[k] == nil:
			return fmt.Errorf("%q is not known: want some of %s", k, strings.Join(known, ", "))
		case said[k]:
			return fmt.Errorf("%s is there twice: want it once", k)
		}
		said[k] = true
		if err := keys[k](v); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	}
	return nil
}

func (s *settings) addClass(value string) error {
	var k classSetting
	service := func(v string) (err error) { k.Service, err = positive(v); k.service = true; return err }
	rate := func(v string) (err error) { k.Rate, err = centre.ParseRate(v); return err }
	err := pairs(value, map[string]func(string) error{
		"name":         func(v string) error { k.Name = v; return nil },
		"rate":         rate,
		"arrival-rate": rate,
		"service":      service, "service-time": service, "mean-service": service,
		"patience": func(v string) (err error) { k.Patience, err = centre.ParseDist(v); k.patience = true; return err },
		"priority": func(v string) (err error) {
			k.Priority, err = whole(v, 1, math.MaxInt32)
			k.priority = true
			return err
		},
		"units":  func(v string) (err error) { k.Units, err = whole(v, 1, 1_000_000); return err },
		"skills": func(v string) (err error) { k.Skills, err = parseSkills(v, 0); return err },
		"queue":  func(v string) error { k.Queue = v; return nil },
	})
	if err == nil && k.Rate == 0 {
		err = errors.New("it has no rate: want rate=R, such as rate=0.8")
	}
	s.classes = append(s.classes, k)
	return err
}

func (s *settings) addAgent(value string) error {
	var a centre.Agent
	err := pairs(value, map[string]func(string) error{
		"name":   func(v string) error { a.Name = v; return nil },
		"count":  func(v string) error { n, err := whole(v, 1, 100_000); a.Count = int(n); return err },
		"units":  func(v string) (err error) { a.Units, err = whole(v, 1, 1_000_000); return err },
		"skills": func(v string) (err error) { a.Skills, err = parseSkills(v, plan.MaxRating); return err },
		"queues": func(v string) error { a.Queues = strings.Split(v, "+"); return nil },
		"speed":  func(v string) (err error) { a.Speed, err = number(v, 1e-6, 1e6); return err },
	})
	s.agents = append(s.agents, a)
	return err
}

func (s *settings) addQueue(value string) error {
	var q centre.Queue
	err := pairs(value, map[string]func(string) error{
		"name":          func(v string) error { q.Name = v; return nil },
		"priority":      func(v string) (err error) { q.Priority, err = whole(v, 1, math.MaxInt32); return err },
		"method":        func(v string) (err error) { q.Method, err = parseMethod(v); return err },
		"hours":         func(v string) (err error) { q.Hours, err = parseHours(v); return err },
		"promote-after": func(v string) (err error) { q.PromoteAfter, err = lasting(v); return err },
		"limit": func(v string) error {
			n, err := whole(v, 1, math.MaxInt32)
			q.Overflow = append(q.Overflow, plan.Overflow{On: plan.ItemLimit, Limit: n, Action: plan.EndItem})
			return err
		},
	})
	if err == nil && q.Name == "" {
		err = errors.New("it has no name: want name=NAME")
	}
	s.queues = append(s.queues, q)
	return err
}

// parseSkills reads a+b:7; rating is of those without one.
func parseSkills(s string, rating int32) ([]plan.Skill, error) {
	var out []plan.Skill
	for part := range strings.SplitSeq(s, "+") {
		name, r, rated := strings.Cut(strings.TrimSpace(part), ":")
		k := plan.Skill{Name: name, Rating: rating}
		if rated {
			n, err := whole(r, 1, plan.MaxRating)
			if err != nil {
				return nil, err
			}
			k.Rating = n
		}
		if slices.ContainsFunc(out, func(o plan.Skill) bool { return o.Name == name }) {
			return nil, fmt.Errorf("skill %q is there twice: want it once", name)
		}
		if name == "" {
			return nil, fmt.Errorf("%q is no list of skills: want names joined by +, with a rating where one matters: a+b:7", s)
		}
		out = append(out, k)
	}
	return out, nil
}

func whole(s string, least, most int64) (int32, error) {
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is not right: want a whole number from %d to %d", s, least, most)
	}
	return int32(min(n, math.MaxInt32)), nil
}

func number(s string, least, most float64) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= least && f <= most) {
		return 0, fmt.Errorf("%q is not right: want a number from %g to %g", s, least, most)
	}
	return f, nil
}
