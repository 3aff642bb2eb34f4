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

const timeout = 15 * time.Second

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
