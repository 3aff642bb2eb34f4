// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// AgentSpec is a person, what they may do and what they work on.
type AgentSpec struct {
	// displayName is what customers and colleagues call the agent. Unset, they see the object's name.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	DisplayName string `json:"displayName,omitempty"`

	// subject is the claim `sub` in the agent's tokens, by which the distributor knows who is calling. It is unique in
	// the namespace: where two Agents have the same one and the same issuer, the older keeps it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Subject string `json:"subject"`

	// issuer is the claim `iss` that the agent's tokens must have, for a Distributor that accepts several issuers. Unset,
	// it is any of them, but for those of which another Agent has the subject.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Issuer string `json:"issuer,omitempty"`

	// roles are what the person may do. Unset, it is Agent.
	//
	// - Agent: take, answer and close items.
	// - Supervisor: see all items of the namespace, assign them and close them by force.
	// +optional
	// +kubebuilder:default={Agent}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	// +listType=set
	Roles []AgentRole `json:"roles,omitempty"`

	// capacity is how much work the agent can hold at a time.
	// +required
	Capacity AgentCapacity `json:"capacity"`

	// queueRefs are the Queues that the agent serves. Unset, none: the agent is offered nothing.
	// +optional
	// +kubebuilder:validation:MaxItems=500
	// +listType=map
	// +listMapKey=name
	QueueRefs []QueueReference `json:"queueRefs,omitempty"`

	// skills are what the agent is good at; classification rules say which skills an item needs. Unset, none.
	// +optional
	// +kubebuilder:validation:MaxItems=500
	// +listType=map
	// +listMapKey=name
	Skills []AgentSkill `json:"skills,omitempty"`

	// timeZone is the zone of the agent's days, an IANA name such as Europe/Berlin: at midnight there, slots of capacity
	// profiles with reset EndOfDay are free again. Unset, it is UTC.
	// +optional
	// +kubebuilder:validation:MinLength=1
	TimeZone TimeZone `json:"timeZone,omitempty"`
}

// AgentCapacity is how much work an agent can hold at a time.
// +kubebuilder:validation:XValidation:rule="has(self.units) || has(self.profiles)",message="at least one of spec.capacity.units and profiles is required"
type AgentCapacity struct {
	// units is the amount for items that cost units, from 0 to 10000. What a unit stands for is yours to choose: agents
	// with 100 units and items of 30 make three items at a time. Unset, it is 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Units *int32 `json:"units,omitempty"`

	// profiles are the CapacityProfiles of which the agent has slots, for items that need one. Unset, none.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +listType=map
	// +listMapKey=name
	Profiles []AgentProfile `json:"profiles,omitempty"`
}

// AgentProfile is how many slots of a capacity profile an agent has.
type AgentProfile struct {
	// name is the name of the CapacityProfile.
	// +required
	Name ObjectName `json:"name"`

	// limit is how many slots the agent has, from 1 to 1000. Unset, it is the limit of the CapacityProfile.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Limit int32 `json:"limit,omitempty"`
}

// AgentSkill is a skill of an agent.
type AgentSkill struct {
	// name is the name of the skill, as classification rules write it.
	// +required
	Name SkillName `json:"name"`

	// rating is how good the agent is at it, from 1 to 10, the best. Unset, it is 1.
	// +optional
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Rating int32 `json:"rating,omitempty"`
}

// AgentRole is what a person may do.
// +kubebuilder:validation:Enum=Agent;Supervisor
type AgentRole string

// The roles.
const (
	// RoleAgent takes items.
	RoleAgent AgentRole = "Agent"
	// RoleSupervisor oversees all items.
	RoleSupervisor AgentRole = "Supervisor"
)

// AgentStatus is what the operator made of an Agent.
type AgentStatus struct {
	// conditions say whether the object is sound by itself (Accepted), all that it names exists and fits (ResolvedRefs),
	// and the running plan has it as it is now (Programmed).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// queues is how many Queues of the plan the agent serves.
	// +optional
	Queues *int32 `json:"queues,omitempty"`
}

// Agent is a person who takes items, which are conversations and records, from the queues that they serve; or a supervisor
// of these people.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=agent,categories=routing
// +kubebuilder:printcolumn:name="Subject",type=string,JSONPath=`.spec.subject`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Units",type=integer,JSONPath=`.spec.capacity.units`
// +kubebuilder:printcolumn:name="Queues",type=integer,JSONPath=`.status.queues`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Programmed")].reason`
// +kubebuilder:printcolumn:name="Display name",type=string,priority=1,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Agent struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is who the person is, and what and how much they can take.
	// +required
	Spec AgentSpec `json:"spec"`

	// status is what the operator made of it.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Accepted", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "ResolvedRefs", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "Programmed", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status AgentStatus `json:"status,omitempty"`
}

// GetConditions returns the conditions in the status.
func (a *Agent) GetConditions() []metav1.Condition { return a.Status.Conditions }

// SetConditions replaces the conditions in the status.
func (a *Agent) SetConditions(conditions []metav1.Condition) { a.Status.Conditions = conditions }

// AgentList is a list of Agents.
// +kubebuilder:object:root=true
type AgentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Agent `json:"items"`
}

func init() {
	objectTypes = append(objectTypes, &Agent{}, &AgentList{})
}
