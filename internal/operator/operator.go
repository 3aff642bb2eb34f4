// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
	"workstream.dev/operator/controllers"
	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/internal/kube"
	"workstream.dev/operator/internal/pki"
	"workstream.dev/operator/internal/telemetry"
)

const (
	// leaseName is the Lease of the leader.
	leaseName = "workstream-manager"
	// ownContainer is the manager's container in its pod; see config/manager.
	ownContainer = "manager"
)

// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=workstream-system,resources=leases,verbs=get;create;update
// A Secret that does not exist cannot be named:
// +kubebuilder:rbac:groups="",namespace=workstream-system,resources=secrets,verbs=create
// +kubebuilder:rbac:groups="",namespace=workstream-system,resources=secrets,resourceNames=workstream-manager-planfeed-tls;workstream-manager-webhook-tls,verbs=get;update

func init() {
	metrics.Registry.MustRegister(telemetry.NewBuildInfo())
}

// Operator is the control plane, made and not yet running.
type Operator struct {
	manager ctrl.Manager
	listen  *listening
}

// Scheme knows the kinds that the operator reads and writes.
func Scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(s))
	utilruntime.Must(routingv1alpha1.AddToScheme(s))
	return s
}

// New wires the operator for the API server of cfg.
func New(ctx context.Context, cfg *rest.Config, opts Options) (*Operator, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	log := logr.FromSlogHandler(opts.Log.Handler())
	cfg = rest.CopyConfig(cfg)
	cfg.QPS = -1 // the API server's own fairness decides, an edit must not wait for our bucket
	managerOptions, err := opts.manager(cfg, log)
	if err != nil {
		return nil, err
	}
	mgr, err := ctrl.NewManager(cfg, managerOptions)
	if err != nil {
		return nil, fmt.Errorf("making the manager: %w", err)
	}
	if err := kube.RegisterIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return nil, err
	}
	if opts.DistributorImage == "" {
		if opts.DistributorImage, err = ownImage(ctx, mgr.GetAPIReader(), opts); err != nil {
			return nil, err
		}
	}
	t := opts.keeper(mgr, "planfeed", PlanFeedSecret, planFeedService)
	f := newFeed(mgr.GetClient(), t, log)
	o := &Operator{manager: mgr, listen: &listening{feed: f, address: opts.PlanFeedAddress, ready: make(chan struct{})}}
	for _, r := range []interface{ Start(context.Context) error }{t, o.listen, leading{f}} {
		if err := mgr.Add(r); err != nil {
			return nil, fmt.Errorf("adding %T: %w", r, err)
		}
	}
	webhookTrust, err := o.addWebhook(opts)
	if err != nil {
		return nil, err
	}
	err = controllers.SetupAll(mgr, controllers.Options{
		Feed:         f,
		DataPlane:    dataplane.Options{Image: opts.DistributorImage, PlanFeedAddress: opts.planFeedTarget(), Trust: t},
		WebhookTrust: webhookTrust,
	})
	if err != nil {
		return nil, err
	}
	return o, o.addChecks(t)
}

// keeper keeps the certificates of one of our Services.
func (o *Options) keeper(mgr ctrl.Manager, purpose, secret, service string) *pki.Keeper {
	return pki.NewKeeper(pki.Options{
		Purpose: purpose, ServerName: o.serverName(service), Secret: types.NamespacedName{Namespace: o.Namespace, Name: secret},
		Reader: mgr.GetAPIReader(), Writer: mgr.GetClient(), Now: time.Now,
		Log: logr.FromSlogHandler(o.Log.Handler()).WithName("pki"),
	})
}

// +kubebuilder:rbac:groups="",namespace=workstream-system,resources=pods,verbs=get

// ownImage is the image of the pod that this process runs in.
func ownImage(ctx context.Context, c client.Reader, opts Options) (string, error) {
	pod := &corev1.Pod{}
	if err := c.Get(ctx, types.NamespacedName{Namespace: opts.Namespace, Name: opts.Identity}, pod); err != nil {
		return "", fmt.Errorf("reading the manager's own pod: %w", err)
	}
	for i := range pod.Spec.Containers {
		if pod.Spec.Containers[i].Name == ownContainer {
			return pod.Spec.Containers[i].Image, nil
		}
	}
	return "", fmt.Errorf("pod %s has no container %s", pod.Name, ownContainer)
}

// addChecks says when the process lives and when it is ready: it can be asked by distributors then, leader or not.
func (o *Operator) addChecks(t *pki.Keeper) error {
	if err := o.manager.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("adding health check: %w", err)
	}
	ready := func(*http.Request) error {
		if len(t.Bundle()) == 0 {
			return errors.New("the plan feed's certificate is not made yet")
		}
		return nil
	}
	if err := o.manager.AddReadyzCheck("planfeed", ready); err != nil {
		return fmt.Errorf("adding readiness check: %w", err)
	}
	return nil
}

// Run runs the operator until ctx ends or the lease is lost. The process must end after it.
func (o *Operator) Run(ctx context.Context) error {
	if err := o.manager.Start(ctx); err != nil {
		return fmt.Errorf("running the manager: %w", err)
	}
	return nil
}

// PlanFeedAddr waits until the plan feed listens, and returns where.
func (o *Operator) PlanFeedAddr(ctx context.Context) (net.Addr, error) {
	select {
	case <-o.listen.ready:
		return o.listen.bound, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the plan feed: %w", ctx.Err())
	}
}

// manager are the options of controller-runtime's manager.
func (o *Options) manager(cfg *rest.Config, log logr.Logger) (ctrl.Options, error) {
	always := true
	out := ctrl.Options{
		Scheme:                 Scheme(),
		Logger:                 log,
		Metrics:                o.metrics(),
		HealthProbeBindAddress: o.ProbeAddress,
		Cache: cache.Options{
			DefaultTransform: slim, ByObject: controllers.CacheOptions(),
			// What no controller watches is not cached by a careless read: of Secrets, only metadata are.
			ReaderFailOnMissingInformer: true,
		},
		// One process may hold several operators, in tests.
		Controller:     config.Controller{SkipNameValidation: &always},
		LeaderElection: o.LeaderElect,
	}
	if !o.LeaderElect {
		return out, nil
	}
	leases, err := coordinationclient.NewForConfig(cfg)
	if err != nil {
		return out, fmt.Errorf("making a client for leases: %w", err)
	}
	// The identity is the pod's name alone, so that a container that restarts in its pod goes on leading at once.
	out.LeaderElectionResourceLockInterface = &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: o.Namespace, Name: leaseName},
		Client:     leases,
		LockConfig: resourcelock.ResourceLockConfig{Identity: o.Identity},
	}
	duration, deadline, retry := leaseDuration, renewDeadline, retryPeriod
	out.LeaseDuration, out.RenewDeadline, out.RetryPeriod = &duration, &deadline, &retry
	out.LeaderElectionReleaseOnCancel = true
	return out, nil
}

// slim drops from cached objects what no controller reads, which is about half of their memory.
func slim(in any) (any, error) {
	obj, ok := in.(metav1.Object)
	if !ok {
		return in, nil
	}
	obj.SetManagedFields(nil)
	if a := obj.GetAnnotations(); a != nil {
		delete(a, corev1.LastAppliedConfigAnnotation)
	}
	if m, ok := in.(*metav1.PartialObjectMetadata); ok && m.Kind == "Secret" {
		m.Annotations, m.Finalizers = nil, nil
	}
	return in, nil
}

// slogOf bridges to packages that log with slog.
func slogOf(log logr.Logger) *slog.Logger { return slog.New(logr.ToSlogHandler(log)) }
