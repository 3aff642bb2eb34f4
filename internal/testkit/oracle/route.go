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
	"workstream.dev/operator/internal/hours"
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
	if reason == event.FollowUpDue && ev.Overflow != nil && ev.Overflow.Action == plan.EndItem {
		ev.Overflow.Action = plan.AssignAnyway
	}
	o.log(ev)
	if ev.Overflow != nil && ev.Overflow.Action == plan.EndItem {
		o.end(it, event.ItemClosed{Reason: event.ClosedDueToOverflow, Delivery: o.endDelivery(it)})
		return
	}
	entered := o.clock
	if it.queue == ev.Queue && it.entered != 0 {
		entered = it.entered
	}
	o.enter(it, ev.Queue, since, entered, reason)
	it.prefers = it.queued && it.entered == entered && it.queue == ev.Queue
}

// enter puts an item into a queue. What is due there is done at once.
func (o *Oracle) enter(it *item, queue string, since, entered event.Instant, reason event.Reason) {
	if queue != it.queue || since != it.since {
		it.promoted = false
	}
	it.queue, it.since, it.entered, it.queued, it.fresh = queue, since, entered, true, true
	it.stale = false
	it.prefers = false
	it.returns = reason == event.CustomerReturned || reason == event.FollowUpDue
	o.log(event.ItemQueued{Item: it.id, Queue: queue, Since: since, Entered: entered, Reason: reason})
	q := o.plan.Queue(queue)
	if q == nil {
		return
	}
	if q.PromoteAfter > 0 && !it.promoted && after(it.waits(), q.PromoteAfter) <= o.clock {
		o.promote(it)
	}
	if r := firstWait(q, it); r != nil && after(entered, r.After) <= o.clock {
		o.waitedTooLong(it, r)
	}
}

// waits is since when an item has been without an agent.
func (it *item) waits() event.Instant {
	if it.released > it.since {
		return it.released
	}
	return it.since
}

// requeue puts an item back into the queue that it came from; it is routed again when it changed meanwhile or the queue is
// gone.
func (o *Oracle) requeue(it *item, reason event.Reason) {
	if it.stale || o.plan.Queue(it.queue) == nil {
		o.route(it, reason, it.since)
		return
	}
	entered := it.entered
	if entered == 0 {
		entered = o.clock
	}
	o.enter(it, it.queue, it.since, entered, reason)
}

// match is a rule that matched, with the queue that the item is drawn for.
type match struct {
	rule  string
	draw  int32
	queue *plan.Queue
	over  *plan.Overflow
}

func (o *Oracle) chooseQueue(it *item, ws *plan.Workstream) event.ItemRouted {
	ev := event.ItemRouted{Draw: -1}
	var full []match
	for i := range ws.Routing.Rules {
		r := &ws.Routing.Rules[i]
		matched := ws.Routing.Matches(i, it.attributes)
		ev.Tried = append(ev.Tried, event.RuleTried{Rule: r.Name, Matched: matched})
		if !matched {
			continue
		}
		name, draw := draw(it.id, r.Split)
		m := match{r.Name, draw, o.plan.Queue(name), nil}
		if m.queue != nil {
			m.over = o.overflows(it, m.queue)
		}
		if m.over != nil {
			full = append(full, m)
			continue
		}
		ev.Passed = passed(full)
		ev.Rule, ev.Queue, ev.Draw = r.Name, name, draw
		if m.queue == nil && o.plan.Queue(ws.Routing.Fallback) != nil { // only a workstream that left the plan names such
			ev.Rule, ev.Queue, ev.Fallback = "", ws.Routing.Fallback, true
		}
		return cut(ev)
	}
	if len(full) == 0 {
		ev.Queue, ev.Fallback = ws.Routing.Fallback, true
		return cut(ev)
	}
	best := 0
	for i := range full {
		if o.opens(full[i].queue) < o.opens(full[best].queue) {
			best = i
		}
	}
	m := full[best]
	ev.Rule, ev.Queue, ev.Draw = m.rule, m.queue.Name, m.draw
	ev.Overflow = &event.Overflowed{Queue: m.queue.Name, On: m.over.On, Action: m.over.Action}
	if m.over.Action == plan.TransferTo {
		ev.Queue = m.over.Queue
	}
	ev.Passed = passed(slices.Delete(full, best, best+1))
	return cut(ev)
}

func passed(full []match) []event.QueuePassed {
	var list []event.QueuePassed
	for _, m := range full {
		list = append(list, event.QueuePassed{Rule: m.rule, Queue: m.queue.Name, On: m.over.On})
	}
	return list
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
	for i := range q.Overflow {
		if r := &q.Overflow[i]; closed && r.On == plan.OutOfHours && applies(r, it) {
			return r
		}
	}
	for i := range q.Overflow {
		if r := &q.Overflow[i]; r.On == plan.ItemLimit && applies(r, it) && o.waitingIn(q.Name, it) >= r.Limit {
			return r
		}
	}
	if closed {
		return &plan.Overflow{On: plan.OutOfHours, Action: plan.AssignAnyway}
	}
	return nil
}

// applies reports whether a rule counts for an item: only conversations are ended.
func applies(r *plan.Overflow, it *item) bool {
	return r.Action != plan.EndItem || it.kind == plan.Messaging
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
	if !o.everOpens(q.Hours) {
		return never
	}
	for t, end := now.Truncate(time.Minute).Add(time.Minute), now.AddDate(2, 0, 0); t.Before(end); t = t.Add(time.Minute) {
		if c.Open(t) {
			return event.Instant(t.UnixMicro())
		}
	}
	return never
}

// never is after all that is ever looked at.
const never event.Instant = 1 << 62

// everOpens reports whether a calendar has any hours.
func (o *Oracle) everOpens(name string) bool {
	for i := range o.plan.Calendars {
		c := &o.plan.Calendars[i]
		if c.Name == name && (len(c.Weekly) > 0 || slices.ContainsFunc(c.Holidays, func(h hours.Holiday) bool { return len(h.Open) > 0 })) {
			return true
		}
	}
	return false
}

func (o *Oracle) promote(it *item) {
	it.promoted = true
	o.log(event.ItemPromoted{Item: it.id, Queue: it.queue})
}

func (o *Oracle) waitedTooLong(it *item, r *plan.Overflow) {
	o.log(event.ItemOverflowed{Item: it.id, Overflowed: event.Overflowed{Queue: it.queue, On: r.On, Action: r.Action}})
	if r.Action == plan.TransferTo {
		o.enter(it, r.Queue, it.since, o.clock, event.MovedByOverflow)
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
			if c.Matches(j, attrs) {
				tried.Rule = c.Rules[j].Name
				it.give(&c.Rules[j], attrs)
				break
			}
		}
		ev.Rulesets = append(ev.Rulesets, tried)
	}
	for k, v := range attrs {
		if it.attributes[k] != v && !strings.HasPrefix(k, "item.") {
			if ev.Attributes == nil {
				ev.Attributes = rule.Attributes{}
			}
			ev.Attributes[k] = v
		}
	}
	it.profiles = slices.DeleteFunc(it.profiles, func(p string) bool { return slices.Contains(ws.Profiles, p) })
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
