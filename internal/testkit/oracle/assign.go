// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// assign offers until nobody is left who could take anything.
func (o *Oracle) assign() {
	for o.assignReturns() || o.assignNext() {
		o.settle()
	}
}

// waiting are the items that wait to be offered, in the order of service.
func (o *Oracle) waiting() []*item {
	var list []*item
	for _, it := range o.items {
		if it.queued && it.ws.Mode == plan.Push {
			list = append(list, it)
		}
	}
	slices.SortFunc(list, func(a, b *item) int {
		return cmp.Or(
			cmp.Compare(o.queuePriority(a), o.queuePriority(b)), cmp.Compare(itemPriority(a), itemPriority(b)),
			cmp.Compare(a.since, b.since), cmp.Compare(a.id, b.id),
		)
	})
	return list
}

func (o *Oracle) queuePriority(it *item) int32 {
	q := o.plan.Queue(it.queue)
	switch {
	case it.promoted:
		return 1
	case q == nil:
		return 100
	default:
		return q.Priority
	}
}

func itemPriority(it *item) int32 {
	if it.promoted {
		return 1
	}
	return it.priority
}

// assignReturns offers the first item that came into its queue in this step to whoever had it last, or is preferred.
func (o *Oracle) assignReturns() bool {
	for _, it := range o.waiting() {
		returns, prefers := it.returns, it.prefers
		it.returns, it.prefers = false, false
		if a := o.affine(it); returns && a != nil {
			o.offer(it, a, event.ViaAffinity, event.Candidates{})
			return true
		}
		if a := o.preferred(it); prefers && a != nil {
			o.offer(it, a, event.ViaPreferred, event.Candidates{})
			return true
		}
	}
	return false
}

// affine is the agent who had an item last and gets it first, or nil.
func (o *Oracle) affine(it *item) *agent {
	a, ws := o.agent(it.last), it.ws
	switch {
	case a == nil, !ws.Affinity.Enabled, it.kind != plan.Messaging, !o.member(a, it.queue), !a.connected, it.never(a.name):
		return nil
	case ws.Affinity.RespectPresence && !ws.Allows(a.presence):
		return nil
	case ws.Affinity.RespectCapacity && !o.fits(it, a):
		return nil
	}
	return a
}

// preferred is the first agent whom the customer prefers and who can take the item, or nil.
func (o *Oracle) preferred(it *item) *agent {
	names := it.names("customer.preferredAgents")
	for _, name := range names[:min(3, len(names))] {
		a := o.agent(name)
		if a == nil || !o.member(a, it.queue) || !a.connected || !it.ws.Allows(a.presence) || !o.fits(it, a) || it.never(name) {
			continue
		}
		if d := it.decline(name); d != nil && (o.declined(it, d) || d.until > o.clock) {
			continue
		}
		return a
	}
	return nil
}

// names are those in an attribute, between commas.
func (it *item) names(attribute string) []string {
	v := it.attributes[attribute]
	if v.Kind() != rule.Text {
		return nil
	}
	var names []string
	for s := range strings.SplitSeq(v.String(), ",") {
		if s = strings.TrimSpace(s); s != "" {
			names = append(names, s)
		}
	}
	return names
}

func (it *item) never(agent string) bool {
	return slices.Contains(it.names("customer.neverAgents"), agent)
}

func (it *item) decline(agent string) *decline {
	for i := range it.declines {
		if it.declines[i].agent == agent {
			return &it.declines[i]
		}
	}
	return nil
}

func (o *Oracle) member(a *agent, queue string) bool {
	g := o.plan.Agent(a.name)
	return g != nil && o.plan.Queue(queue) != nil && slices.Contains(g.Queues, queue)
}

// fits reports whether an agent has the capacity for an item.
func (o *Oracle) fits(it *item, a *agent) bool { return o.lacks(it, a).Reason == "" }

// lacks says what capacity an agent lacks for an item.
func (o *Oracle) lacks(it *item, a *agent) event.Exclusion {
	if p := o.blocked(a); p != "" {
		return event.Exclusion{Reason: event.Blocked, What: p, Have: o.freeSlots(a, p)}
	}
	onlySlots := it.ws.Units == 0 && len(it.needs()) > 0
	if free := o.freeUnits(a); !onlySlots && free < int64(it.ws.Units) {
		return event.Exclusion{Reason: event.NoCapacity, Have: int32(free), Need: it.ws.Units}
	}
	if p, free := o.scarce(it, a); free < 1 {
		return event.Exclusion{Reason: event.NoSlot, What: p, Have: free, Need: 1}
	}
	return event.Exclusion{}
}

// scarce is the profile that an item needs of which an agent has the fewest slots free.
func (o *Oracle) scarce(it *item, a *agent) (profile string, free int32) {
	free = math.MaxInt32
	for _, p := range it.needs() {
		if n := o.freeSlots(a, p); n < free {
			profile, free = p, n
		}
	}
	return profile, free
}

// needs are the profiles of which an item needs a slot each.
func (it *item) needs() []string { return union(it.ws.Profiles, it.profiles) }

