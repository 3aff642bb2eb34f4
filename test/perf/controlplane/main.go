// SPDX-License-Identifier: Apache-2.0

// Command controlplane measures the control plane at size, without a cluster: a real API server, the manager and one
// distributor as processes of their own. It tells how long it takes until everything is Programmed, from nothing and after
// a restart, how fast an edit acts, what is written while nothing changes, and what the processes weigh. It prints figures
// and judges nothing.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// options are what a run is made of.
type options struct {
	workstreams, agents, queues, rules int
	edits, warmUp                      int
	rest, limit                        time.Duration
	manager, distributor               string
	profile, out                       string
}

func main() {
	o := options{}
	flag.IntVar(&o.workstreams, "workstreams", 5000, "workstreams, each with a ruleset and one or two context variables")
	flag.IntVar(&o.agents, "agents", 10_000, "agents, each with 10 skills and 1 to 3 queues")
	flag.IntVar(&o.queues, "queues", 500, "queues")
	flag.IntVar(&o.rules, "rules", 8, "rules of each ruleset")
	flag.IntVar(&o.edits, "edits", 200, "how many edits of each kind of object")
	flag.IntVar(&o.warmUp, "warm-up", 10, "how many edits before those that count")
	flag.DurationVar(&o.rest, "rest", time.Minute, "how long to count API writes while nothing changes")
	flag.DurationVar(&o.limit, "limit", 20*time.Minute, "how long any one step may take")
	flag.StringVar(&o.manager, "manager", "", "the manager's binary; built when empty")
	flag.StringVar(&o.distributor, "distributor", "", "the distributor's binary; built when empty")
	flag.StringVar(&o.profile, "profile", "", "folder for CPU and heap profiles of both processes")
	flag.StringVar(&o.out, "o", "", "file for the figures as JSON")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, &o); err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options) error {
	s, err := setUp(ctx, o)
	if err != nil {
		return err
	}
	defer s.stop()
	for _, step := range []func(context.Context) error{s.fromNothing, s.edits, s.atRest, s.restart} {
		if err := step(ctx); err != nil {
			s.showLogs()
			return err
		}
	}
	if o.out == "" {
		return nil
	}
	body, err := json.MarshalIndent(s.figures, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, append(body, '\n'), 0o600)
}

// tell prints a figure and keeps it.
func (s *stage) tell(name, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Printf("%-52s %s\n", name, text)
	s.figures = append(s.figures, figure{name, text})
}

// figure is one line of the result.
type figure struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
