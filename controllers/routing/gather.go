// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/internal/compile"
)

// object is what all our kinds have in common.
type object interface {
	client.Object
	GetConditions() []metav1.Condition
	SetConditions(conditions []metav1.Condition)
}

// objects are the routing objects of a namespace. They belong to the cache and must not be changed.
type objects struct {
	input compile.Input
	all   []kindObject
}

// kindObject is an object with its kind, which those of a typed cache do not have.
type kindObject struct {
	kind string
	object
	// shallow returns a copy whose status can be replaced, and nothing inside it changed.
	shallow func() object
}

// gather reads everything, from the cache. It returns nil when there is nothing in the namespace.
func (r *Reconciler) gather(ctx context.Context, name string) (*scope, error) {
	n := r.namespace(name)
	s := &scope{namespace: n}
	in := &s.input
	in.Namespace = name
	if err := r.list(ctx, s); err != nil {
		return nil, err
	}
	if len(s.all) == 0 {
		if n.published != "" {
			r.feed.Withdraw(name, n.published)
		}
		r.forget(name)
		return nil, nil
	}
	if s.relisted {
		n.forgetGone(s.all)
	}
	if d := compile.Serving(in.Distributors); d != nil {
		s.distributor = d.Name
	}
	var err error
	if in.Secrets, err = r.secrets(ctx, s); err != nil {
		return nil, err
	}
	return s, r.loadRevisions(ctx, n)
}

// listed are the objects of a kind as they were listed last.
type listed struct {
	items any // a slice of the kind's type
	all   []kindObject
}

// list reads the kinds of which something has changed, and takes the others as they were.
func (r *Reconciler) list(ctx context.Context, s *scope) error {
	in := &s.input
	return errors.Join(
		listOf(ctx, r, s, &in.Workstreams, func(l *routingv1alpha1.WorkstreamList) []routingv1alpha1.Workstream { return l.Items }),
		listOf(ctx, r, s, &in.Channels, func(l *routingv1alpha1.ChannelList) []routingv1alpha1.Channel { return l.Items }),
		listOf(ctx, r, s, &in.ContextVariables,
			func(l *routingv1alpha1.ContextVariableList) []routingv1alpha1.ContextVariable { return l.Items }),
		listOf(ctx, r, s, &in.RoutingRulesets,
			func(l *routingv1alpha1.RoutingRulesetList) []routingv1alpha1.RoutingRuleset { return l.Items }),
		listOf(ctx, r, s, &in.Queues, func(l *routingv1alpha1.QueueList) []routingv1alpha1.Queue { return l.Items }),
		listOf(ctx, r, s, &in.Agents, func(l *routingv1alpha1.AgentList) []routingv1alpha1.Agent { return l.Items }),
		listOf(ctx, r, s, &in.CapacityProfiles,
			func(l *routingv1alpha1.CapacityProfileList) []routingv1alpha1.CapacityProfile { return l.Items }),
		listOf(ctx, r, s, &in.OperatingHours,
			func(l *routingv1alpha1.OperatingHoursList) []routingv1alpha1.OperatingHours { return l.Items }),
		listOf(ctx, r, s, &in.Distributors,
			func(l *routingv1alpha1.DistributorList) []routingv1alpha1.Distributor { return l.Items }),
	)
}

func listOf[T any, P interface {
	*T
	object
}, L any, LP interface {
	*L
	client.ObjectList
}](ctx context.Context, r *Reconciler, s *scope, into *[]T, items func(LP) []T) error {
	kind := reflect.TypeFor[T]().Name() // Go types are named like their kinds
	r.noteStale(s.namespace, kind)      // before it is listed: what changes meanwhile is listed next time
	if l := s.lists[kind]; l != nil && !s.stale[kind] {
		*into, _ = l.items.([]T)
		s.all = append(s.all, l.all...)
		return nil
	}
	s.stale[kind] = true // until it has been listed
	list := LP(new(L))
	if err := r.client.List(ctx, list, client.InNamespace(s.name), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing %T: %w", list, err)
	}
	delete(s.stale, kind)
	before := len(s.all)
	*into = collect[T, P](s, kind, items(list))
	s.lists[kind] = &listed{items: *into, all: slices.Clone(s.all[before:])}
	s.relisted = true
	return nil
}

// collect adds objects to s, each as fresh as it is known, in the order of their names.
func collect[T any, P interface {
	*T
	object
}](s *scope, kind string, items []T) []T {
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(P(&a).GetName(), P(&b).GetName()) })
	for i := range items {
		items[i] = *fresh(s.namespace, P(&items[i]))
		shallow := func() object {
			c := items[i]
			return P(&c)
		}
		s.all = append(s.all, kindObject{kind, P(&items[i]), shallow})
	}
	return items
}

// forgetGone drops what is remembered of objects that no longer exist.
func (n *namespace) forgetGone(all []kindObject) {
	exists := make(map[types.UID]bool, len(all))
	for _, o := range all {
		exists[o.GetUID()] = true
	}
	gone := func(uid types.UID) bool { return !exists[uid] }
	maps.DeleteFunc(n.held, func(uid types.UID, _ held) bool { return gone(uid) })
	maps.DeleteFunc(n.written, func(uid types.UID, _ client.Object) bool { return gone(uid) })
	maps.DeleteFunc(n.revisions, func(uid types.UID, _ *history) bool { return gone(uid) })
}

// secrets returns the keys of the Secrets that objects name. A Secret is read only when its metadata say that it changed.
func (r *Reconciler) secrets(ctx context.Context, s *scope) (map[string][]string, error) {
	out := map[string][]string{}
	keep := map[string]secretKeys{}
	for _, name := range compile.SecretNames(&s.input) {
		key := types.NamespacedName{Namespace: s.name, Name: name}
		m := &metav1.PartialObjectMetadata{}
		m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
		if err := r.client.Get(ctx, key, m); apierrors.IsNotFound(err) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("reading metadata of Secret %s: %w", name, err)
		}
		known, ok := s.keys[name]
		if !ok || known.version != m.ResourceVersion {
			secret := &corev1.Secret{}
			if err := r.live.Get(ctx, key, secret); apierrors.IsNotFound(err) {
				continue
			} else if err != nil {
				return nil, fmt.Errorf("reading the keys of Secret %s: %w", name, err)
			}
			known = secretKeys{version: secret.ResourceVersion, keys: slices.Sorted(maps.Keys(secret.Data))}
		}
		keep[name], out[name] = known, known.keys
	}
	s.keys = keep
	return out, nil
}

// fingerprint changes when anything that a plan is made of does.
func fingerprint(o *objects) string {
	h := fnv.New128a()
	add := func(parts ...string) {
		for _, p := range parts {
			_, _ = h.Write([]byte(p)) // a hash never fails
			_, _ = h.Write([]byte{0})
		}
	}
	for _, obj := range o.all {
		add(string(obj.GetUID()), strconv.FormatInt(obj.GetGeneration(), 10))
		if obj.GetDeletionTimestamp() != nil && !compile.Held(obj) {
			add("gone") // the finalizer is no part of the generation
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.input.Secrets)) {
		add(name)
		add(o.input.Secrets[name]...)
	}
	return string(h.Sum(nil))
}
