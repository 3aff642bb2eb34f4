// SPDX-License-Identifier: Apache-2.0

package kubetest

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	routingv1alpha1 "workstream.dev/operator/api/v1alpha1"
)

// assets names the folder with kube-apiserver and etcd.
const assets = "KUBEBUILDER_ASSETS"

// Require skips the suite where there is no API server to run. In CI it fails: nobody would notice there.
func Require(t *testing.T) {
	t.Helper()
	if os.Getenv(assets) != "" {
		return
	}
	const hint = "NOT TESTED: " + assets + " is not set; `make test` sets it, or: export " + assets + "=$(hack/cluster/cluster assets)"
	if os.Getenv("CI") != "" {
		t.Fatal(hint)
	}
	t.Skip(hint)
}

// Env is a running API server with our kinds.
type Env struct {
	// Config is that of an administrator.
	Config *rest.Config
	// Client reads and writes without a cache.
	Client client.Client

	env *envtest.Environment
}

// Scheme knows our kinds and those of Kubernetes.
func Scheme() *k8sruntime.Scheme {
	s := k8sruntime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(s))
	utilruntime.Must(routingv1alpha1.AddToScheme(s))
	return s
}

// patience is how long a part of an API server may take to come or go: where several packages start theirs at the same time,
// more than what is usual.
const patience = 3 * time.Minute

// Start starts an API server. Stop must be called.
func Start() (*Env, error) {
	var e *Env
	var err error
	for range 3 {
		// It gives the API server 5 s for its first namespace, whatever else one sets: one that was too slow gets another try.
		if e, err = start(); err == nil {
			break
		}
	}
	return e, err
}

func start() (*Env, error) {
	_, file, _, _ := runtime.Caller(0)
	crds := filepath.Join(filepath.Dir(file), "..", "..", "..", "config", "crd", "bases")
	e := &Env{env: &envtest.Environment{
		Scheme:                   Scheme(),
		CRDDirectoryPaths:        []string{crds},
		ErrorIfCRDPathMissing:    true,
		CRDInstallOptions:        envtest.CRDInstallOptions{MaxTime: patience},
		ControlPlaneStartTimeout: patience,
		ControlPlaneStopTimeout:  patience,
	}}
	var err error
	if e.Config, err = e.env.Start(); err != nil {
		_ = e.Stop() // the first error says more
		return nil, fmt.Errorf("starting an API server: %w", err)
	}
	e.Config.QPS = -1
	if e.Client, err = client.New(e.Config, client.Options{Scheme: Scheme()}); err != nil {
		_ = e.Stop() // the first error says more
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return e, nil
}

// Stop ends the API server.
func (e *Env) Stop() error { return e.env.Stop() }

// Namespace makes a namespace of the suite's own and returns its name.
func (e *Env) Namespace(ctx context.Context) (string, error) {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := e.Client.Create(ctx, ns); err != nil {
		return "", fmt.Errorf("making a namespace: %w", err)
	}
	return ns.Name, nil
}

// Apply makes or changes the objects of a YAML text in a namespace, in their order, by server-side apply.
func (e *Env) Apply(ctx context.Context, namespace, manifest string) error {
	for _, doc := range splitDocuments(manifest) {
		body, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			return fmt.Errorf("reading a manifest: %w", err)
		}
		obj, err := decode(body)
		if err != nil {
			return err
		}
		obj.SetNamespace(namespace)
		err = e.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(obj), client.FieldOwner("kubetest"), client.ForceOwnership)
		if err != nil {
			return fmt.Errorf("applying %s %s: %w", obj.GetKind(), obj.GetName(), err)
		}
	}
	return nil
}

// Writes counts requests that write, by verb and path.
type Writes struct {
	next http.RoundTripper

	mu   sync.Mutex
	seen []string
}

// Count returns a copy of cfg whose writes are counted.
func Count(cfg *rest.Config) (*rest.Config, *Writes) {
	w := &Writes{}
	cfg = rest.CopyConfig(cfg)
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
		w.next = next
		return w
	})
	return cfg, w
}

// RoundTrip implements http.RoundTripper.
func (w *Writes) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		w.mu.Lock()
		w.seen = append(w.seen, req.Method+" "+req.URL.Path)
		w.mu.Unlock()
	}
	return w.next.RoundTrip(req)
}

// Seen returns the writes so far.
func (w *Writes) Seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.seen...)
}
