// SPDX-License-Identifier: Apache-2.0

package view

import (
	"slices"

	"workstream.dev/operator/internal/event"
)

// consult is an agent who was asked to join an item, or has joined.
type consult struct {
	ID      string        `json:"id"`
	Item    string        `json:"item"`
	Agent   string        `json:"agent"`
	By      string        `json:"by"`
	Joined  bool          `json:"joined,omitempty"`
	Since   event.Instant `json:"since"`
	Expires event.Instant `json:"expires"`
}

func (c *consult) view() ConsultView {
	w := ConsultView{ID: c.ID, Item: c.Item, Agent: c.Agent, By: c.By, Joined: c.Joined, Since: moment(c.Since)}
	if !c.Joined {
		w.Expires = moment(c.Expires)
	}
	return w
}

// consult returns the consultation of that id, or nil. it may be nil.
func (it *item) consult(id string) *consult {
	if it == nil {
		return nil
	}
	for i := range it.Consults {
		if it.Consults[i].ID == id {
			return &it.Consults[i]
		}
	}
	return nil
}

// party are the agents of an item: who has it, and who has joined. sender, who may be neither any more, is among them.
func (it *item) party(sender string) []string {
	var list []string
	add := func(who string) {
		if who != "" && !slices.Contains(list, who) {
			list = append(list, who)
		}
	}
	add(sender)
	if it.State == event.Active || it.State == event.WrapUp {
		add(it.Agent)
	}
	for i := range it.Consults {
		if it.Consults[i].Joined {
			add(it.Consults[i].Agent)
		}
	}
	return list
}

// seenBy are the agents of an item, and who is offered it.
func (it *item) seenBy() []string {
	list := it.party("")
	for _, o := range []*offer{it.Offer, it.Transfer} {
		if o != nil && !slices.Contains(list, o.Agent) {
			list = append(list, o.Agent)
		}
	}
	return list
}

func (v *View) consultRequestedLocked(r event.Recorded, e event.ConsultRequested) {
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	c := consult{ID: e.Consult, Item: e.Item, Agent: e.Agent, By: e.By, Since: r.Time, Expires: e.Expires}
	it.Consults = append(slices.Clone(it.Consults), c)
	v.agentLocked(e.Agent).Consults[e.Consult] = e.Item
	v.tellConsultLocked(r, it, &c, &StreamEvent{Type: ConsultRequested})
}

func (v *View) consultJoinedLocked(r event.Recorded, e event.ConsultJoined) {
	it := v.stepLocked(r, e.Item)
	if it.consult(e.Consult) == nil {
		return
	}
	it.Consults = slices.Clone(it.Consults)
	c := it.consult(e.Consult)
	c.Joined, c.Since = true, r.Time
	v.tellConsultLocked(r, it, c, &StreamEvent{Type: ConsultJoined})
}

func (v *View) consultEndedLocked(r event.Recorded, e event.ConsultEnded) {
	delete(v.agentLocked(e.Agent).Consults, e.Consult)
	it := v.stepLocked(r, e.Item)
	c := it.consult(e.Consult)
	if c == nil {
		return
	}
	ended := *c
	v.tellConsultLocked(r, it, &ended, &StreamEvent{Type: ConsultEnded, Outcome: string(e.Outcome)})
	it.Consults = slices.DeleteFunc(slices.Clone(it.Consults), func(other consult) bool { return other.ID == e.Consult })
}

// tellConsultLocked tells the agents of an item, and who is asked: they get the item with the question.
func (v *View) tellConsultLocked(r event.Recorded, it *item, c *consult, e *StreamEvent) {
	shown := c.view()
	e.Consult = &shown
	own := *e
	own.ItemID = it.ID
	if e.Type != ConsultEnded {
		own.Item = it.view()
	}
	v.tellLocked(r, c.Agent, &own)
	e.ItemID = it.ID
	others := slices.DeleteFunc(it.party(c.By), func(who string) bool { return who == c.Agent })
	v.tellAllLocked(r, others, e)
}

func (v *View) customerGoneLocked(r event.Recorded, e event.CustomerDisconnected) {
	if it := v.stepLocked(r, e.Item); it != nil {
		it.GoneUntil = e.Until
		v.tellAllLocked(r, it.seenBy(), &StreamEvent{Type: CustomerDisconnected, ItemID: it.ID, Expires: moment(e.Until)})
	}
}

func (v *View) customerBackLocked(r event.Recorded, e event.CustomerReconnected) {
	if it := v.stepLocked(r, e.Item); it != nil {
		it.GoneUntil = 0
		v.tellAllLocked(r, it.seenBy(), &StreamEvent{Type: CustomerReconnected, ItemID: it.ID})
	}
}
