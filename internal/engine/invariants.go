// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// invariant is something that holds after every step. The numbers are those of the design. Three are about histories and
// stand in tests: 7, that replays give the same state, in internal/testkit/scenario, but for what snapshots are made of; 8, no
// effect without its durable event, in internal/distributor; 9, complete traces, in internal/testkit/scenario.
type invariant struct {
	number int
	check  func(*Engine) error
}

var invariants = []invariant{
	{1, (*Engine).checkPlaces},
	{2, (*Engine).checkOffers},
	{2, (*Engine).checkLedgers},
	{2, (*Engine).checkSlots},
	{2, (*Engine).checkConsults},
	{2, (*Engine).checkPresences},
	{3, (*Engine).checkHoldings},
	{4, (*Engine).checkWorkConserving},
	{4, (*Engine).checkCards},
	{5, (*Engine).checkOrder},
	{6, (*Engine).checkWaits},
	{6, (*Engine).checkProgress},
	{6, (*Engine).checkNothingDue},
	{7, (*Engine).checkImages},
}

// CheckInvariants returns the first invariant that is broken. It looks at everything: it is for tests and for an
// operator who asks, not for every step of a big namespace.
func (e *Engine) CheckInvariants() error {
	for _, inv := range invariants {
		if err := inv.check(e); err != nil {
			return fmt.Errorf("INV-%d is broken: %w", inv.number, err)
		}
	}
	return nil
}

// checkPlaces is INV-1: an item is in at most one place, a queue, an offer or with an agent. What is transferred stays with
// its agent while it is offered.
func (e *Engine) checkPlaces() error {
	for _, it := range e.sortedItems() {
		places := 0
		for _, here := range []bool{it.Queued, it.Offer != nil && it.Offer.From == "", it.Agent != "", it.State == event.Waiting} {
			if here {
				places++
			}
		}
		if places != 1 {
			return fmt.Errorf("item %s is in %d places (queued %t, offered %t, agent %q, %s)",
				it.ID, places, it.Queued, it.Offer != nil, it.Agent, it.State)
		}
		if withAgent := it.State == event.Active || it.State == event.WrapUp; withAgent != (it.Agent != "") {
			return fmt.Errorf("item %s is %s with agent %q", it.ID, it.State, it.Agent)
		}
		if o := it.Offer; o != nil && o.From != "" && (it.State != event.Active || it.Agent != o.From || o.Agent == o.From) {
			return fmt.Errorf("item %s is %s with agent %q, and agent %s transfers it to %s", it.ID, it.State, it.Agent, o.From, o.Agent)
		}
		if it.Queued != (it.line != nil) {
			return fmt.Errorf("item %s is queued %t and in a line %t", it.ID, it.Queued, it.line != nil)
		}
	}
	return nil
}

// checkOffers is INV-2: an item has at most one live offer, and the offered agent's ledger has it.
func (e *Engine) checkOffers() error {
	for _, it := range e.sortedItems() {
		if it.Offer == nil {
			continue
		}
		a := e.agents[it.Offer.Agent]
		switch {
		case e.offered(it.Offer.ID) != it:
			return fmt.Errorf("offer %s of item %s cannot be found", it.Offer.ID, it.ID)
		case a == nil || a.def == nil || !a.Connected:
			return fmt.Errorf("offer %s is made to agent %s, who is not there", it.Offer.ID, it.Offer.Agent)
		case a.entry(it.ID) == nil || a.entry(it.ID).Why != holdsOffer:
			return fmt.Errorf("offer %s is not in the ledger of agent %s", it.Offer.ID, it.Offer.Agent)
		}
	}
	return nil
}

