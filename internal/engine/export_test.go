// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// NextOffer is the oracle: it says by the words of the design who must be offered what next, and looks at every item
// and every agent to find out. It shares no code with the engine's own decision.
func (e *Engine) NextOffer(now event.Instant) (string, string) {
	var waiting []*item
	for _, it := range e.items {
		if it.Queued && it.ws.Mode == plan.Push && e.plan.Queue(it.Queue) != nil {
			waiting = append(waiting, it)
		}
	}
	slices.SortFunc(waiting, func(a, b *item) int {
		return cmp.Or(
			cmp.Compare(e.plan.Queue(a.Queue).Priority, e.plan.Queue(b.Queue).Priority),
			cmp.Compare(a.Since, b.Since), cmp.Compare(a.ID, b.ID),
		)
	})
	for _, it := range waiting {
		var able []*agent
		for i := range e.plan.Agents {
			if g := &e.plan.Agents[i]; e.oracleAllows(it, g, now) {
				able = append(able, e.agents[g.Name])
			}
		}
		if len(able) > 0 {
			return it.ID, e.oracleBest(it, able).Name
		}
	}
	return "", ""
}

func (e *Engine) oracleAllows(it *item, g *plan.Agent, now event.Instant) bool {
	if !slices.Contains(g.Roles, plan.RoleAgent) {
		return false
	}
	a := e.agents[g.Name]
	if !slices.Contains(g.Queues, it.Queue) || !a.Connected || !slices.Contains(it.ws.AllowedPresences, a.Presence) {
		return false
	}
	if e.oracleFree(a) < int(it.ws.Units) {
		return false
	}
	d := it.Declines[a.Name]
	if d == nil {
		return true
	}
	return d.Until <= now && (d.Count < it.ws.Offer.MaxDeclines || (it.Type == plan.Record && e.oracleAllDeclined(it)))
}

func (e *Engine) oracleAllDeclined(it *item) bool {
	for i := range e.plan.Agents {
		g := &e.plan.Agents[i]
		if !slices.Contains(g.Queues, it.Queue) || !slices.Contains(g.Roles, plan.RoleAgent) {
			continue
		}
		if d := it.Declines[g.Name]; d == nil || d.Count < it.ws.Offer.MaxDeclines {
			return false
		}
	}
	return true
}

func (e *Engine) oracleFree(a *agent) int {
	free := int(e.plan.Agent(a.Name).Units)
	for _, en := range a.Ledger {
		free -= int(en.Units)
	}
	return free
}

func (e *Engine) oracleBest(it *item, able []*agent) *agent {
	slices.SortFunc(able, func(a, b *agent) int {
		byName := cmp.Compare(a.Name, b.Name)
		switch e.plan.Queue(it.Queue).Method {
		case plan.RoundRobin:
			return cmp.Or(cmp.Compare(a.LastAssigned[it.Queue], b.LastAssigned[it.Queue]), byName)
		case plan.LeastActive:
			return cmp.Or(cmp.Compare(a.LastReleased, b.LastReleased), byName)
		default:
			return cmp.Or(cmp.Compare(e.oracleFree(b), e.oracleFree(a)), cmp.Compare(a.LastChange, b.LastChange), byName)
		}
	})
	return able[0]
}

// Percentile is how items are drawn.
func Percentile(item string) int32 { return percentile(item) }

// Clock is the latest time that the engine was given.
func (e *Engine) Clock() event.Instant { return e.clock }

// Overdrawn are the agents whose free capacity is negative.
func (e *Engine) Overdrawn() map[string]bool {
	out := make(map[string]bool)
	for name, a := range e.agents {
		if e.oracleFree(a) < 0 {
			out[name] = true
		}
	}
	return out
}

// SetMaxFired bounds the timers of a step for a test, and returns what the bound was.
func SetMaxFired(n int) int {
	before := maxFired
	maxFired = n
	return before
}

// Lines is how many lines the queues have.
func (e *Engine) Lines() int {
	n := 0
	for _, q := range e.queues {
		n += len(q.lines)
	}
	return n
}

// Attributes are those of an item.
func (e *Engine) Attributes(item string) rule.Attributes { return e.items[item].Attributes }
