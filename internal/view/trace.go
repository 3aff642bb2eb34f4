// SPDX-License-Identifier: Apache-2.0

package view

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"workstream.dev/operator/internal/event"
)

// Trace returns an item's steps in order, and whether there is such an item.
func (v *View) Trace(id string) ([]TraceStep, bool) {
	it, ok := v.told(id)
	if !ok {
		return nil, false
	}
	steps := make([]TraceStep, 0, len(it.steps)+1)
	routed := 0
	for i, r := range it.steps {
		if i == firstSteps && it.omitted.Steps > 0 {
			steps = append(steps, it.omitted.show())
		}
		of := 0
		if _, ok := r.Event.(event.ItemRouted); ok {
			of = it.rules[routed]
			routed++
		}
		step, summary := describe(r.Event, of)
		detail, err := json.Marshal(r.Event)
		if err != nil { // events are plain data: this cannot be, and a step without detail still tells its story
			detail = []byte("{}")
		}
		steps = append(steps, TraceStep{Seq: r.Seq, At: moment(r.Time), Step: step, Summary: summary, Detail: detail})
	}
	return steps, true
}

// told is what an item's trace is made of.
type told struct {
	steps   []event.Recorded
	rules   []int
	omitted omitted
}

// told needs the lock for a moment only: writing a trace out takes long, and the loop would wait.
func (v *View) told(id string) (told, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	it := v.items[id]
	if it == nil {
		return told{}, false
	}
	return told{steps: it.steps, rules: it.Rules, omitted: it.Omitted}, true
}

// show stands for the steps that are no longer kept.
func (o omitted) show() TraceStep {
	return TraceStep{
		Seq: o.Seq, At: moment(o.Time), Step: "omitted", Summary: count(o.Steps, "step") + " are no longer kept",
		Detail: fmt.Appendf(nil, `{"omitted":%d}`, o.Steps),
	}
}

// triedRules is how many rules were tried, those included that the event does not name.
func triedRules(e event.ItemRouted) int { return len(e.Tried) + int(e.More) }

// describe names a step and tells it in one line. rules is how many there were when it was routed.
func describe(e event.Event, rules int) (step, summary string) {
	switch e := e.(type) {
	case event.ItemOpened:
		return "opened", describeOpened(e)
	case event.ItemUpdated:
		return "updated", count(len(e.Attributes), "attribute") + " changed"
	case event.ItemRouted:
		return "routed", describeRouted(e, rules)
	case event.ItemQueued:
		return "queued", fmt.Sprintf("put into queue %s (%s)", e.Queue, e.Reason)
	case event.AssignmentDeferred:
		return "deferred", "nobody to offer it to in queue " + e.Queue + describeExcluded(e.Candidates)
	case event.OfferMade:
		return "offered", "offered to " + e.Agent + describeChoice(e.Candidates) + describeExcluded(e.Candidates)
	case event.OfferClosed:
		return "offerClosed", describeOfferClosed(e)
	case event.ItemAssigned:
		return "assigned", describeAssigned(e)
	default:
		return describeEnd(e)
	}
}

// describeEnd knows the steps after an agent had the item.
func describeEnd(e event.Event) (step, summary string) {
	switch e := e.(type) {
	case event.ItemReleased:
		return "released", fmt.Sprintf("taken from %s (%s)", e.Agent, e.Reason)
	case event.ItemParked:
		return "parked", e.Agent + " closed the session, waiting for the customer"
	case event.ItemResumed:
		return "resumed", "the customer returned"
	case event.WrapUpStarted:
		return "wrapUp", fmt.Sprintf("in wrap-up with %s (%s)%s", e.Agent, e.Reason, describeBlock(e))
	case event.WrapUpReleased:
		return "wrapUp", "wrap-up no longer holds capacity of " + e.Agent
	case event.ItemClosed:
		by := ""
		if e.By != "" {
			by = " by " + e.By
		}
		return "closed", fmt.Sprintf("closed%s (%s)", by, e.Reason)
	}
	return "", ""
}

func describeOpened(e event.ItemOpened) string {
	if e.Record != "" {
		return fmt.Sprintf("record %s opened in workstream %s", e.Record, e.Workstream)
	}
	return fmt.Sprintf("conversation %s opened over channel %s in workstream %s", e.Conversation, e.Channel, e.Workstream)
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
	last := e.Tried[len(e.Tried)-1]
	place := triedRules(e)
	s := fmt.Sprintf("rule %s matched (%s of %d), queue %s", last.Rule, ordinal(place), max(rules, place), e.Queue)
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
	return fmt.Sprintf(" (%s: %s)", c.Method, c.Why)
}

func describeExcluded(c event.Candidates) string {
	if len(c.Excluded) == 0 {
		return ""
	}
	parts := make([]string, 0, len(c.Excluded)+1)
	for _, x := range c.Excluded {
		s := x.Agent + " " + string(x.Reason)
		if x.Detail != "" {
			s += " (" + x.Detail + ")"
		}
		parts = append(parts, s)
	}
	if c.More > 0 {
		parts = append(parts, fmt.Sprintf("%d more", c.More))
	}
	return "; excluded: " + strings.Join(parts, ", ")
}

func describeOfferClosed(e event.OfferClosed) string {
	switch e.Outcome {
	case event.Declined:
		return e.Agent + " declined the offer"
	case event.Expired:
		return "the offer to " + e.Agent + " expired"
	case event.Revoked:
	}
	if e.Reason == "" {
		return "the offer to " + e.Agent + " was revoked"
	}
	return fmt.Sprintf("the offer to %s was revoked (%s)", e.Agent, e.Reason)
}

func describeAssigned(e event.ItemAssigned) string {
	switch e.How {
	case event.ByPick:
		return e.Agent + " picked it"
	case event.BySupervisor:
		return fmt.Sprintf("given to %s by %s", e.Agent, e.By)
	case event.ByOffer:
	}
	return e.Agent + " accepted the offer"
}

func describeBlock(e event.WrapUpStarted) string {
	switch {
	case e.Released:
		return ", capacity free"
	case e.BlockedUntil != 0:
		return ", capacity held until " + moment(e.BlockedUntil).Format("15:04:05")
	}
	return ", capacity held until it closes"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
