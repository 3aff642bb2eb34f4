// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"workstream.dev/operator/internal/testkit/apiclient"
)

// killDistributor ends the distributor's process without warning: by signal where its node is this machine, by a forced
// deletion elsewhere. The returned function waits until it has been started again and its Service leads to it. Who calls it
// before may reach the new process and then nobody for a while: the Service learns late that the old one is gone.
func killDistributor(ctx context.Context, w *world) (back func(context.Context)) {
	GinkgoHelper()
	var before string
	Eventually(func() string {
		before = w.life(ctx)
		return before
	}).WithContext(ctx).WithTimeout(restart).WithPolling(200 * time.Millisecond).ShouldNot(BeEmpty())
	if cluster.Local {
		pid, err := processWith("/distributor", "--namespace="+w.namespace)
		Expect(err).NotTo(HaveOccurred())
		Expect(syscall.Kill(pid, syscall.SIGKILL)).To(Succeed())
		Eventually(func() error { return syscall.Kill(pid, 0) }).WithContext(ctx).WithTimeout(soon).
			Should(MatchError(syscall.ESRCH), "the process is gone")
	} else {
		kubectl(ctx, "delete", "pod", "--namespace", w.namespace, "workstream-default-0", "--force", "--grace-period=0")
	}
	return func(ctx context.Context) {
		GinkgoHelper()
		Eventually(w.life).WithArguments(ctx).WithContext(ctx).WithTimeout(restart).WithPolling(200 * time.Millisecond).
			ShouldNot(Or(BeEmpty(), Equal(before)))
		Eventually(w.answers).WithArguments(ctx).WithContext(ctx).WithTimeout(restart).WithPolling(200 * time.Millisecond).Should(Succeed())
	}
}

// life says which life of the distributor's container is ready; empty while none is.
func (w *world) life(ctx context.Context) string {
	var pod struct {
		Metadata struct{ UID string }
		Status   struct {
			ContainerStatuses []struct {
				RestartCount int
				Ready        bool
			}
		}
	}
	if err := cluster.Get(ctx, &pod, "--namespace", w.namespace, "pod/workstream-default-0"); err != nil {
		return ""
	}
	for _, c := range pod.Status.ContainerStatuses {
		if c.Ready {
			return fmt.Sprint(pod.Metadata.UID, " ", c.RestartCount)
		}
	}
	return ""
}

