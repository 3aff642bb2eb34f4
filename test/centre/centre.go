// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"workstream.dev/operator/internal/event"
)

// Run simulates c. The same c gives the same report, but for the time that it took.
func Run(ctx context.Context, c Config) (*Report, error) {
	cfg, err := c.WithDefaults()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	span := float64(cfg.Conversations) / cfg.rate()
	if cfg.Duration > 0 {
		span = cfg.Duration
	}
	warmup, wanted := cfg.Warmup, cfg.Warmup
	if warmup < 0 {
		warmup, wanted = cfg.settling(span)
	}
	if err := cfg.scale(warmup + span); err != nil {
		return nil, err
	}
	p, err := cfg.plan()
	if err != nil {
		return nil, err
	}
	// Encoding makes it ready for use; it is only read from then on.
	_, version, err := p.Encode()
	if err != nil {
		return nil, fmt.Errorf("the plan: %w", err)
	}
	tallies := make([]tally, cfg.Replications)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range tallies {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			r, err := newReplication(&cfg, event.ActivatePlan{Version: version, Plan: p}, cfg.Seed+uint64(i)<<32, warmup, span)
			if err != nil {
				return err
			}
			if err := r.run(); err != nil {
				return fmt.Errorf("replication %d of seed %d: %w", i+1, cfg.Seed, err)
			}
			tallies[i] = r.result()
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	report := cfg.report(tallies, warmup, span)
	if wanted > warmup {
		report.Warnings = append(report.Warnings, fmt.Sprintf("the warm-up of %.4g s is shorter than the %.4g s that such a centre "+
			"takes to settle: figures are as if it were less busy; want --warmup %.2g, or more --conversations", warmup, wanted, wanted))
	}
	report.WallSeconds = time.Since(began).Seconds()
	report.ConversationsPerSecond = float64(report.Conversations) / report.WallSeconds
	return report, nil
}

func (r *replication) result() tally {
	r.tally.finish()
	r.tally.conversations = r.number
	r.tally.simulated = float64(r.now-start) / r.second
	return r.tally
}
