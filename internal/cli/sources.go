// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/manifest"
)

// sources are where a command has its objects from.
type sources struct {
	app         *app
	files       []string
	recursive   bool
	overCluster bool
	except      string // a folder that -R does not look into
}

// bind gives cmd the flags -f, -R and --over-cluster.
func (s *sources) bind(cmd *cobra.Command, a *app) {
	s.app = a
	cmd.Flags().StringSliceVarP(&s.files, "filename", "f", nil,
		"file or folder of manifests, - for stdin; may be given several times. Unset: the objects of the cluster")
	cmd.Flags().BoolVarP(&s.recursive, "recursive", "R", false, "look into the folders of folders, too")
	cmd.Flags().BoolVar(&s.overCluster, "over-cluster", false,
		"lay the files over the objects of the cluster: what there would be after kubectl apply")
	_ = cmd.MarkFlagFilename("filename", "yaml", "yml", "json")
}

// world is what the sources have.
type world struct {
	Set *manifest.Set
	// Problems are why objects of the files would be refused.
	Problems []manifest.Problem
	Spaces   []space
}

// space is one namespace of it, compiled as the manager does.
type space struct {
	Namespace string
	Input     *compile.Input
	Output    *compile.Output
}

// load reads and compiles everything. What is wrong with objects is no error: see Problems, and sound.
func (s *sources) load(ctx context.Context) (*world, error) {
	// Most of the time goes into compiling schemas, whose garbage need not be looked for so often.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	w := &world{Set: manifest.NewSet()}
	namespaces := []string{}
	if len(s.files) == 0 || s.overCluster {
		if err := s.loadCluster(ctx, w, &namespaces); err != nil {
			return nil, err
		}
	}
	if len(s.files) > 0 {
		if err := s.loadFiles(w, &namespaces); err != nil {
			return nil, err
		}
	}
	for _, namespace := range namespaces {
		in := w.Set.Input(namespace)
		if s.app.verbose {
			for _, name := range w.Set.Assumed(namespace) {
				s.app.note("Secret %s of namespace %s is taken to be there, with the keys that are asked for", name, namespace)
			}
		}
		out, err := compile.Compile(in)
		if err != nil {
			return nil, err
		}
		w.Spaces = append(w.Spaces, space{namespace, in, out})
	}
	return w, nil
}

func (s *sources) loadCluster(ctx context.Context, w *world, namespaces *[]string) error {
	namespace, err := s.app.connection.clusterNamespace()
	var cfg *rest.Config
	if err == nil {
		cfg, err = s.app.connection.config()
	}
	if err != nil {
		if len(s.files) == 0 {
			return fmt.Errorf("%w; to work without a cluster name files with -f", err)
		}
		return err
	}
	c, err := newCluster(cfg)
	if err != nil {
		return err
	}
	if w.Set, err = c.objects(ctx, namespace); err != nil {
		return err
	}
	s.app.connection.namespace = namespace
	*namespaces = []string{namespace}
	return nil
}

func (s *sources) loadFiles(w *world, namespaces *[]string) error {
	loader := manifest.Loader{
		Namespace: s.app.connection.namespace, OnlyNamespace: s.app.connection.namespace != "", Recursive: s.recursive,
		Except: s.except, Stdin: s.app.In,
	}
	for _, file := range s.files {
		if _, err := os.Stat(file); file != "-" && err != nil {
			return fmt.Errorf("-f %s: %w", file, errors.Unwrap(err))
		}
	}
	files, problems := loader.Load(s.files...)
	w.Problems = problems
	for _, skipped := range files.Skipped {
		s.app.note("%s: %s %s is skipped: %s is not of the routing API", skipped.Place, skipped.Kind, skipped.Name, skipped.APIVersion)
	}
	if s.overCluster {
		w.Set = w.Set.Overlay(files, metav1.NewTime(time.Now()))
		return nil
	}
	w.Set = files
	*namespaces = files.Namespaces()
	return nil
}

// sound is an error that tells the problems of the files, if there are any: for commands that go on with sound ones only.
func (w *world) sound() error {
	if len(w.Problems) == 0 {
		return nil
	}
	lines := make([]string, len(w.Problems))
	for i := range w.Problems {
		lines[i] = w.Problems[i].Error()
	}
	return errors.New(strings.Join(lines, "\nerror: "))
}

// only returns the one namespace that there is, for commands that look at one.
func (w *world) only() (*space, error) {
	switch len(w.Spaces) {
	case 0:
		return nil, errors.New("there are no routing objects")
	case 1:
		return &w.Spaces[0], nil
	}
	names := make([]string, len(w.Spaces))
	for i := range w.Spaces {
		names[i] = w.Spaces[i].Namespace
	}
	return nil, fmt.Errorf("the files have objects of namespaces %s: name files of one of them", strings.Join(names, ", "))
}

// readFile reads a file, or stdin for -.
func (a *app) readFile(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(a.In)
	}
	body, err := os.ReadFile(file) //nolint:gosec // it is what the user asks for
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, errors.Unwrap(err))
	}
	return body, nil
}
