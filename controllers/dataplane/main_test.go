// SPDX-License-Identifier: Apache-2.0

package dataplane_test

import (
	"context"
	"log/slog"
	"sync"
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

	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/internal/kube"
	"workstream.dev/operator/internal/testkit/kubetest"
)

// timeout is for what happens soon, specTimeout for all that a spec waits for: a machine that is busy with something else takes
// many times what it takes alone, and only a spec that fails waits so long.
const (
	timeout     = time.Minute
	specTimeout = 10 * time.Minute
)

var env *kubetest.Env

func TestDataplane(t *testing.T) {
	kubetest.Require(t)
	RegisterFailHandler(Fail)
	RunSpecs(t, "Dataplane")
}

var _ = BeforeSuite(func() {
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(GinkgoWriter, nil)))
	SetDefaultEventuallyTimeout(timeout)
	SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	var err error
	env, err = kubetest.Start()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })
})

// trust has the spec's authorities.
type trust struct {
	mu        sync.Mutex
	bundle    string
	listeners []func()
}

func (t *trust) Bundle() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return []byte(t.bundle)
}

func (t *trust) OnChange(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listeners = append(t.listeners, f)
}

func (t *trust) set(bundle string) {
	t.mu.Lock()
	t.bundle = bundle
	listeners := t.listeners
	t.mu.Unlock()
	for _, f := range listeners {
		f()
	}
}

// start runs the controller on one namespace until the spec ends.
func start(ctx context.Context, cfg *rest.Config, namespace string, t *trust) {
	GinkgoHelper()
	skip := true
	mgr, err := ctrl.NewManager(cfg, ctrl.Options{
		Scheme:  kubetest.Scheme(),
		Metrics: metricsserver.Options{BindAddress: "0"},
		Cache: cache.Options{
			DefaultNamespaces: map[string]cache.Config{namespace: {}}, ByObject: dataplane.CacheOptions(), ReaderFailOnMissingInformer: true,
		},
		Controller: config.Controller{SkipNameValidation: &skip},
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(kube.RegisterIndexes(ctx, mgr.GetFieldIndexer())).To(Succeed())
	opts := dataplane.Options{Image: "example.org/workstream:test", PlanFeedAddress: "planfeed.example.svc:9443", Trust: t}
	Expect(dataplane.New(mgr, opts).SetupWithManager(mgr)).To(Succeed())
	runCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- mgr.Start(runCtx) }()
	DeferCleanup(func() {
		cancel()
		Eventually(done).WithTimeout(timeout).Should(Receive(BeNil()))
	})
}
