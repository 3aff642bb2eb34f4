// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// ObjectName is the name of an object in the same namespace.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
type ObjectName string

// WorkstreamReference names a Workstream in the same namespace.
type WorkstreamReference struct {
	// name is the name of the Workstream.
	// +required
	Name ObjectName `json:"name"`
}

// QueueReference names a Queue in the same namespace.
type QueueReference struct {
	// name is the name of the Queue.
	// +required
	Name ObjectName `json:"name"`
}

// CapacityProfileReference names a CapacityProfile in the same namespace.
type CapacityProfileReference struct {
	// name is the name of the CapacityProfile.
	// +required
	Name ObjectName `json:"name"`
}

// OperatingHoursReference names OperatingHours in the same namespace.
type OperatingHoursReference struct {
	// name is the name of the OperatingHours.
	// +required
	Name ObjectName `json:"name"`
}

// SecretReference names a Secret in the same namespace.
type SecretReference struct {
	// name is the name of the Secret.
	// +required
	Name ObjectName `json:"name"`
}

// JWKSSecretReference names a key of a Secret in the same namespace.
type JWKSSecretReference struct {
	// name is the name of the Secret.
	// +required
	Name ObjectName `json:"name"`

	// key is the key in the Secret whose value is a JSON Web Key Set. Unset, it is jwks.json.
	// +optional
	// +kubebuilder:default="jwks.json"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key,omitempty"`
}
