// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// DistributorConditionType is a condition of a Distributor.
type DistributorConditionType string

// DistributorConditionReason is why a condition of a Distributor has its status.
type DistributorConditionReason string

// DistributorConditionAccepted is True when the object alone is sound and claims nothing that an older one has,
// False when not, and Unknown until the controller has looked.
//
// Reasons of True: Accepted.
// Reasons of False: Conflict.
// Reasons of Unknown: Pending.
const DistributorConditionAccepted DistributorConditionType = "Accepted"

// The reasons that Distributors first have with Accepted.
const (
	// DistributorReasonAccepted is used with Accepted when the object alone is sound.
	DistributorReasonAccepted DistributorConditionReason = "Accepted"
	// DistributorReasonConflict is used with Accepted when an older Distributor serves the namespace; the message
	// names it.
	DistributorReasonConflict DistributorConditionReason = "Conflict"
	// DistributorReasonPending is used with Accepted, ResolvedRefs, Programmed and Available when the controller has
	// not yet looked at this generation.
	DistributorReasonPending DistributorConditionReason = "Pending"
)

// DistributorConditionResolvedRefs is True when all that the object names exists and fits, False when something
// is missing or does not fit, and Unknown until the controller has looked. Issuers whose keys exist are accepted
// meanwhile.
//
// Reasons of True: ResolvedRefs.
// Reasons of False: SecretNotFound.
// Reasons of Unknown: Pending.
const DistributorConditionResolvedRefs DistributorConditionType = "ResolvedRefs"

// The reasons that Distributors first have with ResolvedRefs.
const (
	// DistributorReasonResolvedRefs is used with ResolvedRefs when all that the object names exists and fits.
	DistributorReasonResolvedRefs DistributorConditionReason = "ResolvedRefs"
	// DistributorReasonSecretNotFound is used with ResolvedRefs when there is no Secret of the name in a
	// jwksSecretRef, or it has not that key.
	DistributorReasonSecretNotFound DistributorConditionReason = "SecretNotFound"
)

// DistributorConditionProgrammed is True when every ready replica of the distributor runs a plan that holds this
// generation, False when one does not, and Unknown until the controller has looked.
//
// Reasons of True: Programmed.
// Reasons of False: NotInPlan, CredentialsPending, NotAcknowledged, Refused.
// Reasons of Unknown: Pending.
const DistributorConditionProgrammed DistributorConditionType = "Programmed"

// The reasons that Distributors first have with Programmed.
const (
	// DistributorReasonProgrammed is used with Programmed when every ready replica of the distributor has
	// acknowledged a plan that holds this generation.
	DistributorReasonProgrammed DistributorConditionReason = "Programmed"
	// DistributorReasonNotInPlan is used with Programmed when the plan does not hold these settings: Accepted is
	// False, or an issuer is left out because ResolvedRefs is False.
	DistributorReasonNotInPlan DistributorConditionReason = "NotInPlan"
	// DistributorReasonCredentialsPending is used with Programmed when the distributor does not have the credentials
	// yet; it follows within seconds.
	DistributorReasonCredentialsPending DistributorConditionReason = "CredentialsPending"
	// DistributorReasonNotAcknowledged is used with Programmed when the plan holds this generation, and not every
	// replica has acknowledged it yet.
	DistributorReasonNotAcknowledged DistributorConditionReason = "NotAcknowledged"
	// DistributorReasonRefused is used with Programmed when a replica refused the plan; the message has its words,
	// and it keeps running the plan before.
	DistributorReasonRefused DistributorConditionReason = "Refused"
)

// DistributorConditionAvailable is True when a replica is ready to take and serve work, False when none is, and
// Unknown until the controller has looked.
//
// Reasons of True: Available.
// Reasons of False: ReplicasNotReady, NotServing.
// Reasons of Unknown: Pending.
const DistributorConditionAvailable DistributorConditionType = "Available"

// The reasons that Distributors first have with Available.
const (
	// DistributorReasonAvailable is used with Available when a replica is ready.
	DistributorReasonAvailable DistributorConditionReason = "Available"
	// DistributorReasonReplicasNotReady is used with Available when no replica is ready; the message says what is
	// known of them.
	DistributorReasonReplicasNotReady DistributorConditionReason = "ReplicasNotReady"
	// DistributorReasonNotServing is used with Available when the distributor is not deployed, because Accepted is
	// False.
	DistributorReasonNotServing DistributorConditionReason = "NotServing"
)
