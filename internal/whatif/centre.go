// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"errors"
	"fmt"
	"strconv"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/view"
)

// The most that can be described: nobody reads more, and each is a step of the engine.
const (
	maxWaiting = 10_000
	maxHeld    = 1_000
)

// centre is a contact centre in virtual time.
type centre struct {
	engine *engine.Engine
	view   *view.View
	now    event.Instant
	items  int
	last   []event.Recorded
}

func (c *centre) step(cmd event.Command) error {
	out, err := c.engine.Step(c.now, cmd)
	if err != nil {
		return err
	}
	c.view.Fold(out.Events)
	c.last = out.Events
	if out.Result.Rejected != nil {
		return errors.New(out.Result.Rejected.Message)
	}
	return nil
}

// open sets the centre up as it is a second before the item comes. away are agents who are offline whatever g says.
func open(p *plan.Plan, version string, g *Given, away map[string]bool) (*centre, error) {
	at, err := g.time()
	if err != nil {
		return nil, err
	}
	if err := g.check(p); err != nil {
		return nil, err
	}
	c := &centre{engine: engine.New(), view: view.New(), now: event.Instant(at.UnixMicro()) - 1_000_000}
	if len(g.Waiting) > 0 || g.held() > 0 {
		if err := c.fill(p, g); err != nil {
			return nil, err
		}
	}
	if err := c.step(event.ActivatePlan{Version: version, Plan: p}); err != nil {
		return nil, err
	}
	for i := range p.Agents {
		name := p.Agents[i].Name
		presence := g.presence(name)
		if p.Agent(name) == nil || away[name] || presence == string(plan.Offline) {
			continue
		}
		if err := c.step(event.ConnectAgent{Agent: name}); err != nil {
			return nil, fmt.Errorf("agents: %s: %w", name, err)
		}
		if err := c.step(event.SetPresence{Agent: name, Presence: plan.Presence(presence)}); err != nil {
			return nil, fmt.Errorf("agents: %s: %w", name, err)
		}
	}
	c.now += 1_000_000
	return c, nil
}

func (g *Given) presence(agent string) string {
	if a, ok := g.Agents[agent]; ok && a.Presence != "" {
		return a.Presence
	}
	if _, ok := g.Agents[agent]; !ok && g.OtherAgents != "" {
		return string(g.OtherAgents)
	}
	return string(plan.Available)
}

func (g *Given) held() int {
	n := 0
	for _, a := range g.Agents {
		for _, items := range a.Holds {
			n += items
		}
	}
	return n
}

// check refuses what the plan does not have.
func (g *Given) check(p *plan.Plan) error {
	for _, name := range names(g.Agents) {
		if p.Agent(name) == nil {
			return fmt.Errorf("agents: the plan has no Agent %q who takes work", name)
		}
		presence := g.presence(name)
		if _, ok := p.Presence(presence); !ok || presence == plan.Inactive {
			return fmt.Errorf("agents: %s: there is no presence %q: Available, Busy, DoNotDisturb, Away, Offline or one of the Distributor",
				name, presence)
		}
		for _, ws := range names(g.Agents[name].Holds) {
			if p.Workstream(ws) == nil {
				return fmt.Errorf("agents: %s: holds: the plan has no Workstream %q", name, ws)
			}
			if n := g.Agents[name].Holds[ws]; n < 0 || n > maxHeld {
				return fmt.Errorf("agents: %s: holds: %d is not from 0 to %d", name, n, maxHeld)
			}
		}
	}
	if _, ok := p.Presence(string(g.OtherAgents)); g.OtherAgents != "" && !ok {
		return fmt.Errorf("otherAgents: there is no presence %q", g.OtherAgents)
	}
	for _, queue := range names(g.Waiting) {
		if p.Queue(queue) == nil {
			return fmt.Errorf("waiting: the plan has no Queue %q", queue)
		}
		if n := g.Waiting[queue]; n < 0 || n > maxWaiting {
			return fmt.Errorf("waiting: %s: %d is not from 0 to %d", queue, n, maxWaiting)
		}
	}
	return nil
}