// answers asks often, each time over a new connection: the Service leads somewhere, and goes on to.
func (w *world) answers(ctx context.Context) error {
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	c := *w.client
	c.HTTP = &http.Client{Transport: transport, Timeout: soon}
	for range 20 {
		var p *apiclient.Problem
		if err := c.Call(ctx, "GET", "agent", nil, nil); !errors.As(err, &p) || p.Status != http.StatusUnauthorized {
			return fmt.Errorf("asked without a token: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

// processWith finds the process with this program and argument.
func processWith(program, argument string) (int, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, dir := range dirs {
		data, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil {
			continue // it ended meanwhile
		}
		args := strings.Split(string(data), "\x00")
		if args[0] != program {
			continue
		}
		if slices.Contains(args, argument) {
			return strconv.Atoi(filepath.Base(dir))
		}
	}
	return 0, fmt.Errorf("no process %s %s", program, argument)
}

// activate brings a conversation to an agent.
func activate(ctx context.Context, w *world, name, talk string) (*apiclient.Client, string) {
	GinkgoHelper()
	c, stream := w.desktop(ctx, name)
	a := w.message(ctx, talk, "gold", "one")
	o := offer(ctx, stream, a.Item)
	_, err := c.Do(ctx, "offers/"+o.Offer+"/accept", nil)
	Expect(err).NotTo(HaveOccurred())
	return c, a.Item
}

// messageAfterRestart sends a message, again under the same id until it is answered, as senders of webhooks do.
func messageAfterRestart(ctx context.Context, w *world, talk, text string) {
	GinkgoHelper()
	id := apiclient.NewID()
	body := fmt.Appendf(nil, `{"type":"message.created","data":{"conversation":%q,"message":{"text":%q}}}`, talk, text)
	Eventually(func() error {
		_, err := w.webhook.Post(ctx, id, time.Now(), body)
		return err
	}).WithContext(ctx).WithTimeout(restart).WithPolling(200 * time.Millisecond).Should(Succeed())
}

var _ = Describe("Failures", Ordered, Serial, func() {
	It("continues a conversation after the distributor was killed in the middle, nothing lost or doubled", func(ctx SpecContext) {
		talk := apiclient.NewID()
		ann, item := activate(ctx, contoso, "ann", talk)
		back := killDistributor(ctx, contoso)
		messageAfterRestart(ctx, contoso, talk, "two")
		Eventually(func() error {
			_, err := ann.Do(ctx, "items/"+item+"/messages", map[string]string{"id": "r1", "text": "three"})
			return err
		}).WithContext(ctx).WithTimeout(restart).WithPolling(200 * time.Millisecond).Should(Succeed())
		back(ctx)
		Expect(texts(ctx, ann, item)).To(Equal([]string{"one", "two", "three"}))
		finish(ctx, ann, item)
	}, NodeTimeout(2*restart))

	It("routes on while the manager is stopped, also after a restart of the distributor", func(ctx SpecContext) {
		scale(ctx, 0)
		DeferCleanup(func(ctx SpecContext) {
			scale(ctx, 1)
			contoso.programmed(ctx, "workstream/contoso-chat")
		})
		ann, item := activate(ctx, contoso, "ann", apiclient.NewID())
		finish(ctx, ann, item)
		killDistributor(ctx, contoso)(ctx)
		ann, item = activate(ctx, contoso, "ann", apiclient.NewID())
		finish(ctx, ann, item)
	}, NodeTimeout(3*restart))

	It("routes on while the API server is stopped for a minute; changes arrive after", func(ctx SpecContext) {
		if !cluster.Local {
			Skip("the API server of a cluster that is not ours is not stopped")
		}
		_, err := cluster.Tool(ctx, "stop-apiserver")
		Expect(err).NotTo(HaveOccurred())
		back := false
		start := func(ctx context.Context) {
			if !back {
				_, err := cluster.Tool(ctx, "start-apiserver")
				Expect(err).NotTo(HaveOccurred())
				back = true
			}
		}
		DeferCleanup(start)
		end := time.Now().Add(time.Minute)
		for time.Now().Before(end) {
			ann, item := activate(ctx, contoso, "ann", apiclient.NewID())
			finish(ctx, ann, item)
			select {
			case <-ctx.Done():
				Fail("the time of the spec is over")
			case <-time.After(5 * time.Second):
			}
		}
		start(ctx)
		const ruleset = "routingruleset/contoso-queues"
		Eventually(func() error {
			_, err := cluster.Run(ctx, "annotate", "--namespace", contoso.namespace, ruleset, "--overwrite", "e2e=back")
			return err
		}).WithContext(ctx).WithTimeout(restart).Should(Succeed())
		patch := `[{"op":"add","path":"/spec/rules/0","value":{"name":"after-outage","route":{"queueRef":{"name":"french"}}}}]`
		kubectl(ctx, "patch", "--namespace", contoso.namespace, ruleset, "--type=json", "-p", patch)
		contoso.programmed(ctx, ruleset)
		ann, item := activate(ctx, contoso, "ann", apiclient.NewID())
		it, err := ann.Item(ctx, item)
		Expect(err).NotTo(HaveOccurred())
		Expect(it.Queue).To(Equal("french"))
		finish(ctx, ann, item)
		kubectl(ctx, "patch", "--namespace", contoso.namespace, ruleset, "--type=json", "-p", `[{"op":"remove","path":"/spec/rules/0"}]`)
		contoso.programmed(ctx, ruleset)
	}, NodeTimeout(4*restart))
})
