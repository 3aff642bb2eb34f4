// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"time"

	"workstream.dev/operator/internal/hours"
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
	// Profiles are the capacity profiles that workstreams, classification rules and agents name.
	Profiles []Profile `json:"profiles,omitempty"`
	// Calendars are the operating hours that queues and rules name.
	Calendars []Calendar `json:"calendars,omitempty"`
	// Presences are those of the organisation's own, besides the base presences.
	Presences []CustomPresence `json:"presences,omitempty"`
	// PresenceRules say which presence an agent gets who does not take an offer.
	PresenceRules PresenceRules `json:"presenceRules,omitzero"`
	// Issuers are whose tokens the distributor's API accepts.
	Issuers []Issuer `json:"issuers,omitempty"`

	index   index
	parts   []part
	version string
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

// CustomPresence is a presence of the organisation's own. For all that is decided it counts as its base.
type CustomPresence struct {
	Name string   `json:"name"`
	Base Presence `json:"base"`
}

// Inactive is the name of the presence of an agent who let an offer expire, where PresenceRules ask for it. Its base is
// Away. Agents cannot choose it; they leave it by choosing another.
const Inactive = "Inactive"

// PresenceRules say what an offer of a conversation that was not taken does to the agent's presence. A rule does nothing
// where the workstream allows the base presence that it would set.
type PresenceRules struct {
	// Missed has an agent who let an offer expire become Inactive.
	Missed bool `json:"missed,omitempty"`
	// Declined has an agent who declined become DoNotDisturb.
	Declined bool `json:"declined,omitempty"`
}

// Workstream is one immutable revision of a workstream's settings, with the rules and variables that it uses.
type Workstream struct {
	Name string `json:"name"`
	// Revision is the hash of all that follows; items are stamped with it.
	Revision    string   `json:"revision"`
	Type        ItemType `json:"type"`
	ChannelType string   `json:"channelType,omitempty"` // Custom; empty for records
	RecordType  string   `json:"recordType,omitempty"`  // as the business system calls it; empty for messaging
	Mode        Mode     `json:"mode"`
	// PickFromPush lets members of a queue also pick what waits in it, whatever their capacity and presence. Only with Push.
	PickFromPush bool `json:"pickFromPush,omitempty"`
	// Units is what one item costs of an agent's capacity, 0 or more.
	Units int32 `json:"units"`
	// Profiles are the capacity profiles of which one item takes a slot each, sorted; classification may add more.
	Profiles []string `json:"profiles,omitempty"`
	// AllowedPresences are sorted; an agent must have one of them to be offered an item.
	AllowedPresences []Presence `json:"allowedPresences,omitempty"`
	// SkillMatching is Exact when it is empty.
	SkillMatching SkillMatching `json:"skillMatching,omitempty"`
	Affinity      Affinity      `json:"affinity,omitzero"`
	Offer         Offer         `json:"offer"`
	WrapUp        WrapUp        `json:"wrapUp"`
	Lifecycle     Lifecycle     `json:"lifecycle,omitzero"`
	Variables     []Variable    `json:"variables,omitempty"` // by name
	// Classification is what items are given before they are routed: all rulesets in order, the first match of each.
	Classification []Classification `json:"classification,omitempty"`
	Routing        Routing          `json:"routing"`
	// Experience is what agents are shown, nil for nothing.
	Experience *Experience `json:"experience,omitempty"`

	calendars []Calendar // that the rules name, by name
	hours     string     // version of calendars
}

// SkillMatching is how the skills that an item needs are compared with an agent's.
type SkillMatching string

// The ways of skill matching.
const (
	SkillsExact   SkillMatching = "Exact"   // all of them, at the rating that is needed or above
	SkillsClosest SkillMatching = "Closest" // none is needed; who comes closest is first
	SkillsNone    SkillMatching = "None"    // they do not count
)

// Skill is a skill that an agent has or an item needs. Rating is 1-10; of a need 0 means that any rating will do.
type Skill struct {
	Name   string `json:"name"`
	Rating int32  `json:"rating,omitempty"`
}

// MaxRating is the best rating of a skill.
const MaxRating = 10

// Affinity offers a conversation that comes back to the agent who had it last, whatever that agent's capacity and presence
// unless these are respected.
type Affinity struct {
	Enabled         bool `json:"enabled,omitempty"`
	RespectPresence bool `json:"respectPresence,omitempty"`
	RespectCapacity bool `json:"respectCapacity,omitempty"`
}

// Lifecycle says when items move on by themselves. A duration of zero is never.
type Lifecycle struct {
	// Waits leaves a conversation Waiting for its customer when the agent closes the session without ending it
	// (asynchronous channels). Without it the conversation goes to another agent (live chat).
	Waits bool `json:"waits,omitempty"`
	// Open, Active, Waiting and WrapUp are how long an item stays in that state without any activity before it closes.
	Open    time.Duration `json:"open,omitempty"`
	Active  time.Duration `json:"active,omitempty"`
	Waiting time.Duration `json:"waiting,omitempty"`
	WrapUp  time.Duration `json:"wrapUp,omitempty"`
	// FollowUp is after how long a Waiting item is routed again although the customer has not returned.
	FollowUp time.Duration `json:"followUp,omitempty"`
	// CustomerReturn is how long a conversation outlives the lost connection of its customer (live chat).
	CustomerReturn time.Duration `json:"customerReturn,omitempty"`
	// AgentReturn is how long an Active item stays with an agent whose connection is lost.
	AgentReturn time.Duration `json:"agentReturn,omitempty"`
}

