// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/channel/custom"
	"workstream.dev/operator/internal/credential"
	"workstream.dev/operator/internal/delivery"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/heap"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/auth"
	"workstream.dev/operator/internal/ingress/desk"
	"workstream.dev/operator/internal/ingress/httpapi"
	"workstream.dev/operator/internal/ingress/wsapi"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/planfeed"
	"workstream.dev/operator/internal/telemetry"
	"workstream.dev/operator/internal/version"
	"workstream.dev/operator/internal/view"
)

// App is one distributor. It is started once and stopped once.
type App struct {
	cfg      Config
	registry *prometheus.Registry
	open     func(ctx context.Context, cfg *Config) (*storage, error)

	api, admin   net.Listener
	apiServer    *http.Server
	adminServer  *http.Server
	storage      *storage
	view         *view.View
	loop         *Loop
	connections  *Connections
	dispatcher   *delivery.Dispatcher
	streams      *wsapi.Server
	credentials  *credential.Dir
	loopEnded    chan struct{} // closed when the loop has returned
	failed       chan error    // room for the first
	running      sync.WaitGroup
	stopWork     context.CancelFunc // ends what serves the loop
	abortLoop    context.CancelFunc // ends the loop at once
	cancelStart  context.CancelFunc
	stopErr      error
	stopping     atomic.Bool
	serving      atomic.Pointer[Loop] // set once it has recovered
	startContext context.Context      //nolint:containedctx // of the process: Stop must reach a Start that is under way

	mu    sync.Mutex
	state lifecycle
}

type lifecycle int

const (
	created lifecycle = iota
	started
	stopped
)

// New returns a distributor that is not started yet.
func New(cfg Config) (*App, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, registry: telemetry.NewRegistry(), open: openStorage, failed: make(chan error, 1)}
	a.startContext, a.cancelStart = context.WithCancel(context.Background())
	return a, nil
}

// growth is far, because conversations wait while the processors mark what lives: p99 of webhooks is better by half than with
// 256 MB and 5 s.
var growth = heap.Growth{Cycle: 10 * time.Second, Max: 512 << 20}

// Run is a distributor from start to stop: when ctx ends it stops in order. An error means that it could not start, or
// not go on.
func Run(ctx context.Context, cfg Config) error {
	a, err := New(cfg)
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // it was told to stop before it had started
		}
		return err
	}
	defer heap.Pace(growth)()
	select {
	case <-ctx.Done():
		return a.Stop(context.WithoutCancel(ctx))
	case err := <-a.failed:
		return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
}

// Start recovers the state and serves. It returns when requests are answered, or an error when that cannot be; nothing
// is left behind then. ctx is for the start only.
func (a *App) Start(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch a.state {
	case started:
		return errors.New("the distributor is started already")
	case stopped:
		return errors.New("the distributor is stopped")
	case created:
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.startContext, cancel)()
	a.state = started
	if err := a.start(ctx); err != nil {
		a.state = stopped
		return errors.Join(err, a.shutdown(context.Background())) //nolint:contextcheck // ctx may be what ended the start
	}
	return nil
}

func (a *App) start(ctx context.Context) error {
	if err := a.listen(ctx); err != nil {
		return err
	}
	a.adminServer = httpapi.NewServer(a.adminHandler(), a.cfg.Log)
	a.serve(a.adminServer, a.admin)
	var err error
	if a.storage, err = a.open(ctx, &a.cfg); err != nil {
		return err
	}
	a.assemble()
	if err := a.loop.Recover(ctx); err != nil {
		return err
	}
	a.startLoop()
	a.serving.Store(a.loop)
	a.serve(a.apiServer, a.api)
	a.cfg.Log.Info("Started the distributor", "namespace", a.cfg.Namespace, "distributor", a.cfg.Distributor,
		"replica", a.cfg.Replica, "version", version.String(), "api", a.Addr(), "admin", a.AdminAddr())
	return nil
}

func (a *App) listen(ctx context.Context) (err error) {
	var lc net.ListenConfig
	if a.api, err = lc.Listen(ctx, "tcp", a.cfg.Listen); err != nil {
		return fmt.Errorf("listening for the API: %w", err)
	}
	if a.admin, err = lc.Listen(ctx, "tcp", a.cfg.AdminListen); err != nil {
		return fmt.Errorf("listening for health and metrics: %w", err)
	}
	return nil
}

// assemble makes the parts and connects them. Nothing of it runs yet but the dispatcher, which has nothing to do.
func (a *App) assemble() {
	log := a.cfg.Log
	a.view = view.New()
	a.credentials = credential.NewDir(a.cfg.CredentialsDir, usable)
	a.loop = NewLoop(LoopOptions{
		Journal: a.storage.journal, View: a.view, Log: log, Metrics: NewMetrics(a.registry, a.view), Clock: time.Now,
		Release:   func(d []event.Delivery) { a.dispatcher.Release(d) },
		Recovered: func() { a.connections.Recheck() },
		Activated: func() {
			a.connections.RecheckSome(func(agent string) bool { return a.view.Plan().Agent(agent) != nil && !a.view.Connected(agent) })
		},
		SnapshotEntries: a.cfg.SnapshotEntries, SnapshotBytes: a.cfg.SnapshotBytes, Check: a.cfg.CheckInvariants,
	})
	a.connections = NewConnections(a.loop, log)
	a.dispatcher = delivery.New(delivery.Options{
		Sender:   custom.NewSender(func(name string) *plan.Channel { return a.view.Plan().Channel(name) }, a.credentials),
		Classify: classify,
		Confirm: func(ctx context.Context, c event.ConfirmDelivery) error {
			_, err := a.loop.Do(ctx, c) // a refusal says that it is known already
			return err
		},
		Metrics: a.registry, Log: log,
	})
	verifier := auth.New(a.view.Plan, a.credentials)
	a.streams = wsapi.New(wsapi.Options{
		Presence: a.connections, Streams: a.view, Verifier: verifier, Plan: a.view.Plan,
		Commands: &desk.Desk{Starter: gate{a}, Timeline: a.view}, Log: log, Metrics: a.registry,
	})
	a.apiServer = httpapi.NewServer(httpapi.New(httpapi.Options{
		Namespace: a.cfg.Namespace, Doer: gate{a}, View: a.view, Ready: a.loop.Ready, Verifier: verifier, Streamer: a.streams,
		Credentials: a.credentials, Log: log, Metrics: a.registry,
	}), log)
}

