// SPDX-License-Identifier: Apache-2.0

// Command simulate runs the engine as a contact centre in virtual time and prints how long customers wait, how busy agents
// are and who leaves, beside what queueing theory says.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"workstream.dev/operator/test/centre"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		if errors.As(err, new(usageError)) {
			fmt.Fprintln(os.Stderr, "simulate: --help shows all flags, with examples")
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := read(args)
	if err != nil {
		return usageError{err}
	}
	if s.help {
		_, err = io.WriteString(out, help())
		return err
	}
	c, err := s.config()
	if err != nil {
		return usageError{err}
	}
	if _, err = c.WithDefaults(); err != nil {
		return usageError{err}
	}
	report, err := centre.Run(ctx, c)
	if err != nil {
		return err
	}
	if s.text {
		return writeText(out, report)
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(report)
}

// usageError is what the caller can put right.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }
