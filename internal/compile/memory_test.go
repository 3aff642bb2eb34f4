// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"workstream.dev/operator/api/v1alpha1"
)

// TestCompilerRemembersNothingWrong edits a namespace at random, again and again: what a Compiler makes of it after all that is
// what one makes that has seen nothing else.
func TestCompilerRemembersNothingWrong(t *testing.T) {
	known := []uint64{1, 2} // of these something must be remembered; a fresh one may have little luck
	for _, seed := range append(known, uint64(time.Now().UnixNano())) {
		random := rand.New(rand.NewPCG(seed, 0))
		const size = 12
		var c Compiler
		in := withIdentities(namespaceOf(size))
		lastGood := map[string]*Revision{}
		var remembered int
		var last []*workstream
		for step := range 300 {
			in.LastGood = RevisionsByName(lastGood)
			got, err := c.Compile(in)
			if err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
			want := mustCompile(t, in)
			body, err := got.Plan.Body()
			if err != nil || !bytes.Equal(body, want.Body) || got.Version != want.Version {
				t.Fatalf("seed %d, step %d: %v\n%s", seed, step, err, cmp.Diff(string(want.Body), string(body)))
			}
			if !reflect.DeepEqual(got.Objects, want.Objects) || !reflect.DeepEqual(got.Credentials, want.Credentials) {
				t.Fatalf("seed %d, step %d: -anew +remembered\n%s", seed, step, cmp.Diff(findings(want), findings(got)))
			}
			for i, w := range c.workstreams {
				if i < len(last) && w == last[i] {
					remembered++
				}
			}
			last = c.workstreams
			lastGood = map[string]*Revision{}
			for o := range got.All() {
				if o.Revision != nil {
					lastGood[o.Name] = o.Revision
				}
			}
			in = edited(random, in, size)
		}
		if remembered == 0 && slices.Contains(known, seed) {
			t.Errorf("seed %d: nothing was remembered", seed)
		}
	}
}

func findings(o *Output) (lines []string) {
	for object := range o.All() {
		said := *object
		said.Revision = nil
		lines = append(lines, fmt.Sprintf("%+v", said))
		if object.Revision != nil {
			lines = append(lines, fmt.Sprintf("%+v", *object.Revision))
		}
	}
	return lines
}

// TestCompilerMakesOnlyWhatChanged: else all of it were for nothing.
func TestCompilerMakesOnlyWhatChanged(t *testing.T) {
	var c Compiler
	in := withIdentities(namespaceOf(50))
	if _, err := c.Compile(in); err != nil {
		t.Fatal(err)
	}
	before := map[string]*Revision{}
	made := func() (names int) {
		t.Helper()
		if _, err := c.Compile(in); err != nil {
			t.Fatal(err)
		}
		for _, w := range c.workstreams {
			if before[w.object.Name] != w.revision {
				names++
			}
			before[w.object.Name] = w.revision
		}
		return names
	}
	made()
	if n := made(); n != 0 {
		t.Errorf("nothing changed, and %d workstreams were made anew", n)
	}
	in.RoutingRulesets[0].Spec.Rules[0].Name = "another"
	in.RoutingRulesets[0].Generation++
	if n := made(); n != 1 {
		t.Errorf("one ruleset changed, and %d workstreams were made anew", n)
	}
	in.Agents[3].Spec.Capacity.Units = new(int32(7))
	in.Agents[3].Generation++
	if n := made(); n != 0 {
		t.Errorf("one agent changed, and %d workstreams were made anew", n)
	}
	in.Queues[20].Spec.Priority = 7
	in.Queues[20].Generation++
	if n := made(); n != 5 {
		t.Errorf("a queue changed to which 5 workstreams route, and %d were made anew", n)
	}
}

// withIdentities gives all objects what the API server gives them.
func withIdentities(in *Input) *Input {
	identify(in.Workstreams)
	identify(in.Channels)
	identify(in.ContextVariables)
	identify(in.RoutingRulesets)
	identify(in.Queues)
	identify(in.Agents)
	identify(in.CapacityProfiles)
	identify(in.OperatingHours)
	return in
}

var lastUID int

func identify[T any, P interface {
	*T
	metav1.Object
}](objects []T) {
	for i := range objects {
		if o := P(&objects[i]); o.GetUID() == "" {
			lastUID++
			o.SetUID(types.UID(fmt.Sprint("uid-", lastUID)))
			o.SetGeneration(1)
		}
	}
}

// edited takes some objects of in from a namespace in which much is broken, and puts others right.
func edited(random *rand.Rand, in *Input, size int) *Input {
	other := namespaceOf(size)
	if random.IntN(2) == 0 {
		breakUp(random, other)
	}
	enrich(random, other, size)
	out := &Input{Namespace: in.Namespace, Secrets: in.Secrets}
	out.Workstreams = mix(random, in.Workstreams, other.Workstreams)
	out.Channels = mix(random, in.Channels, other.Channels)
	out.ContextVariables = mix(random, in.ContextVariables, other.ContextVariables)
	out.RoutingRulesets = mix(random, in.RoutingRulesets, other.RoutingRulesets)
	out.Queues = mix(random, in.Queues, other.Queues)
	out.Agents = mix(random, in.Agents, other.Agents)
	out.CapacityProfiles = mix(random, in.CapacityProfiles, other.CapacityProfiles)
	out.OperatingHours = mix(random, in.OperatingHours, other.OperatingHours)
	if random.IntN(10) == 0 {
		out.Secrets = map[string][]string{}
	} else if random.IntN(4) == 0 {
		out.Secrets = other.Secrets
	}
	if q := &out.Queues; len(*q) > 0 && random.IntN(2) == 0 {
		one := &(*q)[random.IntN(len(*q))]
		one.Spec.Priority++
		one.Generation++
	}
	letBe(random, in, out)
	return withIdentities(out)
}

