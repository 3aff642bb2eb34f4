// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// size is what BenchmarkSize of internal/distributor measured with so many open items, or with so many events behind a snapshot.
type size struct {
	Items int `json:"items,omitempty"`
	Tail  int `json:"tail,omitempty"`
	// Figures are by their unit, as the benchmark names it.
	Figures map[string]float64 `json:"figures"`
}

// sizes runs the benchmark: it needs the engine, the view and the journal of a distributor in its own process.
func sizes(ctx context.Context, o *options) ([]size, error) {
	var kinds []string
	env := os.Environ()
	for _, k := range []struct{ kind, variable, list string }{
		{"items", "WORKSTREAM_BENCH_ITEMS", o.items}, {"tail", "WORKSTREAM_BENCH_TAILS", o.tails},
	} {
		if k.list != "" {
			kinds, env = append(kinds, k.kind), append(env, k.variable+"="+k.list)
		}
	}
	if len(kinds) == 0 {
		return nil, nil
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkSize$/^("+strings.Join(kinds, "|")+")=",
		"-benchtime", "1x", "-timeout", "0", "./internal/distributor")
	cmd.Env, cmd.Stderr = env, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("measuring sizes: %w\n%s", err, out)
	}
	return parseSizes(out)
}

// parseSizes reads lines such as "BenchmarkSize/items=100000-2  1  1400000000 ns/op  480.5 heap-B/item".
func parseSizes(out []byte) ([]size, error) {
	var list []size
	for line := range bytes.Lines(out) {
		fields := strings.Fields(string(line))
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "BenchmarkSize/") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "BenchmarkSize/"), "-")
		kind, number, _ := strings.Cut(name, "=")
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("reading the benchmark's %q: %w", line, err)
		}
		s := size{Figures: map[string]float64{}}
		if kind == "items" {
			s.Items = n
		} else {
			s.Tail = n
		}
		for pair := range slices.Chunk(fields[2:], 2) {
			if s.Figures[pair[len(pair)-1]], err = strconv.ParseFloat(pair[0], 64); err != nil {
				return nil, fmt.Errorf("reading the benchmark's %q: %w", line, err)
			}
		}
		list = append(list, s)
	}
	return list, nil
}

func printSizes(to io.Writer, list []size) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	defer func() { _ = w.Flush() }()
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	header := func(i int, text string) {
		first := i == 0
		if !first && (list[i].Items > 0) != (list[i-1].Items > 0) {
			first = true
			line("")
		}
		if first {
			line("%s", text)
		}
	}
	for i, s := range list {
		f := s.Figures
		if s.Items > 0 {
			header(i, "open items\tmemory per 100,000\tsnapshot: engine + view stand still\tstored in\tits size\tstart from it")
			line("%d\t%.0f MB\t%.1f + %.1f ms\t%.2f s\t%.1f MB\t%.2f s (%.2f s of CPU)", s.Items, f["heap-B/item"]*100_000/1e6,
				f["engine-pause-ms"], f["view-pause-ms"], f["next-stored-s"], f["snapshot-B/item"]*float64(s.Items)/1e6,
				f["start-s"], f["start-cpu-s"])
			continue
		}
		header(i, "events in the journal after the snapshot\trecovery")
		line("%d\t%.2f s (%.2f s of CPU)", s.Tail, f["start-s"], f["start-cpu-s"])
	}
}
