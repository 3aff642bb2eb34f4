// SPDX-License-Identifier: Apache-2.0

package view

import (
	"errors"
	"slices"
	"sort"
	"sync"
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

	subs    map[string][]*Subscription
	woken   []*Subscription // have something to take since the last wake
	count   int
	closing bool
}

func newHub() hub {
	return hub{told: map[string]uint64{}, lost: map[string]uint64{}, subs: map[string][]*Subscription{}}
}

// publish passes an event on; those who get it are told by wake that there is something.
func (h *hub) publish(e *StreamEvent) {
	for h.kept.full(e) {
		agent, seq := h.kept.drop()
		h.lost[agent] = seq
	}
	h.kept.add(e)
	h.told[e.agent] = e.Seq
	var slow []*Subscription
	for _, s := range h.subs[e.agent] {
		switch first, room := s.put(e); {
		case !room:
			slow = append(slow, s)
		case first:
			h.woken = append(h.woken, s)
		}
	}
	for _, s := range slow {
		h.end(s, ErrSlow)
	}
}

// wake is called when all that belongs together was published, so that a subscriber can take and send it at once.
func (h *hub) wake() {
	for _, s := range h.woken {
		if s.behind() {
			s.Nudge()
		}
	}
	clear(h.woken)
	h.woken = h.woken[:0]
}

// end must be called once for a subscription that is in subs.
func (h *hub) end(s *Subscription, why error) {
	h.subs[s.agent] = slices.DeleteFunc(h.subs[s.agent], func(other *Subscription) bool { return other == s })
	if len(h.subs[s.agent]) == 0 {
		delete(h.subs, s.agent)
	}
	h.count--
	s.end(why)
}

// since returns what an agent missed after a sequence, in order.
func (h *hub) since(agent string, after uint64) []*StreamEvent {
	start := sort.Search(h.kept.n, func(i int) bool { return h.kept.at(i).Seq > after })
	var missed []*StreamEvent
	for i := start; i < h.kept.n; i++ {
		if e := h.kept.at(i); e.agent == agent {
			missed = append(missed, e)
		}
	}
	return missed
}

// Subscription is one agent's live stream.
type Subscription struct {
	// Hello goes first, Missed follow it, then what Take returns.
	Hello  Hello
	Missed []*StreamEvent

	view  *View
	agent string
	ready chan struct{} // room for one

	mu      sync.Mutex
	waiting []*StreamEvent
	over    bool
	err     error
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
	s := &Subscription{Hello: v.helloLocked(p), view: v, agent: agent, ready: make(chan struct{}, 1)}
	if after > 0 && after >= v.hub.lost[agent] && after <= v.seq {
		s.Hello.Resumed, s.Hello.Seq = true, after
		s.Missed = v.hub.since(agent, after)
	}
	v.hub.subs[agent] = append(v.hub.subs[agent], s)
	v.hub.count++
	return s, nil
}

// Ready receives when there is something to take, and after Nudge.
func (s *Subscription) Ready() <-chan struct{} { return s.ready }

// Nudge has Ready receive, for those who wait for something of their own as well.
func (s *Subscription) Nudge() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// Take returns what happened since the last time, in order, in place of what is in the slice; nobody may change an event.
// Once the subscription is over nothing follows: Err then says why.
func (s *Subscription) Take(into []*StreamEvent) (events []*StreamEvent, over bool) {
	clear(into)
	s.mu.Lock()
	defer s.mu.Unlock()
	events, s.waiting = s.waiting, into[:0]
	return events, s.over
}

// behind reports whether there is something to take.
func (s *Subscription) behind() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) > 0
}

// put reports whether e is the first to be taken, and whether there was room for it.
func (s *Subscription) put(e *StreamEvent) (first, room bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == subscriptionBuffer {
		return false, false
	}
	s.waiting = append(s.waiting, e)
	return len(s.waiting) == 1, true
}

// end lets the last events be taken, and nothing more be put.
func (s *Subscription) end(why error) {
	s.mu.Lock()
	s.over, s.err = true, why
	s.mu.Unlock()
	s.Nudge()
}

// Err is why the subscription is over: ErrSlow, ErrClosing, or nil while it lives and after Close.
func (s *Subscription) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close ends the subscription. It may be called again.
func (s *Subscription) Close() {
	s.view.mu.Lock()
	defer s.view.mu.Unlock()
	if slices.Contains(s.view.hub.subs[s.agent], s) {
		s.view.hub.end(s, nil)
	}
}

// CloseStreams ends all subscriptions and refuses new ones: the distributor stops.
func (v *View) CloseStreams() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hub.closing = true
	for _, subs := range v.hub.subs {
		for _, s := range slices.Clone(subs) {
			v.hub.end(s, ErrClosing)
		}
	}
}
