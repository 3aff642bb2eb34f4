// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"workstream.dev/operator/internal/engine"
	"workstream.dev/operator/internal/event"
)

// start is a Monday, 00:00 UTC.
const start = event.Instant(1_767_571_200_000_000)

// replication is one run of a centre.
type replication struct {
	cfg    *Config
	second float64
	eng    *engine.Engine
	now    event.Instant
	cal    calendar

	arrivals, services, patiences []*rand.Rand // by class: one does not disturb the others
	people                        *rand.Rand

	agents map[string]int
	live   map[string]*conversation
	free   []*conversation
	number int

	from, to event.Instant // who arrives then is looked at
	open     int           // of those how many are not known to have been served or to have left
	tally    tally
}

// conversation is one customer's.
type conversation struct {
	item, id string
	class    int
	arrived  event.Instant
	assigned event.Instant // 0 while waiting
	agent    int
	offer    string // the live one
	offered  string // to whom
	turn     uint64 // counts those that this memory was used for
}

func newReplication(cfg *Config, activate event.ActivatePlan, seed uint64, warmup, span float64) (*replication, error) {
	r := &replication{
		cfg: cfg, second: cfg.second, eng: engine.New(), now: start,
		agents: make(map[string]int), live: make(map[string]*conversation),
		people: stream(seed, 0),
	}
	r.from = start + event.Instant(warmup*r.second)
	r.to = r.from + event.Instant(span*r.second)
	r.tally = newTally(cfg)
	for i := range cfg.Classes {
		r.arrivals = append(r.arrivals, stream(seed, 4*i+1))
		r.services = append(r.services, stream(seed, 4*i+2))
		r.patiences = append(r.patiences, stream(seed, 4*i+3))
	}
	if err := r.do(activate); err != nil {
		return nil, err
	}
	for i := range cfg.Agents {
		r.agents[cfg.Agents[i].Name] = i
		if err := r.do(event.ConnectAgent{Agent: cfg.Agents[i].Name}); err != nil {
			return nil, err
		}
	}
	for i := range cfg.Classes {
		r.planArrival(i)
	}
	return r, nil
}

// stream is one of many sequences of random numbers that have nothing to do with each other, though their seeds are near.
func stream(seed uint64, n int) *rand.Rand {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(n))
	return rand.New(rand.NewChaCha8(sha256.Sum256(key[:])))
}

func (r *replication) planArrival(class int) {
	r.cal.plan(due{at: r.after(r.arrivals[class].ExpFloat64() / r.cfg.Classes[class].Rate), what: arrival, class: class})
}

// after is so many seconds from now, or when all is over.
func (r *replication) after(seconds float64) event.Instant {
	return r.now + event.Instant(min(math.Round(seconds*r.second), endOfTime))
}

// run goes on until all who arrived in time are served or have left; those who have not after the same time again never
// will be, for nobody has time for them.
func (r *replication) run() error {
	limit := r.to + (r.to - start)
	for r.now < r.to || (r.open > 0 && r.now < limit) {
		at := r.cal.list[0].at
		if wake := r.eng.Wake(); wake != 0 && wake <= at {
			r.now = max(r.now, wake)
			if err := r.do(event.Tick{}); err != nil {
				return err
			}
			continue
		}
		d := r.cal.next()
		r.now = d.at
		if err := r.happen(&d); err != nil {
			return err
		}
	}
	for _, c := range r.live {
		r.tally.unresolved(r, c)
	}
	return nil
}

func (r *replication) happen(d *due) error {
	if d.what == arrival {
		r.planArrival(d.class)
		return r.arrive(d.class)
	}
	c := d.conv
	if c.turn != d.turn {
		return nil
	}
	switch d.what {
	case departure:
		if c.assigned != 0 {
			return nil
		}
		return r.do(event.LeaveConversation{Channel: r.cfg.Classes[c.class].Name, Conversation: c.id})
	case acceptance, refusal:
		return r.answer(c, d)
	case end:
		if err := r.do(event.EndItem{Agent: r.cfg.Agents[c.agent].Name, Item: c.item}); err != nil {
			return err
		}
		if wrap := r.cfg.Handling.WrapUp; wrap.Mean > 0 {
			r.cal.plan(due{at: r.after(wrap.draw(r.people)), what: done, conv: c, turn: c.turn})
			return nil
		}
		return r.do(event.CloseItem{Agent: r.cfg.Agents[c.agent].Name, Item: c.item})
	default:
		return r.do(event.CloseItem{Agent: r.cfg.Agents[c.agent].Name, Item: c.item})
	}
}

