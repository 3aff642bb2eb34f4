// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"context"
	"fmt"
	"math"
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
	p, err := cfg.plan()
	if err != nil {
		return nil, err
	}
	// Encoding makes it ready for use; it is only read from then on.
	_, version, err := p.Encode()
	if err != nil {
		return nil, fmt.Errorf("the plan: %w", err)
	}
	span := float64(cfg.Conversations) / cfg.rate()
	warmup := cfg.Warmup
	if warmup < 0 {
		warmup = cfg.settling(span)
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

// settling is a warm-up that is long enough to forget that the centre was empty at first: six times the relaxation time of
// as many servers, at most five times as long as is looked at and at least a tenth of it.
func (c *Config) settling(span float64) float64 {
	var mean, longest float64
	for i := range c.Classes {
		k := &c.Classes[i]
		mean += k.Rate * k.Service.Mean / c.rate()
		longest = max(longest, k.Service.Mean+c.Handling.WrapUp.Mean)
		if !k.Patience.Never() {
			longest = max(longest, min(k.Patience.Mean, span))
		}
	}
	root := math.Sqrt(c.slots()) - math.Sqrt(c.load())
	relaxation := mean / max(root*root, 1e-9)
	if c.load() >= c.slots() || c.patient() < 1 {
		relaxation = longest
	}
	return min(max(span/10, 6*relaxation, 10*longest), 5*span)
}

// patient is the share of customers who never leave.
func (c *Config) patient() float64 {
	var sum float64
	for i := range c.Classes {
		if c.Classes[i].Patience.Never() {
			sum += c.Classes[i].Rate / c.rate()
		}
	}
	return sum
}
