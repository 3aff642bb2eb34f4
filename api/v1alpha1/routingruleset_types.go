// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RoutingRulesetSpec is an ordered list of rules.
// +kubebuilder:validation:XValidation:rule="self.type != 'RouteToQueue' || self.rules.all(r, has(r.route))",message="spec.rules[].route is required when spec.type is RouteToQueue"
// +kubebuilder:validation:XValidation:rule="self.type != 'Classification' || self.rules.all(r, !has(r.route))",message="spec.rules[].route must not be set when spec.type is Classification"
// +kubebuilder:validation:XValidation:rule="self.type != 'RouteToQueue' || self.rules.all(r, !has(r.set) && !has(r.skills) && !has(r.capacityProfiles))",message="spec.rules[].set, skills and capacityProfiles must not be set when spec.type is RouteToQueue"
// +kubebuilder:validation:XValidation:rule="self.type != 'Classification' || !has(self.tests) || self.tests.all(t, !has(t.expect.queue))",message="spec.tests[].expect.queue must not be set when spec.type is Classification"
// +kubebuilder:validation:XValidation:rule="self.type != 'RouteToQueue' || !has(self.tests) || self.tests.all(t, !has(t.expect.priority) && !has(t.expect.attributes) && !has(t.expect.skills) && !has(t.expect.capacityProfiles))",message="spec.tests[].expect.priority, attributes, skills and capacityProfiles must not be set when spec.type is RouteToQueue"
type RoutingRulesetSpec struct {
	// type is what the rules do. It cannot be changed.
	//
	// - Classification: the first rule that matches an item gives it attributes, a priority, skills and capacity profiles
	//   that it needs. Workstreams name such rulesets in spec.routing.classification.
	// - RouteToQueue: the first rule that matches an item decides its queue. Workstreams name one in
	//   spec.routing.routeToQueue.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.type is immutable: create another RoutingRuleset"
	Type RulesetType `json:"type"`

	// rules are tried from the first to the last; the first that matches decides. The items that none matches get nothing
	// from a ruleset of type Classification, and go to the workstream's fallback queue with type RouteToQueue.
	// +required
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	// +listType=map
	// +listMapKey=name
	Rules []Rule `json:"rules"`

	// tests are items with what the rules must make of them. They are run whenever the ruleset changes: as long as one
	// fails, the ruleset is not accepted, and the workstreams that use it keep their last good revision.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +listType=map
	// +listMapKey=name
	Tests []RuleTest `json:"tests,omitempty"`
}

// RulesetType is what the rules of a ruleset do.
// +kubebuilder:validation:Enum=Classification;RouteToQueue
type RulesetType string

// The types of rulesets.
const (
	// RulesetClassification is rules that say what an item is and needs.
	RulesetClassification RulesetType = "Classification"
	// RulesetRouteToQueue is rules that decide an item's queue.
	RulesetRouteToQueue RulesetType = "RouteToQueue"
)

// Rule classifies or routes the items that it matches.
type Rule struct {
	// name is how traces and messages call the rule. It is unique in its ruleset.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	Name string `json:"name"`

	// when is which items the rule matches. Unset, it matches every item, as far as expression does.
	// +optional
	When *Condition `json:"when,omitempty"`

	// expression is a CEL expression for what conditions cannot say. The rule matches when it is true and when holds as
	// well. Its variables are the maps context, channel, customer, record and item; numbers are doubles, item.createdAt is
	// a timestamp, item.skills a map from skills to ratings. An error while it runs, such as a name that is absent, means
	// that it does not match: ask has(context.tier) first.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	Expression string `json:"expression,omitempty"`

	// set is what the items are given. It must not be set when the ruleset's type is RouteToQueue.
	// +optional
	Set *Settings `json:"set,omitempty"`

	// skills are what an agent needs for the items, beside those that earlier rulesets asked for; of two ratings of one
	// skill the higher counts. They must not be set when the ruleset's type is RouteToQueue.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=name
	Skills []RequiredSkill `json:"skills,omitempty"`

	// capacityProfiles are of which the items need a slot, beside those of the workstream and of earlier rulesets. They
	// must not be set when the ruleset's type is RouteToQueue.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=name
	CapacityProfiles []RequiredProfile `json:"capacityProfiles,omitempty"`

	// route is where the items go. It is required when the ruleset's type is RouteToQueue, and must not be set otherwise.
	// +optional
	Route *Route `json:"route,omitempty"`
}

