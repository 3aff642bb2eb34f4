// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"context"
	"fmt"
	"sync"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/planfeed"
)

// Feed carries plans to the replicas of Distributors, and tells what they say.
type Feed interface {
	Publish(namespace, distributor string, p planfeed.Plan) error
	Withdraw(namespace, distributor string)
	Replicas(namespace, distributor string) []planfeed.Replica
	// OnChange has f called after a replica came, went or said something. f must not block.
	OnChange(f func(namespace, distributor string))
}

// Reconciler keeps the plan of each namespace published, and its objects' statuses true.
type Reconciler struct {
	client client.Client // reads from the cache
	live   client.Reader // for revisions, and for the keys of Secrets
	feed   Feed
	now    func() time.Time
	wakers wakers

	mu         sync.Mutex
	namespaces map[string]*namespace
	noticed    map[place]map[string]bool // the names of what has changed since it was read
	hurried    map[string]bool           // namespaces of which something changed since their last reconcile began
}

// place is all objects of a kind in a namespace.
type place struct{ namespace, kind string }

// New returns a Reconciler that is not yet registered.
func New(mgr ctrl.Manager, feed Feed) *Reconciler {
	return &Reconciler{
		client: mgr.GetClient(), live: mgr.GetAPIReader(), feed: feed, now: time.Now,
		namespaces: map[string]*namespace{}, noticed: map[place]map[string]bool{}, hurried: map[string]bool{},
	}
}

// scope is what one reconcile reads and finds out.
type scope struct {
	*namespace
	objects
	output *compile.Output
	// distributor is the name of the one that serves; empty while there is none.
	distributor string
	// relisted is set when objects may have come or gone.
	relisted bool
	// expected are the replicas of the distributor; nil: not asked for yet.
	expected []string
	// again is after what time to look again by itself, 0 for never.
	again time.Duration
	// needed are the users of what is being deleted and held.
	needed map[compile.Place][]compile.Place
	// changes are the writes of this reconcile, and later those that nobody waits for.
	changes, later []change
}

// change is one write to the API server.
type change func(context.Context) error

type phase func(context.Context, *scope) error

// +kubebuilder:rbac:groups=routing.workstream.dev,resources=workstreams;channels;contextvariables;routingrulesets;queues;agents;capacityprofiles;operatinghours,verbs=list;watch
// A finalizer keeps these while they are in use:
// +kubebuilder:rbac:groups=routing.workstream.dev,resources=contextvariables;routingrulesets;queues;capacityprofiles;operatinghours,verbs=patch
// +kubebuilder:rbac:groups=routing.workstream.dev,resources=workstreams/status;channels/status;contextvariables/status;routingrulesets/status;queues/status;agents/status;capacityprofiles/status;operatinghours/status;distributors/status,verbs=patch
// +kubebuilder:rbac:groups=routing.workstream.dev,resources=distributors,verbs=list;watch;create
// +kubebuilder:rbac:groups=apps,resources=controllerrevisions,verbs=list;create;patch;delete
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// An owner reference that blocks the owner's deletion needs this where the cluster asks for it:
// +kubebuilder:rbac:groups=routing.workstream.dev,resources=workstreams/finalizers,verbs=update

// Reconcile brings one namespace's plan in line with its objects. The request's name is the namespace.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (res reconcile.Result, err error) {
	r.startOver(req.Name) // what changes from now on is for the next time
	s, err := r.gather(ctx, req.Name)
	if err != nil || s == nil {
		return reconcile.Result{}, err
	}
	defer func() { res, err = r.finish(ctx, s, err) }()
	for _, p := range []phase{r.compile, r.publish, r.settle, r.retain, r.protect, r.ensureDistributor} {
		if err = p(ctx, s); err != nil {
			break
		}
	}
	return res, err
}

// compile makes the plan, unless nothing that it is made of has changed.
func (r *Reconciler) compile(ctx context.Context, s *scope) error {
	state := fingerprint(&s.objects)
	if s.compiled != nil && state == s.fingerprint {
		s.output = s.compiled
		return nil
	}
	start := time.Now()
	in := s.input
	in.LastGood = lastGood{s}
	in.Unchanged = map[string]bool{}
	for _, l := range s.kinds {
		in.Unchanged[l.kind] = l.unchanged
		l.unchanged = false // should it fail
	}
	out, err := s.compiler.Compile(&in)
	if err != nil {
		return err
	}
	for _, l := range s.kinds {
		l.unchanged = true
	}
	compileSeconds.Observe(time.Since(start).Seconds())
	s.output, s.compiled, s.fingerprint = out, out, state
	if out.Version != s.version {
		s.advance(out.Version)
		ctrl.LoggerFrom(ctx).Info("Compiled a new plan", "version", out.Version, "bytes", out.Plan.Size())
	}
	return nil
}

// publish comes before any write: what the API server takes its time for must not delay what runs.
func (r *Reconciler) publish(_ context.Context, s *scope) error {
	if s.published != "" && s.published != s.distributor {
		r.feed.Withdraw(s.name, s.published)
		s.forgetReplicas()
	}
	s.published = s.distributor
	if s.distributor == "" {
		return nil
	}
	if err := r.feed.Publish(s.name, s.distributor, s.output.Plan); err != nil {
		return fmt.Errorf("publishing plan %s: %w", s.output.Version, err)
	}
	if s.announced != s.output.Version {
		s.announced = s.output.Version
		plansPublished.Inc()
	}
	return nil
}
