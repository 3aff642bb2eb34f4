// SPDX-License-Identifier: Apache-2.0

package operator_test

import (
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"workstream.dev/operator/internal/operator"
	"workstream.dev/operator/internal/pki"
)

// keeper is one manager's view of a Secret, at the time of clock.
func keeper(namespace, secret, service string, clock func() time.Time) *pki.Keeper {
	return pki.NewKeeper(pki.Options{
		Purpose: "test", ServerName: service + "." + namespace + ".svc", Secret: types.NamespacedName{Namespace: namespace, Name: secret},
		Reader: env.Client, Writer: env.Client, Now: clock, Log: logr.Discard(),
	})
}

var _ = Describe("The plan feed's certificates", func() {
	It("are made once for all managers, and renewed by one of them", func(ctx SpecContext) {
		own := namespace(ctx)
		now := time.Now()
		clock := func() time.Time { return now }
		one := keeper(own, operator.PlanFeedSecret, "workstream-manager-planfeed", clock)
		two := keeper(own, operator.PlanFeedSecret, "workstream-manager-planfeed", clock)
		_, err := one.Certificate(nil)
		Expect(err).To(HaveOccurred())
		changes := 0
		two.OnChange(func() { changes++ })
		serving := func(k *pki.Keeper) []byte {
			GinkgoHelper()
			c, err := k.Certificate(nil)
			Expect(err).NotTo(HaveOccurred())
			return c.Certificate[0]
		}
		Expect(one.Refresh(ctx)).To(Succeed())
		Expect(two.Refresh(ctx)).To(Succeed())
		Expect(serving(one)).To(Equal(serving(two)))
		Expect(one.Bundle()).To(Equal(two.Bundle()))
		Expect(changes).To(Equal(1))

		By("time passing")
		first := serving(one)
		now = now.AddDate(0, 0, 61)
		Expect(two.Refresh(ctx)).To(Succeed())
		Expect(one.Refresh(ctx)).To(Succeed())
		Expect(serving(one)).NotTo(Equal(first))
		Expect(serving(one)).To(Equal(serving(two)))
		Expect(changes).To(Equal(1)) // the authority is the same

		By("somebody spoiling the Secret")
		key := types.NamespacedName{Namespace: own, Name: operator.PlanFeedSecret}
		var secret corev1.Secret
		Expect(env.Client.Get(ctx, key, &secret)).To(Succeed())
		secret.Data["tls.key"] = []byte("spoilt")
		Expect(env.Client.Update(ctx, &secret)).To(Succeed())
		Expect(two.Refresh(ctx)).To(Succeed())
		Expect(changes).To(Equal(2))
		Expect(one.Refresh(ctx)).To(Succeed())
		Expect(serving(one)).To(Equal(serving(two)))
	}, SpecTimeout(specTimeout))
})
