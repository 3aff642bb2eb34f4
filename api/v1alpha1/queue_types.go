// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// QueueSpec is where items wait and how they are assigned. Its agents are the Agents that name it.
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
}

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
	// conditions are Accepted, ResolvedRefs and Programmed.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// agents is how many Agents serve the queue.
	// +optional
	Agents *int32 `json:"agents,omitempty"`
}

// Queue is where items wait until an agent takes them.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=q,categories=routing
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Agents",type=integer,JSONPath=`.status.agents`
// +kubebuilder:printcolumn:name="Priority",type=integer,JSONPath=`.spec.priority`
// +kubebuilder:printcolumn:name="Method",type=string,JSONPath=`.spec.assignment.method`
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
