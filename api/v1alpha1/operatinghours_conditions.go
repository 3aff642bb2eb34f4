// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// OperatingHoursConditionType is a condition of OperatingHours.
type OperatingHoursConditionType string

// OperatingHoursConditionReason is why a condition of OperatingHours has its status.
type OperatingHoursConditionReason string

// OperatingHoursConditionAccepted is True when the object alone is sound, False when it is not, and Unknown
// until the controller has looked.
//
// Reasons of True: Accepted.
// Reasons of False: Invalid.
// Reasons of Unknown: Pending.
const OperatingHoursConditionAccepted OperatingHoursConditionType = "Accepted"

// The reasons that OperatingHours first have with Accepted.
const (
	// OperatingHoursReasonAccepted is used with Accepted when the object alone is sound.
	OperatingHoursReasonAccepted OperatingHoursConditionReason = "Accepted"
	// OperatingHoursReasonInvalid is used with Accepted when the time zone is not known, or a time or date is
	// none; the message names it. Queues that keep these hours go on with the last ones that were good, or are
	// always open.
	OperatingHoursReasonInvalid OperatingHoursConditionReason = "Invalid"
	// OperatingHoursReasonPending is used with Accepted, ResolvedRefs and Programmed when the controller has not
	// yet looked at this generation.
	OperatingHoursReasonPending OperatingHoursConditionReason = "Pending"
)

// OperatingHoursConditionResolvedRefs is True for all OperatingHours that the controller has looked at, because
// they name no other objects, and Unknown until then.
//
// Reasons of True: ResolvedRefs.
// Reasons of Unknown: Pending.
const OperatingHoursConditionResolvedRefs OperatingHoursConditionType = "ResolvedRefs"

// The reasons that OperatingHours first have with ResolvedRefs.
const (
	// OperatingHoursReasonResolvedRefs is used with ResolvedRefs when there is nothing that could be missing: the
	// kind names no other objects.
	OperatingHoursReasonResolvedRefs OperatingHoursConditionReason = "ResolvedRefs"
)

// OperatingHoursConditionProgrammed is True when every ready replica of the distributor runs a plan that holds
// this generation, False when one does not, and Unknown until the controller has looked.
//
// Reasons of True: Programmed.
// Reasons of False: NotInPlan, NotAcknowledged, Refused.
// Reasons of Unknown: Pending.
const OperatingHoursConditionProgrammed OperatingHoursConditionType = "Programmed"

// The reasons that OperatingHours first have with Programmed.
const (
	// OperatingHoursReasonProgrammed is used with Programmed when every ready replica of the distributor has
	// acknowledged a plan that holds this generation.
	OperatingHoursReasonProgrammed OperatingHoursConditionReason = "Programmed"
	// OperatingHoursReasonNotInPlan is used with Programmed when the plan does not hold the calendar, because
	// Accepted is False.
	OperatingHoursReasonNotInPlan OperatingHoursConditionReason = "NotInPlan"
	// OperatingHoursReasonNotAcknowledged is used with Programmed when the plan holds this generation, and not
	// every replica has acknowledged it yet.
	OperatingHoursReasonNotAcknowledged OperatingHoursConditionReason = "NotAcknowledged"
	// OperatingHoursReasonRefused is used with Programmed when a replica refused the plan; the message has its
	// words, and it keeps running the plan before.
	OperatingHoursReasonRefused OperatingHoursConditionReason = "Refused"
)

// OperatingHoursConditionTerminating is True while the object is being deleted and others need it. The calendar stays in the
// plan until nothing does. Objects that are not being deleted do not have the condition.
//
// Reasons of True: InUse.
const OperatingHoursConditionTerminating OperatingHoursConditionType = "Terminating"

// The reasons that OperatingHours first have with Terminating.
const (
	// OperatingHoursReasonInUse is used with Terminating when other objects need the calendar; the message names them.
	OperatingHoursReasonInUse OperatingHoursConditionReason = "InUse"
)
