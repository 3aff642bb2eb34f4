// SPDX-License-Identifier: Apache-2.0

// Command kubectl-workstream is the kubectl plugin of routing administrators: it checks, tests and explains routing objects.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"workstream.dev/operator/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
