// SPDX-License-Identifier: Apache-2.0

package view

import (
	"encoding/json"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// ItemView is a work item as the API shows it.
type ItemView struct {
	ID         string        `json:"id"`
	Type       plan.ItemType `json:"type"`
	State      event.State   `json:"state"`
	Reason     event.Reason  `json:"reason"`
	Workstream string        `json:"workstream"`
	// Revision is that of the workstream which routed the item last.
	Revision     string         `json:"revision,omitempty"`
	Channel      string         `json:"channel,omitempty"`
	Conversation string         `json:"conversation,omitempty"`
	Record       string         `json:"record,omitempty"`
	Customer     event.Customer `json:"customer,omitzero"`
	Queue        string         `json:"queue,omitempty"`
	// Agent has the item: Active or in wrap-up; of a closed item the one who had it last.
	Agent string `json:"agent,omitempty"`
	// Offer is the live one, of an item that is Open.
	Offer *OfferView `json:"offer,omitempty"`
	// Transfer is the offer to another agent, of an item that stays Active with its own until that is accepted.
	Transfer *OfferView `json:"transfer,omitempty"`
	// Consults are those asked to join and those who have joined.
	Consults   []ConsultView   `json:"consults,omitempty"`
	Attributes rule.Attributes `json:"attributes,omitempty"`
	// Priority orders items within a queue, 1 is served first. Promoted items come before all that are not.
	Priority int32 `json:"priority"`
	Promoted bool  `json:"promoted,omitempty"`
	// Skills are those that it needs; Units and Profiles are what it takes of an agent's capacity.
	Skills   []plan.Skill `json:"skills,omitempty"`
	Units    int32        `json:"units"`
	Profiles []string     `json:"profiles,omitempty"`
	// WaitsFor says in words what has to happen before it goes on; only where one item is asked for.
	WaitsFor string    `json:"waitsFor,omitempty"`
	OpenedAt time.Time `json:"openedAt"`
	// QueuedAt is since when the customer waits, which orders the queue; EnteredAt is when it came into its queue.
	QueuedAt  time.Time `json:"queuedAt,omitzero"`
	EnteredAt time.Time `json:"enteredAt,omitzero"`
	// CustomerGoneUntil is when it ends, unless the customer whose connection is lost comes back before.
	CustomerGoneUntil time.Time `json:"customerGoneUntil,omitzero"`

	ChangedAt time.Time `json:"changedAt"`
	ClosedAt  time.Time `json:"closedAt,omitzero"`
}

// OfferView is a live offer.
type OfferView struct {
	ID       string   `json:"id"`
	Item     string   `json:"item"`
	Agent    string   `json:"agent"`
	Queue    string   `json:"queue"`
	Units    int32    `json:"units"`
	Profiles []string `json:"profiles,omitempty"`
	// Via is why this agent, when it was not by the queue's method; From is who hands the item over.
	Via     event.Via `json:"via,omitempty"`
	From    string    `json:"from,omitempty"`
	MadeAt  time.Time `json:"madeAt"`
	Expires time.Time `json:"expires"`
}

// ConsultView is an agent who was asked to join an item, or has joined.
type ConsultView struct {
	ID    string `json:"id"`
	Item  string `json:"item"`
	Agent string `json:"agent"`
	By    string `json:"by"`
	// Joined is false while the agent has not answered, which must be before Expires.
	Joined  bool      `json:"joined"`
	Since   time.Time `json:"since"`
	Expires time.Time `json:"expires,omitzero"`
}

// ItemList is one page of items, the newest first.
type ItemList struct {
	Items []ItemView `json:"items"`
	// Continue asks for the next page; empty at the end.
	Continue string `json:"continue,omitempty"`
}

// Sender is which side a message is from.
type Sender string

// The senders.
const (
	FromCustomer Sender = "customer"
	FromAgent    Sender = "agent"
)

// Delivery is what became of an agent's message; empty where the channel has no callback.
type Delivery string

// The outcomes of a delivery.
const (
	DeliveryPending   Delivery = "pending"
	DeliveryDelivered Delivery = "delivered"
	DeliveryFailed    Delivery = "failed"
)

// MessageView is one message of an item's timeline.
type MessageView struct {
	// Position numbers the messages of an item from 1.
	Position uint64    `json:"position"`
	ID       string    `json:"id"`
	From     Sender    `json:"from"`
	Agent    string    `json:"agent,omitempty"`
	Text     string    `json:"text"`
	At       time.Time `json:"at"`
	// Internal messages are for the agents of the item, not for the customer.
	Internal bool     `json:"internal,omitempty"`
	Delivery Delivery `json:"delivery,omitempty"`
	// Failure says why the delivery was given up.
	Failure string `json:"failure,omitempty"`
}

// TraceStep is one step of an item's way, with its reason.
type TraceStep struct {
	Seq  uint64    `json:"seq"`
	At   time.Time `json:"at"`
	Step string    `json:"step"`
	// Summary is one readable line.
	Summary string `json:"summary"`
	// Detail is the event itself.
	Detail json.RawMessage `json:"detail"`
}

// QueueView is a queue with what is in it.
type QueueView struct {
	Name     string        `json:"name"`
	Type     plan.ItemType `json:"type,omitempty"`
	Priority int32         `json:"priority"`
	Method   plan.Method   `json:"method,omitempty"`
	// Waiting are the items that are not offered to anybody.
	Waiting int `json:"waiting"`
	Offered int `json:"offered"`
	// OldestSince is since when the oldest of both waits.
	OldestSince time.Time `json:"oldestSince,omitzero"`
	Agents      int       `json:"agents"`
	// AgentsAvailable are connected and of presence Available or Busy.
	AgentsAvailable int `json:"agentsAvailable"`
}

// AgentView is an agent with what they have.
type AgentView struct {
	Name        string        `json:"name"`
	DisplayName string        `json:"displayName,omitempty"`
	Presence    plan.Presence `json:"presence"`
	// PresenceName is that of a presence of the organisation's own, or Inactive; Presence is then what it counts as.
	PresenceName string `json:"presenceName,omitempty"`
	Connected    bool   `json:"connected"`
	Units        int32  `json:"units"`
	Used         int32  `json:"used"`
	// Free is negative when a supervisor, a pick, affinity or a smaller limit made it so.
	Free int32 `json:"free"`
	// Profiles are the capacity profiles with their slots, by name.
	Profiles []ProfileUse `json:"profiles,omitempty"`
	Queues   []string     `json:"queues"`
	// Items are the ids of those the agent has, Active or in wrap-up.
	Items []string `json:"items"`
	// Offers are the ids of those made to the agent.
	Offers []string `json:"offers"`
	// Consults are the ids of the consultations that the agent was asked for or has joined.
	Consults []string `json:"consults"`
}

// ProfileUse is how many slots of a capacity profile an agent has, and how many are taken.
type ProfileUse struct {
	Name  string `json:"name"`
	Limit int32  `json:"limit"`
	Used  int32  `json:"used"`
}

// StreamType names what an agent's stream says.
type StreamType string

// The types of stream events.
const (
	PresenceChanged  StreamType = "presence.changed"
	CapacityChanged  StreamType = "capacity.changed"
	OfferMade        StreamType = "offer.made"
	OfferClosed      StreamType = "offer.closed"
	ItemAssigned     StreamType = "item.assigned"
	ItemUpdated      StreamType = "item.updated"
	ItemReleased     StreamType = "item.released"
	ItemParked       StreamType = "item.parked"
	ItemWrapUp       StreamType = "item.wrapUp"
	ItemClosed       StreamType = "item.closed"
	MessageReceived  StreamType = "message.received"
	MessageSent      StreamType = "message.sent"
	MessageDelivered StreamType = "message.delivered"
	MessageFailed    StreamType = "message.failed"

	TransferOffered StreamType = "transfer.offered" // of an item of the agent's to another agent
	TransferClosed  StreamType = "transfer.closed"  // that offer was not accepted

	ConsultRequested StreamType = "consult.requested"
	ConsultJoined    StreamType = "consult.joined"
	ConsultEnded     StreamType = "consult.ended"

	CustomerDisconnected StreamType = "customer.disconnected"
	CustomerReconnected  StreamType = "customer.reconnected"
)

// StreamEvent is one thing that an agent is told. There is at most one for each event and agent, so Seq is enough to
// resume after.
type StreamEvent struct {
	Seq  uint64     `json:"seq"`
	At   time.Time  `json:"at"`
	Type StreamType `json:"type"`

	// ItemID is the member item, unless Item is set.
	ItemID string `json:"-"`
	// Item is the member item as a whole, for offer.made, item.assigned, item.updated, consult.requested, and consult.joined
	// to the one who joined.
	Item *ItemView `json:"-"`

	Offer   string    `json:"offer,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	// Outcome is an event.OfferOutcome or an event.ConsultOutcome.
	Outcome string       `json:"outcome,omitempty"`
	How     event.How    `json:"how,omitempty"`
	Via     event.Via    `json:"via,omitempty"`
	From    string       `json:"from,omitempty"` // who hands over
	To      string       `json:"to,omitempty"`   // who is offered a transfer
	Consult *ConsultView `json:"consult,omitempty"`
	Reason  event.Reason `json:"reason,omitempty"`
	Message *MessageView `json:"message,omitempty"`
	// Presence is a base presence, PresenceName the one that counts as it.
	Presence     plan.Presence       `json:"presence,omitempty"`
	PresenceName string              `json:"presenceName,omitempty"`
	Cause        event.PresenceCause `json:"cause,omitempty"`
	// Used and Free are the agent's units afterwards, where they may have changed, Profiles the slots.
	Used     *int32       `json:"used,omitempty"`
	Free     *int32       `json:"free,omitempty"`
	Profiles []ProfileUse `json:"profiles,omitempty"`
	// Experience is what the agent is shown with the item; whoever sends the event gives it to AppendJSON.
	Experience *ExperienceView `json:"experience,omitempty"`

	agent string
	size  int // about what it keeps from being freed
}

// Hello is the first thing on an agent's stream.
type Hello struct {
	Type string `json:"type"` // hello
	// Seq is what the state includes; when Resumed, the events after it follow.
	Seq uint64 `json:"seq"`
	// Resumed says that the events missed since Seq follow. Otherwise the state replaces what the client knew.
	Resumed bool        `json:"resumed"`
	Agent   AgentView   `json:"agent"`
	Offers  []OfferView `json:"offers"`
	// Consults are those that the agent was asked for or has joined.
	Consults []ConsultView `json:"consults"`
	Items    []ItemView    `json:"items"`
}

func moment(i event.Instant) time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(i)).UTC()
}
