// SPDX-License-Identifier: Apache-2.0

package view

import (
	"cmp"
	"slices"
	"sync"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// The limits of what a view keeps.
const (
	// keptClosed is how many closed items can still be read.
	keptClosed = 10_000
	// keptStream is how many stream events agents can resume from, and keptStreamBytes what they may come to: texts and
	// attributes are the callers', and would be held long after their items are gone.
	keptStream      = 100_000
	keptStreamBytes = 32 << 20
	// firstSteps and lastSteps are what is kept of an item's trace: how it began, and at least these of the latest. Twice
	// as many of those may be there, so that not every step moves them all.
	firstSteps = 100
	lastSteps  = 400
)

// View is the read model of one namespace. It may be used by several goroutines; Fold is called by the one that owns
// the journal.
type View struct {
	mu      sync.RWMutex
	seq     uint64
	time    event.Instant
	plan    *plan.Plan
	version string
	items   map[string]*item
	// order has all items by the sequence that opened them; dropped ones stay in it until it is compacted.
	order  []*item
	gone   int // dropped items in order
	images images
	closed []*item
	agents map[string]*agent
	// parked has the items that wait for their customer by who had them last, and may take them up again.
	parked map[string]map[string]*item
	queues map[string]*queue
	states map[event.State]int
	hub    hub
	// encoding is held while images are written: two snapshots may share them.
	encoding sync.Mutex
}

// New returns the view of a namespace in which nothing has happened.
func New() *View {
	return &View{
		plan:   &plan.Plan{},
		items:  map[string]*item{},
		agents: map[string]*agent{},
		parked: map[string]map[string]*item{},
		queues: map[string]*queue{},
		states: map[event.State]int{},
		hub:    newHub(),
	}
}

// Fold takes in events that are durable, in order. Those that it has seen already are skipped, so a caller that is not
// sure may fold them again.
func (v *View) Fold(events []event.Recorded) {
	v.Note(events)
	v.Tell()
}

// Note is Fold without waking the streams of those who are told something. Tell does that.
func (v *View) Note(events []event.Recorded) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range events {
		if r.Seq <= v.seq {
			continue
		}
		v.seq, v.time = r.Seq, r.Time
		v.foldLocked(r)
		if it := v.items[event.ItemOf(r.Event)]; it != nil {
			v.images.changed(it)
		}
	}
	v.trimLocked()
}

// Tell wakes the streams for which there is something since the last time, unless they have taken it by themselves.
func (v *View) Tell() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hub.wake()
}

func (v *View) foldLocked(r event.Recorded) {
	switch e := r.Event.(type) {
	case event.PlanActivated:
		v.planLocked(r, e)
	case event.AgentConnected:
		v.agentLocked(e.Agent).Connected = true
	case event.AgentDisconnected:
		v.agentLocked(e.Agent).Connected = false
	case event.AgentForgotten:
		delete(v.agents, e.Agent)
	case event.PresenceChanged:
		a := v.agentLocked(e.Agent)
		a.Presence, a.PresenceName = e.Presence, e.Name
		v.tellLocked(r, e.Agent, &StreamEvent{Type: PresenceChanged, Presence: e.Presence, PresenceName: e.Name, Cause: e.Cause})
	case event.SlotsReset:
		clear(v.agentLocked(e.Agent).Slots)
		v.tellLocked(r, e.Agent, v.capacityLocked(e.Agent, &StreamEvent{Type: CapacityChanged}))
	case event.OfferMade:
		v.offerMadeLocked(r, e)
	case event.OfferClosed:
		v.offerClosedLocked(r, e)
	case event.MessageReceived:
		v.receivedLocked(r, e)
	case event.MessageSent:
		v.sentLocked(r, e)
	case event.DeliveryDone:
		v.deliveredLocked(r, e.Item, e.Delivery, "")
	case event.DeliveryGivenUp:
		v.deliveredLocked(r, e.Item, e.Delivery, e.Failure)
	default:
		v.foldItemLocked(r)
	}
}

// foldItemLocked knows the events that move an item through its life; the others say nothing that can be seen.
func (v *View) foldItemLocked(r event.Recorded) {
	switch e := r.Event.(type) {
	case event.ItemOpened:
		v.openedLocked(r, e)
	case event.ItemUpdated:
		v.updatedLocked(r, e)
	case event.ItemRouted:
		v.routedLocked(r, e)
	case event.ItemQueued:
		v.queuedLocked(r, e)
	case event.AssignmentDeferred:
		if it := v.items[e.Item]; it != nil {
			it.step(r)
		}
	case event.ItemAssigned:
		v.assignedLocked(r, e)
	case event.ItemReleased:
		v.releasedLocked(r, e)
	case event.ItemParked:
		v.parkedLocked(r, e)
	case event.ItemResumed:
		if it := v.stepLocked(r, e.Item); it != nil {
			v.moveLocked(it, event.Open, cmp.Or(e.Reason, event.CustomerReturned))
		}
	case event.WrapUpStarted:
		v.wrapUpLocked(r, e)
	case event.WrapUpReleased:
		v.wrapUpReleasedLocked(r, e)
	case event.ItemClosed:
		v.closedLocked(r, e)
	default:
		v.foldBesideLocked(r)
	}
}

// foldBesideLocked knows the events that change an item but not where it is.
func (v *View) foldBesideLocked(r event.Recorded) {
	switch e := r.Event.(type) {
	case event.ItemClassified:
		v.classifiedLocked(r, e)
	case event.ItemPromoted:
		v.promotedLocked(r, e)
	case event.ItemOverflowed:
		v.stepLocked(r, e.Item)
	case event.CustomerDisconnected:
		v.customerGoneLocked(r, e)
	case event.CustomerReconnected:
		v.customerBackLocked(r, e)
	case event.ConsultRequested:
		v.consultRequestedLocked(r, e)
	case event.ConsultJoined:
		v.consultJoinedLocked(r, e)
	case event.ConsultEnded:
		v.consultEndedLocked(r, e)
	}
}

// planLocked tells the agents whose capacity the plan changes.
func (v *View) planLocked(r event.Recorded, e event.PlanActivated) {
	v.version = e.Version
	if e.Plan == nil {
		return
	}
	before := v.plan
	v.plan = e.Plan
	for _, a := range v.agents {
		v.endKeptLocked(a)
	}
	for i := range e.Plan.Agents {
		name := e.Plan.Agents[i].Name
		old, now := before.Agent(name), e.Plan.Agent(name)
		if old != nil && now != nil && (old.Units != now.Units || !slices.Equal(old.Profiles, now.Profiles)) {
			v.tellLocked(r, name, v.capacityLocked(name, &StreamEvent{Type: CapacityChanged}))
		}
	}
}

// trimLocked drops the closed items that are too many, and what only cost room.
func (v *View) trimLocked() {
	for len(v.closed) > keptClosed {
		it := v.closed[0]
		v.closed[0] = nil
		v.closed = v.closed[1:]
		delete(v.items, it.ID)
		it.dropped = true
		v.images.at[it.place] = nil
		v.gone++
		v.states[event.Closed]--
	}
	if v.gone > 1024 && v.gone > len(v.order)/2 {
		kept, images := make([]*item, 0, len(v.order)-v.gone), make([]*image, 0, len(v.order)-v.gone)
		for i, it := range v.order {
			if !it.dropped {
				it.place = len(kept)
				kept, images = append(kept, it), append(images, v.images.at[i])
			}
		}
		v.order, v.images.at, v.gone = kept, images, 0
	}
	for name, q := range v.queues {
		q.trim()
		if len(q.items) == 0 {
			delete(v.queues, name)
		}
	}
}
