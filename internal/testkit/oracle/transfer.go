// SPDX-License-Identifier: Apache-2.0

package oracle

import "workstream.dev/operator/internal/event"

func (o *Oracle) transferItem(c event.TransferItem) event.Result {
	it, no := o.yours(c.Agent, c.Item)
	switch {
	case no != nil:
		return *no
	case it.state != event.Active:
		return refuse(event.WrongState)
	case c.To != "":
		return o.transferTo(it, c.To)
	}
	if r := o.wrongQueue(it, c.Queue); r != "" {
		return refuse(r)
	}
	o.letGo(it, event.TransferredToQueue)
	o.enter(it, c.Queue, it.since, o.clock, event.TransferredToQueue)
	return event.Result{Item: it.id}
}

func (o *Oracle) wrongQueue(it *item, name string) event.RejectionReason {
	switch q := o.plan.Queue(name); {
	case q == nil:
		return event.UnknownQueue
	case q.Type != it.kind:
		return event.QueueTypeMismatch
	}
	return ""
}

func (o *Oracle) transferTo(it *item, to string) event.Result {
	a := o.agent(to)
	switch {
	case a == nil || o.plan.Agent(to) == nil:
		return refuse(event.UnknownAgent)
	case to == it.agent:
		return refuse(event.WrongState)
	case o.liveOffer(it) != nil:
		return refuse(event.TransferPending)
	case !a.connected:
		return refuse(event.NotConnectedAgent)
	case !it.ws.Allows(a.presence):
		return refuse(event.PresenceNotAllowedForTransfer)
	case !o.fits(it, a):
		return refuse(event.InsufficientCapacity)
	case it.never(to):
		return refuse(event.AgentExcluded)
	}
	it.touched = o.clock
	o.makeOffer(it, a, event.OfferMade{Via: event.ViaTransfer, From: it.agent})
	return event.Result{Item: it.id, Offer: o.offers[len(o.offers)-1].id}
}

func (o *Oracle) assignItem(c event.AssignItem) event.Result {
	a, it := o.agent(c.Agent), o.item(c.Item)
	switch {
	case it == nil:
		return refuse(event.UnknownItem)
	case it.state == event.Closed:
		return refuse(event.WrongState)
	case c.Queue != "" && it.state != event.WrapUp:
		return o.assignQueue(it, c.Queue)
	case c.Queue == "" && a == nil:
		return refuse(event.UnknownAgent)
	case it.state == event.WrapUp:
		return refuse(event.WrongState)
	case it.state == event.Active && it.agent == c.Agent:
		return event.Result{Duplicate: true, Item: it.id}
	}
	o.revoke(it, event.AssignedBySupervisor)
	if con := o.consultOf(it, a.name); con != nil {
		o.endConsultation(it, con, event.ConsultWithdrawn)
	}
	o.log(event.ItemAssigned{
		Item: it.id, Agent: a.name, Units: it.ws.Units, Profiles: it.needs(), How: event.BySupervisor, By: c.Supervisor,
	})
	o.give(it, a, it.ws.Units, it.needs())
	return event.Result{Item: it.id}
}

func (o *Oracle) assignQueue(it *item, queue string) event.Result {
	if it.queued && it.queue == queue {
		return event.Result{Duplicate: true, Item: it.id}
	}
	if r := o.wrongQueue(it, queue); r != "" {
		return refuse(r)
	}
	since := it.since
	if it.state == event.Active {
		o.letGo(it, event.AssignedBySupervisor)
	} else {
		o.revoke(it, event.AssignedBySupervisor)
	}
	if it.state == event.Waiting {
		o.log(event.ItemResumed{Item: it.id, Reason: event.AssignedBySupervisor})
		it.state, it.touched, since = event.Open, o.clock, o.clock
	}
	o.enter(it, queue, since, o.clock, event.AssignedBySupervisor)
	return event.Result{Item: it.id}
}
