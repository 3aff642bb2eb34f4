// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestCompilerRemembersNothingWrong edits a namespace at random, again and again: what a Compiler makes of it after all that is
// what one makes that has seen nothing else.
func TestCompilerRemembersNothingWrong(t *testing.T) {
	for _, seed := range []uint64{1, 2, uint64(time.Now().UnixNano())} {
		random := rand.New(rand.NewPCG(seed, 0))
		const size = 12
		var c Compiler
		in := withIdentities(namespaceOf(size))
		lastGood := map[string]Revision{}
		var remembered int
		for step := range 300 {
			in.LastGood = lastGood
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
			for _, m := range c.workstreams {
				if m.round == c.round {
					remembered++
				}
			}
			lastGood = map[string]Revision{}
			for _, o := range got.Objects {
				if o.Revision != nil {
					lastGood[o.Name] = *o.Revision
				}
			}
			in = edited(random, in, size)
		}
		if remembered == 0 {
			t.Errorf("seed %d: nothing was remembered", seed)
		}
	}
}

func findings(o *Output) (lines []string) {
	for i := range o.Objects {
		lines = append(lines, fmt.Sprintf("%+v", o.Objects[i]))
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
	before := map[types.UID]*Revision{}
	for uid, m := range c.workstreams {
		before[uid] = m.revision
	}
	made := func() (names int) {
		t.Helper()
		if _, err := c.Compile(in); err != nil {
			t.Fatal(err)
		}
		for uid, m := range c.workstreams {
			if before[uid] != m.revision {
				names++
			}
			before[uid] = m.revision
		}
		return names
	}
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
	return withIdentities(out)
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
	var c Compiler
	in := withIdentities(namespaceOf(5000))
	if _, err := c.Compile(in); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := &in.RoutingRulesets[i%len(in.RoutingRulesets)]
		r.Spec = *r.Spec.DeepCopy()
		r.Spec.Rules[0].Name = fmt.Sprint("rule-", i)
		r.Generation++
		if _, err := c.Compile(in); err != nil {
			b.Fatal(err)
		}
	}
}
