// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
)

// ParsePlan reads a plan, one part per line:
//
//	queue general type=Record priority=10 method=RoundRobin promote=5m hours=office overflow=(OutOfHours:End, ItemLimit:2:TransferTo:q)
//	workstream chat fallback=general units=30 mode=Pick timeout=2m reoffer=2m declines=3 wrapup=Always autoclose=8h
//	workstream live channeltype=LiveChat fallback=general presentation=AutoAccept skillmatching=Closest affinity=(presence)
//	rule chat vip attribute=context.tier operator=Equal values=(gold) to=(a:30, b:70)
//	classify chat tiers vip attribute=context.tier values=(gold) set=(context.basket:7) priority=1 skills=(french:5) profiles=(calls)
//	channel web chat callback
//	agent ann units=60 queues=(general) skills=(french:7, billing) profiles=(calls:2) zone=Europe/Berlin
//	profile calls reset=EndOfDay blocking
//	calendar office zone=Europe/Berlin weekly=(Mon:09:00-17:00) holidays=(2027-01-01, 2027-01-02:10:00-12:00)
//	presence Lunch base=Away
//	presence-rules missed declined
//
// All but names and fallback has a default. A workstream has the lifecycle of its channel type; waits=no, open=, active=,
// waiting=, wrapped=, followup=, customerreturn= and agentreturn= change it.
func ParsePlan(text string) (*plan.Plan, string, error) {
	p := &plan.Plan{Namespace: "scenario"}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		kind, a, err := parse(line)
		if err == nil {
			err = parsePart(p, kind, a)
		}
		if err != nil {
			return nil, "", fmt.Errorf("%q: %w", line, err)
		}
	}
	for i := range p.Workstreams {
		if err := p.Workstreams[i].SetRevision(); err != nil {
			return nil, "", err
		}
	}
	_, version, err := p.Encode()
	return p, version, err
}

func parsePart(p *plan.Plan, kind string, a *args) error {
	switch kind {
	case "queue":
		p.Queues = append(p.Queues, parseQueue(a))
	case "workstream":
		p.Workstreams = append(p.Workstreams, parseWorkstream(a))
	case "rule":
		return parseRule(p, a)
	case "classify":
		return parseClassification(p, a)
	case "channel":
		c := plan.Channel{Type: "Custom", Custom: &plan.Custom{Credentials: "secret"}}
		if a.flag("callback") {
			c.Custom.CallbackURL = "https://customer.example/callback"
		}
		c.Name, c.Workstream = a.word(), a.word()
		c.Custom.Address = c.Name
		p.Channels = append(p.Channels, c)
	case "agent":
		p.Agents = append(p.Agents, parseAgent(a))
	case "profile":
		p.Profiles = append(p.Profiles, plan.Profile{
			Name: a.word(), Reset: plan.Reset(a.text("reset", string(plan.Immediate))), Blocking: a.flag("blocking"),
		})
	case "calendar":
		p.Calendars = append(p.Calendars, parseCalendar(a))
	case "presence":
		p.Presences = append(p.Presences, plan.CustomPresence{Name: a.word(), Base: plan.Presence(a.text("base", ""))})
	case "presence-rules":
		p.PresenceRules = plan.PresenceRules{Missed: a.flag("missed"), Declined: a.flag("declined")}
	default:
		return errors.New("no such part")
	}
	return a.done()
}

func parseQueue(a *args) plan.Queue {
	q := plan.Queue{
		Name: a.word(), Type: plan.ItemType(a.text("type", "Messaging")), Priority: a.number("priority", 100),
		Method:       plan.Method(a.text("method", "HighestCapacity")),
		PromoteAfter: a.duration("promote", "0"), Hours: a.text("hours", ""),
	}
	for _, s := range a.list("overflow") {
		q.Overflow = append(q.Overflow, parseOverflow(a, s))
	}
	return q
}

// parseOverflow reads OutOfHours:ACTION, ItemLimit:N:ACTION or WaitTime:DURATION:ACTION, with TransferTo:QUEUE as an action.
func parseOverflow(a *args, s string) plan.Overflow {
	parts := strings.Split(s, ":")
	o := plan.Overflow{On: plan.OverflowTrigger(parts[0])}
	parts = parts[1:]
	var err error
	if len(parts) > 1 && o.On == plan.ItemLimit {
		_, o.Limit = a.pair("limit:"+parts[0], 0)
		parts = parts[1:]
	}
	if len(parts) > 1 && o.On == plan.WaitTime {
		o.After, err = time.ParseDuration(parts[0])
		parts = parts[1:]
	}
	if err != nil || len(parts) == 0 || len(parts) > 2 {
		a.fail("overflow %q is not understood", s)
		return o
	}
	o.Action = plan.OverflowAction(parts[0])
	if len(parts) == 2 {
		o.Queue = parts[1]
	}
	return o
}

func parseAgent(a *args) plan.Agent {
	g := plan.Agent{
		Name: a.word(), Units: a.number("units", 100), Queues: a.list("queues"), Skills: a.skills(), Zone: a.text("zone", ""),
	}
	for _, r := range a.list("roles", string(plan.RoleAgent)) {
		g.Roles = append(g.Roles, plan.Role(r))
	}
	for _, s := range a.list("profiles") {
		name, limit := a.pair(s, 1)
		g.Profiles = append(g.Profiles, plan.AgentProfile{Name: name, Limit: limit})
	}
	g.Subject, g.DisplayName = g.Name, a.text("display", "")
	return g
}

// parseCalendar reads weekly hours as Mon:09:00-17:00 and holidays as 2027-01-01 or 2027-01-01:10:00-12:00.
func parseCalendar(a *args) plan.Calendar {
	c := plan.Calendar{Name: a.word()}
	c.Zone = a.text("zone", "")
	for _, s := range a.list("weekly") {
		day, span, _ := strings.Cut(s, ":")
		i := hours.Interval{Day: -1}
		for d := time.Sunday; d <= time.Saturday; d++ {
			if d.String()[:3] == day {
				i.Day = d
			}
		}
		i.From, i.To = a.span(span)
		c.Weekly = append(c.Weekly, i)
	}
	for _, s := range a.list("holidays") {
		date, span, open := strings.Cut(s, ":")
		h := hours.Holiday{Date: date}
		if open {
			from, to := a.span(span)
			h.Open = []hours.Span{{From: from, To: to}}
		}
		c.Holidays = append(c.Holidays, h)
	}
	return c
}

func (a *args) span(s string) (from, to int32) {
	first, last, ok := strings.Cut(s, "-")
	if !ok {
		a.fail("hours %q are not understood", s)
		return 0, 0
	}
	return a.minutes(first), a.minutes(last)
}
