// SPDX-License-Identifier: Apache-2.0

// Command demo tells the main job as a story, on a cluster on which the operator is installed: samples applied with
// kubectl, customers and records coming in over HTTP, agents taking them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "\nThe demo stopped: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	d, err := setUp(ctx)
	if err != nil {
		return err
	}
	defer d.close()
	for _, chapter := range []func(context.Context) error{d.conversation, d.language, d.record, d.change, d.why} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return d.next(ctx)
}
