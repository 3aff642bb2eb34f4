// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ChannelSpec is one place where customers are met, and the workstream that handles what arrives there.
// +kubebuilder:validation:XValidation:rule="self.type != 'Custom' || has(self.custom)",message="spec.custom is required when spec.type is Custom"
type ChannelSpec struct {
	// workstreamRef is the Workstream that handles the channel's conversations. Several channels may share one.
	// +required
	WorkstreamRef WorkstreamReference `json:"workstreamRef"`

	// type is the kind of channel. It MUST be the workstream's channelType, and cannot be changed.
	//
	// - Custom: a channel of your own, by signed webhooks in both directions. `custom` is required.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.type is immutable: create another Channel"
	Type ChannelType `json:"type"`

	// custom are the settings of a channel of type Custom.
	// +optional
	Custom *CustomChannel `json:"custom,omitempty"`
}

// CustomChannel is a channel of the user's own. Messages arrive as webhooks signed after the Standard Webhooks
// specification, and leave the same way.
type CustomChannel struct {
	// address is the last part of the path at which webhooks arrive. Unset, it is the name of the Channel. It is unique
	// in the namespace: where two Channels have the same one, the older keeps it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Address string `json:"address,omitempty"`

	// credentialsSecretRef is the Secret whose key signingSecret signs the webhooks of both directions: whsec_ with 24 to
	// 64 bytes in base64. While one secret replaces another there may be several, the newest first, with spaces between.
	// +required
	CredentialsSecretRef SecretReference `json:"credentialsSecretRef"`

	// callbackURL is where messages of agents are sent, an http or https URL. Unset, they are not sent, only kept in the
	// conversation.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != ''",message="spec.custom.callbackURL must be an http or https URL with a host"
	CallbackURL string `json:"callbackURL,omitempty"`
}

// SigningSecretKey is the key of a Custom channel's Secret.
const SigningSecretKey = "signingSecret"

// ChannelStatus is what the operator made of a Channel.
type ChannelStatus struct {
	// conditions say whether the object is sound by itself (Accepted), all that it names exists and fits (ResolvedRefs),
	// and the running plan has it as it is now (Programmed).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// webhookPath is the path at which the distributor takes the channel's webhooks.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	WebhookPath string `json:"webhookPath,omitempty"`
}

// Channel is one channel instance, such as a website or a phone number, bound to a workstream.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=chan,categories=routing
// +kubebuilder:printcolumn:name="Workstream",type=string,JSONPath=`.spec.workstreamRef.name`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Webhook path",type=string,JSONPath=`.status.webhookPath`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Programmed")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="!has(self.spec.custom) || has(self.spec.custom.address) || self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$')",message="spec.custom.address is required when metadata.name is no DNS label: it has a dot or more than 63 characters"
type Channel struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the channel and the workstream that handles it.
	// +required
	Spec ChannelSpec `json:"spec"`

	// status is what the operator made of it.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Accepted", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "ResolvedRefs", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "Programmed", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status ChannelStatus `json:"status,omitempty"`
}

// GetConditions returns the conditions in the status.
func (c *Channel) GetConditions() []metav1.Condition { return c.Status.Conditions }

// SetConditions replaces the conditions in the status.
func (c *Channel) SetConditions(conditions []metav1.Condition) { c.Status.Conditions = conditions }

// ChannelList is a list of Channels.
// +kubebuilder:object:root=true
type ChannelList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Channel `json:"items"`
}

func init() {
	objectTypes = append(objectTypes, &Channel{}, &ChannelList{})
}
