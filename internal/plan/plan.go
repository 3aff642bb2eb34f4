// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"time"

	"workstream.dev/operator/internal/rule"
)

// Plan is everything a distributor knows of one namespace. It is read-only once built. Every list but the rules of a
// ruleset and their targets is sorted by name, so that equal content has equal bytes.
type Plan struct {
	// Namespace is the organisation that the plan is for.
	Namespace   string       `json:"namespace"`
	Workstreams []Workstream `json:"workstreams,omitempty"`
	Channels    []Channel    `json:"channels,omitempty"`
	Queues      []Queue      `json:"queues,omitempty"`
	Agents      []Agent      `json:"agents,omitempty"`
	// Issuers are whose tokens the distributor's API accepts.
	Issuers []Issuer `json:"issuers,omitempty"`

	index index
}

// ItemType is what a workstream or queue handles.
type ItemType string

// The item types.
const (
	Messaging ItemType = "Messaging"
	Record    ItemType = "Record"
)

// Mode is how items reach an agent.
type Mode string

// The modes of work distribution.
const (
	Push Mode = "Push"
	Pick Mode = "Pick"
)

// Presence is a base presence of an agent.
type Presence string

// The base presences.
const (
	Available    Presence = "Available"
	Busy         Presence = "Busy"
	DoNotDisturb Presence = "DoNotDisturb"
	Away         Presence = "Away"
	Offline      Presence = "Offline"
)

// Workstream is one immutable revision of a workstream's settings, with the rules and variables that it uses.
type Workstream struct {
	Name string `json:"name"`
	// Revision is the hash of all that follows; items are stamped with it.
	Revision    string   `json:"revision"`
	Type        ItemType `json:"type"`
	ChannelType string   `json:"channelType,omitempty"` // Custom; empty for records
	RecordType  string   `json:"recordType,omitempty"`  // as the business system calls it; empty for messaging
	Mode        Mode     `json:"mode"`
	// Units is what one item costs of an agent's capacity, 0 or more.
	Units int32 `json:"units"`
	// AllowedPresences are sorted; an agent must have one of them to be offered an item.
	AllowedPresences []Presence    `json:"allowedPresences,omitempty"`
	Offer            Offer         `json:"offer"`
	WrapUp           WrapUp        `json:"wrapUp"`
	AutoClose        time.Duration `json:"autoClose,omitempty"` // of a Waiting item
	Variables        []Variable    `json:"variables,omitempty"` // by name
	Routing          Routing       `json:"routing"`
}

// Offer says how items are offered.
type Offer struct {
	Timeout time.Duration `json:"timeout"`
	// ReofferAfter is how long an agent who declined or let expire an item is not offered it again.
	ReofferAfter time.Duration `json:"reofferAfter"`
	// MaxDeclines is after how many declines of one item an agent is never offered it again.
	MaxDeclines int32 `json:"maxDeclines"`
}

// WrapUpBlock is how after-work holds capacity.
type WrapUpBlock string

// The ways of wrap-up to hold capacity.
const (
	BlockAlways WrapUpBlock = "Always" // until the item closes
	BlockNever  WrapUpBlock = "Never"
	BlockCustom WrapUpBlock = "Custom" // for a fixed time, even when the item closes before
)

// WrapUp says what after-work costs.
type WrapUp struct {
	Block WrapUpBlock   `json:"block"`
	For   time.Duration `json:"for,omitempty"` // with BlockCustom
}

// Variable is a declared context variable.
type Variable struct {
	Name string    `json:"name"`
	Kind rule.Kind `json:"kind"`
}

// Routing is the way from an item to a queue.
type Routing struct {
	// Ruleset is the name of the ruleset that the rules are from, for traces.
	Ruleset string `json:"ruleset,omitempty"`
	// Rules are tried in order; the first that matches decides.
	Rules []Rule `json:"rules,omitempty"`
	// Fallback is the queue when no rule matches.
	Fallback string `json:"fallback"`
}

// Rule routes what it matches.
type Rule struct {
	Name string `json:"name"`
	// When is nil when the rule always matches.
	When *rule.Condition `json:"when,omitempty"`
	// Split has one target with 100 percent, or several that together have 100.
	Split []Target `json:"split"`

	matcher *rule.Matcher // compiled from When
}

// Target is a queue with its share.
type Target struct {
	Queue   string `json:"queue"`
	Percent int32  `json:"percent"`
}

// Channel is one instance of a channel.
type Channel struct {
	Name       string  `json:"name"`
	Workstream string  `json:"workstream"`
	Type       string  `json:"type"` // Custom
	Custom     *Custom `json:"custom,omitempty"`
}

// Custom is a channel of the user's own, by signed webhooks in both directions.
type Custom struct {
	// Address is the last part of the webhook path, unique in the namespace.
	Address string `json:"address"`
	// Credentials names the Secret, whose signingSecret is mounted as the file NAME.signingSecret; never the secret itself.
	Credentials string `json:"credentials"`
	CallbackURL string `json:"callbackURL,omitempty"` // empty: messages of agents are only read, never delivered
}

// Method orders the candidates of a queue.
type Method string

// The assignment methods.
const (
	HighestCapacity Method = "HighestCapacity"
	RoundRobin      Method = "RoundRobin"
	LeastActive     Method = "LeastActive"
)

// Queue is where items wait.
type Queue struct {
	Name string   `json:"name"`
	Type ItemType `json:"type"`
	// Priority orders queues for an agent in several: smaller is served first.
	Priority int32  `json:"priority"`
	Method   Method `json:"method"`
}

// Role is what a person may do.
type Role string

// The roles.
const (
	RoleAgent       Role = "Agent"
	RoleSupervisor  Role = "Supervisor"
	RoleIntegration Role = "Integration"
)

// Agent is a person who takes items.
type Agent struct {
	Name        string   `json:"name"`
	DisplayName string   `json:"displayName,omitempty"`
	Subject     string   `json:"subject"` // of their token
	Roles       []Role   `json:"roles"`   // sorted
	Units       int32    `json:"units"`   // total capacity; 0 is none
	Queues      []string `json:"queues,omitempty"`
}

// Issuer is whose tokens are accepted.
type Issuer struct {
	Issuer    string   `json:"issuer"`
	Audiences []string `json:"audiences,omitempty"`
	// JWKSURL is where its keys are; empty when they are in a mounted file.
	JWKSURL string `json:"jwksURL,omitempty"`
	// JWKSFile is the mounted file with its keys, in the credentials folder: SECRET.KEY.
	JWKSFile string `json:"jwksFile,omitempty"`
	// RolesClaim names the claim that lists roles (Supervisor, Integration) for callers who are no Agent object.
	RolesClaim string `json:"rolesClaim,omitempty"`
}
