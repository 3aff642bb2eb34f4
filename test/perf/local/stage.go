// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/testkit/apiclient"
)

const (
	namespace = "contoso"
	issuer    = "https://login.contoso.com"
	audience  = "workstream"
	address   = "contoso-web"
)

// stage is the process that is measured, with those who use it.
type stage struct {
	options *options
	process *exec.Cmd
	admin   string
	desk    *desk
}

func build(ctx context.Context, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", to, "./cmd/distributor")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building the distributor: %w", err)
	}
	return nil
}

// setUp starts a distributor on an empty folder and connects its agents.
func setUp(ctx context.Context, o *options) (*stage, error) {
	tokens, err := apiclient.NewIssuer(issuer, audience)
	if err != nil {
		return nil, err
	}
	secret := apiclient.NewSigningSecret()
	credentials := filepath.Join(o.dir, "credentials")
	if err := os.MkdirAll(credentials, 0o700); err != nil {
		return nil, err
	}
	body, err := planOf(o.agents)
	if err != nil {
		return nil, err
	}
	for name, content := range map[string][]byte{
		"plan.json":                     body,
		"credentials/web.signingSecret": []byte(secret),
		"credentials/keys.jwks.json":    tokens.JWKS(),
	} {
		if err := os.WriteFile(filepath.Join(o.dir, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	api, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	s := &stage{options: o}
	if s.admin, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	s.process = exec.CommandContext(context.WithoutCancel(ctx), o.binary,
		"--namespace", namespace, "--distributor", "default", "--replica", "perf-0", "--listen", api, "--admin-listen", s.admin,
		"--data-dir", filepath.Join(o.dir, "data"), "--credentials-dir", credentials, "--plan", filepath.Join(o.dir, "plan.json"),
		"--profiling", "--log-level", "warn")
	s.process.Stderr = os.Stderr
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	if err := s.ready(ctx); err != nil {
		s.stop()
		return nil, err
	}
	if s.desk, err = openDesk(ctx, o, api, secret, tokens); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func freeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

func (s *stage) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		if _, err := s.get(ctx, "/readyz"); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("the distributor does not become ready")
		case <-retry.C:
		}
	}
}

func (s *stage) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.admin+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, resp.Status)
	}
	return body, err
}

// stop ends the process in order, and waits for it.
func (s *stage) stop() {
	if s.desk != nil {
		s.desk.close()
	}
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_ = s.process.Wait()
}

// planOf is one workstream of conversations over one channel, one queue, and agents who take as many as come.
func planOf(agents int) ([]byte, error) {
	w := plan.Workstream{
		Name: "chat", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Push, Units: 1,
		AllowedPresences: []plan.Presence{plan.Available, plan.Busy},
		Offer:            plan.Offer{Timeout: 2 * time.Minute, ReofferAfter: 2 * time.Minute, MaxDeclines: 3},
		WrapUp:           plan.WrapUp{Block: plan.BlockAlways},
		Lifecycle:        plan.DefaultLifecycle(plan.Messaging, "Custom", 8*time.Hour),
		Routing:          plan.Routing{Ruleset: "queues", Fallback: "general"},
	}
	if err := w.SetRevision(); err != nil {
		return nil, err
	}
	p := plan.Plan{
		Namespace: namespace, Workstreams: []plan.Workstream{w},
		Channels: []plan.Channel{{
			Name: "web", Workstream: "chat", Type: "Custom", Custom: &plan.Custom{Address: address, Credentials: "web"},
		}},
		Queues:  []plan.Queue{{Name: "general", Type: plan.Messaging, Priority: 100, Method: plan.HighestCapacity}},
		Issuers: []plan.Issuer{{Issuer: issuer, Audiences: []string{audience}, JWKSFile: "keys.jwks.json"}},
	}
	for i := range agents {
		name := agentName(i)
		p.Agents = append(p.Agents, plan.Agent{
			Name: name, Subject: name, Roles: []plan.Role{plan.RoleAgent}, Units: 100_000, Queues: []string{"general"},
		})
	}
	body, _, err := p.Encode()
	return body, err
}

func agentName(i int) string { return "agent-" + strconv.Itoa(i) }

// usage is what a process has used since its start.
type usage struct {
	cpu          time.Duration
	written      float64 // bytes handed to the disk
	writes       float64 // calls that write, to files and sockets
	memory, peak float64 // resident bytes
}

// usageOf reads /proc.
func usageOf(pid int) (usage, error) {
	var u usage
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return u, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // behind the name, which may have spaces
	fields := strings.Fields(rest)
	const ticks = 100 // USER_HZ, the same on all architectures that Linux runs Go on
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return u, fmt.Errorf("reading the CPU time: %w", err)
		}
		u.cpu += time.Duration(n) * time.Second / ticks
	}
	for file, into := range map[string]map[string]*float64{
		"io":     {"write_bytes:": &u.written, "syscw:": &u.writes},
		"status": {"VmRSS:": &u.memory, "VmHWM:": &u.peak},
	} {
		body, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return u, err
		}
		for line := range strings.SplitSeq(string(body), "\n") {
			f := strings.Fields(line)
			if len(f) < 2 || into[f[0]] == nil {
				continue
			}
			if _, err := fmt.Sscan(f[1], into[f[0]]); err != nil {
				return u, fmt.Errorf("reading %s: %w", file, err)
			}
			if len(f) > 2 && f[2] == "kB" {
				*into[f[0]] *= 1024
			}
		}
	}
	return u, nil
}
