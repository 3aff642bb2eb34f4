// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"slices"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// holding is why a ledger has an entry.
type holding string

const (
	holdsOffer  holding = "Offer"
	holdsActive holding = "Active"
	holdsWrapUp holding = "WrapUp"
	holdsBlock  holding = "Block" // a wrap-up block that outlives its item
	holdsSlot   holding = "Slot"  // only slots that last until the agent's day ends
)

// entry is what one item costs an agent.
type entry struct {
	Item  string
	Units int32
	// Profiles are those of which the item takes a slot each as long as Why holds, sorted.
	Profiles []string `json:",omitempty"`
	// Kept are those of which it took a slot before, and which end with the agent's day, sorted. A profile that is in both
	// lists is one slot: an item that comes back takes its own.
	Kept      []string      `json:",omitempty"`
	KeptUntil event.Instant `json:",omitempty"`
	Why       holding
	Until     event.Instant `json:",omitempty"` // of a wrap-up block
	Lost      event.Instant `json:",omitempty"` // since when the agent of an Active item is not connected

	block timer
}

// slotCount is what an agent has and uses of one capacity profile.
type slotCount struct {
	profile  string
	limit    int32 // 0 of a profile that the agent does not have
	used     int32
	has      bool
	blocking bool
}

func (a *agent) entry(item string) *entry {
	const few = 8 // are compared sooner than ordered
	if len(a.Ledger) > few {
		if i, ok := a.find(item); ok {
			return a.Ledger[i]
		}
		return nil
	}
	for _, en := range a.Ledger {
		if en.Item == item {
			return en
		}
	}
	return nil
}

func (a *agent) find(item string) (int, bool) {
	return slices.BinarySearchFunc(a.Ledger, item, func(e *entry, id string) int { return cmp.Compare(e.Item, id) })
}

func (a *agent) units() int32 {
	if a.def == nil {
		return 0
	}
	return a.def.Units
}

// free is how many units are left; it may be negative.
func (a *agent) free() int64 { return int64(a.units()) - a.used }

// slots is how many slots of a profile are left; it may be negative. An agent has none of a profile that the plan does not
// give them.
func (a *agent) slots(profile string) int32 {
	if i, ok := a.findSlots(profile); ok {
		return a.counts[i].limit - a.counts[i].used
	}
	return 0
}

// couldHold reports whether the limits of an agent, with nothing in use, allow for an item.
func (a *agent) couldHold(n *match.Need) bool {
	for _, p := range n.Profiles {
		if i, ok := a.findSlots(p); !ok || a.counts[i].limit < 1 {
			return false
		}
	}
	return n.BySlots() || a.units() >= n.Units
}

// blockedBy returns the first blocking profile of the agent that is exhausted, or "".
func (a *agent) blockedBy() string {
	for i := range a.counts {
		if c := &a.counts[i]; c.has && c.blocking && c.used >= c.limit {
			return c.profile
		}
	}
	return ""
}

func (a *agent) findSlots(profile string) (int, bool) {
	return slices.BinarySearchFunc(a.counts, profile, func(c slotCount, name string) int { return cmp.Compare(c.profile, name) })
}

// addSlot counts a slot of a profile, or with -1 no longer counts it. What is used of a profile that the agent does not
// have is counted too: a plan may give it later.
func (a *agent) addSlot(profile string, by int32) {
	i, ok := a.findSlots(profile)
	if !ok {
		a.counts = slices.Insert(a.counts, i, slotCount{profile: profile})
	}
	c := &a.counts[i]
	if c.used += by; c.used == 0 && !c.has {
		a.counts = slices.Delete(a.counts, i, i+1)
	}
}

// taken are the profiles of which an entry takes a slot, sorted. The list must not be changed.
func (en *entry) taken() []string {
	switch {
	case len(en.Kept) == 0:
		return en.Profiles
	case len(en.Profiles) == 0:
		return en.Kept
	default:
		return union(en.Profiles, en.Kept)
	}
}

