// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"maps"
	"testing"
	"time"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/hours"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/testkit/scenario"
)

// planWith is the plan of a text after an edit.
func planWith(t *testing.T, text string, edit func(*plan.Plan)) event.ActivatePlan {
	t.Helper()
	p := parse(t, text).Plan
	edit(p)
	for i := range p.Workstreams {
		if err := p.Workstreams[i].SetRevision(); err != nil {
			t.Fatal(err)
		}
	}
	_, version, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return event.ActivatePlan{Version: version, Plan: p}
}

// An item is routed by the hours of the plan that routed it last, also when its workstream left the plan, and when other
// items of the same revision were routed by other hours; after a restart too.
func TestHoursOfAWorkstreamThatLeft(t *testing.T) {
	const queues = "queue early\nqueue general\nqueue late\n"
	withHours := func(open bool, reoffer time.Duration) event.ActivatePlan {
		text := queues + "workstream chat fallback=general\nrule chat early to=(early)\nrule chat late to=(late)\nchannel web chat\n"
		return planWith(t, text, func(p *plan.Plan) {
			c := plan.Calendar{Name: "office"}
			for d := time.Sunday; d <= time.Saturday && open; d++ {
				c.Weekly = append(c.Weekly, hours.Interval{Day: d, To: 24 * 60})
			}
			p.Calendars = []plan.Calendar{c}
			p.Workstreams[0].Offer.ReofferAfter = reoffer
			p.Workstreams[0].Routing.Rules[0].When = &rule.Condition{Attribute: "item.createdAt", Operator: rule.Within, Hours: "office"}
		})
	}
	always, never, between := withHours(true, 0), withHours(false, 0), withHours(true, time.Minute)
	for name, plans := range map[string][]event.ActivatePlan{
		"other hours":              {always, never},
		"other hours, and back":    {always, never, always},
		"another revision between": {always, between, never},
		"with its first hours":     {always, between, never, between, always},
	} {
		t.Run(name, func(t *testing.T) {
			w := scenario.NewWorld()
			for i, p := range plans {
				stepWorld(t, w, scenario.Start, p)
				stepWorld(t, w, scenario.Start, open(string(rune('a'+i))))
			}
			snapshot, err := w.Engine().Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			gone := parse(t, "queue general\n")
			restarted, err := engine.Restore(snapshot, func(string) (*plan.Plan, error) { return plans[len(plans)-1].Plan, nil })
			if err != nil {
				t.Fatal(err)
			}
			live := stepWorld(t, w, scenario.Start, gone) // the oracle has a look at it
			again, err := restarted.Step(scenario.Start, gone)
			if err != nil {
				t.Fatal(err)
			}
			if want, got := matchedRules(live.Events), matchedRules(again.Events); len(want) != len(plans) || !maps.Equal(want, got) {
				t.Errorf("routed by %v, after a restart by %v", want, got)
			}
		})
	}
}

// matchedRules says of each item that was routed whether its first rule matched.
func matchedRules(events []event.Recorded) map[string]bool {
	out := map[string]bool{}
	for _, r := range events {
		if ev, ok := r.Event.(event.ItemRouted); ok {
			out[ev.Item] = ev.Tried[0].Matched
		}
	}
	return out
}
