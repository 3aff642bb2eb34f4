// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// sendMessage sends an agent's message to the customer.
func (e *Engine) sendMessage(c event.SendMessage) event.Result {
	it, refused := e.held(c.Agent, c.Item)
	if refused != nil {
		return *refused
	}
	if digest, ok := it.Sent[sentKey(c.Agent, c.Message)]; ok {
		if digest != digestText(c.Text) {
			return reject(event.MessageIDReused, "message id %q was used before with another text", c.Message)
		}
		return event.Result{Duplicate: true, Item: it.ID, Message: c.Message}
	}
	if it.Type == plan.Record {
		return reject(event.WrongState, "item %s is a record, and records have no messages", it.ID)
	}
	if it.State != event.Active {
		return wrongState(it, "messages need an Active conversation")
	}
	ch := e.plan.Channel(it.Channel)
	if ch == nil {
		return reject(event.UnknownChannel, "channel %q of item %s is no longer there", it.Channel, it.ID)
	}
	sent := event.MessageSent{Item: it.ID, Agent: c.Agent, Message: c.Message, Position: it.Position + 1, Text: c.Text}
	if calledBack(ch) {
		sent.Delivery = it.ID + "-m" + strconv.FormatUint(sent.Position, 10)
	}
	e.emit(sent)
	return event.Result{Item: it.ID, Message: c.Message}
}

// endItem ends an item: conversations go to wrap-up, records close.
func (e *Engine) endItem(c event.EndItem) event.Result {
	it, refused := e.held(c.Agent, c.Item)
	switch {
	case refused != nil:
		return *refused
	case it.State != event.Active:
		return wrongState(it, "only an Active item can be ended; close it instead")
	case it.Type == plan.Record:
		e.emit(event.ItemClosed{Item: it.ID, Agent: c.Agent, Reason: event.RecordResolved})
	default:
		e.wrapUp(it, event.AgentMovedToWrapUp, e.endDeliveryID(it))
	}
	return event.Result{Item: it.ID}
}

// closeItem closes the agent's session without ending the conversation, or ends the after-work.
func (e *Engine) closeItem(c event.CloseItem) event.Result {
	it, refused := e.held(c.Agent, c.Item)
	switch {
	case refused != nil:
		return *refused
	case it.State == event.WrapUp:
		e.emit(event.ItemClosed{Item: it.ID, Agent: it.Agent, Reason: it.endedBy()})
	case it.Type == plan.Record:
		return wrongState(it, "a record is ended when it is resolved, or transferred to another queue")
	default:
		e.emit(event.ItemParked{Item: it.ID, Agent: it.Agent})
	}
	return event.Result{Item: it.ID}
}

// endedBy is why an item in wrap-up closes when its agent is done.
func (it *item) endedBy() event.Reason {
	if it.Ended == event.CustomerMovedToWrapUp {
		return event.ConversationEndedByCustomer
	}
	return event.ConversationEndedByAgent
}

// transferItem puts an agent's item into another queue. It keeps its place by arrival: the customer has waited since
// then, and whoever is passed on must not start again at the end.
func (e *Engine) transferItem(c event.TransferItem) event.Result {
	it, refused := e.held(c.Agent, c.Item)
	if refused != nil {
		return *refused
	}
	if it.State != event.Active {
		return wrongState(it, "only an Active item can be transferred")
	}
	q := e.plan.Queue(c.Queue)
	if q == nil {
		return reject(event.UnknownQueue, "there is no queue %q", c.Queue)
	}
	if q.Type != it.Type {
		return reject(event.QueueTypeMismatch, "queue %q is of type %s, and item %s of type %s", c.Queue, q.Type, it.ID, it.Type)
	}
	e.emit(event.ItemReleased{Item: it.ID, Agent: it.Agent, Reason: event.TransferredToQueue})
	e.emit(event.ItemQueued{Item: it.ID, Queue: c.Queue, Since: it.Since, Reason: event.TransferredToQueue})
	return event.Result{Item: it.ID}
}

