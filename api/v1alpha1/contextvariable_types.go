// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ContextVariableSpec is a named, typed attribute of a workstream's items.
type ContextVariableSpec struct {
	// workstreamRef is the Workstream whose items have the variable.
	// +required
	WorkstreamRef WorkstreamReference `json:"workstreamRef"`

	// name is how rules and channels call it: a variable tier is context.tier in a rule. It is unique in its workstream:
	// where two ContextVariables have the same one, the older keeps it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:Pattern=`^[A-Za-z_][A-Za-z0-9_-]*$`
	Name string `json:"name"`

	// displayName is what people call the variable. Unset, they see its name.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	DisplayName string `json:"displayName,omitempty"`

	// type is what its values are. A value of another type is dropped when it arrives; its item is kept.
	//
	// - Text: a text, compared by the text operators.
	// - Number: a number, compared by the number operators.
	// +required
	Type VariableType `json:"type"`
}

// VariableType is what the values of a variable are.
// +kubebuilder:validation:Enum=Text;Number
type VariableType string

// The types of variables.
const (
	// VariableText is texts.
	VariableText VariableType = "Text"
	// VariableNumber is numbers.
	VariableNumber VariableType = "Number"
)

// ContextVariableStatus is what the operator made of a ContextVariable.
type ContextVariableStatus struct {
	// conditions say whether the object is sound by itself (Accepted), all that it names exists and fits (ResolvedRefs),
	// and the running plan has it as it is now (Programmed); while it is being deleted and in use, also who needs it
	// (Terminating).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// ContextVariable is a named, typed attribute of a workstream's items, for rules to ask for: tier is context.tier in a rule.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cv,categories=routing
// +kubebuilder:printcolumn:name="Workstream",type=string,JSONPath=`.spec.workstreamRef.name`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Variable",type=string,JSONPath=`.spec.name`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Programmed")].reason`
// +kubebuilder:printcolumn:name="Display name",type=string,priority=1,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ContextVariable struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the variable and the workstream whose items have it.
	// +required
	Spec ContextVariableSpec `json:"spec"`

	// status is what the operator made of it.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Accepted", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "ResolvedRefs", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "Programmed", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status ContextVariableStatus `json:"status,omitempty"`
}

// GetConditions returns the conditions in the status.
func (v *ContextVariable) GetConditions() []metav1.Condition { return v.Status.Conditions }

// SetConditions replaces the conditions in the status.
func (v *ContextVariable) SetConditions(conditions []metav1.Condition) {
	v.Status.Conditions = conditions
}

// ContextVariableList is a list of ContextVariables.
// +kubebuilder:object:root=true
type ContextVariableList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ContextVariable `json:"items"`
}

func init() {
	objectTypes = append(objectTypes, &ContextVariable{}, &ContextVariableList{})
}
