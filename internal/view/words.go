// SPDX-License-Identifier: Apache-2.0

package view

import (
	"fmt"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

func describeOpened(e event.ItemOpened) string {
	left := describeLeftOut(e.LeftOut)
	if e.Record != "" {
		return fmt.Sprintf("record %s opened in workstream %s%s", e.Record, e.Workstream, left)
	}
	return fmt.Sprintf("conversation %s opened over channel %s in workstream %s%s", e.Conversation, e.Channel, e.Workstream, left)
}

// describeLeftOut names what came and did not become an attribute. Nothing is said of its value.
func describeLeftOut(leftOut []event.LeftOut) string {
	if len(leftOut) == 0 {
		return ""
	}
	names := make([]string, len(leftOut))
	for i, l := range leftOut {
		names[i] = fmt.Sprintf("%s (%s)", l.Name, l.Reason)
	}
	return ", without " + strings.Join(names, ", ")
}

func describeRouted(e event.ItemRouted, rules int) string {
	switch {
	case e.Fallback && rules == 0:
		return "no rules, fallback queue " + e.Queue
	case e.Fallback:
		return fmt.Sprintf("none of %s matched, fallback queue %s", count(rules, "rule"), e.Queue)
	case len(e.Tried) == 0:
		return "queue " + e.Queue
	}
	at := len(e.Tried) - 1
	for i := range e.Tried { // with overflow others may have matched after it
		if e.Tried[i].Matched && e.Tried[i].Rule == e.Rule {
			at = i
			break
		}
	}
	place := int(e.More) + at + 1
	s := fmt.Sprintf("rule %s matched (%s of %d), queue %s", e.Tried[at].Rule, ordinal(place), max(rules, triedRules(e)), e.Queue)
	if e.Draw >= 0 {
		s += fmt.Sprintf(" by draw %d of 100", e.Draw)
	}
	return s
}

func describeChoice(c event.Candidates) string {
	switch {
	case c.Method == "":
		return ""
	case c.Why == "":
		return fmt.Sprintf(" (%s)", c.Method)
	}
	return fmt.Sprintf(" (%s: %s)", c.Method, c.Words())
}

func describeExcluded(c event.Candidates) string {
	parts := make([]string, 0, len(c.Excluded)+1)
	for _, x := range c.Excluded {
		parts = append(parts, excluded(x))
	}
	if c.More > 0 {
		parts = append(parts, fmt.Sprintf("%d more", c.More))
	}
	if len(parts) == 0 {
		return ""
	}
	return "; passed over: " + strings.Join(parts, ", ")
}

// excluded says why an agent was no candidate, with the figures.
func excluded(x *event.Exclusion) string {
	switch x.Reason {
	case event.NotConnected:
		return x.Agent + " (not connected)"
	case event.PresenceNotAllowed:
		return fmt.Sprintf("%s (presence %s)", x.Agent, x.What)
	case event.Blocked:
		return fmt.Sprintf("%s (capacity profile %s is used up, which blocks other work)", x.Agent, x.What)
	case event.NoCapacity:
		return fmt.Sprintf("%s (%d units free, %d needed)", x.Agent, x.Have, x.Need)
	case event.NoSlot:
		return fmt.Sprintf("%s (no slot of capacity profile %s free)", x.Agent, x.What)
	case event.SkillMissing:
		return fmt.Sprintf("%s (has not the skill %s)", x.Agent, x.What)
	case event.RatingTooLow:
		return fmt.Sprintf("%s (skill %s at %d, %d needed)", x.Agent, x.What, x.Have, x.Need)
	case event.NeverForCustomer:
		return x.Agent + " (never for this customer)"
	case event.DeclinedTooOften:
		return fmt.Sprintf("%s (declined it %s)", x.Agent, times(int(x.Have)))
	case event.CoolingOff:
		return fmt.Sprintf("%s (did not take it; asked again in %d s)", x.Agent, x.Need)
	}
	return fmt.Sprintf("%s (%s)", x.Agent, x.Reason)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return count(n, "time")
}

// describeClassified names the rule of each ruleset that matched, with what it gives where w still has these rules, and
// then what the item has from all of them.
func describeClassified(e event.ItemClassified, w *plan.Workstream) string {
	if w != nil && w.Revision != e.Revision {
		w = nil
	}
	parts := make([]string, 0, len(e.Rulesets)+1)
	for i, r := range e.Rulesets {
		switch {
		case r.Rule == "" && r.Tried == 0:
			parts = append(parts, "ruleset "+r.Ruleset+" has no rules")
		case r.Rule == "":
			parts = append(parts, fmt.Sprintf("ruleset %s: none of %s matched", r.Ruleset, count(int(r.Tried), "rule")))
		default:
			s := fmt.Sprintf("ruleset %s: rule %s matched (%s)", r.Ruleset, r.Rule, ordinal(int(r.Tried)))
			if given := givenBy(w, i, r); given != "" {
				s += ", which gives " + given
			}
			parts = append(parts, s)
		}
	}
	has := append([]string{fmt.Sprint("priority ", e.Priority)}, skillsAndProfiles(e.Skills, e.Profiles)...)
	return strings.Join(append(parts, "it has "+strings.Join(has, ", ")), "; ")
}

// givenBy is what the rule of ruleset i gives.
func givenBy(w *plan.Workstream, i int, r event.RulesetTried) string {
	if w == nil || i >= len(w.Classification) || r.Tried < 1 || int(r.Tried) > len(w.Classification[i].Rules) {
		return ""
	}
	rule := &w.Classification[i].Rules[r.Tried-1]
	var parts []string
	if rule.Priority != 0 {
		parts = append(parts, fmt.Sprint("priority ", rule.Priority))
	}
	parts = append(parts, skillsAndProfiles(rule.Skills, rule.Profiles)...)
	if n := len(rule.Set); n > 0 {
		parts = append(parts, count(n, "attribute"))
	}
	return strings.Join(parts, ", ")
}

func skillsAndProfiles(skills []plan.Skill, profiles []string) []string {
	parts := make([]string, 0, len(skills)+len(profiles))
	for _, s := range skills {
		if s.Rating == 0 {
			parts = append(parts, "skill "+s.Name)
		} else {
			parts = append(parts, fmt.Sprintf("skill %s at %d", s.Name, s.Rating))
		}
	}
	for _, p := range profiles {
		parts = append(parts, "capacity profile "+p)
	}
	return parts
}

// describePassed says which queues were passed over, and why the item did not simply enter the last one.
func describePassed(e event.ItemRouted) string {
	var s strings.Builder
	for _, p := range e.Passed {
		fmt.Fprintf(&s, "; queue %s of rule %s passed over: %s", p.Queue, p.Rule, trigger(p.On))
	}
	if e.Overflow != nil {
		s.WriteString("; " + describeOverflowed(*e.Overflow))
	}
	return s.String()
}

func describeOverflowed(o event.Overflowed) string {
	s := fmt.Sprintf("queue %s overflows (%s)", o.Queue, trigger(o.On))
	switch o.Action {
	case plan.AssignAnyway:
		return s + ", and takes it all the same"
	case plan.TransferTo:
		return s + ", and passes it on"
	case plan.EndItem:
		return s + ", and ends it"
	}
	return s
}

func trigger(t plan.OverflowTrigger) string {
	switch t {
	case plan.OutOfHours:
		return "out of its hours"
	case plan.ItemLimit:
		return "as many items wait there as are allowed"
	case plan.WaitTime:
		return "it has waited there for too long"
	}
	return string(t)
}

// describeVia says why this agent, where it was not by the method of the queue.
func describeVia(v event.Via, from string) string {
	switch v {
	case event.ViaAffinity:
		return ", who had it last"
	case event.ViaPreferred:
		return ", whom the customer prefers"
	case event.ViaTransfer:
		return ", to whom " + from + " hands it over"
	case event.ViaMethod:
	}
	return ""
}

func describeResumed(e event.ItemResumed) string {
	switch e.Reason {
	case event.FollowUpDue:
		return "the follow-up is due"
	case event.AssignedBySupervisor:
		return "a supervisor put it into a queue"
	default:
		return "the customer returned"
	}
}

// describeBeside knows the steps that change an item but not where it is.
func describeBeside(e event.Event) (step, summary string) {
	switch e := e.(type) {
	case event.CustomerDisconnected:
		return "customerDisconnected", "the customer's connection is lost; it ends at " + clock(e.Until) + " unless the customer returns"
	case event.CustomerReconnected:
		return "customerReconnected", "the customer is back"
	case event.ConsultRequested:
		return "consultRequested", fmt.Sprintf("%s asked %s to join", e.By, e.Agent)
	case event.ConsultJoined:
		return "consultJoined", e.Agent + " joined"
	case event.ConsultEnded:
		return "consultEnded", describeConsultEnded(e)
	}
	return "", ""
}

func describeConsultEnded(e event.ConsultEnded) string {
	switch e.Outcome {
	case event.ConsultDone:
		return e.Agent + " no longer takes part"
	case event.ConsultDeclined:
		return e.Agent + " declined to join"
	case event.ConsultExpired:
		return e.Agent + " did not answer in time whether to join"
	case event.ConsultWithdrawn:
	}
	return e.Agent + " is no longer asked to join"
}

func clock(i event.Instant) string { return moment(i).Format("15:04:05") }

// waitsForLocked says in words what has to happen before an item goes on.
func (v *View) waitsForLocked(it *item) string {
	switch it.State {
	case event.Open:
		return v.openWaitsLocked(it)
	case event.Active:
		switch {
		case it.Transfer != nil:
			return fmt.Sprintf("%s to take it over from %s, until %s", it.Transfer.Agent, it.Agent, clock(it.Transfer.Expires))
		case it.GoneUntil != 0:
			return "the customer to connect again, until " + clock(it.GoneUntil)
		}
		return it.Agent + ", who has it"
	case event.Waiting:
		return "the customer to write again"
	case event.WrapUp:
		return it.Agent + " to finish the after-work"
	case event.Closed:
	}
	return ""
}

func (v *View) openWaitsLocked(it *item) string {
	switch {
	case it.Offer != nil:
		return fmt.Sprintf("%s to answer the offer, until %s", it.Offer.Agent, clock(it.Offer.Expires))
	case it.Queue == "":
		return ""
	}
	who := "an agent of queue " + it.Queue
	if members := len(v.plan.Members(it.Queue)); members == 0 {
		return who + ", which has none"
	}
	if w := v.plan.Workstream(it.Workstream); w != nil && w.Mode == plan.Pick {
		return who + " to pick it"
	}
	for _, step := range slices.Backward(it.trace()) {
		switch e := step.Event.(type) {
		case event.AssignmentDeferred:
			if e.Queue == it.Queue {
				return who + describeExcluded(e.Candidates)
			}
		case event.ItemQueued:
			if e.Queue != it.Queue {
				return who
			}
		}
	}
	return who
}
