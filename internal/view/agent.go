// SPDX-License-Identifier: Apache-2.0

package view

import (
	"maps"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// agent is what is known of an agent beside the plan. Its exported fields are its part of a snapshot.
type agent struct {
	Connected    bool          `json:"connected,omitempty"`
	Presence     plan.Presence `json:"presence"`
	PresenceName string        `json:"presenceName,omitempty"`
	// Held is the ledger: what each item takes, be it offered, Active or blocked by a wrap-up.
	Held map[string]held `json:"held,omitempty"`
	// Slots are those of items that the agent had before, and that stay taken until the end of the agent's day.
	Slots map[string][]string `json:"slots,omitempty"`
	// Items are those the agent has, Active or in wrap-up.
	Items  map[string]struct{} `json:"items,omitempty"`
	Offers map[string]*offer   `json:"offers,omitempty"`
	// Consults has the items of the consultations that the agent was asked for or has joined.
	Consults map[string]string `json:"consults,omitempty"`

	used int32 // the sum of Held
}

// held is what an item takes of an agent's capacity.
type held struct {
	Units    int32    `json:"units,omitempty"`
	Profiles []string `json:"profiles,omitempty"` // of which it takes a slot each
}

func newAgent() *agent {
	return &agent{
		Presence: plan.Offline, Held: map[string]held{}, Slots: map[string][]string{}, Items: map[string]struct{}{},
		Offers: map[string]*offer{}, Consults: map[string]string{},
	}
}

// hold enters what an item takes into the ledger, in place of what it took before.
func (a *agent) hold(item string, h held) {
	a.used += h.Units - a.Held[item].Units
	a.Held[item] = h
}

// free takes an item's entry out of the ledger, should there be one.
func (a *agent) free(item string) {
	a.used -= a.Held[item].Units
	delete(a.Held, item)
}

// slots counts the slots of each profile that are taken; nil when none is.
func (a *agent) slots() map[string]int32 {
	var taken map[string]int32
	take := func(profile string) {
		if taken == nil {
			taken = map[string]int32{}
		}
		taken[profile]++
	}
	for _, h := range a.Held {
		for _, p := range h.Profiles {
			take(p)
		}
	}
	for item, profiles := range a.Slots {
		for _, p := range profiles {
			if !slices.Contains(a.Held[item].Profiles, p) { // an item that came back has its slot already
				take(p)
			}
		}
	}
	return taken
}

// leaveLocked frees what an item takes of an agent who had it, but for the slots that end with the agent's day.
func (v *View) leaveLocked(a *agent, item string) {
	for _, name := range a.Held[item].Profiles {
		if p := v.plan.Profile(name); p != nil && p.Reset == plan.EndOfDay && !slices.Contains(a.Slots[item], name) {
			a.Slots[item] = append(slices.Clone(a.Slots[item]), name)
		}
	}
	a.free(item)
}

// endKeptLocked frees the slots that an agent kept of profiles that no longer end with the day.
func (v *View) endKeptLocked(a *agent) {
	for item, kept := range a.Slots {
		left := slices.DeleteFunc(slices.Clone(kept), func(name string) bool {
			p := v.plan.Profile(name)
			return p == nil || p.Reset != plan.EndOfDay
		})
		if a.Slots[item] = left; len(left) == 0 {
			delete(a.Slots, item)
		}
	}
}

// dropLocked takes an item and what it takes from the agent who had it.
func (v *View) dropLocked(a *agent, item string) {
	v.leaveLocked(a, item)
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

// capacityLocked adds what the agent has left to what is told.
func (v *View) capacityLocked(name string, e *StreamEvent) *StreamEvent {
	var used, units int32
	a, p := v.agents[name], v.plan.Agent(name)
	if a != nil {
		used = a.used
	}
	if p != nil {
		units = p.Units
		e.Profiles = profileUse(p, a)
	}
	free := units - used
	e.Used, e.Free = &used, &free
	return e
}

// profileUse lists the profiles of an agent, and those of which they hold a slot though they have none.
func profileUse(p *plan.Agent, a *agent) []ProfileUse {
	var taken map[string]int32
	if a != nil {
		taken = a.slots()
	}
	if len(p.Profiles) == 0 && taken == nil {
		return nil
	}
	list := make([]ProfileUse, 0, len(p.Profiles))
	for _, of := range p.Profiles {
		list = append(list, ProfileUse{Name: of.Name, Limit: of.Limit, Used: taken[of.Name]})
		delete(taken, of.Name)
	}
	for name, n := range taken {
		list = append(list, ProfileUse{Name: name, Used: n})
	}
	slices.SortFunc(list, func(x, y ProfileUse) int { return strings.Compare(x.Name, y.Name) })
	return list
}

// tellLocked tells one agent. The event is the streams' from now on: it is never changed again.
func (v *View) tellLocked(r event.Recorded, who string, e *StreamEvent) {
	e.Seq, e.At, e.agent = r.Seq, moment(r.Time), who
	e.size = e.sizeNow()
	v.hub.publish(e)
}

func (v *View) tellAllLocked(r event.Recorded, who []string, e *StreamEvent) {
	for _, w := range who {
		own := *e
		v.tellLocked(r, w, &own)
	}
}

// agentViewLocked shows an agent of the plan.
func (v *View) agentViewLocked(p *plan.Agent) AgentView {
	w := AgentView{
		Name: p.Name, DisplayName: p.DisplayName, Presence: plan.Offline, Units: p.Units, Free: p.Units,
		Profiles: profileUse(p, v.agents[p.Name]), Queues: slices.Clone(p.Queues), Items: []string{}, Offers: []string{},
		Consults: []string{},
	}
	if w.Queues == nil {
		w.Queues = []string{}
	}
	a := v.agents[p.Name]
	if a == nil {
		return w
	}
	w.Presence, w.PresenceName, w.Connected, w.Used = a.Presence, a.PresenceName, a.Connected, a.used
	w.Free = w.Units - w.Used
	w.Items = slices.AppendSeq(w.Items, maps.Keys(a.Items))
	w.Offers = slices.AppendSeq(w.Offers, maps.Keys(a.Offers))
	w.Consults = slices.AppendSeq(w.Consults, maps.Keys(a.Consults))
	slices.Sort(w.Items)
	slices.Sort(w.Offers)
	slices.Sort(w.Consults)
	return w
}

// helloLocked is the whole state of an agent's desk.
func (v *View) helloLocked(p *plan.Agent) Hello {
	h := Hello{
		Type: "hello", Seq: v.seq, Agent: v.agentViewLocked(p),
		Offers: []OfferView{}, Consults: []ConsultView{}, Items: []ItemView{},
	}
	a := v.agents[p.Name]
	if a == nil {
		return h
	}
	// What is offered is shown with what the agent has: the desk needs it to draw the offer.
	shown := maps.Clone(a.Items)
	for _, o := range a.Offers {
		h.Offers = append(h.Offers, o.view())
		shown[o.Item] = struct{}{}
	}
	for id, item := range a.Consults {
		if c := v.items[item].consult(id); c != nil {
			h.Consults = append(h.Consults, c.view())
			shown[item] = struct{}{}
		}
	}
	for id := range shown {
		if it := v.items[id]; it != nil {
			h.Items = append(h.Items, *it.view())
		}
	}
	slices.SortFunc(h.Offers, func(x, y OfferView) int { return strings.Compare(x.ID, y.ID) })
	slices.SortFunc(h.Consults, func(x, y ConsultView) int { return strings.Compare(x.ID, y.ID) })
	slices.SortFunc(h.Items, func(x, y ItemView) int { return strings.Compare(x.ID, y.ID) })
	return h
}
