// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"testing"
)

func TestSizes(t *testing.T) {
	list, err := parseSizes([]byte(`goos: linux
BenchmarkSize/items=100000-2  1  1400 ns/op  1.7 engine-pause-ms  4800 heap-B/item  0.9 next-stored-s  1240 snapshot-B/item  1.8 start-cpu-s  1.4 start-s  0.8 view-pause-ms
BenchmarkSize/tail=10000-2  1  1400 ns/op  0.07 start-cpu-s  0.12 start-s
BenchmarkSize/tail=100000-2  1  1400 ns/op  0.28 start-cpu-s  0.37 start-s
PASS
`))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	printSizes(&out, list)
	want := `open items  memory per 100,000  snapshot: engine + view stand still  stored in  its size  start from it
100000      480 MB              1.7 + 0.8 ms                         0.90 s     124.0 MB  1.40 s (1.80 s of CPU)

events in the journal after the snapshot  recovery
10000                                     0.12 s (0.07 s of CPU)
100000                                    0.37 s (0.28 s of CPU)
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
