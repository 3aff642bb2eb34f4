// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// monday is 2026-01-05, 00:00 UTC.
const monday = event.Instant(1_767_571_200_000_000)

// house is the centre: the engine, the clock, and all who are about.
type house struct {
	*rand.Rand
	eng      *engine.Engine
	now      event.Instant
	closing  event.Instant // no customer comes after it
	agenda   agenda
	plans    map[string]*plan.Plan
	plan     *plan.Plan
	edition  int
	people   map[string]*person
	names    []string
	books    *books
	number   int
	steps    int
	events   int
	checks   int
	restarts int
	// deliveries are outstanding, as far as the channels know.
	deliveries map[string]bool
	err        error
}

func newHouse(seed uint64) (*house, error) {
	h := &house{
		Rand: rand.New(rand.NewPCG(seed, 5)), eng: engine.New(), now: monday, plans: make(map[string]*plan.Plan),
		people: make(map[string]*person), books: newBooks(), deliveries: make(map[string]bool),
	}
	if err := h.publish(); err != nil {
		return nil, err
	}
	return h, nil
}

// publish makes the next edition of the plan the one in force.
func (h *house) publish() error {
	p, err := firm(h.edition)
	if err != nil {
		return err
	}
	h.edition++
	_, version, err := p.Encode()
	if err != nil {
		return err
	}
	h.plan, h.plans[version] = p, p
	for i := range p.Agents {
		name := p.Agents[i].Name
		if h.people[name] == nil {
			h.people[name] = newPerson(h, name)
			h.names = append(h.names, name)
		}
	}
	h.books.plan = p
	h.do(event.ActivatePlan{Version: version, Plan: p})
	return h.err
}

// agenda is a binary heap of what will happen.
type agenda struct {
	list []entry
	seq  uint64
}

type entry struct {
	at  event.Instant
	seq uint64
	do  func()
}

func (e *entry) before(o *entry) bool {
	if e.at != o.at {
		return e.at < o.at
	}
	return e.seq < o.seq
}

// in has something happen after a while.
func (h *house) in(d time.Duration, do func()) {
	a := &h.agenda
	a.seq++
	a.list = append(a.list, entry{h.now + event.Instant(d.Microseconds()), a.seq, do})
	l := a.list
	for i := len(l) - 1; i > 0 && l[i].before(&l[(i-1)/2]); i = (i - 1) / 2 {
		l[i], l[(i-1)/2] = l[(i-1)/2], l[i]
	}
}

func (a *agenda) pop() entry {
	l := a.list
	first, last := l[0], len(l)-1
	l[0], l[last] = l[last], entry{}
	l = l[:last]
	a.list = l
	for i := 0; ; {
		least := i
		for j := 2*i + 1; j <= 2*i+2 && j < len(l); j++ {
			if l[j].before(&l[least]) {
				least = j
			}
		}
		if least == i {
			return first
		}
		l[i], l[least] = l[least], l[i]
		i = least
	}
}

// every has something happen again and again, until the last customer has come.
func (h *house) every(d time.Duration, do func()) {
	h.in(d, func() {
		if h.now < h.closing {
			do()
			h.every(d, do)
		}
	})
}

// exp is a while without memory, long one of that order with a long tail.
func (h *house) exp(mean time.Duration) time.Duration {
	return time.Duration(h.ExpFloat64() * float64(mean))
}

func (h *house) about(mean time.Duration) time.Duration {
	return time.Duration((0.5 + h.Float64()) * float64(mean))
}

// run lets time pass until a moment, or nothing more is to come.
func (h *house) run(until event.Instant) error {
	for h.err == nil && len(h.agenda.list) > 0 && h.agenda.list[0].at <= until {
		at := h.agenda.list[0].at
		if wake := h.eng.Wake(); wake != 0 && wake <= at {
			h.now = max(h.now, wake)
			h.do(event.Tick{})
			continue
		}
		e := h.agenda.pop()
		h.now = e.at
		e.do()
	}
	return h.err
}

// do has the engine carry out a command, and does the books. It reports whether the command was not refused.
func (h *house) do(cmd event.Command) bool {
	if h.err != nil {
		return false
	}
	out, err := h.eng.Step(h.now, cmd)
	if err != nil {
		h.fail(fmt.Errorf("%T: %w", cmd, err))
		return false
	}
	h.steps++
	h.events += len(out.Events)
	for i := range out.Events {
		if err := h.books.enter(&out.Events[i]); err != nil {
			h.fail(fmt.Errorf("%T: event %d, %T %+v: %w", cmd, out.Events[i].Seq, out.Events[i].Event, out.Events[i].Event, err))
			return false
		}
		h.notice(out.Events[i].Event)
	}
	for _, d := range out.Deliveries {
		h.deliver(d.ID)
	}
	if r := out.Result.Rejected; r != nil {
		h.books.refused[fmt.Sprintf("%T: %s", cmd, r.Reason)]++
		return false
	}
	return true
}

// deliver has a channel take what it is told, after a moment.
func (h *house) deliver(id string) {
	h.deliveries[id] = true
	h.in(h.exp(400*time.Millisecond), func() {
		failure := ""
		if h.IntN(5000) == 0 {
			failure = "gone"
		}
		delete(h.deliveries, id)
		h.do(event.ConfirmDelivery{Delivery: id, Failure: failure})
	})
}

func (h *house) fail(err error) {
	if h.err == nil {
		h.err = fmt.Errorf("at %s: %w", time.UnixMicro(int64(h.now)).UTC().Format(time.DateTime), err)
	}
}

// restart is what a process that dies leaves: a snapshot, and no connections.
func (h *house) restart() {
	body, err := h.eng.Snapshot()
	if err == nil {
		h.eng, err = engine.Restore(body, func(version string) (*plan.Plan, error) {
			if p := h.plans[version]; p != nil {
				return p, nil
			}
			return nil, errors.New("there is no such plan")
		})
	}
	if err != nil {
		h.fail(fmt.Errorf("restart: %w", err))
		return
	}
	h.restarts++
	h.do(event.DisconnectAll{})
	for h.err == nil {
		if wake := h.eng.Wake(); wake == 0 || wake > h.now {
			break
		}
		h.do(event.Tick{})
	}
	if n := len(h.eng.Deliveries()); n != len(h.deliveries) {
		h.fail(fmt.Errorf("after a restart %d deliveries are outstanding, and %d channels have not answered", n, len(h.deliveries)))
	}
	for _, name := range h.names {
		if p := h.people[name]; p.online {
			p.online = false
			h.in(h.exp(20*time.Second), p.connect)
		}
	}
}

// check looks at everything, which takes a while.
func (h *house) check() {
	h.checks++
	if err := h.eng.CheckInvariants(); err != nil {
		h.fail(err)
	}
}