// exclude says why an agent is no candidate, in the order of the reasons.
func (o *Oracle) exclude(it *item, a *agent) event.Exclusion {
	switch {
	case !a.connected:
		return event.Exclusion{Reason: event.NotConnected}
	case !it.ws.Allows(a.presence):
		return event.Exclusion{Reason: event.PresenceNotAllowed, What: string(a.presence)}
	}
	if x := o.lacks(it, a); x.Reason != "" {
		return x
	}
	if x := o.unskilled(it, a); x.Reason != "" {
		return x
	}
	if it.never(a.name) {
		return event.Exclusion{Reason: event.NeverForCustomer}
	}
	d := it.decline(a.name)
	switch {
	case d == nil:
		return event.Exclusion{}
	case o.declined(it, d):
		return event.Exclusion{Reason: event.DeclinedTooOften, Have: d.count, Need: it.ws.Offer.MaxDeclines}
	case d.until > o.clock:
		return event.Exclusion{Reason: event.CoolingOff, Need: int32((d.until - o.clock + 999_999) / 1_000_000)}
	}
	return event.Exclusion{}
}

// declined reports whether an agent's declines keep an item away for good. Of a record they do so only while there is a
// member who has declined less often, and could take it as far as skills, limits and the customer are concerned.
func (o *Oracle) declined(it *item, d *decline) bool {
	limit := it.ws.Offer.MaxDeclines
	if limit <= 0 || d.count < limit {
		return false
	}
	if it.kind == plan.Messaging {
		return true
	}
	for _, name := range o.members(it.queue) {
		other := it.decline(name)
		if (other == nil || other.count < limit) && !it.never(name) && o.unskilled(it, o.agent(name)).Reason == "" &&
			o.bigEnough(it, name) {
			return true
		}
	}
	return false
}

// bigEnough reports whether an agent who has nothing else could have an item.
func (o *Oracle) bigEnough(it *item, name string) bool {
	g := o.plan.Agent(name)
	for _, p := range it.needs() {
		if !slices.ContainsFunc(g.Profiles, func(x plan.AgentProfile) bool { return x.Name == p && x.Limit > 0 }) {
			return false
		}
	}
	return it.bySlots() || g.Units >= it.ws.Units
}

// unskilled says which skill an agent lacks where all of them are needed.
func (o *Oracle) unskilled(it *item, a *agent) event.Exclusion {
	if it.ws.SkillMatching != "" && it.ws.SkillMatching != plan.SkillsExact {
		return event.Exclusion{}
	}
	low := event.Exclusion{}
	for _, s := range it.skills {
		rating, ok := o.rating(a, s.Name)
		switch {
		case !ok:
			return event.Exclusion{Reason: event.SkillMissing, What: s.Name, Need: s.Rating}
		case rating < s.Rating && low.Reason == "":
			low = event.Exclusion{Reason: event.RatingTooLow, What: s.Name, Have: rating, Need: s.Rating}
		}
	}
	return low
}

func (o *Oracle) rating(a *agent, skill string) (int32, bool) {
	for _, s := range o.plan.Agent(a.name).Skills {
		if s.Name == skill {
			return s.Rating, true
		}
	}
	return 0, false
}

// distance is how far an agent is from the skills that an item needs, 0 where that does not matter.
func (o *Oracle) distance(it *item, a *agent) int32 {
	if it.ws.SkillMatching != plan.SkillsClosest {
		return 0
	}
	var sum int32
	for _, s := range it.skills {
		rating, ok := o.rating(a, s.Name)
		switch {
		case !ok:
			sum += 30
		case s.Rating == 0, rating == s.Rating:
		case rating > s.Rating:
			sum += rating - s.Rating
		default:
			sum += 10 + s.Rating - rating
		}
	}
	return sum
}

// room is what the method HighestCapacity compares: free units, or free slots where an item needs only those.
func (o *Oracle) room(it *item, a *agent) int64 {
	if it.bySlots() {
		_, free := o.scarce(it, a)
		return int64(free)
	}
	return o.freeUnits(a)
}

func (it *item) bySlots() bool { return it.ws.Units == 0 && len(it.needs()) > 0 }

// candidates returns who would be offered an item now, or nil, and why.
func (o *Oracle) candidates(it *item) (*agent, event.Candidates) {
	c := event.Candidates{Method: plan.HighestCapacity}
	q := o.plan.Queue(it.queue)
	if q == nil {
		return nil, c
	}
	c.Method = q.Method
	var able, first []*agent
	members := o.members(q.Name)
	for i, name := range members {
		a := o.agent(name)
		x := o.exclude(it, a)
		x.Agent = name
		switch {
		case x.Reason == "":
			able = append(able, a)
			if i < 50 {
				first = append(first, a)
			}
		case i < 50:
			c.Excluded = append(c.Excluded, &x)
		}
	}
	slices.SortFunc(able, func(a, b *agent) int { return o.compare(it, q.Method, a, b) })
	for _, a := range able[:min(2, len(able))] {
		if !slices.Contains(first, a) {
			first = append(first, a)
		}
	}
	c.Eligible = int32(len(first))
	c.More = int32(len(members) - len(first) - len(c.Excluded))
	if len(able) == 0 {
		return nil, c
	}
	o.explain(it, able, &c)
	return able[0], c
}

