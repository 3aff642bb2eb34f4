// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"slices"
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// consultsOn are the live consultations on an item, in the order in which they were asked for.
func (o *Oracle) consultsOn(it *item) []*consult {
	var list []*consult
	for _, c := range o.consults {
		if c.item == it.id && !c.ended {
			list = append(list, c)
		}
	}
	return list
}

func (o *Oracle) consultOf(it *item, agent string) *consult {
	for _, c := range o.consultsOn(it) {
		if c.agent == agent {
			return c
		}
	}
	return nil
}

// endConsultation ends one: a request with that outcome, what was joined is done.
func (o *Oracle) endConsultation(it *item, c *consult, outcome event.ConsultOutcome) {
	if c.joined {
		outcome = event.ConsultDone
	}
	o.log(event.ConsultEnded{Consult: c.id, Item: it.id, Agent: c.agent, Outcome: outcome})
	c.ended, c.outcome = true, outcome
}

// answerConsult is the yes or no to a consultation; nil when the id is of none.
func (o *Oracle) answerConsult(agent, id string, yes bool) *event.Result {
	i := slices.IndexFunc(o.consults, func(c *consult) bool { return c.id == id })
	if i < 0 {
		return nil
	}
	c := o.consults[i]
	duplicate := event.Result{Duplicate: true, Item: c.item, Offer: id}
	no := func(reason event.RejectionReason) *event.Result {
		res := refuse(reason)
		return &res
	}
	switch {
	case c.ended && c.agent == agent && ((yes && c.outcome == event.ConsultDone) || (!yes && c.outcome == event.ConsultDeclined)):
		return &duplicate
	case o.plan.Agent(agent) == nil:
		return no(event.UnknownAgent)
	case c.agent != agent:
		return no(event.OfferNotYours)
	case c.ended:
		return no(map[event.ConsultOutcome]event.RejectionReason{
			event.ConsultDone: event.OfferAccepted, event.ConsultDeclined: event.OfferDeclined,
			event.ConsultExpired: event.OfferExpired, event.ConsultWithdrawn: event.OfferRevoked,
		}[c.outcome])
	case c.joined && yes:
		return &duplicate
	case c.joined:
		return no(event.OfferAccepted)
	case yes:
		c.joined = true
		o.item(c.item).touched = o.clock
		o.log(event.ConsultJoined{Consult: id, Item: c.item, Agent: agent})
	default:
		o.endConsultation(o.item(c.item), c, event.ConsultDeclined)
	}
	return &event.Result{Item: c.item, Offer: id}
}

func (o *Oracle) requestConsult(c event.RequestConsult) event.Result {
	it, no := o.yours(c.Agent, c.Item)
	a := o.agent(c.To)
	switch {
	case no != nil:
		return *no
	case it.state != event.Active:
		return refuse(event.WrongState)
	case a == nil:
		return refuse(event.UnknownAgent)
	case c.To == c.Agent:
		return refuse(event.WrongState)
	case o.consultOf(it, c.To) != nil:
		return refuse(event.AlreadyConsulting)
	case len(o.consultsOn(it)) >= 5:
		return refuse(event.TooManyConsults)
	case !a.connected || a.presence == plan.Offline:
		return refuse(event.NotConnectedAgent)
	}
	it.consulted++
	con := &consult{
		id: it.id + "-c" + strconv.Itoa(it.consulted), item: it.id, agent: c.To, expires: after(o.clock, it.ws.Offer.Timeout),
	}
	o.consults = append(o.consults, con)
	it.touched = o.clock
	o.log(event.ConsultRequested{Consult: con.id, Item: it.id, Agent: c.To, By: c.Agent, Expires: con.expires})
	return event.Result{Item: it.id, Offer: con.id}
}

func (o *Oracle) endConsult(c event.EndConsult) event.Result {
	it := o.item(c.Item)
	switch {
	case o.plan.Agent(c.Agent) == nil:
		return refuse(event.UnknownAgent)
	case it == nil:
		return refuse(event.UnknownItem)
	case it.state == event.Closed:
		return refuse(event.WrongState)
	case c.Agent != it.agent && c.Agent != c.Consultant:
		return refuse(event.ItemNotYours)
	}
	con := o.consultOf(it, c.Consultant)
	if con == nil {
		return refuse(event.UnknownConsult)
	}
	outcome := event.ConsultWithdrawn
	if c.Agent == c.Consultant {
		outcome = event.ConsultDeclined
	}
	o.endConsultation(it, con, outcome)
	return event.Result{Item: it.id, Offer: con.id}
}
