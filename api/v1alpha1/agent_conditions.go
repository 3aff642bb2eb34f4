// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// AgentConditionType is a condition of an Agent.
type AgentConditionType string

// AgentConditionReason is why a condition of an Agent has its status.
type AgentConditionReason string

// AgentConditionAccepted is True when the object alone is sound and claims nothing that an older one has, False
// when not, and Unknown until the controller has looked. Whose subject an older one has is not in the plan; whose time
// zone is not known is, with that of UTC.
//
// Reasons of True: Accepted.
// Reasons of False: Conflict, Invalid.
// Reasons of Unknown: Pending.
const AgentConditionAccepted AgentConditionType = "Accepted"

// The reasons that Agents first have with Accepted.
const (
	// AgentReasonAccepted is used with Accepted when the object alone is sound.
	AgentReasonAccepted AgentConditionReason = "Accepted"
	// AgentReasonConflict is used with Accepted when an older Agent has the same subject and issuer; the message
	// names it.
	AgentReasonConflict AgentConditionReason = "Conflict"
	// AgentReasonInvalid is used with Accepted when the time zone is not known.
	AgentReasonInvalid AgentConditionReason = "Invalid"
	// AgentReasonPending is used with Accepted, ResolvedRefs and Programmed when the controller has not yet looked
	// at this generation.
	AgentReasonPending AgentConditionReason = "Pending"
)

// AgentConditionResolvedRefs is True when all that the object names exists and fits, False when something is
// missing or does not fit, and Unknown until the controller has looked. The agent serves the queues and
// has slots of the capacity profiles that do exist.
//
// Reasons of True: ResolvedRefs.
// Reasons of False: QueueNotFound, CapacityProfileNotFound.
// Reasons of Unknown: Pending.
const AgentConditionResolvedRefs AgentConditionType = "ResolvedRefs"

// The reasons that Agents first have with ResolvedRefs.
const (
	// AgentReasonResolvedRefs is used with ResolvedRefs when all that the object names exists and fits.
	AgentReasonResolvedRefs AgentConditionReason = "ResolvedRefs"
	// AgentReasonQueueNotFound is used with ResolvedRefs when there is no Queue of a name in queueRefs; the agent
	// serves the others.
	AgentReasonQueueNotFound AgentConditionReason = "QueueNotFound"
	// AgentReasonCapacityProfileNotFound is used with ResolvedRefs when there is no CapacityProfile of a name in
	// capacity.profiles; the agent has slots of the others.
	AgentReasonCapacityProfileNotFound AgentConditionReason = "CapacityProfileNotFound"
)

// AgentConditionProgrammed is True when every ready replica of the distributor runs a plan that holds this
// generation, False when one does not, and Unknown until the controller has looked.
//
// Reasons of True: Programmed.
// Reasons of False: NotInPlan, NotAcknowledged, Refused.
// Reasons of Unknown: Pending.
const AgentConditionProgrammed AgentConditionType = "Programmed"

// The reasons that Agents first have with Programmed.
const (
	// AgentReasonProgrammed is used with Programmed when every ready replica of the distributor has acknowledged a
	// plan that holds this generation.
	AgentReasonProgrammed AgentConditionReason = "Programmed"
	// AgentReasonNotInPlan is used with Programmed when the plan does not hold the agent as it is written, because
	// Accepted or ResolvedRefs is False.
	AgentReasonNotInPlan AgentConditionReason = "NotInPlan"
	// AgentReasonNotAcknowledged is used with Programmed when the plan holds this generation, and not every replica
	// has acknowledged it yet.
	AgentReasonNotAcknowledged AgentConditionReason = "NotAcknowledged"
	// AgentReasonRefused is used with Programmed when a replica refused the plan; the message has its words, and it
	// keeps running the plan before.
	AgentReasonRefused AgentConditionReason = "Refused"
)
