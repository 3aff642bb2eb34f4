// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"workstream.dev/operator/internal/plan"
)

// BenchmarkWebhookToOffer measures from the first byte of a signed webhook to the offer's frame at the agent's socket,
// everything on stable storage between: p50 and p99 at rest, one conversation at a time. Run it with -benchtime=1000x.
func BenchmarkWebhookToOffer(b *testing.B) {
	w := newWorld(b)
	w.setPlan(func(p *plan.Plan) { p.Agents[0].Units = 1_000_000 })
	a := w.start(func(a *App) { a.cfg.CheckInvariants = false })
	ann, stream := w.online(a, "ann")
	defer stream.Close()
	hook := w.webhook(a)
	took := make([]time.Duration, 0, b.N)
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		in, err := hook.Message(b.Context(), message(fmt.Sprint("c-", i), "hello"))
		check(b, err)
		offer := w.next(stream, "offer.made")
		took = append(took, offer.At.Sub(began))
		if offer.Item != in.Item {
			b.Fatalf("offered %s, want %s", offer.Item, in.Item)
		}
		w.do(ann, "offers/"+offer.Offer+"/accept", nil)
		w.do(ann, "items/"+in.Item+"/end", nil)
		w.do(ann, "items/"+in.Item+"/close", nil)
	}
	report(b, took)
}

// BenchmarkWebhookUnderLoad measures the answer to a webhook while 32 clients send as fast as they can.
func BenchmarkWebhookUnderLoad(b *testing.B) {
	w := newWorld(b)
	a := w.start(func(a *App) { a.cfg.CheckInvariants = false })
	var mu sync.Mutex
	var took []time.Duration
	next := make(chan int)
	var senders sync.WaitGroup
	for range 32 {
		senders.Go(func() {
			hook := w.webhook(a)
			for i := range next {
				began := time.Now()
				if _, err := hook.Message(context.Background(), message(fmt.Sprint("c-", i), "hello")); err != nil {
					b.Error(err)
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	began := time.Now()
	for i := 0; b.Loop(); i++ {
		next <- i
	}
	close(next)
	senders.Wait()
	b.ReportMetric(float64(len(took))/time.Since(began).Seconds(), "webhooks/s")
	report(b, took)
}

func report(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(took[min(len(took)*p/100, len(took)-1)].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
	}
}

// BenchmarkRecovery replays a journal of 10,000 waiting conversations without a snapshot.
func BenchmarkRecovery(b *testing.B) {
	w := newWorld(b)
	a := w.start(func(a *App) { a.cfg.CheckInvariants, a.cfg.SnapshotEntries = false, 1<<30 })
	conversations := 10_000
	if testing.Short() {
		conversations = 1000
	}
	var senders sync.WaitGroup
	for s := range 32 {
		senders.Go(func() {
			hook := w.webhook(a)
			for n := s; n < conversations; n += 32 {
				if _, err := hook.Message(context.Background(), message(fmt.Sprint("c-", n), "hello")); err != nil {
					b.Error(err)
				}
			}
		})
	}
	senders.Wait()
	w.kill(a)
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		a := w.start(func(a *App) { a.cfg.CheckInvariants = false })
		took = append(took, time.Since(began))
		w.kill(a)
	}
	report(b, took)
}
