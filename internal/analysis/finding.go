// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"cmp"
	"slices"

	"workstream.dev/operator/internal/rule"
)

// Code is what a finding is about.
type Code string

// The codes of findings. docs/analysis.md explains each by an example.
const (
	// RuleContradiction is a rule whose own condition no item can meet.
	RuleContradiction Code = "RuleContradiction"
	// RuleShadowed is a rule that is never the first to match: the rules to blame, which stand before it, match all that it
	// matches.
	RuleShadowed Code = "RuleShadowed"
	// FallsThrough is an item of a workstream that no routing rule matches: it goes to the fallback queue.
	FallsThrough Code = "FallsThrough"
	// NothingFallsThrough is a workstream whose routing rules match every item.
	NothingFallsThrough Code = "NothingFallsThrough"
	// QueueUnserved is a queue that items reach and that no agent is a member of.
	QueueUnserved Code = "QueueUnserved"
	// QueueUnused is a queue to which no rule, fallback or overflow leads.
	QueueUnused Code = "QueueUnused"
	// HoursNeverOpen is a calendar that never opens, not on any holiday either.
	HoursNeverOpen Code = "HoursNeverOpen"
	// SkillUnheld is an item whose skills no member of its queue has together, at the ratings that it needs.
	SkillUnheld Code = "SkillUnheld"
	// ProfileUnheld is a capacity profile that items need and of which no agent has a slot.
	ProfileUnheld Code = "ProfileUnheld"
	// AgentTooSmall is an agent with less capacity than one item costs, in every queue that they serve.
	AgentTooSmall Code = "AgentTooSmall"
	// AttributeNeverSet is a comparison with an attribute that nothing ever sets.
	AttributeNeverSet Code = "AttributeNeverSet"
	// OverflowIneffective is a rule of overflow that never applies.
	OverflowIneffective Code = "OverflowIneffective"
	// OverflowNowhere is a rule of overflow into a queue that nobody serves or that never opens.
	OverflowNowhere Code = "OverflowNowhere"
	// SplitStarves is a share of a split that goes to a queue that nobody serves or that never opens, while others of it
	// do not.
	SplitStarves Code = "SplitStarves"
)

// Codes are all codes, in the order of docs/analysis.md.
func Codes() []Code {
	return []Code{
		RuleContradiction, RuleShadowed, FallsThrough, NothingFallsThrough, AttributeNeverSet, QueueUnserved, QueueUnused,
		HoursNeverOpen, SkillUnheld, ProfileUnheld, AgentTooSmall, OverflowIneffective, OverflowNowhere, SplitStarves,
	}
}

// Severity is how much a finding matters.
type Severity string

// The severities.
const (
	// Warning is what is hardly meant so.
	Warning Severity = "Warning"
	// Info is what may well be meant so.
	Info Severity = "Info"
)

// Place is a part of an object.
type Place struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Path is the field, such as spec.rules[3](vip); empty is the whole object.
	Path string `json:"path,omitempty"`
}

// Finding is something to look at.
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	// Kind and Name are the object, Path the field of it, such as spec.rules[3](vip). A Ruleset alone has no Kind and Name.
	Kind string `json:"kind,omitempty"`
	Name string `json:"name,omitempty"`
	Path string `json:"path,omitempty"`
	// Message is in the user's words.
	Message string `json:"message"`
	// Witness are the attributes of an item that shows it, nil where there is none to show.
	Witness rule.Attributes `json:"witness,omitempty"`
	// Blame are what else has part in it.
	Blame []Place `json:"blame,omitempty"`
}

// The kinds of objects that findings name.
const (
	kindWorkstream = "Workstream"
	kindRuleset    = "RoutingRuleset"
	kindQueue      = "Queue"
	kindAgent      = "Agent"
	kindProfile    = "CapacityProfile"
	kindHours      = "OperatingHours"
)

// sortFindings brings findings into one order: by kind and name of the object, then as they were found.
func sortFindings(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
}
