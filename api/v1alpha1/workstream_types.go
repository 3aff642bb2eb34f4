// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// WorkstreamSpec is how items of one kind are routed and distributed.
// +kubebuilder:validation:XValidation:rule="self.type != 'Messaging' || has(self.channelType)",message="spec.channelType is required when spec.type is Messaging"
// +kubebuilder:validation:XValidation:rule="self.type != 'Record' || !has(self.channelType)",message="spec.channelType must not be set when spec.type is Record"
// +kubebuilder:validation:XValidation:rule="self.type != 'Record' || has(self.record)",message="spec.record is required when spec.type is Record"
// +kubebuilder:validation:XValidation:rule="self.type != 'Messaging' || !has(self.record)",message="spec.record must not be set when spec.type is Messaging"
// +kubebuilder:validation:XValidation:rule="self.type != 'Record' || !has(self.workDistribution.wrapUp)",message="spec.workDistribution.wrapUp must not be set when spec.type is Record: records have no wrap-up"
// +kubebuilder:validation:XValidation:rule="self.type != 'Record' || !has(self.workDistribution.autoCloseAfterInactivity)",message="spec.workDistribution.autoCloseAfterInactivity must not be set when spec.type is Record: records do not wait for a customer"
// +kubebuilder:validation:XValidation:rule="self.type != 'Record' || !has(self.workDistribution.agentAffinity)",message="spec.workDistribution.agentAffinity must not be set when spec.type is Record: records do not come back"
// +kubebuilder:validation:XValidation:rule="self.type != 'Record' || !has(self.workDistribution.followUpAfter)",message="spec.workDistribution.followUpAfter must not be set when spec.type is Record: records do not wait for a customer"
// +kubebuilder:validation:XValidation:rule="self.type != 'Record' || !has(self.workDistribution.reconnectGrace)",message="spec.workDistribution.reconnectGrace must not be set when spec.type is Record: records stay with their agent"
// +kubebuilder:validation:XValidation:rule="self.type != 'Record' || !has(self.agentExperience) || !has(self.agentExperience.quickReplies)",message="spec.agentExperience.quickReplies must not be set when spec.type is Record: records have no customer to write to"
type WorkstreamSpec struct {
	// displayName is what people call the workstream. Unset, they see the object's name.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	DisplayName string `json:"displayName,omitempty"`

	// type is what the workstream handles. It cannot be changed.
	//
	// - Messaging: conversations with customers, which arrive at the workstream's Channels.
	// - Record: records of a business system, such as cases, which an integration sends.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.type is immutable: create another Workstream"
	Type ItemType `json:"type"`

	// channelType is the type that all Channels of the workstream have. It is required when type is Messaging, must not
	// be set when type is Record, and cannot be changed.
	//
	// - Custom: a channel of your own, by signed webhooks in both directions.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.channelType is immutable: create another Workstream"
	ChannelType ChannelType `json:"channelType,omitempty"`

	// record says which records the workstream handles. It is required when type is Record and must not be set when
	// type is Messaging.
	// +optional
	Record *RecordSettings `json:"record,omitempty"`

	// workDistribution is how items reach agents.
	// +required
	WorkDistribution WorkDistribution `json:"workDistribution"`

	// routing is how an item finds its queue.
	// +required
	Routing WorkstreamRouting `json:"routing"`

	// agentExperience is what agents are shown with the items. Unset, that is up to their desk.
	// +optional
	AgentExperience *AgentExperience `json:"agentExperience,omitempty"`

	// revisionHistoryLimit is how many revisions of these settings are kept, the one in use included. Unset, it is 10.
	// +optional
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	RevisionHistoryLimit int32 `json:"revisionHistoryLimit,omitempty"`
}

// RecordSettings says which records a workstream handles.
type RecordSettings struct {
	// type is what the business system calls these records, such as case. It cannot be changed.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.record.type is immutable: create another Workstream"
	Type string `json:"type"`
}

