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

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/testkit/oracle"
)

// Start is when every scenario begins.
const Start event.Instant = 1_800_000_000_000_000

// Run runs the file at path, unless that is a text about stories. before is World.Before; it may be nil.
func Run(t *testing.T, path string, before func(*engine.Engine, event.Recorded) error) {
	t.Helper()
	if filepath.Ext(path) == ".md" {
		return
	}
	s := &story{world: NewWorld(), now: Start}
	s.world.Before, s.world.Oracle = before, oracle.New()
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
			return nil
		}
		return s.step(event.ActivatePlan{Version: version, Plan: p})
	}
	if err := s.do(d.Cmd, newArgs(d.CmdArgs)); err != nil {
		return fmt.Errorf("%s: %w", d.Cmd, err)
	}
	for line := range strings.Lines(d.Input) {
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

// commands read the engine's commands. Items are i1, i2, ... in the order in which they are opened.
var commands = map[string]func(*story, *args) event.Command{
	"message": func(s *story, a *args) event.Command {
		c := event.ReceiveMessage{
			Item: fmt.Sprintf("i%d", s.items+1), Conversation: a.word(), Channel: a.text("channel", "web"),
			Message: a.text("id", "m"), Text: a.text("text", "hello"),
		}
		c.Intake = intake(a, "channel/"+c.Channel)
		c.Customer.ID = a.text("customer", "")
		c.Attributes = a.attributes()
		return c
	},
	"leave": func(_ *story, a *args) event.Command {
		c := event.LeaveConversation{Conversation: a.word(), Channel: a.text("channel", "web")}
		c.Intake = intake(a, "channel/"+c.Channel)
		return c
	},
	"record": func(s *story, a *args) event.Command {
		c := event.SubmitRecord{
			Item: fmt.Sprintf("i%d", s.items+1), Record: a.word(), Workstream: a.text("workstream", "cases"),
		}
		c.Intake = intake(a, "workstream/"+c.Workstream)
		c.Attributes = a.attributes()
		return c
	},
	"connect":        func(_ *story, a *args) event.Command { return event.ConnectAgent{Agent: a.word()} },
	"disconnect":     func(_ *story, a *args) event.Command { return event.DisconnectAgent{Agent: a.word()} },
	"disconnect-all": func(*story, *args) event.Command { return event.DisconnectAll{} },
	"presence": func(_ *story, a *args) event.Command {
		return event.SetPresence{Agent: a.word(), Presence: plan.Presence(a.word())}
	},
	"accept":  func(_ *story, a *args) event.Command { return event.AcceptOffer{Agent: a.word(), Offer: a.word()} },
	"decline": func(_ *story, a *args) event.Command { return event.DeclineOffer{Agent: a.word(), Offer: a.word()} },
	"pick":    func(_ *story, a *args) event.Command { return event.PickItem{Agent: a.word(), Item: a.word()} },
	"send": func(_ *story, a *args) event.Command {
		return event.SendMessage{Agent: a.word(), Item: a.word(), Message: a.text("id", "1"), Text: a.text("text", "hi")}
	},
	"end":   func(_ *story, a *args) event.Command { return event.EndItem{Agent: a.word(), Item: a.word()} },
	"close": func(_ *story, a *args) event.Command { return event.CloseItem{Agent: a.word(), Item: a.word()} },
	"transfer": func(_ *story, a *args) event.Command {
		return event.TransferItem{Agent: a.word(), Item: a.word(), Queue: a.word()}
	},
	"assign": func(_ *story, a *args) event.Command {
		return event.AssignItem{Supervisor: "sue", Item: a.word(), Agent: a.word()}
	},
	"force-close": func(_ *story, a *args) event.Command { return event.ForceClose{Supervisor: "sue", Item: a.word()} },
	"confirm": func(_ *story, a *args) event.Command {
		return event.ConfirmDelivery{Delivery: a.word(), Failure: a.text("failure", "")}
	},
	"tick": func(*story, *args) event.Command { return event.Tick{} },
}

func intake(a *args, scope string) event.Intake {
	return event.Intake{Scope: scope, Key: a.text("key", ""), Digest: a.text("digest", "")}
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
