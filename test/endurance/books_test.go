// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"errors"
	"fmt"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// books know of each item where it is, and of each agent what is held, by the events alone.
type books struct {
	plan    *plan.Plan
	items   map[string]*work
	agents  map[string]*account
	counts  map[string]int
	reasons map[event.Reason]int // of closing
	refused map[string]int
	// waits are of items until they are with an agent for the first time.
	waited, waits int64
	open          int
}

// work is an item.
type work struct {
	id           string
	kind         string // the workstream
	conversation string
	queue        string // where it waits
	offer        string
	offered      string // to whom
	agent        string // who has it, Active or in wrap-up
	state        event.State
	opened       event.Instant
	turn         int // counts what happens to it, so that plans for it are known to be out of date
	since        int // the turn in which its agent got it
	served       bool
}

// account is what an agent holds: units by item, while offered, Active or in wrap-up, or for a wrap-up block after that.
type account struct {
	held      map[string]holding
	units     int64
	connected bool
	presence  plan.Presence
	name      string // of it
}

type holding struct {
	units int32
	block bool // until WrapUpReleased
}

func newBooks() *books {
	return &books{
		items: make(map[string]*work), agents: make(map[string]*account), counts: make(map[string]int),
		reasons: make(map[event.Reason]int), refused: make(map[string]int),
	}
}

func (b *books) account(name string) *account {
	a := b.agents[name]
	if a == nil {
		a = &account{held: make(map[string]holding), presence: plan.Offline}
		b.agents[name] = a
	}
	return a
}

func (a *account) take(item string, units int32) error {
	if _, ok := a.held[item]; ok {
		return errors.New("the agent holds the item already")
	}
	a.held[item] = holding{units: units}
	a.units += int64(units)
	return nil
}

func (a *account) give(item string) error {
	h, ok := a.held[item]
	if !ok {
		return errors.New("the agent does not hold the item")
	}
	a.units -= int64(h.units)
	delete(a.held, item)
	return nil
}

// enter enters one event; an error is something that cannot be.
func (b *books) enter(r *event.Recorded) error {
	b.counts[event.KindOf(r.Event)]++
	switch ev := r.Event.(type) {
	case event.ItemOpened:
		if b.items[ev.Item] != nil {
			return errors.New("there is such an item")
		}
		b.items[ev.Item] = &work{id: ev.Item, kind: ev.Workstream, conversation: ev.Conversation, state: event.Open, opened: r.Time}
		b.open++
	case event.ItemQueued:
		return b.change(ev.Item, func(w *work) error { return b.queued(w, &ev) })
	case event.OfferMade:
		return b.change(ev.Item, func(w *work) error { return b.offered(w, &ev) })
	case event.OfferClosed:
		return b.change(ev.Item, func(w *work) error { return b.notTaken(w, &ev) })
	case event.ItemAssigned:
		return b.change(ev.Item, func(w *work) error { return b.assigned(w, &ev, r.Time) })
	case event.ItemReleased:
		return b.change(ev.Item, func(w *work) error { return b.gone(w, ev.Agent, event.Open) })
	case event.ItemParked:
		return b.change(ev.Item, func(w *work) error { return b.gone(w, ev.Agent, event.Waiting) })
	case event.ItemResumed:
		return b.change(ev.Item, func(w *work) error { return w.resumed() })
	case event.ItemClosed:
		return b.change(ev.Item, func(w *work) error { return b.closed(w, &ev) })
	default:
		return b.enterOther(r)
	}
	return nil
}

func (b *books) enterOther(r *event.Recorded) error {
	switch ev := r.Event.(type) {
	case event.WrapUpStarted:
		return b.change(ev.Item, func(w *work) error { return b.wrapUp(w, &ev) })
	case event.WrapUpReleased:
		return b.account(ev.Agent).give(ev.Item)
	case event.AgentConnected:
		b.account(ev.Agent).connected = true
	case event.AgentDisconnected:
		b.account(ev.Agent).connected = false
	case event.PresenceChanged:
		a := b.account(ev.Agent)
		a.presence, a.name = ev.Presence, ev.Name
	case event.AgentForgotten:
		a := b.account(ev.Agent)
		for item, h := range a.held {
			if !h.block {
				return fmt.Errorf("the agent still holds item %s", item)
			}
		}
		delete(b.agents, ev.Agent)
	}
	return nil
}

func (b *books) change(id string, f func(w *work) error) error {
	w := b.items[id]
	if w == nil {
		return errors.New("there is no such item, or it is closed")
	}
	w.turn++
	return f(w)
}

func (b *books) queued(w *work, ev *event.ItemQueued) error {
	if w.state != event.Open || w.offer != "" || w.agent != "" {
		return fmt.Errorf("the item is %s, offered %q, with %q", w.state, w.offer, w.agent)
	}
	w.queue = ev.Queue
	return nil
}

// offered: to one agent at a time, who is there, has room and is a member; a transfer leaves the item with whom it is.
func (b *books) offered(w *work, ev *event.OfferMade) error {
	switch {
	case w.offer != "":
		return fmt.Errorf("the item is offered to %s", w.offered)
	case ev.Via == event.ViaTransfer && (w.state != event.Active || w.agent != ev.From):
		return fmt.Errorf("the item is %s with %q", w.state, w.agent)
	case ev.Via != event.ViaTransfer && (w.queue == "" || w.state != event.Open):
		return fmt.Errorf("the item is %s in queue %q", w.state, w.queue)
	}
	if ev.Via != event.ViaTransfer {
		w.queue = ""
	}
	w.offer, w.offered = ev.Offer, ev.Agent
	return b.given(w, ev.Agent, ev.Queue, ev.Units, ev.Via)
}

