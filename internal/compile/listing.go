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
	stamps  []stamp // of objects
	// before is the place of each among those compiled last, -1 of one that is not as it was.
	before []int32
	// same: all are as they were. members: they are the same objects, whatever became of each.
	same, members bool
	// first and length tell the list that it was made of from another one.
	first  P
	length int
}

// stamp tells whether an object is as it was.
type stamp struct {
	name       string
	uid        types.UID // empty of what has no identity, and is never as it was
	generation int64
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

// look lists the objects of in, which were others in the last compile.
func (l *listings) look(in *Input) {
	look(&l.workstreams, in.Workstreams, in.Unchanged[v1alpha1.KindWorkstream])
	look(&l.channels, in.Channels, in.Unchanged[v1alpha1.KindChannel])
	look(&l.variables, in.ContextVariables, in.Unchanged[v1alpha1.KindContextVariable])
	look(&l.rulesets, in.RoutingRulesets, in.Unchanged[v1alpha1.KindRoutingRuleset])
	look(&l.queues, in.Queues, in.Unchanged[v1alpha1.KindQueue])
	look(&l.agents, in.Agents, in.Unchanged[v1alpha1.KindAgent])
	look(&l.profiles, in.CapacityProfiles, in.Unchanged[v1alpha1.KindCapacityProfile])
	look(&l.hours, in.OperatingHours, in.Unchanged[v1alpha1.KindOperatingHours])
}

func look[T any, P interface {
	*T
	metav1.Object
}](l *listing[P], objects []T, unchanged bool) {
	var first P
	if len(objects) > 0 {
		first = &objects[0]
	}
	if unchanged && l.length == len(objects) && l.first == first {
		l.same, l.members = true, true
		for i := range l.before {
			l.before[i] = int32(i)
		}
		return
	}
	l.first, l.length = first, len(objects)
	l.objects = live[T, P](objects)
	l.compare()
}

// compare finds out which of the objects are as their stamps say, and has the stamps be theirs.
func (l *listing[P]) compare() {
	old := l.stamps
	l.stamps, l.before = make([]stamp, len(l.objects)), make([]int32, len(l.objects))
	l.members = len(old) == len(l.objects)
	l.same = l.members
	at := 0
	for i, o := range l.objects {
		now := stamp{o.GetName(), o.GetUID(), o.GetGeneration()}
		for at < len(old) && old[at].name < now.name {
			at++
		}
		l.stamps[i], l.before[i] = now, -1
		switch {
		case at == len(old) || old[at].name != now.name || old[at].uid != now.uid || now.uid == "":
			l.same, l.members = false, false
		case old[at].generation != now.generation:
			l.same = false
		default:
			l.before[i] = int32(at)
		}
	}
}

// remembered returns what was made of the i-th object when it was compiled last, the zero value if it is not as it was.
// made is by the places of those compiled last.
func remembered[P metav1.Object, M any](l *listing[P], made []M, i int) (m M) {
	if at := l.before[i]; at >= 0 {
		return made[at]
	}
	return m
}
