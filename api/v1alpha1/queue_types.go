// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// QueueSpec is where items wait and how they are assigned. Its agents are the Agents that name it.
// +kubebuilder:validation:XValidation:rule="self.type != 'Record' || !has(self.overflow) || self.overflow.all(o, o.action != 'End')",message="spec.overflow[].action must not be End when spec.type is Record: only conversations can be ended"
type QueueSpec struct {
	// displayName is what people call the queue. Unset, they see the object's name.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	DisplayName string `json:"displayName,omitempty"`

	// type is what waits in the queue. Only workstreams of the same type can route to it. It cannot be changed.
	//
	// - Messaging: conversations with customers.
	// - Record: records of a business system, such as cases.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.type is immutable: create another Queue"
	Type ItemType `json:"type"`

	// priority orders the queues of an agent who serves several: items of the queue with the smaller number come first.
	// Unset, it is 100.
	// +optional
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	Priority int32 `json:"priority,omitempty"`

	// assignment is which of the agents who fit is offered an item. Unset, its fields have their defaults.
	// +optional
	// +kubebuilder:default={}
	Assignment *Assignment `json:"assignment,omitempty"`

	// promoteAfter is how long an item may wait, from 1s to 720h. Then it is served before all items that have not waited
	// for so long, those of queues with a smaller priority included, except items whose queue and own priority are both 1
	// and that came earlier. Unset, it is not.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('720h')",message="spec.promoteAfter must be from 1s to 720h"
	PromoteAfter Duration `json:"promoteAfter,omitempty"`

	// operatingHoursRef is the OperatingHours that say when the queue is open. Unset, it always is. While it is closed,
	// rules prefer another queue that is open, and its rule OutOfHours applies.
	// +optional
	OperatingHoursRef *OperatingHoursReference `json:"operatingHoursRef,omitempty"`

	// overflow are rules for what happens to items when the queue cannot serve them in time. Of the rules that hold before an item
	// enters the queue, OutOfHours comes first, then the first in the list; of those that hold while it waits, the one
	// with the shortest time. Unset, items wait.
	// +optional
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:XValidation:rule="self.filter(o, o.when == 'OutOfHours').size() <= 1",message="spec.overflow: only one rule may have when OutOfHours"
	// +listType=atomic
	Overflow []Overflow `json:"overflow,omitempty"`
}

// Overflow is what happens to items when the queue cannot serve them in time.
// +kubebuilder:validation:XValidation:rule="self.when != 'ItemLimit' || has(self.limit)",message="spec.overflow[].limit is required when when is ItemLimit"
// +kubebuilder:validation:XValidation:rule="self.when == 'ItemLimit' || !has(self.limit)",message="spec.overflow[].limit must not be set unless when is ItemLimit"
// +kubebuilder:validation:XValidation:rule="self.when != 'WaitTime' || has(self.after)",message="spec.overflow[].after is required when when is WaitTime"
// +kubebuilder:validation:XValidation:rule="self.when == 'WaitTime' || !has(self.after)",message="spec.overflow[].after must not be set unless when is WaitTime"
// +kubebuilder:validation:XValidation:rule="self.when != 'WaitTime' || self.action != 'AssignAnyway'",message="spec.overflow[].action must not be AssignAnyway when when is WaitTime: the item is in the queue already"
// +kubebuilder:validation:XValidation:rule="self.action != 'TransferTo' || has(self.queueRef)",message="spec.overflow[].queueRef is required when action is TransferTo"
// +kubebuilder:validation:XValidation:rule="self.action == 'TransferTo' || !has(self.queueRef)",message="spec.overflow[].queueRef must not be set unless action is TransferTo"
type Overflow struct {
	// when is when the rule holds.
	//
	// - OutOfHours: the queue is closed when an item is to enter it.
	// - ItemLimit: as many items as limit, or more, wait in the queue when an item is to enter it.
	// - WaitTime: an item has waited in the queue for the time in after.
	// +required
	When OverflowTrigger `json:"when"`

	// limit is how many waiting items are too many, from 1 to 1000000. It is required when when is ItemLimit, and must
	// not be set otherwise.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	Limit int32 `json:"limit,omitempty"`

	// after is how long is too long, from 1s to 720h. It is required when when is WaitTime, and must not be set
	// otherwise.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('720h')",message="spec.overflow[].after must be from 1s to 720h"
	After Duration `json:"after,omitempty"`

	// action is what becomes of the item.
	//
	// - AssignAnyway: it enters the queue all the same. Not with WaitTime.
	// - TransferTo: it enters the queue in queueRef instead.
	// - End: it is closed. Only in a queue of type Messaging.
	// +required
	Action OverflowAction `json:"action"`

	// queueRef is the Queue that it enters. Its type MUST be the same, and no chain of TransferTo may lead back to this
	// queue. It is required when action is TransferTo, and must not be set otherwise.
	// +optional
	QueueRef *QueueReference `json:"queueRef,omitempty"`
}

