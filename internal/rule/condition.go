// SPDX-License-Identifier: Apache-2.0

package rule

// Operator compares an attribute with the values of a condition.
type Operator string

// The operators. Text compares without case unless the condition says otherwise; a comparison with an absent attribute
// is false for the negated operators too. Within, NotWithin, Before and After are for times, and times are for nothing else
// but Exists and NotExists.
const (
	Equal          Operator = "Equal"
	NotEqual       Operator = "NotEqual"
	In             Operator = "In"
	NotIn          Operator = "NotIn"
	Contains       Operator = "Contains"
	NotContains    Operator = "NotContains"
	StartsWith     Operator = "StartsWith"
	NotStartsWith  Operator = "NotStartsWith"
	EndsWith       Operator = "EndsWith"
	NotEndsWith    Operator = "NotEndsWith"
	Matches        Operator = "Matches"
	GreaterThan    Operator = "GreaterThan"
	GreaterOrEqual Operator = "GreaterOrEqual"
	LessThan       Operator = "LessThan"
	LessOrEqual    Operator = "LessOrEqual"
	Between        Operator = "Between"
	NotBetween     Operator = "NotBetween"
	Within         Operator = "Within"
	NotWithin      Operator = "NotWithin"
	Before         Operator = "Before"
	After          Operator = "After"
	Exists         Operator = "Exists"
	NotExists      Operator = "NotExists"
)

// Condition is one node of a condition tree: exactly one of All, Any, Not and Attribute is set. It is the wire form in a
// plan; Compile turns it into a Matcher.
type Condition struct {
	// All holds when every one of them holds.
	All []Condition `json:"all,omitempty"`
	// Any holds when at least one of them holds.
	Any []Condition `json:"any,omitempty"`
	// Not holds when it does not hold.
	Not *Condition `json:"not,omitempty"`

	// Attribute is the full name of what is compared, such as context.tier.
	Attribute string   `json:"attribute,omitempty"`
	Operator  Operator `json:"operator,omitempty"`
	// Values are what it is compared with. Equal, NotEqual, In, NotIn and the text operators take one or more and ask
	// for any of them (the negated ones: for none of them); Between and NotBetween take two; Exists and NotExists none.
	// Within and NotWithin take two times of day (15:00), unless Hours is set; Before and After take one time: a date
	// (2026-12-24), a date with a time (2026-12-24T15:00), one with an offset (RFC 3339), or a time of day (15:00).
	Values []string `json:"values,omitempty"`
	// CaseSensitive makes text compare with case.
	CaseSensitive bool `json:"caseSensitive,omitempty"`
	// TimeZone is where the times in Values are on the wall, an IANA name; empty is UTC.
	TimeZone string `json:"timeZone,omitempty"`
	// Hours is the name of the calendar that Within and NotWithin ask, instead of Values.
	Hours string `json:"hours,omitempty"`
}

// AppendHours appends the names of the calendars that c asks, in reading order, with what comes twice. c may be nil.
func (c *Condition) AppendHours(names []string) []string {
	if c == nil {
		return names
	}
	if c.Hours != "" {
		names = append(names, c.Hours)
	}
	for i := range c.All {
		names = c.All[i].AppendHours(names)
	}
	for i := range c.Any {
		names = c.Any[i].AppendHours(names)
	}
	return c.Not.AppendHours(names)
}
