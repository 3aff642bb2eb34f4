// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

func (o *Oracle) activate(c event.ActivatePlan) event.Result {
	if c.Version == o.version {
		return event.Result{Duplicate: true}
	}
	old := o.plan
	o.log(event.PlanActivated(c))
	o.plan, o.version = c.Plan, c.Version
	for i := range c.Plan.Agents {
		if g := &c.Plan.Agents[i]; c.Plan.Agent(g.Name) != nil && o.agent(g.Name) == nil {
			o.agents = append(o.agents, &agent{name: g.Name, presence: plan.Offline})
		}
	}
	slices.SortFunc(o.agents, func(a, b *agent) int { return strings.Compare(a.name, b.name) })
	for _, a := range slices.Clone(o.agents) {
		o.redefine(a, old)
	}
	for _, a := range slices.Clone(o.agents) {
		if c.Plan.Agent(a.name) == nil {
			o.removeAgent(a)
		}
	}
	for _, it := range o.open() {
		if it.queued && c.Plan.Queue(it.queue) == nil && o.leadsElsewhere(it) {
			o.route(it, event.RoutedAgain, it.since)
		}
	}
	return event.Result{}
}

// redefine has an agent follow a new plan.
func (o *Oracle) redefine(a *agent, old *plan.Plan) {
	was, is := agentOf(old, a.name), o.plan.Agent(a.name)
	if was != nil && is != nil && (was.Units != is.Units || !slices.Equal(was.Profiles, is.Profiles)) {
		a.changed()
	}
	if c, ok := o.plan.Presence(a.choiceAs); ok && a.choiceAs != plan.Inactive {
		a.choice = c.Base
	} else if a.choiceAs != plan.Inactive { // what is gone from the plan is its base
		a.choiceAs = ""
	}
	o.dropKept(a, func(_ *entry, profile string) bool { return !o.endsWithDay(profile) })
}

func agentOf(p *plan.Plan, name string) *plan.Agent {
	if p == nil {
		return nil
	}
	return p.Agent(name)
}

// members are who takes work from a queue, by name: asked of the agents, for the engine asks the plan's index.
func (o *Oracle) members(queue string) []string {
	var names []string
	for i := range o.plan.Agents {
		if a := &o.plan.Agents[i]; slices.Contains(a.Roles, plan.RoleAgent) && slices.Contains(a.Queues, queue) {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return names
}

// leadsElsewhere reports whether an item whose queue is gone would come into another one.
func (o *Oracle) leadsElsewhere(it *item) bool {
	ws := o.plan.Workstream(it.workstream)
	if ws == nil {
		ws = it.ws
	}
	return o.chooseQueue(it, ws).Queue != it.queue
}

// removeAgent ends what an agent has to do with items.
func (o *Oracle) removeAgent(a *agent) {
	if a.connected {
		o.log(event.AgentDisconnected{Agent: a.name})
		a.connected = false
	}
	o.revokeAllOf(a, event.AgentRemoved)
	for _, it := range o.open() {
		switch {
		case it.agent != a.name:
		case it.state == event.Active:
			o.letGo(it, event.AgentRemoved)
			o.requeue(it, event.AgentRemoved)
		default:
			o.end(it, event.ItemClosed{Reason: event.AgentRemoved})
		}
	}
	o.log(event.AgentForgotten{Agent: a.name})
	o.agents = slices.DeleteFunc(o.agents, func(x *agent) bool { return x == a })
}
