// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// receiveMessage brings a customer's message to its conversation. One in wrap-up is over for the customer: a message
// then opens a new one, as after Closed.
func (e *Engine) receiveMessage(c event.ReceiveMessage) event.Result {
	ch := e.plan.Channel(c.Channel)
	if ch == nil {
		return reject(event.UnknownChannel, "there is no channel %q", c.Channel)
	}
	if res, known := e.known(c.Intake); known {
		return res
	}
	attrs := validAttributes(c.Attributes)
	it := e.conversations[conversationKey{c.Channel, c.Conversation}]
	if it == nil {
		return e.openConversation(&c, e.plan.Workstream(ch.Workstream), attrs)
	}
	e.remember(c.Intake, it.ID, c.Message)
	e.update(it, attrs, c.LeftOut)
	e.reconnected(it)
	e.emit(event.MessageReceived{Item: it.ID, Message: c.Message, Position: it.Position + 1, Text: c.Text})
	if it.State == event.Waiting {
		e.emit(event.ItemResumed{Item: it.ID})
		e.route(it, e.clock, event.CustomerReturned)
	}
	return event.Result{Item: it.ID, Message: c.Message}
}

func (e *Engine) openConversation(c *event.ReceiveMessage, ws *plan.Workstream, attrs rule.Attributes) event.Result {
	if e.used(c.Item) {
		return e.fail("item id %q is in use", c.Item)
	}
	e.remember(c.Intake, c.Item, c.Message)
	e.emit(event.ItemOpened{
		Item: c.Item, Type: plan.Messaging, Workstream: ws.Name, Channel: c.Channel, Conversation: c.Conversation,
		Customer: c.Customer, Attributes: attrs, LeftOut: shortened(c.LeftOut),
	})
	e.emit(event.MessageReceived{Item: c.Item, Message: c.Message, Position: 1, Text: c.Text})
	e.route(e.item(c.Item), e.clock, event.AwaitingAgentAssignment)
	return event.Result{Item: c.Item, Message: c.Message}
}

// leaveConversation ends a conversation for its customer.
func (e *Engine) leaveConversation(c event.LeaveConversation) event.Result {
	if res, known := e.known(c.Intake); known {
		return res
	}
	it := e.conversations[conversationKey{c.Channel, c.Conversation}]
	if it == nil {
		return reject(event.UnknownConversation, "channel %q has no open conversation %q", c.Channel, c.Conversation)
	}
	e.remember(c.Intake, it.ID, "")
	switch it.State {
	case event.Active:
		e.wrapUp(it, event.CustomerMovedToWrapUp, "")
	case event.Waiting:
		e.emit(event.ItemClosed{Item: it.ID, Reason: event.ConversationEndedByCustomer})
	default: // Open
		reason := event.CustomerDisconnectedOrLeftOpenConversation
		e.callOff(it, reason)
		e.emit(event.ItemClosed{Item: it.ID, Reason: reason})
	}
	return event.Result{Item: it.ID}
}

// disconnectCustomer notes that the customer's connection is lost. Channels that keep no connection do not say so, and
// who waits for the customer to come back need not be told.
func (e *Engine) disconnectCustomer(c event.DisconnectCustomer) event.Result {
	if res, known := e.known(c.Intake); known {
		return res
	}
	it := e.conversations[conversationKey{c.Channel, c.Conversation}]
	switch {
	case it == nil:
		return reject(event.UnknownConversation, "channel %q has no open conversation %q", c.Channel, c.Conversation)
	case it.ws.Lifecycle.CustomerReturn == 0:
		return wrongState(it, "its customer needs no connection")
	case it.State == event.Waiting:
		return wrongState(it, "nobody waits for its customer to stay")
	}
	e.remember(c.Intake, it.ID, "")
	if it.Leaves != 0 {
		return event.Result{Duplicate: true, Item: it.ID}
	}
	e.emit(event.CustomerDisconnected{Item: it.ID, Until: after(e.clock, it.ws.Lifecycle.CustomerReturn)})
	return event.Result{Item: it.ID}
}

// reconnectCustomer says that the customer is back.
func (e *Engine) reconnectCustomer(c event.ReconnectCustomer) event.Result {
	if res, known := e.known(c.Intake); known {
		return res
	}
	it := e.conversations[conversationKey{c.Channel, c.Conversation}]
	if it == nil {
		return reject(event.UnknownConversation, "channel %q has no open conversation %q", c.Channel, c.Conversation)
	}
	e.remember(c.Intake, it.ID, "")
	return event.Result{Duplicate: !e.reconnected(it), Item: it.ID}
}

// reconnected notes that the customer of an item is back, and reports whether it was gone.
func (e *Engine) reconnected(it *item) bool {
	if it.Leaves == 0 {
		return false
	}
	e.emit(event.CustomerReconnected{Item: it.ID})
	return true
}

