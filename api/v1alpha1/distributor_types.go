// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// DistributorSpec is the pods that distribute a namespace's work. A namespace has one Distributor; one called default is
// made when there are Workstreams and none.
type DistributorSpec struct {
	// storage is where items and conversations are kept. Unset, it is a volume of 10Gi of the cluster's default storage
	// class. It cannot be changed.
	// +optional
	// +kubebuilder:default={embedded: {}}
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.storage is immutable: the volume exists already"
	Storage *DistributorStorage `json:"storage,omitempty"`

	// auth is whose tokens are accepted. Unset, nobody's: webhooks arrive, and no agent can take them.
	// +optional
	Auth *DistributorAuth `json:"auth,omitempty"`

	// presences are presences of your own that agents can choose, besides Available, Busy, DoNotDisturb, Away and
	// Offline. Unset, none.
	// +optional
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:XValidation:rule="self.all(p, !(p.name in ['Available', 'Busy', 'DoNotDisturb', 'Away', 'Offline', 'Inactive']))",message="spec.presences[].name must not be Available, Busy, DoNotDisturb, Away, Offline or Inactive: these exist already"
	// +listType=map
	// +listMapKey=name
	Presences []CustomPresence `json:"presences,omitempty"`

	// presenceRules are which presence an agent gets who does not take an offer. Unset, none.
	// +optional
	PresenceRules *PresenceRules `json:"presenceRules,omitempty"`
}

// CustomPresence is a presence of your own.
type CustomPresence struct {
	// name is what agents choose, such as Lunch.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[^ \t\r\n]([^\t\r\n]*[^ \t\r\n])?$`
	Name string `json:"name"`

	// base is what it counts as wherever a presence matters, such as in the allowed presences of a Workstream.
	//
	// - Available: ready.
	// - Busy: working, and able to take more.
	// - DoNotDisturb: to be left alone.
	// - Away: not at the desk.
	// - Offline: not at work.
	// +required
	Base PresenceBase `json:"base"`
}

// PresenceBase is what a presence of your own counts as.
// +kubebuilder:validation:Enum=Available;Busy;DoNotDisturb;Away;Offline
type PresenceBase string

// PresenceRules are which presence an agent gets who does not take an offer of a conversation. A rule does nothing for
// conversations whose Workstream allows the presence that it would set.
type PresenceRules struct {
	// onMissedOffer is what becomes of an agent who lets an offer expire. Unset, it is None.
	//
	// - None: nothing.
	// - Inactive: they become Inactive, which counts as Away, until they choose another presence.
	// +optional
	// +kubebuilder:default=None
	OnMissedOffer MissedOfferRule `json:"onMissedOffer,omitempty"`

	// onDeclinedOffer is what becomes of an agent who declines an offer. Unset, it is None.
	//
	// - None: nothing.
	// - DoNotDisturb: they become DoNotDisturb, until they choose another presence.
	// +optional
	// +kubebuilder:default=None
	OnDeclinedOffer DeclinedOfferRule `json:"onDeclinedOffer,omitempty"`
}

// MissedOfferRule is what becomes of an agent who lets an offer expire.
// +kubebuilder:validation:Enum=None;Inactive
type MissedOfferRule string

// MissedOfferInactive has the agent become Inactive.
const MissedOfferInactive MissedOfferRule = "Inactive"

// DeclinedOfferRule is what becomes of an agent who declines an offer.
// +kubebuilder:validation:Enum=None;DoNotDisturb
type DeclinedOfferRule string

// DeclinedOfferDoNotDisturb has the agent become DoNotDisturb.
const DeclinedOfferDoNotDisturb DeclinedOfferRule = "DoNotDisturb"

// DistributorStorage is where items and conversations are kept.
type DistributorStorage struct {
	// embedded is a journal on a volume of the distributor's own.
	// +required
	Embedded EmbeddedStorage `json:"embedded"`
}

// EmbeddedStorage is a journal on a volume of the distributor's own.
type EmbeddedStorage struct {
	// size is the size of the volume, at least 64Mi, such as 10Gi. Unset, it is 10Gi.
	// +optional
	// +kubebuilder:default="10Gi"
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:Pattern=`^[1-9][0-9]{0,5}(Mi|Gi|Ti)$`
	// +kubebuilder:validation:XValidation:rule="!quantity(self).isLessThan(quantity('64Mi'))",message="spec.storage.embedded.size must be at least 64Mi"
	Size string `json:"size,omitempty"`

	// storageClassName is the StorageClass of the volume. Unset, it is the cluster's default.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	StorageClassName string `json:"storageClassName,omitempty"`
}

