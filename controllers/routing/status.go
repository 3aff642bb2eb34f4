// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/kube"
)

const (
	// parallelWrites bounds the writes that are under way for one namespace.
	parallelWrites = 8
	// writeTime is how long one reconcile writes. What is left is for the next one, so that thousands of objects that nobody
	// has looked at yet do not run into the timeout of a reconcile.
	writeTime = 20 * time.Second
	// hurriedTime is how long it writes when somebody has changed something meanwhile, whose plan comes first. It is long
	// enough that statuses get on while a whole installation is applied, object after object.
	hurriedTime = 30 * time.Millisecond
	// continueAfter is when to go on with what there was no time for.
	continueAfter = time.Millisecond
	// conflictRetry is when to look again after somebody else wrote the same status: the cache has it by then.
	conflictRetry = 20 * time.Millisecond
	existsRetry   = time.Second
	// toldFailures is how many writes that failed are told of in one line of the log; all are tried again.
	toldFailures = 10
)

// finish writes what differs from what is to be said, all at once, and decides what comes next. Nothing else does.
func (r *Reconciler) finish(ctx context.Context, s *scope, phases error) (reconcile.Result, error) {
	if phases != nil {
		return reconcile.Result{}, phases
	}
	r.statuses(s)
	failures, done := r.write(ctx, s)
	res, err := outcome(failures)
	if !done {
		s.again = continueAfter
	}
	if s.again > 0 && (res.RequeueAfter == 0 || s.again < res.RequeueAfter) {
		res.RequeueAfter = s.again
	}
	return res, err
}

// write does all changes, first those that somebody waits for, and returns their errors, whatever some of them fail at. done
// is false when there was no time for all.
func (r *Reconciler) write(ctx context.Context, s *scope) (failures []error, done bool) {
	began := time.Now()
	late := func() bool {
		took := time.Since(began)
		return took > writeTime || took > hurriedTime && r.hurries(s.name)
	}
	var mu sync.Mutex
	for _, changes := range [][]change{s.changes, s.later} {
		var group errgroup.Group
		group.SetLimit(parallelWrites)
		done = true
		for _, c := range changes {
			if done = !late(); !done {
				break
			}
			group.Go(func() error {
				if err := c(ctx); err != nil {
					mu.Lock()
					failures = append(failures, err)
					mu.Unlock()
				}
				return nil
			})
		}
		_ = group.Wait() // no task returns an error
		if !done {
			return failures, false
		}
	}
	return failures, true
}

// outcome treats a lost race as what it is: not worth a line in the log.
func outcome(failures []error) (reconcile.Result, error) {
	var res reconcile.Result
	var rest []error
	for _, err := range failures {
		switch {
		case apierrors.IsConflict(err):
			res.RequeueAfter = max(res.RequeueAfter, conflictRetry)
		case apierrors.IsAlreadyExists(err): // left from an object of the same name that is being collected
			res.RequeueAfter = existsRetry
		default:
			rest = append(rest, err)
		}
	}
	if n := len(rest); n > toldFailures {
		rest = append(rest[:toldFailures:toldFailures], fmt.Errorf("and %d writes more", n-toldFailures))
	}
	if len(rest) > 0 {
		return reconcile.Result{}, errors.Join(rest...)
	}
	return res, nil
}

// statuses adds a change for each object whose status is not what is to be said.
func (r *Reconciler) statuses(s *scope) {
	var mu sync.Mutex // guards s.written and s.stale: changes run side by side
	acknowledged, steady := s.acknowledgedByAll()
	steady = steady && len(s.needed) == 0
	for _, l := range s.kinds {
		if !steady || acknowledged < l.said.acknowledged || len(l.said.verdicts) != len(s.output.Objects[l.kind]) {
			l.said = said{} // what they were seen to say is worth nothing any more
		}
		r.judgeAll(s, l, &mu)
		if l.said.acknowledged = acknowledged; !steady {
			l.said = said{}
		}
	}
}

