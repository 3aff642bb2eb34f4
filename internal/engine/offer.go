// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"workstream.dev/operator/internal/event"
)

// acceptOffer compares and sets: whoever comes with the live offer gets the item, everybody else is told what became
// of theirs.
func (e *Engine) acceptOffer(c event.AcceptOffer) event.Result {
	it, res := e.liveOffer(c.Agent, c.Offer)
	if it == nil {
		if o, ok := e.endedOffers.get(c.Offer); ok && o.Agent == c.Agent && o.Outcome == "" {
			return event.Result{Duplicate: true, Item: o.Item, Offer: o.Offer}
		}
		return res
	}
	e.emit(event.ItemAssigned{
		Item: it.ID, Agent: c.Agent, Offer: c.Offer, Units: e.agents[c.Agent].entry(it.ID).Units, How: event.ByOffer,
	})
	return event.Result{Item: it.ID, Offer: c.Offer}
}

// declineOffer puts the item back in its place; the agent is not asked again for a while.
func (e *Engine) declineOffer(c event.DeclineOffer) event.Result {
	it, res := e.liveOffer(c.Agent, c.Offer)
	if it == nil {
		if o, ok := e.endedOffers.get(c.Offer); ok && o.Agent == c.Agent && o.Outcome == event.Declined {
			return event.Result{Duplicate: true, Item: o.Item, Offer: o.Offer}
		}
		return res
	}
	e.emit(event.OfferClosed{Offer: c.Offer, Item: it.ID, Agent: c.Agent, Outcome: event.Declined})
	e.requeue(it, event.OfferNotTaken)
	return event.Result{Item: it.ID, Offer: c.Offer}
}

// liveOffer returns the item of an agent's live offer, or the refusal.
func (e *Engine) liveOffer(agent, id string) (*item, event.Result) {
	if e.plan.Agent(agent) == nil {
		return nil, reject(event.UnknownAgent, "there is no agent %q", agent)
	}
	if it := e.offers[id]; it != nil {
		if it.Offer.Agent != agent {
			return nil, reject(event.OfferNotYours, "offer %s is not made to you", id)
		}
		return it, event.Result{}
	}
	o, ok := e.endedOffers.get(id)
	switch {
	case !ok:
		return nil, reject(event.UnknownOffer, "there is no offer %q", id)
	case o.Agent != agent:
		return nil, reject(event.OfferNotYours, "offer %s was not made to you", id)
	}
	switch o.Outcome {
	case event.Expired:
		return nil, reject(event.OfferExpired, "offer %s expired", id)
	case event.Declined:
		return nil, reject(event.OfferDeclined, "offer %s was declined", id)
	case event.Revoked:
		return nil, reject(event.OfferRevoked, "offer %s was revoked: %s", id, o.Reason)
	default:
		return nil, reject(event.OfferAccepted, "offer %s was accepted", id)
	}
}

// revoke ends the live offer of an item, should there be one. What becomes of the item is up to the caller.
func (e *Engine) revoke(it *item, reason event.Reason) {
	if o := it.Offer; o != nil {
		e.emit(event.OfferClosed{Offer: o.ID, Item: it.ID, Agent: o.Agent, Outcome: event.Revoked, Reason: reason})
	}
}

// pickItem takes a waiting item of a Pick workstream. Presence does not matter: whoever picks is there.
func (e *Engine) pickItem(c event.PickItem) event.Result {
	if e.plan.Agent(c.Agent) == nil {
		return reject(event.UnknownAgent, "there is no agent %q", c.Agent)
	}
	it, refused := e.open(c.Item)
	switch {
	case refused != nil:
		return *refused
	case it.State == event.Active && it.Agent == c.Agent:
		return event.Result{Duplicate: true, Item: it.ID}
	}
	if refused := e.refusePick(it, e.agents[c.Agent]); refused != nil {
		return *refused
	}
	e.emit(event.ItemAssigned{Item: it.ID, Agent: c.Agent, Units: it.ws.Units, How: event.ByPick})
	return event.Result{Item: it.ID}
}