// WorkDistribution is how items reach agents.
// +kubebuilder:validation:XValidation:rule="self.mode == 'Push' || self.pickFromPush == 'Disabled'",message="spec.workDistribution.pickFromPush must not be Enabled unless mode is Push: with Pick agents pick anyway"
// +kubebuilder:validation:XValidation:rule="self.mode == 'Push' || !has(self.agentAffinity)",message="spec.workDistribution.agentAffinity must not be set unless mode is Push: with Pick nobody is offered an item"
// +kubebuilder:validation:XValidation:rule="!has(self.followUpAfter) || duration(self.followUpAfter) < duration(has(self.autoCloseAfterInactivity) ? self.autoCloseAfterInactivity : '8h')",message="spec.workDistribution.followUpAfter must be shorter than autoCloseAfterInactivity: the item is closed then"
type WorkDistribution struct {
	// mode is who takes the first step. Unset, it is Push. It cannot be changed.
	//
	// - Push: the distributor offers each item to the agent who fits best.
	// - Pick: agents take items from the list of open items.
	// +optional
	// +kubebuilder:default=Push
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.workDistribution.mode is immutable: create another Workstream"
	Mode DistributionMode `json:"mode,omitempty"`

	// pickFromPush is whether agents may also pick the items of this workstream that wait in one of their queues,
	// whatever their capacity and presence. Unset, it is Disabled. It must not be Enabled when mode is Pick.
	//
	// - Enabled: they may.
	// - Disabled: they take what they are offered.
	// +optional
	// +kubebuilder:default=Disabled
	PickFromPush PickFromPush `json:"pickFromPush,omitempty"`

	// capacity is what one item costs of an agent's capacity.
	// +required
	Capacity ItemCapacity `json:"capacity"`

	// allowedPresences are the presences in which an agent is offered items. Unset, they are Available and Busy.
	//
	// - Available: ready, and with capacity left.
	// - Busy: working, and able to take more.
	// - DoNotDisturb: the agent asked to be left alone, or has no capacity left.
	// - Away: not at the desk.
	// +optional
	// +kubebuilder:default={Available,Busy}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	// +listType=set
	AllowedPresences []Presence `json:"allowedPresences,omitempty"`

	// skillMatching is how the skills that an item needs are compared with an agent's. Classification rules say what an
	// item needs. Unset, it is Exact.
	//
	// - Exact: an agent must have all of them, each with the rating that is needed or a better one.
	// - Closest: an agent need not have any of them; who comes closest is preferred.
	// - None: skills do not count.
	// +optional
	// +kubebuilder:default=Exact
	SkillMatching SkillMatching `json:"skillMatching,omitempty"`

	// agentAffinity is whether a conversation that comes back is first offered to the agent who had it last. Unset, its
	// fields have their defaults. It must not be set when type is Record or mode is Pick.
	// +optional
	AgentAffinity *AgentAffinity `json:"agentAffinity,omitempty"`

	// offer is how items are offered to agents. Unset, its fields have their defaults.
	// +optional
	// +kubebuilder:default={}
	Offer *Offer `json:"offer,omitempty"`

	// wrapUp is how after-work holds an agent's capacity once a conversation has ended. Unset, it is held until the item
	// closes. It must not be set when type is Record.
	// +optional
	WrapUp *WrapUp `json:"wrapUp,omitempty"`

	// autoCloseAfterInactivity is how long an item waits for its customer to return before it is closed, from 1m to
	// 720h. Unset, it is 8h. It must not be set when type is Record.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('720h')",message="spec.workDistribution.autoCloseAfterInactivity must be from 1m to 720h"
	AutoCloseAfterInactivity Duration `json:"autoCloseAfterInactivity,omitempty"`

	// followUpAfter is after how long an item that waits for its customer is routed again although the customer has not
	// returned, from 1m to 720h and shorter than autoCloseAfterInactivity. Unset, it waits until the customer returns or it
	// is closed. It must not be set when type is Record.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('720h')",message="spec.workDistribution.followUpAfter must be from 1m to 720h"
	FollowUpAfter Duration `json:"followUpAfter,omitempty"`

	// reconnectGrace is how long a conversation stays with an agent whose connection is lost, from 5s to 24h. Then others
	// are offered it. Unset, it is 150s. It must not be set when type is Record.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5s') && duration(self) <= duration('24h')",message="spec.workDistribution.reconnectGrace must be from 5s to 24h"
	ReconnectGrace Duration `json:"reconnectGrace,omitempty"`
}

