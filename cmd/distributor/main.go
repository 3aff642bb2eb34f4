// SPDX-License-Identifier: Apache-2.0

// Command distributor runs the data plane of one namespace.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"workstream.dev/operator/internal/distributor"
	"workstream.dev/operator/internal/telemetry"
	"workstream.dev/operator/internal/version"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, out, errOut io.Writer) int {
	cfg := distributor.Config{}
	flags := flag.NewFlagSet("distributor", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&cfg.Namespace, "namespace", "", "namespace that is served")
	flags.StringVar(&cfg.Distributor, "distributor", "", "name of the Distributor object")
	flags.StringVar(&cfg.Replica, "replica", "", "name of this pod")
	flags.StringVar(&cfg.Listen, "listen", ":8080", "address of the API")
	flags.StringVar(&cfg.AdminListen, "admin-listen", ":9090", "address of health, readiness and metrics")
	flags.BoolVar(&cfg.Profiling, "profiling", false, "serve /debug/pprof on the admin address")
	flags.StringVar(&cfg.DataDir, "data-dir", "/var/lib/workstream", "folder of the journal")
	flags.StringVar(&cfg.CredentialsDir, "credentials-dir", "/var/run/workstream/credentials", "folder of mounted credentials")
	flags.StringVar(&cfg.PlanfeedAddress, "planfeed-address", "", "address of the manager's plan feed; empty: no manager")
	flags.StringVar(&cfg.PlanfeedServerName, "planfeed-server-name", "", "name in the feed's certificate; default: the address's host")
	flags.StringVar(&cfg.PlanfeedCA, "planfeed-ca", "", "file of the plan feed's certificate authority")
	flags.StringVar(&cfg.PlanfeedToken, "planfeed-token", "", "file of the token for the plan feed")
	flags.StringVar(&cfg.PlanFile, "plan", "", "file with a compiled plan, instead of a manager; read again when it changes")
	flags.IntVar(&cfg.SnapshotEntries, "snapshot-entries", 0, "journal entries between two snapshots; 0: the default")
	flags.DurationVar(&cfg.Shutdown, "shutdown-timeout", 0, "time to stop in order; 0: the default of 25s")
	level := flags.String("log-level", "info", "debug, info, warn or error")
	showVersion := flags.Bool("version", false, "print the version and exit")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if *showVersion {
		_, _ = fmt.Fprintln(out, version.String())
		return 0
	}
	log, err := telemetry.NewLogger(errOut, *level)
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "distributor:", err)
		return 2
	}
	cfg.Log = log
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := distributor.Run(ctx, cfg); err != nil {
		log.Error("The distributor ended", "error", err)
		return 1
	}
	return 0
}
