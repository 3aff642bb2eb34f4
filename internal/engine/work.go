// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// sendMessage sends an agent's message to the customer, or to the other agents of the item only.
func (e *Engine) sendMessage(c event.SendMessage) event.Result {
	it, refused := e.speaksOn(c)
	if refused != nil {
		return *refused
	}
	if digest, ok := it.Sent[sentKey(c.Agent, c.Message)]; ok {
		if digest != digestMessage(c.Text, c.Internal) {
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
	sent := event.MessageSent{
		Item: it.ID, Agent: c.Agent, Message: c.Message, Position: it.Position + 1, Text: c.Text, Internal: c.Internal,
	}
	if !c.Internal {
		ch := e.plan.Channel(it.Channel)
		if ch == nil {
			return reject(event.UnknownChannel, "channel %q of item %s is no longer there", it.Channel, it.ID)
		}
		if calledBack(ch) {
			sent.Delivery = it.ID + "-m" + strconv.FormatUint(sent.Position, 10)
		}
	}
	e.emit(sent)
	return event.Result{Item: it.ID, Message: c.Message}
}

// speaksOn returns the item on which an agent may send a message: who has it any, who has joined it an internal one.
func (e *Engine) speaksOn(c event.SendMessage) (*item, *event.Result) {
	it := e.items[c.Item]
	if it == nil || e.plan.Agent(c.Agent) == nil {
		return e.held(c.Agent, c.Item)
	}
	k := it.consult(c.Agent)
	switch {
	case k == nil:
		return e.held(c.Agent, c.Item)
	case !k.Joined:
		res := reject(event.ItemNotYours, "you have not joined item %s", it.ID)
		return nil, &res
	case !c.Internal:
		res := reject(event.ItemNotYours, "you are consulted on item %s: only who has it writes to the customer", it.ID)
		return nil, &res
	}
	return it, nil
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
		e.callOff(it, event.RecordResolved)
		e.emit(event.ItemClosed{Item: it.ID, Agent: c.Agent, Reason: event.RecordResolved})
	default:
		e.wrapUp(it, event.AgentMovedToWrapUp, e.endDeliveryID(it))
	}
	return event.Result{Item: it.ID}
}

// closeItem closes the agent's session without ending the conversation, or ends the after-work. Without a session a live
// chat goes to another agent; other conversations wait for their customers.
func (e *Engine) closeItem(c event.CloseItem) event.Result {
	it, refused := e.held(c.Agent, c.Item)
	switch {
	case refused != nil:
		return *refused
	case it.State == event.WrapUp:
		e.emit(event.ItemClosed{Item: it.ID, Agent: it.Agent, Reason: it.endedBy()})
	case it.Type == plan.Record:
		return wrongState(it, "a record is ended when it is resolved, or transferred to another queue")
	case it.ws.Lifecycle.Waits:
		e.callOff(it, event.AwaitingCustomerResponse)
		e.emit(event.ItemParked{Item: it.ID, Agent: it.Agent})
	default:
		e.callOff(it, event.AgentClosedSession)
		e.emit(event.ItemReleased{Item: it.ID, Agent: it.Agent, Reason: event.AgentClosedSession})
		e.requeue(it, event.AgentClosedSession)
	}
	return event.Result{Item: it.ID}
}

// endedBy is why an item in wrap-up closes when its agent is done.
func (it *item) endedBy() event.Reason {
	switch it.Ended {
	case event.CustomerMovedToWrapUp, event.CustomerDisconnectedOrLeftActiveConversation:
		return event.ConversationEndedByCustomer
	default:
		return event.ConversationEndedByAgent
	}
}

// forceClose closes an item in whatever state by a supervisor's word.
func (e *Engine) forceClose(c event.ForceClose) event.Result {
	it, refused := e.open(c.Item)
	if refused != nil {
		return *refused
	}
	e.closeFor(it, event.ForceClosedBySupervisor, c.Supervisor)
	return event.Result{Item: it.ID}
}

// closeFor closes an item in whatever state, and tells the channel where no wrap-up has done so.
func (e *Engine) closeFor(it *item, reason event.Reason, by string) {
	e.callOff(it, reason)
	closed := event.ItemClosed{Item: it.ID, Agent: it.Agent, Reason: reason, By: by}
	if it.State != event.WrapUp {
		closed.Delivery = e.endDeliveryID(it)
	}
	e.emit(closed)
}

// wrapUp moves an Active conversation to wrap-up, with what its workstream says of capacity.
func (e *Engine) wrapUp(it *item, reason event.Reason, delivery string) {
	e.callOff(it, reason)
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
	d, outstanding := e.deliveries[c.Delivery]
	switch {
	case !outstanding:
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
	if it := e.item(id); it != nil {
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
	if _, refused := e.planned(agent); refused != nil {
		return nil, refused
	}
	it, refused := e.open(id)
	if refused != nil {
		if c, ok := e.closed.get(id); ok && c.Agent != agent {
			*refused = reject(event.ItemNotYours, "item %s was not yours", id)
		}
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
