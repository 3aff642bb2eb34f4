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
type WorkDistribution struct {
	// mode is who takes the first step. Unset, it is Push. It cannot be changed.
	//
	// - Push: the distributor offers each item to the agent who fits best.
	// - Pick: agents take items from the list of open items.
	// +optional
	// +kubebuilder:default=Push
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.workDistribution.mode is immutable: create another Workstream"
	Mode DistributionMode `json:"mode,omitempty"`

	// capacity is what one item costs of an agent's capacity.
	// +required
	Capacity Capacity `json:"capacity"`

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

// Capacity is an amount of capacity: what an item costs, or what an agent has.
type Capacity struct {
	// units is the amount, from 0 to 10000. What a unit stands for is yours to choose: agents with 100 units and items
	// of 30 make three items at a time.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Units int32 `json:"units"`
}

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
	// routeToQueue is the ruleset whose first matching rule decides the queue. Unset, every item goes to the fallback
	// queue.
	// +optional
	RouteToQueue *RouteToQueue `json:"routeToQueue,omitempty"`

	// fallbackQueueRef is the Queue of the items that no rule matches. Its type MUST be the workstream's.
	// +required
	FallbackQueueRef QueueReference `json:"fallbackQueueRef"`
}

// RouteToQueue names a RoutingRuleset of type RouteToQueue in the same namespace.
type RouteToQueue struct {
	// name is the name of the RoutingRuleset. Several workstreams may use the same one.
	// +required
	Name ObjectName `json:"name"`
}

// WorkstreamStatus is what the operator made of a Workstream.
type WorkstreamStatus struct {
	// conditions are Accepted, ResolvedRefs and Programmed.
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

// Workstream is the routing and work distribution of conversations of one channel type, or of records of one type.
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
