// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"workstream.dev/operator/api/v1alpha1"
)

// edit is a kind of edit.
type edit struct {
	name string
	list func() client.ObjectList
	// object returns an empty object with the name of the i-th of its kind.
	object func(s *stage, i int) (conditioned, int)
	// change changes the object; n differs from edit to edit.
	change func(o conditioned, n int)
}

func of[T any, P interface {
	*T
	conditioned
}](prefix string, count func(*options) int) func(*stage, int) (conditioned, int) {
	return func(s *stage, i int) (conditioned, int) {
		o := P(new(T))
		o.SetNamespace(namespace)
		o.SetName(fmt.Sprintf("%s-%d", prefix, i))
		return o, count(s.options)
	}
}

var editRuleset = edit{
	name: "a rule", list: func() client.ObjectList { return &v1alpha1.RoutingRulesetList{} },
	object: of[v1alpha1.RoutingRuleset]("rules", func(o *options) int { return o.workstreams }),
	change: func(o conditioned, n int) {
		o.(*v1alpha1.RoutingRuleset).Spec.Rules[0].When.All[0].Values = []string{fmt.Sprint("edit-", n)}
	},
}

var editKinds = []edit{
	editRuleset,
	{
		name: "a workstream", list: func() client.ObjectList { return &v1alpha1.WorkstreamList{} },
		object: of[v1alpha1.Workstream]("ws", func(o *options) int { return o.workstreams }),
		change: func(o conditioned, n int) {
			o.(*v1alpha1.Workstream).Spec.WorkDistribution.Capacity.Units = new(int32(n % 90))
		},
	},
	{
		name: "an agent", list: func() client.ObjectList { return &v1alpha1.AgentList{} },
		object: of[v1alpha1.Agent]("agent", func(o *options) int { return o.agents }),
		change: func(o conditioned, n int) {
			o.(*v1alpha1.Agent).Spec.Capacity.Units = new(int32(1 + n%9_999))
		},
	},
	{
		name: "a queue", list: func() client.ObjectList { return &v1alpha1.QueueList{} },
		object: of[v1alpha1.Queue]("queue", func(o *options) int { return o.queues }),
		change: func(o conditioned, n int) {
			o.(*v1alpha1.Queue).Spec.Priority = int32(1 + n%9_999)
		},
	},
}

// editor makes edits of one kind, with a watch on what becomes of them.
type editor struct {
	*stage
	edit
	watch  watch.Interface
	random *rand.Rand
}

func (s *stage) newEditor(ctx context.Context, e edit) (*editor, error) {
	list := e.list()
	if err := s.client.List(ctx, list, client.InNamespace(namespace), client.Limit(1)); err != nil {
		return nil, err
	}
	since := &client.ListOptions{Raw: sinceVersion(list.GetResourceVersion())}
	w, err := s.client.Watch(ctx, e.list(), client.InNamespace(namespace), since)
	if err != nil {
		return nil, err
	}
	return &editor{stage: s, edit: e, watch: w, random: rand.New(rand.NewPCG(1, 2))}, nil
}

func (e *editor) stop() { e.watch.Stop() }

// once edits some object; n differs from edit to edit. It returns the generation that the edit made.
func (e *editor) once(ctx context.Context, n int) (generation int64, name string, err error) {
	_, count := e.object(e.stage, 0)
	o, _ := e.object(e.stage, e.random.IntN(count))
	if err := e.client.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
		return 0, "", err
	}
	before := o.GetGeneration()
	for ; o.GetGeneration() == before; n += 7 { // it may have been so already
		e.change(o, n)
		if err := e.client.Update(ctx, o); err != nil {
			return 0, "", err
		}
	}
	return o.GetGeneration(), o.GetName(), nil
}

func (e *editor) untilProgrammed(ctx context.Context, name string, generation int64) (time.Time, error) {
	late := time.NewTimer(e.options.limit)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		case <-late.C:
			return time.Time{}, fmt.Errorf("generation %d of %s is not Programmed", generation, name)
		case event, ok := <-e.watch.ResultChan():
			if !ok {
				return time.Time{}, errors.New("the watch ended")
			}
			o, is := event.Object.(conditioned)
			if is && o.GetName() == name && o.GetGeneration() >= generation && programmed(o) {
				return time.Now(), nil
			}
		}
	}
}

// edits measures edits of each kind, one after the other: from the request to the plan in force at the replica, and to
// Programmed as a watcher sees it.
func (s *stage) edits(ctx context.Context) error {
	finish, err := s.profiled(ctx, "edits")
	if err != nil {
		return err
	}
	for _, kind := range editKinds {
		if err := s.editsOf(ctx, kind); err != nil {
			return fmt.Errorf("editing %s: %w", kind.name, err)
		}
	}
	if err := finish(); err != nil {
		return err
	}
	return s.weigh("after the edits")
}

func (s *stage) editsOf(ctx context.Context, kind edit) error {
	e, err := s.newEditor(ctx, kind)
	if err != nil {
		return err
	}
	defer e.stop()
	var inForce, seen []time.Duration
	var before marks
	for i := range s.options.warmUp + s.options.edits {
		if i == s.options.warmUp {
			if before, err = s.mark(ctx); err != nil {
				return err
			}
		}
		s.forgetActivations()
		began := time.Now()
		generation, name, err := e.once(ctx, i)
		if err != nil {
			return err
		}
		activated, err := s.nextActivation(ctx)
		if err != nil {
			return err
		}
		at, err := e.untilProgrammed(ctx, name, generation)
		if err != nil {
			return err
		}
		if i >= s.options.warmUp {
			inForce, seen = append(inForce, activated.Sub(began)), append(seen, at.Sub(began))
		}
	}
	if _, _, err := s.untilQuiet(ctx); err != nil {
		return err
	}
	after, err := s.mark(ctx)
	if err != nil {
		return err
	}
	s.tell("edit of "+kind.name+" -> in force at the replica", "%s", quantiles(inForce))
	s.tell("edit of "+kind.name+" -> Programmed seen", "%s", quantiles(seen))
	s.tell("edit of "+kind.name+" costs", "%s", after.since(before, s.options.edits))
	return nil
}

func quantiles(sample []time.Duration) string {
	slices.Sort(sample)
	at := func(q float64) time.Duration {
		return sample[min(int(q*float64(len(sample))), len(sample)-1)].Round(100 * time.Microsecond)
	}
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, max %s", at(.5), at(.9), at(.99), at(1))
}