func (o *Oracle) compare(it *item, m plan.Method, a, b *agent) int {
	near := cmp.Compare(o.distance(it, a), o.distance(it, b))
	byName := cmp.Compare(a.name, b.name)
	switch m {
	case plan.RoundRobin:
		return cmp.Or(near, cmp.Compare(a.assignedFrom(it.queue), b.assignedFrom(it.queue)), byName)
	case plan.LeastActive:
		return cmp.Or(near, cmp.Compare(a.lastReleased, b.lastReleased), byName)
	default:
		return cmp.Or(near, cmp.Compare(o.room(it, b), o.room(it, a)), cmp.Compare(a.lastChange, b.lastChange), byName)
	}
}

// explain says what put the first of those who are able before the second.
func (o *Oracle) explain(it *item, able []*agent, c *event.Candidates) {
	if len(able) == 1 {
		c.Why = event.WhyOnly
		return
	}
	a, b := able[0], able[1]
	robin, least := c.Method == plan.RoundRobin, c.Method == plan.LeastActive
	switch {
	case o.distance(it, a) != o.distance(it, b):
		c.Why, c.Have, c.Next = event.WhySkills, o.distance(it, a), o.distance(it, b)
	case robin && a.assignedFrom(it.queue) != b.assignedFrom(it.queue):
		c.Why = event.WhyAssigned
	case least && a.lastReleased != b.lastReleased:
		c.Why = event.WhyReleased
	case robin, least:
		c.Why = event.WhyName
	case o.room(it, a) != o.room(it, b):
		c.Why, c.Have, c.Next = event.WhyCapacity, int32(o.room(it, a)), int32(o.room(it, b))
		if it.bySlots() {
			c.Why = event.WhySlots
		}
	case a.lastChange != b.lastChange:
		c.Why, c.Have = event.WhyIdle, int32(o.room(it, a))
	default:
		c.Why = event.WhyName
	}
}

func (a *agent) assignedFrom(queue string) uint64 {
	for _, x := range a.assigned {
		if x.queue == queue {
			return x.seq
		}
	}
	return 0
}

func (a *agent) wasAssigned(queue string, seq uint64) {
	a.assigned = slices.DeleteFunc(a.assigned, func(x assigned) bool { return x.queue == queue })
	a.assigned = append(a.assigned, assigned{queue, seq})
}

// assignNext offers the first item that somebody can take. On its way it tells of those that nobody can, when that is new.
func (o *Oracle) assignNext() bool {
	for _, it := range o.waiting() {
		a, c := o.candidates(it)
		if a != nil {
			o.offer(it, a, event.ViaMethod, c)
			return true
		}
		d := pictureOf(it.queue, &c)
		if it.fresh && !reflect.DeepEqual(it.deferred, d) {
			o.log(event.AssignmentDeferred{Item: it.id, Queue: it.queue, Candidates: c})
			it.deferred = d
		}
		it.fresh = false
	}
	return false
}

// pictureOf is what tells one deferral from another: the figures do not.
func pictureOf(queue string, c *event.Candidates) *deferral {
	d := &deferral{queue: queue, more: c.More}
	for _, x := range c.Excluded {
		d.excluded = append(d.excluded, event.Exclusion{Agent: x.Agent, Reason: x.Reason})
	}
	return d
}

// offer offers an item to an agent, or assigns it at once where the workstream says so.
func (o *Oracle) offer(it *item, a *agent, via event.Via, c event.Candidates) {
	it.queued, it.fresh = false, false
	units, profiles := it.ws.Units, it.needs()
	if it.ws.Offer.Presentation == plan.AutoAccept {
		o.log(event.ItemAssigned{
			Item: it.id, Agent: a.name, Units: units, Profiles: profiles, How: event.ByAutoAccept, Queue: it.queue, Via: via,
			Candidates: &c,
		})
		o.give(it, a, units, profiles)
		return
	}
	o.makeOffer(it, a, event.OfferMade{Via: via, Candidates: c})
}

func (o *Oracle) makeOffer(it *item, a *agent, ev event.OfferMade) {
	it.offered++
	ev.Offer, ev.Item, ev.Agent, ev.Queue = it.id+"-o"+strconv.Itoa(it.offered), it.id, a.name, it.queue
	ev.Expires, ev.Units, ev.Profiles = after(o.clock, it.ws.Offer.Timeout), it.ws.Units, it.needs()
	o.log(ev)
	o.offers = append(o.offers, &offer{
		id: ev.Offer, item: it.id, agent: a.name, queue: it.queue, expires: ev.Expires, live: true,
		transfer: ev.Via == event.ViaTransfer,
	})
	o.take(a, &entry{item: it.id, units: ev.Units, profiles: ev.Profiles, why: forOffer})
	if ev.Via != event.ViaTransfer {
		a.wasAssigned(it.queue, o.seq)
	}
}
