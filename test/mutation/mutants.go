// SPDX-License-Identifier: Apache-2.0

package main

const (
	inEngine = "internal/engine/"
	inMatch  = "internal/match/"
)

// mutants are bugs that an engine might have. One that goes from the code takes its line here with it.
var mutants = []mutant{
	// Capacity.
	{inMatch + "match.go", "case a.Free < int64(n.Units):", "case a.Free <= int64(n.Units):", "exactly enough capacity is too little"},
	{inMatch + "match.go", "len(n.Profiles) > 0 && n.Slots(a) <= 0", "len(n.Profiles) > 0 && n.Slots(a) < 0", "one more slot than there is"},
	{inMatch + "match.go", "	case a.Blocked != \"\":\n		return event.Blocked\n", "", "an exhausted blocking profile blocks nothing"},
	{inEngine + "ledger.go", "c.has && c.blocking && c.used >= c.limit", "c.has && c.blocking && c.used > c.limit", "a blocking profile blocks one too late"},
	{inEngine + "apply_item.go", "	e.giveBack(e.mustAgent(ev.Agent), it.ID)\n", "", "an offer that ends keeps its capacity"},
	{inEngine + "apply_item.go", "	e.release(e.mustAgent(agent), it.ID)\n	it.Agent, it.Last", "	it.Agent, it.Last", "an item that leaves its agent gives nothing back"},
	{inEngine + "apply_item.go", "		it.Last = it.Agent\n		e.release(e.mustAgent(it.Agent), it.ID)\n", "		it.Last = it.Agent\n", "the one who gives an item away keeps its capacity"},
	{inEngine + "apply_item.go", "if en := a.entry(it.ID); en.Until != 0 {", "if en := a.entry(it.ID); en.Until < 0 {", "a wrap-up block ends with its item"},
	{inEngine + "apply_item.go", "	case ev.Released:\n		e.freeEntry(a, en)\n", "	case ev.Released:\n", "a wrap-up that blocks nothing blocks"},
	{inEngine + "ledger.go", "p.Reset == plan.EndOfDay {\n			ending", "p.Reset != plan.EndOfDay {\n			ending", "slots end with the day that should not, and the others do not"},
	{inEngine + "state.go", "case units > 0 || !profiles:", "case units > 0 && !profiles:", "units do not count for who has profiles"},
	{inMatch + "presence.go", "l.left = l.left || used < limit", "l.left = l.left || used <= limit", "an exhausted agent looks busy"},
	{inMatch + "presence.go", "l.blocked = l.blocked || (blocking && used >= limit)", "l.blocked = l.blocked || used > limit", "who is blocked looks busy"},
	{inEngine + "ledger.go", "	if a.Choice == plan.Available || a.Choice == plan.Busy {\n", "	if a.Choice == plan.Available {\n", "a chosen Busy lasts for ever"},

	// Order and choice.
	{inMatch + "order.go", "return strings.Compare(r.Agent.Name, s.Agent.Name) < 0", "return strings.Compare(r.Agent.Name, s.Agent.Name) > 0", "the last by name wins a tie"},
	{inMatch + "order.go", "return int64(a.LastReleased), 0", "return -int64(a.LastReleased), 0", "least active is who was active last"},
	{inMatch + "order.go", "return -room, int64(a.LastChange)", "return -room, -int64(a.LastChange)", "who was idle for the shortest time wins"},
	{inMatch + "order.go", "		return under + needed - rating\n", "		return needed - rating\n", "a rating below is as close as one above"},
	{inMatch + "order.go", "	missing = 30\n", "	missing = 3\n", "a skill that is missing is closer than a low one"},
	{inEngine + "apply_item.go", "	if ev.From == \"\" {\n		a.assignedFrom(ev.Queue, e.seq)\n	}\n", "	a.assignedFrom(ev.Queue, e.seq)\n", "a transfer counts as an assignment from the queue"},
	{inEngine + "line.go", "		rank = 1<<32 | 1\n", "		rank = 2<<32 | 1\n", "promoted items come after those of queues of priority 1"},
	{inEngine + "line.go", "	if it.Promoted {\n		rank", "	if it.Promoted && it.Queue == \"\" {\n		rank", "promotion is ignored"},
	{inEngine + "line.go", "rank := int64(q.priority())<<32 | int64(it.priority())", "rank := int64(q.priority()) << 32", "the priority of items is ignored"},

	// Offers.
	{inMatch + "match.go", "case n.MaxDeclines > 0 && p.Declines >= n.MaxDeclines:", "case n.MaxDeclines > 0 && p.Declines > n.MaxDeclines:", "one more offer than declines allow"},
	{inMatch + "match.go", "case p.CoolsUntil > n.Now:", "case p.CoolsUntil >= n.Now:", "the cool-off is a moment too long"},
	{inMatch + "match.go", "	case p.Never:\n		return event.NeverForCustomer\n", "", "the customer gets whom they must never get"},
	{inEngine + "apply_item.go", "	if ev.Outcome == event.Declined {\n		d.Count++\n	}\n", "	d.Count++\n", "an offer that expires counts as a decline"},
	{inEngine + "apply_item.go", "	if ev.Outcome == event.Revoked || transfer {\n", "	if ev.Outcome == event.Revoked || (transfer && ev.Agent == \"\") {\n", "who would not take a transfer cools off"},
	{inEngine + "apply_item.go", "		e.coolOff(it, ev.Agent, now)\n	}\n}\n\n// handOver", "		e.coolOff(it, it.Workstream, now)\n	}\n}\n\n// handOver", "the wrong one cools off after closing a live chat"},
	{inEngine + "offer.go", "	e.revoke(it, reason)\n	e.endConsults(it)\n", "	e.revoke(it, reason)\n", "consultations outlive what they are about"},
	{inEngine + "offer.go", "	e.revoke(it, reason)\n	e.endConsults(it)\n", "	e.endConsults(it)\n", "an offer stands when its item is gone"},
	{inEngine + "offer.go", "		e.endConsult(it, c.Agent, event.ConsultWithdrawn)\n	}\n	en :=", "	}\n	en :=", "who takes over goes on being consulted"},
	{inEngine + "offer.go", "	if o.From == \"\" {\n		e.requeue(it, event.OfferNotTaken)\n	}\n", "	e.requeue(it, event.OfferNotTaken)\n", "a transfer that is not taken puts the item into a queue"},
	{inEngine + "agent.go", "	e.endConsultsOf(a)\n}\n\n// offeredTo", "}\n\n// offeredTo", "a lost connection does not end consultations"},
	{inEngine + "consult.go", "case len(it.Consults) == maxConsults:", "case len(it.Consults) > maxConsults:", "one consultation too many"},

	// Lifecycle and timers.
	{inEngine + "timers.go", "return it.afterTouch(l.Waiting)", "return it.afterTouch(l.Active)", "Waiting items close by the limit of Active ones"},
	{inEngine + "timers.go", "	if it.State != event.Waiting {\n		return 0\n	}\n", "", "items are followed up that do not wait"},
	{inEngine + "timers.go", "		return after(lost, grace)\n", "		return after(it.Touched, grace)\n", "the grace of a lost agent counts from the last message"},
	{inEngine + "intake.go", "	e.reconnected(it)\n	e.emit(event.MessageReceived", "	e.emit(event.MessageReceived", "a message does not bring its customer back"},
	{inEngine + "apply_item.go", "	it.Entered, it.Promoted = 0, false\n", "	it.Promoted = false\n", "the waiting time before the last agent counts again"},
	{inEngine + "timers.go", "	case promoteTimer:\n		e.promote(e.items[t.item])\n", "	case promoteTimer:\n", "nobody is promoted while waiting"},

	// Routing and overflow.
	{inEngine + "overflow.go", "e.waitingBeside(it, q.Name) >= int(o.Limit)", "e.waitingBeside(it, q.Name) > int(o.Limit)", "the limit of a queue is one too high"},
	{inEngine + "overflow.go", "		return q.waiting - 1\n", "		return q.waiting\n", "an item counts itself when its queue is full"},
	{inEngine + "overflow.go", "(first == nil || o.After < first.After)", "first == nil", "the first rule by waiting time acts, not the first that is due"},
	{inEngine + "route.go", "; t < at {\n", "; t <= at {\n", "the last queue that opens wins a tie"},
	{inEngine + "route.go", "p < upTo {", "p <= upTo {", "a split draws one percent too much"},
	{inEngine + "classify.go", "			it.Classified = false\n", "", "news of an item do not classify it again"},
	{inEngine + "classify.go", "case c.skills[i].Rating < s.Rating:", "case c.skills[i].Rating > s.Rating:", "the lower rating of a skill stays"},
	{inEngine + "classify.go", "		e.markItem(it) // who was never to have it may take it now\n", "", "who may serve a customer again is not asked"},
	{inEngine + "direct.go", "|| it.past(a).Never {", "{", "affinity despite never"},
	{inEngine + "direct.go", "	case event.Blocked, event.NoCapacity, event.NoSlot:\n		if it.ws.Affinity.RespectCapacity {", "	case event.Blocked, event.NoCapacity, event.NoSlot:\n		if it.ws.Affinity.RespectPresence {", "affinity respects capacity when it should respect presence"},
	{inEngine + "direct.go", "names[:min(len(names), match.MaxPreferred)]", "names[:min(len(names), 1)]", "only the first preferred agent counts"},
}
