// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"slices"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// traces is INV-9 as far as the events and the plans show it: all rules and members that were in question are told, and
// from what is told the same decision follows. That what is told is so, the oracle says, which makes every decision anew.
type traces struct {
	plan        *plan.Plan
	workstreams map[revision]*plan.Workstream
	items       map[string]revision
}

// revision is a workstream as it was when it routed an item.
type revision struct{ workstream, revision string }

func newTraces() traces {
	return traces{workstreams: make(map[revision]*plan.Workstream), items: make(map[string]revision)}
}

// activate takes over a plan, in force from the next event on.
func (t *traces) activate(p *plan.Plan) {
	t.plan = p
	for i := range p.Workstreams {
		w := &p.Workstreams[i]
		t.workstreams[revision{w.Name, w.Revision}] = w
	}
}

// check looks at what an event tells of a decision.
func (t *traces) check(e event.Event) error {
	var err error
	switch ev := e.(type) {
	case event.ItemOpened:
		t.items[ev.Item] = revision{workstream: ev.Workstream}
	case event.ItemRouted:
		is := revision{t.items[ev.Item].workstream, ev.Revision}
		t.items[ev.Item] = is
		err = t.routed(&ev, t.workstreams[is])
	case event.AssignmentDeferred:
		err = t.chosen(ev.Item, ev.Queue, "", &ev.Candidates)
	case event.OfferMade:
		if ev.Via == event.ViaMethod {
			err = t.chosen(ev.Item, ev.Queue, ev.Agent, &ev.Candidates)
		}
	case event.ItemAssigned:
		if ev.Candidates != nil && ev.Via == event.ViaMethod {
			err = t.chosen(ev.Item, ev.Queue, ev.Agent, ev.Candidates)
		}
	}
	if err != nil {
		return fmt.Errorf("INV-9 is broken: %s: %w", event.KindOf(e), err)
	}
	return nil
}

// routed: the rules that are told were tried in the order of the ruleset, those that matched decided or were passed over,
// and the draw leads to the queue.
func (t *traces) routed(ev *event.ItemRouted, ws *plan.Workstream) error {
	rules := ws.Routing.Rules
	if int(ev.More)+len(ev.Tried) > len(rules) {
		return fmt.Errorf("item %s tried %d rules and %d more of %d", ev.Item, len(ev.Tried), ev.More, len(rules))
	}
	matched := make(map[string]bool)
	for i, r := range ev.Tried {
		if rules[int(ev.More)+i].Name != r.Rule {
			return fmt.Errorf("item %s tried rule %s out of order", ev.Item, r.Rule)
		}
		matched[r.Rule] = r.Matched
	}
	used := map[string]bool{ev.Rule: true}
	for _, p := range ev.Passed {
		used[p.Rule] = true
	}
	for name := range used {
		if name != "" && !matched[name] && ev.More == 0 {
			return fmt.Errorf("item %s was routed by or past rule %s, which did not match", ev.Item, name)
		}
	}
	if ev.Fallback {
		if ev.Rule != "" || ev.Queue != ws.Routing.Fallback {
			return fmt.Errorf("item %s fell back to queue %s by rule %q", ev.Item, ev.Queue, ev.Rule)
		}
		return nil
	}
	for _, r := range ev.Tried {
		if r.Matched && !used[r.Rule] {
			return fmt.Errorf("item %s matched rule %s, and nothing is told of its queue", ev.Item, r.Rule)
		}
	}
	return drawn(ev, rules)
}

// drawn: the rule's split and the draw give the queue, or the one that overflowed.
func drawn(ev *event.ItemRouted, rules []plan.Rule) error {
	i := slices.IndexFunc(rules, func(r plan.Rule) bool { return r.Name == ev.Rule })
	if i < 0 {
		return fmt.Errorf("item %s was routed by rule %q, which is none", ev.Item, ev.Rule)
	}
	queue := ev.Queue
	if ev.Overflow != nil {
		queue = ev.Overflow.Queue
	}
	upTo := int32(0)
	for _, target := range rules[i].Split {
		if upTo += target.Percent; ev.Draw < upTo {
			if target.Queue != queue {
				return fmt.Errorf("item %s drew %d of rule %s, which is queue %s and not %s",
					ev.Item, ev.Draw, ev.Rule, target.Queue, queue)
			}
			return nil
		}
	}
	return fmt.Errorf("item %s drew %d of rule %s", ev.Item, ev.Draw, ev.Rule)
}

// chosen: every member of the queue is told or counted, and nobody was left out who could take the item.
func (t *traces) chosen(item, queue, agent string, c *event.Candidates) error {
	members := t.plan.Members(queue)
	if got := int(c.Eligible) + len(c.Excluded) + int(c.More); got != len(members) {
		return fmt.Errorf("of %d members of queue %s %d are told or counted", len(members), queue, got)
	}
	if (agent == "") != (c.Eligible == 0) || (agent == "") != (c.Why == "") {
		return fmt.Errorf("item %s goes to agent %q of %d eligible, because %q", item, agent, c.Eligible, c.Why)
	}
	ws := t.workstreams[t.items[item]]
	last := ""
	for _, x := range c.Excluded {
		if x.Agent <= last || x.Agent == agent || !slices.Contains(members, x.Agent) {
			return fmt.Errorf("agent %s is excluded after %q from queue %s, and %q is chosen", x.Agent, last, queue, agent)
		}
		last = x.Agent
		if !excludes(x, ws) {
			return fmt.Errorf("item %s: the figures of %+v exclude nobody", item, *x)
		}
	}
	return nil
}

// excludes reports whether an agent with these figures is no candidate for an item of that workstream.
func excludes(x *event.Exclusion, ws *plan.Workstream) bool {
	switch x.Reason {
	case event.NotConnected, event.NeverForCustomer:
		return true
	case event.PresenceNotAllowed:
		return !ws.Allows(plan.Presence(x.What))
	case event.Blocked, event.NoSlot:
		return x.What != "" && x.Have < 1
	case event.NoCapacity:
		return x.Need == ws.Units && x.Have < x.Need
	case event.SkillMissing:
		return x.What != ""
	case event.RatingTooLow:
		return x.What != "" && x.Have < x.Need
	case event.DeclinedTooOften:
		return x.Need == ws.Offer.MaxDeclines && x.Need > 0 && x.Have >= x.Need
	case event.CoolingOff:
		return x.Need > 0
	}
	return false
}
