// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"maps"
	"strings"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/rule"
)

// addAttributes adds what is said of an item. The event's own map serves as long as nothing is added to it: most items
// are described once.
func (e *Engine) addAttributes(it *item, attrs rule.Attributes) {
	e.described = nil
	switch {
	case len(attrs) == 0:
		return
	case len(it.given) == 0:
		it.given = attrs
	default:
		it.given = maps.Clone(it.given)
		maps.Copy(it.given, attrs)
	}
	if v, ok := attrs[neverAttribute]; ok {
		it.never = match.Names(v.String())
		e.markItem(it) // who was never to have it may take it now
	}
}

// attributesOf returns all that rules can ask of an item, item.* included. There is one map for it, which is good until
// the next call. It is not written anew for the item that it describes already: what changes an attribute says so by
// setting described to nil.
func (e *Engine) attributesOf(it *item) rule.Attributes {
	if it == e.described {
		return e.attributes
	}
	e.described = it
	const many = 64 // to clear a map that has grown takes time for each item after it
	if len(e.attributes) > many {
		e.attributes = make(rule.Attributes)
	}
	clear(e.attributes)
	e.describe(it, e.attributes)
	return e.attributes
}

// describe writes all attributes of an item into a map.
func (e *Engine) describe(it *item, into rule.Attributes) {
	maps.Copy(into, it.given)
	into[priorityAttribute] = rule.NumberValue(float64(it.priority()))
	into[createdAttribute] = rule.TimeValue(time.UnixMicro(int64(it.created)))
	into[typeAttribute] = rule.TextValue(string(it.Type))
	into[workstreamAttribute] = rule.TextValue(it.Workstream)
	if it.Channel != "" {
		into[channelAttribute] = rule.TextValue(it.Channel)
	}
	for _, s := range it.Skills {
		into[e.skillAttribute(s.Name)] = rule.NumberValue(float64(s.Rating))
	}
}

// describedBy takes the attributes of an item that was read from a snapshot apart.
func (it *item) describedBy(attrs rule.Attributes) {
	if t, ok := attrs[createdAttribute].Time(); ok {
		it.created = event.Instant(t.UnixMicro())
	}
	maps.DeleteFunc(attrs, func(name string, _ rule.Value) bool { return strings.HasPrefix(name, itemRoot) })
	it.given = attrs
	it.never = match.Names(attrs[neverAttribute].String())
}

// attributeCount is how many attributes an item has.
func (it *item) attributeCount() int {
	n := len(it.given) + 4 + len(it.Skills)
	if it.Channel != "" {
		n++
	}
	return n
}

// skillAttribute is the name of the attribute that says that an item needs a skill.
func (e *Engine) skillAttribute(skill string) string {
	name, ok := e.skillNames[skill]
	if !ok {
		name = skillsAttribute + skill
		e.skillNames[skill] = name
	}
	return name
}
