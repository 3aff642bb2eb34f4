// SPDX-License-Identifier: Apache-2.0

package routing_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"workstream.dev/operator/controllers/routing"
	"workstream.dev/operator/internal/kube"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/planfeed"
	"workstream.dev/operator/internal/testkit/kubetest"
)

// timeout is for what happens soon, specTimeout for all that a spec waits for: a machine that is busy with something else takes
// many times what it takes alone, and only a spec that fails waits so long.
const (
	timeout     = time.Minute
	specTimeout = 10 * time.Minute
)

var env *kubetest.Env

func TestRouting(t *testing.T) {
	kubetest.Require(t)
	RegisterFailHandler(Fail)
	RunSpecs(t, "Routing")
}

var _ = BeforeSuite(func() {
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(GinkgoWriter, nil)))
	SetDefaultEventuallyTimeout(timeout)
	SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	EnforceDefaultTimeoutsWhenUsingContexts()
	var err error
	env, err = kubetest.Start()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })
})

// feed is a plan feed whose replicas are the spec's.
type feed struct {
	mu        sync.Mutex
	versions  []string
	plans     map[string]*plan.Plan
	withdrawn []string
	replicas  []planfeed.Replica
	listeners []func(namespace, distributor string)
	// acknowledge has a connected replica take every plan at once.
	acknowledge bool
	published   chan string
	// clock is what the controller takes for the time.
	clock clock
}

func newFeed() *feed {
	f := &feed{plans: map[string]*plan.Plan{}, published: make(chan string, 1000)}
	f.clock.forward(time.Duration(time.Now().UnixNano()))
	return f
}

// clock stands still but where a spec puts it forward.
type clock struct{ nanos atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.nanos.Load()) }
func (c *clock) forward(d time.Duration) { c.nanos.Add(int64(d)) }

func (f *feed) Publish(namespace, distributor string, p planfeed.Plan) error {
	version := p.Version()
	published, err := plan.Assemble(p.Manifest(), nil, p.Part)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.versions); n > 0 && f.versions[n-1] == version {
		return nil
	}
	f.versions = append(f.versions, version)
	f.plans[version] = published
	select {
	case f.published <- version:
	default: // the spec does not look
	}
	if f.acknowledge && len(f.replicas) > 0 {
		f.replicas[0].Version, f.replicas[0].RefusedVersion, f.replicas[0].Refused = version, "", ""
		for _, l := range f.listeners {
			go l(namespace, distributor)
		}
	}
	return nil
}

func (f *feed) Withdraw(_, distributor string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.withdrawn = append(f.withdrawn, distributor)
}

// gone are the Distributors whose plans were withdrawn.
func (f *feed) gone() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.withdrawn)
}

func (f *feed) Replicas(string, string) []planfeed.Replica {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.replicas)
}

func (f *feed) OnChange(l func(namespace, distributor string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners = append(f.listeners, l)
}

// say has the one replica say something; nothing, and it is away.
func (f *feed) say(namespace string, replicas ...planfeed.Replica) {
	f.mu.Lock()
	f.replicas = replicas
	listeners := f.listeners
	f.mu.Unlock()
	for _, l := range listeners {
		l(namespace, "default")
	}
}

// plan is the latest.
func (f *feed) plan() *plan.Plan {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.versions) == 0 {
		return nil
	}
	return f.plans[f.versions[len(f.versions)-1]]
}

func (f *feed) version() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.versions) == 0 {
		return ""
	}
	return f.versions[len(f.versions)-1]
}

// start runs the controller on one namespace until the spec ends, or stop is called.
func start(ctx context.Context, cfg *rest.Config, namespace string, f *feed) (stop func()) {
	GinkgoHelper()
	skip := true
	mgr, err := ctrl.NewManager(cfg, ctrl.Options{
		Scheme:     kubetest.Scheme(),
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{namespace: {}}, ReaderFailOnMissingInformer: true},
		Controller: config.Controller{SkipNameValidation: &skip},
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(kube.RegisterIndexes(ctx, mgr.GetFieldIndexer())).To(Succeed())
	r := routing.New(mgr, f)
	r.SetClock(f.clock.now)
	Expect(r.SetupWithManager(mgr)).To(Succeed())
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- mgr.Start(runCtx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		Eventually(done).WithTimeout(timeout).Should(Receive(BeNil()))
	}
	DeferCleanup(func() { stop() })
	return stop
}
