// SPDX-License-Identifier: Apache-2.0

package cel

import (
	"context"
	"fmt"
	"os"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"workstream.dev/operator/internal/testkit/kubetest"
)

// assets is the environment variable that says where etcd and kube-apiserver are; `hack/cluster/cluster assets` prints it.
const assets = "KUBEBUILDER_ASSETS"

// The namespaces of the tests.
const (
	rulesNamespace   = "rules"
	samplesNamespace = "samples"
	contosoNamespace = "contoso"
)

// api is the API server of this package's tests, with the CRDs as users install them. It is nil when there are no
// binaries to run one.
var api client.Client

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if os.Getenv(assets) == "" {
		fmt.Fprintf(os.Stderr, "Nothing of the API is tested: %s is not set\n", assets)
		return m.Run(), nil
	}
	env, err := kubetest.Start()
	if err != nil {
		return 1, err
	}
	defer func() {
		if stop := env.Stop(); stop != nil && err == nil {
			code, err = 1, fmt.Errorf("stopping the API server: %w", stop)
		}
	}()
	api = env.Client
	for _, name := range []string{rulesNamespace, samplesNamespace, contosoNamespace} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if err := api.Create(context.Background(), namespace); err != nil {
			return 1, err
		}
	}
	return m.Run(), nil
}

// server returns the API server, or skips the test when there is none; CI tests everything. It asks for the environment
// itself, because go test remembers results by what a test asks for, and not by what is asked for before.
func server(t *testing.T) client.Client {
	t.Helper()
	switch {
	case os.Getenv(assets) != "":
	case os.Getenv("CI") == "1":
		t.Fatalf("%s is not set", assets)
	default:
		t.Skipf("SKIPPED: %s is not set", assets)
	}
	return api
}
