// SPDX-License-Identifier: Apache-2.0

package linear

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
)

// kind is what a client asks for.
type kind string

const (
	accept     kind = "accept"
	decline    kind = "decline"
	pick       kind = "pick"
	assign     kind = "assign"
	end        kind = "end"
	closeItem  kind = "close"
	forceClose kind = "force-close"
	read       kind = "read"
	// closeRecord is an integration's, which names the record and no item.
	closeRecord kind = "close-record"
)

// input is a request about one item.
type input struct {
	kind  kind
	item  string
	agent string // who asks; with assign who gets it
	// offer numbers the offers of an item from 1; owner is whom it was made to.
	offer int
	owner string
	// record is its business system's id where the item is a record: it is picked, never offered.
	record string
}

// output is the answer.
type output struct {
	// unknown says that nobody knows whether it was done: the connection broke, or the distributor does not know.
	unknown   bool
	duplicate bool
	reason    string // of a refusal
	shown     shown  // of a read
}

func (o output) done() bool { return !o.unknown && o.reason == "" }

// shown is what a read shows of an item.
type shown struct {
	state string
	agent string
	offer int // the live one, 0 for none
}

// The states of an item.
const (
	open    = "Open"
	active  = "Active"
	waiting = "Waiting"
	wrapUp  = "WrapUp"
	closed  = "Closed"
)

// fate is how an offer ended, as far as anybody was told.
const (
	unheard  = '?'
	accepted = 'a'
	declined = 'd'
	expired  = 'e'
	revoked  = 'r'
)

// state is an item as one client at a time would find it. Offers are made and end by themselves while it is open: that is
// not seen, so an open item may have any offer out whose number is above ended.
type state struct {
	state string
	agent string // who has it, or had it when it waits
	ended int    // all offers up to this one are over
	fates string // of offers 1, 2, ...
}

func (s state) fate(offer int) byte {
	if offer > len(s.fates) {
		return unheard
	}
	return s.fates[offer-1]
}

// with returns s after an offer ended so.
func (s state) with(offer int, fate byte) state {
	fates := []byte(s.fates + strings.Repeat(string(unheard), max(offer-len(s.fates), 0)))
	fates[offer-1] = fate
	s.fates, s.ended = string(fates), max(s.ended, offer)
	return s
}

func (s state) in(where, agent string) state {
	s.state, s.agent = where, agent
	return s
}

// step returns the states that an item may be in after a request with this answer, none when the answer cannot be.
func step(s state, in input, out output) []state {
	if out.unknown {
		return append([]state{s}, success(s, in, false)...)
	}
	if out.done() {
		if in.kind == read {
			return seen(s, out.shown)
		}
		return success(s, in, out.duplicate)
	}
	return refused(s, in, out.reason)
}

// success is what a request does that is carried out.
func success(s state, in input, duplicate bool) []state {
	mine := s.state == active && s.agent == in.agent
	parked := s.state == waiting && s.agent == in.agent // and may be taken up again
	live := s.state == open && in.offer > s.ended && in.agent == in.owner
	switch in.kind {
	case accept:
		switch {
		case duplicate:
			return only(s, in.agent == in.owner && s.fate(in.offer) == accepted)
		default:
			return only(s.with(max(in.offer, 1), accepted).in(active, in.agent), live)
		}
	case decline:
		if duplicate {
			return only(s, in.agent == in.owner && s.fate(in.offer) == declined)
		}
		return only(s.with(max(in.offer, 1), declined), live)
	case pick:
		if duplicate {
			return only(s, mine)
		}
		return only(s.in(active, in.agent), s.state == open || parked)
	case assign:
		if duplicate {
			return only(s, mine)
		}
		return only(s.in(active, in.agent), s.state == open || s.state == waiting || s.state == active && !mine)
	case end:
		after := s.in(wrapUp, in.agent)
		if in.record != "" {
			after = s.in(closed, in.agent)
		}
		return only(after, mine && !duplicate)
	case closeItem:
		if mine {
			return only(s.in(waiting, in.agent), in.record == "" && !duplicate)
		}
		return only(s.in(closed, in.agent), s.state == wrapUp && s.agent == in.agent && !duplicate)
	case forceClose, closeRecord:
		return only(s.in(closed, s.agent), s.state != closed && !duplicate)
	case read:
	}
	return []state{s}
}

// refused is what a refusal says about the item.
func refused(s state, in input, reason string) []state {
	mine := s.state == active && s.agent == in.agent
	parked := s.state == waiting && s.agent == in.agent
	switch in.kind {
	case accept, decline:
		return refusedOffer(s, in, reason)
	case pick:
		switch reason {
		case "InsufficientCapacity":
			return only(s, s.state == open)
		case "WrongState": // one that is offered at the moment cannot be picked
			return only(s, !mine && !parked && (s.state != open || in.record == ""))
		}
	case assign:
		return only(s, reason == "WrongState" && (s.state == wrapUp || s.state == closed))
	case end:
		return only(s, (reason == "WrongState" || reason == "ItemNotYours") && !mine)
	case closeItem:
		can := mine && in.record == "" || s.state == wrapUp && s.agent == in.agent
		return only(s, (reason == "WrongState" || reason == "ItemNotYours") && !can)
	case forceClose:
		return only(s, reason == "WrongState" && s.state == closed)
	case closeRecord:
		return only(s, reason == "UnknownRecord" && s.state == closed)
	case read:
	}
	return nil
}

func refusedOffer(s state, in input, reason string) []state {
	was := s.fate(in.offer)
	over := func(how byte) []state { return only(s.with(in.offer, how), was == unheard || was == how) }
	switch {
	case in.agent != in.owner:
		return only(s, reason == "OfferNotYours")
	case reason == "OfferExpired":
		return over(expired)
	case reason == "OfferRevoked":
		return over(revoked)
	case reason == "OfferDeclined":
		return only(s, in.kind == accept && was == declined)
	case reason == "OfferAccepted":
		return only(s, in.kind == decline && was == accepted)
	}
	return nil
}

// seen is what a read says.
func seen(s state, what shown) []state {
	switch {
	case what.state != s.state:
		return nil
	case what.state == open && what.offer > 0:
		if what.offer <= s.ended {
			return nil
		}
		s.ended = what.offer - 1
		return []state{s}
	case what.state == active || what.state == wrapUp:
		return only(s, what.agent == s.agent && what.offer == 0)
	}
	return only(s, what.offer == 0)
}

func only(s state, can bool) []state {
	if !can {
		return nil
	}
	return []state{s}
}

// model checks one item at a time: items have nothing in common but the capacity of agents, which a pick may be refused for.
func model() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Partition: byItem,
		Init:      func() []any { return []any{state{state: open}} },
		Step: func(at, in, out any) []any {
			var next []any
			for _, s := range step(at.(state), in.(input), out.(output)) {
				next = append(next, s)
			}
			return next
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %+v", in, out) },
		DescribeState:     func(s any) string { return fmt.Sprintf("%+v", s) },
	}
	return m.ToModel()
}

func byItem(history []porcupine.Operation) [][]porcupine.Operation {
	var parts [][]porcupine.Operation
	place := map[string]int{}
	for _, op := range history {
		item := op.Input.(input).item
		i, known := place[item]
		if !known {
			i = len(parts)
			place[item] = i
			parts = append(parts, nil)
		}
		parts[i] = append(parts[i], op)
	}
	return parts
}
