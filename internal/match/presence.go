// SPDX-License-Identifier: Apache-2.0

package match

import (
	"math/bits"

	"workstream.dev/operator/internal/plan"
)

// Presences is a set of base presences.
type Presences uint8

// PresencesOf returns the set of list.
func PresencesOf(list []plan.Presence) Presences {
	var s Presences
	for _, p := range list {
		s |= bit(p)
	}
	return s
}

// Has reports whether a presence of p is in s.
func (s Presences) Has(p Presences) bool { return s&p != 0 }

// Of is the set of one presence; empty of what is none.
func Of(p plan.Presence) Presences { return bit(p) }

// names are the presences in the order of their bits; what is none has no name.
var names = [9]plan.Presence{plan.Available, plan.Busy, plan.DoNotDisturb, plan.Away, plan.Offline}

// name is the presence of a set that has one.
func (s Presences) name() plan.Presence { return names[bits.TrailingZeros8(uint8(s))] }

func bit(p plan.Presence) Presences {
	switch p {
	case plan.Available:
		return 1
	case plan.Busy:
		return 1 << 1
	case plan.DoNotDisturb:
		return 1 << 2
	case plan.Away:
		return 1 << 3
	case plan.Offline:
		return 1 << 4
	default:
		return 0
	}
}

// Load is what is known of an agent's capacity and of what is used of it.
type Load struct {
	used, left, blocked bool
}

// Dimension is something of which the agent has so much at most: units, or slots of a capacity profile. A blocking one
// that is exhausted stands for all.
func (l *Load) Dimension(limit, used int64, blocking bool) {
	l.used = l.used || used > 0
	l.left = l.left || used < limit
	l.blocked = l.blocked || (blocking && used >= limit)
}

// Other is something in use of which the agent has no limit of their own.
func (l *Load) Other() { l.used = true }

// Presence is what follows: nothing used is Available even of an agent without any capacity, and as long as anything is
// left nobody is exhausted.
func (l *Load) Presence() plan.Presence {
	switch {
	case l.blocked:
		return plan.DoNotDisturb
	case !l.used:
		return plan.Available
	case l.left:
		return plan.Busy
	default:
		return plan.DoNotDisturb
	}
}
