// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
	"workstream.dev/operator/internal/telemetry"
	"workstream.dev/operator/internal/view"
)

// filler makes a state of many open items and writes it as a loop would, without waiting for the disk each time.
type filler struct {
	*Loop

	b     *testing.B
	now   event.Instant
	items int
}

func newFiller(b *testing.B, w *world, s *storage) *filler {
	b.Helper()
	v := view.New()
	f := &filler{b: b, now: event.Instant(time.Now().UnixMicro()), Loop: NewLoop(LoopOptions{
		Journal: s.journal, View: v, Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(telemetry.NewRegistry(), v), Clock: time.Now,
		Release: func([]event.Delivery) {}, Recovered: func() {}, Activated: func() {}, SnapshotEntries: 1 << 30, SnapshotBytes: 1 << 30,
	})}
	f.engine = engine.New()
	p, err := plan.Decode(w.plan)
	check(b, err)
	check(b, f.storePlan(b.Context(), p)) // as the loop does, in parts
	f.append(f.step(event.ActivatePlan{Version: w.version, Plan: p}))
	return f
}

func (f *filler) step(cmd event.Command) []event.Recorded {
	f.b.Helper()
	f.now++
	out, err := f.engine.Step(f.now, cmd)
	check(f.b, err)
	if out.Result.Rejected != nil {
		f.b.Fatalf("%T: %s", cmd, out.Result.Rejected.Message)
	}
	f.opts.View.Fold(out.Events)
	return out.Events
}

func (f *filler) append(events []event.Recorded) {
	f.b.Helper()
	a := f.write(f.b.Context(), f.position, events)
	check(f.b, a.err)
	f.position = a.position
}

// open opens a conversation that waits, with a text and attributes of usual length.
func (f *filler) open() []event.Recorded {
	f.items++
	id := fmt.Sprintf("0197f7a0-1f6b-7c1e-9d5c-%012d", f.items)
	key := strconv.Itoa(f.items)
	return f.step(event.ReceiveMessage{
		Intake: event.Intake{Scope: "channel/web", Key: "msg_" + key, Digest: "9d5c2f6a2f1c9b109d5c2f6a2f1c9b10"},
		Item:   id, Message: "m-" + key, Channel: "web", Conversation: "conversation-" + key,
		Customer: event.Customer{ID: "customer-" + key, Name: "Mia " + key},
		Text:     "Where is my order " + key + "? " + strings.Repeat("It should have been here by now. ", 2),
		Attributes: rule.Attributes{
			"context.tier": rule.TextValue("gold"), "customer.id": rule.TextValue("customer-" + key), "customer.name": rule.TextValue("Mia " + key),
		},
	})
}

func (f *filler) fill(items int) {
	for range items {
		f.open()
	}
}

// tail appends entries with so many events together, 100 commands each.
func (f *filler) tail(events int) {
	for events > 0 {
		var list []event.Recorded
		for range 100 {
			list = append(list, f.open()...)
		}
		f.append(list)
		events -= len(list)
	}
}

// BenchmarkSize has the figures of a distributor with many open items: the pause for a snapshot, its size, memory, and a
// start from it; and of a start from so many events behind a snapshot. WORKSTREAM_BENCH_ITEMS and WORKSTREAM_BENCH_TAILS have
// other numbers of them.
func BenchmarkSize(b *testing.B) {
	items, tails := []int{100_000}, []int{10_000, 100_000, 1_000_000}
	if testing.Short() {
		items, tails = []int{10_000}, tails[:1]
	}
	for _, n := range numbers(b, "WORKSTREAM_BENCH_ITEMS", items) {
		b.Run(fmt.Sprintf("items=%d", n), func(b *testing.B) { atSize(b, n, 0) })
	}
	for _, n := range numbers(b, "WORKSTREAM_BENCH_TAILS", tails) {
		b.Run(fmt.Sprintf("tail=%d", n), func(b *testing.B) { atSize(b, 1000, n) })
	}
}

// numbers are those of a variable, separated by commas, or else others.
func numbers(b *testing.B, variable string, otherwise []int) []int {
	b.Helper()
	list := os.Getenv(variable)
	if list == "" {
		return otherwise
	}
	var out []int
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(s)
		check(b, err)
		out = append(out, n)
	}
	return out
}

// cpu is the time that this process has had of all cores.
func cpu(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	check(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func heapSize() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func atSize(b *testing.B, items, tail int) {
	b.Helper()
	w := newWorld(b)
	cfg := w.config()
	cfg.CheckInvariants = false
	s, err := openStorage(b.Context(), &cfg)
	check(b, err)
	f := newFiller(b, w, s)
	f.fill(items)
	f.append(nil)
	figures := map[string]float64{}
	for _, when := range []string{"first", "next"} {
		began := time.Now()
		if !f.snapshot(b.Context()) {
			b.Fatal("the snapshot was not stored")
		}
		figures[when+"-stored-s"] = time.Since(began).Seconds()
		for range 1000 {
			f.open()
		}
		f.append(nil)
	}
	began := time.Now()
	f.engine.Freeze()
	decided := time.Now()
	f.opts.View.Freeze()
	figures["engine-pause-ms"] = float64(decided.Sub(began).Microseconds()) / 1000
	figures["view-pause-ms"] = float64(time.Since(decided).Microseconds()) / 1000
	f.snapshot(b.Context())
	figures["snapshot-B/item"] = float64(f.since.size) / float64(f.items)
	f.tail(tail)
	f.Loop = nil
	check(b, s.close())
	before := heapSize()
	for b.Loop() {
		began, used := time.Now(), cpu(b)
		a := w.build(func(a *App) { a.cfg.CheckInvariants = false })
		check(b, a.Start(context.Background()))
		figures["start-s"], figures["start-cpu-s"] = time.Since(began).Seconds(), cpu(b)-used
		figures["heap-B/item"] = (heapSize() - before) / float64(f.items)
		w.kill(a)
	}
	for name, figure := range figures {
		b.ReportMetric(figure, name)
	}
}
