// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"cmp"
	"slices"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// due is a deadline. Those of the same moment fire by rank, then by item, then by agent.
type due struct {
	at          event.Instant
	rank        int
	item, agent string
	do          func()
}

// The ranks of deadlines.
const (
	rankOffer = iota
	rankConsult
	rankBlock
	rankAgent
	rankCustomer
	rankClose
	rankFollowUp
	rankOverflow
	rankPromote
	rankSlots
	rankForget
)

// fire does what is due, the earliest first.
func (o *Oracle) fire(limit int) {
	for range limit {
		all := o.deadlines()
		all = slices.DeleteFunc(all, func(d due) bool { return d.at > o.clock })
		if len(all) == 0 {
			return
		}
		slices.SortFunc(all, func(a, b due) int {
			return cmp.Or(
				cmp.Compare(a.at, b.at), cmp.Compare(a.rank, b.rank),
				cmp.Compare(a.item, b.item), cmp.Compare(a.agent, b.agent),
			)
		})
		all[0].do()
		o.settle()
	}
}

// deadlines are all that there are, but for cool-offs, which cause nothing by themselves.
func (o *Oracle) deadlines() []due {
	var all []due
	for _, it := range o.items {
		if it.state != event.Closed {
			all = append(all, o.deadlinesOf(it)...)
		}
	}
	for _, of := range o.offers {
		if of.live {
			all = append(all, due{of.expires, rankOffer, of.item, "", func() { o.notTaken(of, event.Expired) }})
		}
	}
	for _, a := range o.agents {
		for _, en := range a.ledger {
			if (en.why == forWrapUp || en.why == forBlock) && en.until != 0 {
				all = append(all, due{en.until, rankBlock, en.item, a.name, func() { o.endBlock(a, en) }})
			}
		}
		if at := a.keptUntil(); at != 0 {
			all = append(all, due{at, rankSlots, "", a.name, func() { o.resetSlots(a) }})
		}
	}
	if len(o.intakes) > 0 {
		all = append(all, due{after(o.intakes[0].at, 25*time.Hour), rankForget, "", "", o.forget})
	}
	return all
}

func (o *Oracle) deadlinesOf(it *item) []due {
	var all []due
	l := it.ws.Lifecycle
	limit := map[event.State]time.Duration{
		event.Open: l.Open, event.Active: l.Active, event.Waiting: l.Waiting, event.WrapUp: l.WrapUp,
	}[it.state]
	if limit > 0 {
		all = append(all, due{after(it.touched, limit), rankClose, it.id, "", func() { o.autoClose(it) }})
	}
	for _, c := range o.consultsOn(it) {
		if !c.joined {
			all = append(all, due{c.expires, rankConsult, it.id, c.agent, func() { o.endConsultation(it, c, event.ConsultExpired) }})
		}
	}
	if it.gone {
		all = append(all, due{it.goneUntil, rankCustomer, it.id, "", func() { o.customerLost(it) }})
	}
	if it.state == event.Active && it.lost != 0 && l.AgentReturn > 0 {
		all = append(all, due{after(it.lost, l.AgentReturn), rankAgent, it.id, "", func() { o.agentLost(it) }})
	}
	if it.state == event.Waiting && l.FollowUp > 0 {
		all = append(all, due{after(it.touched, l.FollowUp), rankFollowUp, it.id, "", func() { o.followUp(it) }})
	}
	if q := o.plan.Queue(it.queue); it.queued && q != nil {
		if !it.promoted && q.PromoteAfter > 0 {
			all = append(all, due{after(it.waits(), q.PromoteAfter), rankPromote, it.id, "", func() { o.promote(it) }})
		}
		if rule := firstWait(q, it); rule != nil {
			all = append(all, due{after(it.entered, rule.After), rankOverflow, it.id, "", func() { o.waitedTooLong(it, rule) }})
		}
	}
	return all
}

// firstWait is the rule of a queue that is due first of those for waiting too long, or nil.
func firstWait(q *plan.Queue, it *item) *plan.Overflow {
	var first *plan.Overflow
	for i := range q.Overflow {
		if r := &q.Overflow[i]; r.On == plan.WaitTime && applies(r, it) && (first == nil || r.After < first.After) {
			first = r
		}
	}
	return first
}

func (o *Oracle) autoClose(it *item) {
	reason := event.AutoClosedBySystem
	if it.state == event.Waiting {
		reason = event.AutoClosedFromWaitingState
	}
	o.end(it, event.ItemClosed{Reason: reason, Delivery: o.endDelivery(it)})
}

func (o *Oracle) forget() {
	before := o.clock - after(0, 24*time.Hour)
	o.log(event.IntakesForgotten{Before: before})
	o.intakes = slices.DeleteFunc(o.intakes, func(t taken) bool { return t.at < before })
}