// given checks what must hold of an agent who is given something by the engine's choice.
func (b *books) given(w *work, agent, queue string, units int32, via event.Via) error {
	a := b.account(agent)
	def := b.plan.Agent(agent)
	switch {
	case !a.connected:
		return errors.New("the agent is not connected")
	case def == nil:
		return errors.New("the agent is not in the plan")
	case via != event.ViaTransfer && !slices.Contains(def.Queues, queue):
		return fmt.Errorf("the agent is no member of queue %s", queue)
	case via != event.ViaAffinity && a.presence != plan.Available && a.presence != plan.Busy:
		return fmt.Errorf("the agent is %s", a.presence)
	case int64(def.Units)-a.units < int64(units):
		return fmt.Errorf("the agent has %d of %d units in use", a.units, def.Units)
	}
	return a.take(w.id, units)
}

func (b *books) notTaken(w *work, ev *event.OfferClosed) error {
	if w.offer != ev.Offer || w.offered != ev.Agent {
		return fmt.Errorf("the live offer is %q to %q", w.offer, w.offered)
	}
	w.offer, w.offered = "", ""
	b.counts["offers "+string(ev.Outcome)]++
	return b.account(ev.Agent).give(w.id)
}

// assigned ends whatever the item was in before.
func (b *books) assigned(w *work, ev *event.ItemAssigned, now event.Instant) error {
	b.counts["by "+string(ev.How)]++
	a := b.account(ev.Agent)
	if w.state == event.Waiting {
		b.counts["taken Waiting"]++
	}
	if w.state == event.Active {
		b.counts["handed over"]++
		if err := b.account(w.agent).give(w.id); err != nil {
			return fmt.Errorf("agent %s: %w", w.agent, err)
		}
	}
	var err error
	switch ev.How {
	case event.ByOffer, event.ByTransfer:
		if w.offer != ev.Offer || w.offered != ev.Agent {
			return fmt.Errorf("the live offer is %q to %q", w.offer, w.offered)
		}
	case event.ByAutoAccept:
		if w.queue == "" {
			return errors.New("the item is in no queue")
		}
		err = b.given(w, ev.Agent, ev.Queue, ev.Units, ev.Via)
	default:
		if w.offer != "" {
			return fmt.Errorf("the item is offered to %s", w.offered)
		}
		err = a.take(w.id, ev.Units)
	}
	if !w.served {
		w.served = true
		b.waited += int64(now - w.opened)
		b.waits++
	}
	w.queue, w.offer, w.offered, w.agent, w.state, w.since = "", "", "", ev.Agent, event.Active, w.turn
	return err
}

func (b *books) gone(w *work, agent string, to event.State) error {
	if w.state != event.Active || w.agent != agent || w.offer != "" {
		return fmt.Errorf("the item is %s with %q, offered to %q", w.state, w.agent, w.offered)
	}
	w.agent, w.state = "", to
	return b.account(agent).give(w.id)
}

func (w *work) resumed() error {
	if w.state != event.Waiting {
		return fmt.Errorf("the item is %s", w.state)
	}
	w.state = event.Open
	return nil
}

func (b *books) wrapUp(w *work, ev *event.WrapUpStarted) error {
	if w.state != event.Active || w.agent != ev.Agent || w.offer != "" {
		return fmt.Errorf("the item is %s with %q, offered to %q", w.state, w.agent, w.offered)
	}
	w.state = event.WrapUp
	a := b.account(ev.Agent)
	switch {
	case ev.Released:
		return a.give(w.id)
	case ev.BlockedUntil != 0:
		h := a.held[w.id]
		h.block = true
		a.held[w.id] = h
	}
	return nil
}

// closed ends an item: nothing is held for it afterwards but a wrap-up block that runs on.
func (b *books) closed(w *work, ev *event.ItemClosed) error {
	b.reasons[ev.Reason]++
	b.counts["closed "+string(w.state)]++
	b.open--
	delete(b.items, w.id)
	if w.offer != "" {
		return fmt.Errorf("it is offered to %s", w.offered)
	}
	if w.agent == "" {
		return nil
	}
	a := b.account(w.agent)
	if h, ok := a.held[w.id]; ok && !h.block {
		return a.give(w.id)
	}
	return nil
}

// balance compares the sums at the end of the day.
func (b *books) balance() []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	c := b.counts
	if c["ItemOpened"] != c["ItemClosed"]+b.open {
		say("%d items were opened, %d closed, and %d are open", c["ItemOpened"], c["ItemClosed"], b.open)
	}
	offers := c["by Offer"] + c["by Transfer"] + c["offers Declined"] + c["offers Expired"] + c["offers Revoked"]
	if c["OfferMade"] != offers {
		say("%d offers were made, and %d ended", c["OfferMade"], offers)
	}
	// Who has an item stops having it: it is released, parked, handed over or wrapped up, or it closes.
	ends := c["ItemReleased"] + c["ItemParked"] + c["handed over"] + c["WrapUpStarted"] + c["closed Active"]
	if c["ItemAssigned"] != ends {
		say("%d items came to agents, and %d left them", c["ItemAssigned"], ends)
	}
	if c["ItemParked"] != c["ItemResumed"]+c["closed Waiting"]+c["taken Waiting"] {
		say("%d items waited for their customers, and %d no longer do", c["ItemParked"], c["ItemResumed"]+c["closed Waiting"])
	}
	if c["WrapUpStarted"] != c["closed WrapUp"] {
		say("%d wrap-ups began, and %d ended", c["WrapUpStarted"], c["closed WrapUp"])
	}
	for name, a := range b.agents {
		if len(a.held) != 0 || a.units != 0 {
			say("agent %s holds %v, %d units", name, a.held, a.units)
		}
	}
	return wrong
}