// DistributorAuth is whose tokens are accepted.
type DistributorAuth struct {
	// jwt are the issuers whose JSON Web Tokens are accepted.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=issuer
	JWT []JWTIssuer `json:"jwt,omitempty"`
}

// JWTIssuer is an issuer of JSON Web Tokens.
// +kubebuilder:validation:XValidation:rule="has(self.jwksURL) || has(self.jwksSecretRef)",message="one of spec.auth.jwt[].jwksURL and jwksSecretRef is required"
// +kubebuilder:validation:XValidation:rule="!has(self.jwksURL) || !has(self.jwksSecretRef)",message="only one of spec.auth.jwt[].jwksURL and jwksSecretRef may be set"
type JWTIssuer struct {
	// issuer is the claim `iss` of the tokens, such as https://login.contoso.com.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Issuer string `json:"issuer"`

	// audiences are what the claim `aud` of the tokens must have at least one of.
	// +required
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	// +listType=set
	Audiences []string `json:"audiences"`

	// jwksURL is where the issuer publishes its keys as a JSON Web Key Set, an https URL. Exactly one of jwksURL and
	// jwksSecretRef is set.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() != ''",message="spec.auth.jwt[].jwksURL must be an https URL with a host"
	JWKSURL string `json:"jwksURL,omitempty"`

	// jwksSecretRef is the Secret that has the issuer's keys as a JSON Web Key Set, for issuers that the distributor
	// cannot reach. Exactly one of jwksURL and jwksSecretRef is set.
	// +optional
	JWKSSecretRef *JWKSSecretReference `json:"jwksSecretRef,omitempty"`

	// rolesClaim is the claim that lists roles for callers, a list of texts: Supervisor and Integration count, Agent only
	// ever comes from an Agent object. Unset, it is roles.
	// +optional
	// +kubebuilder:default=roles
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	RolesClaim string `json:"rolesClaim,omitempty"`
}

// DistributorStatus is what the operator made of a Distributor, and what its replicas report.
type DistributorStatus struct {
	// conditions say whether the object is sound by itself (Accepted), all that it names exists and fits (ResolvedRefs),
	// its pods run the plan with it as it is now (Programmed), and one of them serves (Available).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// version is the version of the namespace's current plan, a hash of its content.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version,omitempty"`

	// apiService is the Service at which channels, agents and supervisors reach the distributor.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	APIService string `json:"apiService,omitempty"`

	// replicas are the distributor's pods and the plan that each of them runs.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	Replicas []DistributorReplica `json:"replicas,omitempty"`
}

// DistributorReplica is one pod of a distributor.
type DistributorReplica struct {
	// name is the name of the pod.
	// +required
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// version is the version of the plan that it runs. It is empty until it runs one.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version,omitempty"`

	// refused is why it did not take the current plan. It is empty when there is nothing to refuse.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Refused string `json:"refused,omitempty"`
}

// Distributor is the pods that distribute a namespace's work, their storage and their authentication. A namespace has one;
// one called default is made when there is a Workstream and no Distributor.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=dist,categories=routing
// +kubebuilder:printcolumn:name="Available",type=string,JSONPath=`.status.conditions[?(@.type=="Available")].status`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Plan",type=string,JSONPath=`.status.version`
// +kubebuilder:printcolumn:name="Service",type=string,JSONPath=`.status.apiService`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Programmed")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$')",message="metadata.name must have at most 40 characters, only lower case letters, digits and dashes: pods and a Service are named after it"
type Distributor struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the pods, their storage and their authentication. Unset, all of it has its defaults.
	// +optional
	// +kubebuilder:default={}
	Spec DistributorSpec `json:"spec,omitempty"`

	// status is what the operator made of it.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Accepted", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "ResolvedRefs", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "Programmed", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "Available", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status DistributorStatus `json:"status,omitempty"`
}

// GetConditions returns the conditions in the status.
func (d *Distributor) GetConditions() []metav1.Condition { return d.Status.Conditions }

// SetConditions replaces the conditions in the status.
func (d *Distributor) SetConditions(conditions []metav1.Condition) { d.Status.Conditions = conditions }

// DistributorList is a list of Distributors.
// +kubebuilder:object:root=true
type DistributorList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Distributor `json:"items"`
}

func init() {
	objectTypes = append(objectTypes, &Distributor{}, &DistributorList{})
}
