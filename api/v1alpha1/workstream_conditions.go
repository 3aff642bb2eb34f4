// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// WorkstreamConditionType is a condition of a Workstream.
type WorkstreamConditionType string

// WorkstreamConditionReason is why a condition of a Workstream has its status.
type WorkstreamConditionReason string

// WorkstreamConditionAccepted is True when the object alone is sound, False when it is not, and Unknown until
// the controller has looked.
//
// Reasons of True: Accepted.
// Reasons of False: Invalid.
// Reasons of Unknown: Pending.
const WorkstreamConditionAccepted WorkstreamConditionType = "Accepted"

// The reasons that Workstreams first have with Accepted.
const (
	// WorkstreamReasonAccepted is used with Accepted when the object alone is sound.
	WorkstreamReasonAccepted WorkstreamConditionReason = "Accepted"
	// WorkstreamReasonInvalid is used with Accepted when a field has a value that cannot be used; the message names
	// it. The last good revision stays in the plan.
	WorkstreamReasonInvalid WorkstreamConditionReason = "Invalid"
	// WorkstreamReasonPending is used with Accepted, ResolvedRefs and Programmed when the controller has not yet
	// looked at this generation.
	WorkstreamReasonPending WorkstreamConditionReason = "Pending"
)

// WorkstreamConditionResolvedRefs is True when all that the object names exists and fits, False when something
// is missing or does not fit, and Unknown until the controller has looked. While it is False, the last good
// revision stays in the plan.
//
// Reasons of True: ResolvedRefs.
// Reasons of False: RulesetNotFound, RulesetNotAccepted, QueueNotFound, CapacityProfileNotFound,
// OperatingHoursNotFound, OperatingHoursNotAccepted, VariableNotDeclared, TypeMismatch.
// Reasons of Unknown: Pending.
const WorkstreamConditionResolvedRefs WorkstreamConditionType = "ResolvedRefs"

// The reasons that Workstreams first have with ResolvedRefs.
const (
	// WorkstreamReasonResolvedRefs is used with ResolvedRefs when all that the object names exists and fits.
	WorkstreamReasonResolvedRefs WorkstreamConditionReason = "ResolvedRefs"
	// WorkstreamReasonRulesetNotFound is used with ResolvedRefs when there is no RoutingRuleset of a name in
	// spec.routing.
	WorkstreamReasonRulesetNotFound WorkstreamConditionReason = "RulesetNotFound"
	// WorkstreamReasonRulesetNotAccepted is used with ResolvedRefs when a RoutingRuleset that it names has
	// Accepted=False.
	WorkstreamReasonRulesetNotAccepted WorkstreamConditionReason = "RulesetNotAccepted"
	// WorkstreamReasonQueueNotFound is used with ResolvedRefs when there is no Queue of a name that the workstream
	// or its ruleset routes to.
	WorkstreamReasonQueueNotFound WorkstreamConditionReason = "QueueNotFound"
	// WorkstreamReasonCapacityProfileNotFound is used with ResolvedRefs when there is no CapacityProfile of a name that
	// the workstream or its classification asks for.
	WorkstreamReasonCapacityProfileNotFound WorkstreamConditionReason = "CapacityProfileNotFound"
	// WorkstreamReasonOperatingHoursNotFound is used with ResolvedRefs when there are no OperatingHours of a name that its
	// rules ask.
	WorkstreamReasonOperatingHoursNotFound WorkstreamConditionReason = "OperatingHoursNotFound"
	// WorkstreamReasonOperatingHoursNotAccepted is used with ResolvedRefs when OperatingHours that its rules ask are not
	// accepted.
	WorkstreamReasonOperatingHoursNotAccepted WorkstreamConditionReason = "OperatingHoursNotAccepted"
	// WorkstreamReasonVariableNotDeclared is used with ResolvedRefs when a rule asks for or sets a context variable that
	// no accepted ContextVariable of the workstream declares.
	WorkstreamReasonVariableNotDeclared WorkstreamConditionReason = "VariableNotDeclared"
	// WorkstreamReasonTypeMismatch is used with ResolvedRefs when a Queue has another type than the workstream, a
	// RoutingRuleset has another type than its place asks for, or a rule uses a variable in a way that its type does not
	// allow.
	WorkstreamReasonTypeMismatch WorkstreamConditionReason = "TypeMismatch"
)

// WorkstreamConditionProgrammed is True when every ready replica of the distributor runs a plan that holds this
// generation, False when one does not, and Unknown until the controller has looked.
//
// Reasons of True: Programmed.
// Reasons of False: NotInPlan, NotAcknowledged, Refused.
// Reasons of Unknown: Pending.
const WorkstreamConditionProgrammed WorkstreamConditionType = "Programmed"

// The reasons that Workstreams first have with Programmed.
const (
	// WorkstreamReasonProgrammed is used with Programmed when every ready replica of the distributor has
	// acknowledged a plan that holds this generation.
	WorkstreamReasonProgrammed WorkstreamConditionReason = "Programmed"
	// WorkstreamReasonNotInPlan is used with Programmed when the plan does not hold this generation, because
	// Accepted or ResolvedRefs is False.
	WorkstreamReasonNotInPlan WorkstreamConditionReason = "NotInPlan"
	// WorkstreamReasonNotAcknowledged is used with Programmed when the plan holds this generation, and not every
	// replica has acknowledged it yet.
	WorkstreamReasonNotAcknowledged WorkstreamConditionReason = "NotAcknowledged"
	// WorkstreamReasonRefused is used with Programmed when a replica refused the plan; the message has its words,
	// and it keeps running the plan before.
	WorkstreamReasonRefused WorkstreamConditionReason = "Refused"
)
