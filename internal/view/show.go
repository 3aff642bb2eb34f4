// SPDX-License-Identifier: Apache-2.0

package view

func (it *item) view() *ItemView {
	w := &ItemView{
		ID: it.ID, Type: it.Type, State: it.State, Reason: it.Reason, Workstream: it.Workstream, Revision: it.Revision,
		Channel: it.Channel, Conversation: it.Conversation, Record: it.Record, Customer: it.Customer,
		Queue: it.Queue, Agent: it.Agent, Attributes: it.Attributes, OpenedAt: moment(it.OpenedAt),
		Priority: it.Priority, Promoted: it.Promoted, Skills: it.Skills, Units: it.Units, Profiles: it.Profiles,
		QueuedAt: moment(it.QueuedAt), EnteredAt: moment(it.EnteredAt), CustomerGoneUntil: moment(it.GoneUntil),
		ChangedAt: moment(it.ChangedAt), ClosedAt: moment(it.ClosedAt),
	}
	if it.Offer != nil {
		o := it.Offer.view()
		w.Offer = &o
	}
	if it.Transfer != nil {
		o := it.Transfer.view()
		w.Transfer = &o
	}
	for i := range it.Consults {
		w.Consults = append(w.Consults, it.Consults[i].view())
	}
	return w
}

func (o *offer) view() OfferView {
	return OfferView{
		ID: o.ID, Item: o.Item, Agent: o.Agent, Queue: o.Queue, Units: o.Units, MadeAt: moment(o.Made), Expires: moment(o.Expires),
		Profiles: o.Profiles, Via: o.Via, From: o.From,
	}
}