// assignItem gives an item to an agent by a supervisor's word: neither presence, membership nor capacity is asked, and
// the agent's free capacity may become negative.
func (e *Engine) assignItem(c event.AssignItem) event.Result {
	it, refused := e.open(c.Item)
	if refused != nil {
		return *refused
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
	e.emit(event.ItemAssigned{
		Item: it.ID, Agent: c.Agent, Units: it.ws.Units, How: event.BySupervisor, By: c.Supervisor,
	})
	return event.Result{Item: it.ID}
}

// forceClose closes an item in whatever state by a supervisor's word.
func (e *Engine) forceClose(c event.ForceClose) event.Result {
	it, refused := e.open(c.Item)
	if refused != nil {
		return *refused
	}
	e.revoke(it, event.ForceClosedBySupervisor)
	closed := event.ItemClosed{Item: it.ID, Agent: it.Agent, Reason: event.ForceClosedBySupervisor, By: c.Supervisor}
	if it.State != event.WrapUp {
		closed.Delivery = e.endDeliveryID(it)
	}
	e.emit(closed)
	return event.Result{Item: it.ID}
}

// wrapUp moves an Active conversation to wrap-up, with what its workstream says of capacity.
func (e *Engine) wrapUp(it *item, reason event.Reason, delivery string) {
	ev := event.WrapUpStarted{Item: it.ID, Agent: it.Agent, Reason: reason, Delivery: delivery}
	switch w := it.ws.WrapUp; w.Block {
	case plan.BlockNever:
		ev.Released = true
	case plan.BlockCustom:
		ev.BlockedUntil = after(e.clock, w.For)
	case plan.BlockAlways:
	}
	e.emit(ev)
}

// endDeliveryID names the delivery that tells a channel that the conversation ended; none without a callback.
func (e *Engine) endDeliveryID(it *item) string {
	if ch := e.plan.Channel(it.Channel); ch == nil || !calledBack(ch) {
		return ""
	}
	return it.ID + "-end"
}

func calledBack(ch *plan.Channel) bool { return ch.Custom != nil && ch.Custom.CallbackURL != "" }

// confirmDelivery notes what became of a delivery. It is told again after a restart, so an unknown one is settled.
func (e *Engine) confirmDelivery(c event.ConfirmDelivery) event.Result {
	d := e.deliveries[c.Delivery]
	switch {
	case d == nil:
		return event.Result{Duplicate: true}
	case c.Failure == "":
		e.emit(event.DeliveryDone{Delivery: d.ID, Item: d.Item, Message: d.Message})
	default:
		e.emit(event.DeliveryGivenUp{Delivery: d.ID, Item: d.Item, Message: d.Message, Failure: c.Failure})
	}
	return event.Result{Item: d.Item, Message: d.Message}
}

// open returns an item that is not closed, or the refusal.
func (e *Engine) open(id string) (*item, *event.Result) {
	if it := e.items[id]; it != nil {
		return it, nil
	}
	var res event.Result
	if c, ok := e.closed.get(id); ok {
		res = reject(event.WrongState, "item %s is Closed (%s)", id, c.Reason)
	} else {
		res = reject(event.UnknownItem, "there is no item %q", id)
	}
	return nil, &res
}

// held returns an item that the agent has, Active or in wrap-up, or the refusal.
func (e *Engine) held(agent, id string) (*item, *event.Result) {
	if e.plan.Agent(agent) == nil {
		res := reject(event.UnknownAgent, "there is no agent %q", agent)
		return nil, &res
	}
	if c, ok := e.closed.get(id); ok && c.Agent != agent {
		res := reject(event.ItemNotYours, "item %s was not yours", id)
		return nil, &res
	}
	it, refused := e.open(id)
	if refused != nil {
		return nil, refused
	}
	if it.Agent == agent {
		return it, nil
	}
	res := reject(event.ItemNotYours, "item %s is %s and not with you", id, it.State)
	if it.Agent == "" && it.Last == agent {
		res = wrongState(it, "it is no longer with you")
	}
	return nil, &res
}

func wrongState(it *item, why string) event.Result {
	return reject(event.WrongState, "item %s is %s: %s", it.ID, it.State, why)
}