// union merges two sorted lists.
func union(a, b []string) []string {
	both := slices.Concat(a, b)
	slices.Sort(both)
	return slices.Compact(both)
}

// add counts all that an entry holds, or with -1 no longer counts it.
func (a *agent) add(en *entry, by int32) {
	a.used += int64(by) * int64(en.Units)
	for _, p := range en.taken() {
		a.addSlot(p, by)
	}
}

// edit changes an entry and keeps the counts in step with it. It reports whether it holds anything else than before.
func (a *agent) edit(en *entry, change func()) bool {
	units, taken := en.Units, en.taken()
	a.add(en, -1)
	change()
	a.add(en, 1)
	return en.Units != units || !slices.Equal(en.taken(), taken)
}

// redefine takes the limits over from the agent's definition in a plan, and reports whether they differ from before.
func (a *agent) redefine(p *plan.Plan, def *plan.Agent) bool {
	old, changed := a.counts, a.units() != unitsOf(def)
	a.def, a.counts = def, nil
	if def != nil {
		for _, ap := range def.Profiles {
			c := slotCount{profile: ap.Name, limit: ap.Limit, has: true}
			if d := p.Profile(ap.Name); d != nil {
				c.blocking = d.Blocking
			}
			a.counts = append(a.counts, c)
		}
	}
	for i := range old {
		o := &old[i]
		j, ok := a.findSlots(o.profile)
		switch {
		case ok:
			a.counts[j].used = o.used
			changed = changed || a.counts[j] != *o
		case o.used != 0:
			a.counts = slices.Insert(a.counts, j, slotCount{profile: o.profile, used: o.used})
			changed = changed || o.has
		default:
			changed = true
		}
	}
	return changed || len(a.counts) != len(old)
}

func unitsOf(def *plan.Agent) int32 {
	if def == nil {
		return 0
	}
	return def.Units
}

func (e *Engine) newEntry(a *agent, item string) *entry {
	en := e.spareEntries.get()
	en.Item = item
	en.block = timer{kind: blockTimer, of: &en.Item, by: &a.Name}
	return en
}

// take enters an item into an agent's ledger, with all that it costs. Slots that the agent still has of it are its own.
func (e *Engine) take(a *agent, item string, units int32, profiles []string, why holding) {
	i, ok := a.find(item)
	if !ok {
		a.Ledger = slices.Insert(a.Ledger, i, e.newEntry(a, item))
	} else if a.Ledger[i].Why != holdsSlot {
		panic("engine: agent " + a.Name + " has item " + item + " already")
	}
	en := a.Ledger[i]
	changed := a.edit(en, func() { en.Units, en.Profiles = units, profiles })
	e.hold(a, en, why)
	e.ledgerChanged(a, changed)
}

// hold says why an agent holds what is in an entry. Slots that the item has as its agent's need not be kept as well.
func (e *Engine) hold(a *agent, en *entry, why holding) {
	en.Why, en.Lost = why, 0
	if why == holdsActive && len(en.Kept) > 0 {
		en.keepOnly(func(profile string) bool {
			_, again := slices.BinarySearch(en.Profiles, profile)
			return !again
		})
		e.scheduleDay(a)
	}
}

// giveBack frees what an offer took.
func (e *Engine) giveBack(a *agent, item string) {
	if en := a.entry(item); en != nil {
		e.freed(a, en, a.edit(en, func() { en.Units, en.Profiles, en.Why = 0, nil, holdsSlot }))
	}
}

// release frees what an item costs the agent who no longer has it. Its slots of profiles that end with the agent's day
// stay.
func (e *Engine) release(a *agent, item string) {
	if en := a.entry(item); en != nil {
		e.timers.remove(&en.block)
		e.freed(a, en, a.edit(en, func() {
			e.keep(a, en)
			en.Units, en.Profiles, en.Until, en.Lost, en.Why = 0, nil, 0, 0, holdsSlot
		}))
	}
}

