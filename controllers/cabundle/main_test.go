// SPDX-License-Identifier: Apache-2.0

package cabundle_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"

	"workstream.dev/operator/internal/testkit/kubetest"
)

// timeout is for what happens soon, specTimeout for all that a spec waits for: a machine that is busy with something else takes
// many times what it takes alone, and only a spec that fails waits so long.
const (
	timeout     = time.Minute
	specTimeout = 10 * time.Minute
)

var env *kubetest.Env

func TestCABundle(t *testing.T) {
	kubetest.Require(t)
	RegisterFailHandler(Fail)
	RunSpecs(t, "CABundle")
}

var _ = BeforeSuite(func() {
	ctrl.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(GinkgoWriter, nil)))
	SetDefaultEventuallyTimeout(timeout)
	SetDefaultEventuallyPollingInterval(10 * time.Millisecond)
	var err error
	env, err = kubetest.Start()
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })
})
