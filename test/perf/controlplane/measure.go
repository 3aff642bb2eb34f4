// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"workstream.dev/operator/api/v1alpha1"
)

// quiet is for how long nothing must be written before all is taken for done.
const quiet = 2 * time.Second

// fromNothing starts both programs on objects that nobody has looked at, and waits until all are Programmed.
func (s *stage) fromNothing(ctx context.Context) error {
	before, err := s.writes(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := s.startManager(ctx); err != nil {
		return err
	}
	if err := s.startDistributor(ctx); err != nil {
		return err
	}
	first, err := s.nextActivation(ctx)
	if err != nil {
		return err
	}
	s.tell("from nothing: the distributor runs the plan after", "%s", first.Sub(began).Round(time.Millisecond))
	if err := s.editMeanwhile(ctx); err != nil {
		return err
	}
	last, err := s.untilProgrammed(ctx)
	if err != nil {
		return err
	}
	after, err := s.writes(ctx)
	if err != nil {
		return err
	}
	s.tell("from nothing: all Programmed after", "%s, with %d API writes", last.Sub(began).Round(time.Second), after-before)
	return s.weigh("from nothing")
}

// editMeanwhile edits rules while statuses are still being written by the thousand.
func (s *stage) editMeanwhile(ctx context.Context) error {
	const edits = 20
	e, err := s.newEditor(ctx, editRuleset)
	if err != nil {
		return err
	}
	defer e.stop()
	var inForce []time.Duration
	for i := range edits {
		s.forgetActivations()
		began := time.Now()
		if _, _, err := e.once(ctx, 1_000_000+i); err != nil {
			return err
		}
		at, err := s.nextActivation(ctx)
		if err != nil {
			return err
		}
		inForce = append(inForce, at.Sub(began))
	}
	s.tell("from nothing: edit of a rule meanwhile -> in force", "%s", quantiles(inForce))
	return nil
}

// untilQuiet waits until nothing is written any more. It returns when the last write was seen, zero if there was none, and how
// many there were.
func (s *stage) untilQuiet(ctx context.Context) (last time.Time, writes int, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.limit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	start, err := s.writes(ctx)
	if err != nil {
		return last, 0, err
	}
	since := time.Now()
	for seen := start; time.Since(since) < quiet; {
		select {
		case <-ctx.Done():
			return last, 0, errors.New("writes do not end")
		case <-tick.C:
		}
		now, err := s.writes(ctx)
		if err != nil {
			return last, 0, err
		}
		if now != seen {
			seen, last, since = now, time.Now(), time.Now()
		}
		writes = now - start
	}
	return last, writes, nil
}

// untilProgrammed waits until all objects are, and nothing is written any more. It returns when the last write was seen.
func (s *stage) untilProgrammed(ctx context.Context) (last time.Time, err error) {
	err = s.until(ctx, "all to be Programmed", func() error {
		at, n, err := s.untilQuiet(ctx)
		if n > 0 {
			last = at
		}
		return errors.Join(err, s.allProgrammed(ctx))
	})
	return last, err
}

// kinds are an empty list of each kind whose objects must be Programmed.
func kinds() []client.ObjectList {
	return []client.ObjectList{
		&v1alpha1.WorkstreamList{}, &v1alpha1.RoutingRulesetList{}, &v1alpha1.ContextVariableList{}, &v1alpha1.ChannelList{},
		&v1alpha1.QueueList{}, &v1alpha1.AgentList{}, &v1alpha1.CapacityProfileList{}, &v1alpha1.OperatingHoursList{},
		&v1alpha1.DistributorList{},
	}
}

// conditioned is an object of ours.
type conditioned interface {
	client.Object
	GetConditions() []metav1.Condition
}

func programmed(o conditioned) bool {
	c := meta.FindStatusCondition(o.GetConditions(), string(v1alpha1.ConditionProgrammed))
	return c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == o.GetGeneration()
}

func (s *stage) allProgrammed(ctx context.Context) error {
	for _, list := range kinds() {
		if err := s.client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return err
		}
		items, err := meta.ExtractList(list)
		if err != nil {
			return err
		}
		for _, item := range items {
			if o, ok := item.(conditioned); ok && !programmed(o) {
				return fmt.Errorf("%T %s is not Programmed: %+v", o, o.GetName(), o.GetConditions())
			}
		}
	}
	return nil
}

// atRest counts what is written while nothing changes.
func (s *stage) atRest(ctx context.Context) error {
	if _, _, err := s.untilQuiet(ctx); err != nil {
		return err
	}
	before, err := s.requests(ctx)
	if err != nil {
		return err
	}
	used, err := s.manager.usage()
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.options.rest):
	}
	after, err := s.requests(ctx)
	if err != nil {
		return err
	}
	usedAfter, err := s.manager.usage()
	if err != nil {
		return err
	}
	var found []string
	for what, n := range after {
		if more := n - before[what]; more > 0 {
			found = append(found, fmt.Sprintf("%s %d", what, more))
		}
	}
	slices.Sort(found)
	s.tell("at rest: API writes in "+s.options.rest.String(), "%s", or(strings.Join(found, ", "), "none"))
	s.tell("at rest: CPU of the manager", "%s", usedAfter.cpu-used.cpu)
	return s.weigh("at rest")
}

// restart ends the manager, edits a rule while it is away, and starts it again.
func (s *stage) restart(ctx context.Context) error {
	s.manager.stop()
	edit, err := s.newEditor(ctx, editRuleset)
	if err != nil {
		return err
	}
	defer edit.stop()
	generation, name, err := edit.once(ctx, 0)
	if err != nil {
		return err
	}
	before, err := s.writes(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := s.startManager(ctx); err != nil {
		return err
	}
	at, err := edit.untilProgrammed(ctx, name, generation)
	if err != nil {
		return err
	}
	s.tell("restart: an edit from before is Programmed after", "%s", at.Sub(began).Round(time.Millisecond))
	if _, _, err := s.untilQuiet(ctx); err != nil {
		return err
	}
	after, err := s.writes(ctx)
	if err != nil {
		return err
	}
	s.tell("restart: API writes", "%d", after-before)
	if err := s.allProgrammed(ctx); err != nil {
		return err
	}
	return s.weigh("restart")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