// giveUpCustomer ends a conversation whose customer has not come back in time. The channel may not know.
func (e *Engine) giveUpCustomer(it *item) {
	if it.State == event.Active {
		e.wrapUp(it, event.CustomerDisconnectedOrLeftActiveConversation, e.endDeliveryID(it))
		return
	}
	e.closeFor(it, event.CustomerDisconnectedOrLeftOpenConversation, "")
}

// submitRecord takes in a record, or news of one that is open. One that waits in a queue is routed again, in its place
// by arrival; an offer that is out stands, for the agent is already being asked.
func (e *Engine) submitRecord(c event.SubmitRecord) event.Result {
	ws, refused := e.recordWorkstream(c.Workstream)
	if refused != nil {
		return *refused
	}
	if res, known := e.known(c.Intake); known {
		return res
	}
	attrs := validAttributes(c.Attributes)
	it := e.records[recordKey{c.Workstream, c.Record}]
	if it != nil {
		e.remember(c.Intake, it.ID, "")
		if e.update(it, attrs, c.LeftOut) && it.Queued {
			e.route(it, it.Since, event.RoutedAgain)
		}
		return event.Result{Item: it.ID}
	}
	if e.used(c.Item) {
		return e.fail("item id %q is in use", c.Item)
	}
	e.remember(c.Intake, c.Item, "")
	e.emit(event.ItemOpened{
		Item: c.Item, Type: plan.Record, Workstream: ws.Name, Record: c.Record, Attributes: attrs, LeftOut: shortened(c.LeftOut),
	})
	e.route(e.item(c.Item), e.clock, event.AwaitingAgentAssignment)
	return event.Result{Item: c.Item}
}

// closeRecord closes the item of a record that is over elsewhere. It asks for the item first: what is open can be closed,
// though its workstream has left the plan.
func (e *Engine) closeRecord(c event.CloseRecord) event.Result {
	if res, known := e.known(c.Intake); known {
		return res
	}
	it := e.records[recordKey{c.Workstream, c.Record}]
	if it == nil {
		if _, refused := e.recordWorkstream(c.Workstream); refused != nil {
			return *refused
		}
		return reject(event.UnknownRecord, "workstream %q has no open record %q", c.Workstream, c.Record)
	}
	e.remember(c.Intake, it.ID, "")
	e.closeFor(it, event.RecordResolved, c.Integration)
	return event.Result{Item: it.ID}
}

// recordWorkstream returns a workstream of the plan that takes records, or the refusal.
func (e *Engine) recordWorkstream(name string) (*plan.Workstream, *event.Result) {
	var res event.Result
	switch ws := e.plan.Workstream(name); {
	case ws == nil:
		res = reject(event.UnknownWorkstream, "there is no workstream %q", name)
	case ws.Type != plan.Record:
		res = reject(event.NotARecordWorkstream, "workstream %q is of type %s, and records need one of type Record", name, ws.Type)
	default:
		return ws, nil
	}
	return nil, &res
}

// used reports whether an item id was given out before; it must be new.
func (e *Engine) used(id string) bool {
	_, closed := e.closed.get(id)
	return closed || e.items[id] != nil || id == ""
}

// known answers an intake that was taken before.
func (e *Engine) known(i event.Intake) (event.Result, bool) {
	if i.Key == "" {
		return event.Result{}, false
	}
	k, ok := e.intakes.get(intakeKey(i))
	switch {
	case !ok:
		return event.Result{}, false
	case k.Intake.Digest != i.Digest:
		return reject(event.IntakeKeyReused, "key %q was used before with another body", i.Key), true
	default:
		return event.Result{Duplicate: true, Item: k.Item, Message: k.Message}, true
	}
}

func (e *Engine) remember(i event.Intake, item, message string) {
	if i.Key != "" {
		e.emit(event.IntakeTaken{Intake: i, Item: item, Message: message})
	}
}

// update records the attributes that differ from those the item has, and reports whether any did. An item that has very
// many already gets no further names, and none of the context beyond maxContext.
func (e *Engine) update(it *item, attrs rule.Attributes, leftOut []event.LeftOut) bool {
	var diff rule.Attributes
	room, context := maxAttributes-it.attributeCount(), -1
	for _, name := range it.inOrder(attrs) {
		old, ok := it.given[name]
		if ok && old == attrs[name] {
			continue
		}
		if !ok {
			inContext := strings.HasPrefix(name, contextRoot)
			if inContext && context < 0 {
				context = maxContext - contextValues(it.given)
			}
			if room <= 0 || inContext && context <= 0 {
				leftOut = append(slices.Clip(leftOut), event.LeftOut{Name: name, Reason: event.TooMany})
				continue
			}
			room--
			if inContext {
				context--
			}
		}
		if diff == nil {
			diff = make(rule.Attributes)
		}
		diff[name] = attrs[name]
	}
	if diff != nil || len(leftOut) > 0 {
		e.emit(event.ItemUpdated{Item: it.ID, Attributes: diff, LeftOut: shortened(leftOut)})
	}
	return diff != nil
}

