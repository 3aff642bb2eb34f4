// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Duration is a length of time as Gateway API writes it, such as 120s, 2m or 1h30m.
// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(h|m|s|ms)){1,4}$`
// +kubebuilder:validation:MaxLength=28
type Duration string

// SkillName is the name of a skill. Upper and lower case differ.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=100
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$`
type SkillName string

// ItemType is what a Workstream or Queue handles.
// +kubebuilder:validation:Enum=Messaging;Record
type ItemType string

// The item types.
const (
	// ItemTypeMessaging is conversations with customers.
	ItemTypeMessaging ItemType = "Messaging"
	// ItemTypeRecord is records of a business system, such as cases.
	ItemTypeRecord ItemType = "Record"
)

// ChannelType is the kind of channel by which messages come and go.
// +kubebuilder:validation:Enum=Custom
type ChannelType string

// ChannelTypeCustom is a channel of the user's own, by signed webhooks in both directions.
const ChannelTypeCustom ChannelType = "Custom"

// ConditionType is a condition that every kind has, for code that handles all kinds alike. The constants of each kind
// define what it means there.
type ConditionType string

// The conditions that every kind has.
const (
	ConditionAccepted     ConditionType = "Accepted"
	ConditionResolvedRefs ConditionType = "ResolvedRefs"
	ConditionProgrammed   ConditionType = "Programmed"
)

// ConditionTerminating is the condition of what is being deleted and in use.
const ConditionTerminating ConditionType = "Terminating"

// ConditionReason is a reason that is the same for every kind that has it, for code that handles all kinds alike.
type ConditionReason string

// The reasons that several kinds have.
const (
	ReasonAccepted                ConditionReason = "Accepted"
	ReasonInvalid                 ConditionReason = "Invalid"
	ReasonConflict                ConditionReason = "Conflict"
	ReasonResolvedRefs            ConditionReason = "ResolvedRefs"
	ReasonWorkstreamNotFound      ConditionReason = "WorkstreamNotFound"
	ReasonQueueNotFound           ConditionReason = "QueueNotFound"
	ReasonCapacityProfileNotFound ConditionReason = "CapacityProfileNotFound"
	ReasonSecretNotFound          ConditionReason = "SecretNotFound"
	ReasonTypeMismatch            ConditionReason = "TypeMismatch"
	ReasonProgrammed              ConditionReason = "Programmed"
	ReasonPending                 ConditionReason = "Pending"
	ReasonNotInPlan               ConditionReason = "NotInPlan"
	ReasonNotAcknowledged         ConditionReason = "NotAcknowledged"
	ReasonRefused                 ConditionReason = "Refused"
	ReasonCredentialsPending      ConditionReason = "CredentialsPending"
	ReasonInUse                   ConditionReason = "InUse"
)
