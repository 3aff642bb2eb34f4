// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// setPresence is an agent's own choice, or a supervisor's for the agent.
func (e *Engine) setPresence(c event.SetPresence) event.Result {
	a, refused := e.planned(c.Agent)
	if refused != nil {
		return *refused
	}
	const base = "Available, Busy, DoNotDisturb, Away, Offline"
	chosen, known := e.plan.Presence(string(c.Presence))
	switch {
	case c.Presence == plan.Inactive:
		return reject(event.InvalidPresence, "%s is not chosen: it follows from an offer that expired", c.Presence)
	case !known:
		return reject(event.InvalidPresence, "%q is no presence: choose %s or one of your own", c.Presence, base)
	case !a.Connected:
		return reject(event.NotConnectedAgent, "agent %s is not connected, so the presence is Offline", a.Name)
	}
	name := chosen.Name
	if plan.Presence(name) == chosen.Base {
		name = ""
	}
	if a.Choice == chosen.Base && a.ChoiceName == name {
		return event.Result{Duplicate: true}
	}
	ev := event.PresenceChanged{Agent: a.Name, Presence: chosen.Base, Name: name, Cause: event.CauseAgent}
	if c.Supervisor != "" {
		ev.By, ev.Cause = c.Supervisor, event.CauseSupervisor
	}
	e.emit(ev)
	return event.Result{}
}

// applyPresenceRules changes the presence of an agent who did not take an offer, where the plan asks for it. A workstream
// that offers to agents of the presence that it would be has its agents keep theirs.
func (e *Engine) applyPresenceRules(it *item, a *agent, outcome event.OfferOutcome) {
	ev := event.PresenceChanged{Agent: a.Name}
	switch rules := e.plan.PresenceRules; {
	case it.Type != plan.Messaging:
		return
	case outcome == event.Expired && rules.Missed:
		ev.Presence, ev.Name, ev.Cause = plan.Away, plan.Inactive, event.CauseMissed
	case outcome == event.Declined && rules.Declined:
		ev.Presence, ev.Cause = plan.DoNotDisturb, event.CauseDeclined
	default:
		return
	}
	if !it.ws.Allows(ev.Presence) && (a.Choice != ev.Presence || a.ChoiceName != ev.Name) {
		e.emit(ev)
	}
}

// settle makes the presences follow what changed, by agent.
func (e *Engine) settle() {
	slices.SortFunc(e.unsettled, func(a, b *agent) int { return strings.Compare(a.Name, b.Name) })
	for i := 0; i < len(e.unsettled); i++ { //nolint:intrange // it grows meanwhile: what is settled is looked at again
		a := e.unsettled[i]
		a.unsettled = false
		e.settleOne(a, event.CauseComputed)
	}
	e.unsettled = emptied(e.unsettled)
}

func (e *Engine) settleOne(a *agent, cause event.PresenceCause) {
	if p, name := a.effective(); (p != a.Presence || name != a.PresenceName) && a.def != nil {
		e.emit(event.PresenceChanged{Agent: a.Name, Presence: p, Name: name, Cause: cause})
	}
}
