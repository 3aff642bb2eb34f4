// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"fmt"
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

// usedSlots counts those of a profile. What an item takes and what was kept of it is one slot.
func (a *agent) usedSlots(profile string) int32 {
	var n int32
	for _, en := range a.ledger {
		if slices.Contains(en.profiles, profile) || slices.Contains(en.kept, profile) {
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

// freeSlots is how many are left of a profile; none of one that the agent does not have.
func (o *Oracle) freeSlots(a *agent, profile string) int32 {
	_, profiles := o.limits(a)
	for _, p := range profiles {
		if p.Name == profile {
			return p.Limit - a.usedSlots(profile)
		}
	}
	return 0
}

// blocked returns the first profile that keeps all work from the agent, or "".
func (o *Oracle) blocked(a *agent) string {
	_, profiles := o.limits(a)
	for _, p := range profiles {
		if def := o.plan.Profile(p.Name); def != nil && def.Blocking && p.Limit-a.usedSlots(p.Name) <= 0 {
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
			over = over || o.freeSlots(a, p.Name) < 0
		}
		if over {
			names[a.name] = true
		}
	}
	return names
}

// computed is the presence that follows from the capacity in use: of units, if the agent has any or nothing else, and of
// each profile. While anything is left nobody is exhausted.
func (o *Oracle) computed(a *agent) plan.Presence {
	units, profiles := o.limits(a)
	exhausted, used := true, false
	if units > 0 || len(profiles) == 0 {
		exhausted = a.used() >= int64(units)
	}
	for _, p := range profiles {
		exhausted = exhausted && a.usedSlots(p.Name) >= p.Limit
	}
	for _, en := range a.ledger {
		used = used || en.units > 0 || len(en.profiles) > 0 || len(en.kept) > 0
	}
	switch {
	case o.blocked(a) != "", used && exhausted:
		return plan.DoNotDisturb
	case used:
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
	before := ""
	if old := a.entry(en.item); old != nil {
		before, en.kept, en.keptUntil = old.holds(), old.kept, old.keptUntil
		o.remove(a, old)
	}
	en.isIts()
	a.ledger = append(a.ledger, en)
	slices.SortFunc(a.ledger, func(x, y *entry) int { return strings.Compare(x.item, y.item) })
	a.lastChange = o.seq
	if en.holds() != before {
		a.changed()
	}
}

// isIts ends what is kept of an item that has the same slots again as its agent's.
func (en *entry) isIts() {
	if en.why == forActive {
		en.drop(func(p string) bool { return slices.Contains(en.profiles, p) })
	}
}

// drop ends what an entry keeps of some profiles.
func (en *entry) drop(ends func(string) bool) {
	if en.kept = slices.DeleteFunc(slices.Clone(en.kept), ends); len(en.kept) == 0 {
		en.keptUntil = 0
	}
}

// holds is what an entry takes of its agent's capacity, in words that differ when it does; "" is nothing.
func (en *entry) holds() string {
	if all := union(en.profiles, en.kept); en.units > 0 || len(all) > 0 {
		return fmt.Sprint(en.units, all)
	}
	return ""
}

func (o *Oracle) remove(a *agent, en *entry) {
	a.ledger = slices.DeleteFunc(a.ledger, func(x *entry) bool { return x == en })
}

// giveBack frees what an offer took.
func (o *Oracle) giveBack(a *agent, id string) {
	en := a.entry(id)
	before := en.holds()
	en.units, en.profiles, en.why = 0, nil, forSlot
	o.freed(a, en, before)
}

// release frees what an item costs an agent who no longer has it; there may be nothing. The slots of profiles that end
// with the day stay.
func (o *Oracle) release(a *agent, id string) {
	en := a.entry(id)
	if en == nil || en.why == forSlot {
		return
	}
	before := en.holds()
	o.keep(a, en)
	en.units, en.profiles, en.until, en.why = 0, nil, 0, forSlot
	o.freed(a, en, before)
}

// freeWrapUp frees what a wrap-up holds but for the slots that last until the end of the day; the agent has the item still.
func (o *Oracle) freeWrapUp(a *agent, en *entry) {
	before := en.holds()
	o.keep(a, en)
	en.units, en.profiles, en.until = 0, nil, 0
	o.freed(a, en, before)
}

// keep notes which slots of an entry are not free before the agent's day ends.
func (o *Oracle) keep(a *agent, en *entry) {
	for _, p := range en.profiles {
		if o.endsWithDay(p) {
			en.kept, en.keptUntil = union(en.kept, []string{p}), o.dayEnds(a)
		}
	}
}

func (o *Oracle) endsWithDay(profile string) bool {
	def := o.plan.Profile(profile)
	return def != nil && def.Reset == plan.EndOfDay
}

// freed notes that an agent may have more left than before.
func (o *Oracle) freed(a *agent, en *entry, before string) {
	if en.why == forSlot && len(en.kept) == 0 {
		o.remove(a, en)
	}
	a.lastChange = o.seq
	if it := o.item(en.item); en.holds() != before || (it.state != event.Closed && it.ws.Units == 0 && len(it.needs()) == 0) {
		a.lastReleased = o.seq
	}
	if en.holds() != before {
		a.changed()
	}
}

// dayEnds is the next midnight of an agent.
func (o *Oracle) dayEnds(a *agent) event.Instant {
	zone := time.UTC
	if g := o.plan.Agent(a.name); g != nil {
		var err error
		if zone, err = time.LoadLocation(g.Zone); err != nil {
			panic(err)
		}
	}
	day := moment(o.clock).In(zone).Format(time.DateOnly)
	for t := moment(o.clock).Truncate(15 * time.Minute); ; t = t.Add(15 * time.Minute) {
		if t.In(zone).Format(time.DateOnly) > day {
			return event.Instant(t.UnixMicro())
		}
	}
}

// keptUntil is when the first of the slots ends that an agent keeps, 0 when there is none.
func (a *agent) keptUntil() event.Instant {
	var at event.Instant
	for _, en := range a.ledger {
		if en.keptUntil != 0 && (at == 0 || en.keptUntil < at) {
			at = en.keptUntil
		}
	}
	return at
}

func (o *Oracle) resetSlots(a *agent) {
	o.log(event.SlotsReset{Agent: a.name})
	o.dropKept(a, func(en *entry, _ string) bool { return en.keptUntil <= o.clock })
}

// dropKept frees some of the slots that an agent keeps.
func (o *Oracle) dropKept(a *agent, ends func(*entry, string) bool) {
	changed := false
	for _, en := range slices.Clone(a.ledger) {
		before := en.holds()
		en.drop(func(p string) bool { return ends(en, p) })
		changed = changed || en.holds() != before
		if en.why == forSlot && len(en.kept) == 0 {
			o.remove(a, en)
		}
	}
	if changed {
		a.lastChange, a.lastReleased = o.seq, o.seq
		a.changed()
	}
}

// endBlock frees what a wrap-up held.
func (o *Oracle) endBlock(a *agent, en *entry) {
	o.log(event.WrapUpReleased{Item: en.item, Agent: a.name})
	if en.why == forBlock {
		o.release(a, en.item)
		return
	}
	o.freeWrapUp(a, en)
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
	o.setLost(a, 0)
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
	o.setLost(a, o.clock)
	o.show(a, event.CauseConnection)
	o.revokeAllOf(a, event.AgentDisconnectedFromOffer)
}

// setLost notes for all that is Active with an agent since when the agent is not there.
func (o *Oracle) setLost(a *agent, since event.Instant) {
	for _, it := range o.items {
		if it.state == event.Active && it.agent == a.name {
			it.lost = since
		}
	}
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
		if c := o.consultOf(it, a.name); c != nil {
			o.endConsultation(it, c, event.ConsultWithdrawn)
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
