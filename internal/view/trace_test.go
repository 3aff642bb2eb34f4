// SPDX-License-Identifier: Apache-2.0

package view

import (
	"testing"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

func TestStepsAreToldInOneLine(t *testing.T) {
	tried := []event.RuleTried{{Rule: "a"}, {Rule: "b", Matched: true}}
	type step struct {
		event event.Event
		rules int
		want  string
	}
	overflow := event.ItemRouted{
		Tried: []event.RuleTried{{Rule: "a", Matched: true}, {Rule: "b", Matched: true}, {Rule: "c"}}, Rule: "b", Queue: "q2", Draw: -1,
		Passed:   []event.QueuePassed{{Rule: "a", Queue: "q1", On: plan.ItemLimit}},
		Overflow: &event.Overflowed{Queue: "q3", On: plan.OutOfHours, Action: plan.TransferTo},
	}
	cases := map[string]step{
		"overflow": {overflow, 3, "rule b matched (2nd of 3), queue q2; queue q1 of rule a passed over: as many items wait there as are allowed; " +
			"queue q3 overflows (out of its hours), and passes it on"},
		"waited": {
			event.ItemOverflowed{Overflowed: event.Overflowed{Queue: "q", On: plan.WaitTime, Action: plan.EndItem}},
			0,
			"queue q overflows (it has waited there for too long), and ends it",
		},
		"promoted":       {event.ItemPromoted{Queue: "q"}, 0, "waited for so long in queue q that it is served before all others"},
		"affinity":       {event.OfferMade{Agent: "ann", Via: event.ViaAffinity}, 0, "offered to ann, who had it last"},
		"preferred":      {event.OfferMade{Agent: "ann", Via: event.ViaPreferred}, 0, "offered to ann, whom the customer prefers"},
		"transfer":       {event.OfferMade{Agent: "ann", Via: event.ViaTransfer, From: "bob"}, 0, "offered to ann, to whom bob hands it over"},
		"taken over":     {event.ItemAssigned{Agent: "ann", How: event.ByTransfer, Offer: "o"}, 0, "ann took it over"},
		"without asking": {event.ItemAssigned{Agent: "ann", How: event.ByAutoAccept, Via: event.ViaAffinity}, 0, "assigned to ann without asking, who had it last"},
		"follow-up":      {event.ItemResumed{Reason: event.FollowUpDue}, 0, "the follow-up is due"},
		"customer gone":  {event.CustomerDisconnected{Until: instant(90)}, 0, "the customer's connection is lost; it ends at 12:01:30 unless the customer returns"},
		"customer back":  {event.CustomerReconnected{}, 0, "the customer is back"},
		"asked":          {event.ConsultRequested{Agent: "bob", By: "ann"}, 0, "ann asked bob to join"},
		"joined":         {event.ConsultJoined{Agent: "bob"}, 0, "bob joined"},
		"left":           {event.ConsultEnded{Agent: "bob", Outcome: event.ConsultDone}, 0, "bob no longer takes part"},
		"not joined":     {event.ConsultEnded{Agent: "bob", Outcome: event.ConsultDeclined}, 0, "bob declined to join"},
		"no answer":      {event.ConsultEnded{Agent: "bob", Outcome: event.ConsultExpired}, 0, "bob did not answer in time whether to join"},
		"taken back":     {event.ConsultEnded{Agent: "bob", Outcome: event.ConsultWithdrawn}, 0, "bob is no longer asked to join"},
		"record":         {event.ItemOpened{Record: "CAS-1", Workstream: "cases"}, 0, "record CAS-1 opened in workstream cases"},
		"update":         {event.ItemUpdated{}, 0, "0 attributes changed"},
		"rule":           {event.ItemRouted{Tried: tried, Queue: "q", Draw: -1}, 5, "rule b matched (2nd of 5), queue q"},
		"rule, many":     {event.ItemRouted{Tried: tried, More: 50, Queue: "q", Draw: -1}, 120, "rule b matched (52nd of 120), queue q"},
		"split":          {event.ItemRouted{Tried: tried, Queue: "q", Draw: 37}, 2, "rule b matched (2nd of 2), queue q by draw 37 of 100"},
		"fallback":       {event.ItemRouted{Tried: tried[:1], Queue: "q", Fallback: true}, 1, "none of 1 rule matched, fallback queue q"},
		"no rules":       {event.ItemRouted{Queue: "q", Fallback: true}, 0, "no rules, fallback queue q"},
		"deferred":       {event.AssignmentDeferred{Queue: "q"}, 0, "nobody to offer it to in queue q"},
		"deferred, many": {event.AssignmentDeferred{Queue: "q", Candidates: event.Candidates{Excluded: []*event.Exclusion{{Agent: "a", Reason: event.NotConnected}}, More: 3}}, 0, "nobody to offer it to in queue q; passed over: a (not connected), 3 more"},
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
	for name, x := range map[string]struct {
		of   event.Exclusion
		want string
	}{
		"presence": {event.Exclusion{Reason: event.PresenceNotAllowed, What: "Away"}, "a (presence Away)"},
		"blocked":  {event.Exclusion{Reason: event.Blocked, What: "phone"}, "a (capacity profile phone is used up, which blocks other work)"},
		"units":    {event.Exclusion{Reason: event.NoCapacity, Have: -10, Need: 30}, "a (-10 units free, 30 needed)"},
		"slot":     {event.Exclusion{Reason: event.NoSlot, What: "chat"}, "a (no slot of capacity profile chat free)"},
		"skill":    {event.Exclusion{Reason: event.SkillMissing, What: "french"}, "a (has not the skill french)"},
		"rating":   {event.Exclusion{Reason: event.RatingTooLow, What: "french", Have: 3, Need: 7}, "a (skill french at 3, 7 needed)"},
		"never":    {event.Exclusion{Reason: event.NeverForCustomer}, "a (never for this customer)"},
		"declined": {event.Exclusion{Reason: event.DeclinedTooOften, Have: 3, Need: 3}, "a (declined it 3 times)"},
		"once":     {event.Exclusion{Reason: event.DeclinedTooOften, Have: 1, Need: 1}, "a (declined it once)"},
		"cooling":  {event.Exclusion{Reason: event.CoolingOff, Need: 40}, "a (did not take it; asked again in 40 s)"},
	} {
		x.of.Agent = "a"
		cases["excluded, "+name] = step{
			event.AssignmentDeferred{Queue: "q", Candidates: event.Candidates{Excluded: []*event.Exclusion{&x.of}}},
			0,
			"nobody to offer it to in queue q; passed over: " + x.want,
		}
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

func TestClassificationIsToldRuleByRule(t *testing.T) {
	w := &plan.Workstream{Revision: "r1", Classification: []plan.Classification{
		{Ruleset: "tier", Rules: []plan.ClassificationRule{{Name: "gold"}, {Name: "silver", Priority: 50, Profiles: []string{"phone"}}}},
		{Ruleset: "words", Rules: []plan.ClassificationRule{{Name: "french", Skills: []plan.Skill{{Name: "french", Rating: 7}, {Name: "wine"}}}}},
		{Ruleset: "late", Rules: []plan.ClassificationRule{{Name: "x"}}},
		{Ruleset: "empty"},
	}}
	e := event.ItemClassified{
		Item: "i1", Revision: "r1", Priority: 50, Skills: []plan.Skill{{Name: "french", Rating: 7}, {Name: "wine"}}, Profiles: []string{"phone"},
		Rulesets: []event.RulesetTried{
			{Ruleset: "tier", Rule: "silver", Tried: 2}, {Ruleset: "words", Rule: "french", Tried: 1}, {Ruleset: "late", Tried: 1}, {Ruleset: "empty"},
		},
	}
	const rest = "ruleset late: none of 1 rule matched; ruleset empty has no rules; " +
		"it has priority 50, skill french at 7, skill wine, capacity profile phone"
	want := "ruleset tier: rule silver matched (2nd), which gives priority 50, capacity profile phone; " +
		"ruleset words: rule french matched (1st), which gives skill french at 7, skill wine; " + rest
	if _, got := describe(e, background{settings: w}); got != want {
		t.Errorf("told as\n%s\nwant\n%s", got, want)
	}
	w.Revision = "r2" // what its rules give now may be something else
	want = "ruleset tier: rule silver matched (2nd); ruleset words: rule french matched (1st); " + rest
	if _, got := describe(e, background{settings: w}); got != want {
		t.Errorf("of another revision told as\n%s\nwant\n%s", got, want)
	}
}
