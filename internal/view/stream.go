// SPDX-License-Identifier: Apache-2.0

package view

import (
	"errors"
	"sort"
	"sync/atomic"
)

// The reasons for which a subscription is over.
var (
	// ErrSlow says that the subscriber did not keep up and must resume.
	ErrSlow = errors.New("the subscriber is too slow")
	// ErrClosing says that the distributor stops.
	ErrClosing = errors.New("the distributor is stopping")
	// ErrUnknownAgent says that the plan has no such agent.
	ErrUnknownAgent = errors.New("the plan has no such agent")
)

// subscriptionBuffer is how far a subscriber may fall behind: minutes of one agent's work.
const subscriptionBuffer = 1024

// hub passes stream events on, and keeps the last ones for those who come back.
type hub struct {
	kept ring
	// told has the sequence of the last event that each agent was told, lost that of the last one that is no longer kept:
	// who has seen that one can resume.
	told, lost map[string]uint64

	subs    map[string]map[*Subscription]struct{}
	count   int
	closing bool
}

func newHub() hub {
	return hub{told: map[string]uint64{}, lost: map[string]uint64{}, subs: map[string]map[*Subscription]struct{}{}}
}

func (h *hub) publish(e StreamEvent) {
	for h.kept.full(&e) {
		agent, seq := h.kept.drop()
		h.lost[agent] = seq
	}
	h.kept.add(e)
	h.told[e.agent] = e.Seq
	for s := range h.subs[e.agent] {
		select {
		case s.events <- e:
		default:
			h.end(s, ErrSlow)
		}
	}
}

// end must be called once for a subscription that is in subs.
func (h *hub) end(s *Subscription, why error) {
	delete(h.subs[s.agent], s)
	if len(h.subs[s.agent]) == 0 {
		delete(h.subs, s.agent)
	}
	h.count--
	s.err.Store(&why)
	close(s.events)
}

// since returns what an agent missed after a sequence, in order.
func (h *hub) since(agent string, after uint64) []StreamEvent {
	start := sort.Search(h.kept.n, func(i int) bool { return h.kept.at(i).Seq > after })
	var missed []StreamEvent
	for i := start; i < h.kept.n; i++ {
		if e := h.kept.at(i); e.agent == agent {
			missed = append(missed, *e)
		}
	}
	return missed
}

// Subscription is one agent's live stream.
type Subscription struct {
	// Hello goes first, Missed follow it, then what Events brings.
	Hello  Hello
	Missed []StreamEvent

	view   *View
	agent  string
	events chan StreamEvent
	err    atomic.Pointer[error]
}

// Subscribe begins an agent's stream. After is the last sequence that the client has seen, 0 when it has seen nothing.
func (v *View) Subscribe(agent string, after uint64) (*Subscription, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.plan.Agent(agent)
	switch {
	case v.hub.closing:
		return nil, ErrClosing
	case p == nil:
		return nil, ErrUnknownAgent
	}
	s := &Subscription{Hello: v.helloLocked(p), view: v, agent: agent, events: make(chan StreamEvent, subscriptionBuffer)}
	if after > 0 && after >= v.hub.lost[agent] && after <= v.seq {
		s.Hello.Resumed, s.Hello.Seq = true, after
		s.Missed = v.hub.since(agent, after)
	}
	if v.hub.subs[agent] == nil {
		v.hub.subs[agent] = map[*Subscription]struct{}{}
	}
	v.hub.subs[agent][s] = struct{}{}
	v.hub.count++
	return s, nil
}

// Events brings what happens after Missed. It is closed when the subscription is over; Err then says why.
func (s *Subscription) Events() <-chan StreamEvent { return s.events }

// Err is why the subscription is over: ErrSlow, ErrClosing, or nil while it lives and after Close.
func (s *Subscription) Err() error {
	if p := s.err.Load(); p != nil {
		return *p
	}
	return nil
}

// Close ends the subscription. It may be called again.
func (s *Subscription) Close() {
	s.view.mu.Lock()
	defer s.view.mu.Unlock()
	if _, ok := s.view.hub.subs[s.agent][s]; ok {
		s.view.hub.end(s, nil)
	}
}

// CloseStreams ends all subscriptions and refuses new ones: the distributor stops.
func (v *View) CloseStreams() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hub.closing = true
	for _, subs := range v.hub.subs {
		for s := range subs {
			v.hub.end(s, ErrClosing)
		}
	}
}
