// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"slices"
	"strings"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// grace is for how long a lost connection keeps the agent's choice of presence.
const grace = 150 * time.Second

func (a *agent) entry(item string) *entry {
	for _, en := range a.ledger {
		if en.item == item {
			return en
		}
	}
	return nil
}

func (a *agent) used() int64 {
	var sum int64
	for _, en := range a.ledger {
		sum += int64(en.units)
	}
	return sum
}

// usedSlots counts those of a profile, without what the item holds already.
func (a *agent) usedSlots(profile, item string) int32 {
	var n int32
	for _, en := range a.ledger {
		if en.item != item && slices.Contains(en.profiles, profile) {
			n++
		}
	}
	return n
}

func (o *Oracle) limits(a *agent) (units int32, profiles []plan.AgentProfile) {
	if g := o.plan.Agent(a.name); g != nil {
		return g.Units, g.Profiles
	}
	return 0, nil
}

func (o *Oracle) freeUnits(a *agent) int64 {
	units, _ := o.limits(a)
	return int64(units) - a.used()
}

// freeSlots is how many an item could take of a profile; what it holds itself it does not take again.
func (o *Oracle) freeSlots(a *agent, profile, item string) int32 {
	_, profiles := o.limits(a)
	for _, p := range profiles {
		if p.Name == profile {
			return p.Limit - a.usedSlots(profile, item)
		}
	}
	return 0
}

// blocked returns the first profile that keeps all work from the agent, or "".
func (o *Oracle) blocked(a *agent) string {
	_, profiles := o.limits(a)
	for _, p := range profiles {
		if def := o.plan.Profile(p.Name); def != nil && def.Blocking && p.Limit-a.usedSlots(p.Name, "") <= 0 {
			return p.Name
		}
	}
	return ""
}

// Overdrawn are the agents who have less than nothing left, of units or of the slots of a profile.
func (o *Oracle) Overdrawn() map[string]bool {
	names := make(map[string]bool)
	for _, a := range o.agents {
		_, profiles := o.limits(a)
		over := o.freeUnits(a) < 0
		for _, p := range profiles {
			over = over || o.freeSlots(a, p.Name, "") < 0
		}
		if over {
			names[a.name] = true
		}
	}
	return names
}

// computed is the presence that follows from the capacity in use.
func (o *Oracle) computed(a *agent) plan.Presence {
	if o.blocked(a) != "" {
		return plan.DoNotDisturb
	}
	units, profiles := o.limits(a)
	used, exhausted, any := a.used(), true, false
	sum := used
	if units > 0 || len(profiles) == 0 {
		any = true
		exhausted = used >= int64(units)
	}
	negative := used > int64(units)
	for _, p := range profiles {
		n := a.usedSlots(p.Name, "")
		any = true
		sum += int64(n)
		exhausted = exhausted && n >= p.Limit
		negative = negative || n > p.Limit
	}
	for _, en := range a.ledger { // slots of profiles that the agent no longer has
		sum += int64(len(en.profiles))
	}
	switch {
	case negative, any && exhausted && sum > 0:
		return plan.DoNotDisturb
	case sum > 0:
		return plan.Busy
	default:
		return plan.Available
	}
}

// effective is the presence that an agent should have, and its name if it is no base presence.
func (o *Oracle) effective(a *agent) (plan.Presence, string) {
	switch {
	case !a.connected:
		return plan.Offline, ""
	case a.choice != "":
		return a.choice, a.choiceAs
	default:
		return o.computed(a), ""
	}
}

// settle gives every agent the presence that follows from the capacity in use.
func (o *Oracle) settle() {
	for _, a := range o.agents {
		o.show(a, event.CauseComputed)
	}
}

func (o *Oracle) show(a *agent, cause event.PresenceCause) {
	if p, name := o.effective(a); p != a.presence || name != a.shown {
		a.presence, a.shown = p, name
		o.log(event.PresenceChanged{Agent: a.name, Presence: p, Name: name, Cause: cause})
	}
}

// changed ends a choice that lasts only until the capacity in use changes.
func (a *agent) changed() {
	if a.choice == plan.Available || a.choice == plan.Busy {
		a.choice, a.choiceAs = "", ""
	}
}

// take enters an item into an agent's ledger. What the agent kept of it until the end of the day is part of it again.
func (o *Oracle) take(a *agent, en *entry) {
	if old := a.entry(en.item); old != nil && old.why == forSlot {
		en.profiles = union(en.profiles, old.profiles)
		o.remove(a, old)
	}
	a.ledger = append(a.ledger, en)
	slices.SortFunc(a.ledger, func(x, y *entry) int { return strings.Compare(x.item, y.item) })
	a.lastChange = o.seq
	if en.units > 0 || len(en.profiles) > 0 {
		a.changed()
	}
}

func (o *Oracle) remove(a *agent, en *entry) {
	a.ledger = slices.DeleteFunc(a.ledger, func(x *entry) bool { return x == en })
}

// release takes an item out of an agent's ledger; there may be nothing. kept says that the slots of profiles that end
// with the day stay.
func (o *Oracle) release(a *agent, id string, kept bool) {
	en := a.entry(id)
	if en == nil || en.why == forSlot {
		return
	}
	units, slots := en.units, en.profiles
	var stay []string
	if kept {
		for _, p := range en.profiles {
			if def := o.plan.Profile(p); def != nil && def.Reset == plan.EndOfDay {
				stay = append(stay, p)
			}
		}
	}
	o.remove(a, en)
	if len(stay) > 0 {
		o.keep(a, id, stay)
	}
	o.freed(a, units > 0 || len(slots) > len(stay))
}

