// SPDX-License-Identifier: Apache-2.0

package jetstream_test

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{256, 4096, 64 << 10} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			j, stop := open(b, b.TempDir())
			defer stop()
			entry := make([]byte, size)
			took := make([]time.Duration, 0, 1<<20)
			var last uint64
			b.SetBytes(int64(size))
			for b.Loop() {
				start := time.Now()
				var err error
				if last, err = j.Append(b.Context(), last, entry); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
		})
	}
}

func BenchmarkReplay(b *testing.B) {
	entries := 10_000 // each waits for its fsync, which takes longer than all that is measured
	if testing.Short() {
		entries = 1000
	}
	j, stop := open(b, b.TempDir())
	defer stop()
	entry := make([]byte, 256)
	for i := range uint64(entries) {
		if _, err := j.Append(b.Context(), i, entry); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		n := 0
		if err := j.Replay(b.Context(), 0, func(uint64, []byte) error { n++; return nil }); err != nil || n != entries {
			b.Fatalf("%d entries, error %v", n, err)
		}
	}
	b.ReportMetric(float64(b.N*entries)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkPutPlan(b *testing.B) {
	j, stop := open(b, b.TempDir())
	defer stop()
	body := make([]byte, 20<<20)
	b.SetBytes(int64(len(body)))
	i := 0
	for b.Loop() {
		i++
		if err := j.PutPlan(b.Context(), strconv.Itoa(i), body); err != nil {
			b.Fatal(err)
		}
	}
}
