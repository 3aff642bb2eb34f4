// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"fmt"
	"math"
	"time"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
)

// endOfTime is far from the last moment that an engine can count, and behind all that a run looks at.
const endOfTime = 1 << 61

// scale sets how many microseconds of the engine are one second of c: more than a million where something takes so little
// time that a microsecond would not be small beside it, for times are all that counts and only opening hours need the real ones.
// A replication lasts for twice as long as is given at most.
func (c *Config) scale(length float64) error {
	shortest := min(1, 1/c.rate())
	for i := range c.Classes {
		k := &c.Classes[i]
		shortest = min(shortest, k.Service.Mean)
		if k.Patience.Mean > 0 {
			shortest = min(shortest, k.Patience.Mean)
		}
	}
	// Times are rounded, so that of the shortest there should be many microseconds still.
	const fine, coarse = 1e6, 1e3
	most := min(endOfTime/2/(2*length), endOfTime/1000/c.spans())
	c.second = min(fine/shortest, most)
	for i := range c.Queues {
		if len(c.Queues[i].Hours) > 0 {
			shortest, c.second = coarse/1e6, 1e6
		}
	}
	if c.second > most || c.second < coarse/shortest {
		return fmt.Errorf("a run of %.3g seconds has no clock that tells times of %.3g seconds: want fewer --conversations, "+
			"a shorter --duration or --warmup, or times that are not so different", length, shortest)
	}
	return nil
}

// spans is the longest of the times that the engine is told beforehand.
func (c *Config) spans() float64 {
	longest := 1e-300
	if h := &c.Handling; !h.instant() {
		longest = max(h.Timeout, h.Reoffer)
	}
	for i := range c.Queues {
		longest = max(longest, c.Queues[i].PromoteAfter)
		for _, o := range c.Queues[i].Overflow {
			longest = max(longest, o.After.Seconds())
		}
	}
	return longest
}

// span is a time of c as the engine has it; what nobody asks for may be cut.
func (c *Config) span(seconds float64) time.Duration {
	return time.Duration(min(math.Round(seconds*c.second), endOfTime/1000)) * time.Microsecond
}

// plan is the configuration of the engine: a workstream with a channel for each class, whose items get their priority and
// skills by classification.
func (c *Config) plan() (*plan.Plan, error) {
	p := &plan.Plan{Namespace: "simulated"}
	for i := range c.Queues {
		q := &c.Queues[i]
		out := plan.Queue{
			Name: q.Name, Type: plan.Messaging, Priority: q.Priority, Method: q.Method, PromoteAfter: c.span(q.PromoteAfter),
		}
		for _, o := range q.Overflow {
			o.After = c.span(o.After.Seconds())
			out.Overflow = append(out.Overflow, o)
		}
		if len(q.Hours) > 0 {
			out.Hours = q.Name
			p.Calendars = append(p.Calendars, plan.Calendar{Name: q.Name, Definition: hours.Definition{Weekly: q.Hours}})
		}
		p.Queues = append(p.Queues, out)
	}
	for i := range c.Agents {
		a := &c.Agents[i]
		out := plan.Agent{
			Name: a.Name, Subject: a.Name, Roles: []plan.Role{plan.RoleAgent}, Units: a.Units, Queues: a.Queues, Skills: a.Skills,
		}
		if len(a.Queues) == 0 {
			for _, q := range p.Queues {
				out.Queues = append(out.Queues, q.Name)
			}
		}
		p.Agents = append(p.Agents, out)
	}
	for i := range c.Classes {
		w := c.workstream(&c.Classes[i])
		if err := w.SetRevision(); err != nil {
			return nil, fmt.Errorf("class %s: %w", w.Name, err)
		}
		p.Workstreams = append(p.Workstreams, w)
		p.Channels = append(p.Channels, plan.Channel{
			Name: w.Name, Workstream: w.Name, Type: "Custom", Custom: &plan.Custom{Address: w.Name},
		})
	}
	return p, nil
}

func (c *Config) workstream(k *Class) plan.Workstream {
	h := &c.Handling
	w := plan.Workstream{
		Name: k.Name, Type: plan.Messaging, ChannelType: plan.LiveChat, Mode: plan.Push, Units: k.Units,
		AllowedPresences: []plan.Presence{plan.Available, plan.Busy}, SkillMatching: c.SkillMatching,
		Offer: plan.Offer{
			Presentation: plan.AutoAccept, Timeout: c.span(h.Timeout), ReofferAfter: c.span(h.Reoffer), MaxDeclines: h.MaxDeclines,
		},
		WrapUp: plan.WrapUp{Block: plan.BlockNever}, Routing: plan.Routing{Fallback: k.Queue},
	}
	if !h.instant() {
		w.Offer.Presentation = plan.Prompt
	}
	if h.WrapUp.Mean > 0 {
		w.WrapUp.Block = plan.BlockAlways
	}
	// The queue by a rule: what goes to the fallback does not overflow.
	w.Routing.Rules = []plan.Rule{{Name: "all", Split: []plan.Target{{Queue: k.Queue, Percent: 100}}}}
	if k.Priority != 100 || len(k.Skills) > 0 {
		w.Classification = []plan.Classification{{
			Ruleset: "class", Rules: []plan.ClassificationRule{{Name: "all", Priority: k.Priority, Skills: k.Skills}},
		}}
	}
	return w
}
