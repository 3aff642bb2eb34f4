// SPDX-License-Identifier: Apache-2.0

package view

import (
	"testing"

	"workstream.dev/operator/internal/event"
)

func TestStepsAreToldInOneLine(t *testing.T) {
	tried := []event.RuleTried{{Rule: "a"}, {Rule: "b", Matched: true}}
	cases := map[string]struct {
		event event.Event
		rules int
		want  string
	}{
		"record":         {event.ItemOpened{Record: "CAS-1", Workstream: "cases"}, 0, "record CAS-1 opened in workstream cases"},
		"update":         {event.ItemUpdated{}, 0, "0 attributes changed"},
		"rule":           {event.ItemRouted{Tried: tried, Queue: "q", Draw: -1}, 5, "rule b matched (2nd of 5), queue q"},
		"rule, many":     {event.ItemRouted{Tried: tried, More: 50, Queue: "q", Draw: -1}, 120, "rule b matched (52nd of 120), queue q"},
		"split":          {event.ItemRouted{Tried: tried, Queue: "q", Draw: 37}, 2, "rule b matched (2nd of 2), queue q by draw 37 of 100"},
		"fallback":       {event.ItemRouted{Tried: tried[:1], Queue: "q", Fallback: true}, 1, "none of 1 rule matched, fallback queue q"},
		"no rules":       {event.ItemRouted{Queue: "q", Fallback: true}, 0, "no rules, fallback queue q"},
		"deferred":       {event.AssignmentDeferred{Queue: "q"}, 0, "nobody to offer it to in queue q"},
		"deferred, many": {event.AssignmentDeferred{Queue: "q", Candidates: event.Candidates{Excluded: []event.Exclusion{{Agent: "a", Reason: event.NotConnected}}, More: 3}}, 0, "nobody to offer it to in queue q; excluded: a NotConnected, 3 more"},
		"offered":        {event.OfferMade{Agent: "ann"}, 0, "offered to ann"},
		"declined":       {event.OfferClosed{Agent: "ann", Outcome: event.Declined}, 0, "ann declined the offer"},
		"expired":        {event.OfferClosed{Agent: "ann", Outcome: event.Expired}, 0, "the offer to ann expired"},
		"revoked":        {event.OfferClosed{Agent: "ann", Outcome: event.Revoked, Reason: event.AgentRemoved}, 0, "the offer to ann was revoked (AgentRemoved)"},
		"picked":         {event.ItemAssigned{Agent: "ann", How: event.ByPick}, 0, "ann picked it"},
		"given":          {event.ItemAssigned{Agent: "ann", How: event.BySupervisor, By: "sue"}, 0, "given to ann by sue"},
		"released":       {event.ItemReleased{Agent: "ann", Reason: event.TransferredToQueue}, 0, "taken from ann (TransferredToQueue)"},
		"parked":         {event.ItemParked{Agent: "ann"}, 0, "ann closed the session, waiting for the customer"},
		"resumed":        {event.ItemResumed{}, 0, "the customer returned"},
		"wrap-up free":   {event.WrapUpStarted{Agent: "ann", Reason: event.CustomerMovedToWrapUp, Released: true}, 0, "in wrap-up with ann (CustomerMovedToWrapUp), capacity free"},
		"wrap-up":        {event.WrapUpStarted{Agent: "ann", Reason: event.AgentMovedToWrapUp}, 0, "in wrap-up with ann (AgentMovedToWrapUp), capacity held until it closes"},
		"force closed":   {event.ItemClosed{Reason: event.ForceClosedBySupervisor, By: "sue"}, 0, "closed by sue (ForceClosedBySupervisor)"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			step, got := describe(tc.event, background{rules: tc.rules})
			if got != tc.want || step == "" {
				t.Errorf("%s: %q, want %q", step, got, tc.want)
			}
		})
	}
}

func TestOrdinals(t *testing.T) {
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 112: "112th", 123: "123rd"} {
		if got := ordinal(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