// OverflowTrigger is when a rule of overflow holds.
// +kubebuilder:validation:Enum=OutOfHours;ItemLimit;WaitTime
type OverflowTrigger string

// The triggers of overflow.
const (
	// OverflowOutOfHours is a queue that is closed.
	OverflowOutOfHours OverflowTrigger = "OutOfHours"
	// OverflowItemLimit is a queue that is full.
	OverflowItemLimit OverflowTrigger = "ItemLimit"
	// OverflowWaitTime is an item that waits for too long.
	OverflowWaitTime OverflowTrigger = "WaitTime"
)

// OverflowAction is what becomes of an item whose queue overflows.
// +kubebuilder:validation:Enum=AssignAnyway;TransferTo;End
type OverflowAction string

// The actions of overflow.
const (
	// OverflowAssignAnyway has it enter the queue.
	OverflowAssignAnyway OverflowAction = "AssignAnyway"
	// OverflowTransferTo has it enter another one.
	OverflowTransferTo OverflowAction = "TransferTo"
	// OverflowEnd closes it.
	OverflowEnd OverflowAction = "End"
)

// Assignment is which of the agents who fit is offered an item.
type Assignment struct {
	// method orders the agents who fit. Unset, it is HighestCapacity.
	//
	// - HighestCapacity: the agent with the most capacity left.
	// - RoundRobin: the agent who was given an item from this queue longest ago.
	// - LeastActive: the agent whose work ended longest ago.
	// +optional
	// +kubebuilder:default=HighestCapacity
	Method AssignmentMethod `json:"method,omitempty"`
}

// AssignmentMethod orders the agents who fit an item.
// +kubebuilder:validation:Enum=HighestCapacity;RoundRobin;LeastActive
type AssignmentMethod string

// The assignment methods.
const (
	// AssignmentHighestCapacity prefers the most free capacity.
	AssignmentHighestCapacity AssignmentMethod = "HighestCapacity"
	// AssignmentRoundRobin takes turns.
	AssignmentRoundRobin AssignmentMethod = "RoundRobin"
	// AssignmentLeastActive prefers the longest without work.
	AssignmentLeastActive AssignmentMethod = "LeastActive"
)

// QueueStatus is what the operator made of a Queue.
type QueueStatus struct {
	// conditions say whether the object is sound by itself (Accepted), all that it names exists and fits (ResolvedRefs),
	// and the running plan has it as it is now (Programmed); while it is being deleted and in use, also who needs it
	// (Terminating).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// agents is how many Agents serve the queue.
	// +optional
	Agents *int32 `json:"agents,omitempty"`
}

// Queue is where items, which are conversations or records, wait until an agent takes them. RoutingRulesets route to it, and
// Agents say that they serve it.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=q,categories=routing
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Agents",type=integer,JSONPath=`.status.agents`
// +kubebuilder:printcolumn:name="Priority",type=integer,JSONPath=`.spec.priority`
// +kubebuilder:printcolumn:name="Method",type=string,JSONPath=`.spec.assignment.method`
// +kubebuilder:printcolumn:name="Hours",type=string,priority=1,JSONPath=`.spec.operatingHoursRef.name`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Programmed")].reason`
// +kubebuilder:printcolumn:name="Display name",type=string,priority=1,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Queue struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is where items wait and how they are assigned.
	// +required
	Spec QueueSpec `json:"spec"`

	// status is what the operator made of it.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Accepted", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "ResolvedRefs", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "Programmed", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status QueueStatus `json:"status,omitempty"`
}

// GetConditions returns the conditions in the status.
func (q *Queue) GetConditions() []metav1.Condition { return q.Status.Conditions }

// SetConditions replaces the conditions in the status.
func (q *Queue) SetConditions(conditions []metav1.Condition) { q.Status.Conditions = conditions }

// QueueList is a list of Queues.
// +kubebuilder:object:root=true
type QueueList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Queue `json:"items"`
}

func init() {
	objectTypes = append(objectTypes, &Queue{}, &QueueList{})
}
