// SPDX-License-Identifier: Apache-2.0

package view

import (
	"maps"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// defaultPriority is that of items which no rule gave another.
const defaultPriority = 100

// settings takes over what the workstream says of its items; w is nil where the plan has none.
func (it *item) settings(w *plan.Workstream) {
	if w == nil {
		return
	}
	it.Picked = w.Mode == plan.Pick || w.PickFromPush
	it.Exact = w.SkillMatching == "" || w.SkillMatching == plan.SkillsExact
	it.Units = w.Units
	it.Profiles = slices.Concat(w.Profiles, it.Classified)
	slices.Sort(it.Profiles)
	it.Profiles = slices.Compact(it.Profiles)
}

// classifiedLocked notes what an item was given. ItemRouted follows, which brings the workstream's part.
func (v *View) classifiedLocked(r event.Recorded, e event.ItemClassified) {
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	it.Priority, it.Skills, it.Classified = e.Priority, e.Skills, e.Profiles
	if it.Queued {
		v.queueLocked(it.Queue).moved(it)
	}
	if len(e.Attributes) > 0 {
		merged := make(rule.Attributes, len(it.Attributes)+len(e.Attributes))
		maps.Copy(merged, it.Attributes)
		maps.Copy(merged, e.Attributes)
		it.Attributes = merged
	}
}

func (v *View) promotedLocked(r event.Recorded, e event.ItemPromoted) {
	it := v.stepLocked(r, e.Item)
	if it == nil {
		return
	}
	it.Promoted = true
	if it.Queued {
		v.queueLocked(it.Queue).moved(it)
	}
}

// never reports whether the customer of an item is never to have an agent.
func (it *item) never(agent string) bool {
	return slices.Contains(match.Names(it.Attributes["customer.neverAgents"].String()), agent)
}

// mayPick reports whether an agent of the queue has what it takes to pick an item: the skills where they are asked for,
// and a customer who did not say never.
func (it *item) mayPick(p *plan.Agent) bool {
	if it.never(p.Name) {
		return false
	}
	return !it.Exact || !slices.ContainsFunc(it.Skills, func(need plan.Skill) bool {
		return !slices.ContainsFunc(p.Skills, func(has plan.Skill) bool { return has.Name == need.Name && has.Rating >= need.Rating })
	})
}