func (r *replication) arrive(class int) error {
	k := &r.cfg.Classes[class]
	c := r.remember()
	r.number++
	c.id = fixed(r.number)
	c.item, c.class, c.arrived = c.id, class, r.now
	r.live[c.item] = c
	if r.looked(c.arrived) {
		r.open++
		r.tally.classes[class].arrivals++
	}
	turn := c.turn
	err := r.do(event.ReceiveMessage{Item: c.item, Message: "m", Channel: k.Name, Conversation: c.id})
	if err != nil || c.turn != turn || k.Patience.Never() {
		return err
	}
	wait := k.Patience.draw(r.patiences[class])
	if c.assigned == 0 {
		r.cal.plan(due{at: r.after(wait), what: departure, conv: c, turn: c.turn})
	}
	return nil
}

// fixed has as many digits for each number, so that ids have the order of arrival.
func fixed(n int) string {
	var b [10]byte
	s := strconv.AppendInt(b[:0], int64(n), 10)
	out := [10]byte{'0', '0', '0', '0', '0', '0', '0', '0', '0', '0'}
	copy(out[10-len(s):], s)
	return string(out[:])
}

func (r *replication) remember() *conversation {
	if n := len(r.free); n > 0 {
		c := r.free[n-1]
		r.free = r.free[:n-1]
		return c
	}
	return &conversation{}
}

func (r *replication) forget(c *conversation) {
	delete(r.live, c.item)
	*c = conversation{turn: c.turn + 1}
	r.free = append(r.free, c)
}

func (r *replication) looked(arrived event.Instant) bool { return arrived >= r.from && arrived < r.to }

// do lets the engine decide and takes notice of what it did.
func (r *replication) do(cmd event.Command) error {
	out, err := r.eng.Step(r.now, cmd)
	if err != nil {
		return fmt.Errorf("%T at %d: %w", cmd, r.now, err)
	}
	if out.Result.Rejected != nil {
		return fmt.Errorf("%T at %d was refused: %s: %s", cmd, r.now, out.Result.Rejected.Reason, out.Result.Rejected.Message)
	}
	r.tally.steps++
	r.tally.events += len(out.Events)
	for i := range out.Events {
		r.notice(out.Events[i].Event)
	}
	return nil
}

func (r *replication) notice(ev event.Event) {
	switch ev := ev.(type) {
	case event.ItemAssigned:
		r.assigned(r.live[ev.Item], ev.Agent)
	case event.OfferMade:
		r.offered(r.live[ev.Item], &ev)
	case event.OfferClosed:
		r.live[ev.Item].offer = ""
	case event.ItemClosed:
		r.closed(r.live[ev.Item], ev.Reason)
	case event.WrapUpStarted:
		if ev.Released {
			r.tally.released(r, r.live[ev.Item])
		}
	}
}

func (r *replication) assigned(c *conversation, agent string) {
	c.assigned, c.agent = r.now, r.agents[agent]
	if r.looked(c.arrived) {
		r.open--
	}
	r.tally.served(r, c)
	length := r.cfg.Classes[c.class].Service.draw(r.services[c.class]) / r.cfg.Agents[c.agent].Speed
	r.cal.plan(due{at: r.after(length), what: end, conv: c, turn: c.turn})
}

// offered decides what the agent will do, and when.
func (r *replication) offered(c *conversation, ev *event.OfferMade) {
	h := &r.cfg.Handling
	c.offer, c.offered = ev.Offer, ev.Agent
	u := r.people.Float64()
	if u < h.Miss {
		return
	}
	what := acceptance
	if u < h.Miss+h.Decline {
		what = refusal
	}
	r.cal.plan(due{at: r.after(h.Accept.draw(r.people)), what: what, conv: c, turn: c.turn, offer: ev.Offer})
}

// answer does nothing when the offer is no longer there.
func (r *replication) answer(c *conversation, d *due) error {
	switch {
	case c.offer != d.offer:
		return nil
	case d.what == acceptance:
		return r.do(event.AcceptOffer{Agent: c.offered, Offer: c.offer})
	default:
		return r.do(event.DeclineOffer{Agent: c.offered, Offer: c.offer})
	}
}

func (r *replication) closed(c *conversation, reason event.Reason) {
	switch {
	case c.assigned != 0:
		if r.cfg.Handling.WrapUp.Mean > 0 {
			r.tally.released(r, c)
		}
	case reason == event.ClosedDueToOverflow:
		r.tally.turned(r, c)
	default:
		r.tally.left(r, c)
	}
	if c.assigned == 0 && r.looked(c.arrived) {
		r.open--
	}
	r.forget(c)
}
