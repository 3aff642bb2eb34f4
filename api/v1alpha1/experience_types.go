// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// AgentExperience is what agents are shown with the items of a workstream. Its texts may have placeholders such as
// {customer.name}.
// +kubebuilder:validation:MinProperties=1
type AgentExperience struct {
	// quickReplies are messages that agents have ready. They must not be set when the workstream's type is Record.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +listType=map
	// +listMapKey=title
	// +listMapKey=locale
	QuickReplies []QuickReply `json:"quickReplies,omitempty"`

	// sessionTemplate is how an item is opened at an agent's desk. Unset, that is up to the desk.
	// +optional
	SessionTemplate *SessionTemplate `json:"sessionTemplate,omitempty"`

	// notificationTemplates are how agents are told of an item, one for each scenario. What has none is up to the desk.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	// +listType=map
	// +listMapKey=scenario
	NotificationTemplates []NotificationTemplate `json:"notificationTemplates,omitempty"`
}

// QuickReply is a message that agents have ready.
type QuickReply struct {
	// title is what agents choose it by. It is unique together with locale.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	Title string `json:"title"`

	// locale is the language that it is in, such as fr or fr-CA. Agents see it in conversations of that language.
	// +required
	// +kubebuilder:validation:MaxLength=35
	// +kubebuilder:validation:Pattern=`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`
	Locale string `json:"locale"`

	// message is the text, with placeholders.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4000
	Message string `json:"message"`

	// tags are words to find it by. Unset, there are none.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=50
	// +kubebuilder:validation:items:Pattern=`^[^#,\s]+$`
	// +listType=set
	Tags []string `json:"tags,omitempty"`
}

// SessionTemplate is how an item is opened at an agent's desk.
type SessionTemplate struct {
	// title is what the session is called, with placeholders.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Title string `json:"title"`

	// communicationPanel is how the panel with the conversation begins. Unset, it is Docked.
	//
	// - Docked: beside the tabs.
	// - Minimized: folded away.
	// - Hidden: not there.
	// +optional
	// +kubebuilder:default=Docked
	CommunicationPanel CommunicationPanel `json:"communicationPanel,omitempty"`

	// tabs are what is opened beside it, in this order. Unset, nothing is.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=title
	Tabs []SessionTab `json:"tabs,omitempty"`
}

// CommunicationPanel is how the panel with the conversation begins.
// +kubebuilder:validation:Enum=Docked;Minimized;Hidden
type CommunicationPanel string

// The ways of the communication panel.
const (
	CommunicationPanelDocked    CommunicationPanel = "Docked"
	CommunicationPanelMinimized CommunicationPanel = "Minimized"
	CommunicationPanelHidden    CommunicationPanel = "Hidden"
)

// SessionTab is a page that is opened with an item.
type SessionTab struct {
	// title is what the tab is called, with placeholders.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Title string `json:"title"`

	// url is the page, with placeholders, whose values are escaped. It begins with https:// and a host without placeholders
	// or, for a page of the desk, with one slash.
	// +required
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:Pattern=`^(https://[^/{}\s]+(/[^\s]*)?|/([^/\s][^\s]*)?)$`
	URL string `json:"url"`
}

// NotificationTemplate is how agents are told of an item.
type NotificationTemplate struct {
	// scenario is when it is used.
	//
	// - IncomingAuthenticated: an item is offered whose customer has an id.
	// - IncomingUnauthenticated: an item is offered whose customer has none.
	// - Consult: an agent is asked to join.
	// - Transfer: another agent hands an item over.
	// - SupervisorAssign: a supervisor has assigned an item.
	// +required
	Scenario NotificationScenario `json:"scenario"`

	// title is the first line, with placeholders.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Title string `json:"title"`

	// fields are the lines below, in this order. Unset, there are none.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=header
	Fields []NotificationField `json:"fields,omitempty"`

	// showTimeout is whether the time that is left is shown. It runs all the same. Unset, it is Enabled.
	// +optional
	// +kubebuilder:default=Enabled
	ShowTimeout ShowTimeout `json:"showTimeout,omitempty"`

	// acceptText is on the button that accepts. Unset, it is Accept.
	// +optional
	// +kubebuilder:default=Accept
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=50
	AcceptText string `json:"acceptText,omitempty"`

	// declineText is on the button that declines, where the workstream's presentation has one. Unset, it is Decline.
	// +optional
	// +kubebuilder:default=Decline
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=50
	DeclineText string `json:"declineText,omitempty"`

	// desktopNotification is when the desk tells by the operating system, too. Unset, it is Never.
	//
	// - Never: not at all.
	// - WhenInBackground: while the desk is not in front.
	// - Always: every time.
	// +optional
	// +kubebuilder:default=Never
	DesktopNotification DesktopNotification `json:"desktopNotification,omitempty"`
}

// NotificationScenario is when a notification is used.
// +kubebuilder:validation:Enum=IncomingAuthenticated;IncomingUnauthenticated;Consult;Transfer;SupervisorAssign
type NotificationScenario string

// ShowTimeout is whether the time that is left is shown.
// +kubebuilder:validation:Enum=Enabled;Disabled
type ShowTimeout string

// The values of ShowTimeout.
const (
	ShowTimeoutEnabled  ShowTimeout = "Enabled"
	ShowTimeoutDisabled ShowTimeout = "Disabled"
)

// DesktopNotification is when the desk tells by the operating system, too.
// +kubebuilder:validation:Enum=Never;WhenInBackground;Always
type DesktopNotification string

// DesktopNotificationNever is the default.
const DesktopNotificationNever DesktopNotification = "Never"

// NotificationField is a line of a notification.
type NotificationField struct {
	// header is what the line is about.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	Header string `json:"header"`

	// value is what it says, with placeholders.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Value string `json:"value"`
}
