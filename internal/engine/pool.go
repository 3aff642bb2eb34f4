// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math/bits"
	"slices"
	"strings"

	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// fewMembers is how many are looked at one by one, because that is quicker than to keep them in order. It is a variable
// for tests.
var fewMembers = 24

// A queue keeps so many pools, and so many seats in them for each member. With more it begins anew.
const (
	maxPools = 4096
	maxSeats = 32
)

// poolKey says who is in a pool, and by which capacity they are in order.
type poolKey struct {
	skills   string // that items need, with ratings; without any everybody is in the pool
	closest  bool   // who has one of them is in it, nearest first; otherwise who has all
	profiles string // of which all in the trees have a free slot
	slots    bool   // and these slots are the capacity that counts
}

// pool is members of a queue in the order of its method: a tree for each presence, of those who are connected and not
// blocked. It exists once somebody has asked for it, and is brought up to date when somebody asks again: who moved in
// between waits in stale.
type pool struct {
	poolKey
	need    match.Need // the skills and profiles
	queue   *queue
	members []*agent // by name
	seats   []seat   // none when the members are few
	trees   [presences]tree[seat]
	stale   []*seat
	dead    bool // nobody may ask any more
}

// presences is how many base presences there are.
const presences = 5

// seat is an agent's place in a pool.
type seat struct {
	node  node[seat]
	agent *agent
	pool  *pool
	tree  *tree[seat] // where it is; nil when nowhere
	// distance of the agent's skills, where the closest come first.
	distance int32
}

// moved brings an agent's card up to date, and notes that the agent may be able to take more than before and that its
// places in pools are no longer right. Whatever changes an agent ends here.
func (e *Engine) moved(a *agent) {
	a.moves++
	a.fill()
	for _, s := range a.seated {
		if !s.pool.dead {
			s.pool.stale = append(s.pool.stale, s)
		}
	}
	clear(a.seated)
	a.seated = a.seated[:0]
	a.tellOf()
	e.markAgent(a)
}

// fill writes an agent's card.
func (a *agent) fill() {
	c := &a.card
	c.Name, c.Connected, c.Presence = a.Name, a.Connected, match.Of(a.Presence)
	c.LastChange, c.LastReleased = a.LastChange, a.LastReleased
	c.Free, c.Blocked, c.Skills = a.free(), a.blockedBy(), nil
	c.Slots = c.Slots[:0]
	if a.def == nil {
		return
	}
	c.Skills = a.def.Skills
	for i := range a.def.Profiles {
		name := a.def.Profiles[i].Name
		c.Slots = append(c.Slots, match.Slot{Profile: name, Free: a.slots(name)})
	}
}

// pool returns those of q who may be for an item: who has the skills that it needs, or with closest who has any, or
// everybody. An item that needs no skills asks for everybody.
func (q *queue) pool(it *item, n *match.Need, everybody bool) *pool {
	key := poolKey{profiles: it.line.class.profiles, slots: n.BySlots()}
	if !everybody {
		key.skills, key.closest = it.skills, n.Closest()
	}
	p := q.pools[key]
	if p == nil {
		if len(q.pools) >= maxPools || q.seats > maxSeats*(len(q.members)+fewMembers) {
			q.dropPools()
		}
		p = q.newPool(key, n)
	}
	p.settle()
	return p
}

func (q *queue) newPool(key poolKey, n *match.Need) *pool {
	p := &pool{poolKey: key, queue: q, members: q.members, need: match.Need{Profiles: n.Profiles}}
	if key.skills != "" {
		p.need.Skills, p.need.Matching = n.Skills, n.Matching
		p.members = q.withSkills(&p.need)
	}
	if q.pools == nil {
		q.pools = make(map[poolKey]*pool)
	}
	q.pools[key] = p
	if len(p.members) <= fewMembers {
		return p
	}
	q.seats += len(p.members)
	p.seats = make([]seat, len(p.members))
	for i, a := range p.members {
		s := &p.seats[i]
		s.agent, s.pool = a, p
		s.node.of, s.node.weight, s.node.rooms = s, a.weight, true
		if key.closest {
			s.distance = p.need.Distance(&a.card)
		}
		p.stale = append(p.stale, s)
	}
	return p
}

// settle brings the trees up to date.
func (p *pool) settle() {
	for i, s := range p.stale {
		s.sit()
		s.agent.seated = append(s.agent.seated, s)
		p.stale[i] = nil
	}
	p.stale = p.stale[:0]
}

// sit moves a seat to where its agent belongs now.
func (s *seat) sit() {
	to, room, at := s.right()
	if to == s.tree && at == s.node.place && room == s.node.room {
		return
	}
	if s.tree != nil {
		s.tree.remove(&s.node)
	}
	s.node.place, s.node.room, s.tree = at, room, to
	if to != nil {
		to.insert(&s.node)
	}
}

// right returns the tree where an agent belongs, nil when nowhere, with its room and place there.
func (s *seat) right() (to *tree[seat], room int64, at place) {
	p, c := s.pool, &s.agent.card
	if c.Connected && c.Blocked == "" && c.Presence != 0 {
		to = &p.trees[bits.TrailingZeros8(uint8(c.Presence))]
	}
	room = c.Free
	if p.profiles != "" {
		slots := p.need.Slots(c)
		if slots <= 0 {
			to = nil
		}
		if p.slots {
			room = int64(slots)
		}
	}
	at.rank, at.name = int64(s.distance), c.Name
	at.first, at.second = p.queue.order(s.agent, room)
	return to, room, at
}

