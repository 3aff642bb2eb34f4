// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"math"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// maxTried is how many rules a routing names; those tried before them are counted.
const maxTried = 50

// route classifies an item, chooses a queue by the workstream's current rules and puts the item there, in its place by
// since. A workstream that the plan no longer has routes by the revision that the item has.
func (e *Engine) route(it *item, since event.Instant, reason event.Reason) {
	ws := e.rulesFor(it)
	e.classify(it, ws)
	routed := e.decideRoute(it, ws)
	if o := routed.Overflow; o != nil && o.Action == plan.EndItem && reason == event.FollowUpDue {
		o.Action = plan.AssignAnyway // whose customer has not come is not sent away
	}
	entered := e.clock
	if it.Queue == routed.Queue && it.Entered != 0 {
		entered = it.Entered
	}
	e.emit(routed)
	if o := routed.Overflow; o != nil && o.Action == plan.EndItem {
		e.closeByOverflow(it)
		return
	}
	if e.enqueue(it, routed.Queue, since, entered, reason) {
		e.direct(it, reason, true)
	}
}

// rulesFor returns the definition by which an item is routed now.
func (e *Engine) rulesFor(it *item) *plan.Workstream {
	if ws := e.plan.Workstream(it.Workstream); ws != nil {
		return ws
	}
	return it.ws
}

// requeue puts an item that nobody has back into its queue, in its old place. Without that queue it is routed again, and
// so is a record that changed while it was offered.
func (e *Engine) requeue(it *item, reason event.Reason) {
	if it.Stale || e.plan.Queue(it.Queue) == nil {
		e.route(it, it.Since, reason)
		return
	}
	entered := it.Entered
	if entered == 0 {
		entered = e.clock
	}
	if e.enqueue(it, it.Queue, it.Since, entered, reason) {
		e.direct(it, reason, false)
	}
}

// target is a queue that a matching rule chose.
type target struct {
	rule     int
	queue    string
	draw     int32
	overflow *plan.Overflow // nil when the queue takes the item in
}

// decideRoute takes the first rule that matches and whose queue does not overflow. When all overflow, the queue that is
// available first says what becomes of the item.
func (e *Engine) decideRoute(it *item, ws *plan.Workstream) event.ItemRouted {
	out := event.ItemRouted{Item: it.ID, Revision: ws.Revision, Ruleset: ws.Routing.Ruleset, Draw: -1}
	rules := ws.Routing.Rules
	attrs := e.attributesOf(it)
	var over []target // those passed over
	var last target   // the one taken
	tried, found := 0, false
	for tried < len(rules) && !found {
		matched := ws.Routing.Next(tried, attrs)
		if matched < 0 {
			tried = len(rules)
			break
		}
		tried = matched + 1
		last = target{rule: matched}
		last.queue, last.draw = draw(rules[matched].Split, it.ID)
		if q := e.plan.Queue(last.queue); q != nil {
			last.overflow = e.overflow(q, it)
		}
		if found = last.overflow == nil; !found {
			over = append(over, last)
		}
	}
	out.Tried, out.More = told(rules[:tried], over, found)
	switch {
	case found && (e.plan.Queue(last.queue) != nil || e.plan.Queue(ws.Routing.Fallback) == nil):
		out.Rule, out.Queue, out.Draw = rules[last.rule].Name, last.queue, last.draw
	case found || len(over) == 0: // only a workstream that left the plan can name queues that left it, too
		out.Queue, out.Draw, out.Fallback = ws.Routing.Fallback, last.draw, true
		if !found {
			out.Draw = -1
		}
	default:
		i := e.soonest(over)
		last = over[i]
		over = append(over[:i:i], over[i+1:]...)
		out.Rule, out.Queue, out.Draw = rules[last.rule].Name, last.queue, last.draw
		o := last.overflow
		out.Overflow = &event.Overflowed{Queue: last.queue, On: o.On, Action: o.Action}
		if o.Action == plan.TransferTo {
			out.Queue = o.Queue
		}
	}
	for _, t := range over {
		out.Passed = append(out.Passed, event.QueuePassed{Rule: rules[t.rule].Name, Queue: t.queue, On: t.overflow.On})
	}
	return out
}

// told names the rules that were tried, the last ones when they are many.
func told(rules []plan.Rule, over []target, found bool) (list []event.RuleTried, more int32) {
	from := max(0, len(rules)-maxTried)
	if len(rules) > 0 {
		list = make([]event.RuleTried, len(rules)-from)
	}
	for i := range list {
		list[i].Rule = rules[from+i].Name
	}
	for _, t := range over {
		if t.rule >= from {
			list[t.rule-from].Matched = true
		}
	}
	if found {
		list[len(list)-1].Matched = true
	}
	return list, count(from)
}

// count is a number of things of a plan.
func count(n int) int32 { return int32(min(n, math.MaxInt32)) } //nolint:gosec // it is small enough now

// soonest returns which of the queues that overflow is available first: an open one, or the one that opens next.
func (e *Engine) soonest(over []target) int {
	best, at := 0, e.opens(e.plan.Queue(over[0].queue))
	for i := range over[1:] {
		if t := e.opens(e.plan.Queue(over[i+1].queue)); t < at {
			best, at = i+1, t
		}
	}
	return best
}

// draw chooses a target by the item's percentile; -1 when there is nothing to choose.
func draw(split []plan.Target, item string) (string, int32) {
	if len(split) == 1 {
		return split[0].Queue, -1
	}
	p := percentile(item)
	upTo := int32(0)
	for _, t := range split {
		if upTo += t.Percent; p < upTo {
			return t.Queue, p
		}
	}
	return "", p
}

// percentile is 0-99 by the item's id alone: the same item is drawn alike each time it is routed.
func percentile(item string) int32 {
	sum := sha256.Sum256([]byte(item))
	return int32(binary.BigEndian.Uint64(sum[:8]) % 100)
}