// DistributionMode is who takes the first step between an item and an agent.
// +kubebuilder:validation:Enum=Push;Pick
type DistributionMode string

// The modes of work distribution.
const (
	// DistributionPush has the distributor offer items.
	DistributionPush DistributionMode = "Push"
	// DistributionPick has agents take items.
	DistributionPick DistributionMode = "Pick"
)

// PickFromPush is whether agents may pick what they are offered otherwise.
// +kubebuilder:validation:Enum=Enabled;Disabled
type PickFromPush string

// Whether agents may pick.
const (
	// PickFromPushEnabled lets them.
	PickFromPushEnabled PickFromPush = "Enabled"
	// PickFromPushDisabled does not.
	PickFromPushDisabled PickFromPush = "Disabled"
)

// ItemCapacity is what one item costs of an agent's capacity.
// +kubebuilder:validation:XValidation:rule="has(self.units) || has(self.profileRef)",message="one of spec.workDistribution.capacity.units and profileRef is required"
// +kubebuilder:validation:XValidation:rule="!has(self.units) || !has(self.profileRef)",message="only one of spec.workDistribution.capacity.units and profileRef may be set"
type ItemCapacity struct {
	// units is the amount, from 0 to 10000. What a unit stands for is yours to choose: agents with 100 units and items
	// of 30 make three items at a time. Exactly one of units and profileRef is set.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Units *int32 `json:"units,omitempty"`

	// profileRef is the CapacityProfile of which one item takes a slot. Exactly one of units and profileRef is set.
	// +optional
	ProfileRef *CapacityProfileReference `json:"profileRef,omitempty"`
}

// SkillMatching is how the skills that an item needs are compared with an agent's.
// +kubebuilder:validation:Enum=Exact;Closest;None
type SkillMatching string

// The ways of skill matching.
const (
	// SkillMatchingExact wants all of them.
	SkillMatchingExact SkillMatching = "Exact"
	// SkillMatchingClosest prefers who comes closest.
	SkillMatchingClosest SkillMatching = "Closest"
	// SkillMatchingNone does not look at skills.
	SkillMatchingNone SkillMatching = "None"
)

// AgentAffinity is whether a conversation that comes back is first offered to the agent who had it last.
// +kubebuilder:validation:XValidation:rule="!has(self.mode) || self.mode == 'Enabled' || !has(self.respect)",message="spec.workDistribution.agentAffinity.respect must not be set when mode is Disabled"
type AgentAffinity struct {
	// mode is whether that agent is asked first. Unset, it is Enabled for channels of type Custom.
	//
	// - Enabled: that agent is asked first; who declines or does not answer is not asked first again.
	// - Disabled: whoever fits is asked.
	// +optional
	Mode AgentAffinityMode `json:"mode,omitempty"`

	// respect is what of that agent counts nevertheless. Unset, nothing does: the agent is asked whatever their presence
	// and capacity, as long as they are connected.
	//
	// - Presence: the agent must have an allowed presence.
	// - Capacity: the agent must have the capacity.
	// +optional
	// +kubebuilder:validation:MaxItems=2
	// +listType=set
	Respect []AffinityRespect `json:"respect,omitempty"`
}

// AgentAffinityMode is whether a conversation that comes back is first offered to the agent who had it last.
// +kubebuilder:validation:Enum=Enabled;Disabled
type AgentAffinityMode string

// The modes of affinity.
const (
	// AgentAffinityEnabled asks that agent first.
	AgentAffinityEnabled AgentAffinityMode = "Enabled"
	// AgentAffinityDisabled does not.
	AgentAffinityDisabled AgentAffinityMode = "Disabled"
)

// AffinityRespect is what counts of the agent who had a conversation last.
// +kubebuilder:validation:Enum=Presence;Capacity
type AffinityRespect string

