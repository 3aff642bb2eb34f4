// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// The levels of a condition tree. A CustomResourceDefinition has no recursion, so each level has a type of its own. What
// its validation rules cannot afford to check in every rule, package compile checks and reports as Accepted=False.

// Condition is which items a rule matches: a comparison of one attribute, or a group of conditions. Groups nest three deep.
// Exactly one of all, any, not and attribute is set.
// +kubebuilder:validation:XValidation:rule="(has(self.all) ? 1 : 0) + (has(self.any) ? 1 : 0) + (has(self.not) ? 1 : 0) + (has(self.attribute) ? 1 : 0) == 1",message="spec.rules[].when: exactly one of all, any, not and attribute must be set"
// +kubebuilder:validation:XValidation:rule="has(self.attribute) == has(self.operator)",message="spec.rules[].when: attribute and operator go together"
// +kubebuilder:validation:XValidation:rule="has(self.attribute) || (!has(self.values) && !has(self.caseSensitive) && !has(self.timeZone) && !has(self.operatingHoursRef))",message="spec.rules[].when: values, caseSensitive, timeZone and operatingHoursRef go with attribute"
type Condition struct {
	// all holds when every one of these conditions holds.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +listType=atomic
	All []NestedCondition `json:"all,omitempty"`

	// any holds when at least one of these conditions holds.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +listType=atomic
	Any []NestedCondition `json:"any,omitempty"`

	// not holds when this condition does not hold.
	// +optional
	Not *NestedCondition `json:"not,omitempty"`

	// attribute is the full name of what is compared, such as context.tier. Its first part says where it comes from.
	//
	// - context: a ContextVariable of the workstream. A name that is not declared is an error.
	// - channel: what the channel knows of the conversation, such as channel.locale.
	// - customer: customer.id and customer.name, as the channel or the record says. The lists of preferred agents and of
	//   agents who are never to be offered the item are not for conditions.
	// - record: a column of the record.
	// - item: item.type, item.channel, item.workstream, item.priority, item.createdAt, which is when it was opened, or
	//   item.skills.NAME, which is the rating that the item needs of a skill.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Attribute string `json:"attribute,omitempty"`

	// operator is how attribute is compared with values.
	//
	// - Equal, In: it is one of the values.
	// - NotEqual, NotIn: it is none of the values.
	// - Contains, StartsWith, EndsWith: one of the values is in the text, at its start, at its end.
	// - NotContains, NotStartsWith, NotEndsWith: none of the values is.
	// - Matches: one of the values is an RE2 expression that matches part of the text.
	// - GreaterThan, GreaterOrEqual, LessThan, LessOrEqual: the number compares so with the one value.
	// - Between, NotBetween: the number is, or is not, from the first to the second value, both included.
	// - Exists, NotExists: there is, or is not, such an attribute. They take no values.
	// - Within, NotWithin: the time is, or is not, in the hours of operatingHoursRef, or from the first to the second of two
	//   times of day such as 09:00 and 17:00, the second not included; over midnight when the first is the later one.
	// - Before, After: the time is earlier than the one value, or not earlier. It is a date (2026-12-24; After means after
	//   its end), a date with a time (2026-12-24T15:00), one with an offset (2026-12-24T15:00:00+01:00) or a time of day (15:00).
	//
	// The last four are for item.createdAt, which compares by no others but Exists and NotExists.
	// But for NotExists, a comparison with an attribute that is absent is false, for the negated operators too.
	// +optional
	Operator Operator `json:"operator,omitempty"`

	// values are what the attribute is compared with, numbers in quotes. How many depends on the operator.
	// +optional
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=512
	// +listType=atomic
	Values []string `json:"values,omitempty"`

	// caseSensitive is whether upper and lower case differ when texts are compared. Unset, it is Disabled.
	//
	// - Enabled: gold and Gold differ.
	// - Disabled: they are the same.
	// +optional
	CaseSensitive CaseSensitivity `json:"caseSensitive,omitempty"`

	// timeZone is where the times in values are on the wall, such as Europe/Berlin. Unset, it is UTC.
	// +optional
	TimeZone TimeZone `json:"timeZone,omitempty"`

	// operatingHoursRef is the OperatingHours that Within and NotWithin ask, instead of values.
	// +optional
	OperatingHoursRef *OperatingHoursReference `json:"operatingHoursRef,omitempty"`
}