func classify(err error) (permanent bool, after time.Duration) {
	if e := (*custom.SendError)(nil); errors.As(err, &e) {
		return e.Permanent, e.After
	}
	return false, 0
}

// gate is the way of requests to the loop, which is shut first when the distributor stops.
type gate struct{ app *App }

// Do implements ingress.Doer.
func (g gate) Do(ctx context.Context, cmd event.Command) (event.Result, error) {
	if g.app.stopping.Load() {
		return event.Result{}, ingress.ErrStopping
	}
	return g.app.loop.Do(ctx, cmd)
}

// Start implements ingress.Starter.
func (g gate) Start(cmd event.Command, done func(event.Result, error)) {
	if g.app.stopping.Load() {
		done(event.Result{}, ingress.ErrStopping)
		return
	}
	g.app.loop.Start(cmd, done)
}

func (a *App) startLoop() {
	ctx, abort := context.WithCancel(context.Background())
	a.abortLoop = abort
	a.loopEnded = make(chan struct{})
	a.running.Go(func() {
		defer close(a.loopEnded)
		if err := a.loop.Run(ctx); err != nil {
			a.fail(fmt.Errorf("the loop ended: %w", err))
		}
	})
	work, stopWork := context.WithCancel(context.Background())
	a.stopWork = stopWork
	a.running.Go(func() { a.connections.Run(work) })
	if a.cfg.PlanFile != "" {
		f := &planFile{path: a.cfg.PlanFile, namespace: a.cfg.Namespace, loop: a.loop, current: a.view.PlanVersion, log: a.cfg.Log}
		a.running.Go(func() { f.run(work) })
	}
	if a.cfg.PlanfeedAddress == "" {
		return
	}
	f := &feed{
		namespace: a.cfg.Namespace, loop: a.loop, credentials: a.credentials, log: a.cfg.Log,
		current: func() (string, *plan.Plan) { return a.view.PlanVersion(), a.view.Plan() },
		refused: a.loop.opts.Metrics.planRefused.Inc,
		client: planfeed.NewClient(planfeed.ClientOptions{
			Address: a.cfg.PlanfeedAddress, ServerName: a.cfg.PlanfeedServerName, CAFile: a.cfg.PlanfeedCA,
			TokenFile: a.cfg.PlanfeedToken, Distributor: a.cfg.Distributor, Replica: a.cfg.Replica,
			Build: version.String(), Log: a.cfg.Log,
			Parts: func() []plan.PartID { return a.view.Plan().Parts() },
		}),
	}
	a.running.Go(func() { f.run(work) })
}

func (a *App) serve(s *http.Server, l net.Listener) {
	a.running.Go(func() {
		if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("serving %s: %w", l.Addr(), err))
		}
	})
}

// fail ends Run.
func (a *App) fail(err error) {
	a.cfg.Log.Error("Failing", "error", err)
	select {
	case a.failed <- err:
	default:
	}
}

// Addr is the address of the API, AdminAddr that of health and metrics, after Start.
func (a *App) Addr() string { return a.api.Addr().String() }

// AdminAddr is the address of health, readiness and metrics.
func (a *App) AdminAddr() string { return a.admin.Addr().String() }

// Failed receives why the distributor cannot go on, at most once. It is to be stopped then.
func (a *App) Failed() <-chan error { return a.failed }

// Activate puts a plan into force without a manager. After an error the plan before it stays in force.
func (a *App) Activate(ctx context.Context, version string, body []byte) error {
	p, err := plan.Decode(body)
	if err != nil {
		return err
	}
	if p.Namespace != a.cfg.Namespace {
		return fmt.Errorf("the plan is for namespace %s, this distributor serves %s", p.Namespace, a.cfg.Namespace)
	}
	if p.Version() != version {
		return fmt.Errorf("the plan has version %s, not %s", p.Version(), version)
	}
	res, err := a.loop.Activate(ctx, p)
	if err == nil && res.Rejected != nil {
		return fmt.Errorf("%s: %s", res.Rejected.Reason, res.Rejected.Message)
	}
	return err
}

// Stop stops in an order that loses nothing: what was answered is in the journal, what is not in the journal was not
// answered. It may be called again, and while Start is under way.
func (a *App) Stop(ctx context.Context) error {
	a.cancelStart()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state == started {
		a.state = stopped
		a.stopErr = a.shutdown(ctx)
	}
	a.state = stopped
	return a.stopErr
}
