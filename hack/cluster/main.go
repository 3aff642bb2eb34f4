// SPDX-License-Identifier: Apache-2.0

// Command cluster runs a real one-node Kubernetes on a Debian machine that has Go and nothing else:
// no container engine, no registry. See README.md.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"workstream.dev/operator/hack/cluster/internal/binary"
	"workstream.dev/operator/hack/cluster/internal/cluster"
	"workstream.dev/operator/hack/cluster/internal/image"
	"workstream.dev/operator/hack/cluster/internal/layout"
	"workstream.dev/operator/hack/cluster/internal/provision"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	l, err := layout.FromEnvironment()
	if err != nil {
		return err
	}
	c := cluster.New(l, os.Stderr)
	root := &cobra.Command{
		Use: "cluster", Short: "A real one-node Kubernetes out of Go modules and Debian packages",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.AddCommand(
		action("up", "start the cluster, or say that a healthy one runs", c.Up),
		action("down", "end the cluster and remove all that it left", c.Down),
		action("status", "say what runs, how much memory it takes and what is left behind", c.Status),
		action("stop-apiserver", "end the API server alone, keeping the data", c.StopAPIServer),
		action("start-apiserver", "start the API server again and wait until it is ready", c.StartAPIServer),
		&cobra.Command{
			Use: "load-image TAR", Short: "import a docker-archive for pods to use", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return c.LoadImage(cmd.Context(), args[0]) },
		},
		folder("assets", "build what envtest needs; print the folder (KUBEBUILDER_ASSETS)", c, binary.Assets),
		folder("build", "build all programs; print the folder", c, binary.All),
		folder("path", "print the folder of the programs, kubectl among them", c, nil),
		kubeconfigCommand(l),
		imageCommand(),
		provisionerCommand(l),
	)
	return root.ExecuteContext(ctx)
}

func action(use, short string, do func(context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return do(cmd.Context()) },
	}
}

// folder makes a command that builds programs and prints where they are.
func folder(use, short string, c *cluster.Cluster, programs []binary.Program) *cobra.Command {
	return action(use, short, func(ctx context.Context) error {
		dir, err := c.Builder().Ensure(ctx, programs)
		if err == nil {
			_, err = fmt.Println(dir)
		}
		return err
	})
}

func kubeconfigCommand(l layout.Layout) *cobra.Command {
	var raw bool
	cmd := action("kubeconfig", "print the path of the administrator's kubeconfig", func(context.Context) error {
		file := l.Kubeconfig("admin")
		opened, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("reading the kubeconfig (is the cluster up?): %w", err)
		}
		defer func() { _ = opened.Close() }()
		if raw {
			_, err = io.Copy(os.Stdout, opened)
		} else {
			_, err = fmt.Println(file)
		}
		return err
	})
	cmd.Flags().BoolVar(&raw, "raw", false, "print the content")
	return cmd
}

func imageCommand() *cobra.Command {
	var o image.Options
	cmd := action("image", "write a container image of static programs as a docker-archive", func(context.Context) error {
		return image.Write(o)
	})
	flags := cmd.Flags()
	flags.StringVar(&o.Name, "name", "", "reference with a tag, as pods will name it")
	flags.StringVar(&o.Out, "out", "", "file to write")
	flags.StringArrayVar(&o.Entrypoint, "entrypoint", nil, "program in the image; repeat for fixed arguments")
	flags.StringArrayVar(&o.Add, "add", nil, "file to add, as HOSTFILE:/path; repeatable")
	for _, name := range []string{"name", "out", "entrypoint", "add"} {
		// Fails only for a flag that is not defined.
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

// provisionerCommand is started by `up`, not by people.
func provisionerCommand(l layout.Layout) *cobra.Command {
	cmd := action("provisioner", "serve volume claims", func(ctx context.Context) error {
		p := provision.Provisioner{Dir: filepath.Clean(l.Volumes()), Node: layout.NodeName}
		return provision.Run(ctx, l.Kubeconfig("provisioner"), p)
	})
	cmd.Hidden = true
	return cmd
}
