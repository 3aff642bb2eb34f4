// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// QueueConditionType is a condition of a Queue.
type QueueConditionType string

// QueueConditionReason is why a condition of a Queue has its status.
type QueueConditionReason string

// QueueConditionAccepted is True when the object alone is sound, False when it is not, and Unknown until the
// controller has looked. While it is False, the queue is in the plan without what cannot be used.
//
// Reasons of True: Accepted.
// Reasons of False: Invalid.
// Reasons of Unknown: Pending.
const QueueConditionAccepted QueueConditionType = "Accepted"

// The reasons that Queues first have with Accepted.
const (
	// QueueReasonAccepted is used with Accepted when the object alone is sound.
	QueueReasonAccepted QueueConditionReason = "Accepted"
	// QueueReasonInvalid is used with Accepted when a field has a value that cannot be used; the message names it.
	QueueReasonInvalid QueueConditionReason = "Invalid"
	// QueueReasonPending is used with Accepted, ResolvedRefs and Programmed when the controller has not yet looked
	// at this generation.
	QueueReasonPending QueueConditionReason = "Pending"
)

// QueueConditionResolvedRefs is True when all that the object names exists and fits, False when something is
// missing or does not fit, and Unknown until the controller has looked. While it is False, the queue is in the plan
// without the rules of overflow that cannot be used, and keeps the last hours that were good, or none.
//
// Reasons of True: ResolvedRefs, NoAgents.
// Reasons of False: OperatingHoursNotFound, OperatingHoursNotAccepted, QueueNotFound, TypeMismatch, OverflowCycle.
// Reasons of Unknown: Pending.
const QueueConditionResolvedRefs QueueConditionType = "ResolvedRefs"

// The reasons that Queues first have with ResolvedRefs.
const (
	// QueueReasonResolvedRefs is used with ResolvedRefs when all that the object names exists and fits.
	QueueReasonResolvedRefs QueueConditionReason = "ResolvedRefs"
	// QueueReasonNoAgents is used with ResolvedRefs, which is True, when no Agent serves the queue: items wait there,
	// and its rules of overflow apply.
	QueueReasonNoAgents QueueConditionReason = "NoAgents"
	// QueueReasonOperatingHoursNotFound is used with ResolvedRefs when there are no OperatingHours of the name in
	// operatingHoursRef.
	QueueReasonOperatingHoursNotFound QueueConditionReason = "OperatingHoursNotFound"
	// QueueReasonOperatingHoursNotAccepted is used with ResolvedRefs when these OperatingHours have Accepted=False.
	QueueReasonOperatingHoursNotAccepted QueueConditionReason = "OperatingHoursNotAccepted"
	// QueueReasonQueueNotFound is used with ResolvedRefs when there is no Queue of a name in overflow; that rule is
	// left out.
	QueueReasonQueueNotFound QueueConditionReason = "QueueNotFound"
	// QueueReasonTypeMismatch is used with ResolvedRefs when a Queue in overflow has another type; that rule is left
	// out.
	QueueReasonTypeMismatch QueueConditionReason = "TypeMismatch"
	// QueueReasonOverflowCycle is used with ResolvedRefs when items that overflow could come back to this queue; the
	// message names the way. The rules that are part of it are left out.
	QueueReasonOverflowCycle QueueConditionReason = "OverflowCycle"
)

// QueueConditionProgrammed is True when every ready replica of the distributor runs a plan that holds this
// generation, False when one does not, and Unknown until the controller has looked.
//
// Reasons of True: Programmed.
// Reasons of False: NotInPlan, NotAcknowledged, Refused.
// Reasons of Unknown: Pending.
const QueueConditionProgrammed QueueConditionType = "Programmed"

// The reasons that Queues first have with Programmed.
const (
	// QueueReasonProgrammed is used with Programmed when every ready replica of the distributor has acknowledged a
	// plan that holds this generation.
	QueueReasonProgrammed QueueConditionReason = "Programmed"
	// QueueReasonNotInPlan is used with Programmed when the plan does not hold the queue as it is
	// written, because Accepted or ResolvedRefs is False.
	QueueReasonNotInPlan QueueConditionReason = "NotInPlan"
	// QueueReasonNotAcknowledged is used with Programmed when the plan holds this generation, and not every replica
	// has acknowledged it yet.
	QueueReasonNotAcknowledged QueueConditionReason = "NotAcknowledged"
	// QueueReasonRefused is used with Programmed when a replica refused the plan; the message has its words, and it
	// keeps running the plan before.
	QueueReasonRefused QueueConditionReason = "Refused"
)

// QueueConditionTerminating is True while the object is being deleted and others need it. The queue stays in the
// plan until nothing does. Objects that are not being deleted do not have the condition.
//
// Reasons of True: InUse.
const QueueConditionTerminating QueueConditionType = "Terminating"

// The reasons that Queues first have with Terminating.
const (
	// QueueReasonInUse is used with Terminating when other objects need the queue; the message names them.
	QueueReasonInUse QueueConditionReason = "InUse"
)
