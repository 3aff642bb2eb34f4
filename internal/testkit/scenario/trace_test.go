// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"strings"
	"testing"

	"workstream.dev/operator/internal/event"
)

// TestTracesSeesWhatIsIncomplete: the stories and simulations rest on INV-9, which must see each thing that can be missing.
func TestTracesSeesWhatIsIncomplete(t *testing.T) {
	p, _, err := ParsePlan(`
queue general
queue other
workstream chat units=30 fallback=general declines=2
rule chat first attribute=channel.locale values=(fr) to=(other)
rule chat split to=(general:50, other:50)
channel web chat
agent ann queues=(general)
agent bob queues=(general)
`)
	if err != nil {
		t.Fatal(err)
	}
	rev := p.Workstream("chat").Revision
	routed := func(change func(*event.ItemRouted)) event.Event {
		ev := event.ItemRouted{
			Item: "i1", Revision: rev, Rule: "split", Tried: []event.RuleTried{{Rule: "first"}, {Rule: "split", Matched: true}},
			Draw: 49, Queue: "general",
		}
		change(&ev)
		return ev
	}
	offered := func(excluded ...*event.Exclusion) event.Event {
		return event.OfferMade{Item: "i1", Agent: "ann", Queue: "general", Candidates: event.Candidates{
			Why: event.WhyOnly, Eligible: 1, Excluded: excluded,
		}}
	}
	bob := event.Exclusion{Agent: "bob", Reason: event.NotConnected}
	for want, ev := range map[string]event.Event{
		"":                                      routed(func(*event.ItemRouted) {}),
		"item i1 tried 2 rules and 1 more of 2": routed(func(e *event.ItemRouted) { e.More = 1 }),
		"item i1 tried rule split out of order": routed(func(e *event.ItemRouted) { e.Tried = e.Tried[1:] }),
		"item i1 was routed by or past rule split, which":     routed(func(e *event.ItemRouted) { e.Tried[1].Matched = false }),
		"item i1 fell back to queue other":                    routed(func(e *event.ItemRouted) { e.Fallback, e.Rule, e.Queue = true, "", "other" }),
		"item i1 matched rule first, and nothing":             routed(func(e *event.ItemRouted) { e.Tried[0].Matched = true }),
		"item i1 drew 50 of rule split, which is queue other": routed(func(e *event.ItemRouted) { e.Draw = 50 }),
		"item i1 was routed by rule \"\", which is none":      routed(func(e *event.ItemRouted) { e.Rule, e.Tried = "", e.Tried[:1] }),
		"of 2 members of queue general 1 are told":            offered(),
		`item i1 goes to agent "" of 1 eligible`: event.AssignmentDeferred{
			Item: "i1", Queue: "general", Candidates: event.Candidates{Eligible: 1, Excluded: []*event.Exclusion{&bob}},
		},
		"agent ann is excluded after": offered(&event.Exclusion{Agent: "ann", Reason: event.NotConnected}),
		"item i1: the figures of {Agent:bob Reason:NoCapacity": offered(
			&event.Exclusion{Agent: "bob", Reason: event.NoCapacity, Have: 30, Need: 30}),
		"item i1: the figures of {Agent:bob Reason:PresenceNotAllowed": offered(
			&event.Exclusion{Agent: "bob", Reason: event.PresenceNotAllowed, What: "Busy"}),
		"item i1: the figures of {Agent:bob Reason:DeclinedTooOften": offered(
			&event.Exclusion{Agent: "bob", Reason: event.DeclinedTooOften, Have: 1, Need: 2}),
	} {
		t.Run(want, func(t *testing.T) {
			traces := newTraces()
			traces.activate(p)
			before := []event.Event{event.ItemOpened{Item: "i1", Workstream: "chat"}, routed(func(*event.ItemRouted) {}), offered(&bob)}
			for _, e := range before {
				if err := traces.check(e); err != nil {
					t.Fatal(err)
				}
			}
			err := traces.check(ev)
			if got := fmt.Sprint(err); (want == "") != (err == nil) || !strings.Contains(got, want) || (err != nil && !strings.HasPrefix(got, "INV-9 is broken: ")) {
				t.Errorf("got %v", err)
			}
		})
	}
}
