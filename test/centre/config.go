// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
)

// Config is a contact centre and how long it is looked at. Its zero fields mean what Defaults says.
type Config struct {
	Classes []Class
	Agents  []Agent
	// Queues may be empty: then there is one for each that a class names, or one for all.
	Queues        []Queue
	SkillMatching plan.SkillMatching
	Handling      Handling

	// Conversations is how many arrive on average while a replication is looked at. Warmup is for how long before that it
	// runs, in seconds; less than 0 is for as long as the centre takes to settle.
	Conversations int
	// Duration is for how many seconds a replication is looked at, in the place of Conversations; 0 is not.
	Duration     float64
	Warmup       float64
	Replications int
	Seed         uint64
	// WaitsAbove are the t of P(wait > t), in seconds; Percentiles of the wait are 0-100.
	WaitsAbove  []float64
	Percentiles []float64

	second float64 // how many microseconds of the engine it has
}

// Class is a kind of customers.
type Class struct {
	Name string
	// Rate is how many arrive in a second, without memory of when the last one did.
	Rate     float64
	Service  Dist
	Patience Dist // how long they wait before they leave
	// Priority is that of their items: 1 is served first.
	Priority int32
	Units    int32
	Skills   []plan.Skill
	Queue    string
}

// Agent is one agent, or Count of them that are equal.
type Agent struct {
	Name   string
	Count  int
	Skills []plan.Skill
	Units  int32
	Queues []string // none is all
	// Speed is how many times faster than others they serve.
	Speed float64
}

// Queue is where customers wait.
type Queue struct {
	Name         string
	Priority     int32
	Method       plan.Method
	PromoteAfter float64 // seconds
	Hours        []hours.Interval
	// Overflow is as in a plan; its times are of the simulation.
	Overflow []plan.Overflow
}

// Handling is what agents do with offers, and after a conversation.
type Handling struct {
	// Accept is after how long an agent accepts. Decline and Miss are with what probability an offer is declined, after that
	// time too, or let expire. With all of them zero items are assigned without an offer.
	Accept        Dist
	Decline, Miss float64
	Timeout       float64 // of an offer
	Reoffer       float64 // after how long an agent is offered again what was not taken
	MaxDeclines   int32   // of an item by an agent who is then not offered it again; less than 0 is no limit
	// WrapUp is how long the after-work takes, which holds capacity.
	WrapUp Dist
}

// instant reports whether items are assigned without an offer.
func (h *Handling) instant() bool { return h.Accept.Mean == 0 && h.Decline == 0 && h.Miss == 0 }

const defaultQueue = "main"

