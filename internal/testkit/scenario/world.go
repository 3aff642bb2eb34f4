// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/testkit/oracle"
)

// World is an engine with four witnesses of all that it does: the oracle decides every command as well, one engine
// replays every event from the first on, one starts from a snapshot and replays the rest, and one is restored before a
// command and decides it as well. Now and then the engine is replaced by the one that starts from a snapshot, as after a
// restart.
type World struct {
	// Oracle decides every command as well, and must come to the same.
	Oracle *oracle.Oracle
	// Every is after how many commands snapshots are compared, which is what costs most; 1 is after each.
	Every int

	live, replay, tail *engine.Engine
	plans              map[string]*plan.Plan
	traces             traces
	steps, compared    int
	now, last          event.Instant
	state              []byte // snapshot after the last step, if it was compared
}

// After so many steps the witness of the snapshot takes over from the engine, and another one starts.
const restartEvery = 37

// ErrOracle says that the engine did something else than the oracle.
var ErrOracle = errors.New("the oracle decides otherwise")

// NewWorld returns a world in which nothing has happened.
func NewWorld() *World {
	return &World{
		Oracle: oracle.New(), Every: 1, live: engine.New(), replay: engine.New(), tail: engine.New(), plans: make(map[string]*plan.Plan),
		traces: newTraces(),
	}
}

// Engine returns the engine itself, to ask it.
func (w *World) Engine() *engine.Engine { return w.live }

// Step has the engine do a command, and checks it against the witnesses.
func (w *World) Step(now event.Instant, cmd event.Command) (engine.Output, error) {
	if c, ok := cmd.(event.ActivatePlan); ok {
		if err := w.keepPlan(c); err != nil {
			return engine.Output{}, err
		}
	}
	w.now = max(w.now, now)
	w.steps++
	compare := w.steps%w.Every == 0
	before, err := w.before(compare)
	if err != nil {
		return engine.Output{}, err
	}
	out, err := w.live.Step(now, cmd)
	if err != nil {
		return out, err
	}
	if err := w.checkOracle(now, cmd, out); err != nil {
		return out, err
	}
	if err := w.live.CheckInvariants(); err != nil {
		return out, err
	}
	if err := w.follow(out); err != nil || !compare {
		return out, err
	}
	if err := w.Compare(); err != nil {
		return out, err
	}
	if err := w.checkTwin(before, cmd, out); err != nil {
		return out, err
	}
	return out, w.restart()
}

// before is the snapshot from which a command is decided again; nil when it is not compared.
func (w *World) before(compare bool) ([]byte, error) {
	state := w.state
	w.state = nil
	if !compare || state != nil {
		return state, nil
	}
	return w.live.Snapshot()
}

// checkOracle is INV-9: the naive engine decides the command anew, and must come to the same with the same reasons; and what
// is told of each decision is complete.
func (w *World) checkOracle(now event.Instant, cmd event.Command, out engine.Output) error {
	res, events := w.Oracle.Step(now, cmd)
	if d := oracle.Same(res, out.Result, events, out.Events); d != "" {
		return fmt.Errorf("%w: %s", ErrOracle, d)
	}
	for _, r := range out.Events {
		if p, ok := r.Event.(event.PlanActivated); ok {
			w.traces.activate(w.plans[p.Version])
		}
		if err := w.traces.check(r.Event); err != nil {
			return err
		}
	}
	return nil
}

// keepPlan stores the plan as a journal would: what is replayed is what was decoded, not what was activated.
func (w *World) keepPlan(c event.ActivatePlan) error {
	body, version, err := c.Plan.Encode()
	if err != nil {
		return err
	}
	if version != c.Version {
		return fmt.Errorf("plan %s has version %s", c.Version, version)
	}
	w.plans[version], err = plan.Decode(body)
	return err
}

func (w *World) plan(version string) (*plan.Plan, error) {
	if p := w.plans[version]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("there is no plan %q", version)
}

// follow has the witnesses replay events, as they are after they were written and read back.
func (w *World) follow(out engine.Output) error {
	body, err := event.Encode(out.Events)
	if err != nil {
		return err
	}
	events, err := event.Decode(body)
	if err != nil {
		return err
	}
	for _, r := range events {
		if p, ok := r.Event.(event.PlanActivated); ok {
			p.Plan = w.plans[p.Version]
			r.Event = p
		}
		w.replay.Apply(r)
		w.tail.Apply(r)
		w.last = r.Time
	}
	return nil
}

// Compare is INV-7: a replay of all events gives the same bytes as the engine has, and so does a snapshot with what
// followed it.
func (w *World) Compare() error {
	var err error
	if w.state, err = w.live.Snapshot(); err != nil {
		return err
	}
	for name, witness := range map[string]*engine.Engine{"replay": w.replay, "snapshot and tail": w.tail} {
		if err := w.checkSame(witness); err != nil {
			return fmt.Errorf("INV-7 is broken: %s: %w", name, err)
		}
	}
	return nil
}

// restart has the engine that replayed a tail go on. It knows the time of the last event, and not what was later.
func (w *World) restart() error {
	if w.compared++; w.compared%restartEvery != 0 {
		return nil
	}
	var err error
	w.live, w.now = w.tail, w.last
	w.Oracle.Restart()
	w.tail, err = engine.Restore(w.state, w.plan)
	return err
}

func (w *World) checkSame(e *engine.Engine) error {
	got, err := e.Snapshot()
	if err != nil {
		return err
	}
	if !bytes.Equal(w.state, got) {
		want, _ := engine.Describe(w.state, w.plan)
		have, _ := engine.Describe(got, w.plan)
		return fmt.Errorf("the state differs (-live +witness):\n%s", cmp.Diff(string(want), string(have)))
	}
	if err := e.CheckInvariants(); err != nil {
		return err
	}
	if d := cmp.Diff(w.live.Deliveries(), e.Deliveries()); d != "" {
		return fmt.Errorf("deliveries differ (-live +witness):\n%s", d)
	}
	return nil
}

// checkTwin is INV-9, too: an engine restored from the snapshot of before decides the same, so nothing that matters is outside
// it.
func (w *World) checkTwin(before []byte, cmd event.Command, out engine.Output) error {
	twin := engine.New()
	if before != nil {
		var err error
		if twin, err = engine.Restore(before, w.plan); err != nil {
			return err
		}
	}
	got, err := twin.Step(w.now, cmd)
	if err != nil {
		return err
	}
	if reflect.DeepEqual(out, got) {
		return w.checkSame(twin)
	}
	if d := cmp.Diff(out, got, cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(&plan.Plan{}), exact); d != "" {
		return fmt.Errorf("an engine restored from the snapshot before decides otherwise (-live +restored):\n%s", d)
	}
	return w.checkSame(twin)
}
