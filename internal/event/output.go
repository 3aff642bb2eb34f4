// SPDX-License-Identifier: Apache-2.0

package event

// Rejection says why a command was refused and in which words the caller should be told.
type Rejection struct {
	Reason RejectionReason
	// Message names the value that was wrong and what would be right.
	Message string
}

// Result answers whoever sent a command.
type Result struct {
	// Rejected is nil when the command was carried out. A refused command causes no events of its own; there may be some
	// beside it, of timers that were due.
	Rejected *Rejection
	// Duplicate says that the command was carried out before; the other fields are those of that time.
	Duplicate bool
	Item      string
	Message   string
	Offer     string
}

// DeliveryKind is what a delivery tells the channel.
type DeliveryKind string

// The kinds of delivery.
const (
	DeliverMessage DeliveryKind = "message.created"
	DeliverEnd     DeliveryKind = "conversation.ended"
)

// Delivery is something to tell a channel's callback. It may be told more than once: ID is the same each time.
type Delivery struct {
	ID           string       `json:"id"`
	Kind         DeliveryKind `json:"kind"`
	Channel      string       `json:"channel"`
	Conversation string       `json:"conversation"`
	Item         string       `json:"item"`
	Message      string       `json:"message,omitempty"`
	Agent        string       `json:"agent,omitempty"` // the display name
	Text         string       `json:"text,omitempty"`
	Time         Instant      `json:"time"`
}