// judgeAll adds a change for each object of a kind whose status is not what is to be said.
func (r *Reconciler) judgeAll(s *scope, l *listed, mu *sync.Mutex) {
	verdicts, before := s.output.Objects[l.kind], l.said
	l.said = said{verdicts: verdicts, but: map[string]bool{}}
	if before.but != nil && len(before.but) == 0 && sameList(verdicts, before.verdicts) {
		return
	}
	at := 0
	for _, o := range l.all {
		name := o.GetName()
		for at < len(verdicts) && verdicts[at].Name < name {
			at++
		}
		if at == len(verdicts) || verdicts[at].Name != name {
			continue // it is being deleted
		}
		verdict := &verdicts[at]
		if before.but != nil && !before.but[name] && same(verdict, &before.verdicts[at]) {
			continue
		}
		if c := r.judgeOne(s, o, verdict, mu); c != nil {
			s.changes = append(s.changes, c)
			l.said.but[name] = true
		} else if verdict.Absent == "" && !wasProgrammed(o.object) {
			l.said.but[name] = true // until a replica says something
		}
	}
}

// judgeOne returns the change for one object, nil if it says already what is to be said.
func (r *Reconciler) judgeOne(s *scope, o kindObject, verdict *compile.Object, mu *sync.Mutex) change {
	s.hold(o.object, verdict)
	programmed := s.programmed(o.object, verdict)
	if s.says(o, verdict, &programmed) {
		return nil
	}
	return r.writeStatus(s, o, verdict, programmed, mu)
}

func sameList(a, b []compile.Object) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// same reports whether the same is to be said, as far as that can be told at a glance.
func same(a, b *compile.Object) bool {
	return a.Name == b.Name && len(a.Findings) == len(b.Findings) && &a.Findings[0] == &b.Findings[0] && a.Absent == b.Absent &&
		a.Revision == b.Revision && a.Retained == b.Retained && a.WebhookPath == b.WebhookPath && a.Counts == b.Counts
}

func (r *Reconciler) writeStatus(
	s *scope, o kindObject, verdict *compile.Object, programmed compile.Finding, mu *sync.Mutex,
) change {
	return func(ctx context.Context) error {
		after := s.judge(o, verdict, &programmed)
		if after == nil {
			return nil
		}
		// Only a Distributor's status has another writer.
		exclusive := o.kind == routingv1alpha1.KindDistributor
		wrote, err := kube.PatchStatus(ctx, r.client, o.object, after, exclusive)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", o.kind, err)
		}
		if wrote {
			statusWrites.Inc()
			mu.Lock()
			s.wrote(o.kind, after)
			mu.Unlock()
		}
		return nil
	}
}

// acknowledgedByAll is the newest plan that every replica runs. steady is false when one is missing, or lacks credentials: then
// more than the plan decides whether an object is Programmed.
func (s *scope) acknowledgedByAll() (sequence uint64, steady bool) {
	if s.distributor == "" {
		return 0, false
	}
	sequence = s.sequence
	for _, name := range replicaNames(s.distributor) {
		replica, heard := s.replicas[name]
		runs, ok := s.acknowledged(&replica)
		if !heard || !ok || len(replica.MissingCredentials) > 0 {
			return 0, false
		}
		sequence = min(sequence, runs)
	}
	return sequence, true
}

// says reports whether an object says already what is to be said. It is asked for many objects at every edit, so it makes no
// copy, and says no where that takes one.
func (s *scope) says(o kindObject, verdict *compile.Object, programmed *compile.Finding) bool {
	users := s.needed[compile.Place{Kind: o.kind, Name: o.GetName()}]
	return len(users) == 0 && says(o.object, verdict.Findings...) && says(o.object, *programmed) && filled(o.object, verdict)
}

// judge returns a copy of o with the status that it must have, or nil when it has it.
func (s *scope) judge(o kindObject, verdict *compile.Object, programmed *compile.Finding) object {
	conditions := slices.Clone(o.GetConditions())
	findings := append(slices.Clone(verdict.Findings), *programmed)
	if users := s.needed[compile.Place{Kind: o.kind, Name: o.GetName()}]; len(users) > 0 {
		findings = append(findings, compile.Terminating(users))
	}
	for _, f := range findings {
		meta.SetStatusCondition(&conditions, metav1.Condition{
			Type: string(f.Condition), Status: f.Status, Reason: f.Reason, Message: kube.Message(f.Message),
			ObservedGeneration: o.GetGeneration(),
		})
	}
	after := o.shallow()
	s.fill(after, verdict)
	after.SetConditions(conditions)
	if equality.Semantic.DeepEqual(o.object, after) {
		return nil
	}
	// The answer of the API server is decoded into it: nothing of it may belong to the cache.
	whole, _ := after.DeepCopyObject().(object)
	return whole
}

