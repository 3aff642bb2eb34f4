// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// directed is an item that came into its queue in this step and may be for somebody in particular.
type directed struct {
	item     *item
	affinity bool // for who had it last
	prefers  bool // for who the customer prefers
}

// direct notes that an item that came into its queue may be for somebody in particular. That is decided once: if they do
// not take it, it is for everybody.
func (e *Engine) direct(it *item, reason event.Reason, routed bool) {
	if it.ws.Mode != plan.Push {
		return
	}
	d := directed{item: it, prefers: routed && it.given[preferredAttribute].Present()}
	returns := reason == event.CustomerReturned || reason == event.FollowUpDue
	d.affinity = returns && it.ws.Affinity.Enabled && it.Type == plan.Messaging && it.Last != ""
	if d.affinity || d.prefers {
		e.directed = append(e.directed, d)
	}
}

// assignDirectly offers what came into a queue in this step to those whom it is for, before everything else.
func (e *Engine) assignDirectly() {
	if len(e.directed) == 0 {
		return
	}
	slices.SortStableFunc(e.directed, func(a, b directed) int { return a.item.node.compare(&b.item.node.place) })
	for _, d := range e.directed {
		it := d.item
		if !it.Queued || it.ws.Mode != plan.Push {
			continue
		}
		a, via := e.hadItLast(d), event.ViaAffinity
		if a == nil {
			a, via = e.preferredAgent(d), event.ViaPreferred
		}
		if a != nil {
			it.fresh = false
			e.give(it, a, via, event.Candidates{})
			e.settle()
		}
	}
	clear(e.directed)
	e.directed = e.directed[:0]
}

// hadItLast returns who had the item last, if it is for them: whatever their capacity and presence, but for what the
// workstream respects.
func (e *Engine) hadItLast(d directed) *agent {
	it := d.item
	if !d.affinity {
		return nil
	}
	a := e.agents[it.Last]
	if a == nil || !a.Connected || !a.isMember(it.Queue) || it.past(a).Never {
		return nil
	}
	n := e.needOf(it, it.line.queue)
	respect := it.ws.Affinity
	if (respect.RespectPresence && !n.Allowed.Has(a.card.Presence)) || (respect.RespectCapacity && n.Full(&a.card)) {
		return nil
	}
	return a
}

// preferredAgent returns the first of those whom the customer prefers who can take the item now. Skills and the method
// do not count.
func (e *Engine) preferredAgent(d directed) *agent {
	if !d.prefers {
		return nil
	}
	it := d.item
	names := match.Names(it.given[preferredAttribute].String())
	n := e.needOf(it, it.line.queue)
	n.Matching = plan.SkillsNone
	for _, name := range names[:min(len(names), match.MaxPreferred)] {
		a := e.agents[name]
		if a != nil && a.isMember(it.Queue) && n.Exclude(&a.card, it.past(a)) == "" {
			return a
		}
	}
	return nil
}
