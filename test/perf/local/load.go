// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync"
	"time"
)

// patience is how long a conversation may take before it counts as lost.
const patience = 30 * time.Second

// closed has so many customers, each of whom begins a conversation when the last one is over.
func (d *desk) closed(parallel int) func(context.Context, *sampler) {
	return func(ctx context.Context, sample *sampler) {
		var all sync.WaitGroup
		for range parallel {
			all.Go(func() {
				c, err := dial(ctx, d.api)
				if err != nil {
					sample.fail(err.Error())
					return
				}
				defer func() { _ = c.conn.Close() }()
				for ctx.Err() == nil {
					l, err := d.begin(c, time.Now(), sample)
					if err != nil {
						sample.fail("sending a webhook: " + err.Error())
						return
					}
					if l != nil {
						d.await(l)
					}
				}
			})
		}
		all.Wait()
	}
}

func (d *desk) await(l *life) {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-l.done:
	case <-late.C:
		l.sample.fail("a conversation that does not end")
	}
}

// open has customers come at a fixed rate, however long it takes to serve them. What waits for a free connection waits as
// part of its latency: each is measured from the moment at which it was to begin.
func (d *desk) open(rate, connections int) func(context.Context, *sampler) {
	return func(ctx context.Context, sample *sampler) {
		due := make(chan time.Time, inFlight/2)
		var all sync.WaitGroup
		for range connections {
			all.Go(func() {
				c, err := dial(context.WithoutCancel(ctx), d.api)
				if err != nil {
					sample.fail(err.Error())
					return
				}
				defer func() { _ = c.conn.Close() }()
				for from := range due {
					if _, err := d.begin(c, from, sample); err != nil {
						sample.fail("sending a webhook: " + err.Error())
						return
					}
				}
			})
		}
		began := time.Now()
		for n := 0; ctx.Err() == nil; n++ {
			from := began.Add(time.Duration(n) * time.Second / time.Duration(rate))
			if wait := time.Until(from); wait > 0 {
				_ = pause(ctx, wait)
			}
			select {
			case due <- from:
			default:
				sample.fail("more wait for a connection than there is room for")
			}
		}
		close(due)
		all.Wait()
	}
}
