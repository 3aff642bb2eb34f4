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
	res, err := outcome(append(write(ctx, s.changes), write(ctx, s.later)...))
	if s.again > 0 && (res.RequeueAfter == 0 || s.again < res.RequeueAfter) {
		res.RequeueAfter = s.again
	}
	return res, err
}

// write does all changes, whatever some of them fail at, and returns their errors.
func write(ctx context.Context, changes []change) (failures []error) {
	var group errgroup.Group
	group.SetLimit(parallelWrites)
	var mu sync.Mutex
	for _, c := range changes {
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
	return failures
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
	next := verdicts{output: s.output}
	for _, o := range s.all {
		verdict := next.of(o.kind, o.GetName())
		if verdict == nil {
			continue // it is being deleted
		}
		s.hold(o.object, verdict)
		before, after := o.object, s.judge(o, verdict)
		if after == nil {
			continue
		}
		// Only a Distributor's status has another writer.
		exclusive := o.kind == routingv1alpha1.KindDistributor
		s.changes = append(s.changes, func(ctx context.Context) error {
			wrote, err := kube.PatchStatus(ctx, r.client, before, after, exclusive)
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
		})
	}
}

// judge returns a copy of o with the status that it must have, or nil when it has it.
func (s *scope) judge(o kindObject, verdict *compile.Object) object {
	programmed := s.programmed(o.object, verdict)
	users := s.needed[compile.Place{Kind: o.kind, Name: o.GetName()}]
	if len(users) == 0 && says(o.object, verdict.Findings...) && says(o.object, programmed) && filled(o.object, verdict) {
		return nil
	}
	conditions := slices.Clone(o.GetConditions())
	findings := append(slices.Clone(verdict.Findings), programmed)
	if len(users) > 0 {
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

// verdicts goes through what is to be said of objects that come in the order of kind, whichever, and name.
type verdicts struct {
	output *compile.Output
	kind   string
	rest   []compile.Object
}

// of returns what is to be said of an object, nil if there is nothing.
func (v *verdicts) of(kind, name string) *compile.Object {
	if v.kind != kind {
		v.kind, v.rest = kind, v.output.Objects[kind]
	}
	for len(v.rest) > 0 && v.rest[0].Name < name {
		v.rest = v.rest[1:]
	}
	if len(v.rest) == 0 || v.rest[0].Name != name {
		return nil
	}
	return &v.rest[0]
}

// says reports whether an object has these conditions already. It is asked for all objects at every edit, so it makes no copy.
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
