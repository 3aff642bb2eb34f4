// SPDX-License-Identifier: Apache-2.0

package match

import "workstream.dev/operator/internal/plan"

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

// name is the presence of a set that has one.
func (s Presences) name() plan.Presence {
	for _, p := range []plan.Presence{plan.Available, plan.Busy, plan.DoNotDisturb, plan.Away, plan.Offline} {
		if s == bit(p) {
			return p
		}
	}
	return ""
}

// Known reports whether p is a base presence.
func Known(p plan.Presence) bool { return bit(p) != 0 }

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

// Computed is the presence that follows from the capacity in use. Nothing used is Available even of an agent without
// any capacity.
func Computed(units int32, used int64) plan.Presence {
	switch {
	case used <= 0:
		return plan.Available
	case used < int64(units):
		return plan.Busy
	default:
		return plan.DoNotDisturb
	}
}
