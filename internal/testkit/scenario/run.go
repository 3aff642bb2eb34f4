// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// Start is when every scenario begins.
const Start event.Instant = 1_800_000_000_000_000

// Run runs the file at path, unless that is a text about stories.
func Run(t *testing.T, path string) {
	t.Helper()
	if filepath.Ext(path) == ".md" {
		return
	}
	s := &story{world: NewWorld(), now: Start}
	s.print.start = Start
	s.print.plans.prefix, s.print.revisions.prefix = "plan-", "rev-"
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		t.Helper()
		s.print.out.Reset()
		if err := s.block(d); err != nil {
			d.Fatalf(t, "%v", err)
		}
		return s.print.out.String()
	})
}

// Tell runs a story with a plan and returns what is written of it: lines of commands as in files, without directives.
func Tell(p *plan.Plan, lines string) (string, error) {
	_, version, err := p.Encode()
	if err != nil {
		return "", err
	}
	s := &story{world: NewWorld(), now: Start}
	s.print.start = Start
	s.print.plans.prefix, s.print.revisions.prefix = "plan-", "rev-"
	if err := s.step(event.ActivatePlan{Version: version, Plan: p}); err != nil {
		return "", err
	}
	err = s.lines(lines)
	return s.print.out.String(), err
}

// story is one run of a file.
type story struct {
	world *World
	print printer
	now   event.Instant
	items int // opened so far
}

// block does the command of a directive and those in its input, all but for plan, whose input is the plan.
func (s *story) block(d *datadriven.TestData) error {
	if d.Cmd == "plan" {
		p, version, err := ParsePlan(d.Input)
		if err != nil {
			s.print.out.WriteString("! " + err.Error() + "\n")
			return nil //nolint:nilerr // it is told: the story says which error is right
		}
		return s.step(event.ActivatePlan{Version: version, Plan: p})
	}
	if err := s.do(d.Cmd, newArgs(d.CmdArgs)); err != nil {
		return fmt.Errorf("%s: %w", d.Cmd, err)
	}
	return s.lines(d.Input)
}

// lines does one command per line.
func (s *story) lines(text string) error {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		fmt.Fprintf(&s.print.out, "> %s\n", line)
		name, a, err := parse(line)
		if err == nil {
			err = s.do(name, a)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

func (s *story) do(name string, a *args) error {
	if ask := asks[name]; ask != nil {
		return ask(s, a)
	}
	command := commands[name]
	if command == nil {
		return errors.New("no such command")
	}
	cmd := command(s, a)
	if err := a.done(); err != nil {
		return err
	}
	return s.step(cmd)
}

func (s *story) step(cmd event.Command) error {
	out, err := s.world.Step(s.now, cmd)
	s.print.output(out)
	for _, r := range out.Events {
		if _, ok := r.Event.(event.ItemOpened); ok {
			s.items++
		}
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, s.print.out.String())
	}
	return nil
}

// asks are what is no command of the engine.
var asks = map[string]func(*story, *args) error{
	// advance lets time pass, and timers fire when they are due.
	"advance": func(s *story, a *args) error {
		d, err := time.ParseDuration(a.word())
		if err != nil {
			return err
		}
		target := s.now + event.Instant(d.Microseconds())
		before := s.world.Engine().Seq()
		for wake := s.world.Engine().Wake(); wake != 0 && wake <= target; wake = s.world.Engine().Wake() {
			s.now = max(s.now, wake)
			out, err := s.world.Step(s.now, event.Tick{})
			if len(out.Events) > 0 {
				fmt.Fprintf(&s.print.out, "at %s\n", s.print.moment(s.now))
				s.print.output(out)
			}
			if err != nil {
				return err
			}
		}
		s.now = target
		if s.world.Engine().Seq() == before {
			s.print.out.WriteString("= nothing\n")
		}
		return a.done()
	},
	// jump sets the clock forward or, with a negative duration, back; the next command sees it.
	"jump": func(s *story, a *args) error {
		d, err := time.ParseDuration(a.word())
		s.now += event.Instant(d.Microseconds())
		fmt.Fprintf(&s.print.out, "now %s\n", s.print.moment(s.now))
		return err
	},
	// explain says why an item waits.
	"explain": func(s *story, a *args) error {
		if c, ok := s.world.Engine().Explain(s.now, a.word()); ok {
			fmt.Fprintln(&s.print.out, candidates(&c))
		} else {
			fmt.Fprintln(&s.print.out, "it does not wait for an offer")
		}
		return a.done()
	},
	"wake": func(s *story, a *args) error {
		fmt.Fprintln(&s.print.out, s.print.moment(s.world.Engine().Wake()))
		return a.done()
	},
	"crowd": crowd,
	"deliveries": func(s *story, a *args) error {
		list := s.world.Engine().Deliveries()
		for i := range list {
			s.print.delivery(&list[i])
		}
		if len(list) == 0 {
			s.print.out.WriteString("none\n")
		}
		return a.done()
	},
}
