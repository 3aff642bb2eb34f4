// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// ContextVariableConditionType is a condition of a ContextVariable.
type ContextVariableConditionType string

// ContextVariableConditionReason is why a condition of a ContextVariable has its status.
type ContextVariableConditionReason string

// ContextVariableConditionAccepted is True when the object alone is sound and claims nothing that an older one
// has, False when not, and Unknown until the controller has looked.
//
// Reasons of True: Accepted.
// Reasons of False: Conflict.
// Reasons of Unknown: Pending.
const ContextVariableConditionAccepted ContextVariableConditionType = "Accepted"

// The reasons that ContextVariables first have with Accepted.
const (
	// ContextVariableReasonAccepted is used with Accepted when the object alone is sound.
	ContextVariableReasonAccepted ContextVariableConditionReason = "Accepted"
	// ContextVariableReasonConflict is used with Accepted when an older ContextVariable of the workstream has the
	// same name; the message names it.
	ContextVariableReasonConflict ContextVariableConditionReason = "Conflict"
	// ContextVariableReasonPending is used with Accepted, ResolvedRefs and Programmed when the controller has not
	// yet looked at this generation.
	ContextVariableReasonPending ContextVariableConditionReason = "Pending"
)

// ContextVariableConditionResolvedRefs is True when all that the object names exists and fits, False when
// something is missing or does not fit, and Unknown until the controller has looked.
//
// Reasons of True: ResolvedRefs.
// Reasons of False: WorkstreamNotFound.
// Reasons of Unknown: Pending.
const ContextVariableConditionResolvedRefs ContextVariableConditionType = "ResolvedRefs"

// The reasons that ContextVariables first have with ResolvedRefs.
const (
	// ContextVariableReasonResolvedRefs is used with ResolvedRefs when all that the object names exists and fits.
	ContextVariableReasonResolvedRefs ContextVariableConditionReason = "ResolvedRefs"
	// ContextVariableReasonWorkstreamNotFound is used with ResolvedRefs when there is no Workstream of the name in
	// workstreamRef.
	ContextVariableReasonWorkstreamNotFound ContextVariableConditionReason = "WorkstreamNotFound"
)

// ContextVariableConditionProgrammed is True when every ready replica of the distributor runs a plan that holds
// this generation, False when one does not, and Unknown until the controller has looked.
//
// Reasons of True: Programmed.
// Reasons of False: NotInPlan, NotAcknowledged, Refused.
// Reasons of Unknown: Pending.
const ContextVariableConditionProgrammed ContextVariableConditionType = "Programmed"

// The reasons that ContextVariables first have with Programmed.
const (
	// ContextVariableReasonProgrammed is used with Programmed when every ready replica of the distributor has
	// acknowledged a plan that holds this generation.
	ContextVariableReasonProgrammed ContextVariableConditionReason = "Programmed"
	// ContextVariableReasonNotInPlan is used with Programmed when the plan does not hold the variable: Accepted or
	// ResolvedRefs is False, or its Workstream is in the plan with an earlier revision or not at all.
	ContextVariableReasonNotInPlan ContextVariableConditionReason = "NotInPlan"
	// ContextVariableReasonNotAcknowledged is used with Programmed when the plan holds this generation, and not
	// every replica has acknowledged it yet.
	ContextVariableReasonNotAcknowledged ContextVariableConditionReason = "NotAcknowledged"
	// ContextVariableReasonRefused is used with Programmed when a replica refused the plan; the message has its
	// words, and it keeps running the plan before.
	ContextVariableReasonRefused ContextVariableConditionReason = "Refused"
)

// ContextVariableConditionTerminating is True while the object is being deleted and others need it. The variable stays in the
// plan until nothing does. Objects that are not being deleted do not have the condition.
//
// Reasons of True: InUse.
const ContextVariableConditionTerminating ContextVariableConditionType = "Terminating"

// The reasons that ContextVariables first have with Terminating.
const (
	// ContextVariableReasonInUse is used with Terminating when other objects need the variable; the message names them.
	ContextVariableReasonInUse ContextVariableConditionReason = "InUse"
)