// NestedCondition is a condition in a group. Exactly one of all, any, not and attribute is set.
// +kubebuilder:validation:XValidation:rule="(has(self.all) ? 1 : 0) + (has(self.any) ? 1 : 0) + (has(self.not) ? 1 : 0) + (has(self.attribute) ? 1 : 0) == 1",message="spec.rules[].when, in a group: exactly one of all, any, not and attribute must be set"
// +kubebuilder:validation:XValidation:rule="has(self.attribute) == has(self.operator)",message="spec.rules[].when, in a group: attribute and operator go together"
// +kubebuilder:validation:XValidation:rule="has(self.attribute) || (!has(self.values) && !has(self.caseSensitive) && !has(self.timeZone) && !has(self.operatingHoursRef))",message="spec.rules[].when, in a group: values, caseSensitive, timeZone and operatingHoursRef go with attribute"
type NestedCondition struct {
	// all holds when every one of these conditions holds.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +listType=atomic
	All []InnerCondition `json:"all,omitempty"`

	// any holds when at least one of these conditions holds.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +listType=atomic
	Any []InnerCondition `json:"any,omitempty"`

	// not holds when this condition does not hold.
	// +optional
	Not *InnerCondition `json:"not,omitempty"`

	// attribute is the full name of what is compared, as in spec.rules.when.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Attribute string `json:"attribute,omitempty"`

	// operator is how attribute is compared with values, as in spec.rules.when.
	// +optional
	Operator Operator `json:"operator,omitempty"`

	// values are what the attribute is compared with, as in spec.rules.when.
	// +optional
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=512
	// +listType=atomic
	Values []string `json:"values,omitempty"`

	// caseSensitive is whether upper and lower case differ, as in spec.rules.when.
	// +optional
	CaseSensitive CaseSensitivity `json:"caseSensitive,omitempty"`

	// timeZone is where the times in values are on the wall, as in spec.rules.when.
	// +optional
	TimeZone TimeZone `json:"timeZone,omitempty"`

	// operatingHoursRef is what Within and NotWithin ask instead of values, as in spec.rules.when.
	// +optional
	OperatingHoursRef *OperatingHoursReference `json:"operatingHoursRef,omitempty"`
}

// InnerCondition is a condition in a group in a group. Exactly one of all, any, not and attribute is set.
type InnerCondition struct {
	// all holds when every one of these comparisons holds.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +listType=atomic
	All []Comparison `json:"all,omitempty"`

	// any holds when at least one of these comparisons holds.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +listType=atomic
	Any []Comparison `json:"any,omitempty"`

	// not holds when this comparison does not hold.
	// +optional
	Not *Comparison `json:"not,omitempty"`

	// attribute is the full name of what is compared, as in spec.rules.when.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Attribute string `json:"attribute,omitempty"`

	// operator is how attribute is compared with values, as in spec.rules.when.
	// +optional
	Operator Operator `json:"operator,omitempty"`

	// values are what the attribute is compared with, as in spec.rules.when.
	// +optional
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=512
	// +listType=atomic
	Values []string `json:"values,omitempty"`

	// caseSensitive is whether upper and lower case differ, as in spec.rules.when.
	// +optional
	CaseSensitive CaseSensitivity `json:"caseSensitive,omitempty"`

	// timeZone is where the times in values are on the wall, as in spec.rules.when.
	// +optional
	TimeZone TimeZone `json:"timeZone,omitempty"`

	// operatingHoursRef is what Within and NotWithin ask instead of values, as in spec.rules.when.
	// +optional
	OperatingHoursRef *OperatingHoursReference `json:"operatingHoursRef,omitempty"`
}

// Comparison compares one attribute.
type Comparison struct {
	// attribute is the full name of what is compared, as in spec.rules.when.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Attribute string `json:"attribute"`

	// operator is how attribute is compared with values, as in spec.rules.when.
	// +required
	Operator Operator `json:"operator"`

	// values are what the attribute is compared with, as in spec.rules.when.
	// +optional
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=512
	// +listType=atomic
	Values []string `json:"values,omitempty"`

	// caseSensitive is whether upper and lower case differ, as in spec.rules.when.
	// +optional
	CaseSensitive CaseSensitivity `json:"caseSensitive,omitempty"`

	// timeZone is where the times in values are on the wall, as in spec.rules.when.
	// +optional
	TimeZone TimeZone `json:"timeZone,omitempty"`

	// operatingHoursRef is what Within and NotWithin ask instead of values, as in spec.rules.when.
	// +optional
	OperatingHoursRef *OperatingHoursReference `json:"operatingHoursRef,omitempty"`
}

// Operator is how an attribute is compared with values.
// +kubebuilder:validation:Enum=Equal;NotEqual;In;NotIn;Contains;NotContains;StartsWith;NotStartsWith;EndsWith;NotEndsWith;Matches;GreaterThan;GreaterOrEqual;LessThan;LessOrEqual;Between;NotBetween;Exists;NotExists;Within;NotWithin;Before;After
type Operator string

// CaseSensitivity is whether upper and lower case differ.
// +kubebuilder:validation:Enum=Enabled;Disabled
type CaseSensitivity string

// The ways to compare texts.
const (
	// CaseSensitivityEnabled has upper and lower case differ.
	CaseSensitivityEnabled CaseSensitivity = "Enabled"
	// CaseSensitivityDisabled has them be the same.
	CaseSensitivityDisabled CaseSensitivity = "Disabled"
)