// checkLedgers is INV-2: what is used is the sum of the entries, and each entry is of an item that the agent has.
func (e *Engine) checkLedgers() error {
	for name, a := range e.agents {
		var sum int64
		for _, en := range a.Ledger {
			sum += int64(en.Units)
			if en.Units < 0 {
				return fmt.Errorf("agent %s holds %d units for item %s", name, en.Units, en.Item)
			}
			if err := e.checkEntry(a, en); err != nil {
				return err
			}
			if en.Lost != 0 && (en.Why != holdsActive || a.Connected) {
				return fmt.Errorf("agent %s is missed since %d by item %s as %s", name, en.Lost, en.Item, en.Why)
			}
		}
		if sum != a.used {
			return fmt.Errorf("agent %s uses %d units, and the ledger has %d", name, a.used, sum)
		}
		if !slices.IsSortedFunc(a.Ledger, func(x, y *entry) int { return compareEntries(x, y) }) {
			return fmt.Errorf("the ledger of agent %s is not sorted", name)
		}
	}
	return nil
}

func compareEntries(x, y *entry) int {
	if x.Item < y.Item {
		return -1
	}
	return 1
}

func (e *Engine) checkEntry(a *agent, en *entry) error {
	it := e.items[en.Item]
	ok := false
	switch en.Why {
	case holdsOffer:
		ok = it != nil && it.Offer != nil && it.Offer.Agent == a.Name
	case holdsActive, holdsWrapUp:
		ok = it != nil && it.Agent == a.Name && (it.State == event.WrapUp) == (en.Why == holdsWrapUp)
	case holdsBlock:
		ok = it == nil && en.block.index != 0 && en.block.at == en.Until
	case holdsSlot:
		ok = en.Units == 0 && len(en.Profiles) == 0 && len(en.Kept) > 0
	}
	if !ok {
		return fmt.Errorf("agent %s holds item %s as %s, which it is not", a.Name, en.Item, en.Why)
	}
	return nil
}

// checkSlots is INV-2 too: the slots in use are those of the entries, and what is kept for the day ends with it.
func (e *Engine) checkSlots() error {
	for name, a := range e.agents {
		used, until := make(map[string]int32), event.Instant(0)
		for _, en := range a.Ledger {
			for _, p := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(en.Profiles, en.Kept)))) {
				used[p]++
			}
			if (len(en.Kept) > 0) != (en.KeptUntil != 0) {
				return fmt.Errorf("agent %s keeps %v of item %s until %d", name, en.Kept, en.Item, en.KeptUntil)
			}
			if en.KeptUntil != 0 && (until == 0 || en.KeptUntil < until) {
				until = en.KeptUntil
			}
		}
		for _, c := range a.counts {
			if c.used != used[c.profile] || (c.used == 0 && !c.has) {
				return fmt.Errorf("agent %s uses %d slots of profile %s, and the ledger has %d", name, c.used, c.profile, used[c.profile])
			}
			delete(used, c.profile)
		}
		if len(used) > 0 {
			return fmt.Errorf("agent %s uses slots that are not counted: %v", name, used)
		}
		if a.day.due() != until {
			return fmt.Errorf("agent %s keeps slots until %d, and the timer says %d", name, until, a.day.due())
		}
	}
	return nil
}

// checkConsults is INV-2 too: who is consulted is there, on an Active item that another agent has, once.
func (e *Engine) checkConsults() error {
	live := 0
	for _, it := range e.sortedItems() {
		if len(it.Consults) > maxConsults {
			return fmt.Errorf("item %s has %d consultations", it.ID, len(it.Consults))
		}
		for _, k := range it.Consults {
			live++
			if err := e.checkConsult(it, k); err != nil {
				return err
			}
		}
	}
	of := 0
	for _, a := range e.agents {
		of += len(a.consults)
	}
	if live != len(e.consults) || live != of {
		return fmt.Errorf("%d consultations are live, %d known and %d known of agents", live, len(e.consults), of)
	}
	return nil
}

func (e *Engine) checkConsult(it *item, k *consult) error {
	a := e.agents[k.Agent]
	switch {
	case it.State != event.Active || it.Agent == k.Agent:
		return fmt.Errorf("agent %s is consulted on item %s, which is %s with %q", k.Agent, it.ID, it.State, it.Agent)
	case a == nil || a.def == nil || !a.Connected:
		return fmt.Errorf("agent %s is consulted on item %s and is not there", k.Agent, it.ID)
	case it.consult(k.Agent) != k:
		return fmt.Errorf("agent %s is consulted twice on item %s", k.Agent, it.ID)
	case e.consults[k.ID] != it || a.consults[k.ID] != it:
		return fmt.Errorf("consultation %s cannot be found", k.ID)
	case k.Joined == (k.expiry.index != 0):
		return fmt.Errorf("consultation %s is joined %t and expires at %d", k.ID, k.Joined, k.expiry.at)
	}
	return nil
}

