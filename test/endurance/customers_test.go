// SPDX-License-Identifier: Apache-2.0

package endurance

import (
	"fmt"
	"math"
	"slices"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// demand is how many of each kind come in an hour at the busiest time, how long an agent takes for one, and how long they wait.
var demand = []struct {
	kind               string
	busiest            float64
	handling, patience time.Duration
}{
	{"chat", 900, 9 * time.Minute, 4 * time.Minute},
	{"sms", 450, 12 * time.Minute, 5 * time.Hour},
	{"social", 300, 4 * time.Minute, time.Hour},
	{"cases", 170, 17 * time.Minute, 0},
	{"mail", 80, 10 * time.Minute, 0},
}

// curve is the share of the busiest time's demand: low at night, highest before noon, less at weekends.
func curve(now event.Instant) float64 {
	hours := float64(now-monday) / 3.6e9
	hour := math.Mod(hours, 24)
	share := .12 + .88*math.Exp(-(hour-11)*(hour-11)/14) + .5*math.Exp(-(hour-16.5)*(hour-16.5)/7)
	if day := int(hours/24) % 7; day >= 5 {
		share *= .55
	}
	return min(1, share)
}

// customers come by a Poisson process whose rate follows the curve.
func (h *house) customers(kind int) {
	d := demand[kind]
	h.in(h.exp(time.Duration(3600e9/d.busiest)), func() {
		if h.now >= h.closing {
			return
		}
		h.customers(kind)
		if h.Float64() < curve(h.now) {
			h.come(kind)
		}
	})
}

// come is one of them.
func (h *house) come(kind int) {
	d := demand[kind]
	h.number++
	id := fmt.Sprintf("%s-%07d", d.kind, h.number)
	root := "context."
	if d.kind == "cases" {
		root = "record."
	}
	attrs := rule.Attributes{}
	if h.IntN(20) > 0 {
		attrs[root+"topic"] = rule.NumberValue(float64(h.IntN(skillCount)))
	}
	h.attributes(d.kind, attrs)
	if d.kind == "cases" {
		intake := event.Intake{Scope: "workstream/cases", Key: id, Digest: "d"}
		h.do(event.SubmitRecord{Intake: intake, Item: id, Workstream: "cases", Record: id, Attributes: attrs})
		if h.IntN(5) == 0 {
			h.in(h.exp(20*time.Minute), func() { h.update(id) })
		}
		return
	}
	h.do(event.ReceiveMessage{
		Intake: event.Intake{Scope: "channel/" + d.kind, Key: id, Digest: "d"}, Item: id, Message: "m1", Channel: d.kind, Conversation: id,
		Customer: event.Customer{ID: "u" + id}, Text: "hello", Attributes: attrs,
	})
	if d.patience > 0 {
		h.in(h.exp(d.patience), func() {
			if w := h.books.items[id]; w != nil && w.state == event.Open && !w.served {
				h.do(event.LeaveConversation{Channel: d.kind, Conversation: id})
			}
		})
	}
}

func (h *house) attributes(kind string, attrs rule.Attributes) {
	switch kind {
	case "chat":
		attrs["context.tier"] = rule.TextValue([]string{"gold", "silver", "bronze", "bronze"}[h.IntN(4)])
		if h.IntN(20) == 0 {
			attrs["customer.preferredAgents"] = rule.TextValue(h.names[h.IntN(len(h.names))])
		}
		if h.IntN(20) == 0 {
			attrs["customer.neverAgents"] = rule.TextValue(h.names[h.IntN(len(h.names))] + ", " + h.names[h.IntN(len(h.names))])
		}
	case "cases":
		attrs["record.kind"] = rule.TextValue([]string{"visit", "audit", "claim", "claim", "claim", "claim"}[h.IntN(6)])
	}
}

// update is news of a record, which may change where it belongs.
func (h *house) update(id string) {
	if h.books.items[id] != nil {
		h.do(event.SubmitRecord{
			Item: id + "-again", Workstream: "cases", Record: id,
			Attributes: rule.Attributes{"record.topic": rule.NumberValue(float64(h.IntN(skillCount)))},
		})
	}
}

// then has something happen with an item, if it is still with the same agent as now, who is there to do it.
func (h *house) then(w *work, d time.Duration, do func(agent string)) {
	agent, since := w.agent, w.since
	h.in(d, func() {
		switch {
		case h.books.items[w.id] != w || w.agent != agent || w.since != since || w.state != event.Active:
		case !h.people[agent].online:
			h.then(w, 30*time.Second, do)
		default:
			do(agent)
		}
	})
}

// begin is a conversation from when an agent has it.
func (h *house) begin(w *work) {
	var handling time.Duration
	for _, d := range demand {
		if d.kind == w.kind {
			handling = d.handling
		}
	}
	length := time.Duration(float64(handling) * math.Exp(.7*h.NormFloat64()-.245))
	h.then(w, length, func(agent string) { h.conclude(w, agent) })
	if w.kind == "cases" {
		return
	}
	for i := range 1 + h.IntN(2) {
		h.then(w, time.Duration(float64(length)*h.Float64()), func(agent string) {
			h.do(event.SendMessage{Agent: agent, Item: w.id, Message: fmt.Sprintf("%d-%d", w.turn, i), Text: "how can I help?"})
		})
	}
	h.then(w, length/2, func(agent string) {
		h.do(event.ReceiveMessage{Item: "none", Message: fmt.Sprintf("m%d", w.turn), Channel: w.kind, Conversation: w.conversation, Text: "well"})
		if h.IntN(30) == 0 {
			if p := h.somebody(); p != nil && p.name != agent {
				h.do(event.RequestConsult{Agent: agent, Item: w.id, To: p.name})
			}
		}
	})
}

// conclude is how an agent's part in it ends.
func (h *house) conclude(w *work, agent string) {
	switch n := h.IntN(100); {
	case n < 4:
		h.do(event.TransferItem{Agent: agent, Item: w.id, Queue: h.elsewhere(w)})
	case n < 8:
		// The other one may not take it: then it goes on.
		if p := h.somebody(); p != nil {
			h.do(event.TransferItem{Agent: agent, Item: w.id, To: p.name})
		}
		h.then(w, time.Minute+h.exp(time.Minute), func(agent string) { h.do(event.EndItem{Agent: agent, Item: w.id}) })
	case w.kind == "cases":
		h.do(event.EndItem{Agent: agent, Item: w.id})
	case n < 20:
		h.do(event.LeaveConversation{Channel: w.kind, Conversation: w.conversation})
	case n < 25 && w.kind == "chat":
		h.vanish(w)
	case n < 28 || (w.kind != "chat" && n < 60):
		h.do(event.CloseItem{Agent: agent, Item: w.id})
	default:
		h.do(event.EndItem{Agent: agent, Item: w.id})
	}
}

// vanish is a customer whose connection is lost, and who comes back in time, or not.
func (h *house) vanish(w *work) {
	h.do(event.DisconnectCustomer{Channel: w.kind, Conversation: w.conversation})
	if h.IntN(2) == 0 {
		h.then(w, h.exp(time.Minute), func(agent string) {
			h.do(event.ReconnectCustomer{Channel: w.kind, Conversation: w.conversation})
			h.then(w, h.exp(time.Minute), func(string) { h.do(event.EndItem{Agent: agent, Item: w.id}) })
		})
	}
}

// finish is the after-work.
func (h *house) finish(w *work) {
	agent := w.agent
	var done func()
	done = func() {
		if h.books.items[w.id] != w || w.state != event.WrapUp {
			return
		}
		if !h.people[agent].online {
			h.in(time.Minute, done)
			return
		}
		h.do(event.CloseItem{Agent: agent, Item: w.id})
	}
	h.in(h.exp(40*time.Second), done)
}

// parked is a customer who may come back.
func (h *house) parked(w *work) {
	turn := w.turn
	switch {
	case h.now > h.closing:
	case h.IntN(2) == 0:
		h.in(h.exp(90*time.Minute), func() {
			if h.books.items[w.id] == w && w.turn == turn {
				h.do(event.ReceiveMessage{Item: "none", Message: fmt.Sprintf("r%d", turn), Channel: w.kind, Conversation: w.conversation, Text: "and now?"})
			}
		})
	}
}

// supervise moves things about.
func (h *house) supervise() {
	w, p := h.anything(), h.somebody()
	if w == nil || p == nil {
		return
	}
	switch h.IntN(5) {
	case 0, 1:
		h.do(event.AssignItem{Supervisor: "sue", Item: w.id, Agent: p.name})
	case 2:
		h.do(event.AssignItem{Supervisor: "sue", Item: w.id, Queue: h.elsewhere(w)})
	case 3:
		h.do(event.ForceClose{Supervisor: "sue", Item: w.id})
	default:
		h.do(event.SetPresence{Agent: p.name, Presence: plan.Busy, Supervisor: "sue"})
	}
}

// sweep finds what has waited for two days: a record that needs what no agent has altogether goes to somebody all the same.
func (h *house) sweep() {
	var stuck []string
	for id, w := range h.books.items {
		if w.queue != "" && h.now-w.opened > event.Instant((48*time.Hour).Microseconds()) {
			stuck = append(stuck, id)
		}
	}
	slices.Sort(stuck)
	for _, id := range stuck {
		if p := h.somebody(); p != nil {
			h.do(event.AssignItem{Supervisor: "sue", Item: id, Agent: p.name})
		}
	}
}

// anything is one of the last items that came.
func (h *house) anything() *work {
	for range 20 {
		n := h.number - h.IntN(300)
		for _, d := range demand {
			if w := h.books.items[fmt.Sprintf("%s-%07d", d.kind, n)]; w != nil {
				return w
			}
		}
	}
	return nil
}
