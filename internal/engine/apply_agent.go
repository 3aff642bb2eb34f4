// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// applyConnection notes for all that is Active with an agent since when the agent is not there, which is not for ever.
func (e *Engine) applyConnection(a *agent, connected bool, lost event.Instant) {
	a.Connected, a.LostAt = connected, lost
	for _, en := range a.Ledger {
		if en.Why == holdsActive {
			en.Lost = lost
			e.schedule(e.mustItem(en.Item))
		}
	}
	e.unsettle(a)
	e.moved(a)
}

// applyPresence takes over a presence, and what was chosen as the choice.
func (e *Engine) applyPresence(ev *event.PresenceChanged) {
	a := e.mustAgent(ev.Agent)
	a.Presence, a.PresenceName = ev.Presence, ev.Name
	switch ev.Cause {
	case event.CauseAgent, event.CauseSupervisor, event.CauseMissed, event.CauseDeclined:
		a.Choice, a.ChoiceName = ev.Presence, ev.Name
	case event.CauseComputed, event.CauseConnection:
	}
	e.unsettle(a)
	e.moved(a)
}

func (e *Engine) applyForgotten(a *agent) {
	for _, en := range a.Ledger {
		e.timers.remove(&en.block)
	}
	e.timers.remove(&a.day)
	delete(e.agents, a.Name)
	e.lastAgent = nil
}

// renamePresence has a chosen presence follow the plan: it counts as what it is there, and one that is no longer there
// keeps its base.
func (e *Engine) renamePresence(a *agent, p *plan.Plan) {
	if a.ChoiceName == "" || a.ChoiceName == plan.Inactive {
		return
	}
	if c, ok := p.Presence(a.ChoiceName); ok {
		a.Choice = c.Base
	} else {
		a.ChoiceName = ""
	}
	e.unsettle(a)
}
