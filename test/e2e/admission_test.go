// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const (
	noSuchZone = `The OperatingHours "munich" is invalid: spec.timeZone: "Europe/Munich" is no time zone such as Europe/Berlin`
	munich     = `
apiVersion: routing.workstream.dev/v1alpha1
kind: OperatingHours
metadata: {name: munich}
spec: {timeZone: Europe/Munich}`
)

var _ = Describe("The webhook", Ordered, Serial, func() {
	BeforeAll(func() {
		DeferCleanup(func(ctx SpecContext) {
			kubectl(ctx, "delete", "--namespace", contoso.namespace, "operatinghours/munich", "--ignore-not-found")
		})
	})

	// refused waits until a bad object is refused: after an installation or a restart the API server may still learn whom to
	// trust.
	refused := func(ctx context.Context) {
		GinkgoHelper()
		Eventually(func() error {
			_, err := cluster.Apply(ctx, contoso.namespace, munich)
			if err == nil {
				kubectl(ctx, "delete", "--namespace", contoso.namespace, "operatinghours/munich")
			}
			return err
		}).WithContext(ctx).WithTimeout(soon).WithPolling(200 * time.Millisecond).Should(MatchError(ContainSubstring(noSuchZone)))
	}

	It("refuses at apply what one object alone gets wrong", func(ctx SpecContext) {
		refused(ctx)
		_, err := cluster.Apply(ctx, contoso.namespace, `
apiVersion: routing.workstream.dev/v1alpha1
kind: RoutingRuleset
metadata: {name: lookahead}
spec:
  type: RouteToQueue
  rules:
  - name: shop
    when: {attribute: channel.page, operator: Matches, values: ["^(?!/shop)"]}
    route: {queueRef: {name: vip}}`)
		Expect(err).To(MatchError(ContainSubstring(`spec.rules[0](shop).when.values[0]: "^(?!/shop)" is no RE2 expression`)))
	})

	It("warns of rules that can never decide", func(ctx SpecContext) {
		file := filepath.Join(GinkgoT().TempDir(), "rules.yaml")
		Expect(os.WriteFile(file, []byte(`
apiVersion: routing.workstream.dev/v1alpha1
kind: RoutingRuleset
metadata: {name: twice}
spec:
  type: RouteToQueue
  rules:
  - {name: gold, when: {attribute: context.tier, operator: Equal, values: [gold]}, route: {queueRef: {name: vip}}}
  - {name: gold-again, when: {attribute: context.tier, operator: Equal, values: [Gold]}, route: {queueRef: {name: general}}}`), 0o600)).To(Succeed())
		_, err := cluster.Run(ctx, "apply", "--namespace", contoso.namespace, "--dry-run=server", "--warnings-as-errors", "-f", file)
		Expect(err).To(MatchError(ContainSubstring("Warning: spec.rules[1](gold-again): no item gets as far as this rule")))
	})

	It("is served by two managers alike", func(ctx SpecContext) {
		scale(ctx, 2)
		DeferCleanup(scale, 1)
		for range 20 { // connections go to either
			_, err := cluster.Apply(ctx, contoso.namespace, munich)
			Expect(err).To(MatchError(ContainSubstring(noSuchZone)))
		}
	}, NodeTimeout(2*restart))

	It("holds nobody up while the manager is down, and lets go what was stored meanwhile", func(ctx SpecContext) {
		scale(ctx, 0)
		up := false
		back := func(ctx context.Context) {
			if !up {
				scale(ctx, 1)
				up = true
			}
		}
		DeferCleanup(back)

		By("applying while nobody answers")
		_, err := cluster.Apply(ctx, contoso.namespace, munich)
		Expect(err).NotTo(HaveOccurred())
		edit := 0
		Eventually(func() error { // as soon as the Service knows that nobody is there; the time-out of the webhook is 5 s
			edit++
			_, err := cluster.Run(ctx, "label", "--namespace", contoso.namespace, "operatinghours/munich", "--overwrite",
				fmt.Sprint("edit=", edit), "--request-timeout=4s")
			return err
		}).WithContext(ctx).WithTimeout(soon).Should(Succeed())
		_, err = cluster.Apply(ctx, contoso.namespace, "{apiVersion: v1, kind: ConfigMap, metadata: {name: unrelated}}")
		Expect(err).NotTo(HaveOccurred())

		By("the manager coming back")
		back(ctx)
		Eventually(func(g Gomega) {
			c := contoso.condition(ctx, "operatinghours/munich", "Accepted")
			g.Expect(c.Status).To(Equal("False"))
			g.Expect(noSuchZone).To(HaveSuffix(c.Message))
		}).WithContext(ctx).WithTimeout(restart).Should(Succeed())
		kubectl(ctx, "label", "--namespace", contoso.namespace, "operatinghours/munich", "team=a")
		Eventually(func() error { // the API server finds its way to a manager that is ready a moment later
			_, err := cluster.Run(ctx, "patch", "--namespace", contoso.namespace, "operatinghours/munich", "--type=merge",
				"--dry-run=server", "-p", `{"spec":{"timeZone":"Europe/Nuremberg"}}`)
			return err
		}).WithContext(ctx).WithTimeout(soon).WithPolling(200 * time.Millisecond).
			Should(MatchError(ContainSubstring(`"Europe/Nuremberg" is no time zone`)))
		kubectl(ctx, "delete", "--namespace", contoso.namespace, "operatinghours/munich")
		refused(ctx)
	}, NodeTimeout(3*restart))
})

// scale runs so many managers, and waits until just these are there: one that is about to go would not be asked in time.
func scale(ctx context.Context, replicas int) {
	GinkgoHelper()
	const deployment = "deployment/workstream-manager"
	kubectl(ctx, "scale", "--namespace", "workstream-system", deployment, fmt.Sprint("--replicas=", replicas))
	kubectl(ctx, "rollout", "status", "--namespace", "workstream-system", deployment, "--timeout=120s")
	Eventually(func(g Gomega) {
		var pods struct{ Items []struct{} }
		g.Expect(cluster.Get(ctx, &pods, "--namespace", "workstream-system", "pods", "-l", "app.kubernetes.io/name=workstream-manager")).To(Succeed())
		g.Expect(pods.Items).To(HaveLen(replicas))
	}).WithContext(ctx).WithTimeout(restart).WithPolling(200 * time.Millisecond).Should(Succeed())
}
