// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strconv"
	"strings"

	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
)

// queue is where items wait: one line per class, so that who cannot take the first of a class need not look at the
// rest of it, and lines of a kind together, so that who cannot take any of a kind need not look at its lines.
type queue struct {
	name string
	// def is nil when the plan no longer has the queue and items that nobody else could take still wait in it.
	def     *plan.Queue
	members []*agent // by name
	states  []state  // of the first members by name, as decisions tell of them
	// lastNamed is the name of the last of them.
	lastNamed string
	era       int // counts the plans: what was told of members before is not as it is now
	changes   int // of states
	waiting   int // items, those to be picked included
	lines     map[class]*line
	empty     int // lines without items
	// kinds by skill; open are the skills of which there are items, 0 for those that need none.
	ids     skillIDs
	demands *demands
	kinds   kinds
	open    skillSet

	pools   map[poolKey]*pool
	seats   int                 // in all pools
	skilled map[string][]*agent // members by skill, by name; nil until somebody asks
}

// class is all that an agent's state is compared with. Items of equal class are taken by the same agents, but for those
// who declined one or whom the customer does not want.
type class struct {
	pick     bool
	units    int32
	allowed  match.Presences
	profiles string
	skills   string // with ratings, joined; empty when none is needed
}

// line is the waiting items of a queue and a class, in order.
type line struct {
	node  node[line] // in its kind, in the place of its first item
	class class
	queue *queue
	kind  *kind
	need  match.Need // of its items, but for what is their own
	items tree[item]
	first *item

	picture picture // who was excluded when somebody asked last
}

// classOf returns what an item asks for, for comparison.
func classOf(it *item) class {
	c := class{pick: it.ws.Mode == plan.Pick, units: it.ws.Units, allowed: match.PresencesOf(it.ws.AllowedPresences)}
	if list := it.profiles(); len(list) > 0 {
		c.profiles = strings.Join(list, "\x00")
	}
	if n := (match.Need{Skills: it.Skills, Matching: it.ws.SkillMatching}); n.Exact() {
		c.skills = it.skills
	}
	return c
}

// maxJoined is how many texts of joined skills are kept for items that need the same.
const maxJoined = 4096

// joined returns what tells skills that are needed from others.
func (e *Engine) joined(skills []plan.Skill) string {
	if len(skills) == 0 {
		return ""
	}
	var buf [64]byte
	b := buf[:0]
	for i := range skills {
		b = append(append(b, skills[i].Name...), 0)
		b = append(strconv.AppendInt(b, int64(skills[i].Rating), 10), 0)
	}
	if s, ok := e.joinedSkills[string(b)]; ok {
		return s
	}
	if len(e.joinedSkills) >= maxJoined {
		clear(e.joinedSkills)
	}
	s := string(b)
	e.joinedSkills[s] = s
	return s
}

// priority is what orders an item within its queue.
func (it *item) priority() int32 {
	if it.Priority == 0 {
		return defaultItemPriority
	}
	return it.Priority
}

// before orders what waits, across queues.
func (it *item) before(o *item) bool { return it.node.before(&o.node.place) }

// rank sets an item's place among all that waits: by the queue's priority, its own, when it came and its id. What was
// promoted comes as if both priorities were 1.
func (it *item) rank(q *queue) {
	rank := int64(q.priority())<<32 | int64(it.priority())
	if it.Promoted {
		rank = 1<<32 | 1
	}
	it.node.place = place{rank: rank, first: int64(it.Since), name: it.ID}
}

// priority of a queue; one that is no longer in the plan comes as if by default.
func (q *queue) priority() int32 {
	if q.def == nil {
		return defaultQueuePriority
	}
	return q.def.Priority
}

func (q *queue) method() plan.Method {
	if q.def == nil || q.def.Method == "" {
		return plan.HighestCapacity
	}
	return q.def.Method
}

// keptLines is how many lines without items a queue keeps whatever others it has.
const keptLines = 256

// line returns the line of an item's class, which may be empty.
func (q *queue) line(it *item) *line {
	c := classOf(it)
	l := q.lines[c]
	if l != nil {
		return l
	}
	// Each revision of a workstream may be another class, so lines come without end. Those in which nobody waits go when
	// they are more than the others: a queue that runs empty and fills up again keeps its own.
	if q.empty > keptLines && q.empty > len(q.lines)/2 {
		q.sweep()
	}
	if q.lines == nil {
		q.lines = make(map[class]*line)
	}
	l = &line{class: c, queue: q}
	l.need = match.Need{Units: it.ws.Units, Profiles: it.profiles(), Allowed: c.allowed}
	skill := ""
	if c.skills != "" {
		l.need.Skills = it.Skills
		skill = q.rarest(it.Skills)
	}
	l.kind = q.kind(c, skill, &l.need)
	l.node.of, l.node.weight = l, weigh(c.skills)
	q.lines[c] = l
	q.empty++
	return l
}

// kind returns the kind of a class, of whose skills that one is which fewest members have; empty when none is needed.
func (q *queue) kind(c class, skill string, n *match.Need) *kind {
	id := q.ids.of(skill)
	key := demandKey{units: c.units, allowed: c.allowed, profiles: c.profiles}
	if q.kinds.known.has(id) {
		for _, k := range q.kinds.of(id).list {
			if k.pick == c.pick && k.demand.demandKey == key {
				return k
			}
		}
	}
	k := &kind{skill: id, pick: c.pick, demand: q.demands.of(key, n)}
	q.kinds.add(k)
	return k
}

// sweep forgets lines in which nobody waits, and kinds without lines.
func (q *queue) sweep() {
	for c, l := range q.lines {
		if l.items.len == 0 {
			delete(q.lines, c)
		}
	}
	was := q.kinds
	q.kinds = kinds{}
	for i := range was.list {
		for _, k := range was.list[i].list {
			if k.lines.len > 0 {
				q.kinds.add(k)
				q.lead(k)
			} else {
				q.demands.drop(k.demand)
			}
		}
	}
	q.empty = 0
}

// all returns what waits in the queue, in order within each line; the lines come in any order.
func (q *queue) all() []*item {
	list := make([]*item, 0, q.waiting)
	for _, l := range q.lines {
		l.items.all(func(it *item) bool {
			list = append(list, it)
			return true
		})
	}
	return list
}

// insert puts an item where it belongs; its rank is set.
func (l *line) insert(it *item) {
	if l.items.len == 0 {
		l.queue.empty--
	}
	l.items.insert(&it.node)
	l.queue.waiting++
	if l.first == nil || it.node.before(&l.node.place) {
		l.lead(it)
	}
}

func (l *line) remove(it *item) {
	if !l.items.remove(&it.node) {
		panic("engine: item " + it.ID + " is not in its line")
	}
	l.queue.waiting--
	if l.items.len == 0 {
		l.queue.empty++
	}
	if it == l.first {
		l.lead(l.items.first())
	}
}

// lead puts a line where its first item belongs, or out of its kind when there is none.
func (l *line) lead(first *item) {
	k, q := l.kind, l.queue
	if l.first != nil {
		k.lines.remove(&l.node)
	}
	if l.first = first; first != nil {
		l.node.place = first.node.place
		k.lines.insert(&l.node)
	}
	if head := k.lines.first(); head != nil {
		k.head = head.node.place
	}
	q.lead(k)
}

// lead notes where the first item of a kind's skill is.
func (q *queue) lead(k *kind) { q.open.put(k.skill, q.kinds.of(k.skill).lead()) }
