// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"crypto/sha256"
	"encoding/binary"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// route chooses a queue by the workstream's current rules and puts the item there, in its place by since. A workstream
// that the plan no longer has routes by the revision that the item has.
func (e *Engine) route(it *item, since event.Instant, reason event.Reason) {
	routed := e.decideRoute(it)
	e.emit(routed)
	e.emit(event.ItemQueued{Item: it.ID, Queue: routed.Queue, Since: since, Reason: reason})
}

func (e *Engine) decideRoute(it *item) event.ItemRouted {
	ws := e.plan.Workstream(it.Workstream)
	if ws == nil {
		ws = it.ws
	}
	out := event.ItemRouted{Item: it.ID, Revision: ws.Revision, Ruleset: ws.Routing.Ruleset, Draw: -1}
	for i := range ws.Routing.Rules {
		r := &ws.Routing.Rules[i]
		matched := r.Matches(it.Attributes)
		out.Tried = append(out.Tried, event.RuleTried{Rule: r.Name, Matched: matched})
		if matched {
			out.Queue, out.Draw = draw(r.Split, it.ID)
			break
		}
	}
	// Only a workstream that left the plan can name queues that left it, too.
	if out.Queue == "" || (e.plan.Queue(out.Queue) == nil && e.plan.Queue(ws.Routing.Fallback) != nil) {
		out.Queue, out.Fallback = ws.Routing.Fallback, true
	}
	return out
}

// requeue puts an item that nobody has back into its queue, in its old place; without that queue it is routed again.
func (e *Engine) requeue(it *item, reason event.Reason) {
	if e.plan.Queue(it.Queue) == nil {
		e.route(it, it.Since, reason)
		return
	}
	e.emit(event.ItemQueued{Item: it.ID, Queue: it.Queue, Since: it.Since, Reason: reason})
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
