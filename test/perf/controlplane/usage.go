// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// hear notes when a plan came into force, which the distributor says in its log.
func (s *stage) hear(line string) {
	if strings.Contains(line, `"Activated a plan"`) {
		s.activated <- time.Now()
	}
}

func (s *stage) nextActivation(ctx context.Context) (time.Time, error) {
	select {
	case at := <-s.activated:
		return at, nil
	case <-time.After(s.options.limit):
		return time.Time{}, errors.New("no plan came into force")
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

func (s *stage) forgetActivations() {
	for len(s.activated) > 0 {
		<-s.activated
	}
}

// requests are the writes that the API server has served, by verb and resource, but for leases and tokens.
func (s *stage) requests(ctx context.Context) (map[string]int, error) {
	c, err := rest.HTTPClientFor(s.env.Config)
	if err != nil {
		return nil, err
	}
	body, err := get(ctx, c, strings.TrimSuffix(s.env.Config.Host, "/")+"/metrics")
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	out := map[string]int{}
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		labels, ok := strings.CutPrefix(lines.Text(), "apiserver_request_total{")
		if !ok {
			continue
		}
		labels, count, _ := strings.Cut(labels, "} ")
		verb, resource := label(labels, "verb"), label(labels, "resource")
		if sub := label(labels, "subresource"); sub != "" {
			resource += "/" + sub
		}
		switch verb {
		case "POST", "PUT", "PATCH", "APPLY", "DELETE":
		default:
			continue
		}
		switch resource {
		case "leases", "tokenreviews", "serviceaccounts/token", "subjectaccessreviews":
			continue
		}
		n, err := strconv.ParseFloat(count, 64)
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", lines.Text(), err)
		}
		out[verb+" "+resource] += int(n)
	}
	return out, lines.Err()
}

// label is the value of a label in a line of metrics.
func label(labels, name string) string {
	_, rest, _ := strings.Cut(","+labels, ","+name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

func (s *stage) writes(ctx context.Context) (int, error) {
	all, err := s.requests(ctx)
	n := 0
	for _, count := range all {
		n += count
	}
	return n, err
}

func sinceVersion(version string) *metav1.ListOptions {
	return &metav1.ListOptions{ResourceVersion: version}
}

// usage is what a process has used since its start.
type usage struct {
	cpu          time.Duration
	memory, peak int // resident, in bytes
}

func (p *process) usage() (u usage, err error) {
	dir := filepath.Join("/proc", strconv.Itoa(p.Process.Pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return u, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // behind the name, which may have spaces
	const ticks = 100                             // USER_HZ, the same on all architectures that Linux runs Go on
	for _, f := range strings.Fields(rest)[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			return u, fmt.Errorf("reading the CPU time: %w", err)
		}
		u.cpu += time.Duration(n) * time.Second / ticks
	}
	body, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return u, err
	}
	for line := range strings.SplitSeq(string(body), "\n") {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "VmRSS:" && f[0] != "VmHWM:" {
			continue
		}
		n, err := strconv.Atoi(f[1])
		if err != nil {
			return u, fmt.Errorf("reading the memory: %w", err)
		}
		if f[0] == "VmRSS:" {
			u.memory = n << 10
		} else {
			u.peak = n << 10
		}
	}
	return u, nil
}

// weigh tells what both processes weigh now, and keeps their heap profiles.
func (s *stage) weigh(when string) error {
	for _, p := range []struct {
		name string
		*process
	}{{"manager", s.manager}, {"distributor", s.distributor}} {
		u, err := p.usage()
		if err != nil {
			return err
		}
		s.tell(when+": memory of the "+p.name, "%d MB, at most %d MB so far", u.memory>>20, u.peak>>20)
		if s.options.profile != "" {
			file := fmt.Sprintf("%s-%s.heap", p.name, strings.ReplaceAll(when, " ", "-"))
			if err := s.fetch(context.Background(), "http://"+p.admin+"/debug/pprof/heap", file); err != nil {
				return err
			}
		}
	}
	return nil
}

// profiled begins CPU profiles of both processes, if they are wanted; finish waits for their end.
func (s *stage) profiled(ctx context.Context, name string) (finish func() error, err error) {
	if s.options.profile == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(s.options.profile, 0o700); err != nil {
		return nil, err
	}
	done := make(chan error, 2)
	for _, p := range []struct {
		name string
		*process
	}{{"manager", s.manager}, {"distributor", s.distributor}} {
		go func() {
			done <- s.fetch(ctx, "http://"+p.admin+"/debug/pprof/profile?seconds=10", p.name+"-"+name+".cpu")
		}()
	}
	return func() error { return errors.Join(<-done, <-done) }, nil
}

func (s *stage) fetch(ctx context.Context, url, file string) error {
	if err := os.MkdirAll(s.options.profile, 0o700); err != nil {
		return err
	}
	body, err := get(ctx, http.DefaultClient, url)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.options.profile, file), content, 0o600)
}

func get(ctx context.Context, c *http.Client, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	return resp.Body, nil
}

// marks are what had been used at one time.
type marks struct {
	manager, distributor usage
	writes               int
}

func (s *stage) mark(ctx context.Context) (m marks, err error) {
	if m.manager, err = s.manager.usage(); err != nil {
		return m, err
	}
	if m.distributor, err = s.distributor.usage(); err != nil {
		return m, err
	}
	m.writes, err = s.writes(ctx)
	return m, err
}

// since tells what each of n edits cost, the edit's own write included.
func (m marks) since(before marks, n int) string {
	each := func(d time.Duration) time.Duration { return (d / time.Duration(n)).Round(100 * time.Microsecond) }
	return fmt.Sprintf("CPU of the manager %s, of the distributor %s; %.1f API writes", each(m.manager.cpu-before.manager.cpu),
		each(m.distributor.cpu-before.distributor.cpu), float64(m.writes-before.writes)/float64(n))
}
