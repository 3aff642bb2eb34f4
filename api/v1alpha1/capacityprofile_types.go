// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CapacityProfileSpec is a limit of items of a kind that an agent can hold at a time. Workstreams and classification rules
// say which items count, Agents who has how many slots.
type CapacityProfileSpec struct {
	// displayName is what people call the profile. Unset, they see the object's name.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	DisplayName string `json:"displayName,omitempty"`

	// limit is how many slots an Agent has who names the profile and no limit of their own, from 1 to 1000.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Limit int32 `json:"limit"`

	// reset is when a slot is free again. Unset, it is Immediate. It cannot be changed.
	//
	// - Immediate: when the item no longer holds the agent's capacity.
	// - EndOfDay: at the midnight after that, in the agent's time zone.
	// +optional
	// +kubebuilder:default=Immediate
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.reset is immutable: create another CapacityProfile"
	Reset ProfileReset `json:"reset,omitempty"`

	// assignmentBlocking is whether an agent at the limit is offered nothing at all. Unset, it is Disabled.
	//
	// - Enabled: the agent is offered no item of any kind until a slot is free again.
	// - Disabled: the agent is offered no item that needs a slot.
	// +optional
	// +kubebuilder:default=Disabled
	AssignmentBlocking AssignmentBlocking `json:"assignmentBlocking,omitempty"`
}

// ProfileReset is when a slot of a profile is free again.
// +kubebuilder:validation:Enum=Immediate;EndOfDay
type ProfileReset string

// The resets.
const (
	// ProfileResetImmediate frees it with the item.
	ProfileResetImmediate ProfileReset = "Immediate"
	// ProfileResetEndOfDay frees it at the end of the agent's day.
	ProfileResetEndOfDay ProfileReset = "EndOfDay"
)

// AssignmentBlocking is whether an agent at a profile's limit is offered nothing at all.
// +kubebuilder:validation:Enum=Enabled;Disabled
type AssignmentBlocking string

// Whether a profile blocks.
const (
	// AssignmentBlockingEnabled keeps everything from the agent.
	AssignmentBlockingEnabled AssignmentBlocking = "Enabled"
	// AssignmentBlockingDisabled keeps only what needs a slot.
	AssignmentBlockingDisabled AssignmentBlocking = "Disabled"
)

// CapacityProfileStatus is what the operator made of a CapacityProfile.
type CapacityProfileStatus struct {
	// conditions say whether the object is sound by itself (Accepted), all that it names exists and fits (ResolvedRefs),
	// and the running plan has it as it is now (Programmed); while it is being deleted and in use, also who needs it
	// (Terminating).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// agents is how many Agents have slots of the profile.
	// +optional
	Agents *int32 `json:"agents,omitempty"`

	// workstreams is how many Workstreams have items that need a slot, be it by their classification.
	// +optional
	Workstreams *int32 `json:"workstreams,omitempty"`
}

// CapacityProfile is a limit of items of a kind that an agent can hold at a time. Workstreams and classification rules say
// which items need a slot of it, and Agents how many slots they have.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cap,categories=routing
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Limit",type=integer,JSONPath=`.spec.limit`
// +kubebuilder:printcolumn:name="Agents",type=integer,JSONPath=`.status.agents`
// +kubebuilder:printcolumn:name="Workstreams",type=integer,JSONPath=`.status.workstreams`
// +kubebuilder:printcolumn:name="Reset",type=string,JSONPath=`.spec.reset`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Programmed")].reason`
// +kubebuilder:printcolumn:name="Display name",type=string,priority=1,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type CapacityProfile struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the limit, and when a slot is free again.
	// +required
	Spec CapacityProfileSpec `json:"spec"`

	// status is what the operator made of it.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Accepted", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "ResolvedRefs", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "Programmed", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status CapacityProfileStatus `json:"status,omitempty"`
}

// GetConditions returns the conditions in the status.
func (c *CapacityProfile) GetConditions() []metav1.Condition { return c.Status.Conditions }

// SetConditions replaces the conditions in the status.
func (c *CapacityProfile) SetConditions(conditions []metav1.Condition) {
	c.Status.Conditions = conditions
}

// CapacityProfileList is a list of CapacityProfiles.
// +kubebuilder:object:root=true
type CapacityProfileList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []CapacityProfile `json:"items"`
}

func init() {
	objectTypes = append(objectTypes, &CapacityProfile{}, &CapacityProfileList{})
}
