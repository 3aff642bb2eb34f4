// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"flag"
	"maps"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"workstream.dev/operator/internal/event"
)

var (
	simHours = flag.Int("hours", 100, "how many hours of virtual time; make sim-centre has 1,000")
	seed     = flag.Uint64("seed", 1, "of all that is random")
)

// TestThousandHours: whatever comes in goes out, once, and nobody holds anything in the end.
func TestThousandHours(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // it is small, and makes much garbage
	began := time.Now()
	h, err := newHouse(*seed)
	if err != nil {
		t.Fatal(err)
	}
	h.closing = monday + event.Instant((time.Duration(*simHours) * time.Hour).Microseconds())
	for kind := range demand {
		h.customers(kind)
	}
	h.every(20*time.Minute, h.supervise)
	h.every(23*time.Hour, func() {
		if err := h.publish(); err != nil {
			h.fail(err)
		}
	})
	h.every(6*time.Hour, h.sweep)
	h.every(20*time.Hour, h.check)
	h.every(101*time.Hour, h.restart)
	if err := h.run(h.closing); err != nil {
		t.Fatalf("seed %d: %v", *seed, err)
	}
	inTime := time.Since(began)
	// The shifts go on until all is done.
	for day := 0; day < 14 && (h.books.open > 0 || len(h.deliveries) > 0); day++ {
		h.sweep()
		if err := h.run(h.now + event.Instant((24 * time.Hour).Microseconds())); err != nil {
			t.Fatalf("seed %d, after the last customer: %v", *seed, err)
		}
	}
	h.check()
	if h.err != nil {
		t.Fatal(h.err)
	}
	for _, wrong := range h.books.balance() {
		t.Errorf("seed %d: %s", *seed, wrong)
	}
	if h.books.open != 0 || len(h.deliveries) != 0 || len(h.eng.Deliveries()) != 0 {
		t.Errorf("seed %d: %d items are open and %d deliveries outstanding two weeks after the last customer", *seed, h.books.open, len(h.deliveries))
	}
	for _, id := range slices.Sorted(maps.Keys(h.books.items)) {
		t.Errorf("open: %+v", *h.books.items[id])
	}
	h.report(t)
	t.Logf("%d hours, %d items, %d commands, %d events, %d checks of all invariants, %d restarts, %d plans: %.1f s, and %.1f s until all was done",
		*simHours, h.books.counts["ItemOpened"], h.steps, h.events, h.checks, h.restarts, h.edition, inTime.Seconds(), time.Since(began).Seconds())
}

func (h *house) report(t *testing.T) {
	t.Helper()
	if *simHours >= 1000 {
		for _, kind := range event.Kinds() {
			if h.books.counts[kind] == 0 {
				t.Errorf("there was never a %s: the centre shows less than it says", kind)
			}
		}
	}
	t.Logf("mean wait until the first agent %s", time.Duration(h.books.waited/max(1, h.books.waits))*time.Microsecond)
	for _, key := range slices.Sorted(maps.Keys(h.books.counts)) {
		t.Logf("%9d %s", h.books.counts[key], key)
	}
	for _, key := range slices.Sorted(maps.Keys(h.books.reasons)) {
		t.Logf("%9d closed: %s", h.books.reasons[key], key)
	}
	for _, key := range slices.Sorted(maps.Keys(h.books.refused)) {
		t.Logf("%9d refused: %s", h.books.refused[key], key)
	}
}
