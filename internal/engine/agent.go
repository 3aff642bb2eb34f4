// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"slices"

	"maps"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
)

// connect makes an agent reachable, with the presence of before when the connection was lost only for a moment.
func (e *Engine) connect(c event.ConnectAgent) event.Result {
	a, refused := e.planned(c.Agent)
	if refused != nil {
		return *refused
	}
	if a.Connected {
		return event.Result{Duplicate: true}
	}
	e.emit(event.AgentConnected{Agent: a.Name})
	e.settleOne(a, event.CauseConnection)
	return event.Result{}
}

// disconnect makes an agent Offline at once; who waits for the agent's answer is queued again.
func (e *Engine) disconnect(c event.DisconnectAgent) event.Result {
	a, refused := e.planned(c.Agent)
	if refused != nil {
		return *refused
	}
	if !a.Connected {
		return event.Result{Duplicate: true}
	}
	e.lose(a)
	return event.Result{}
}

// disconnectAll is the first command after a start: no connection survived the process.
func (e *Engine) disconnectAll() {
	for _, name := range slices.Sorted(maps.Keys(e.agents)) {
		if a := e.agents[name]; a.Connected {
			e.lose(a)
		}
	}
}

func (e *Engine) lose(a *agent) {
	e.emit(event.AgentDisconnected{Agent: a.Name})
	e.settleOne(a, event.CauseConnection)
	for _, it := range e.offeredTo(a) {
		e.revoke(it, event.AgentDisconnectedFromOffer)
		e.requeue(it, event.AgentDisconnectedFromOffer)
	}
}

// offeredTo returns the items that an agent is offered, by id.
func (e *Engine) offeredTo(a *agent) []*item {
	var items []*item
	for _, en := range a.Ledger {
		if en.Why == holdsOffer {
			items = append(items, e.items[en.Item])
		}
	}
	return items
}

// setPresence is the agent's own choice.
func (e *Engine) setPresence(c event.SetPresence) event.Result {
	a, refused := e.planned(c.Agent)
	switch {
	case refused != nil:
		return *refused
	case !match.Known(c.Presence):
		return reject(event.InvalidPresence, "%q is no presence: choose Available, Busy, DoNotDisturb, Away or Offline", c.Presence)
	case !a.Connected:
		return reject(event.NotConnectedAgent, "you are not connected, so your presence is Offline")
	case a.Choice == c.Presence:
		return event.Result{Duplicate: true}
	}
	e.emit(event.PresenceChanged{Agent: a.Name, Presence: c.Presence, Cause: event.CauseAgent})
	return event.Result{}
}

// settle makes the presences follow what changed.
func (e *Engine) settle() {
	slices.SortFunc(e.unsettled, func(a, b *agent) int { return cmp.Compare(a.Name, b.Name) })
	for i := 0; i < len(e.unsettled); i++ { //nolint:intrange // it grows meanwhile: what is settled is looked at again
		a := e.unsettled[i]
		a.unsettled = false
		e.settleOne(a, event.CauseComputed)
	}
	e.unsettled = emptied(e.unsettled)
}

func (e *Engine) settleOne(a *agent, cause event.PresenceCause) {
	if p := a.effective(); p != a.Presence && a.def != nil {
		e.emit(event.PresenceChanged{Agent: a.Name, Presence: p, Cause: cause})
	}
}

// planned returns an agent of the plan, or the refusal.
func (e *Engine) planned(name string) (*agent, *event.Result) {
	if e.plan.Agent(name) == nil {
		res := reject(event.UnknownAgent, "there is no agent %q", name)
		return nil, &res
	}
	return e.agents[name], nil
}
