// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"maps"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
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

// disconnect makes an agent Offline at once; who waits for the agent's answer is queued again. What is Active stays for
// a while.
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
		e.withdraw(it, event.AgentDisconnectedFromOffer)
	}
	e.endConsultsOf(a)
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

// planned returns an agent of the plan, or the refusal.
func (e *Engine) planned(name string) (*agent, *event.Result) {
	if a := e.agent(name); a != nil && a.def != nil {
		return a, nil
	}
	res := reject(event.UnknownAgent, "there is no agent %q", name)
	return nil, &res
}

func newAgent(name string) *agent {
	a := &agent{Name: name, Presence: plan.Offline}
	a.prepare()
	return a
}

// prepare sets what an agent has from the beginning.
func (a *agent) prepare() {
	a.day = timer{kind: dayTimer, by: &a.Name}
	a.weight = weigh(a.Name)
}
