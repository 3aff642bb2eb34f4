// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// maxTried is how many rules a routing names; those tried before them are counted.
const maxTried = 50

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
	rules := ws.Routing.Rules
	match := slices.IndexFunc(rules, func(r plan.Rule) bool { return r.Matches(it.Attributes) })
	tried := len(rules)
	if match >= 0 {
		tried = match + 1
		out.Queue, out.Draw = draw(rules[match].Split, it.ID)
	}
	for i := range rules[:tried] {
		if i < tried-maxTried {
			out.More++
			continue
		}
		out.Tried = append(out.Tried, event.RuleTried{Rule: rules[i].Name, Matched: i == match})
	}
	// Only a workstream that left the plan can name queues that left it, too.
	if out.Queue == "" || (e.plan.Queue(out.Queue) == nil && e.plan.Queue(ws.Routing.Fallback) != nil) {
		out.Queue, out.Fallback = ws.Routing.Fallback, true
	}
	return out
}

// requeue puts an item that nobody has back into its queue, in its old place. Without that queue it is routed again, and
// so is a record that changed while it was offered.
func (e *Engine) requeue(it *item, reason event.Reason) {
	if it.Stale || e.plan.Queue(it.Queue) == nil {
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
