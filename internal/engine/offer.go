// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strconv"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// give offers a waiting item to an agent, or assigns it at once where its workstream says so.
func (e *Engine) give(it *item, a *agent, via event.Via, c event.Candidates) {
	e.lastItem, e.lastAgent = it, a // they are asked for by name next
	if it.ws.Offer.Presentation == plan.AutoAccept {
		e.emit(event.ItemAssigned{
			Item: it.ID, Agent: a.Name, Units: it.units(), Profiles: it.profiles(), How: event.ByAutoAccept,
			Queue: it.Queue, Via: via, Candidates: &c,
		})
	} else {
		e.emit(event.OfferMade{
			Offer: it.nextOffer(), Item: it.ID, Agent: a.Name, Queue: it.Queue, Expires: after(e.clock, it.ws.Offer.Timeout),
			Units: it.units(), Profiles: it.profiles(), Via: via, Candidates: c,
		})
	}
}

// ofOffer stands between the item and the number in the id of an offer.
const ofOffer = "-o"

func (it *item) nextOffer() string { return it.ID + ofOffer + strconv.Itoa(it.Offers+1) }

// offered returns the item of a live offer, or nil.
func (e *Engine) offered(id string) *item {
	i := strings.LastIndex(id, ofOffer)
	if i < 0 {
		return nil
	}
	if it := e.item(id[:i]); it != nil && it.Offer != nil && it.Offer.ID == id {
		return it
	}
	return nil
}

// acceptOffer compares and sets: whoever comes with the live offer gets the item, everybody else is told what became
// of theirs.
func (e *Engine) acceptOffer(c event.AcceptOffer) event.Result {
	if it := e.consults[c.Offer]; it != nil {
		return e.joinConsult(it, c)
	}
	it, res := e.liveOffer(c.Agent, c.Offer)
	if it == nil {
		if o, ok := e.endedOffers.get(c.Offer); ok && o.Agent == c.Agent && o.Outcome == "" {
			return event.Result{Duplicate: true, Item: o.Item, Offer: o.Offer}
		}
		return res
	}
	how := event.ByOffer
	if it.Offer.From != "" {
		how = event.ByTransfer
		e.endConsult(it, c.Agent, event.ConsultWithdrawn)
	}
	en := e.mustAgent(c.Agent).entry(it.ID)
	e.emit(event.ItemAssigned{
		Item: it.ID, Agent: c.Agent, Offer: c.Offer, Units: en.Units, Profiles: en.Profiles, How: how,
	})
	return event.Result{Item: it.ID, Offer: c.Offer}
}

// declineOffer puts the item back in its place; the agent is not asked again for a while.
func (e *Engine) declineOffer(c event.DeclineOffer) event.Result {
	if it := e.consults[c.Offer]; it != nil {
		return e.declineConsult(it, c)
	}
	it, res := e.liveOffer(c.Agent, c.Offer)
	if it == nil {
		if o, ok := e.endedOffers.get(c.Offer); ok && o.Agent == c.Agent && o.Outcome == event.Declined {
			return event.Result{Duplicate: true, Item: o.Item, Offer: o.Offer}
		}
		return res
	}
	if it.ws.Offer.Presentation == plan.PromptNoDecline && it.Offer.From == "" {
		return reject(event.DeclineNotAllowed, "offer %s cannot be declined: workstream %q does not allow it", c.Offer, it.Workstream)
	}
	e.notTaken(it, event.Declined)
	return event.Result{Item: it.ID, Offer: c.Offer}
}

// notTaken ends an offer that its agent declined or let expire. What was transferred stays with who has it.
func (e *Engine) notTaken(it *item, outcome event.OfferOutcome) {
	o := it.Offer
	e.emit(event.OfferClosed{Offer: o.ID, Item: it.ID, Agent: o.Agent, Outcome: outcome})
	e.applyPresenceRules(it, e.agents[o.Agent], outcome)
	if o.From == "" {
		e.requeue(it, event.OfferNotTaken)
	}
}

// liveOffer returns the item of an agent's live offer, or the refusal.
func (e *Engine) liveOffer(agent, id string) (*item, event.Result) {
	if _, refused := e.planned(agent); refused != nil {
		return nil, *refused
	}
	if it := e.offered(id); it != nil {
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
		if o.Reason == "" { // of a consultation, which tells none
			return nil, reject(event.OfferRevoked, "consultation %s was withdrawn", id)
		}
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

// withdraw revokes the live offer of an item for the sake of the agent to whom it is made. Without a transfer the item is
// queued again.
func (e *Engine) withdraw(it *item, reason event.Reason) {
	transfer := it.Offer.From != ""
	e.revoke(it, reason)
	if !transfer {
		e.requeue(it, reason)
	}
}

// callOff ends what goes on around an item that is about to move: its live offer and its consultations.
func (e *Engine) callOff(it *item, reason event.Reason) {
	e.revoke(it, reason)
	e.endConsults(it)
}

// pickItem takes an item out of its queue, of a Pick workstream or of a Push one that allows it. Or it takes up again what
// waits for its customer, by who had it last. Presence does not matter: whoever picks is there.
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
	if refused := e.refusePick(it, e.mustAgent(c.Agent)); refused != nil {
		return *refused
	}
	e.emit(event.ItemAssigned{Item: it.ID, Agent: c.Agent, Units: it.units(), Profiles: it.profiles(), How: event.ByPick})
	return event.Result{Item: it.ID}
}

// refuseCapacity says what an agent has too little of for an item; nil when it is nothing.
func (e *Engine) refuseCapacity(it *item, a *agent) *event.Result {
	lacks := func(format string, args ...any) *event.Result {
		res := reject(event.InsufficientCapacity, format, args...)
		return &res
	}
	if p := a.blockedBy(); p != "" {
		return lacks("agent %s is blocked by capacity profile %q, which is exhausted", a.Name, p)
	}
	n := match.Need{Units: it.units(), Profiles: it.profiles()}
	if need := n.Units; !n.BySlots() && a.free() < int64(need) {
		return lacks("item %s needs %d units, and agent %s has %d free", it.ID, need, a.Name, a.free())
	}
	for _, p := range n.Profiles {
		if a.slots(p) < 1 {
			return lacks("item %s needs a slot of capacity profile %q, and agent %s has none free", it.ID, p, a.Name)
		}
	}
	return nil
}
