// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"math/bits"
	"slices"

	"workstream.dev/operator/internal/match"
)

// demandKey is what an agent's state is compared with first.
type demandKey struct {
	units    int32
	allowed  match.Presences
	profiles string // joined
}

// demand is what items ask of an agent's state, whatever their skills and their queue. There are few, because they come
// from workstreams.
type demand struct {
	demandKey
	need  match.Need
	kinds int // that have it
	// excludes is the answer for the agent who was asked for last.
	asked    uint64
	excludes bool
}

// demands are those of all queues.
type demands struct {
	list []*demand
	// asked counts the agents for whom it is asked: answers to earlier questions do not count.
	asked uint64
}

// of returns the demand of a key, with which there is one more kind.
func (d *demands) of(key demandKey, n *match.Need) *demand {
	i := slices.IndexFunc(d.list, func(x *demand) bool { return x.demandKey == key })
	if i < 0 {
		i = len(d.list)
		d.list = append(d.list, &demand{demandKey: key, need: match.Need{Units: n.Units, Profiles: n.Profiles, Allowed: n.Allowed}})
	}
	d.list[i].kinds++
	return d.list[i]
}

// drop forgets a demand with its last kind.
func (d *demands) drop(x *demand) {
	if x.kinds--; x.kinds == 0 {
		d.list = slices.DeleteFunc(d.list, func(y *demand) bool { return y == x })
	}
}

// ask begins a question for an agent, and reports whether the agent's state allows for anything at all.
func (d *demands) ask(a *agent) bool {
	d.asked++
	for _, x := range d.list {
		if !d.exclude(x, a) {
			return true
		}
	}
	return false
}

// exclude reports whether a demand excludes the agent for whom is asked.
func (d *demands) exclude(x *demand, a *agent) bool {
	if x.asked != d.asked {
		x.asked, x.excludes = d.asked, x.need.Exclude(&a.card, match.Past{}) != ""
	}
	return x.excludes
}

// kind is the lines that an agent may look at, in the order of what is first in each.
type kind struct {
	skill  int // the id of the one without which nobody can take its items, 0 for those that need none
	pick   bool
	demand *demand
	lines  tree[line]
	head   place // of the first item of all
}

// kinds are the kinds of a queue by skill. They stand close together, and only skills that were asked for have a place.
type kinds struct {
	known skillSet
	below []int32 // for each word of known how many are in those before
	list  []ofSkill
}

// ofSkill is the kinds of one skill. None of their items is before rank and first.
type ofSkill struct {
	rank, first int64
	list        []*kind
}

// of returns the kinds of a skill that is known.
func (k *kinds) of(skill int) *ofSkill {
	at := skill / 64
	return &k.list[int(k.below[at])+bits.OnesCount64(k.known[at]&(1<<(skill%64)-1))]
}

// add adds a kind.
func (k *kinds) add(x *kind) {
	if !k.known.has(x.skill) {
		k.known.put(x.skill, true)
		k.below = k.below[:0]
		n := int32(0)
		for _, w := range k.known {
			k.below = append(k.below, n)
			n += int32(bits.OnesCount64(w)) //nolint:gosec // at most 64
		}
		i := int(k.below[x.skill/64]) + bits.OnesCount64(k.known[x.skill/64]&(1<<(x.skill%64)-1))
		k.list = slices.Insert(k.list, i, ofSkill{})
	}
	of := k.of(x.skill)
	of.list = append(of.list, x)
}

// lead works out where the first item of a skill is, and reports whether there is any.
func (o *ofSkill) lead() bool {
	open := false
	for _, k := range o.list {
		if k.lines.len == 0 {
			continue
		}
		if h := &k.head; !open || h.rank < o.rank || (h.rank == o.rank && h.first < o.first) {
			o.rank, o.first = h.rank, h.first
		}
		open = true
	}
	return open
}
