// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// sampler collects the latencies of the conversations that were to begin while it was open, however late they end: those that
// are slow when it closes are the ones that count.
type sampler struct {
	mu            sync.Mutex
	opened, ended time.Time
	took          [kinds][]time.Duration
	failed        map[string]int
	lives         int // that ended while it was open, whenever they began
	running       int // that were to begin while it was open, and have not ended
}

// kind is what takes time.
type kind int

const (
	answered kind = iota // the webhook
	offered              // from the webhook to the offer at the agent's socket
	accepted             // from accept to its answer
	whole                // from the webhook to the answer of close
	kinds
)

func (k kind) String() string {
	return [...]string{"webhook -> answered", "webhook -> offer at the socket", "accept -> answered", "whole lifecycle"}[k]
}

// add notes how long something took of a conversation that was to begin at from.
func (s *sampler) add(k kind, from time.Time, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looked(from) {
		s.took[k] = append(s.took[k], d)
	}
	if k == whole && s.looked(time.Now()) {
		s.lives++
	}
}

// count notes that a conversation is on its way (1) or over (-1).
func (s *sampler) count(from time.Time, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looked(from) {
		s.running += by
	}
}

func (s *sampler) looked(at time.Time) bool {
	return !s.opened.IsZero() && !at.Before(s.opened) && (s.ended.IsZero() || at.Before(s.ended))
}

// drain waits for the conversations that are not over; after a while they are lost.
func (s *sampler) drain() {
	const look = 10 * time.Millisecond
	for waited := time.Duration(0); ; waited += look {
		s.mu.Lock()
		left := s.running
		s.mu.Unlock()
		if left == 0 {
			return
		}
		if waited >= patience {
			for range left {
				s.fail("a conversation that does not end")
			}
			return
		}
		_ = pause(context.Background(), look)
	}
}

// fail counts what should not be; it counts also before the measurement.
func (s *sampler) fail(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = map[string]int{}
	}
	s.failed[what]++
}

// result are the figures of one loop.
type result struct {
	Name       string             `json:"name"`
	Agents     int                `json:"agents"`
	Wanted     int                `json:"wantedPerSecond,omitempty"` // by the open loop, however many there were
	Seconds    float64            `json:"seconds"`
	Lifecycles int                `json:"lifecycles"`
	PerSecond  float64            `json:"lifecyclesPerSecond"`
	Latency    map[string]latency `json:"latencyMilliseconds"`
	// Of each lifecycle.
	EntryBytes float64 `json:"entryBytesPerLifecycle"`
	DiskBytes  float64 `json:"diskBytesPerLifecycle"`
	Entries    float64 `json:"entriesPerLifecycle"`
	Writes     float64 `json:"writeCallsPerLifecycle"`
	CPU        float64 `json:"distributorCPUMicrosecondsPerLifecycle"`
	LoadCPU    float64 `json:"loadCPUMicrosecondsPerLifecycle"`

	Cores    float64        `json:"distributorCores"`
	Load     float64        `json:"loadCores"`
	Memory   float64        `json:"residentBytes"`
	Peak     float64        `json:"peakResidentBytes"`
	Failures map[string]int `json:"failures,omitempty"`
}

// latency has the quantiles in milliseconds.
type latency struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Max   float64 `json:"max"`
}

func latencyOf(took []time.Duration) latency {
	if len(took) == 0 {
		return latency{}
	}
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(int(q*float64(len(took))), len(took)-1)].Microseconds()) / 1000
	}
	return latency{Count: len(took), P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999), Max: at(1)}
}

// counters are the distributor's own.
type counters struct{ entryBytes, position float64 }

func (s *stage) counters(ctx context.Context) (counters, error) {
	var c counters
	body, err := s.get(ctx, "/metrics")
	if err != nil {
		return c, err
	}
	for line := range strings.SplitSeq(string(body), "\n") {
		for prefix, into := range map[string]*float64{
			"workstream_distributor_journal_appended_bytes_total ": &c.entryBytes,
			"workstream_distributor_journal_position ":             &c.position,
		} {
			if value, ok := strings.CutPrefix(line, prefix); ok {
				if _, err := fmt.Sscan(value, into); err != nil {
					return c, fmt.Errorf("reading the metrics: %w", err)
				}
			}
		}
	}
	return c, nil
}

