// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/planfeed"
)

// keptVersions is how many plans back an acknowledgement is understood.
const keptVersions = 1000

// namespace is what is remembered of a namespace between two reconciles. All of it can be found out again. Only the worker
// that has the namespace's request touches it.
type namespace struct {
	name string

	compiler    compile.Compiler
	compiled    *compile.Output
	fingerprint uint64 // of what compiled was made of

	// version is the newest plan; sequence counts them, and versions has the sequence of each.
	version  string
	sequence uint64
	versions map[string]uint64

	// published is the Distributor that the plan goes to, announced the version that it was told last, and settled the one
	// whose answers were waited for.
	published string
	announced string
	settled   string
	// replicas is what each replica of it said last, also of one that is away: what a replica acknowledged is in its
	// journal, and runs again when it comes back.
	replicas map[string]planfeed.Replica

	// lists are the objects of each kind as they were read last; stale are the names of those that must be read again.
	lists map[string]*listed
	stale map[string]map[string]bool
	// held says since when the plan has an object's generation.
	held map[types.UID]held
	// written are our own writes that the cache may not have yet.
	written map[types.UID]client.Object
	// keys are the keys of Secrets, by name.
	keys map[string]secretKeys
	// without says since when there are workstreams and no Distributor; zero: that is not so.
	without time.Time
	// revisions are the stored revisions, by Workstream; nil: not read yet.
	revisions map[types.UID]*history
	// retained is what was said of the Workstreams when their revisions were looked at last, storing are those whose revisions
	// were not seen to be stored, by name.
	retained []compile.Object
	storing  map[string]types.UID
}

// held is the first plan, by sequence, that has a generation of an object. Zero is a plan that was acknowledged before this
// process began.
type held struct {
	generation int64
	since      uint64
}

// secretKeys are the keys of a Secret in one version of it.
type secretKeys struct {
	version string
	keys    []string
}

func (r *Reconciler) namespace(name string) *namespace {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.namespaces[name]
	if n == nil {
		n = &namespace{
			name:     name,
			versions: map[string]uint64{},
			replicas: map[string]planfeed.Replica{},
			held:     map[types.UID]held{},
			written:  map[types.UID]client.Object{},
			keys:     map[string]secretKeys{},
			lists:    map[string]*listed{},
			storing:  map[string]types.UID{},
			stale:    map[string]map[string]bool{},
		}
		r.namespaces[name] = n
	}
	return n
}

func (r *Reconciler) forget(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.namespaces, name)
}

// advance begins a new plan.
func (n *namespace) advance(version string) {
	n.sequence++
	n.version = version
	n.versions[version] = n.sequence
	if len(n.versions) <= keptVersions {
		return
	}
	for v, sequence := range n.versions {
		if sequence+keptVersions/2 < n.sequence {
			delete(n.versions, v)
		}
	}
}

func (n *namespace) forgetReplicas() { clear(n.replicas) }

// acknowledged is the newest plan that a replica is known to run. ok is false when it runs none.
func (n *namespace) acknowledged(r *planfeed.Replica) (sequence uint64, ok bool) {
	if r.Version == "" {
		return 0, false
	}
	return n.versions[r.Version], true // an unknown one is from before this process began
}

// wrote notes our own write of an object.
func (n *namespace) wrote(kind string, after client.Object) {
	n.written[after.GetUID()] = after
	n.mustRead(kind, after.GetName())
}

func (n *namespace) mustRead(kind, name string) {
	if n.stale[kind] == nil {
		n.stale[kind] = map[string]bool{}
	}
	n.stale[kind][name] = true
}

// notice has an object read again: it is not as it was.
func (r *Reconciler) notice(at place, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.noticed[at] == nil {
		r.noticed[at] = map[string]bool{}
	}
	r.noticed[at][name] = true
}

// noteStale finds out what must be read again. What changes from now on counts for the next time.
func (r *Reconciler) noteStale(n *namespace, kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := place{n.name, kind}
	for name := range r.noticed[at] {
		n.mustRead(kind, name)
	}
	delete(r.noticed, at)
}

// hurry notes that somebody waits for a plan or its statuses: writes that are under way for the namespace make room.
func (r *Reconciler) hurry(namespace string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hurried[namespace] = true
}

// hurries reports whether something of a namespace has changed since startOver.
func (r *Reconciler) hurries(namespace string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hurried[namespace]
}

func (r *Reconciler) startOver(namespace string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.hurried, namespace)
}

// fresh returns our own last write of obj while the cache is behind it, or obj.
func fresh[T client.Object](n *namespace, obj T) T {
	own, ok := n.written[obj.GetUID()].(T)
	if !ok {
		return obj
	}
	if c, err := resourceversion.CompareResourceVersion(obj.GetResourceVersion(), own.GetResourceVersion()); err == nil && c < 0 {
		return own
	}
	delete(n.written, obj.GetUID())
	return obj
}
