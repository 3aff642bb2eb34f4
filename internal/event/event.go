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
	// LeftOut are the first MaxLeftOut values that came with it and did not become attributes.
	LeftOut []LeftOut `json:"leftOut,omitempty"`
}

// ItemUpdated adds or replaces attributes.
type ItemUpdated struct {
	Item       string          `json:"item"`
	Attributes rule.Attributes `json:"attributes"`
	// LeftOut are the first MaxLeftOut values that came and did not become attributes.
	LeftOut []LeftOut `json:"leftOut,omitempty"`
}

// MessageReceived is a customer's message on the item's timeline.
type MessageReceived struct {
	Item    string `json:"item"`
	Message string `json:"message"`
	// Position numbers the messages of an item from 1.
	Position uint64 `json:"position"`
	Text     string `json:"text"`
}

// MessageSent is an agent's message on the item's timeline. It is delivered when the channel has a callback and the message
// is not internal; Delivery is empty otherwise.
type MessageSent struct {
	Item     string `json:"item"`
	Agent    string `json:"agent"`
	Message  string `json:"message"`
	Position uint64 `json:"position"`
	Text     string `json:"text"`
	Internal bool   `json:"internal,omitempty"`
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

// ItemClassified says what the classification rulesets gave an item, and why. The item has the attributes afterwards, and
// item.priority and item.skills.NAME among them.
type ItemClassified struct {
	Item     string `json:"item"`
	Revision string `json:"revision"` // of the workstream
	// Rulesets are the outcomes of all, in order.
	Rulesets []RulesetTried `json:"rulesets"`
	// Attributes are those that differ from before.
	Attributes rule.Attributes `json:"attributes,omitempty"`
	// Priority, Skills and Profiles are all that the item has now, from earlier classifications too.
	Priority int32        `json:"priority"`
	Skills   []plan.Skill `json:"skills,omitempty"`   // by name
	Profiles []string     `json:"profiles,omitempty"` // sorted; those of the workstream are not among them
}

// RulesetTried is the outcome of one classification ruleset.
type RulesetTried struct {
	Ruleset string `json:"ruleset"`
	// Rule is the first that matched; empty when none did.
	Rule string `json:"rule,omitempty"`
	// Tried is how many rules were tried, that one included.
	Tried int32 `json:"tried"`
}

// ItemRouted says which queue the rules chose, and why.
type ItemRouted struct {
	Item     string `json:"item"`
	Revision string `json:"revision"` // of the workstream
	Ruleset  string `json:"ruleset,omitempty"`
	// Rule chose the queue; empty with Fallback.
	Rule string `json:"rule,omitempty"`
	// Tried are the last 50 rules in the order in which they were tried: until one matched whose queue does not overflow.
	// More is how many were tried before them.
	Tried []RuleTried `json:"tried,omitempty"`
	More  int32       `json:"more,omitempty"`
	// Draw is the percentile 0-99 that chose among several targets; -1 when there was no choice.
	Draw     int32  `json:"draw"`
	Queue    string `json:"queue"`
	Fallback bool   `json:"fallback,omitempty"`
	// Passed are the queues of rules that matched and were passed over because they overflow, in order.
	Passed []QueuePassed `json:"passed,omitempty"`
	// Overflow is why the item did not simply enter the queue that its rule chose; nil when it did.
	Overflow *Overflowed `json:"overflow,omitempty"`
}

// QueuePassed is a queue that a matching rule chose and that overflows.
type QueuePassed struct {
	Rule  string               `json:"rule"`
	Queue string               `json:"queue"`
	On    plan.OverflowTrigger `json:"on"`
}

// Overflowed is what a queue that overflows did with an item: with TransferTo the item went on to another queue.
type Overflowed struct {
	Queue  string               `json:"queue"`
	On     plan.OverflowTrigger `json:"on"`
	Action plan.OverflowAction  `json:"action"`
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
	Since Instant `json:"since"`
	// Entered is when it entered this queue: from there its waiting time counts for overflow. It keeps that through offers.
	Entered Instant `json:"entered,omitempty"`
	Reason  Reason  `json:"reason"`
}

// ItemOverflowed says that an item waited in its queue for too long. ItemQueued or ItemClosed follows.
type ItemOverflowed struct {
	Item string `json:"item"`
	Overflowed
}

// ItemPromoted says that an item has waited for so long that it is served before all that is not promoted.
type ItemPromoted struct {
	Item  string `json:"item"`
	Queue string `json:"queue"`
}

// AssignmentDeferred says why nobody was offered an item when it came into its queue, if that is new.
type AssignmentDeferred struct {
	Item       string     `json:"item"`
	Queue      string     `json:"queue"`
	Candidates Candidates `json:"candidates"`
}

// OfferMade offers an item to an agent; the agent's capacity is taken from now on. An item that is transferred is Active
// with another agent meanwhile.
type OfferMade struct {
	Offer      string     `json:"offer"`
	Item       string     `json:"item"`
	Agent      string     `json:"agent"`
	Queue      string     `json:"queue"`
	Expires    Instant    `json:"expires"`
	Units      int32      `json:"units"`
	Profiles   []string   `json:"profiles,omitempty"` // of which it takes a slot each, sorted
	Via        Via        `json:"via,omitempty"`
	From       string     `json:"from,omitempty"` // the agent who transfers it
	Candidates Candidates `json:"candidates,omitzero"`
}

// Candidates is why an agent was chosen from a queue's members, or nobody was. The first 50 members by name are told one
// by one; of the others only the chosen one and the next best are known.
type Candidates struct {
	// Method ordered the eligible ones; Why is what put the chosen one first. Have is the figure that did so, Next that of
	// the next best.
	Method plan.Method `json:"method,omitempty"`
	Why    Why         `json:"why,omitempty"`
	Have   int32       `json:"have,omitempty"`
	Next   int32       `json:"next,omitempty"`
	// Eligible are those of the first 50, the chosen one and the next best.
	Eligible int32 `json:"eligible"`
	// Excluded are those of the first 50, by name; More is how many members are left. Decisions share what is the same, so
	// nobody changes it.
	Excluded []*Exclusion `json:"excluded,omitempty"`
	More     int32        `json:"more,omitempty"`
}

// Exclusion is why an agent was no candidate. It has the figures and no words: decisions are made often, and read seldom.
type Exclusion struct {
	Agent  string          `json:"agent"`
	Reason ExclusionReason `json:"reason"`
	// What is the presence, the capacity profile or the skill in question.
	What string `json:"what,omitempty"`
	// Have and Need are units, slots, ratings, declines with their limit, or seconds that a cool-off still needs.
	Have int32 `json:"have,omitempty"`
	Need int32 `json:"need,omitempty"`
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
	// Profiles are those of which it takes a slot each, sorted.
	Profiles []string `json:"profiles,omitempty"`
	How      How      `json:"how"`
	By       string   `json:"by,omitempty"` // the supervisor
	// Queue, Via and Candidates are as in OfferMade, of an item that was assigned without an offer.
	Queue      string      `json:"queue,omitempty"`
	Via        Via         `json:"via,omitempty"`
	Candidates *Candidates `json:"candidates,omitempty"`
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

// ItemResumed makes a Waiting item Open because the customer returned or a follow-up is due; it is routed again.
type ItemResumed struct {
	Item string `json:"item"`
	// Reason is empty when the customer returned.
	Reason Reason `json:"reason,omitempty"`
}

// CustomerDisconnected says that the customer's connection is lost; the item ends at Until if it does not come back.
type CustomerDisconnected struct {
	Item  string  `json:"item"`
	Until Instant `json:"until"`
}

// CustomerReconnected says that the customer is back in time.
type CustomerReconnected struct {
	Item string `json:"item"`
}

// ConsultRequested asks an agent to join an Active item. It takes no capacity.
type ConsultRequested struct {
	Consult string  `json:"consult"`
	Item    string  `json:"item"`
	Agent   string  `json:"agent"` // who is asked
	By      string  `json:"by"`    // who has the item
	Expires Instant `json:"expires"`
}

// ConsultJoined says that the agent has joined.
type ConsultJoined struct {
	Consult string `json:"consult"`
	Item    string `json:"item"`
	Agent   string `json:"agent"`
}

// ConsultEnded ends a consultation, or a request for one.
type ConsultEnded struct {
	Consult string         `json:"consult"`
	Item    string         `json:"item"`
	Agent   string         `json:"agent"`
	Outcome ConsultOutcome `json:"outcome"`
}

// SlotsReset frees the slots of capacity profiles that end with the agent's day, of items that the agent no longer has.
type SlotsReset struct {
	Agent string `json:"agent"`
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
	// By is the supervisor or the integration that closed it.
	By string `json:"by,omitempty"`
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
	// Name is that of a presence that is no base presence.
	Name string `json:"name,omitempty"`
	// By is the supervisor who chose it.
	By    string        `json:"by,omitempty"`
	Cause PresenceCause `json:"cause"`
}

func (PlanActivated) event()        {}
func (IntakeTaken) event()          {}
func (IntakesForgotten) event()     {}
func (ItemOpened) event()           {}
func (ItemUpdated) event()          {}
func (MessageReceived) event()      {}
func (MessageSent) event()          {}
func (DeliveryDone) event()         {}
func (DeliveryGivenUp) event()      {}
func (ItemClassified) event()       {}
func (ItemOverflowed) event()       {}
func (ItemPromoted) event()         {}
func (CustomerDisconnected) event() {}
func (CustomerReconnected) event()  {}
func (ConsultRequested) event()     {}
func (ConsultJoined) event()        {}
func (ConsultEnded) event()         {}
func (SlotsReset) event()           {}
func (ItemRouted) event()           {}
func (ItemQueued) event()           {}
func (AssignmentDeferred) event()   {}
func (OfferMade) event()            {}
func (OfferClosed) event()          {}
func (ItemAssigned) event()         {}
func (ItemReleased) event()         {}
func (ItemParked) event()           {}
func (ItemResumed) event()          {}
func (WrapUpStarted) event()        {}
func (WrapUpReleased) event()       {}
func (ItemClosed) event()           {}
func (AgentConnected) event()       {}
func (AgentDisconnected) event()    {}
func (AgentForgotten) event()       {}
func (PresenceChanged) event()      {}
