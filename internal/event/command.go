// SPDX-License-Identifier: Apache-2.0

package event

import (
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Instant is a moment in microseconds since the Unix epoch; zero is no moment.
type Instant int64

// Command asks the engine for something. Every command is one of the types of this file.
type Command interface{ command() }

// ActivatePlan makes Plan the one by which everything is decided from now on.
type ActivatePlan struct {
	Version string
	Plan    *plan.Plan
}

// Intake identifies something that was taken in, so that the same thing sent again is not done twice.
type Intake struct {
	// Scope keeps senders apart: channel/NAME or workstream/NAME.
	Scope string `json:"scope"`
	// Key is the sender's: the webhook id, the idempotency key. Empty: never de-duplicated.
	Key string `json:"key,omitempty"`
	// Digest is of the body; the same key with another digest is refused.
	Digest string `json:"digest,omitempty"`
}

// ReceiveMessage takes in a customer's message. It goes to the open conversation of Channel and Conversation, or opens
// one.
type ReceiveMessage struct {
	Intake       Intake
	Item         string // the id of the item, should one be opened
	Message      string // the id of the message
	Channel      string
	Conversation string // the sender's id of the conversation
	Customer     Customer
	Text         string
	// Attributes have their full names: context., channel., customer. The engine and its events keep the map: nobody changes
	// it from then on. So with those of a record.
	Attributes rule.Attributes
	// LeftOut are values that whoever took the message in did not take for Attributes.
	LeftOut []LeftOut
}

// LeftOut is a value that did not become an attribute, without the value.
type LeftOut struct {
	Name   string        `json:"name"` // in full, such as context.tier
	Reason LeftOutReason `json:"reason"`
}

// LeftOutReason is why a value was left out.
type LeftOutReason string

// The reasons to leave a value out. They are labels of a metric: a closed list.
const (
	// WrongType: a list or an object, or no number for a Number variable.
	WrongType LeftOutReason = "WrongType"
	// TooLong: more than 4,000 characters.
	TooLong LeftOutReason = "TooLong"
	// TooMany: the intake or the item has as many as can be.
	TooMany LeftOutReason = "TooMany"
	// InvalidName: an empty name, or one of more than 100 characters.
	InvalidName LeftOutReason = "InvalidName"
)

// LeftOutReasons are all of them.
func LeftOutReasons() []LeftOutReason {
	return []LeftOutReason{WrongType, TooLong, TooMany, InvalidName}
}

// MaxLeftOut is how many values that were left out an event names.
const MaxLeftOut = 20

// Customer is who a conversation is with.
type Customer struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// LeaveConversation says that the customer ended the conversation.
type LeaveConversation struct {
	Intake       Intake
	Channel      string
	Conversation string
}

// DisconnectCustomer says that the connection of a conversation's customer is lost. It ends when the customer is not back
// in time, where the channel has connections at all.
type DisconnectCustomer struct {
	Intake                Intake
	Channel, Conversation string
}

// ReconnectCustomer says that the customer is back.
type ReconnectCustomer struct {
	Intake                Intake
	Channel, Conversation string
}

// SubmitRecord takes in a record. One that is already open is updated, and routed again while it is in a queue.
type SubmitRecord struct {
	Intake     Intake
	Item       string // the id of the item, should one be opened
	Workstream string
	Record     string          // the business system's id
	Attributes rule.Attributes // full names: record.
	LeftOut    []LeftOut       // as of a message
}

// CloseRecord says that a record is over for its business system: resolved, or no longer active. Its item closes, whoever
// has it.
type CloseRecord struct {
	Intake             Intake
	Workstream, Record string
	Integration        string // who says so
}

// ConnectAgent says that the agent's first live connection is there.
type ConnectAgent struct{ Agent string }

// DisconnectAgent says that the agent's last live connection is gone.
type DisconnectAgent struct{ Agent string }

// DisconnectAll says that every live connection is gone: the first command after a start.
type DisconnectAll struct{}

// SetPresence is an agent's own choice of presence, or a supervisor's.
type SetPresence struct {
	Agent string
	// Presence is a base presence, or the name of one of the organisation's own.
	Presence   plan.Presence
	Supervisor string // empty when the agent chose
}

// AcceptOffer takes an offered item, or joins a consultation. Accepting twice by the same agent is answered alike and changes nothing.
type AcceptOffer struct{ Agent, Offer string }

// DeclineOffer refuses an offered item or a consultation.
type DeclineOffer struct{ Agent, Offer string }

// PickItem takes a waiting item of a Pick workstream, or of a Push one that allows it.
type PickItem struct{ Agent, Item string }

// SendMessage is an agent's message to the customer, or with Internal to the other agents of the item only. Message is the
// agent's own id of it: sent twice, it is done once.
type SendMessage struct {
	Agent, Item, Message, Text string
	Internal                   bool
}

// EndItem ends an item for the customer: conversations go to wrap-up, records close.
type EndItem struct{ Agent, Item string }

// CloseItem closes the agent's session: Active conversations wait for the customer or, of a live chat, go to another
// agent; those in wrap-up close.
type CloseItem struct{ Agent, Item string }

// TransferItem puts an agent's item into another queue, or offers it to another agent. It stays where it is until that
// agent accepts.
type TransferItem struct {
	Agent, Item string
	Queue, To   string // one of them
}

// RequestConsult asks another agent to join an Active item beside the one who has it.
type RequestConsult struct{ Agent, Item, To string }

// EndConsult ends a consultation, or takes the request back. Agent is who has the item, or the consultant.
type EndConsult struct{ Agent, Item, Consultant string }

// AssignItem gives an item to an agent by a supervisor's word, whatever the agent's presence and capacity, or puts it into
// a queue.
type AssignItem struct {
	Supervisor, Item string
	Agent, Queue     string // one of them
}

// ForceClose closes an item by a supervisor's word.
type ForceClose struct{ Supervisor, Item string }

// ConfirmDelivery reports what became of a delivery. Failure is empty when the channel took it, and a reason when it is
// given up.
type ConfirmDelivery struct{ Delivery, Failure string }

// Tick lets due timers fire.
type Tick struct{}

func (ActivatePlan) command()       {}
func (ReceiveMessage) command()     {}
func (LeaveConversation) command()  {}
func (DisconnectCustomer) command() {}
func (ReconnectCustomer) command()  {}
func (RequestConsult) command()     {}
func (EndConsult) command()         {}
func (SubmitRecord) command()       {}
func (CloseRecord) command()        {}
func (ConnectAgent) command()       {}
func (DisconnectAgent) command()    {}
func (DisconnectAll) command()      {}
func (SetPresence) command()        {}
func (AcceptOffer) command()        {}
func (DeclineOffer) command()       {}
func (PickItem) command()           {}
func (SendMessage) command()        {}
func (EndItem) command()            {}
func (CloseItem) command()          {}
func (TransferItem) command()       {}
func (AssignItem) command()         {}
func (ForceClose) command()         {}
func (ConfirmDelivery) command()    {}
func (Tick) command()               {}