// fill puts items into queues and with agents while nobody is there, by a plan in which nothing overflows and no rule
// applies.
func (c *centre) fill(p *plan.Plan, g *Given) error {
	quiet, version, err := quieted(p)
	if err != nil {
		return err
	}
	if err := c.step(event.ActivatePlan{Version: version, Plan: quiet}); err != nil {
		return err
	}
	for _, agent := range names(g.Agents) {
		for _, ws := range names(g.Agents[agent].Holds) {
			assign := event.AssignItem{Supervisor: "given", Agent: agent}
			if err := c.put(quiet, quiet.Workstream(ws), assign, g.Agents[agent].Holds[ws]); err != nil {
				return fmt.Errorf("agents: %s: holds: %w", agent, err)
			}
		}
	}
	for _, queue := range names(g.Waiting) {
		ws := leadsTo(quiet, queue)
		if ws == nil && g.Waiting[queue] > 0 {
			return fmt.Errorf("waiting: %s: no workstream of its type can take items in", queue)
		}
		if err := c.put(quiet, ws, event.AssignItem{Supervisor: "given", Queue: queue}, g.Waiting[queue]); err != nil {
			return fmt.Errorf("waiting: %s: %w", queue, err)
		}
	}
	return nil
}

// quieted is a copy of p without overflow, hours and rules.
func quieted(p *plan.Plan) (*plan.Plan, string, error) {
	body, _, err := p.Encode()
	if err != nil {
		return nil, "", err
	}
	quiet, err := plan.Decode(body)
	if err != nil {
		return nil, "", err
	}
	for i := range quiet.Queues {
		quiet.Queues[i].Overflow, quiet.Queues[i].Hours = nil, ""
	}
	for i := range quiet.Workstreams {
		w := &quiet.Workstreams[i]
		w.Routing.Rules, w.Classification = nil, nil
		if err := w.SetRevision(); err != nil {
			return nil, "", err
		}
	}
	_, version, err := quiet.Encode()
	return quiet, version, err
}

// leadsTo is a workstream whose items can be in that queue.
func leadsTo(p *plan.Plan, queue string) *plan.Workstream {
	for i := range p.Workstreams {
		w := &p.Workstreams[i]
		if w.Type == p.Queue(queue).Type && (w.Type == plan.Record || channelOf(p, w) != nil) {
			return w
		}
	}
	return nil
}

func channelOf(p *plan.Plan, w *plan.Workstream) *plan.Channel {
	for i := range p.Channels {
		if p.Channels[i].Workstream == w.Name {
			return &p.Channels[i]
		}
	}
	return nil
}

// put takes a number of items of w in, and assigns them.
func (c *centre) put(p *plan.Plan, w *plan.Workstream, assign event.AssignItem, items int) error {
	for range items {
		if err := c.putOne(p, w, assign); err != nil {
			return err
		}
	}
	return nil
}

func (c *centre) putOne(p *plan.Plan, w *plan.Workstream, assign event.AssignItem) error {
	c.items++
	id := "before-" + strconv.Itoa(c.items)
	var cmd event.Command = event.SubmitRecord{Item: id, Workstream: w.Name, Record: id}
	if w.Type == plan.Messaging {
		channel := channelOf(p, w)
		if channel == nil {
			return fmt.Errorf("no Channel of Workstream %q is in the plan", w.Name)
		}
		cmd = event.ReceiveMessage{Item: id, Message: id, Channel: channel.Name, Conversation: id, Text: "given"}
	}
	if err := c.step(cmd); err != nil {
		return err
	}
	if it, ok := c.view.Item(id); ok && assign.Queue != "" && it.Queue == assign.Queue {
		return nil // it is there already
	}
	assign.Item = id
	return c.step(assign)
}
