// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// route classifies an item when that is new, and puts it into the queue that the rules choose.
func (o *Oracle) route(it *item, reason event.Reason, since event.Instant) {
	ws := o.plan.Workstream(it.workstream)
	if ws == nil {
		ws = it.ws
	}
	o.classify(it, ws)
	ev := o.chooseQueue(it, ws)
	ev.Item, ev.Revision, ev.Ruleset = it.id, ws.Revision, ws.Routing.Ruleset
	it.ws, it.stale, it.queued = ws, false, false
	o.log(ev)
	if ev.Overflow != nil && ev.Overflow.Action == plan.EndItem && it.kind == plan.Messaging {
		o.end(it, event.ItemClosed{Reason: event.ClosedDueToOverflow, Delivery: o.endDelivery(it)})
		return
	}
	o.enter(it, ev.Queue, since, reason)
}

// enter puts an item into a queue where it was not before, or comes to anew.
func (o *Oracle) enter(it *item, queue string, since event.Instant, reason event.Reason) {
	it.enters = true
	o.queue(it, queue, since, o.clock, reason)
}

func (o *Oracle) queue(it *item, queue string, since, entered event.Instant, reason event.Reason) {
	if queue != it.queue || since != it.since {
		it.promoted = false
	}
	it.queue, it.since, it.entered, it.queued, it.fresh = queue, since, entered, true, true
	o.log(event.ItemQueued{Item: it.id, Queue: queue, Since: since, Entered: entered, Reason: reason})
}

// requeue puts an item back into the queue that it came from; it is routed again when it changed meanwhile or the queue is
// gone.
func (o *Oracle) requeue(it *item, reason event.Reason) {
	if it.stale || o.plan.Queue(it.queue) == nil {
		o.route(it, reason, it.since)
		return
	}
	o.queue(it, it.queue, it.since, it.entered, reason)
}

func (o *Oracle) chooseQueue(it *item, ws *plan.Workstream) event.ItemRouted {
	ev := event.ItemRouted{Draw: -1}
	type match struct {
		draw  int32
		queue *plan.Queue
		index int
	}
	var full []match
	for i := range ws.Routing.Rules {
		r := &ws.Routing.Rules[i]
		matched := r.Matches(it.attributes)
		ev.Tried = append(ev.Tried, event.RuleTried{Rule: r.Name, Matched: matched})
		if !matched {
			continue
		}
		name, draw := draw(it.id, r.Split)
		q := o.plan.Queue(name)
		if q == nil { // only a workstream that left the plan names such
			ev.Draw, ev.Queue = draw, name
			break
		}
		over := o.overflows(it, q)
		if over == nil {
			ev.Draw, ev.Queue = draw, q.Name
			return cut(ev)
		}
		full = append(full, match{draw, q, i})
		ev.Passed = append(ev.Passed, event.QueuePassed{Rule: r.Name, Queue: q.Name, On: over.On})
	}
	if ev.Queue != "" && o.plan.Queue(ws.Routing.Fallback) == nil {
		return cut(ev)
	}
	if ev.Queue != "" || len(full) == 0 {
		ev.Queue, ev.Fallback = ws.Routing.Fallback, true
		return cut(ev)
	}
	best := full[0]
	for _, m := range full[1:] {
		if o.opens(m.queue) < o.opens(best.queue) {
			best = m
		}
	}
	over := o.overflows(it, best.queue)
	ev.Draw, ev.Queue = best.draw, best.queue.Name
	ev.Overflow = &event.Overflowed{Queue: best.queue.Name, On: over.On, Action: over.Action}
	if over.Action == plan.TransferTo {
		ev.Queue = over.Queue
	}
	return cut(ev)
}

// cut leaves the last 50 rules.
func cut(ev event.ItemRouted) event.ItemRouted {
	if more := len(ev.Tried) - 50; more > 0 {
		ev.Tried, ev.More = ev.Tried[more:], int32(more)
	}
	return ev
}

// draw returns the queue that an item is drawn for.
func draw(id string, split []plan.Target) (string, int32) {
	if len(split) == 1 {
		return split[0].Queue, -1
	}
	n := percentile(id)
	sum := int32(0)
	for _, t := range split {
		if sum += t.Percent; n < sum {
			return t.Queue, n
		}
	}
	panic("oracle: a split of less than 100 percent")
}

// percentile is the hash that the journal is written by; the design leaves it to the engine.
func percentile(id string) int32 {
	sum := sha256.Sum256([]byte(id))
	return int32(binary.BigEndian.Uint64(sum[:8]) % 100)
}

