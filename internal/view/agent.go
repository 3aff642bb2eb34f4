// SPDX-License-Identifier: Apache-2.0

package view

import (
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// agent is what is known of an agent beside the plan. Its exported fields are its part of a snapshot.
type agent struct {
	Connected bool          `json:"connected,omitempty"`
	Presence  plan.Presence `json:"presence"`
	// Held is the ledger: the units that each item takes, be it offered, Active or blocked by a wrap-up.
	Held map[string]int32 `json:"held,omitempty"`
	// Items are those the agent has, Active or in wrap-up.
	Items  map[string]struct{} `json:"items,omitempty"`
	Offers map[string]*offer   `json:"offers,omitempty"`

	used int32 // the sum of Held
}

func newAgent() *agent {
	return &agent{
		Presence: plan.Offline, Held: map[string]int32{}, Items: map[string]struct{}{}, Offers: map[string]*offer{},
	}
}

// hold enters what an item takes into the ledger, in place of what it took before.
func (a *agent) hold(item string, units int32) {
	a.used += units - a.Held[item]
	a.Held[item] = units
}

// free takes an item's entry out of the ledger, should there be one.
func (a *agent) free(item string) {
	a.used -= a.Held[item]
	delete(a.Held, item)
}

// drop takes an item and what it holds from the agent.
func (a *agent) drop(item string) {
	a.free(item)
	delete(a.Items, item)
}

func (a *agent) available() bool {
	return a.Connected && (a.Presence == plan.Available || a.Presence == plan.Busy)
}

func (v *View) agentLocked(name string) *agent {
	a := v.agents[name]
	if a == nil {
		a = newAgent()
		v.agents[name] = a
	}
	return a
}

// capacityLocked adds the agent's units to what is told.
func (v *View) capacityLocked(name string, e StreamEvent) StreamEvent {
	var used, units int32
	if a := v.agents[name]; a != nil {
		used = a.used
	}
	if p := v.plan.Agent(name); p != nil {
		units = p.Units
	}
	free := units - used
	e.Used, e.Free = &used, &free
	return e
}

func (v *View) tellLocked(r event.Recorded, who string, e StreamEvent) {
	e.Seq, e.At, e.agent = r.Seq, moment(r.Time), who
	v.hub.publish(e)
}

// agentViewLocked shows an agent of the plan.
func (v *View) agentViewLocked(p *plan.Agent) AgentView {
	w := AgentView{
		Name: p.Name, DisplayName: p.DisplayName, Presence: plan.Offline, Units: p.Units, Free: p.Units,
		Queues: slices.Clone(p.Queues), Items: []string{}, Offers: []string{},
	}
	if w.Queues == nil {
		w.Queues = []string{}
	}
	a := v.agents[p.Name]
	if a == nil {
		return w
	}
	w.Presence, w.Connected, w.Used = a.Presence, a.Connected, a.used
	w.Free = w.Units - w.Used
	for id := range a.Items {
		w.Items = append(w.Items, id)
	}
	for id := range a.Offers {
		w.Offers = append(w.Offers, id)
	}
	slices.Sort(w.Items)
	slices.Sort(w.Offers)
	return w
}

// helloLocked is the whole state of an agent's desk.
func (v *View) helloLocked(p *plan.Agent) Hello {
	h := Hello{Type: "hello", Seq: v.seq, Agent: v.agentViewLocked(p), Offers: []OfferView{}, Items: []ItemView{}}
	a := v.agents[p.Name]
	if a == nil {
		return h
	}
	for _, o := range a.Offers {
		h.Offers = append(h.Offers, o.view())
	}
	// What is offered is shown with what the agent has: the desk needs it to draw the offer.
	for _, id := range slices.Concat(h.Agent.Items, offered(a)) {
		if it := v.items[id]; it != nil {
			h.Items = append(h.Items, *it.view())
		}
	}
	slices.SortFunc(h.Offers, func(x, y OfferView) int { return strings.Compare(x.ID, y.ID) })
	slices.SortFunc(h.Items, func(x, y ItemView) int { return strings.Compare(x.ID, y.ID) })
	return h
}

func offered(a *agent) []string {
	ids := make([]string, 0, len(a.Offers))
	for _, o := range a.Offers {
		ids = append(ids, o.Item)
	}
	return ids
}
