// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"maps"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// readable is a text as it is after a journal.
func readable(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// readableCommand is a command with the texts that are its sender's as they are after a journal.
func readableCommand(cmd event.Command) event.Command {
	intake := func(i event.Intake) event.Intake {
		return event.Intake{Scope: readable(i.Scope), Key: readable(i.Key), Digest: readable(i.Digest)}
	}
	switch c := cmd.(type) {
	case event.ReceiveMessage:
		c.Intake, c.Message, c.Conversation, c.Text = intake(c.Intake), readable(c.Message), readable(c.Conversation), readable(c.Text)
		c.Customer = event.Customer{ID: readable(c.Customer.ID), Name: readable(c.Customer.Name)}
		return c
	case event.LeaveConversation:
		c.Intake, c.Conversation = intake(c.Intake), readable(c.Conversation)
		return c
	case event.DisconnectCustomer:
		c.Intake, c.Conversation = intake(c.Intake), readable(c.Conversation)
		return c
	case event.ReconnectCustomer:
		c.Intake, c.Conversation = intake(c.Intake), readable(c.Conversation)
		return c
	case event.SubmitRecord:
		c.Intake, c.Record = intake(c.Intake), readable(c.Record)
		return c
	case event.CloseRecord:
		c.Intake, c.Record, c.Integration = intake(c.Intake), readable(c.Record), readable(c.Integration)
		return c
	case event.SendMessage:
		c.Message, c.Text = readable(c.Message), readable(c.Text)
		return c
	case event.ConfirmDelivery:
		c.Failure = readable(c.Failure)
		return c
	case event.SetPresence:
		c.Supervisor = readable(c.Supervisor)
		return c
	case event.AssignItem:
		c.Supervisor = readable(c.Supervisor)
		return c
	case event.ForceClose:
		c.Supervisor = readable(c.Supervisor)
		return c
	default:
		return cmd
	}
}

// maxNames is how many attributes an item has at most.
const maxNames = 512

// tidy returns what is taken over of the attributes that a sender gives: item.* is not theirs.
func tidy(attrs rule.Attributes) rule.Attributes {
	out := rule.Attributes{}
	for _, k := range slices.Sorted(maps.Keys(attrs)) { // in one order: two names may become one
		v := attrs[k]
		if strings.HasPrefix(k, "item.") || !v.Present() {
			continue
		}
		if v.Kind() == rule.Text {
			v = rule.TextValue(readable(v.String()))
		}
		out[readable(k)] = v
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// seen returns the answer to an intake that was taken before, or nil.
func (o *Oracle) seen(in event.Intake) *event.Result {
	if in.Key == "" {
		return nil
	}
	for _, t := range o.intakes {
		if t.intake.Scope != in.Scope || t.intake.Key != in.Key {
			continue
		}
		if t.intake.Digest != in.Digest {
			r := refuse(event.IntakeKeyReused)
			return &r
		}
		return &event.Result{Duplicate: true, Item: t.item, Message: t.message}
	}
	return nil
}

func (o *Oracle) remember(in event.Intake, item, message string) {
	if in.Key == "" {
		return
	}
	o.log(event.IntakeTaken{Intake: in, Item: item, Message: message})
	o.intakes = append(o.intakes, taken{in, item, message, o.clock})
}

// conversation returns the one that goes on, or nil.
func (o *Oracle) conversation(channel, conversation string) *item {
	for _, it := range o.items {
		if it.kind == plan.Messaging && it.channel == channel && it.conversation == conversation &&
			it.state != event.Closed && it.state != event.WrapUp {
			return it
		}
	}
	return nil
}

func (o *Oracle) receive(c event.ReceiveMessage) event.Result {
	ch := o.plan.Channel(c.Channel)
	if ch == nil {
		return refuse(event.UnknownChannel)
	}
	if r := o.seen(c.Intake); r != nil {
		return *r
	}
	attrs := tidy(c.Attributes)
	it := o.conversation(c.Channel, c.Conversation)
	opened := it == nil
	if opened {
		it = &item{
			id: c.Item, kind: plan.Messaging, workstream: ch.Workstream, channel: c.Channel, conversation: c.Conversation,
		}
		o.remember(c.Intake, it.id, c.Message)
		o.openItem(it, event.ItemOpened{Customer: c.Customer}, attrs)
	} else {
		o.remember(c.Intake, it.id, c.Message)
		o.update(it, attrs)
	}
	o.customerIsBack(it)
	it.position++
	o.log(event.MessageReceived{Item: it.id, Message: c.Message, Position: it.position, Text: c.Text})
	it.touched = o.clock
	switch {
	case opened:
		o.route(it, event.AwaitingAgentAssignment, o.clock)
	case it.state == event.Waiting:
		o.resume(it, "", event.CustomerReturned)
	}
	return event.Result{Item: it.id, Message: c.Message}
}

// resume routes a Waiting item again.
func (o *Oracle) resume(it *item, reason, queued event.Reason) {
	o.log(event.ItemResumed{Item: it.id, Reason: reason})
	it.state, it.touched = event.Open, o.clock
	o.route(it, queued, o.clock)
}

func (o *Oracle) followUp(it *item) { o.resume(it, event.FollowUpDue, event.FollowUpDue) }

func (o *Oracle) openItem(it *item, ev event.ItemOpened, attrs rule.Attributes) {
	it.state, it.priority, it.touched, it.since = event.Open, 100, o.clock, o.clock
	it.ws = o.plan.Workstream(it.workstream)
	it.attributes = rule.Attributes{
		"item.type": rule.TextValue(string(it.kind)), "item.workstream": rule.TextValue(it.workstream),
		"item.priority": rule.NumberValue(100), "item.createdAt": rule.TimeValue(moment(o.clock)),
	}
	if it.channel != "" {
		it.attributes["item.channel"] = rule.TextValue(it.channel)
	}
	maps.Copy(it.attributes, attrs)
	o.items = append(o.items, it)
	ev.Item, ev.Type, ev.Workstream, ev.Attributes = it.id, it.kind, it.workstream, attrs
	ev.Channel, ev.Conversation, ev.Record = it.channel, it.conversation, it.record
	o.log(ev)
}

// update takes over what differs, and reports whether anything does.
func (o *Oracle) update(it *item, attrs rule.Attributes) bool {
	news, leftOut := it.differing(attrs)
	if len(news) == 0 && len(leftOut) == 0 {
		return false
	}
	o.log(event.ItemUpdated{Item: it.id, Attributes: news, LeftOut: leftOut})
	if len(news) == 0 {
		return false
	}
	maps.Copy(it.attributes, news)
	for k := range news {
		if strings.HasPrefix(k, "context.") || strings.HasPrefix(k, "record.") {
			it.changed = true
		}
	}
	if of := o.liveOffer(it); it.kind == plan.Record && of != nil && !of.transfer {
		it.stale = true
	}
	return true
}

// differing returns what differs of attrs, and the names of the first 20 for which there is no room.
func (it *item) differing(attrs rule.Attributes) (news rule.Attributes, leftOut []event.LeftOut) {
	news = rule.Attributes{}
	room, context := maxNames-len(it.attributes), it.contextNames()
	for _, k := range declaredFirst(it.ws, attrs) {
		old, had := it.attributes[k]
		if old == attrs[k] {
			continue
		}
		ofContext := strings.HasPrefix(k, "context.")
		if !had && (room == 0 || ofContext && context == 100) {
			if len(leftOut) < 20 {
				leftOut = append(leftOut, event.LeftOut{Name: k, Reason: event.TooMany})
			}
			continue
		}
		if !had {
			room--
		}
		if !had && ofContext {
			context++
		}
		news[k] = attrs[k]
	}
	return news, leftOut
}

// contextNames is how many attributes of its context an item has.
func (it *item) contextNames() (n int) {
	for k := range it.attributes {
		if strings.HasPrefix(k, "context.") {
			n++
		}
	}
	return n
}

func (o *Oracle) leave(c event.LeaveConversation) event.Result {
	if r := o.seen(c.Intake); r != nil {
		return *r
	}
	it := o.conversation(c.Channel, c.Conversation)
	if it == nil {
		return refuse(event.UnknownConversation)
	}
	o.remember(c.Intake, it.id, "")
	switch it.state {
	case event.Active:
		o.wrapUp(it, event.CustomerMovedToWrapUp, "")
	case event.Waiting:
		o.end(it, event.ItemClosed{Reason: event.ConversationEndedByCustomer})
	default:
		o.end(it, event.ItemClosed{Reason: event.CustomerDisconnectedOrLeftOpenConversation})
	}
	return event.Result{Item: it.id}
}

func (o *Oracle) customerGone(c event.DisconnectCustomer) event.Result {
	if r := o.seen(c.Intake); r != nil {
		return *r
	}
	it := o.conversation(c.Channel, c.Conversation)
	switch {
	case it == nil:
		return refuse(event.UnknownConversation)
	case it.ws.Lifecycle.CustomerReturn <= 0 || it.state == event.Waiting:
		return refuse(event.WrongState)
	}
	o.remember(c.Intake, it.id, "")
	if it.gone {
		return event.Result{Duplicate: true, Item: it.id}
	}
	it.gone, it.goneUntil = true, after(o.clock, it.ws.Lifecycle.CustomerReturn)
	o.log(event.CustomerDisconnected{Item: it.id, Until: it.goneUntil})
	return event.Result{Item: it.id}
}

func (o *Oracle) customerBack(c event.ReconnectCustomer) event.Result {
	if r := o.seen(c.Intake); r != nil {
		return *r
	}
	it := o.conversation(c.Channel, c.Conversation)
	if it == nil {
		return refuse(event.UnknownConversation)
	}
	o.remember(c.Intake, it.id, "")
	was := it.gone
	o.customerIsBack(it)
	return event.Result{Duplicate: !was, Item: it.id}
}

func (o *Oracle) customerIsBack(it *item) {
	if it.gone {
		it.gone = false
		o.log(event.CustomerReconnected{Item: it.id})
	}
}

// customerLost ends a conversation whose customer did not come back.
func (o *Oracle) customerLost(it *item) {
	if it.state == event.Active {
		o.wrapUp(it, event.CustomerDisconnectedOrLeftActiveConversation, o.endDelivery(it))
		return
	}
	o.end(it, event.ItemClosed{Reason: event.CustomerDisconnectedOrLeftOpenConversation, Delivery: o.endDelivery(it)})
}

func (o *Oracle) submit(c event.SubmitRecord) event.Result {
	ws := o.plan.Workstream(c.Workstream)
	switch {
	case ws == nil:
		return refuse(event.UnknownWorkstream)
	case ws.Type != plan.Record:
		return refuse(event.NotARecordWorkstream)
	}
	if r := o.seen(c.Intake); r != nil {
		return *r
	}
	attrs := tidy(c.Attributes)
	it := o.record(c.Workstream, c.Record)
	if it == nil {
		it = &item{id: c.Item, kind: plan.Record, workstream: c.Workstream, record: c.Record}
		o.remember(c.Intake, it.id, "")
		o.openItem(it, event.ItemOpened{}, attrs)
		o.route(it, event.AwaitingAgentAssignment, o.clock)
		return event.Result{Item: it.id}
	}
	o.remember(c.Intake, it.id, "")
	if o.update(it, attrs) && it.queued {
		o.route(it, event.RoutedAgain, it.since)
	}
	return event.Result{Item: it.id}
}

// record returns the one that is open, or nil.
func (o *Oracle) record(workstream, record string) *item {
	for _, it := range o.items {
		if it.kind == plan.Record && it.workstream == workstream && it.record == record && it.state != event.Closed {
			return it
		}
	}
	return nil
}

func (o *Oracle) closeRecord(c event.CloseRecord) event.Result {
	if r := o.seen(c.Intake); r != nil {
		return *r
	}
	it, ws := o.record(c.Workstream, c.Record), o.plan.Workstream(c.Workstream)
	switch {
	case it == nil && ws == nil:
		return refuse(event.UnknownWorkstream)
	case it == nil && ws.Type != plan.Record:
		return refuse(event.NotARecordWorkstream)
	case it == nil:
		return refuse(event.UnknownRecord)
	}
	o.remember(c.Intake, it.id, "")
	o.end(it, event.ItemClosed{Reason: event.RecordResolved, By: c.Integration})
	return event.Result{Item: it.id}
}

func (o *Oracle) confirm(c event.ConfirmDelivery) event.Result {
	i := slices.IndexFunc(o.deliveries, func(d event.DeliveryDone) bool { return d.Delivery == c.Delivery })
	if i < 0 {
		return event.Result{Duplicate: true}
	}
	d := o.deliveries[i]
	if c.Failure != "" {
		o.log(event.DeliveryGivenUp{Delivery: d.Delivery, Item: d.Item, Message: d.Message, Failure: c.Failure})
	} else {
		o.log(d)
	}
	o.deliveries = slices.Delete(o.deliveries, i, i+1)
	return event.Result{Item: d.Item, Message: d.Message}
}

// endDelivery is the id of what tells the channel that a conversation has ended; empty when it cannot be told.
func (o *Oracle) endDelivery(it *item) string {
	if it.state == event.WrapUp || !o.callback(it) {
		return ""
	}
	return it.id + "-end"
}

func (o *Oracle) callback(it *item) bool {
	ch := o.plan.Channel(it.channel)
	return ch != nil && ch.Custom != nil && ch.Custom.CallbackURL != ""
}

func (o *Oracle) deliver(id, item, message string) {
	if id != "" {
		o.deliveries = append(o.deliveries, event.DeliveryDone{Delivery: id, Item: item, Message: message})
	}
}

// declaredFirst are the names of attrs, sorted, those of declared variables before all others.
func declaredFirst(ws *plan.Workstream, attrs rule.Attributes) (names []string) {
	var others []string
	for _, k := range slices.Sorted(maps.Keys(attrs)) {
		if v, ok := strings.CutPrefix(k, "context."); ok && ws.Variable(v) != nil {
			names = append(names, k)
		} else {
			others = append(others, k)
		}
	}
	return append(names, others...)
}
