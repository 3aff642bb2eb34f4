// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"workstream.dev/operator/internal/plan"
)

// planFileCheck is how often a plan's file is looked at.
const planFileCheck = time.Second

// planFile takes plans from a file into use, where no manager sends any.
type planFile struct {
	path, namespace string
	loop            activator
	current         func() (version string)
	log             *slog.Logger
}

// run looks at the file until ctx ends. A file that cannot be used leaves the plan before it in force.
func (f *planFile) run(ctx context.Context) {
	check := time.NewTicker(planFileCheck)
	defer check.Stop()
	var had os.FileInfo
	for {
		info, err := os.Stat(f.path)
		switch {
		case err != nil:
			had = nil
			f.complain(err)
		case had == nil || info.Size() != had.Size() || !info.ModTime().Equal(had.ModTime()) || !os.SameFile(info, had):
			had = info
			if err := f.activate(ctx); err != nil {
				had = nil // and again: what stood in the way may go without a change of the file
				f.complain(err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-check.C:
		}
	}
}

func (f *planFile) complain(err error) {
	f.log.Warn("Taking a plan from its file", "file", f.path, "error", err)
}

func (f *planFile) activate(ctx context.Context) error {
	body, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	p, err := plan.Decode(body)
	if err != nil {
		return err
	}
	if p.Namespace != f.namespace {
		return fmt.Errorf("the plan is for namespace %s, this distributor serves %s", p.Namespace, f.namespace)
	}
	// People may have put lists into another order.
	_, version, err := p.Encode()
	if err != nil {
		return err
	}
	if version == f.current() {
		return nil
	}
	res, err := f.loop.Activate(ctx, p)
	if err == nil && res.Rejected != nil {
		return fmt.Errorf("%s: %s", res.Rejected.Reason, res.Rejected.Message)
	}
	if err == nil {
		f.log.Info("Activated a plan", "version", version, "workstreams", len(p.Workstreams), "agents", len(p.Agents))
	}
	return err
}