// freeEntry frees what a wrap-up holds and keeps its entry: the agent still has the item.
func (e *Engine) freeEntry(a *agent, en *entry) {
	e.timers.remove(&en.block)
	e.freed(a, en, a.edit(en, func() {
		e.keep(a, en)
		en.Units, en.Profiles, en.Until = 0, nil, 0
	}))
}

// freed notes that an agent may have more left than before; changed says that it is so, and only then capacity was released.
// Of work that costs nothing every end counts, or else whoever never had any would get all of it. An entry that holds nothing
// more goes.
func (e *Engine) freed(a *agent, en *entry, changed bool) {
	if en.Why == holdsSlot && len(en.Kept) == 0 {
		i := slices.Index(a.Ledger, en)
		a.Ledger = slices.Delete(a.Ledger, i, i+1)
		e.spareEntries.put(en)
	}
	if changed || e.costsNothing(en.Item) {
		a.LastReleased = e.seq
	}
	e.ledgerChanged(a, changed)
}

func (e *Engine) costsNothing(id string) bool {
	it := e.item(id)
	return it != nil && it.units() == 0 && len(it.profiles()) == 0
}

// keep notes which slots of an entry are not free before the agent's day ends.
func (e *Engine) keep(a *agent, en *entry) {
	var ending []string
	for _, name := range en.Profiles {
		if p := e.plan.Profile(name); p != nil && p.Reset == plan.EndOfDay {
			ending = append(ending, name)
		}
	}
	if len(ending) == 0 {
		return
	}
	en.Kept = union(en.Kept, ending)
	en.KeptUntil = instantOf(hours.NextDay(e.zoneOf(a), timeOf(e.last)))
	e.scheduleDay(a)
}

func (e *Engine) zoneOf(a *agent) *time.Location {
	if a.def == nil {
		return time.UTC
	}
	return e.plan.Zone(a.def.Zone)
}

// keepOnly ends what an entry keeps of other profiles.
func (en *entry) keepOnly(stays func(profile string) bool) {
	var kept []string
	for _, p := range en.Kept {
		if stays(p) {
			kept = append(kept, p)
		}
	}
	if en.Kept = kept; kept == nil {
		en.KeptUntil = 0
	}
}

// dropKept ends what an agent keeps of profiles for which stays says no.
func (e *Engine) dropKept(a *agent, stays func(en *entry, profile string) bool) {
	changed := false
	a.Ledger = slices.DeleteFunc(a.Ledger, func(en *entry) bool {
		if len(en.Kept) == 0 {
			return false
		}
		changed = a.edit(en, func() { en.keepOnly(func(p string) bool { return stays(en, p) }) }) || changed
		return en.Why == holdsSlot && len(en.Kept) == 0
	})
	e.scheduleDay(a)
	if changed {
		a.LastReleased = e.seq
		e.ledgerChanged(a, true)
	}
}

// scheduleDay sets when the first of the slots that an agent keeps ends.
func (e *Engine) scheduleDay(a *agent) {
	var at event.Instant
	for _, en := range a.Ledger {
		if en.KeptUntil != 0 && (at == 0 || en.KeptUntil < at) {
			at = en.KeptUntil
		}
	}
	e.timers.set(&a.day, at)
}

func (e *Engine) ledgerChanged(a *agent, changed bool) {
	a.LastChange = e.seq
	if changed {
		e.capacityChanged(a)
	}
	e.moved(a)
}

// capacityChanged ends a choice that lasts only so long.
func (e *Engine) capacityChanged(a *agent) {
	if a.Choice == plan.Available || a.Choice == plan.Busy {
		a.Choice, a.ChoiceName = "", ""
	}
	e.unsettle(a)
}

// units is what an item costs of an agent's capacity.
func (it *item) units() int32 { return it.ws.Units }

// profiles are those of which an item takes a slot each, sorted: the workstream's and those that classification added.
// The list must not be changed.
func (it *item) profiles() []string {
	switch {
	case len(it.Profiles) == 0:
		return it.ws.Profiles
	case len(it.ws.Profiles) == 0:
		return it.Profiles
	default:
		return union(it.ws.Profiles, it.Profiles)
	}
}