// WithDefaults returns c with what it leaves open filled in, or says what is wrong with it.
func (c Config) WithDefaults() (Config, error) {
	c.Classes, c.Agents, c.Queues = slices.Clone(c.Classes), slices.Clone(c.Agents), slices.Clone(c.Queues)
	if len(c.Classes) == 0 {
		return c, errors.New("there are no customers: want an arrival rate")
	}
	if len(c.Agents) == 0 {
		return c, errors.New("there are no agents: want how many")
	}
	c.SkillMatching = orElse(c.SkillMatching, plan.SkillsExact)
	c.Conversations = orElse(c.Conversations, 50_000)
	c.Replications = orElse(c.Replications, 20)
	h := &c.Handling
	h.Timeout, h.Reoffer, h.MaxDeclines = orElse(h.Timeout, 120), orElse(h.Reoffer, 120), max(0, orElse(h.MaxDeclines, 3))
	for i := range c.Queues {
		c.Queues[i].Method = orElse(c.Queues[i].Method, plan.LeastActive)
		c.Queues[i].Priority = orElse(c.Queues[i].Priority, 100)
	}
	given := len(c.Queues) > 0
	for i := range c.Classes {
		k := &c.Classes[i]
		k.Name = orElse(k.Name, fmt.Sprintf("class-%d", i+1))
		k.Priority, k.Units = orElse(k.Priority, 100), orElse(k.Units, 1)
		if k.Queue == "" {
			k.Queue = defaultQueue
			if given {
				k.Queue = c.Queues[0].Name
			}
		}
		if !given && !c.hasQueue(k.Queue) {
			c.Queues = append(c.Queues, Queue{Name: k.Queue, Priority: 100, Method: plan.LeastActive})
		}
	}
	c.Agents = expand(c.Agents)
	return c, c.check()
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// expand makes one of each.
func expand(agents []Agent) []Agent {
	var out []Agent
	for i, a := range agents {
		if a.Name == "" && len(agents) == 1 {
			a.Name = "agent"
		}
		a.Name = orElse(a.Name, fmt.Sprintf("agent-%d", i+1))
		a.Units, a.Speed = orElse(a.Units, 1), orElse(a.Speed, 1)
		n := max(a.Count, 1)
		a.Count = 1
		name := a.Name
		for j := range n {
			if n > 1 {
				a.Name = fmt.Sprintf("%s-%0*d", name, len(strconv.Itoa(n)), j+1)
			}
			out = append(out, a)
		}
	}
	return out
}

func (c *Config) check() error {
	names := make(map[string]bool)
	for i := range c.Queues {
		name := c.Queues[i].Name
		if names["queue "+name] {
			return fmt.Errorf("two queues are named %q", name)
		}
		names["queue "+name] = true
	}
	for i := range c.Classes {
		k := &c.Classes[i]
		switch {
		case names["class "+k.Name]:
			return fmt.Errorf("two classes are named %q", k.Name)
		case !c.hasQueue(k.Queue):
			return c.noQueue("class "+k.Name, k.Queue)
		case k.Rate <= 0 || math.IsInf(k.Rate, 0):
			return fmt.Errorf("class %s: arrival rate %g: want a number above 0", k.Name, k.Rate)
		case k.Service.Mean <= 0 || k.Service.Never():
			return fmt.Errorf("class %s: service time %g: want a mean above 0", k.Name, k.Service.Mean)
		}
		names["class "+k.Name] = true
	}
	for i := range c.Agents {
		a := &c.Agents[i]
		if names["agent "+a.Name] {
			return fmt.Errorf("two agents are named %q", a.Name)
		}
		names["agent "+a.Name] = true
		for _, q := range a.Queues {
			if !c.hasQueue(q) {
				return c.noQueue("agent "+a.Name, q)
			}
		}
	}
	if h := c.Handling; h.Decline+h.Miss > 1 {
		return fmt.Errorf("offers are declined with probability %g and missed with %g: together that is more than 1", h.Decline, h.Miss)
	}
	return nil
}

func (c *Config) hasQueue(name string) bool {
	return slices.ContainsFunc(c.Queues, func(q Queue) bool { return q.Name == name })
}

// noQueue is the error of who names a queue that is not there.
func (c *Config) noQueue(who, name string) error {
	names := make([]string, 0, len(c.Queues))
	for i := range c.Queues {
		names = append(names, c.Queues[i].Name)
	}
	return fmt.Errorf("%s: there is no queue %q: want %s", who, name, strings.Join(names, " or "))
}

// serves reports whether an agent is ever given customers of a class.
func (c *Config) serves(a *Agent, k *Class) bool {
	if len(a.Queues) > 0 && !slices.Contains(a.Queues, k.Queue) {
		return false
	}
	if a.Units < k.Units {
		return false
	}
	if c.SkillMatching != plan.SkillsExact {
		return true
	}
	for _, need := range k.Skills {
		if !slices.ContainsFunc(a.Skills, func(s plan.Skill) bool { return s.Name == need.Name && s.Rating >= need.Rating }) {
			return false
		}
	}
	return true
}

func (c *Config) queue(name string) *Queue {
	return &c.Queues[slices.IndexFunc(c.Queues, func(q Queue) bool { return q.Name == name })]
}

// rate is how many arrive in a second altogether.
func (c *Config) rate() float64 {
	var sum float64
	for i := range c.Classes {
		sum += c.Classes[i].Rate
	}
	return sum
}

// patient is the share of customers who never leave.
func (c *Config) patient() float64 {
	var sum float64
	for i := range c.Classes {
		if c.Classes[i].Patience.Never() {
			sum += c.Classes[i].Rate / c.rate()
		}
	}
	return sum
}
