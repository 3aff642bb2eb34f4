// SPDX-License-Identifier: Apache-2.0

// Command manager is the control plane: it compiles routing objects into plans and runs distributors.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"workstream.dev/operator/internal/heap"
	"workstream.dev/operator/internal/operator"
	"workstream.dev/operator/internal/telemetry"
	"workstream.dev/operator/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

// growth leaves room in the 512 MiB that the manager's pod may use.
var growth = heap.Growth{Cycle: 5 * time.Second, Max: 256 << 20}

func run(ctx context.Context) error {
	defer heap.Pace(growth)()
	var opts operator.Options
	flags := flag.CommandLine // controller-runtime has put --kubeconfig there
	flags.StringVar(&opts.Namespace, "namespace", os.Getenv("POD_NAMESPACE"), "the manager's own namespace")
	flags.StringVar(&opts.Identity, "identity", os.Getenv("POD_NAME"), "the name of this process among the managers")
	flags.StringVar(&opts.DistributorImage, "distributor-image", "", "image of the distributors; empty: that of the manager's own pod")
	flags.BoolVar(&opts.LeaderElect, "leader-elect", true, "elect one leader among several managers")
	flags.StringVar(&opts.MetricsAddress, "metrics-bind-address", ":8080", "where metrics are served, 0 for nowhere")
	flags.StringVar(&opts.ProbeAddress, "health-probe-bind-address", ":8081", "where /healthz and /readyz are served, 0 for nowhere")
	flags.StringVar(&opts.PlanFeedAddress, "planfeed-bind-address", ":9443", "where distributors get their plans")
	flags.StringVar(&opts.WebhookAddress, "webhook-bind-address", ":9444", "where the API server asks about objects, 0 for nowhere")
	flags.StringVar(&opts.WebhookCertDir, "webhook-cert-dir", "",
		"folder with tls.crt and tls.key for the webhook, of cert-manager; empty: the manager makes them itself")
	flags.BoolVar(&opts.Profiling, "profiling", false, "serve /debug/pprof where metrics are served")
	level := flags.String("log-level", "info", "debug, info, warn or error")
	showVersion := flags.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *showVersion {
		_, err := fmt.Fprintln(os.Stdout, version.String())
		return err
	}

	log, err := telemetry.NewLogger(os.Stderr, *level)
	if err != nil {
		return err
	}
	ctrl.SetLogger(logr.FromSlogHandler(log.Handler()))
	klog.SetSlogLogger(log)
	log.Info("Starting", "version", version.String())
	cfg, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the API server: %w", err)
	}
	opts.Log = log
	o, err := operator.New(ctx, cfg, opts)
	if err != nil {
		return err
	}
	return o.Run(ctx)
}
