// SPDX-License-Identifier: Apache-2.0

package compile

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"workstream.dev/operator/api/v1alpha1"
)

// listing is the objects of a kind that count, by name, beside those that were compiled last.
type listing[P metav1.Object] struct {
	objects []P
	// before is the place of each among those compiled last, -1 of one that is not as it was.
	before []int32
	// same: all are as they were. members: they are the same objects, whatever became of each.
	same, members bool
}

// stamp tells whether an object is as it was.
type stamp struct {
	name       string
	uid        types.UID // empty of what has no identity, and is never as it was
	generation int64
}

// stamps are those of the objects that were compiled last, by kind.
type stamps struct {
	workstreams, channels, variables, rulesets, queues, agents, profiles, hours []stamp
}

// listings are all objects of a namespace that count.
type listings struct {
	workstreams listing[*v1alpha1.Workstream]
	channels    listing[*v1alpha1.Channel]
	variables   listing[*v1alpha1.ContextVariable]
	rulesets    listing[*v1alpha1.RoutingRuleset]
	queues      listing[*v1alpha1.Queue]
	agents      listing[*v1alpha1.Agent]
	profiles    listing[*v1alpha1.CapacityProfile]
	hours       listing[*v1alpha1.OperatingHours]
}

// look lists the objects of in, and has stamps be theirs.
func (st *stamps) look(in *Input) listings {
	return listings{
		workstreams: look(in.Workstreams, &st.workstreams),
		channels:    look(in.Channels, &st.channels),
		variables:   look(in.ContextVariables, &st.variables),
		rulesets:    look(in.RoutingRulesets, &st.rulesets),
		queues:      look(in.Queues, &st.queues),
		agents:      look(in.Agents, &st.agents),
		profiles:    look(in.CapacityProfiles, &st.profiles),
		hours:       look(in.OperatingHours, &st.hours),
	}
}

func look[T any, P interface {
	*T
	metav1.Object
}](objects []T, last *[]stamp) listing[P] {
	l := listing[P]{objects: live[T, P](objects)}
	old := *last
	l.before = make([]int32, len(l.objects))
	l.same, l.members = len(old) == len(l.objects), len(old) == len(l.objects)
	at := 0
	for i, o := range l.objects {
		name := o.GetName()
		for at < len(old) && old[at].name < name {
			at++
		}
		l.before[i] = -1
		switch {
		case at == len(old) || old[at].name != name || old[at].uid != o.GetUID() || old[at].uid == "":
			l.same, l.members = false, false
		case old[at].generation != o.GetGeneration():
			l.same = false
		default:
			l.before[i] = int32(at)
		}
	}
	if l.same {
		return l
	}
	now := make([]stamp, len(l.objects))
	for i, o := range l.objects {
		now[i] = stamp{o.GetName(), o.GetUID(), o.GetGeneration()}
	}
	*last = now
	return l
}

// remembered returns what was made of the i-th object when it was compiled last, the zero value if it is not as it was.
// made is by the places of those compiled last.
func remembered[P metav1.Object, M any](l *listing[P], made []M, i int) (m M) {
	if at := l.before[i]; at >= 0 {
		return made[at]
	}
	return m
}
