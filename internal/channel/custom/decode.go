// SPDX-License-Identifier: Apache-2.0

package custom

import (
	"encoding/json"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// The limits of a message. Lengths are in characters.
const (
	MaxValues = 100   // of the context, and of the channel
	MaxValue  = 4_000 // one of them
)

// body is a webhook's content. Unknown fields are passed over: what sends webhooks often adds some of its own, and a
// customer's message must not be refused for that.
type body struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

type content struct {
	Conversation string           `json:"conversation"`
	Customer     ingress.Customer `json:"customer"`
	Message      struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	} `json:"message"`
	Context map[string]json.RawMessage `json:"context"`
	Channel map[string]json.RawMessage `json:"channel"`
}

// Kind is what a webhook says.
type Kind string

// The kinds of webhooks. The first two are those of what the channel is told, too.
const (
	MessageCreated       = Kind(event.DeliverMessage)
	ConversationEnded    = Kind(event.DeliverEnd)
	CustomerDisconnected = Kind("customer.disconnected") // and may come back
	CustomerReconnected  = Kind("customer.reconnected")
)

const kinds = "message.created, conversation.ended, customer.disconnected or customer.reconnected"

// Inbound is a webhook that was understood.
type Inbound struct {
	Kind Kind

	id       string
	digest   string
	content  content
	customer rule.Attributes
}

// Decode understands the body of the webhook of that id. Errors name fields and types, never what the customer wrote.
func Decode(id string, raw []byte) (*Inbound, error) {
	var b body
	if err := ingress.DecodeLoose(raw, &b); err != nil {
		return nil, err
	}
	in := &Inbound{Kind: Kind(b.Type), id: id}
	switch in.Kind {
	case MessageCreated, ConversationEnded, CustomerDisconnected, CustomerReconnected:
	default:
		if b.Type == "" {
			return nil, ingress.InvalidField("type", "", "type is missing; it must be "+kinds)
		}
		return nil, ingress.InvalidField("type", clip(b.Type, 64), "type must be "+kinds)
	}
	if len(b.Data) == 0 {
		return nil, ingress.InvalidField("data", "", "data is missing; it must be an object")
	}
	if err := ingress.DecodeLoose(b.Data, &in.content); err != nil {
		return nil, within("data", err)
	}
	// Of the data alone: a sender that tries again may put a new time into the envelope.
	in.digest = ingress.Digest(b.Type, b.Data)
	return in, in.check()
}

func (in *Inbound) check() error {
	c := &in.content
	if err := ingress.CheckLength("data.conversation", c.Conversation, ingress.MaxID, true); err != nil {
		return err
	}
	if in.Kind != MessageCreated {
		return nil
	}
	var err error
	if in.customer, err = c.Customer.Attributes("data.customer"); err != nil {
		return err
	}
	for _, f := range []struct {
		path, value string
		limit       int
		required    bool
	}{
		{"data.message.id", c.Message.ID, ingress.MaxID, false},
		{"data.message.text", c.Message.Text, ingress.MaxText, true},
	} {
		if err := ingress.CheckLength(f.path, f.value, f.limit, f.required); err != nil {
			return err
		}
	}
	return nil
}

// Command is what the webhook asks for, with the values that were left out. A message without an id gets one of newID,
// as does the item.
func (in *Inbound) Command(ch *plan.Channel, ws *plan.Workstream, newID func() string) (event.Command, Found) {
	intake := event.Intake{Scope: "channel/" + ch.Name, Key: in.id, Digest: in.digest}
	c := &in.content
	switch in.Kind {
	case ConversationEnded:
		return event.LeaveConversation{Intake: intake, Channel: ch.Name, Conversation: c.Conversation}, Found{}
	case CustomerDisconnected:
		return event.DisconnectCustomer{Intake: intake, Channel: ch.Name, Conversation: c.Conversation}, Found{}
	case CustomerReconnected:
		return event.ReconnectCustomer{Intake: intake, Channel: ch.Name, Conversation: c.Conversation}, Found{}
	case MessageCreated:
	}
	attrs, found := in.attributes(ws)
	message := c.Message.ID
	if message == "" {
		message = newID()
	}
	return event.ReceiveMessage{
		Intake:       intake,
		Item:         newID(),
		Message:      message,
		Channel:      ch.Name,
		Conversation: c.Conversation,
		Customer:     event.Customer{ID: c.Customer.ID, Name: c.Customer.Name},
		Text:         c.Message.Text,
		Attributes:   attrs,
		LeftOut:      found.LeftOut,
	}, found
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "..."
	}
	return s
}