// order is an agent's place by the method of q.
func (q *queue) order(a *agent, room int64) (first, second int64) {
	m := q.method()
	var last uint64
	if m == plan.RoundRobin {
		last = a.LastAssigned[q.name]
	}
	return match.Order(m, &a.card, room, last)
}

// withSkill returns the members who have a skill.
func (q *queue) withSkill(skill string) []*agent {
	if q.skilled == nil {
		q.skilled = make(map[string][]*agent)
		for _, a := range q.members {
			for i := range a.card.Skills {
				q.skilled[a.card.Skills[i].Name] = append(q.skilled[a.card.Skills[i].Name], a)
			}
		}
	}
	return q.skilled[skill]
}

// withSkills returns the members who have all the skills that are needed, or with closest any of them, by name.
func (q *queue) withSkills(n *match.Need) []*agent {
	var list []*agent
	if !n.Closest() {
		for _, a := range q.withSkill(q.rarest(n.Skills)) {
			if n.Suits(&a.card, match.Past{}) {
				list = append(list, a)
			}
		}
		return list
	}
	for i, s := range n.Skills {
		for _, a := range q.withSkill(s.Name) {
			if !a.hasAny(n.Skills[:i]) { // or else it is there already
				list = append(list, a)
			}
		}
	}
	slices.SortFunc(list, func(a, b *agent) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// rarest returns the skill that fewest members have; of several the first.
func (q *queue) rarest(skills []plan.Skill) string {
	best := skills[0].Name
	for _, s := range skills[1:] {
		if len(q.withSkill(s.Name)) < len(q.withSkill(best)) {
			best = s.Name
		}
	}
	return best
}

// dropPools forgets all that was derived from the members, because they or the method are others.
func (q *queue) dropPools() {
	for _, p := range q.pools {
		p.dead = true
	}
	if len(q.pools) > 0 {
		for _, a := range q.members {
			a.seated = slices.DeleteFunc(a.seated, func(s *seat) bool { return s.pool.dead })
		}
	}
	q.pools, q.skilled, q.seats = nil, nil, 0
}

// search looks for the best two candidates of an item.
type search struct {
	queue  *queue
	item   *item
	need   match.Need
	choice match.Choice
	best   *agent
}

// try shows an agent to the choice if nothing excludes it.
func (s *search) try(a *agent, distance int32) {
	if s.need.Exclude(&a.card, s.item.past(a)) != "" {
		return
	}
	r := match.Rank{Agent: &a.card, Distance: distance}
	r.First, r.Second = s.queue.order(a, s.need.Room(&a.card))
	s.choice.Show(r)
	if s.choice.Best.Agent == &a.card {
		s.best = a
	}
}

// among looks at these agents only: nobody else can take the item.
func (s *search) among(agents []*agent) {
	for _, a := range agents {
		if slices.Contains(a.queues, s.queue) {
			s.try(a, s.distance(a))
		}
	}
}

func (s *search) distance(a *agent) int32 {
	if s.need.Closest() {
		return s.need.Distance(&a.card)
	}
	return 0
}

// members looks at all members, by the pool that fits. Where the closest skills come first, those who have none of them
// come last, and are looked at only if they may be among the best two.
func (s *search) members() {
	s.pool(s.queue.pool(s.item, &s.need, len(s.need.Skills) == 0 || s.need.Matching == plan.SkillsNone), 0, nil)
	if !s.need.Closest() {
		return
	}
	least := match.Missing(s.need.Skills)
	if c := &s.choice; c.Next.Agent == nil || c.Next.Distance >= least {
		s.pool(s.queue.pool(s.item, &s.need, true), least, s.need.Skills)
	}
}

// pool looks at who is in a pool, but for those who have one of the skills in but. least is how far the others are at
// least.
func (s *search) pool(p *pool, least int32, but []plan.Skill) {
	if p.seats == nil {
		for _, a := range p.members {
			if !a.hasAny(but) {
				s.try(a, s.distance(a))
			}
		}
		return
	}
	for i := range p.trees {
		if s.need.Allowed&(1<<i) == 0 {
			continue
		}
		p.trees[i].root.walk(int64(s.need.Units), func(x *seat) bool {
			at := &x.node.place
			bound := match.Rank{Agent: &x.agent.card, Distance: max(x.distance, least), First: at.first, Second: at.second}
			if s.choice.Full(&bound) {
				return false
			}
			if !x.agent.hasAny(but) {
				s.try(x.agent, bound.Distance)
			}
			return true
		})
	}
}

func (a *agent) hasAny(skills []plan.Skill) bool {
	for i := range skills {
		if _, ok := a.card.Rating(skills[i].Name); ok {
			return true
		}
	}
	return false
}

func (a *agent) isMember(queue string) bool {
	if a.def == nil {
		return false
	}
	_, ok := slices.BinarySearch(a.def.Queues, queue)
	return ok
}

// past is what was between an item and an agent.
func (it *item) past(a *agent) match.Past {
	var p match.Past
	if len(it.never) > 0 {
		p.Never = slices.Contains(it.never, a.Name)
	}
	if len(it.Declines) > 0 {
		if d := it.Declines[a.Name]; d != nil {
			p.Declines, p.CoolsUntil = d.Count, d.Until
		}
	}
	return p
}
