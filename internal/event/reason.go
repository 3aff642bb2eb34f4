// SPDX-License-Identifier: Apache-2.0

package event

// State is where an item is in its life.
type State string

// The states of an item.
const (
	Open    State = "Open"    // in a queue, or offered
	Active  State = "Active"  // with an agent
	Waiting State = "Waiting" // the customer may return
	WrapUp  State = "WrapUp"  // over for the customer, the agent does after-work
	Closed  State = "Closed"
)

// Reason is why an item changed state, from one closed list.
type Reason string

// The reasons of state changes.
const (
	AwaitingAgentAssignment                    Reason = "AwaitingAgentAssignment"
	AwaitingAgentAcceptance                    Reason = "AwaitingAgentAcceptance"
	InConversation                             Reason = "InConversation"
	AwaitingCustomerResponse                   Reason = "AwaitingCustomerResponse"
	AgentMovedToWrapUp                         Reason = "AgentMovedToWrapUp"
	CustomerMovedToWrapUp                      Reason = "CustomerMovedToWrapUp"
	CustomerDisconnectedOrLeftOpenConversation Reason = "CustomerDisconnectedOrLeftOpenConversation"
	ConversationEndedByAgent                   Reason = "ConversationEndedByAgent"
	ConversationEndedByCustomer                Reason = "ConversationEndedByCustomer"
	RecordResolved                             Reason = "RecordResolved"
	AutoClosedFromWaitingState                 Reason = "AutoClosedFromWaitingState"
	AutoClosedBySystem                         Reason = "AutoClosedBySystem"
	ForceClosedBySupervisor                    Reason = "ForceClosedBySupervisor"
	AssignedBySupervisor                       Reason = "AssignedBySupervisor"
	TransferredToQueue                         Reason = "TransferredToQueue"
	RoutedAgain                                Reason = "RoutedAgain"
	CustomerReturned                           Reason = "CustomerReturned"
	AgentDisconnectedFromOffer                 Reason = "AgentDisconnected"
	AgentRemoved                               Reason = "AgentRemoved"
	OfferNotTaken                              Reason = "OfferNotTaken"
)

// OfferOutcome is how an offer ended without being accepted.
type OfferOutcome string

// The outcomes of an offer.
const (
	Declined OfferOutcome = "Declined"
	Expired  OfferOutcome = "Expired"
	Revoked  OfferOutcome = "Revoked"
)

// How is the way in which an agent came by an item.
type How string

// The ways to an item.
const (
	ByOffer      How = "Offer"
	ByPick       How = "Pick"
	BySupervisor How = "Supervisor"
)

// PresenceCause is what changed a presence.
type PresenceCause string

// The causes of a presence.
const (
	CauseAgent      PresenceCause = "Agent"      // chosen
	CauseComputed   PresenceCause = "Computed"   // from the capacity in use
	CauseConnection PresenceCause = "Connection" // lost or found again
)

// ExclusionReason is why an agent is no candidate for an item.
type ExclusionReason string

// The reasons of exclusion, in the order in which they are checked.
const (
	NotConnected       ExclusionReason = "NotConnected"
	PresenceNotAllowed ExclusionReason = "PresenceNotAllowed"
	NoCapacity         ExclusionReason = "NoCapacity"
	DeclinedTooOften   ExclusionReason = "DeclinedTooOften"
	CoolingOff         ExclusionReason = "CoolingOff"
)

// RejectionReason is why a command was refused. It is an answer to the caller, not an error of the engine.
type RejectionReason string

// The reasons of refusal.
const (
	UnknownChannel       RejectionReason = "UnknownChannel"
	UnknownWorkstream    RejectionReason = "UnknownWorkstream"
	NotARecordWorkstream RejectionReason = "NotARecordWorkstream"
	IntakeKeyReused      RejectionReason = "IntakeKeyReused"
	UnknownConversation  RejectionReason = "UnknownConversation"
	UnknownAgent         RejectionReason = "UnknownAgent"
	UnknownItem          RejectionReason = "UnknownItem"
	UnknownOffer         RejectionReason = "UnknownOffer"
	UnknownQueue         RejectionReason = "UnknownQueue"
	QueueTypeMismatch    RejectionReason = "QueueTypeMismatch"
	OfferNotYours        RejectionReason = "OfferNotYours"
	OfferExpired         RejectionReason = "OfferExpired"
	OfferRevoked         RejectionReason = "OfferRevoked"
	OfferDeclined        RejectionReason = "OfferDeclined"
	OfferAccepted        RejectionReason = "OfferAccepted"
	ItemNotYours         RejectionReason = "ItemNotYours"
	ItemNotPickable      RejectionReason = "ItemNotPickable"
	NotAQueueMember      RejectionReason = "NotAQueueMember"
	InsufficientCapacity RejectionReason = "InsufficientCapacity"
	WrongState           RejectionReason = "WrongState"
	InvalidPresence      RejectionReason = "InvalidPresence"
	NotConnectedAgent    RejectionReason = "NotConnected"
	MessageIDReused      RejectionReason = "MessageIDReused"
	NoPlan               RejectionReason = "NoPlan"
)
