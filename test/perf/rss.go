// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// rss reads process_resident_memory_bytes from a pod's metrics, in bytes.
func (s *stage) rss(ctx context.Context, ns, target string, port int) (float64, error) {
	r, err := s.cluster.Forward(ctx, ns, target, port)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	for line := range strings.SplitSeq(string(body), "\n") {
		if value, ok := strings.CutPrefix(line, "process_resident_memory_bytes "); ok {
			var n float64
			_, err := fmt.Sscan(value, &n)
			return n, err
		}
	}
	return 0, errors.New("no process_resident_memory_bytes in the metrics")
}
