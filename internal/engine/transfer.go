// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"workstream.dev/operator/internal/event"
)

// transferItem puts an agent's item into another queue, or offers it to another agent. In a queue it keeps its place by
// arrival: the customer has waited since then, and whoever is passed on must not start again at the end.
func (e *Engine) transferItem(c event.TransferItem) event.Result {
	it, refused := e.held(c.Agent, c.Item)
	if refused != nil {
		return *refused
	}
	if it.State != event.Active {
		return wrongState(it, "only an Active item can be transferred")
	}
	if c.To != "" {
		return e.transferTo(it, c.To)
	}
	if refused := e.refuseQueue(it, c.Queue); refused != nil {
		return *refused
	}
	e.moveToQueue(it, c.Queue, event.TransferredToQueue)
	return event.Result{Item: it.ID}
}

// transferTo offers an Active item to another agent. It stays where it is until that agent accepts.
func (e *Engine) transferTo(it *item, to string) event.Result {
	a, refused := e.planned(to)
	switch {
	case refused != nil:
		return *refused
	case to == it.Agent:
		return wrongState(it, "it is with you already")
	case it.Offer != nil:
		return reject(event.TransferPending, "item %s is offered to agent %s already", it.ID, it.Offer.Agent)
	case !a.Connected:
		return reject(event.NotConnectedAgent, "agent %s is not connected", to)
	case !it.ws.Allows(a.Presence):
		return reject(event.PresenceNotAllowedForTransfer, "agent %s is %s", to, a.Presence)
	}
	if refused := e.refuseCapacity(it, a); refused != nil {
		return *refused
	}
	if it.past(a).Never {
		return reject(event.AgentExcluded, "agent %s is never to have this customer", to)
	}
	id := it.nextOffer()
	e.emit(event.OfferMade{
		Offer: id, Item: it.ID, Agent: to, Queue: it.Queue, Expires: after(e.clock, it.ws.Offer.Timeout),
		Units: it.units(), Profiles: it.profiles(), Via: event.ViaTransfer, From: it.Agent,
	})
	return event.Result{Item: it.ID, Offer: id}
}

// assignItem gives an item to an agent by a supervisor's word: neither presence, membership nor capacity is asked, and
// the agent's free capacity may become negative. Or it puts the item into a queue.
func (e *Engine) assignItem(c event.AssignItem) event.Result {
	it, refused := e.open(c.Item)
	if refused != nil {
		return *refused
	}
	if c.Queue != "" {
		return e.assignToQueue(it, c.Queue)
	}
	if e.plan.Agent(c.Agent) == nil {
		return reject(event.UnknownAgent, "there is no agent %q", c.Agent)
	}
	if it.State == event.WrapUp {
		return wrongState(it, "it is over for the customer")
	}
	if it.State == event.Active && it.Agent == c.Agent {
		return event.Result{Duplicate: true, Item: it.ID}
	}
	e.revoke(it, event.AssignedBySupervisor)
	e.endConsult(it, c.Agent, event.ConsultWithdrawn)
	e.emit(event.ItemAssigned{
		Item: it.ID, Agent: c.Agent, Units: it.units(), Profiles: it.profiles(), How: event.BySupervisor, By: c.Supervisor,
	})
	return event.Result{Item: it.ID}
}

func (e *Engine) assignToQueue(it *item, queue string) event.Result {
	switch {
	case it.State == event.WrapUp:
		return wrongState(it, "it is over for the customer")
	case it.Queued && it.Queue == queue:
		return event.Result{Duplicate: true, Item: it.ID}
	}
	if refused := e.refuseQueue(it, queue); refused != nil {
		return *refused
	}
	e.moveToQueue(it, queue, event.AssignedBySupervisor)
	return event.Result{Item: it.ID}
}

// refuseQueue says why an item cannot be put into a queue; nil when it can.
func (e *Engine) refuseQueue(it *item, queue string) *event.Result {
	var res event.Result
	switch q := e.plan.Queue(queue); {
	case q == nil:
		res = reject(event.UnknownQueue, "there is no queue %q", queue)
	case q.Type != it.Type:
		res = reject(event.QueueTypeMismatch, "queue %q is of type %s, and item %s of type %s", queue, q.Type, it.ID, it.Type)
	default:
		return nil
	}
	return &res
}

// moveToQueue puts an item, wherever it is, into a queue. It keeps its place by arrival; one that was Waiting comes anew.
func (e *Engine) moveToQueue(it *item, queue string, reason event.Reason) {
	e.callOff(it, reason)
	since := it.Since
	switch it.State {
	case event.Active:
		e.emit(event.ItemReleased{Item: it.ID, Agent: it.Agent, Reason: reason})
	case event.Waiting:
		e.emit(event.ItemResumed{Item: it.ID, Reason: reason})
		since = e.clock
	case event.Open, event.WrapUp, event.Closed:
	}
	e.enqueue(it, queue, since, e.clock, reason)
}
