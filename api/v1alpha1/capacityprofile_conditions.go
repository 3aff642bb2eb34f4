// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// CapacityProfileConditionType is a condition of a CapacityProfile.
type CapacityProfileConditionType string

// CapacityProfileConditionReason is why a condition of a CapacityProfile has its status.
type CapacityProfileConditionReason string

// CapacityProfileConditionAccepted is True when the object alone is sound, and Unknown until the controller has
// looked.
//
// Reasons of True: Accepted.
// Reasons of Unknown: Pending.
const CapacityProfileConditionAccepted CapacityProfileConditionType = "Accepted"

// The reasons that CapacityProfiles first have with Accepted.
const (
	// CapacityProfileReasonAccepted is used with Accepted when the object alone is sound.
	CapacityProfileReasonAccepted CapacityProfileConditionReason = "Accepted"
	// CapacityProfileReasonPending is used with Accepted, ResolvedRefs and Programmed when the controller has not
	// yet looked at this generation.
	CapacityProfileReasonPending CapacityProfileConditionReason = "Pending"
)

// CapacityProfileConditionResolvedRefs is True for every CapacityProfile that the controller has looked at,
// because a CapacityProfile names no other objects, and Unknown until then.
//
// Reasons of True: ResolvedRefs.
// Reasons of Unknown: Pending.
const CapacityProfileConditionResolvedRefs CapacityProfileConditionType = "ResolvedRefs"

// The reasons that CapacityProfiles first have with ResolvedRefs.
const (
	// CapacityProfileReasonResolvedRefs is used with ResolvedRefs when there is nothing that could be missing: the
	// kind names no other objects.
	CapacityProfileReasonResolvedRefs CapacityProfileConditionReason = "ResolvedRefs"
)

// CapacityProfileConditionProgrammed is True when every ready replica of the distributor runs a plan that holds
// this generation, False when one does not, and Unknown until the controller has looked.
//
// Reasons of True: Programmed.
// Reasons of False: NotInPlan, NotAcknowledged, Refused.
// Reasons of Unknown: Pending.
const CapacityProfileConditionProgrammed CapacityProfileConditionType = "Programmed"

// The reasons that CapacityProfiles first have with Programmed.
const (
	// CapacityProfileReasonProgrammed is used with Programmed when every ready replica of the distributor has
	// acknowledged a plan that holds this generation.
	CapacityProfileReasonProgrammed CapacityProfileConditionReason = "Programmed"
	// CapacityProfileReasonNotInPlan is used with Programmed when the plan does not hold the profile.
	CapacityProfileReasonNotInPlan CapacityProfileConditionReason = "NotInPlan"
	// CapacityProfileReasonNotAcknowledged is used with Programmed when the plan holds this generation, and not
	// every replica has acknowledged it yet.
	CapacityProfileReasonNotAcknowledged CapacityProfileConditionReason = "NotAcknowledged"
	// CapacityProfileReasonRefused is used with Programmed when a replica refused the plan; the message has its
	// words, and it keeps running the plan before.
	CapacityProfileReasonRefused CapacityProfileConditionReason = "Refused"
)

// CapacityProfileConditionTerminating is True while the object is being deleted and others need it. The profile stays in the
// plan until nothing does. Objects that are not being deleted do not have the condition.
//
// Reasons of True: InUse.
const CapacityProfileConditionTerminating CapacityProfileConditionType = "Terminating"

// The reasons that CapacityProfiles first have with Terminating.
const (
	// CapacityProfileReasonInUse is used with Terminating when other objects need the profile; the message names them.
	CapacityProfileReasonInUse CapacityProfileConditionReason = "InUse"
)
