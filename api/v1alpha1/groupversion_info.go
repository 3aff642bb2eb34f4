// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of all kinds here.
const GroupName = "routing.workstream.dev"

// The names of the kinds.
const (
	KindWorkstream      = "Workstream"
	KindChannel         = "Channel"
	KindContextVariable = "ContextVariable"
	KindRoutingRuleset  = "RoutingRuleset"
	KindQueue           = "Queue"
	KindAgent           = "Agent"
	KindCapacityProfile = "CapacityProfile"
	KindOperatingHours  = "OperatingHours"
	KindDistributor     = "Distributor"
)

var (
	// GroupVersion is the group and version of all kinds here.
	GroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

	// AddToScheme adds all kinds to a scheme. It is apimachinery's builder, so that whoever imports the API does not
	// import controller-runtime with it.
	AddToScheme = schemeBuilder.AddToScheme

	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// objectTypes is filled by the init function of each kind.
	objectTypes []runtime.Object
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, objectTypes...)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