// Settings is what classification gives an item.
// +kubebuilder:validation:MinProperties=1
type Settings struct {
	// priority orders the items in a queue: those with the smaller number are served first. Items have 100 unless a rule
	// says otherwise. From 1 to 10000; later rulesets and routing rules see it as item.priority.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	Priority int32 `json:"priority,omitempty"`

	// attributes are values of context variables, instead of those that the item has. Later rulesets and routing rules
	// see them.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=name
	Attributes []AttributeSetting `json:"attributes,omitempty"`
}

// AttributeSetting is the value of one context variable.
type AttributeSetting struct {
	// name is the full name of the variable, such as context.tier. The Workstreams that use the ruleset MUST declare it
	// by a ContextVariable.
	// +required
	// +kubebuilder:validation:MaxLength=108
	// +kubebuilder:validation:Pattern=`^context\.[A-Za-z_][A-Za-z0-9_-]*$`
	Name string `json:"name"`

	// value is the value, a number in quotes.
	// +required
	// +kubebuilder:validation:MaxLength=512
	Value string `json:"value"`
}

// RequiredSkill is a skill that an item needs.
type RequiredSkill struct {
	// name is the name of the skill, as Agents write it.
	// +required
	Name SkillName `json:"name"`

	// rating is how good an agent must be at it, from 1 to 10. Unset, any rating will do.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Rating int32 `json:"rating,omitempty"`
}

// RequiredProfile is a capacity profile of which an item needs a slot.
type RequiredProfile struct {
	// name is the name of the CapacityProfile.
	// +required
	Name ObjectName `json:"name"`
}

// Route is where items go.
// +kubebuilder:validation:XValidation:rule="has(self.queueRef) || has(self.split)",message="one of spec.rules[].route.queueRef and split is required"
// +kubebuilder:validation:XValidation:rule="!has(self.queueRef) || !has(self.split)",message="only one of spec.rules[].route.queueRef and split may be set"
type Route struct {
	// queueRef is the Queue for all of them. Exactly one of queueRef and split is set.
	// +optional
	QueueRef *QueueReference `json:"queueRef,omitempty"`

	// split shares them between two to five Queues, by percentages that add up to 100. Exactly one of queueRef and split
	// is set.
	// +optional
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=5
	// +kubebuilder:validation:XValidation:rule="self.map(t, t.percent).sum() == 100",message="spec.rules[].route.split: the percentages must add up to 100"
	// +kubebuilder:validation:XValidation:rule="self.all(t, self.exists_one(u, u.queueRef.name == t.queueRef.name))",message="spec.rules[].route.split: each Queue may be named only once"
	// +listType=atomic
	Split []SplitTarget `json:"split,omitempty"`
}

// SplitTarget is a Queue with its share.
type SplitTarget struct {
	// queueRef is the Queue.
	// +required
	QueueRef QueueReference `json:"queueRef"`

	// percent is its share of the items, from 1 to 99.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=99
	Percent int32 `json:"percent"`
}

// RuleTest is an item with what the rules must make of it.
type RuleTest struct {
	// name is how messages call the test. It is unique in its ruleset.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	Name string `json:"name"`

	// given are the attributes of the item by their full names, such as context.tier, each a text or a number. What is not
	// named is absent, but item.priority is 100 then. item.createdAt is a text such as 2026-12-24T15:00:00Z.
	// +optional
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	// +kubebuilder:validation:XPreserveUnknownFields
	// +kubebuilder:validation:MaxProperties=100
	Given map[string]AttributeValue `json:"given,omitempty"`

	// expect is what the rules must make of the item. What it does not name is not checked.
	// +required
	Expect Expectation `json:"expect"`
}

// AttributeValue is the value of an attribute as JSON writes it: a text or a number. A schema cannot say so: what is
// neither is for package compile to name.
type AttributeValue []byte

// MarshalJSON returns the value as it was read.
func (v AttributeValue) MarshalJSON() ([]byte, error) {
	if len(v) == 0 {
		return []byte("null"), nil
	}
	return v, nil
}