// What may count of the agent.
const (
	// AffinityRespectPresence wants an allowed presence.
	AffinityRespectPresence AffinityRespect = "Presence"
	// AffinityRespectCapacity wants free capacity.
	AffinityRespectCapacity AffinityRespect = "Capacity"
)

// Presence is whether an agent can take items.
// +kubebuilder:validation:Enum=Available;Busy;DoNotDisturb;Away
type Presence string

// The presences in which agents may be offered items. Offline is none of them.
const (
	// PresenceAvailable is ready, and with capacity left.
	PresenceAvailable Presence = "Available"
	// PresenceBusy is working, and able to take more.
	PresenceBusy Presence = "Busy"
	// PresenceDoNotDisturb is left alone by choice, or without capacity.
	PresenceDoNotDisturb Presence = "DoNotDisturb"
	// PresenceAway is not at the desk.
	PresenceAway Presence = "Away"
)

// Offer is how items are offered to agents.
type Offer struct {
	// presentation is how an item reaches the agent who was chosen. Unset, it is Prompt.
	//
	// - Prompt: the agent accepts or declines.
	// - PromptNoDecline: the agent accepts, and cannot decline.
	// - AutoAccept: the item is assigned at once.
	// +optional
	// +kubebuilder:default=Prompt
	Presentation OfferPresentation `json:"presentation,omitempty"`

	// timeout is how long an agent has to answer an offer before the item goes to someone else, from 5s to 1h. Unset, it
	// is 120s.
	// +optional
	// +kubebuilder:default="120s"
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5s') && duration(self) <= duration('1h')",message="spec.workDistribution.offer.timeout must be from 5s to 1h"
	Timeout Duration `json:"timeout,omitempty"`

	// reofferAfter is how long an agent who declined an item, or did not answer, is not offered that item again; at most
	// 24h. Others are offered it at once. Unset, it is 2m.
	// +optional
	// +kubebuilder:default="2m"
	// +kubebuilder:validation:XValidation:rule="duration(self) <= duration('24h')",message="spec.workDistribution.offer.reofferAfter must be at most 24h"
	ReofferAfter Duration `json:"reofferAfter,omitempty"`

	// maxDeclines is after how many declines of one item an agent is never offered it again. Unset, it is 3.
	// +optional
	// +kubebuilder:default=3
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxDeclines int32 `json:"maxDeclines,omitempty"`
}

// OfferPresentation is how an item reaches the agent who was chosen.
// +kubebuilder:validation:Enum=Prompt;PromptNoDecline;AutoAccept
type OfferPresentation string

// The presentations.
const (
	// PresentationPrompt has the agent accept or decline.
	PresentationPrompt OfferPresentation = "Prompt"
	// PresentationPromptNoDecline has the agent accept.
	PresentationPromptNoDecline OfferPresentation = "PromptNoDecline"
	// PresentationAutoAccept does not ask.
	PresentationAutoAccept OfferPresentation = "AutoAccept"
)

// WrapUp is how after-work holds an agent's capacity.
// +kubebuilder:validation:XValidation:rule="self.blockCapacity != 'Custom' || has(self.__for__)",message="spec.workDistribution.wrapUp.for is required when blockCapacity is Custom"
// +kubebuilder:validation:XValidation:rule="self.blockCapacity == 'Custom' || !has(self.__for__)",message="spec.workDistribution.wrapUp.for must not be set unless blockCapacity is Custom"
type WrapUp struct {
	// blockCapacity is for how long after-work holds the capacity of its item. Unset, it is Always.
	//
	// - Always: until the item closes.
	// - Never: not at all, the capacity is free when the conversation ends.
	// - Custom: for the time in `for`, whether the item closes before or after that.
	// +optional
	// +kubebuilder:default=Always
	BlockCapacity BlockCapacity `json:"blockCapacity,omitempty"`

	// for is how long the capacity is held when blockCapacity is Custom, from 1s to 12h. It is required then, and must
	// not be set otherwise.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('12h')",message="spec.workDistribution.wrapUp.for must be from 1s to 12h"
	For Duration `json:"for,omitempty"`
}

