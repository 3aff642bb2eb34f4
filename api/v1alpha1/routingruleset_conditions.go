// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// RoutingRulesetConditionType is a condition of a RoutingRuleset.
type RoutingRulesetConditionType string

// RoutingRulesetConditionReason is why a condition of a RoutingRuleset has its status.
type RoutingRulesetConditionReason string

// RoutingRulesetConditionAccepted is True when the object alone is sound, False when it is not, and Unknown
// until the controller has looked.
//
// Reasons of True: Accepted.
// Reasons of False: Invalid, TestFailed.
// Reasons of Unknown: Pending.
const RoutingRulesetConditionAccepted RoutingRulesetConditionType = "Accepted"

// The reasons that RoutingRulesets first have with Accepted.
const (
	// RoutingRulesetReasonAccepted is used with Accepted when the object alone is sound.
	RoutingRulesetReasonAccepted RoutingRulesetConditionReason = "Accepted"
	// RoutingRulesetReasonInvalid is used with Accepted when a rule cannot be read; the message has the path to it.
	// Workstreams that use the ruleset keep their last good revision.
	RoutingRulesetReasonInvalid RoutingRulesetConditionReason = "Invalid"
	// RoutingRulesetReasonTestFailed is used with Accepted when the rules can be read and do not what a test in spec.tests
	// says; the message has the test, what it expects and what came out. Workstreams that use the ruleset keep their last
	// good revision.
	RoutingRulesetReasonTestFailed RoutingRulesetConditionReason = "TestFailed"
	// RoutingRulesetReasonPending is used with Accepted, ResolvedRefs and Programmed when the controller has not yet
	// looked at this generation.
	RoutingRulesetReasonPending RoutingRulesetConditionReason = "Pending"
)

// RoutingRulesetConditionResolvedRefs is True when all that the object names exists and fits, False when
// something is missing or does not fit, and Unknown until the controller has looked. It is judged for every
// Workstream that uses the ruleset.
//
// Reasons of True: ResolvedRefs.
// Reasons of False: QueueNotFound, CapacityProfileNotFound, OperatingHoursNotFound, OperatingHoursNotAccepted,
// VariableNotDeclared, TypeMismatch.
// Reasons of Unknown: Pending.
const RoutingRulesetConditionResolvedRefs RoutingRulesetConditionType = "ResolvedRefs"

// The reasons that RoutingRulesets first have with ResolvedRefs.
const (
	// RoutingRulesetReasonResolvedRefs is used with ResolvedRefs when all that the object names exists and fits.
	RoutingRulesetReasonResolvedRefs RoutingRulesetConditionReason = "ResolvedRefs"
	// RoutingRulesetReasonQueueNotFound is used with ResolvedRefs when there is no Queue of a name that a rule
	// routes to.
	RoutingRulesetReasonQueueNotFound RoutingRulesetConditionReason = "QueueNotFound"
	// RoutingRulesetReasonCapacityProfileNotFound is used with ResolvedRefs when there is no CapacityProfile of a name
	// that a rule asks for.
	RoutingRulesetReasonCapacityProfileNotFound RoutingRulesetConditionReason = "CapacityProfileNotFound"
	// RoutingRulesetReasonOperatingHoursNotFound is used with ResolvedRefs when there are no OperatingHours of a name
	// that a condition asks.
	RoutingRulesetReasonOperatingHoursNotFound RoutingRulesetConditionReason = "OperatingHoursNotFound"
	// RoutingRulesetReasonOperatingHoursNotAccepted is used with ResolvedRefs when the OperatingHours that a condition
	// asks are not accepted.
	RoutingRulesetReasonOperatingHoursNotAccepted RoutingRulesetConditionReason = "OperatingHoursNotAccepted"
	// RoutingRulesetReasonVariableNotDeclared is used with ResolvedRefs when a rule asks for or sets a context variable
	// that a Workstream which uses the ruleset does not have.
	RoutingRulesetReasonVariableNotDeclared RoutingRulesetConditionReason = "VariableNotDeclared"
	// RoutingRulesetReasonTypeMismatch is used with ResolvedRefs when a rule routes to a Queue of another type than
	// a Workstream which uses the ruleset, or uses one of its variables in a way that the type does not allow.
	RoutingRulesetReasonTypeMismatch RoutingRulesetConditionReason = "TypeMismatch"
)

// RoutingRulesetConditionProgrammed is True when every ready replica of the distributor runs a plan that holds
// this generation, False when one does not, and Unknown until the controller has looked.
//
// Reasons of True: Programmed.
// Reasons of False: NotInPlan, NotAcknowledged, Refused.
// Reasons of Unknown: Pending.
const RoutingRulesetConditionProgrammed RoutingRulesetConditionType = "Programmed"

// The reasons that RoutingRulesets first have with Programmed.
const (
	// RoutingRulesetReasonProgrammed is used with Programmed when every ready replica of the distributor has
	// acknowledged a plan that holds this generation.
	RoutingRulesetReasonProgrammed RoutingRulesetConditionReason = "Programmed"
	// RoutingRulesetReasonNotInPlan is used with Programmed when the plan does not hold these rules: Accepted or
	// ResolvedRefs is False, no Workstream uses the ruleset, or one that does is in the plan with an earlier
	// revision or not at all.
	RoutingRulesetReasonNotInPlan RoutingRulesetConditionReason = "NotInPlan"
	// RoutingRulesetReasonNotAcknowledged is used with Programmed when the plan holds this generation, and not every
	// replica has acknowledged it yet.
	RoutingRulesetReasonNotAcknowledged RoutingRulesetConditionReason = "NotAcknowledged"
	// RoutingRulesetReasonRefused is used with Programmed when a replica refused the plan; the message has its
	// words, and it keeps running the plan before.
	RoutingRulesetReasonRefused RoutingRulesetConditionReason = "Refused"
)

// RoutingRulesetConditionTerminating is True while the object is being deleted and others need it. The ruleset stays in the
// plan until nothing does. Objects that are not being deleted do not have the condition.
//
// Reasons of True: InUse.
const RoutingRulesetConditionTerminating RoutingRulesetConditionType = "Terminating"

// The reasons that RoutingRulesets first have with Terminating.
const (
	// RoutingRulesetReasonInUse is used with Terminating when other objects need the ruleset; the message names them.
	RoutingRulesetReasonInUse RoutingRulesetConditionReason = "InUse"
)
