// SPDX-License-Identifier: Apache-2.0

package view

import (
	"encoding/json"
	"fmt"
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
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
		on := background{settings: it.settings}
		if _, ok := r.Event.(event.ItemRouted); ok {
			on.rules = it.rules[routed]
			routed++
		}
		step, summary := describe(r.Event, on)
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
	steps    []event.Recorded
	rules    []int
	omitted  omitted
	settings *plan.Workstream
}

// background is what a step does not say of itself.
type background struct {
	// rules is how many there were when the item was routed.
	rules int
	// settings are those of the item's workstream now, nil when the plan has it no more.
	settings *plan.Workstream
}

// told needs the lock for a moment only: writing a trace out takes long, and the loop would wait.
func (v *View) told(id string) (told, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	it := v.items[id]
	if it == nil {
		return told{}, false
	}
	return told{steps: it.trace(), rules: it.Rules, omitted: it.Omitted, settings: v.plan.Workstream(it.Workstream)}, true
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

// describe names a step and tells it in one line.
func describe(e event.Event, on background) (step, summary string) {
	switch e := e.(type) {
	case event.ItemOpened:
		return "opened", describeOpened(e)
	case event.ItemUpdated:
		return "updated", count(len(e.Attributes), "attribute") + " changed" + describeLeftOut(e.LeftOut)
	case event.ItemClassified:
		return "classified", describeClassified(e, on.settings)
	case event.ItemRouted:
		return "routed", describeRouted(e, on.rules) + describePassed(e)
	case event.ItemQueued:
		return "queued", fmt.Sprintf("put into queue %s (%s)", e.Queue, e.Reason)
	case event.ItemOverflowed:
		return "overflowed", describeOverflowed(e.Overflowed)
	case event.ItemPromoted:
		return "promoted", "waited for so long in queue " + e.Queue + " that it is served before all others"
	case event.AssignmentDeferred:
		return "deferred", "nobody to offer it to in queue " + e.Queue + describeExcluded(e.Candidates)
	case event.OfferMade:
		return "offered", "offered to " + e.Agent + describeVia(e.Via, e.From) + describeChoice(e.Candidates) +
			describeExcluded(e.Candidates)
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
		return "resumed", describeResumed(e)
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
	default:
		return describeBeside(e)
	}
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
	case event.ByAutoAccept:
		s := "assigned to " + e.Agent + " without asking" + describeVia(e.Via, "")
		if e.Candidates != nil {
			s += describeChoice(*e.Candidates) + describeExcluded(*e.Candidates)
		}
		return s
	case event.ByTransfer:
		return e.Agent + " took it over"
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
