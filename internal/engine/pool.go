// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math/bits"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// fewMembers is how many are looked at one by one, because that is quicker than to keep them in order.
const fewMembers = 24

// maxPools is how many pools a queue keeps. They are made again when somebody asks.
const maxPools = 4096

// poolKey says who is in a pool, and by which capacity they are in order.
type poolKey struct {
	skill    string // that all of the pool have; empty is everybody
	profiles string // of which all in the trees have a free slot
	slots    bool   // and these slots are the capacity that orders them
}

// pool is members of a queue in the order of its method: a tree for each rating of the skill and each presence, of those
// who are connected and not blocked. It exists once somebody has asked for it, and is brought up to date when somebody
// asks again: who moved in between waits in stale.
type pool struct {
	poolKey
	need    match.Need // its profiles
	queue   *queue
	members []*agent // by name
	seats   []seat   // none when the members are few
	trees   [][presences]tree[seat]
	stale   []*seat
	dead    bool // nobody may ask any more
}

// presences is how many base presences there are.
const presences = 5

// seat is an agent's place in a pool.
type seat struct {
	node   node[seat]
	agent  *agent
	pool   *pool
	tree   *tree[seat] // where it is; nil when nowhere
	rating int32
}

// moved brings an agent's card up to date, and notes that the agent may be able to take more than before and that its
// places in pools are no longer right. Whatever changes an agent ends here.
func (e *Engine) moved(a *agent) {
	a.fill()
	for _, s := range a.seated {
		if !s.pool.dead {
			s.pool.stale = append(s.pool.stale, s)
		}
	}
	clear(a.seated)
	a.seated = a.seated[:0]
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

// pool returns the members of q who have a skill ("" is everybody), in the order for items with these needs.
func (q *queue) pool(skill string, n *match.Need) *pool {
	key := poolKey{skill: skill, slots: n.BySlots() && q.method() == plan.HighestCapacity}
	if len(n.Profiles) > 0 {
		key.profiles = strings.Join(n.Profiles, "\x00")
	}
	p := q.pools[key]
	if p == nil {
		if len(q.pools) >= maxPools {
			q.dropPools()
		}
		p = q.newPool(key, n)
	}
	p.settle()
	return p
}

func (q *queue) newPool(key poolKey, n *match.Need) *pool {
	p := &pool{poolKey: key, queue: q, members: q.members, need: match.Need{Profiles: n.Profiles}}
	ratings := 1
	if key.skill != "" {
		p.members, ratings = q.withSkill(key.skill), plan.MaxRating+1
	}
	if q.pools == nil {
		q.pools = make(map[poolKey]*pool)
	}
	q.pools[key] = p
	if len(p.members) <= fewMembers {
		return p
	}
	p.trees = make([][presences]tree[seat], ratings)
	p.seats = make([]seat, len(p.members))
	for i, a := range p.members {
		s := &p.seats[i]
		s.agent, s.pool = a, p
		s.node.of, s.node.weight = s, a.weight
		if key.skill != "" {
			s.rating, _ = a.card.Rating(key.skill)
			s.rating = min(max(s.rating, 0), plan.MaxRating)
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
	if c.Connected && c.Blocked == "" && c.Presence != 0 && (!p.slots || c.Free >= 0) {
		to = &p.trees[s.rating][bits.TrailingZeros8(uint8(c.Presence))]
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
	at.name = c.Name
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
	q.pools, q.skilled = nil, nil
}

// search looks for the best two candidates of an item.
type search struct {
	queue  *queue
	item   *item
	need   match.Need
	choice match.Choice
}

// try shows an agent to the choice if nothing excludes it.
func (s *search) try(a *agent, distance int32) {
	if s.need.Exclude(&a.card, s.item.past(a)) != "" {
		return
	}
	r := match.Rank{Agent: &a.card, Distance: distance}
	r.First, r.Second = s.queue.order(a, s.need.Room(&a.card))
	s.choice.Show(r)
}

// among looks at these agents only: nobody else can take the item.
func (s *search) among(agents []*agent) {
	for _, a := range agents {
		if a.isMember(s.queue.name) {
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

// members looks at all members, by the order that fits.
func (s *search) members() {
	switch {
	case s.need.Closest():
		s.closest()
	case s.need.Exact():
		skill := s.queue.rarest(s.need.Skills)
		i := slices.IndexFunc(s.need.Skills, func(x plan.Skill) bool { return x.Name == skill })
		p := s.queue.pool(skill, &s.need)
		for rating := max(s.need.Skills[i].Rating, 0); rating <= plan.MaxRating; rating++ {
			if !s.tree(p, rating, 0, nil) {
				return
			}
		}
	default:
		s.tree(s.queue.pool("", &s.need), 0, 0, nil)
	}
}

// tree looks at who of a pool has a rating. least is what their distance is at least; those who have one of the skills in
// but were looked at before. It reports whether there is more to look at: a pool of few is done at once.
func (s *search) tree(p *pool, rating, least int32, but []plan.Skill) bool {
	if p.trees == nil {
		for _, a := range p.members {
			if !a.hasAny(but) {
				s.try(a, s.distance(a))
			}
		}
		return false
	}
	room := int64(s.need.Units)
	for i := range presences {
		if s.need.Allowed&(1<<i) == 0 {
			continue
		}
		p.trees[rating][i].root.walk(room, func(x *seat) bool {
			bound := match.Rank{Agent: &x.agent.card, Distance: least, First: x.node.first, Second: x.node.second}
			if s.choice.Full(&bound) {
				return false
			}
			if !x.agent.hasAny(but) {
				s.try(x.agent, s.distance(x.agent))
			}
			return true
		})
	}
	return true
}

// closest goes by the distance of the skills. Who lacks n of them is at least n times missing away and has one of the
// n+1 that fewest have; so it walks the pool of the rarest skill, nearest rating first, then that of the next one for
// those who have not the first, and so on, until nobody further away can be better than the best two.
func (s *search) closest() {
	skills := slices.Clone(s.need.Skills)
	slices.SortStableFunc(skills, func(a, b plan.Skill) int {
		return len(s.queue.withSkill(a.Name)) - len(s.queue.withSkill(b.Name))
	})
	for i, skill := range skills {
		base := match.Missing(i)
		if s.done(base) {
			return
		}
		p := s.queue.pool(skill.Name, &s.need)
		for _, rating := range nearest(skill.Rating) {
			least := base + match.Distance(skill.Rating, rating, true)
			if s.done(least) || !s.tree(p, rating, least, skills[:i]) {
				break
			}
		}
	}
	if least := match.Missing(len(skills)); !s.done(least) {
		s.tree(s.queue.pool("", &s.need), 0, least, skills)
	}
}

// done reports whether two are nearer than that.
func (s *search) done(least int32) bool {
	return s.choice.Next.Agent != nil && s.choice.Next.Distance < least
}

// nearest returns all ratings, by their distance from the one that is needed.
func nearest(needed int32) [plan.MaxRating + 1]int32 {
	var list [plan.MaxRating + 1]int32
	needed = min(max(needed, 0), plan.MaxRating)
	i := 0
	for r := needed; r <= plan.MaxRating; r, i = r+1, i+1 {
		list[i] = r
	}
	for r := needed - 1; r >= 0; r, i = r-1, i+1 {
		list[i] = r
	}
	return list
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

// tell fills in what the decision is told by: the first members by name one by one.
func (s *search) tell(scratch []event.Exclusion, out *event.Candidates) []event.Exclusion {
	out.Method = s.queue.method()
	members := s.queue.members
	named := members[:min(len(members), match.MaxNamed)]
	hasPast := len(s.item.Declines)+len(s.item.never) > 0
	for _, a := range named {
		var p match.Past
		if hasPast {
			p = s.item.past(a)
		}
		if reason := s.need.Exclude(&a.card, p); reason != "" {
			scratch = append(scratch, s.need.Exclusion(&a.card, p, reason))
		} else {
			out.Eligible++
		}
	}
	for _, r := range [2]*match.Rank{&s.choice.Best, &s.choice.Next} {
		if r.Agent != nil && r.Agent.Name > named[len(named)-1].Name {
			out.Eligible++
		}
	}
	// Mostly who is excluded from a line are the same ones again, and then it is the same list.
	if l := s.item.line; len(scratch) > 0 {
		if !slices.Equal(l.excluded, scratch) {
			l.excluded = slices.Clone(scratch)
		}
		out.Excluded = l.excluded
	}
	out.More = int32(len(members)) - out.Eligible - int32(len(scratch))
	s.choice.Explain(&s.need, out.Method, out)
	return scratch[:0]
}
