// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/testkit/scenario"
)

// shortest says what went wrong in a simulation, with the fewest of its commands that still go wrong.
func (s *sim) shortest(err error) string {
	list := s.history
	if *simShort {
		list, err = shrink(list, s.fired, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%v\n\n%d of %d commands, %d timers in a step:\n", err, len(list), len(s.history), s.fired)
	for _, d := range list {
		fmt.Fprintf(&b, "  +%s %T %+v\n", moment(d.now), d.cmd, d.cmd)
		if c, ok := d.cmd.(event.ActivatePlan); ok {
			body, _ := json.Marshal(c.Plan) // it was encoded when it was made
			fmt.Fprintf(&b, "    %s\n", body)
		}
	}
	return b.String()
}

func moment(t event.Instant) string {
	return fmt.Sprintf("%d.%06d", (t-scenario.Start)/1e6, (t-scenario.Start)%1e6)
}

// maxRuns is how often a history is run to shorten it.
const maxRuns = 3000

// shrink leaves out what is not needed for something to go wrong: half of the commands, a quarter, and so on, and then
// parts of plans.
func shrink(list []done, fired int, err error) ([]done, error) {
	runs, every := 0, 1
	if errors.Is(err, scenario.ErrOracle) {
		every = len(list) + 1 // there is no need to compare snapshots
	}
	try := func(shorter []done) bool {
		if runs++; runs > maxRuns {
			return false
		}
		n, failure := run(shorter, fired, every)
		if failure == nil {
			return false
		}
		list, err = shorter[:n], failure
		return true
	}
	for size := (len(list) + 1) / 2; size > 0; size /= 2 {
		for from := len(list) - size; from >= 0; from -= size {
			if from+size <= len(list) {
				try(slices.Concat(list[:from], list[from+size:]))
			}
		}
	}
	for i := range slices.Backward(list) {
		for _, edit := range edits {
			for try(edited(list, i, edit)) && i < len(list) {
			}
		}
	}
	return list, err
}

// run does the commands of a history, and returns how many of them it takes to go wrong, and how.
func run(list []done, fired, every int) (int, error) {
	defer engine.SetMaxFired(engine.SetMaxFired(fired))
	defer engine.SetFewMembers(engine.SetFewMembers(2))
	w := scenario.NewWorld()
	w.Oracle.MaxFired, w.Every = fired, every
	for i, d := range list {
		if _, err := stepChecked(w, d.now, d.cmd); err != nil {
			return i + 1, err
		}
	}
	return 0, nil
}

// edits make a plan smaller. They leave it as it is when there is nothing more to leave out.
var edits = []func(p *plan.Plan){
	func(p *plan.Plan) { p.Agents = butLast(p.Agents) },
	func(p *plan.Plan) { p.Agents = p.Agents[min(1, len(p.Agents)):] },
	func(p *plan.Plan) { p.PresenceRules = plan.PresenceRules{} },
	func(p *plan.Plan) {
		for i := range p.Queues {
			p.Queues[i].Overflow = nil
		}
	},
	func(p *plan.Plan) {
		for i := range p.Queues {
			p.Queues[i].Hours, p.Queues[i].PromoteAfter = "", 0
		}
	},
	func(p *plan.Plan) {
		for i := range p.Agents {
			p.Agents[i].Skills = nil
		}
	},
	func(p *plan.Plan) {
		for i := range p.Agents {
			p.Agents[i].Profiles = nil
		}
	},
	func(p *plan.Plan) {
		for i := range p.Workstreams {
			p.Workstreams[i].Classification = nil
		}
	},
	func(p *plan.Plan) {
		for i := range p.Workstreams {
			p.Workstreams[i].Profiles = nil
		}
	},
	func(p *plan.Plan) {
		for i := range p.Workstreams {
			p.Workstreams[i].Routing.Rules = butLast(p.Workstreams[i].Routing.Rules)
		}
	},
}

func butLast[E any](list []E) []E { return list[:max(0, len(list)-1)] }

// edited is the history with one plan of it made smaller.
func edited(list []done, i int, edit func(*plan.Plan)) []done {
	c, ok := list[min(i, len(list)-1)].cmd.(event.ActivatePlan)
	if !ok || i >= len(list) {
		return nil
	}
	before, err := c.Plan.Body()
	if err != nil {
		return nil
	}
	p, err := plan.Decode(before)
	if err != nil {
		return nil
	}
	edit(p)
	for i := range p.Workstreams {
		if err := p.Workstreams[i].SetRevision(); err != nil {
			return nil
		}
	}
	_, version, err := p.Encode()
	if err != nil || version == c.Version {
		return nil
	}
	list = slices.Clone(list)
	list[i].cmd = event.ActivatePlan{Version: version, Plan: p}
	return list
}