func (o *Oracle) keep(a *agent, id string, profiles []string) {
	a.ledger = append(a.ledger, &entry{item: id, profiles: profiles, why: forSlot, until: o.midnight(a)})
	slices.SortFunc(a.ledger, func(x, y *entry) int { return strings.Compare(x.item, y.item) })
}

func (o *Oracle) freed(a *agent, something bool) {
	a.lastChange, a.lastReleased = o.seq, o.seq
	if something {
		a.changed()
	}
}

// midnight is when the agent's day ends.
func (o *Oracle) midnight(a *agent) event.Instant {
	zone := time.UTC
	if g := o.plan.Agent(a.name); g != nil {
		if z, err := time.LoadLocation(g.Zone); err == nil {
			zone = z
		}
	}
	y, m, d := time.UnixMicro(int64(o.clock)).In(zone).Date()
	return event.Instant(time.Date(y, m, d+1, 0, 0, 0, 0, zone).UnixMicro())
}

// slotsUntil is when the first of the slots that an agent keeps ends, 0 when there is none.
func slotsUntil(a *agent) event.Instant {
	var at event.Instant
	for _, en := range a.ledger {
		if en.why == forSlot && (at == 0 || en.until < at) {
			at = en.until
		}
	}
	return at
}

func (o *Oracle) resetSlots(a *agent) {
	o.log(event.SlotsReset{Agent: a.name})
	a.ledger = slices.DeleteFunc(a.ledger, func(en *entry) bool { return en.why == forSlot && en.until <= o.clock })
	o.freed(a, true)
}

// endBlock frees what a wrap-up held.
func (o *Oracle) endBlock(a *agent, en *entry) {
	o.log(event.WrapUpReleased{Item: en.item, Agent: a.name})
	if en.why == forBlock {
		o.release(a, en.item, true)
		return
	}
	o.freeWrapUp(a, en)
}

// freeWrapUp frees what a wrap-up holds but for the slots that last until the end of the day; the agent has the item still.
func (o *Oracle) freeWrapUp(a *agent, en *entry) {
	slots := len(en.profiles)
	en.profiles = slices.DeleteFunc(slices.Clone(en.profiles), func(p string) bool {
		def := o.plan.Profile(p)
		return def == nil || def.Reset != plan.EndOfDay
	})
	something := en.units > 0 || len(en.profiles) < slots
	en.units, en.until = 0, 0
	o.freed(a, something)
}

func (o *Oracle) connect(c event.ConnectAgent) event.Result {
	a := o.agent(c.Agent)
	switch {
	case o.plan.Agent(c.Agent) == nil:
		return refuse(event.UnknownAgent)
	case a.connected:
		return event.Result{Duplicate: true}
	}
	o.log(event.AgentConnected{Agent: a.name})
	if o.clock > after(a.lost, grace) {
		a.choice, a.choiceAs = "", ""
	}
	a.connected, a.lost = true, 0
	o.show(a, event.CauseConnection)
	return event.Result{}
}

func (o *Oracle) disconnect(c event.DisconnectAgent) event.Result {
	a := o.agent(c.Agent)
	switch {
	case o.plan.Agent(c.Agent) == nil:
		return refuse(event.UnknownAgent)
	case !a.connected:
		return event.Result{Duplicate: true}
	}
	o.lose(a)
	return event.Result{}
}

// lose is what follows from a lost connection.
func (o *Oracle) lose(a *agent) {
	o.log(event.AgentDisconnected{Agent: a.name})
	a.connected, a.lost = false, o.clock
	o.show(a, event.CauseConnection)
	o.revokeAllOf(a, event.AgentDisconnectedFromOffer)
}

// revokeAllOf ends the offers and consultations of an agent.
func (o *Oracle) revokeAllOf(a *agent, reason event.Reason) {
	for _, it := range o.open() {
		if of := o.liveOffer(it); of != nil && of.agent == a.name {
			o.closeOffer(of, event.Revoked, reason)
			if !of.transfer {
				o.requeue(it, reason)
			}
		}
	}
	for _, it := range o.open() {
		if c := it.consultOf(a.name); c != nil {
			o.endConsultation(it, c)
		}
	}
}

func (o *Oracle) setPresence(c event.SetPresence) event.Result {
	a := o.agent(c.Agent)
	p, ok := o.plan.Presence(string(c.Presence))
	switch {
	case o.plan.Agent(c.Agent) == nil:
		return refuse(event.UnknownAgent)
	case !ok:
		return refuse(event.InvalidPresence)
	case !a.connected:
		return refuse(event.NotConnectedAgent)
	}
	name := ""
	if p.Name != string(p.Base) {
		name = p.Name
	}
	if a.choice == p.Base && a.choiceAs == name {
		return event.Result{Duplicate: true}
	}
	cause := event.CauseAgent
	if c.Supervisor != "" {
		cause = event.CauseSupervisor
	}
	o.choose(a, p.Base, name, c.Supervisor, cause)
	return event.Result{}
}

func (o *Oracle) choose(a *agent, p plan.Presence, name, by string, cause event.PresenceCause) {
	a.choice, a.choiceAs, a.presence, a.shown = p, name, p, name
	o.log(event.PresenceChanged{Agent: a.name, Presence: p, Name: name, By: by, Cause: cause})
}
