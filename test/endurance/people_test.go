// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"slices"
	"strconv"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// shifts begin at these hours and take eight; so many of a hundred agents have each.
var shifts = []struct{ hour, share int }{{6, 18}, {8, 26}, {10, 16}, {12, 14}, {14, 16}, {22, 10}}

// person is an agent.
type person struct {
	*house
	name   string
	hour   int // when the shift begins
	off    int // the first of two days off
	online bool
	duty   bool // wants to work
}

func newPerson(h *house, name string) *person {
	n, _ := strconv.Atoi(name[1:])
	p := &person{house: h, name: name, off: n % 7}
	share := n * 37 % 100
	for _, s := range shifts {
		p.hour = s.hour
		if share -= s.share; share < 0 {
			break
		}
	}
	p.tomorrow(0)
	return p
}

// tomorrow plans the next shift, on a day from that one on.
func (p *person) tomorrow(day int) {
	for day%7 == p.off || day%7 == (p.off+1)%7 {
		day++
	}
	at := monday + event.Instant((time.Duration(day*24+p.hour)*time.Hour + p.about(10*time.Minute)).Microseconds())
	p.in(time.Duration(at-p.now)*time.Microsecond, func() { p.begin(day) })
}

// begin is a shift: with a lunch, a training on some days, and a network that fails at times.
func (p *person) begin(day int) {
	p.tomorrow(day + 1)
	if p.plan.Agent(p.name) == nil {
		return
	}
	p.duty = true
	p.connect()
	p.in(p.about(4*time.Hour), func() { p.pause("Lunch", p.about(30*time.Minute)) })
	if p.IntN(10) == 0 {
		p.in(p.about(2*time.Hour), func() { p.pause("Training", p.about(time.Hour)) })
	}
	if p.IntN(4) == 0 {
		p.in(p.about(5*time.Hour), p.lose)
	}
	p.in(8*time.Hour, p.end)
}

func (p *person) connect() {
	if p.duty && !p.online && p.plan.Agent(p.name) != nil {
		p.online = true
		p.do(event.ConnectAgent{Agent: p.name})
		if a := p.books.account(p.name); a.presence != plan.Available && a.presence != plan.Busy && a.units == 0 {
			p.available()
		}
	}
}

func (p *person) available() {
	if p.online {
		p.do(event.SetPresence{Agent: p.name, Presence: plan.Available})
	}
}

func (p *person) pause(presence plan.Presence, d time.Duration) {
	if p.online && p.duty {
		p.do(event.SetPresence{Agent: p.name, Presence: presence})
		p.in(d, p.available)
	}
}

// lose is a connection that fails, mostly for moments.
func (p *person) lose() {
	if !p.online {
		return
	}
	p.online = false
	p.do(event.DisconnectAgent{Agent: p.name})
	d := p.exp(40 * time.Second)
	if p.IntN(5) == 0 {
		d = p.about(20 * time.Minute)
	}
	p.in(d, p.connect)
}

// end lets an agent finish what is there, and pass on what cannot be finished.
func (p *person) end() {
	if p.online {
		p.do(event.SetPresence{Agent: p.name, Presence: plan.Away})
	}
	p.leave(20)
}

func (p *person) leave(patience int) {
	a := p.books.account(p.name)
	if len(a.held) > 0 && patience > 0 {
		p.in(3*time.Minute, func() { p.leave(patience - 1) })
		return
	}
	for _, id := range p.held() {
		if w := p.books.items[id]; w != nil && w.state == event.Active && w.agent == p.name {
			p.do(event.TransferItem{Agent: p.name, Item: id, Queue: p.elsewhere(w)})
		}
	}
	p.duty = false
	if p.online {
		p.online = false
		p.do(event.DisconnectAgent{Agent: p.name})
	}
}

// held are the items that an agent holds, by id.
func (p *person) held() []string {
	var out []string
	for id := range p.books.account(p.name).held {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// elsewhere is a queue that an item may be passed on to.
func (h *house) elsewhere(w *work) string {
	switch w.kind {
	case "cases":
		return "cases-1"
	case "mail":
		return "mail"
	default:
		return "general"
	}
}

// somebody is any agent who is there.
func (h *house) somebody() *person {
	for range 50 {
		if p := h.people[h.names[h.IntN(len(h.names))]]; p.online && h.plan.Agent(p.name) != nil {
			return p
		}
	}
	return nil
}

// answer is what an agent does with an offer.
func (h *house) answer(ev *event.OfferMade) {
	p := h.people[ev.Agent]
	n := h.IntN(100)
	if n < 3 {
		return // it expires
	}
	h.in(time.Second+h.exp(4*time.Second), func() {
		w := h.books.items[ev.Item]
		if w == nil || w.offer != ev.Offer || !p.online {
			return
		}
		if n < 7 && w.kind != "cases" {
			h.do(event.DeclineOffer{Agent: ev.Agent, Offer: ev.Offer})
			return
		}
		h.do(event.AcceptOffer{Agent: ev.Agent, Offer: ev.Offer})
	})
}

// notice is what people see of what happens.
func (h *house) notice(ev event.Event) {
	switch ev := ev.(type) {
	case event.OfferMade:
		h.answer(&ev)
	case event.ItemAssigned:
		h.begin(h.books.items[ev.Item])
	case event.ItemQueued:
		if w := h.books.items[ev.Item]; w.kind == "mail" {
			h.in(h.exp(8*time.Minute), func() { h.pick(w) })
		}
	case event.ItemParked:
		h.parked(h.books.items[ev.Item])
	case event.WrapUpStarted:
		h.finish(h.books.items[ev.Item])
	case event.PresenceChanged:
		if ev.Name == plan.Inactive {
			h.in(h.exp(4*time.Minute), func() {
				if p := h.people[ev.Agent]; p.duty && h.books.account(ev.Agent).name == plan.Inactive {
					p.available()
				}
			})
		}
	case event.ConsultRequested:
		h.in(h.exp(20*time.Second), func() { h.consulted(&ev) })
	case event.ConsultJoined:
		h.in(h.exp(time.Minute), func() { h.advise(&ev) })
	}
}

// pick takes an item out of a queue: somebody who is about, if there is room.
func (h *house) pick(w *work) {
	if h.books.items[w.id] != w || w.queue == "" {
		return
	}
	if p := h.somebody(); p == nil || !h.do(event.PickItem{Agent: p.name, Item: w.id}) {
		h.in(h.exp(10*time.Minute), func() { h.pick(w) })
	}
}

func (h *house) consulted(ev *event.ConsultRequested) {
	if !h.people[ev.Agent].online {
		return
	}
	switch h.IntN(5) {
	case 0:
		h.do(event.DeclineOffer{Agent: ev.Agent, Offer: ev.Consult})
	case 1: // it expires
	default:
		h.do(event.AcceptOffer{Agent: ev.Agent, Offer: ev.Consult})
	}
}

func (h *house) advise(ev *event.ConsultJoined) {
	h.do(event.SendMessage{Agent: ev.Agent, Item: ev.Item, Message: "c" + ev.Consult, Text: "look here", Internal: true})
	h.in(h.exp(2*time.Minute), func() {
		w := h.books.items[ev.Item]
		if w == nil || w.agent == "" {
			return
		}
		by := w.agent
		if h.IntN(2) == 0 {
			by = ev.Agent
		}
		h.do(event.EndConsult{Agent: by, Item: ev.Item, Consultant: ev.Agent})
	})
}
