// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Labels on objects that the operator makes.
const (
	// LabelWorkstream names the Workstream that a ControllerRevision belongs to.
	LabelWorkstream = GroupName + "/workstream"
	// LabelDistributor names the Distributor that a workload object belongs to.
	LabelDistributor = GroupName + "/distributor"
)

// FinalizerInUse keeps a Queue, RoutingRuleset, ContextVariable, CapacityProfile or OperatingHours that is being deleted
// until no other object needs it. While it is there, the object counts as there.
const FinalizerInUse = GroupName + "/in-use"