// Classification is a ruleset that gives items attributes, a priority, skills and capacity profiles.
type Classification struct {
	Ruleset string               `json:"ruleset"`
	Rules   []ClassificationRule `json:"rules"`

	set *rule.Set // compiled from Rules
}

// ClassificationRule is what an item that it matches is given. Later rulesets see what earlier ones set: a skill that is
// needed is the number item.skills.NAME (its rating), the priority the number item.priority.
type ClassificationRule struct {
	Name string `json:"name"`
	// When and Expression must hold both, as far as they are set; without either the rule always matches.
	When       *rule.Condition `json:"when,omitempty"`
	Expression string          `json:"expression,omitempty"`
	// Set has attributes by full name (context.NAME).
	Set rule.Attributes `json:"set,omitempty"`
	// Priority orders items within a queue: 1 is served first. 0 leaves it as it is.
	Priority int32    `json:"priority,omitempty"`
	Skills   []Skill  `json:"skills,omitempty"`   // by name; added to those that the item needs already
	Profiles []string `json:"profiles,omitempty"` // sorted; added to those that the item needs already
}

// Presentation is how an item reaches the agent who was chosen.
type Presentation string

// The presentations.
const (
	Prompt          Presentation = "Prompt" // accept or decline
	PromptNoDecline Presentation = "PromptNoDecline"
	AutoAccept      Presentation = "AutoAccept" // it is assigned at once
)

// Offer says how items are offered.
type Offer struct {
	// Presentation is Prompt when it is empty.
	Presentation Presentation  `json:"presentation,omitempty"`
	Timeout      time.Duration `json:"timeout"`
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

	set *rule.Set // compiled from Rules
}

// Rule routes what it matches.
type Rule struct {
	Name string `json:"name"`
	// When and Expression must hold both, as far as they are set; without either the rule always matches.
	When       *rule.Condition `json:"when,omitempty"`
	Expression string          `json:"expression,omitempty"`
	// Split has one target with 100 percent, or several that together have 100.
	Split []Target `json:"split"`
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
	// PromoteAfter is after how long an item is served before all that is not promoted, across queues too; 0 is never.
	PromoteAfter time.Duration `json:"promoteAfter,omitempty"`
	// Hours is the name of the calendar by which the queue is open; empty is always.
	Hours string `json:"hours,omitempty"`
	// Overflow are what happens when the queue cannot serve, in the order in which they are tried.
	Overflow []Overflow `json:"overflow,omitempty"`
}

// OverflowTrigger is when a queue overflows.
type OverflowTrigger string

// The triggers of overflow. The first two count before an item enters a queue, the last one while it waits there.
const (
	OutOfHours OverflowTrigger = "OutOfHours" // the queue is closed
	ItemLimit  OverflowTrigger = "ItemLimit"  // as many items wait in the queue as Limit, or more
	WaitTime   OverflowTrigger = "WaitTime"   // the item waits in the queue for After
)

// OverflowAction is what becomes of an item whose queue overflows.
type OverflowAction string

// The actions of overflow.
const (
	AssignAnyway OverflowAction = "AssignAnyway" // it enters the queue; not with WaitTime
	TransferTo   OverflowAction = "TransferTo"   // it enters another queue
	EndItem      OverflowAction = "End"          // it closes; conversations only
)

// Overflow is one rule of a queue.
type Overflow struct {
	On     OverflowTrigger `json:"on"`
	Limit  int32           `json:"limit,omitempty"`
	After  time.Duration   `json:"after,omitempty"`
	Action OverflowAction  `json:"action"`
	Queue  string          `json:"queue,omitempty"` // with TransferTo
}

// Calendar is when something is open.
type Calendar struct {
	Name string `json:"name"`
	hours.Definition

	compiled *hours.Calendar
}

// Reset is when a slot of a capacity profile is free again.
type Reset string

// The resets.
const (
	Immediate Reset = "Immediate" // when the item no longer holds capacity
	EndOfDay  Reset = "EndOfDay"  // at midnight of the agent's time zone, whatever becomes of the item
)

// Profile limits how many items of a kind an agent has at a time.
type Profile struct {
	Name  string `json:"name"`
	Reset Reset  `json:"reset"`
	// Blocking keeps all further automatic work from an agent who is at the limit.
	Blocking bool `json:"blocking,omitempty"`
}

// AgentProfile is how many slots of a profile an agent has.
type AgentProfile struct {
	Name  string `json:"name"`
	Limit int32  `json:"limit"`
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
	Name        string `json:"name"`
	DisplayName string `json:"displayName,omitempty"`
	Subject     string `json:"subject"` // of their token
	// Issuer is whose tokens are theirs; empty: those of every issuer, but for subjects that another agent has of one.
	Issuer string   `json:"issuer,omitempty"`
	Roles  []Role   `json:"roles"` // sorted
	Units  int32    `json:"units"` // total capacity; 0 is none
	Queues []string `json:"queues,omitempty"`
	// Profiles are by name; of a profile that is not there the agent has no slot.
	Profiles []AgentProfile `json:"profiles,omitempty"`
	Skills   []Skill        `json:"skills,omitempty"` // by name
	// Zone is the time zone of the agent's days, an IANA name; empty is UTC.
	Zone string `json:"zone,omitempty"`
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
