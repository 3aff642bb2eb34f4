// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
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
	kinds []*listed
}

// all goes through the objects, kind by kind and by name.
func (o *objects) all(yield func(kindObject) bool) {
	for _, l := range o.kinds {
		for i := range l.all {
			if !yield(l.all[i]) {
				return
			}
		}
	}
}

func (o *objects) count() (n int) {
	for _, l := range o.kinds {
		n += len(l.all)
	}
	return n
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
	if s.count() == 0 {
		if n.published != "" {
			r.feed.Withdraw(name, n.published)
		}
		r.forget(name)
		return nil, nil
	}
	if s.relisted {
		n.forgetGone(s)
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

// listed are the objects of a kind as they were read last.
type listed struct {
	kind  string
	items any // a slice of the kind's type, by name
	all   []kindObject
	// fingerprint is another one when anything of the kind is that a plan is made of: the sum of those of its objects.
	fingerprint uint64
	// unchanged: nothing of it was read again since it was compiled last.
	unchanged bool
	// unfinalized is how many are to get our finalizer, or are being deleted.
	unfinalized int
	said        said
}

// said is what objects of a kind were seen to say, so that at an edit only those are looked at of which something else is to
// be said.
type said struct {
	verdicts []compile.Object
	// but are the names of those who were not seen to, or were read again since.
	but map[string]bool
	// acknowledged is the newest plan that every replica ran then.
	acknowledged uint64
}

// fewStale is how many objects of a kind are read one by one. When more have changed, all are listed.
const fewStale = 200

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
	r.noteStale(s.namespace, kind)      // before it is read: what changes meanwhile is read next time
	l, stale := s.lists[kind], s.stale[kind]
	if l != nil {
		*into, _ = l.items.([]T)
	}
	switch {
	case l != nil && len(stale) == 0:
	case l != nil && len(stale) <= fewStale:
		same, err := reread[T, P](ctx, r, s, l, into)
		if err != nil {
			return err
		}
		if !same {
			l = collect[T, P](kind, *into)
			s.relisted = true
		}
	default:
		list := LP(new(L))
		if err := r.client.List(ctx, list, client.InNamespace(s.name), client.UnsafeDisableDeepCopy); err != nil {
			return fmt.Errorf("listing %T: %w", list, err)
		}
		*into = items(list)
		for i := range *into {
			(*into)[i] = *fresh(s.namespace, P(&(*into)[i]))
		}
		slices.SortFunc(*into, func(a, b T) int { return strings.Compare(P(&a).GetName(), P(&b).GetName()) })
		l = collect[T, P](kind, *into)
		s.relisted = true
	}
	delete(s.stale, kind)
	s.lists[kind] = l
	s.kinds = append(s.kinds, l)
	return nil
}

// reread reads those of the items anew that are stale. One that is there before and after is replaced in its place; when one comes or
// goes, or was made anew, it is another slice, and same is false.
func reread[T any, P interface {
	*T
	object
}](ctx context.Context, r *Reconciler, s *scope, l *listed, items *[]T) (same bool, err error) {
	list := *items
	same = true
	for name := range s.stale[l.kind] {
		o := P(new(T))
		err := r.client.Get(ctx, types.NamespacedName{Namespace: s.name, Name: name}, o, client.UnsafeDisableDeepCopy)
		if err != nil && !apierrors.IsNotFound(err) {
			return false, fmt.Errorf("reading %T %s: %w", o, name, err)
		}
		at, found := slices.BinarySearchFunc(list, name, func(a T, name string) int { return strings.Compare(P(&a).GetName(), name) })
		switch {
		case err == nil && found && P(&list[at]).GetUID() == o.GetUID():
			l.count(P(&list[at]), -1)
			list[at] = *fresh(s.namespace, o)
			l.count(P(&list[at]), 1)
			l.touch(name)
			continue
		case err != nil && !found:
			continue
		case same:
			list, same = slices.Clone(list), false
		}
		switch {
		case err != nil:
			list = slices.Delete(list, at, at+1)
		case found:
			list[at] = *fresh(s.namespace, o)
		default:
			list = slices.Insert(list, at, *fresh(s.namespace, o))
		}
	}
	*items = list
	return same, nil
}

// collect lists objects that are in the order of their names.
func collect[T any, P interface {
	*T
	object
}](kind string, items []T) *listed {
	l := &listed{kind: kind, items: items, all: make([]kindObject, len(items))}
	for i := range items {
		shallow := func() object {
			c := items[i]
			return P(&c)
		}
		l.all[i] = kindObject{kind, P(&items[i]), shallow}
		l.count(P(&items[i]), 1)
	}
	return l
}

// forgetGone drops what is remembered of objects that no longer exist.
func (n *namespace) forgetGone(s *scope) {
	exists := make(map[types.UID]bool, s.count())
	for o := range s.all {
		exists[o.GetUID()] = true
	}
	gone := func(uid types.UID) bool { return !exists[uid] }
	maps.DeleteFunc(n.held, func(uid types.UID, _ held) bool { return gone(uid) })
	maps.DeleteFunc(n.written, func(uid types.UID, _ client.Object) bool { return gone(uid) })
	maps.DeleteFunc(n.revisions, func(uid types.UID, _ *history) bool { return gone(uid) })
	maps.DeleteFunc(n.storing, func(_ string, uid types.UID) bool { return gone(uid) })
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

// seed is that of this process's fingerprints.
var seed = maphash.MakeSeed()

// touch notes that an object was read again.
func (l *listed) touch(name string) {
	if l.unchanged = false; l.said.but != nil {
		l.said.but[name] = true
	}
}

// count has an object count in what is known of all together, or with -1 no longer.
func (l *listed) count(o object, by int) {
	var h maphash.Hash
	h.SetSeed(seed)
	add(&h, string(o.GetUID()), strconv.FormatInt(o.GetGeneration(), 10))
	deleting, held := o.GetDeletionTimestamp() != nil, compile.Held(o)
	if deleting && !held {
		add(&h, "gone") // the finalizer is no part of the generation
	}
	if compile.Protected(l.kind) && (deleting || !held) {
		l.unfinalized += by
	}
	if by > 0 {
		l.fingerprint += h.Sum64()
	} else {
		l.fingerprint -= h.Sum64()
	}
}

// fingerprint changes when anything that a plan is made of does.
func fingerprint(o *objects) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, l := range o.kinds {
		add(&h, strconv.FormatUint(l.fingerprint, 10))
	}
	for _, name := range slices.Sorted(maps.Keys(o.input.Secrets)) {
		add(&h, name)
		add(&h, o.input.Secrets[name]...)
	}
	return h.Sum64()
}

func add(h *maphash.Hash, parts ...string) {
	for _, p := range parts {
		_, _ = h.WriteString(p) // a hash never fails
		_ = h.WriteByte(0)
	}
}
