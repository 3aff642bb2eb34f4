// SPDX-License-Identifier: Apache-2.0

package event

import (
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// Event is something that happened. Every event is one of the types of this file.
type Event interface{ event() }

// Recorded is an event with its place in history.
type Recorded struct {
	// Seq numbers all events of a namespace from 1, without gaps. It is the sequence that agents resume after.
	Seq  uint64
	Time Instant
	Event
}

// PlanActivated says by which plan everything after it was decided.
type PlanActivated struct {
	Version string `json:"version"`
	// Plan is not part of the encoding: whoever reads an event back fills it in by Version before applying.
	Plan *plan.Plan `json:"-"`
}

// IntakeTaken remembers an intake with its answer.
type IntakeTaken struct {
	Intake  Intake `json:"intake"`
	Item    string `json:"item"`
	Message string `json:"message,omitempty"`
}

// IntakesForgotten says that intakes taken before a moment are no longer remembered.
type IntakesForgotten struct {
	Before Instant `json:"before"`
}

// ItemOpened begins a work item, in state Open.
type ItemOpened struct {
	Item         string          `json:"item"`
	Type         plan.ItemType   `json:"type"`
	Workstream   string          `json:"workstream"`
	Channel      string          `json:"channel,omitempty"`
	Conversation string          `json:"conversation,omitempty"`
	Customer     Customer        `json:"customer,omitzero"`
	Record       string          `json:"record,omitempty"`
	Attributes   rule.Attributes `json:"attributes,omitempty"`
}

// ItemUpdated adds or replaces attributes.
type ItemUpdated struct {
	Item       string          `json:"item"`
	Attributes rule.Attributes `json:"attributes"`
}

// MessageReceived is a customer's message on the item's timeline.
type MessageReceived struct {
	Item    string `json:"item"`
	Message string `json:"message"`
	// Position numbers the messages of an item from 1.
	Position uint64 `json:"position"`
	Text     string `json:"text"`
}

// MessageSent is an agent's message on the item's timeline. It is delivered when the channel has a callback; Delivery is
// empty otherwise.
type MessageSent struct {
	Item     string `json:"item"`
	Agent    string `json:"agent"`
	Message  string `json:"message"`
	Position uint64 `json:"position"`
	Text     string `json:"text"`
	Delivery string `json:"delivery,omitempty"`
}

// DeliveryDone says that a channel took a delivery.
type DeliveryDone struct {
	Delivery string `json:"delivery"`
	Item     string `json:"item"`
	Message  string `json:"message,omitempty"`
}

// DeliveryGivenUp says that a delivery failed for good.
type DeliveryGivenUp struct {
	Delivery string `json:"delivery"`
	Item     string `json:"item"`
	Message  string `json:"message,omitempty"`
	Failure  string `json:"failure"`
}

// ItemRouted says which queue the rules chose, and why.
type ItemRouted struct {
	Item     string `json:"item"`
	Revision string `json:"revision"` // of the workstream
	Ruleset  string `json:"ruleset,omitempty"`
	// Tried are the last 50 rules in the order in which they were tried; the last one matched unless Fallback. More is how
	// many were tried before them.
	Tried []RuleTried `json:"tried,omitempty"`
	More  int32       `json:"more,omitempty"`
	// Draw is the percentile 0-99 that chose among several targets; -1 when there was no choice.
	Draw     int32  `json:"draw"`
	Queue    string `json:"queue"`
	Fallback bool   `json:"fallback,omitempty"`
}

// RuleTried is the outcome of one rule.
type RuleTried struct {
	Rule    string `json:"rule"`
	Matched bool   `json:"matched"`
}

// ItemQueued puts an item into a queue.
type ItemQueued struct {
	Item  string `json:"item"`
	Queue string `json:"queue"`
	// Since is what orders the queue: when the customer's message came that opened the conversation or called it back,
	// or the record. An item keeps it through offers and transfers.
	Since  Instant `json:"since"`
	Reason Reason  `json:"reason"`
}

// AssignmentDeferred says why nobody was offered an item when it came into its queue, if that is new.
type AssignmentDeferred struct {
	Item       string     `json:"item"`
	Queue      string     `json:"queue"`
	Candidates Candidates `json:"candidates"`
}

// OfferMade offers an item to an agent; the agent's capacity is taken from now on.
type OfferMade struct {
	Offer      string     `json:"offer"`
	Item       string     `json:"item"`
	Agent      string     `json:"agent"`
	Queue      string     `json:"queue"`
	Expires    Instant    `json:"expires"`
	Units      int32      `json:"units"`
	Candidates Candidates `json:"candidates"`
}

// Candidates is why an agent was chosen from a queue's members, or nobody was.
type Candidates struct {
	// Method ordered the eligible ones; Why says in words what put the winner first.
	Method   plan.Method `json:"method,omitempty"`
	Why      string      `json:"why,omitempty"`
	Eligible int32       `json:"eligible"`
	// Excluded are the first 50 by name; Uncounted is how many more there were.
	Excluded []Exclusion `json:"excluded,omitempty"`
	More     int32       `json:"more,omitempty"`
}

// Exclusion is why an agent was no candidate.
type Exclusion struct {
	Agent  string          `json:"agent"`
	Reason ExclusionReason `json:"reason"`
	// Detail has the figures: "free 20, needs 30".
	Detail string `json:"detail,omitempty"`
}

// OfferClosed ends an offer that was not accepted; the capacity that it took is free again.
type OfferClosed struct {
	Offer   string       `json:"offer"`
	Item    string       `json:"item"`
	Agent   string       `json:"agent"`
	Outcome OfferOutcome `json:"outcome"`
	// Reason says why it was revoked.
	Reason Reason `json:"reason,omitempty"`
}

// ItemAssigned makes an item Active with an agent, out of its queue or from the agent who had it. Offer is the one that
// was accepted.
type ItemAssigned struct {
	Item  string `json:"item"`
	Agent string `json:"agent"`
	Offer string `json:"offer,omitempty"`
	Units int32  `json:"units"`
	How   How    `json:"how"`
	By    string `json:"by,omitempty"` // the supervisor
}

// ItemReleased takes an Active item from its agent, back to Open; ItemQueued follows.
type ItemReleased struct {
	Item   string `json:"item"`
	Agent  string `json:"agent"`
	Reason Reason `json:"reason"`
}

// ItemParked makes an Active item Waiting: the agent closed the session, the customer may return.
type ItemParked struct {
	Item  string `json:"item"`
	Agent string `json:"agent"`
}

// ItemResumed makes a Waiting item Open because the customer returned; it is routed again.
type ItemResumed struct {
	Item string `json:"item"`
}

// WrapUpStarted makes an Active item WrapUp. Capacity goes on being held until BlockedUntil, or when that is zero until
// the item closes; with Released it is free at once.
type WrapUpStarted struct {
	Item         string  `json:"item"`
	Agent        string  `json:"agent"`
	Reason       Reason  `json:"reason"`
	Released     bool    `json:"released,omitempty"`
	BlockedUntil Instant `json:"blockedUntil,omitempty"`
	Delivery     string  `json:"delivery,omitempty"` // tells the channel that the conversation ended
}

// WrapUpReleased frees the capacity that a wrap-up held, though the item may still be in wrap-up.
type WrapUpReleased struct {
	Item  string `json:"item"`
	Agent string `json:"agent"`
}

// ItemClosed is the end of an item.
type ItemClosed struct {
	Item   string `json:"item"`
	Agent  string `json:"agent,omitempty"`
	Reason Reason `json:"reason"`
	By     string `json:"by,omitempty"`
	// Delivery tells the channel that the conversation ended, where no wrap-up did so before.
	Delivery string `json:"delivery,omitempty"`
}

// AgentConnected says that an agent is reachable.
type AgentConnected struct {
	Agent string `json:"agent"`
}

// AgentDisconnected says that an agent is no longer reachable.
type AgentDisconnected struct {
	Agent string `json:"agent"`
}

// AgentForgotten ends what is known of an agent whom the plan no longer has; what the agent held was given back before.
type AgentForgotten struct {
	Agent string `json:"agent"`
}

// PresenceChanged is a new presence of an agent.
type PresenceChanged struct {
	Agent    string        `json:"agent"`
	Presence plan.Presence `json:"presence"`
	Cause    PresenceCause `json:"cause"`
}

func (PlanActivated) event()      {}
func (IntakeTaken) event()        {}
func (IntakesForgotten) event()   {}
func (ItemOpened) event()         {}
func (ItemUpdated) event()        {}
func (MessageReceived) event()    {}
func (MessageSent) event()        {}
func (DeliveryDone) event()       {}
func (DeliveryGivenUp) event()    {}
func (ItemRouted) event()         {}
func (ItemQueued) event()         {}
func (AssignmentDeferred) event() {}
func (OfferMade) event()          {}
func (OfferClosed) event()        {}
func (ItemAssigned) event()       {}
func (ItemReleased) event()       {}
func (ItemParked) event()         {}
func (ItemResumed) event()        {}
func (WrapUpStarted) event()      {}
func (WrapUpReleased) event()     {}
func (ItemClosed) event()         {}
func (AgentConnected) event()     {}
func (AgentDisconnected) event()  {}
func (AgentForgotten) event()     {}
func (PresenceChanged) event()    {}