// letBe has some kinds of out be as they are in in, and says so.
func letBe(random *rand.Rand, in, out *Input) {
	out.Unchanged = map[string]bool{}
	kinds := map[string]func(){
		v1alpha1.KindWorkstream:      func() { out.Workstreams = in.Workstreams },
		v1alpha1.KindChannel:         func() { out.Channels = in.Channels },
		v1alpha1.KindContextVariable: func() { out.ContextVariables = in.ContextVariables },
		v1alpha1.KindRoutingRuleset:  func() { out.RoutingRulesets = in.RoutingRulesets },
		v1alpha1.KindQueue:           func() { out.Queues = in.Queues },
		v1alpha1.KindAgent:           func() { out.Agents = in.Agents },
		v1alpha1.KindCapacityProfile: func() { out.CapacityProfiles = in.CapacityProfiles },
		v1alpha1.KindOperatingHours:  func() { out.OperatingHours = in.OperatingHours },
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) { // a seed must give the same again
		if random.IntN(3) == 0 {
			kinds[kind]()
			out.Unchanged[kind] = true
		}
	}
}

// mix replaces, removes and adds a few objects.
func mix[T any, P interface {
	*T
	metav1.Object
	DeepCopy() *T
}](random *rand.Rand, now, other []T) []T {
	const rare = 12
	var out []T
	for i := range now {
		out = append(out, *P(&now[i]).DeepCopy())
		o := P(&out[len(out)-1])
		if random.IntN(rare) > 0 {
			continue
		}
		at := slices.IndexFunc(other, func(t T) bool { return P(&t).GetName() == o.GetName() })
		if at < 0 {
			out = out[:len(out)-1]
			continue
		}
		uid, generation := o.GetUID(), o.GetGeneration()
		*o = *P(&other[at]).DeepCopy()
		o.SetUID(uid)
		o.SetGeneration(generation + 1)
	}
	for i := range other {
		o := P(&other[i])
		if random.IntN(rare) == 0 && !slices.ContainsFunc(now, func(t T) bool { return P(&t).GetName() == o.GetName() }) {
			out = append(out, *o.DeepCopy())
		}
	}
	return out
}

// BenchmarkEdit is what one edit costs in a namespace of 5,000 workstreams.
func BenchmarkEdit(b *testing.B) {
	// Of the centre that the design names there are more agents than workstreams, fewer queues, and one calendar.
	centre := namespaceOf(5000)
	agents := namespaceOf(10_000).Agents
	for i := range agents {
		a := &agents[i]
		a.Spec.Capacity.Profiles[0].Name = "profile-0"
		for j := range a.Spec.QueueRefs {
			a.Spec.QueueRefs[j].Name = v1alpha1.ObjectName(fmt.Sprintf("queue-%d", (i+j)%500))
		}
	}
	centre.Agents, centre.Queues = agents, namespaceOf(500).Queues
	centre.CapacityProfiles, centre.OperatingHours = centre.CapacityProfiles[:1], centre.OperatingHours[:1]
	for i := range centre.Queues {
		centre.Queues[i].Spec.OperatingHoursRef.Name = "hours-0"
	}
	for i := range centre.RoutingRulesets {
		for j := range centre.RoutingRulesets[i].Spec.Rules {
			r := &centre.RoutingRulesets[i].Spec.Rules[j]
			if r.Route != nil {
				r.Route = &v1alpha1.Route{QueueRef: &v1alpha1.QueueReference{Name: v1alpha1.ObjectName(fmt.Sprintf("queue-%d", (i+j)%500))}}
			}
			if r.CapacityProfiles != nil {
				r.CapacityProfiles[0].Name = "profile-0"
			}
		}
	}
	for i := range centre.Workstreams {
		centre.Workstreams[i].Spec.Routing.FallbackQueueRef.Name = v1alpha1.ObjectName(fmt.Sprintf("queue-%d", i%500))
	}
	for name, in := range map[string]*Input{"all=5000": namespaceOf(5000), "centre": centre} {
		b.Run(name, func(b *testing.B) { benchmarkEdits(b, withIdentities(in)) })
	}
}

func benchmarkEdits(b *testing.B, in *Input) {
	b.Helper()
	var c Compiler
	sortByName(in.Workstreams)
	sortByName(in.Channels)
	sortByName(in.ContextVariables)
	sortByName(in.RoutingRulesets)
	sortByName(in.Queues)
	sortByName(in.Agents)
	sortByName(in.CapacityProfiles)
	sortByName(in.OperatingHours)
	compile := func(b *testing.B) {
		b.Helper()
		if _, err := c.Compile(in); err != nil {
			b.Fatal(err)
		}
	}
	compile(b)
	for what, edit := range map[string]func(i int){
		"rule": func(i int) {
			r := &in.RoutingRulesets[i%len(in.RoutingRulesets)]
			r.Spec = *r.Spec.DeepCopy()
			r.Spec.Rules[0].Name = fmt.Sprint("rule-", i)
			r.Generation++
		},
		"agent": func(i int) {
			a := &in.Agents[i%len(in.Agents)]
			a.Spec.Capacity.Units = new(int32(i))
			a.Generation++
		},
		"queue": func(i int) {
			q := &in.Queues[i%len(in.Queues)]
			q.Spec.Priority = int32(i%9_999) + 1
			q.Generation++
		},
	} {
		b.Run(what, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				edit(n)
				compile(b)
			}
		})
	}
}

// sortByName brings objects into the order in which the controller lists them.
func sortByName[T any, P interface {
	*T
	metav1.Object
}](objects []T) {
	slices.SortFunc(objects, func(a, b T) int { return strings.Compare(P(&a).GetName(), P(&b).GetName()) })
}