// overflows returns the rule by which a queue takes nothing more, or nil when it takes the item.
func (o *Oracle) overflows(it *item, q *plan.Queue) *plan.Overflow {
	closed := q.Hours != "" && !o.plan.Hours(q.Hours).Open(moment(o.clock))
	if closed {
		for i := range q.Overflow {
			if q.Overflow[i].On == plan.OutOfHours {
				return &q.Overflow[i]
			}
		}
	}
	for i := range q.Overflow {
		if r := &q.Overflow[i]; r.On == plan.ItemLimit && o.waitingIn(q.Name, it) >= r.Limit {
			return r
		}
	}
	if closed {
		return &plan.Overflow{On: plan.OutOfHours, Action: plan.AssignAnyway}
	}
	return nil
}

// waitingIn counts the items that wait in a queue, but for one.
func (o *Oracle) waitingIn(queue string, but *item) int32 {
	var n int32
	for _, it := range o.items {
		if it != but && it.queued && it.queue == queue {
			n++
		}
	}
	return n
}

func moment(t event.Instant) time.Time { return time.UnixMicro(int64(t)) }

// opens is when a queue is open: now, or at the first minute from now on at which it is, or never.
func (o *Oracle) opens(q *plan.Queue) event.Instant {
	if q.Hours == "" {
		return o.clock
	}
	c := o.plan.Hours(q.Hours)
	now := moment(o.clock)
	if c.Open(now) {
		return o.clock
	}
	for t := now.Truncate(time.Minute); t.Before(now.AddDate(0, 0, 400)); t = t.Add(time.Minute) {
		if t.After(now) && c.Open(t) {
			return event.Instant(t.UnixMicro())
		}
	}
	return 1 << 62
}

func (o *Oracle) promote(it *item) {
	it.promoted = true
	o.log(event.ItemPromoted{Item: it.id, Queue: it.queue})
}

func (o *Oracle) waitedTooLong(it *item, r *plan.Overflow) {
	o.log(event.ItemOverflowed{Item: it.id, Overflowed: event.Overflowed{Queue: it.queue, On: r.On, Action: r.Action}})
	if r.Action == plan.TransferTo {
		o.enter(it, r.Queue, it.since, event.MovedByOverflow)
		return
	}
	o.end(it, event.ItemClosed{Reason: event.ClosedDueToOverflow, Delivery: o.endDelivery(it)})
}

// classify gives an item what the rulesets of its workstream say, when what they look at is new.
func (o *Oracle) classify(it *item, ws *plan.Workstream) {
	if len(ws.Classification) == 0 || (it.classified && !it.changed) {
		return
	}
	attrs := maps.Clone(it.attributes)
	ev := event.ItemClassified{Item: it.id, Revision: ws.Revision}
	for i := range ws.Classification {
		c := &ws.Classification[i]
		tried := event.RulesetTried{Ruleset: c.Ruleset}
		for j := range c.Rules {
			tried.Tried++
			if c.Rules[j].Matches(attrs) {
				tried.Rule = c.Rules[j].Name
				it.give(&c.Rules[j], attrs)
				break
			}
		}
		ev.Rulesets = append(ev.Rulesets, tried)
	}
	attrs["item.priority"] = rule.NumberValue(float64(it.priority))
	for k, v := range attrs {
		if it.attributes[k] != v {
			if ev.Attributes == nil {
				ev.Attributes = rule.Attributes{}
			}
			ev.Attributes[k] = v
		}
	}
	it.attributes, it.classified, it.changed = attrs, true, false
	ev.Priority, ev.Skills, ev.Profiles = it.priority, slices.Clone(it.skills), slices.Clone(it.profiles)
	o.log(ev)
}

// give gives an item what a classification rule says, and later rules see it.
func (it *item) give(r *plan.ClassificationRule, attrs rule.Attributes) {
	maps.Copy(attrs, r.Set)
	if r.Priority != 0 {
		it.priority = r.Priority
		attrs["item.priority"] = rule.NumberValue(float64(r.Priority))
	}
	for _, s := range r.Skills {
		i := slices.IndexFunc(it.skills, func(x plan.Skill) bool { return x.Name == s.Name })
		if i < 0 {
			it.skills = append(slices.Clone(it.skills), s)
			i = len(it.skills) - 1
		}
		it.skills[i].Rating = max(it.skills[i].Rating, s.Rating)
		attrs["item.skills."+s.Name] = rule.NumberValue(float64(it.skills[i].Rating))
		slices.SortFunc(it.skills, func(a, b plan.Skill) int { return strings.Compare(a.Name, b.Name) })
	}
	it.profiles = union(it.profiles, r.Profiles)
}