// checkPresences: an agent's presence is the one that follows from connection, choice and capacity.
func (e *Engine) checkPresences() error {
	for name, a := range e.agents {
		if p, called := a.effective(); a.Presence != p || a.PresenceName != called {
			return fmt.Errorf("agent %s is %s %s and should be %s %s", name, a.Presence, a.PresenceName, p, called)
		}
		if (a.def == nil) != (e.plan.Agent(name) == nil) || a.def == nil {
			return fmt.Errorf("agent %s is known and not in the plan", name)
		}
	}
	return nil
}

// checkHoldings is INV-3: Waiting and Closed items hold nothing but running wrap-up blocks and slots that are kept for the
// day, and whoever has an item has it in the ledger.
func (e *Engine) checkHoldings() error {
	holders := make(map[string]int)
	for _, a := range e.agents {
		for _, en := range a.Ledger {
			if en.Why != holdsBlock && en.Why != holdsSlot {
				holders[en.Item]++
			}
		}
	}
	for _, it := range e.sortedItems() {
		want := 0
		if it.Offer != nil {
			want++
		}
		if it.Agent != "" {
			want++
		}
		if holders[it.ID] != want {
			return fmt.Errorf("%d agents hold something for item %s, which is %s", holders[it.ID], it.ID, it.State)
		}
	}
	return nil
}

// checkProgress is INV-6: an item that is not closed can be found by whoever can move it on, and its deadlines are set.
func (e *Engine) checkProgress() error {
	for _, it := range e.sortedItems() {
		if it.Type == plan.Record {
			if e.records[it.recordKey()] != it {
				return fmt.Errorf("record %s of workstream %s leads not to item %s", it.Record, it.Workstream, it.ID)
			}
		} else if found := e.conversations[it.conversationKey()] == it; found != (it.State != event.WrapUp) {
			return fmt.Errorf("conversation %s of item %s, which is %s, can be found: %t", it.Conversation, it.ID, it.State, found)
		}
		if err := e.checkDeadlines(it); err != nil {
			return err
		}
		if o := it.Offer; o != nil && (o.expiry.index == 0 || o.expiry.at != o.Expires) {
			return fmt.Errorf("offer %s has no timer", o.ID)
		}
	}
	return nil
}

// checkDeadlines: the timers of an item say what follows from its state.
func (e *Engine) checkDeadlines(it *item) error {
	for _, d := range []struct {
		what string
		t    *timer
		want event.Instant
	}{
		{"closes", &it.closing, it.deadline()},
		{"is looked after", it.following, it.followsUp()},
		{"leaves its agent", it.returning, e.returnsBy(it)},
		{"loses its customer", it.leaving, it.Leaves},
	} {
		if d.t.due() != d.want {
			return fmt.Errorf("item %s %s at %d, and its timer says %d", it.ID, d.what, d.want, d.t.due())
		}
	}
	if it.Leaves != 0 && it.State != event.Open && it.State != event.Active {
		return fmt.Errorf("item %s is %s and expects its customer", it.ID, it.State)
	}
	return nil
}

// checkNothingDue is INV-6 too: what is due has been done, or the next step does it.
func (e *Engine) checkNothingDue() error {
	// A step may leave timers due for the next one; after a replay it is not known whether it did.
	if t := e.timers.first(); e.caughtUp && t != nil && t.at <= e.clock {
		return fmt.Errorf("a timer was due at %d and it is %d", t.at, e.clock)
	}
	if t := e.cools.first(); t != nil && t.at <= e.clock {
		return fmt.Errorf("a cool-off of item %s was over at %d and it is %d", t.item(), t.at, e.clock)
	}
	return nil
}
