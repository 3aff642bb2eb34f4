// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// QueueConditionType is a condition of a Queue.
type QueueConditionType string

// QueueConditionReason is why a condition of a Queue has its status.
type QueueConditionReason string

// QueueConditionAccepted is True when the object alone is sound, False when it is not, and Unknown until the
// controller has looked.
//
// Reasons of True: Accepted.
// Reasons of Unknown: Pending.
const QueueConditionAccepted QueueConditionType = "Accepted"

// The reasons that Queues first have with Accepted.
const (
	// QueueReasonAccepted is used with Accepted when the object alone is sound.
	QueueReasonAccepted QueueConditionReason = "Accepted"
	// QueueReasonPending is used with Accepted, ResolvedRefs and Programmed when the controller has not yet looked
	// at this generation.
	QueueReasonPending QueueConditionReason = "Pending"
)

// QueueConditionResolvedRefs is True for every Queue that the controller has looked at, because a Queue names no
// other objects, and Unknown until then.
//
// Reasons of True: ResolvedRefs.
// Reasons of Unknown: Pending.
const QueueConditionResolvedRefs QueueConditionType = "ResolvedRefs"

// The reasons that Queues first have with ResolvedRefs.
const (
	// QueueReasonResolvedRefs is used with ResolvedRefs when there is nothing that could be missing: the kind names
	// no other objects.
	QueueReasonResolvedRefs QueueConditionReason = "ResolvedRefs"
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
	// QueueReasonNotInPlan is used with Programmed when the plan does not hold the queue.
	QueueReasonNotInPlan QueueConditionReason = "NotInPlan"
	// QueueReasonNotAcknowledged is used with Programmed when the plan holds this generation, and not every replica
	// has acknowledged it yet.
	QueueReasonNotAcknowledged QueueConditionReason = "NotAcknowledged"
	// QueueReasonRefused is used with Programmed when a replica refused the plan; the message has its words, and it
	// keeps running the plan before.
	QueueReasonRefused QueueConditionReason = "Refused"
)