// says reports whether an object has these conditions already.
func says(o object, findings ...compile.Finding) bool {
	conditions := o.GetConditions()
	for i := range findings {
		f := &findings[i]
		c := meta.FindStatusCondition(conditions, string(f.Condition))
		if c == nil || c.Status != f.Status || c.Reason != f.Reason || c.ObservedGeneration != o.GetGeneration() || c.Message != f.Message {
			return false
		}
	}
	return true
}

// filled reports whether fill would change nothing, as far as that can be told without a copy.
func filled(obj object, verdict *compile.Object) bool {
	is := func(has *int32, want int32) bool { return has != nil && *has == want }
	counts := &verdict.Counts
	switch o := obj.(type) {
	case *routingv1alpha1.Workstream:
		return verdict.Revision != nil && o.Status.Revision == verdict.Revision.Workstream.Revision &&
			is(o.Status.Channels, counts.Channels) && is(o.Status.Rules, counts.Rules)
	case *routingv1alpha1.Channel:
		return o.Status.WebhookPath == verdict.WebhookPath
	case *routingv1alpha1.RoutingRuleset:
		return is(o.Status.Rules, counts.Rules) && is(o.Status.Workstreams, counts.Workstreams)
	case *routingv1alpha1.Queue:
		return is(o.Status.Agents, counts.Agents)
	case *routingv1alpha1.Agent:
		return is(o.Status.Queues, counts.Queues)
	case *routingv1alpha1.CapacityProfile:
		return is(o.Status.Agents, counts.Agents) && is(o.Status.Workstreams, counts.Workstreams)
	case *routingv1alpha1.OperatingHours:
		return is(o.Status.Queues, counts.Queues)
	case *routingv1alpha1.ContextVariable:
		return true
	default:
		return false
	}
}

// fill sets the status fields other than conditions.
func (s *scope) fill(obj object, verdict *compile.Object) {
	switch o := obj.(type) {
	case *routingv1alpha1.Workstream:
		o.Status.Revision = ""
		if verdict.Revision != nil {
			o.Status.Revision = verdict.Revision.Workstream.Revision
		}
		o.Status.Channels, o.Status.Rules = &verdict.Counts.Channels, &verdict.Counts.Rules
	case *routingv1alpha1.Channel:
		o.Status.WebhookPath = verdict.WebhookPath
	case *routingv1alpha1.RoutingRuleset:
		o.Status.Rules, o.Status.Workstreams = &verdict.Counts.Rules, &verdict.Counts.Workstreams
	case *routingv1alpha1.Queue:
		o.Status.Agents = &verdict.Counts.Agents
	case *routingv1alpha1.Agent:
		o.Status.Queues = &verdict.Counts.Queues
	case *routingv1alpha1.CapacityProfile:
		o.Status.Agents, o.Status.Workstreams = &verdict.Counts.Agents, &verdict.Counts.Workstreams
	case *routingv1alpha1.OperatingHours:
		o.Status.Queues = &verdict.Counts.Queues
	case *routingv1alpha1.Distributor:
		known := o.Status.Replicas
		o.Status.Version, o.Status.Replicas = "", nil
		if o.Name == s.distributor {
			o.Status.Version = s.output.Version
			o.Status.Replicas = s.rows(known)
		}
	}
}

// rows tells of each replica what it said last; of one that was not heard of yet, what is known from before.
func (s *scope) rows(known []routingv1alpha1.DistributorReplica) []routingv1alpha1.DistributorReplica {
	var out []routingv1alpha1.DistributorReplica
	for _, name := range replicaNames(s.distributor) {
		if replica, ok := s.replicas[name]; ok {
			out = append(out, routingv1alpha1.DistributorReplica{Name: name, Version: replica.Version, Refused: replica.Refused})
			continue
		}
		for _, row := range known {
			if row.Name == name {
				out = append(out, row)
			}
		}
	}
	return out
}