// inOrder returns the names of attrs, sorted. Where there may not be room for all, variables that are declared come first:
// others must not take their place.
func (it *item) inOrder(attrs rule.Attributes) []string {
	names := slices.Sorted(maps.Keys(attrs))
	if it.attributeCount()+len(names) <= maxContext {
		return names
	}
	slices.SortStableFunc(names, func(a, b string) int {
		switch declared := it.declares(a); {
		case declared == it.declares(b):
			return 0
		case declared:
			return -1
		default:
			return 1
		}
	})
	return names
}

// declares reports whether an attribute is a variable of the item's workstream.
func (it *item) declares(name string) bool {
	variable, ok := strings.CutPrefix(name, contextRoot)
	return ok && it.ws.Variable(variable) != nil
}

func contextValues(attrs rule.Attributes) (n int) {
	for name := range attrs {
		if strings.HasPrefix(name, contextRoot) {
			n++
		}
	}
	return n
}

// shortened is what an event names of what was left out.
func shortened(leftOut []event.LeftOut) []event.LeftOut {
	leftOut = slices.Clone(leftOut[:min(len(leftOut), event.MaxLeftOut)])
	for i := range leftOut {
		leftOut[i].Name = valid(leftOut[i].Name)
	}
	return leftOut
}

// validAttributes drops what says nothing about the item: absent values, and the item.* that are the engine's own. What
// is as it should be, as nearly always, is returned itself.
func validAttributes(in rule.Attributes) rule.Attributes {
	if len(in) == 0 {
		return nil
	}
	if allFit(in) {
		return in
	}
	out := make(rule.Attributes, len(in))
	for _, name := range slices.Sorted(maps.Keys(in)) { // in one order: two names may become one
		v := in[name]
		if !v.Present() || strings.HasPrefix(name, "item.") {
			continue
		}
		if v.Kind() == rule.Text {
			v = rule.TextValue(valid(v.String()))
		}
		out[valid(name)] = v
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func allFit(in rule.Attributes) bool {
	for name, v := range in {
		if !v.Present() || strings.HasPrefix(name, "item.") || !utf8.ValidString(name) {
			return false
		}
		if v.Kind() == rule.Text && !utf8.ValidString(v.String()) {
			return false
		}
	}
	return true
}

// clean makes all texts of a command that are their sender's what they will be after they were written to the journal and
// read back, so that what is looked up is what is remembered, before a restart and after it. Senders whose keys differ only
// in what is no text would be taken for one: whoever takes keys in refuses those.
func clean(cmd event.Command) event.Command {
	switch c := cmd.(type) {
	case event.ReceiveMessage:
		if allValid(c.Intake.Scope, c.Intake.Key, c.Intake.Digest, c.Message, c.Conversation, c.Text, c.Customer.ID, c.Customer.Name) {
			return cmd // as nearly always: there is nothing to copy
		}
		c.Intake, c.Message, c.Conversation, c.Text = validIntake(c.Intake), valid(c.Message), valid(c.Conversation), valid(c.Text)
		c.Customer = event.Customer{ID: valid(c.Customer.ID), Name: valid(c.Customer.Name)}
		return c
	case event.LeaveConversation:
		c.Intake, c.Conversation = validIntake(c.Intake), valid(c.Conversation)
		return c
	case event.DisconnectCustomer:
		c.Intake, c.Conversation = validIntake(c.Intake), valid(c.Conversation)
		return c
	case event.ReconnectCustomer:
		c.Intake, c.Conversation = validIntake(c.Intake), valid(c.Conversation)
		return c
	case event.SetPresence:
		c.Supervisor = valid(c.Supervisor)
		return c
	case event.SubmitRecord:
		c.Intake, c.Record = validIntake(c.Intake), valid(c.Record)
		return c
	case event.CloseRecord:
		c.Intake, c.Record, c.Integration = validIntake(c.Intake), valid(c.Record), valid(c.Integration)
		return c
	case event.SendMessage:
		if allValid(c.Message, c.Text) {
			return cmd
		}
		c.Message, c.Text = valid(c.Message), valid(c.Text)
		return c
	case event.AssignItem:
		c.Supervisor = valid(c.Supervisor)
		return c
	case event.ForceClose:
		c.Supervisor = valid(c.Supervisor)
		return c
	case event.ConfirmDelivery:
		if c.Failure == "" {
			return cmd
		}
		c.Failure = valid(c.Failure)
		return c
	default:
		return cmd
	}
}

func validIntake(i event.Intake) event.Intake {
	return event.Intake{Scope: valid(i.Scope), Key: valid(i.Key), Digest: valid(i.Digest)}
}

func allValid(texts ...string) bool {
	for _, s := range texts {
		if !utf8.ValidString(s) {
			return false
		}
	}
	return true
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
