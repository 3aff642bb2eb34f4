// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/journal"
	"workstream.dev/operator/internal/natsd"
	"workstream.dev/operator/internal/plan"
)

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	check(t, err)
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	check(t, err)
	return resp.StatusCode, string(data)
}

func TestStartsAndStopsOnce(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second start: %v", err)
	}
	for range 2 {
		check(t, a.Stop(context.Background()))
	}
	if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "stopped") {
		t.Errorf("a start after the stop: %v", err)
	}
	check(t, w.start().Stop(context.Background())) // the volume is free again
}

func TestStopBeforeStart(t *testing.T) {
	w := newWorld(t)
	a := w.build()
	check(t, a.Stop(context.Background()))
	if err := a.Start(t.Context()); err == nil {
		t.Error("it started after it was stopped")
	}
}

func TestStopsAtTheSameTime(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	var stops sync.WaitGroup
	for range 4 {
		stops.Go(func() {
			if err := a.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	stops.Wait()
}

func TestStopDuringStart(t *testing.T) {
	w := newWorld(t)
	opening := make(chan struct{})
	a := w.build(func(a *App) {
		a.open = func(ctx context.Context, _ *Config) (*storage, error) {
			close(opening)
			<-ctx.Done() // a journal that takes for ever to open
			return nil, ctx.Err()
		}
	})
	started := make(chan error, 1)
	go func() { started <- a.Start(context.Background()) }()
	<-opening
	status, _ := get(t, "http://"+a.AdminAddr()+"/healthz")
	if status != http.StatusOK {
		t.Errorf("while it starts /healthz answers %d", status)
	}
	if status, why := get(t, "http://"+a.AdminAddr()+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(why, "recovering") {
		t.Errorf("while it starts /readyz answers %d %s", status, why)
	}
	check(t, a.Stop(context.Background()))
	if err := <-started; !errors.Is(err, context.Canceled) {
		t.Errorf("the start ended with %v, want it cancelled", err)
	}
}

func TestFailedStartLeavesNothingBehind(t *testing.T) {
	w := newWorld(t)
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	defer func() { _ = taken.Close() }()
	for name, change := range map[string]func(*App){
		"API address in use":   func(a *App) { a.cfg.Listen = taken.Addr().String() },
		"admin address in use": func(a *App) { a.cfg.AdminListen = taken.Addr().String() },
		"no volume":            func(a *App) { a.cfg.DataDir = filepath.Join(os.DevNull, "x") },
		"a damaged journal": func(a *App) {
			a.open = func(ctx context.Context, _ *Config) (*storage, error) {
				j := journal.NewMemory(journal.MemoryOptions{})
				if _, err := j.Append(ctx, 0, []byte("rubbish")); err != nil {
					return nil, err
				}
				return &storage{journal: j, close: func() error { return nil }}, nil
			}
		},
	} {
		a := w.build(change)
		if err := a.Start(t.Context()); err == nil {
			t.Errorf("%s: it started", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
		check(t, a.Stop(context.Background()))
	}
	check(t, w.start().Stop(context.Background()))
}

func TestSecondInstanceOnTheSameVolumeIsRefused(t *testing.T) {
	w := newWorld(t)
	first := w.start()
	second := w.build()
	if err := second.Start(t.Context()); !errors.Is(err, natsd.ErrLocked) {
		t.Errorf("the second started with %v, want ErrLocked", err)
	}
	w.say(first, "c-1", "hello") // the first has not noticed
	check(t, first.Stop(context.Background()))
	third := w.start()
	if n := len(list(t, w, third)); n != 1 {
		t.Errorf("%d items, want 1", n)
	}
}

func TestReadinessFollowsThePlan(t *testing.T) {
	w := newWorld(t)
	a := w.build()
	check(t, a.Start(t.Context()))
	ready := "http://" + a.AdminAddr() + "/readyz"
	if status, why := get(t, ready); status != http.StatusServiceUnavailable || !strings.Contains(why, "first plan") {
		t.Errorf("without a plan: %d %s", status, why)
	}
	_, err := w.webhook(a).Message(t.Context(), message("c-1", "hello"))
	if status, reason := problem(err); status != http.StatusServiceUnavailable || reason != "NotReady" {
		t.Errorf("a webhook without a plan: %d %s, want 503 NotReady", status, reason)
	}
	check(t, a.Activate(t.Context(), w.version, w.plan))
	if status, why := get(t, ready); status != http.StatusOK {
		t.Errorf("with a plan: %d %s", status, why)
	}
	if err := a.Activate(t.Context(), "x", []byte("{")); err == nil {
		t.Error("rubbish was activated")
	}
	if status, _ := get(t, ready); status != http.StatusOK || a.view.PlanVersion() != w.version {
		t.Error("after a plan that cannot be read the one before is not in force")
	}
}

func TestMetricsSayWhatHappens(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	_, stream := w.online(a, "ann")
	defer stream.Close()
	w.say(a, "c-1", "hello")
	offer := w.next(stream, "offer.made")
	w.do(w.client(a, "ann"), "offers/"+offer.Offer+"/accept", nil)
	w.say(a, "c-1", "a secret of the customer")
	_, text := get(t, "http://"+a.AdminAddr()+"/metrics")
	for _, want := range []string{
		`workstream_distributor_commands_total{outcome="Done",type="ReceiveMessage"} 2`,
		`workstream_distributor_commands_total{outcome="Done",type="AcceptOffer"} 1`,
		`workstream_distributor_offers_made_total 1`,
		`workstream_distributor_offers_ended_total{outcome="Accepted"} 1`,
		`workstream_distributor_items{state="Active"} 1`,
		`workstream_distributor_items{state="Open"} 0`,
		`workstream_distributor_queue_waiting{queue="vip"} 0`,
		`workstream_distributor_agents_connected 1`,
		`workstream_distributor_agent_streams 1`,
		`workstream_distributor_plan_info{version="` + w.version + `"} 1`,
		`workstream_distributor_plan_objects{kind="Agent"} 2`,
		`workstream_distributor_journal_full 0`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics do not have %s", want)
		}
	}
	if status, _ := get(t, "http://"+a.AdminAddr()+"/debug/pprof/"); status != http.StatusNotFound {
		t.Errorf("profiling is served without being asked for: %d", status)
	}
}

// TestRun is the life of the process: until ctx ends, or until something fails.
func TestRun(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, w.config()) }()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("told to stop while it started: %v", err)
	}
	for name, change := range map[string]func(*Config){
		"no namespace":      func(c *Config) { c.Namespace = "" },
		"no data-dir":       func(c *Config) { c.DataDir = "" },
		"feed without a CA": func(c *Config) { c.PlanfeedAddress = "localhost:1" },
	} {
		cfg := w.config()
		change(&cfg)
		if err := Run(t.Context(), cfg); err == nil {
			t.Errorf("%s: it ran", name)
		}
	}
}

func TestBrokenLoopEndsTheApp(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	answered := w.say(a, "c-1", "hello")
	go func() { _, _ = a.loop.DoLate(context.Background(), nil) }() // calling nil panics
	if err := <-a.failed; err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("it failed with %v", err)
	}
	check(t, a.Stop(context.Background()))
	a = w.start() // from the journal
	if it, err := w.client(a, "sue", "Supervisor").Item(t.Context(), answered.Item); err != nil || it.State != "Open" {
		t.Errorf("what was answered: %+v, %v", it, err)
	}
}

// TestAgentsConnections: the agent is there from the first to the last of several connections, restarts of the plan and
// racing ones included.
func TestAgentsConnections(t *testing.T) {
	w := newWorld(t)
	a := w.start()
	ann := w.client(a, "ann")
	first, second := w.stream(ann, 0), w.stream(ann, 0)
	if !a.view.Connected("ann") {
		t.Fatal("ann is not connected")
	}
	first.Close()
	check(t, ann.SetPresence(t.Context(), "Available")) // a command behind whatever the closing caused
	if !a.view.Connected("ann") {
		t.Error("ann is gone with the first of two connections")
	}
	second.Close()
	gone := func() string {
		if a.view.Connected("ann") {
			return "ann is still connected"
		}
		return ""
	}
	w.eventually(gone)
	var churn sync.WaitGroup
	for range 8 {
		churn.Go(func() {
			for range 10 {
				w.stream(ann, 0).Close()
			}
		})
	}
	churn.Wait()
	w.eventually(gone)
	last := w.stream(ann, 0)
	defer last.Close()
	if !a.view.Connected("ann") {
		t.Error("ann is not connected after all that")
	}
	_, err := w.client(a, "stranger").Stream(t.Context(), 0)
	if status, _ := problem(err); status != http.StatusForbidden {
		t.Errorf("a stranger: %v, want 403", err)
	}
	// An agent whom the plan drops loses their stream with the next check, and is no longer shown.
	w.setPlan(func(p *plan.Plan) { p.Agents = p.Agents[1:] })
	check(t, a.Activate(t.Context(), w.version, w.plan))
	if _, ok := a.view.Agent("ann"); ok {
		t.Error("ann is still shown")
	}
}

// TestStopThatIsCutShortReturns: commands still wait when the time to stop is over, and nobody carries them out any more.
func TestStopThatIsCutShortReturns(t *testing.T) {
	l := NewLoop(LoopOptions{})
	refused := make(chan error, 1)
	waiting := &request{done: func(_ event.Result, err error) { refused <- err }}
	l.queue = []*request{waiting}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done := make(chan error, 1)
	go func() { done <- l.finish(ctx) }()
	select {
	case err := <-done:
		check(t, err)
	case <-time.After(patience):
		t.Fatal("it goes on for ever")
	}
	if err := <-refused; !errors.Is(err, ingress.ErrUncertain) {
		t.Errorf("answered %v, want %v", err, ingress.ErrUncertain)
	}
}

func TestStopFinishesWhatWaits(t *testing.T) {
	w := newWorld(t)
	f := &faulty{Journal: journal.NewMemory(journal.MemoryOptions{})}
	r := newRig(t, w, f).run()
	unblock := r.blocked(f)
	var callers sync.WaitGroup
	for n := range 50 {
		callers.Go(func() {
			if _, err := r.Do(t.Context(), receive(strconv.Itoa(n))); err != nil {
				t.Error(err)
			}
		})
	}
	r.waiting(50)
	r.Stop()
	r.Stop() // twice
	if _, err := r.Do(t.Context(), receive("late")); !errors.Is(err, ingress.ErrStopping) {
		t.Errorf("after Stop: %v, want ErrStopping", err)
	}
	unblock()
	callers.Wait()
	if err := <-r.result; err != nil {
		t.Error(err)
	}
	snap, err := f.Snapshot(t.Context())
	check(t, err)
	if snap.Position == 0 || f.Replay(t.Context(), snap.Position, func(uint64, []byte) error { return errors.New("a tail") }) != nil {
		t.Error("the snapshot of the stop does not have everything")
	}
}
