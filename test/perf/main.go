// SPDX-License-Identifier: Apache-2.0

// Command perf measures a deployment on a real cluster: how fast an edit acts, how fast a message is offered, what is
// written while nothing changes, and what the processes weigh. It prints figures and judges nothing.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"workstream.dev/operator/internal/testkit/apiclient"
	"workstream.dev/operator/internal/testkit/clustertest"
)

const (
	namespace = "perf-contoso"
	issuer    = "https://login.contoso.com"
	audience  = "workstream"
)

func main() {
	edits := flag.Int("edits", 100, "how many edits of a rule")
	messages := flag.Int("messages", 1000, "how many messages from webhook to offer")
	rest := flag.Duration("rest", 2*time.Minute, "how long to count API writes while nothing changes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *edits, *messages, *rest); err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		os.Exit(1)
	}
}

// stage is the deployment that is measured.
type stage struct {
	cluster *clustertest.Cluster
	issuer  *apiclient.Issuer
	webhook *apiclient.Webhook
	client  *apiclient.Client
}

func run(ctx context.Context, edits, messages int, rest time.Duration) error {
	s, err := setUp(ctx)
	if err != nil {
		return err
	}
	defer func() {
		_, _ = s.cluster.Run(context.WithoutCancel(ctx), "delete", "namespace", namespace, "--wait=false")
	}()
	if err := s.memory(ctx, "at the start"); err != nil {
		return err
	}
	if err := s.edits(ctx, edits); err != nil {
		return fmt.Errorf("measuring edits: %w", err)
	}
	if err := s.offers(ctx, messages); err != nil {
		return fmt.Errorf("measuring offers: %w", err)
	}
	if err := s.memory(ctx, "after the messages"); err != nil {
		return err
	}
	return s.rest(ctx, rest)
}

// report prints the quantiles of a sample.
func report(what string, sample []time.Duration) {
	slices.Sort(sample)
	at := func(q float64) time.Duration {
		return sample[min(int(q*float64(len(sample))), len(sample)-1)].Round(10 * time.Microsecond)
	}
	fmt.Printf("%-34s n=%d p50=%s p90=%s p99=%s max=%s\n", what, len(sample), at(.5), at(.9), at(.99), at(1))
}