// BlockCapacity is for how long after-work holds capacity.
// +kubebuilder:validation:Enum=Always;Never;Custom
type BlockCapacity string

// The ways of wrap-up to hold capacity.
const (
	// BlockCapacityAlways holds it until the item closes.
	BlockCapacityAlways BlockCapacity = "Always"
	// BlockCapacityNever does not hold it.
	BlockCapacityNever BlockCapacity = "Never"
	// BlockCapacityCustom holds it for a fixed time.
	BlockCapacityCustom BlockCapacity = "Custom"
)

// WorkstreamRouting is how an item finds its queue.
type WorkstreamRouting struct {
	// classification are the rulesets that say what an item is and needs before it is routed, in order: the first rule
	// that matches in each of them counts, and later ones see what earlier ones set. Unset, items are as they come.
	// +optional
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=name
	Classification []ClassificationRuleset `json:"classification,omitempty"`

	// routeToQueue is the ruleset whose first matching rule decides the queue. Unset, every item goes to the fallback
	// queue.
	// +optional
	RouteToQueue *RouteToQueue `json:"routeToQueue,omitempty"`

	// fallbackQueueRef is the Queue of the items that no rule matches. Its type MUST be the workstream's.
	// +required
	FallbackQueueRef QueueReference `json:"fallbackQueueRef"`
}

// ClassificationRuleset names a RoutingRuleset of type Classification in the same namespace.
type ClassificationRuleset struct {
	// name is the name of the RoutingRuleset. Several workstreams may use the same one.
	// +required
	Name ObjectName `json:"name"`
}

// RouteToQueue names a RoutingRuleset of type RouteToQueue in the same namespace.
type RouteToQueue struct {
	// name is the name of the RoutingRuleset. Several workstreams may use the same one.
	// +required
	Name ObjectName `json:"name"`
}

// WorkstreamStatus is what the operator made of a Workstream.
type WorkstreamStatus struct {
	// conditions say whether the object is sound by itself (Accepted), all that it names exists and fits (ResolvedRefs),
	// and the running plan has it as it is now (Programmed).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// revision is the revision that the running plan has of the workstream, a hash of its settings, rules and variables.
	// It is that of an earlier generation while ResolvedRefs is False, and empty if there never was a good one.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Revision string `json:"revision,omitempty"`

	// channels is how many Channels of the workstream are in the plan.
	// +optional
	Channels *int32 `json:"channels,omitempty"`

	// rules is how many routing rules the revision has.
	// +optional
	Rules *int32 `json:"rules,omitempty"`
}

// Workstream is the routing and work distribution of conversations of one channel type, or of records of one type. Channels
// bring the conversations, RoutingRulesets decide in which Queue an item waits, and the settings here how it reaches agents.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ws,categories=routing
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Channels",type=integer,JSONPath=`.status.channels`
// +kubebuilder:printcolumn:name="Rules",type=integer,JSONPath=`.status.rules`
// +kubebuilder:printcolumn:name="Revision",type=string,JSONPath=`.status.revision`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Programmed")].reason`
// +kubebuilder:printcolumn:name="Display name",type=string,priority=1,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Workstream struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is how items of one kind are routed and distributed.
	// +required
	Spec WorkstreamSpec `json:"spec"`

	// status is what the operator made of it.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Accepted", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "ResolvedRefs", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "Programmed", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status WorkstreamStatus `json:"status,omitempty"`
}

// GetConditions returns the conditions in the status.
func (w *Workstream) GetConditions() []metav1.Condition { return w.Status.Conditions }

// SetConditions replaces the conditions in the status.
func (w *Workstream) SetConditions(conditions []metav1.Condition) { w.Status.Conditions = conditions }

// WorkstreamList is a list of Workstreams.
// +kubebuilder:object:root=true
type WorkstreamList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Workstream `json:"items"`
}

func init() {
	objectTypes = append(objectTypes, &Workstream{}, &WorkstreamList{})
}
