// SPDX-License-Identifier: Apache-2.0

// Command local measures a distributor as a process of its own, without a cluster: whole lifecycles of conversations at full
// speed and at a fixed rate, every answer after its fsync; then what many open items and a long journal cost it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options are what a run is made of.
type options struct {
	binary, dir      string
	agents, parallel int
	connections      int
	rate             int
	duration, warmUp time.Duration
	overHTTP         bool
	items, tails     string
	profile, out     string
}

func main() {
	o := options{}
	flag.StringVar(&o.binary, "distributor", "", "the distributor's binary; built when empty")
	flag.StringVar(&o.dir, "dir", "", "an empty folder on the disk that is measured; a temporary one when empty")
	flag.IntVar(&o.agents, "agents", 100, "connected agents")
	flag.IntVar(&o.parallel, "parallel", 128, "closed loop: conversations at a time; 0 leaves it out")
	flag.IntVar(&o.rate, "rate", 5000, "open loop: conversations a second; 0 leaves it out")
	flag.IntVar(&o.connections, "connections", 256, "open loop: connections that webhooks are sent over")
	flag.DurationVar(&o.duration, "duration", 20*time.Second, "how long each loop is measured")
	flag.DurationVar(&o.warmUp, "warm-up", 3*time.Second, "how long each loop runs before")
	flag.BoolVar(&o.overHTTP, "http", false, "agents send their commands over HTTP instead of their stream")
	flag.StringVar(&o.items, "items", "100000", "sizes: numbers of open items, separated by commas; empty leaves them out")
	flag.StringVar(&o.tails, "tails", "10000,100000", "sizes: numbers of events after a snapshot, likewise")
	flag.StringVar(&o.profile, "profile", "", "folder for CPU profiles of the distributor")
	flag.StringVar(&o.out, "o", "", "file for the figures as JSON")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "perf measures a distributor as a process: a closed loop, an open loop, and sizes.\n"+
			"  make perf PERF='-parallel 0 -rate 2000 -duration 5s -items= -tails='")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := o.check(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, &o); err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		os.Exit(1)
	}
}

// check refuses what would be found out after the measurement, or measure nothing.
func (o *options) check(rest []string) error {
	for _, n := range []struct {
		flag  string
		value int
		least int
	}{{"agents", o.agents, 1}, {"connections", o.connections, 1}, {"parallel", o.parallel, 0}, {"rate", o.rate, 0}} {
		if n.value < n.least || n.value > 1_000_000 {
			return fmt.Errorf("-%s %d: want a whole number from %d to 1000000", n.flag, n.value, n.least)
		}
	}
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is no flag: want -NAME VALUE", rest[0])
	case o.duration < 100*time.Millisecond:
		return fmt.Errorf("-duration %s: want 100ms at least", o.duration)
	case o.warmUp < 0:
		return fmt.Errorf("-warm-up %s: want a duration from 0", o.warmUp)
	case o.parallel == 0 && o.rate == 0 && o.items == "" && o.tails == "":
		return errors.New("there is nothing to measure: want one of -parallel, -rate, -items and -tails")
	}
	return o.checkRest()
}

func (o *options) checkRest() error {
	for _, l := range []struct{ flag, list string }{{"items", o.items}, {"tails", o.tails}} {
		if !numbers(l.list) {
			return fmt.Errorf("-%s %q: want whole numbers from 1, separated by commas, or nothing", l.flag, l.list)
		}
	}
	for name, folder := range map[string]string{"dir": o.dir, "profile": o.profile, "o": filepath.Dir(o.out)} {
		if info, err := os.Stat(folder); folder != "" && (err != nil || !info.IsDir()) {
			return fmt.Errorf("-%s: there is no folder %s", name, folder)
		}
	}
	return nil
}

func numbers(list string) bool {
	return list == "" || !slices.ContainsFunc(strings.Split(list, ","), func(part string) bool {
		n, err := strconv.Atoi(part)
		return err != nil || n < 1
	})
}

func run(ctx context.Context, o *options) error {
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "workstream-perf-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		o.dir = dir
	}
	if o.binary == "" {
		o.binary = filepath.Join(o.dir, "distributor")
		if err := build(ctx, o.binary); err != nil {
			return err
		}
	}
	var f figures
	var err error
	if f.Loads, err = loads(ctx, o); err != nil {
		return err
	}
	if f.Sizes, err = sizes(ctx, o); err != nil {
		return err
	}
	printSizes(os.Stdout, f.Sizes)
	if o.out == "" {
		return nil
	}
	body, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, append(body, '\n'), 0o600)
}

// figures are all that was measured.
type figures struct {
	Loads []*result `json:"loads"`
	Sizes []size    `json:"sizes,omitempty"`
}

const openLoop = "open loop"

// loads measures one loop after the other, on one distributor.
func loads(ctx context.Context, o *options) ([]*result, error) {
	if o.parallel == 0 && o.rate == 0 {
		return nil, nil
	}
	stage, err := setUp(ctx, o)
	if err != nil {
		return nil, err
	}
	defer stage.stop()
	var results []*result
	for _, load := range []struct {
		name   string
		wanted bool
		run    func(*desk) func(context.Context, *sampler)
	}{
		{"closed loop", o.parallel > 0, func(d *desk) func(context.Context, *sampler) { return d.closed(o.parallel) }},
		{openLoop, o.rate > 0, func(d *desk) func(context.Context, *sampler) { return d.open(o.rate, o.connections) }},
	} {
		if !load.wanted {
			continue
		}
		r, err := stage.measure(ctx, load.name, load.run(stage.desk))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", load.name, err)
		}
		if load.name == openLoop {
			r.Wanted = o.rate
		}
		r.print(os.Stdout)
		results = append(results, r)
	}
	return results, nil
}
