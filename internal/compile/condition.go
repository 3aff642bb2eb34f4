// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/rule"
)

// The API has a type for each level of a condition tree, the plan has one for all. What a level may hold is for
// rule.Compile to judge.

func translateCondition(c *v1alpha1.Condition) *rule.Condition {
	if c == nil {
		return nil
	}
	r := comparison(&v1alpha1.Comparison{
		Attribute: c.Attribute, Operator: c.Operator, Values: c.Values, CaseSensitive: c.CaseSensitive,
		TimeZone: c.TimeZone, OperatingHoursRef: c.OperatingHoursRef,
	})
	r.All, r.Any, r.Not = translateList(c.All, translateNested), translateList(c.Any, translateNested), translateNested(c.Not)
	return r
}

func translateNested(c *v1alpha1.NestedCondition) *rule.Condition {
	if c == nil {
		return nil
	}
	r := comparison(&v1alpha1.Comparison{
		Attribute: c.Attribute, Operator: c.Operator, Values: c.Values, CaseSensitive: c.CaseSensitive,
		TimeZone: c.TimeZone, OperatingHoursRef: c.OperatingHoursRef,
	})
	r.All, r.Any, r.Not = translateList(c.All, translateInner), translateList(c.Any, translateInner), translateInner(c.Not)
	return r
}

func translateInner(c *v1alpha1.InnerCondition) *rule.Condition {
	if c == nil {
		return nil
	}
	r := comparison(&v1alpha1.Comparison{
		Attribute: c.Attribute, Operator: c.Operator, Values: c.Values, CaseSensitive: c.CaseSensitive,
		TimeZone: c.TimeZone, OperatingHoursRef: c.OperatingHoursRef,
	})
	r.All, r.Any, r.Not = translateList(c.All, translateComparison), translateList(c.Any, translateComparison), translateComparison(c.Not)
	return r
}

func translateComparison(c *v1alpha1.Comparison) *rule.Condition {
	if c == nil {
		return nil
	}
	return comparison(c)
}

func comparison(c *v1alpha1.Comparison) *rule.Condition {
	r := &rule.Condition{
		Attribute: c.Attribute, Operator: rule.Operator(c.Operator), Values: c.Values,
		CaseSensitive: c.CaseSensitive == v1alpha1.CaseSensitivityEnabled, TimeZone: string(c.TimeZone),
	}
	if c.OperatingHoursRef != nil {
		r.Hours = string(c.OperatingHoursRef.Name)
	}
	return r
}

func translateList[T any](list []T, translate func(*T) *rule.Condition) []rule.Condition {
	if list == nil {
		return nil
	}
	out := make([]rule.Condition, len(list))
	for i := range list {
		out[i] = *translate(&list[i])
	}
	return out
}