// moment is all that is read at the start and at the end.
type moment struct {
	at       time.Time
	it, load usage
	counters
}

func (s *stage) now(ctx context.Context) (m moment, err error) {
	if m.counters, err = s.counters(ctx); err != nil {
		return m, err
	}
	if m.it, err = usageOf(s.process.Process.Pid); err != nil {
		return m, err
	}
	m.load, err = usageOf(os.Getpid())
	m.at = time.Now()
	return m, err
}

// measure runs a load and samples its middle.
func (s *stage) measure(ctx context.Context, name string, load func(context.Context, *sampler)) (*result, error) {
	sample := &sampler{}
	s.desk.sample.Store(sample)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		load(ctx, sample)
	}()
	if err := pause(ctx, s.options.warmUp); err != nil {
		return nil, err
	}
	runtime.GC()
	profiled := s.profile(ctx, name)
	began, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	sample.set(&sample.opened)
	if err := pause(ctx, s.options.duration); err != nil {
		return nil, err
	}
	sample.set(&sample.ended)
	ended, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	if err := <-profiled; err != nil {
		return nil, err
	}
	cancel()
	<-done
	sample.drain()
	return s.resultOf(name, sample, &began, &ended), nil
}

func (s *sampler) set(what *time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*what = time.Now()
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// profile asks the distributor for a CPU profile of the time that is measured.
func (s *stage) profile(ctx context.Context, name string) <-chan error {
	done := make(chan error, 1)
	if s.options.profile == "" {
		done <- nil
		return done
	}
	go func() {
		body, err := s.get(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", int(max(s.options.duration.Seconds()-1, 1))))
		if err == nil {
			err = os.WriteFile(filepath.Join(s.options.profile, strings.ReplaceAll(name, " ", "-")+".pprof"), body, 0o600)
		}
		done <- err
	}()
	return done
}

func (s *stage) resultOf(name string, sample *sampler, began, ended *moment) *result {
	seconds := ended.at.Sub(began.at).Seconds()
	lives := float64(max(sample.lives, 1))
	r := &result{
		Name: name, Agents: s.options.agents, Seconds: seconds, Lifecycles: sample.lives, PerSecond: float64(sample.lives) / seconds,
		Latency:    map[string]latency{},
		EntryBytes: (ended.entryBytes - began.entryBytes) / lives,
		DiskBytes:  (ended.it.written - began.it.written) / lives,
		Entries:    (ended.position - began.position) / lives,
		Writes:     (ended.it.writes - began.it.writes) / lives,
		CPU:        float64((ended.it.cpu - began.it.cpu).Microseconds()) / lives,
		LoadCPU:    float64((ended.load.cpu - began.load.cpu).Microseconds()) / lives,
		Cores:      (ended.it.cpu - began.it.cpu).Seconds() / seconds,
		Load:       (ended.load.cpu - began.load.cpu).Seconds() / seconds,
		Memory:     ended.it.memory, Peak: ended.it.peak, Failures: sample.failed,
	}
	for k := range kinds {
		r.Latency[k.String()] = latencyOf(sample.took[k])
	}
	return r
}

func (r *result) print(to io.Writer) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	defer func() { _ = w.Flush() }()
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	name := r.Name
	if r.Wanted > 0 {
		name = fmt.Sprintf("%s, %d/s wanted", name, r.Wanted)
	}
	line("%s: %.0f lifecycles/s (%d in %.1f s, %d agents)", name, r.PerSecond, r.Lifecycles, r.Seconds, r.Agents)
	line("  ms\tp50\tp90\tp99\tp99.9\tmax\tn")
	for k := range kinds {
		l := r.Latency[k.String()]
		line("  %s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%d", k, l.P50, l.P90, l.P99, l.P999, l.Max, l.Count)
	}
	line("  a lifecycle: %.0f us CPU of the distributor, %.0f us of the load, %.0f bytes of entries, %.0f bytes to the disk, "+
		"%.3f entries, %.2f calls that write", r.CPU, r.LoadCPU, r.EntryBytes, r.DiskBytes, r.Entries, r.Writes)
	line("  cores: distributor %.2f, load %.2f; memory: %.0f MB, at most %.0f MB", r.Cores, r.Load, r.Memory/1e6, r.Peak/1e6)
	for what, n := range r.Failures {
		line("  FAILED %d times: %s", n, what)
	}
}
