// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// requestConsult asks another agent to join an Active item. It takes nobody's capacity.
func (e *Engine) requestConsult(c event.RequestConsult) event.Result {
	it, refused := e.held(c.Agent, c.Item)
	if refused != nil {
		return *refused
	}
	if it.State != event.Active {
		return wrongState(it, "only on an Active item others can be consulted")
	}
	a, refused := e.planned(c.To)
	switch {
	case refused != nil:
		return *refused
	case c.To == it.Agent:
		return wrongState(it, "it is with you already")
	case it.consult(c.To) != nil:
		return reject(event.AlreadyConsulting, "agent %s is consulted on item %s already", c.To, it.ID)
	case len(it.Consults) == maxConsults:
		return reject(event.TooManyConsults, "item %s has %d consultations already", it.ID, maxConsults)
	case a.Presence == plan.Offline:
		return reject(event.NotConnectedAgent, "agent %s is not there", c.To)
	}
	id := it.ID + "-c" + strconv.Itoa(it.Asked+1)
	e.emit(event.ConsultRequested{
		Consult: id, Item: it.ID, Agent: c.To, By: c.Agent, Expires: after(e.clock, it.ws.Offer.Timeout),
	})
	return event.Result{Item: it.ID, Offer: id}
}

// joinConsult has the agent who was asked join.
func (e *Engine) joinConsult(it *item, c event.AcceptOffer) event.Result {
	k, refused := e.askedTo(it, c.Agent, c.Offer)
	switch {
	case refused != nil:
		return *refused
	case k.Joined:
		return event.Result{Duplicate: true, Item: it.ID, Offer: k.ID}
	}
	e.emit(event.ConsultJoined{Consult: k.ID, Item: it.ID, Agent: k.Agent})
	return event.Result{Item: it.ID, Offer: k.ID}
}

// declineConsult is the no of the agent who was asked. Presence and capacity do not change by it.
func (e *Engine) declineConsult(it *item, c event.DeclineOffer) event.Result {
	k, refused := e.askedTo(it, c.Agent, c.Offer)
	switch {
	case refused != nil:
		return *refused
	case k.Joined:
		return reject(event.OfferAccepted, "you have joined consultation %s: end it", k.ID)
	}
	e.endConsult(it, k.Agent, event.ConsultDeclined)
	return event.Result{Item: it.ID, Offer: k.ID}
}

// askedTo returns the live consultation with that id to which an agent was asked, or the refusal.
func (e *Engine) askedTo(it *item, agent, id string) (*consult, *event.Result) {
	if _, refused := e.planned(agent); refused != nil {
		return nil, refused
	}
	if k := it.consult(agent); k != nil && k.ID == id {
		return k, nil
	}
	res := reject(event.OfferNotYours, "consultation %s is not yours", id)
	return nil, &res
}

// endConsultation ends a consultation by the word of who has the item, or of the consultant.
func (e *Engine) endConsultation(c event.EndConsult) event.Result {
	if _, refused := e.planned(c.Agent); refused != nil {
		return *refused
	}
	it, refused := e.open(c.Item)
	switch {
	case refused != nil:
		return *refused
	case c.Agent != it.Agent && c.Agent != c.Consultant:
		return reject(event.ItemNotYours, "item %s is not with you", it.ID)
	case it.consult(c.Consultant) == nil:
		return reject(event.UnknownConsult, "agent %s is not consulted on item %s", c.Consultant, it.ID)
	}
	id, outcome := it.consult(c.Consultant).ID, event.ConsultWithdrawn
	if c.Agent == c.Consultant {
		outcome = event.ConsultDeclined
	}
	e.endConsult(it, c.Consultant, outcome)
	return event.Result{Item: it.ID, Offer: id}
}

// endConsult ends an agent's consultation on an item, should there be one. A request that is still open ends with that
// outcome, what was joined is done.
func (e *Engine) endConsult(it *item, agent string, open event.ConsultOutcome) {
	k := it.consult(agent)
	if k == nil {
		return
	}
	if k.Joined {
		open = event.ConsultDone
	}
	e.emit(event.ConsultEnded{Consult: k.ID, Item: it.ID, Agent: agent, Outcome: open})
}

// endConsults ends all consultations on an item, in order.
func (e *Engine) endConsults(it *item) {
	for _, k := range slices.Clone(it.Consults) {
		e.endConsult(it, k.Agent, event.ConsultWithdrawn)
	}
}

// endConsultsOf ends all to which an agent was asked, by item.
func (e *Engine) endConsultsOf(a *agent) {
	items := slices.SortedFunc(maps.Values(a.consults), func(x, y *item) int { return cmp.Compare(x.ID, y.ID) })
	for _, it := range items {
		e.endConsult(it, a.Name, event.ConsultWithdrawn)
	}
}

// consult returns the live consultation of an agent on an item, or nil.
func (it *item) consult(agent string) *consult {
	for _, k := range it.Consults {
		if k.Agent == agent {
			return k
		}
	}
	return nil
}

func (e *Engine) applyConsultRequested(ev *event.ConsultRequested, now event.Instant) {
	it := e.mustItem(ev.Item)
	e.touch(it, now)
	it.Asked++
	k := &consult{ID: ev.Consult, Agent: ev.Agent, Expires: ev.Expires}
	it.Consults = append(it.Consults, k)
	e.indexConsult(it, k)
}

// indexConsult makes a consultation found by its id and its agent, and has a request expire.
func (e *Engine) indexConsult(it *item, k *consult) {
	a := e.mustAgent(k.Agent)
	if a.consults == nil {
		a.consults = make(map[string]*item)
	}
	a.consults[k.ID], e.consults[k.ID] = it, it
	k.expiry = timer{kind: consultTimer, of: &it.ID, by: &k.Agent}
	if !k.Joined {
		e.timers.set(&k.expiry, k.Expires)
	}
}

func (e *Engine) applyConsultJoined(ev *event.ConsultJoined, now event.Instant) {
	it := e.mustItem(ev.Item)
	e.touch(it, now)
	k := it.consult(ev.Agent)
	if k == nil {
		panic("engine: there is no consultation " + ev.Consult)
	}
	k.Joined = true
	e.timers.remove(&k.expiry)
}

func (e *Engine) applyConsultEnded(ev *event.ConsultEnded) {
	it := e.mustItem(ev.Item)
	k := it.consult(ev.Agent)
	if k == nil {
		panic("engine: there is no consultation " + ev.Consult)
	}
	e.timers.remove(&k.expiry)
	it.Consults = slices.DeleteFunc(it.Consults, func(o *consult) bool { return o == k })
	delete(e.consults, k.ID)
	delete(e.mustAgent(k.Agent).consults, k.ID)
	ended := endedOffer{Offer: k.ID, Item: it.ID, Agent: k.Agent}
	switch ev.Outcome {
	case event.ConsultDeclined:
		ended.Outcome = event.Declined
	case event.ConsultExpired:
		ended.Outcome = event.Expired
	case event.ConsultWithdrawn:
		ended.Outcome = event.Revoked
	case event.ConsultDone:
	}
	e.endedOffers.putLimited(k.ID, ended, rememberEnded)
}
