// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// ChannelConditionType is a condition of a Channel.
type ChannelConditionType string

// ChannelConditionReason is why a condition of a Channel has its status.
type ChannelConditionReason string

// ChannelConditionAccepted is True when the object alone is sound and claims nothing that an older one has,
// False when not, and Unknown until the controller has looked.
//
// Reasons of True: Accepted.
// Reasons of False: Invalid, Conflict.
// Reasons of Unknown: Pending.
const ChannelConditionAccepted ChannelConditionType = "Accepted"

// The reasons that Channels first have with Accepted.
const (
	// ChannelReasonAccepted is used with Accepted when the object alone is sound.
	ChannelReasonAccepted ChannelConditionReason = "Accepted"
	// ChannelReasonInvalid is used with Accepted when a field has a value that cannot be used; the message names it.
	ChannelReasonInvalid ChannelConditionReason = "Invalid"
	// ChannelReasonConflict is used with Accepted when an older Channel has the same address; the message names it.
	ChannelReasonConflict ChannelConditionReason = "Conflict"
	// ChannelReasonPending is used with Accepted, ResolvedRefs and Programmed when the controller has not yet looked
	// at this generation.
	ChannelReasonPending ChannelConditionReason = "Pending"
)

// ChannelConditionResolvedRefs is True when all that the object names exists and fits, False when something is
// missing or does not fit, and Unknown until the controller has looked.
//
// Reasons of True: ResolvedRefs.
// Reasons of False: WorkstreamNotFound, TypeMismatch, SecretNotFound.
// Reasons of Unknown: Pending.
const ChannelConditionResolvedRefs ChannelConditionType = "ResolvedRefs"

// The reasons that Channels first have with ResolvedRefs.
const (
	// ChannelReasonResolvedRefs is used with ResolvedRefs when all that the object names exists and fits.
	ChannelReasonResolvedRefs ChannelConditionReason = "ResolvedRefs"
	// ChannelReasonWorkstreamNotFound is used with ResolvedRefs when there is no Workstream of the name in
	// workstreamRef.
	ChannelReasonWorkstreamNotFound ChannelConditionReason = "WorkstreamNotFound"
	// ChannelReasonTypeMismatch is used with ResolvedRefs when the Workstream is not of type Messaging with this
	// type of channel.
	ChannelReasonTypeMismatch ChannelConditionReason = "TypeMismatch"
	// ChannelReasonSecretNotFound is used with ResolvedRefs when there is no Secret of the name in
	// credentialsSecretRef, or it has no key signingSecret. The channel is in the plan all the same, so that senders
	// are told to try again.
	ChannelReasonSecretNotFound ChannelConditionReason = "SecretNotFound"
)

// ChannelConditionProgrammed is True when every ready replica of the distributor runs a plan that holds this
// generation, False when one does not, and Unknown until the controller has looked.
//
// Reasons of True: Programmed.
// Reasons of False: NotInPlan, CredentialsPending, NotAcknowledged, Refused.
// Reasons of Unknown: Pending.
const ChannelConditionProgrammed ChannelConditionType = "Programmed"

// The reasons that Channels first have with Programmed.
const (
	// ChannelReasonProgrammed is used with Programmed when every ready replica of the distributor has acknowledged a
	// plan that holds this generation.
	ChannelReasonProgrammed ChannelConditionReason = "Programmed"
	// ChannelReasonNotInPlan is used with Programmed when the plan does not hold the channel: Accepted or
	// ResolvedRefs is False, or its Workstream is not in the plan.
	ChannelReasonNotInPlan ChannelConditionReason = "NotInPlan"
	// ChannelReasonCredentialsPending is used with Programmed when the distributor does not have the credentials
	// yet; it follows within seconds.
	ChannelReasonCredentialsPending ChannelConditionReason = "CredentialsPending"
	// ChannelReasonNotAcknowledged is used with Programmed when the plan holds this generation, and not every
	// replica has acknowledged it yet.
	ChannelReasonNotAcknowledged ChannelConditionReason = "NotAcknowledged"
	// ChannelReasonRefused is used with Programmed when a replica refused the plan; the message has its words, and
	// it keeps running the plan before.
	ChannelReasonRefused ChannelConditionReason = "Refused"
)