// UnmarshalJSON keeps the value as it is.
func (v *AttributeValue) UnmarshalJSON(body []byte) error {
	*v = append((*v)[:0], body...)
	return nil
}

// Expectation is what rules must make of an item. At least one field is set.
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="!has(self.rule) || !has(self.match)",message="only one of spec.tests[].expect.rule and match may be set"
// +kubebuilder:validation:XValidation:rule="!has(self.match) || (!has(self.queue) && !has(self.priority) && !has(self.skills) && !has(self.attributes) && !has(self.capacityProfiles))",message="spec.tests[].expect: what no rule matches gets nothing, so match stands alone"
type Expectation struct {
	// rule is the name of the rule that decides: the first that matches the item.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	Rule string `json:"rule,omitempty"`

	// match says that no rule matches the item.
	//
	// - None: no rule does.
	// +optional
	Match ExpectedMatch `json:"match,omitempty"`

	// queue is the name of the Queue to which that rule routes the item; of a split any of its queues will do. It must not
	// be set when the ruleset's type is Classification.
	// +optional
	Queue ObjectName `json:"queue,omitempty"`

	// priority is the priority that the rule sets. It must not be set when the ruleset's type is RouteToQueue.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	Priority int32 `json:"priority,omitempty"`

	// attributes are values that the rule sets; it may set others, too. They must not be set when the ruleset's type is
	// RouteToQueue.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=name
	Attributes []AttributeSetting `json:"attributes,omitempty"`

	// skills are what the rule asks for, each with the rating that is named, or with none where none is; it may ask for
	// others, too. They must not be set when the ruleset's type is RouteToQueue.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=name
	Skills []RequiredSkill `json:"skills,omitempty"`

	// capacityProfiles are what the rule asks for; it may ask for others, too. They must not be set when the ruleset's type
	// is RouteToQueue.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=name
	CapacityProfiles []RequiredProfile `json:"capacityProfiles,omitempty"`
}

// ExpectedMatch is which rules match.
// +kubebuilder:validation:Enum=None
type ExpectedMatch string

// ExpectedMatchNone is that none does.
const ExpectedMatchNone ExpectedMatch = "None"

// RoutingRulesetStatus is what the operator made of a RoutingRuleset.
type RoutingRulesetStatus struct {
	// conditions say whether the object is sound by itself (Accepted), all that it names exists and fits (ResolvedRefs),
	// and the running plan has it as it is now (Programmed); while it is being deleted and in use, also who needs it
	// (Terminating).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// rules is how many rules the ruleset has.
	// +optional
	Rules *int32 `json:"rules,omitempty"`

	// workstreams is how many Workstreams use the ruleset.
	// +optional
	Workstreams *int32 `json:"workstreams,omitempty"`
}

// RoutingRuleset is an ordered list of rules by which workstreams classify or route their items.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=rrs,categories=routing
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Rules",type=integer,JSONPath=`.status.rules`
// +kubebuilder:printcolumn:name="Workstreams",type=integer,JSONPath=`.status.workstreams`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Programmed")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type RoutingRuleset struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is an ordered list of rules.
	// +required
	Spec RoutingRulesetSpec `json:"spec"`

	// status is what the operator made of it.
	// +optional
	// +kubebuilder:default={conditions: {{type: "Accepted", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "ResolvedRefs", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"},{type: "Programmed", status: "Unknown", reason: "Pending", message: "Waiting for controller", lastTransitionTime: "1970-01-01T00:00:00Z"}}}
	Status RoutingRulesetStatus `json:"status,omitempty"`
}

// GetConditions returns the conditions in the status.
func (r *RoutingRuleset) GetConditions() []metav1.Condition { return r.Status.Conditions }

// SetConditions replaces the conditions in the status.
func (r *RoutingRuleset) SetConditions(conditions []metav1.Condition) {
	r.Status.Conditions = conditions
}

// RoutingRulesetList is a list of RoutingRulesets.
// +kubebuilder:object:root=true
type RoutingRulesetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []RoutingRuleset `json:"items"`
}

func init() {
	objectTypes = append(objectTypes, &RoutingRuleset{}, &RoutingRulesetList{})
}
