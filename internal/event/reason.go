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
	RecordResolved                             Reason = "RecordResolved" // or no longer active
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

	CustomerDisconnectedOrLeftActiveConversation Reason = "CustomerDisconnectedOrLeftActiveConversation"
	ClosedDueToOverflow                          Reason = "ClosedDueToOverflow"
	MovedByOverflow                              Reason = "MovedByOverflow"
	AgentClosedSession                           Reason = "AgentClosedSession"  // of a live chat, without ending it
	AgentConnectionLost                          Reason = "AgentConnectionLost" // and not found again in time
	FollowUpDue                                  Reason = "FollowUpDue"
	TransferredToAgent                           Reason = "TransferredToAgent"
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
	ByAutoAccept How = "AutoAccept" // of the workstream's offers
	ByTransfer   How = "Transfer"
)

// Via is why an agent was chosen for an offer, when it was not by the method of the queue.
type Via string

// The ways to an offer.
const (
	ViaMethod    Via = ""
	ViaAffinity  Via = "Affinity"  // the agent had the conversation last
	ViaPreferred Via = "Preferred" // the customer prefers the agent
	ViaTransfer  Via = "Transfer"  // another agent hands it over
)

// ConsultOutcome is how a consultation ended.
type ConsultOutcome string

// The outcomes of a consultation.
const (
	ConsultDone      ConsultOutcome = "Done" // after it was joined
	ConsultDeclined  ConsultOutcome = "Declined"
	ConsultExpired   ConsultOutcome = "Expired"
	ConsultWithdrawn ConsultOutcome = "Withdrawn" // by who asked, or because the item moved on
)

// PresenceCause is what changed a presence.
type PresenceCause string

// The causes of a presence.
const (
	CauseAgent      PresenceCause = "Agent"      // chosen
	CauseComputed   PresenceCause = "Computed"   // from the capacity in use
	CauseConnection PresenceCause = "Connection" // lost or found again
	CauseSupervisor PresenceCause = "Supervisor" // chosen by one
	CauseMissed     PresenceCause = "Missed"     // an offer expired
	CauseDeclined   PresenceCause = "Declined"   // an offer was declined
)

// ExclusionReason is why an agent is no candidate for an item.
type ExclusionReason string

// The reasons of exclusion, in the order in which they are checked.
const (
	NotConnected       ExclusionReason = "NotConnected"
	PresenceNotAllowed ExclusionReason = "PresenceNotAllowed"
	Blocked            ExclusionReason = "Blocked" // by a capacity profile that is exhausted
	NoCapacity         ExclusionReason = "NoCapacity"
	NoSlot             ExclusionReason = "NoSlot" // of a capacity profile that the item needs
	SkillMissing       ExclusionReason = "SkillMissing"
	RatingTooLow       ExclusionReason = "RatingTooLow"
	NeverForCustomer   ExclusionReason = "NeverForCustomer"
	DeclinedTooOften   ExclusionReason = "DeclinedTooOften"
	CoolingOff         ExclusionReason = "CoolingOff"
)

// Why is what put the chosen agent before the next best.
type Why string

// What may put an agent first.
const (
	WhyOnly     Why = "OnlyOne"
	WhyCapacity Why = "MostFree"    // units
	WhySlots    Why = "MostSlots"   // of the capacity profiles that the item needs
	WhyIdle     Why = "LongestIdle" // of those with as much free
	WhyAssigned Why = "LongestSinceAssignment"
	WhyReleased Why = "LongestSinceRelease"
	WhySkills   Why = "ClosestSkills" // by the distance of ratings
	WhyName     Why = "FirstByName"
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
	UnknownRecord        RejectionReason = "UnknownRecord" // of those that are open
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

	DeclineNotAllowed             RejectionReason = "DeclineNotAllowed"
	PresenceNotAllowedForTransfer RejectionReason = "PresenceNotAllowed"
	SkillRequired                 RejectionReason = "SkillMissing"
	AgentExcluded                 RejectionReason = "NeverForCustomer"
	UnknownConsult                RejectionReason = "UnknownConsult"
	AlreadyConsulting             RejectionReason = "AlreadyConsulting"
	TooManyConsults               RejectionReason = "TooManyConsults"
	TransferPending               RejectionReason = "TransferPending"
)
