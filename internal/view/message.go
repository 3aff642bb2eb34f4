// SPDX-License-Identifier: Apache-2.0

package view

import "workstream.dev/operator/internal/event"

// message is one message of a timeline.
type message struct {
	Position uint64        `json:"position"`
	ID       string        `json:"id"`
	Agent    string        `json:"agent,omitempty"` // empty: from the customer
	Text     string        `json:"text"`
	At       event.Instant `json:"at"`
	Internal bool          `json:"internal,omitempty"`
	Delivery string        `json:"delivery,omitempty"`
	Outcome  Delivery      `json:"outcome,omitempty"`
	Failure  string        `json:"failure,omitempty"`
}

func (v *View) receivedLocked(r event.Recorded, e event.MessageReceived) {
	it := v.items[e.Item]
	if it == nil {
		return
	}
	it.ChangedAt = r.Time
	it.Messages = append(it.Messages, message{Position: e.Position, ID: e.Message, Text: e.Text, At: r.Time})
	m := it.Messages[len(it.Messages)-1].view()
	v.tellAllLocked(r, it.seenBy(), &StreamEvent{Type: MessageReceived, ItemID: it.ID, Message: &m})
}

func (v *View) sentLocked(r event.Recorded, e event.MessageSent) {
	it := v.items[e.Item]
	if it == nil {
		return
	}
	it.ChangedAt = r.Time
	m := message{Position: e.Position, ID: e.Message, Agent: e.Agent, Text: e.Text, At: r.Time, Internal: e.Internal, Delivery: e.Delivery}
	if e.Delivery != "" {
		m.Outcome = DeliveryPending
	}
	it.Messages = append(it.Messages, m)
	shown := m.view()
	v.tellAllLocked(r, it.party(e.Agent), &StreamEvent{Type: MessageSent, ItemID: it.ID, Message: &shown})
}

func (v *View) deliveredLocked(r event.Recorded, id, delivery, failure string) {
	it := v.items[id]
	if it == nil {
		return
	}
	for i := len(it.Messages) - 1; i >= 0; i-- {
		m := &it.Messages[i]
		if m.Delivery != delivery || m.Delivery == "" {
			continue
		}
		m.Outcome, m.Failure = DeliveryDelivered, failure
		typ := MessageDelivered
		if failure != "" {
			m.Outcome, typ = DeliveryFailed, MessageFailed
		}
		shown := m.view()
		v.tellLocked(r, m.Agent, &StreamEvent{Type: typ, ItemID: it.ID, Message: &shown})
		return
	}
}

func (m *message) view() MessageView {
	w := MessageView{
		Position: m.Position, ID: m.ID, From: FromCustomer, Text: m.Text, At: moment(m.At),
		Internal: m.Internal, Delivery: m.Outcome, Failure: m.Failure,
	}
	if m.Agent != "" {
		w.From, w.Agent = FromAgent, m.Agent
	}
	return w
}
