// SPDX-License-Identifier: Apache-2.0

package linear

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"workstream.dev/operator/internal/testkit/apiclient"
)

// crowd is everybody who uses a distributor at the same time.
type crowd struct {
	*world

	history *history
	// transport is what requests go through, nil for the usual one.
	transport http.RoundTripper
	// told is called when somebody has just been told that something is done, unless it is nil.
	told func()
	ctx  context.Context // ends when everybody is to go home
	busy sync.WaitGroup

	mu     sync.Mutex
	items  []item // those that were opened
	owners map[string]string
	bad    []string // answers that nobody should ever get
}

type item struct {
	id     string
	record string // its business system's id; empty of a conversation
}

// about is a request about the item.
func (it item) about(what kind, agent string) input {
	return input{kind: what, item: it.id, agent: agent, record: it.record}
}

func newCrowd(ctx context.Context, w *world) *crowd {
	return &crowd{world: w, history: newHistory(), ctx: ctx, owners: map[string]string{}}
}

// run has everybody come and work until the context ends.
func (c *crowd) run(seed uint64) {
	rnd := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, n)) }
	c.busy.Go(func() { c.intake(rnd(1)) })
	for i, name := range agents {
		n := uint64(10 * (i + 1))
		offers := make(chan string, 1024)
		c.busy.Go(func() { c.listen(name, offers) })
		for hand := range uint64(2) { // two windows of one desk
			c.busy.Go(func() { c.answer(name, offers, rnd(n+hand)) })
		}
		c.busy.Go(func() { c.work(name, rnd(n+5)) })
	}
	c.busy.Go(func() { c.supervise(rnd(2)) })
	c.busy.Go(func() { c.read(rnd(3)) })
	c.busy.Wait()
}

// pause waits for a moment and reports whether the day goes on.
func (c *crowd) pause(rnd *rand.Rand, most time.Duration) bool {
	select {
	case <-c.ctx.Done():
		return false
	case <-time.After(time.Duration(rnd.Int64N(int64(most)))):
		return true
	}
}

// intake opens conversations and records, few at a time, so that many want the same.
func (c *crowd) intake(rnd *rand.Rand) {
	for n := 0; c.pause(rnd, 60*time.Millisecond); n++ {
		var a apiclient.Answer
		var err error
		record := ""
		if n%3 == 2 {
			record = fmt.Sprint("CAS-", n)
			a, err = c.client("sue").Record(c.ctx, "cases", "", map[string]any{"id": record})
		} else {
			hook := &apiclient.Webhook{Client: c.client(""), Address: "web", Secret: c.secret}
			a, err = hook.Message(c.ctx, apiclient.Inbound{
				Conversation: fmt.Sprint("c-", n), Message: map[string]any{"text": "hi"},
			})
		}
		if err != nil {
			continue // nobody knows the item, so nobody asks for it
		}
		c.mu.Lock()
		c.items = append(c.items, item{a.Item, record})
		c.mu.Unlock()
	}
}

// listen follows an agent's stream, and comes back when it ends.
func (c *crowd) listen(name string, offers chan<- string) {
	defer close(offers)
	for c.ctx.Err() == nil {
		s, err := c.client(name).Stream(c.ctx, 0)
		if err != nil {
			wait(c.ctx, 5*time.Millisecond)
			continue
		}
		_ = c.client(name).SetPresence(c.ctx, "Available") // again with the next connection, should this fail
		for {
			e, err := s.Next(c.ctx, "offer.made")
			if err != nil {
				break
			}
			c.mu.Lock()
			c.owners[e.Offer] = name
			c.mu.Unlock()
			select {
			case offers <- e.Offer:
			default:
			}
		}
		s.Close()
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// answer accepts and declines, or forgets to; sometimes late, sometimes what is somebody else's.
func (c *crowd) answer(name string, offers <-chan string, rnd *rand.Rand) {
	client := rnd.IntN(1 << 20)
	for offer := range offers {
		if !c.pause(rnd, 2*offerTime/3) {
			return
		}
		switch n := rnd.IntN(12); {
		case n < 5:
			c.ask(client, name, accept, offer)
		case n < 8:
			c.ask(client, name, decline, offer)
		case n < 9:
			c.ask(client, name, decline, offer)
			c.ask(client, name, accept, offer)
		case n < 10:
			c.ask(client, agents[rnd.IntN(len(agents))], accept, offer)
		case n < 11: // late
			c.pause(rnd, 2*offerTime)
			c.ask(client, name, accept, offer)
		}
		if rnd.IntN(3) == 0 {
			c.ask(client, name, accept, offer) // a second click
		}
	}
}

// work picks, ends and closes, without looking twice whether that makes sense.
func (c *crowd) work(name string, rnd *rand.Rand) {
	client := rnd.IntN(1 << 20)
	for c.pause(rnd, 15*time.Millisecond) {
		it, some := c.recent(rnd)
		if !some {
			continue
		}
		switch rnd.IntN(6) {
		case 0, 1:
			c.do(client, it.about(pick, name))
		case 2, 3:
			c.do(client, it.about(end, name))
		case 4, 5:
			c.do(client, it.about(closeItem, name))
		}
	}
}

// supervise takes items from one and gives them to another; records are at times over elsewhere.
func (c *crowd) supervise(rnd *rand.Rand) {
	client := rnd.IntN(1 << 20)
	for c.pause(rnd, 20*time.Millisecond) {
		it, some := c.recent(rnd)
		if !some {
			continue
		}
		switch n := rnd.IntN(16); {
		case n < 2:
			c.do(client, it.about(forceClose, ""))
		case n < 5 && it.record != "":
			c.do(client, it.about(closeRecord, ""))
		case n > 8:
			c.do(client, it.about(assign, agents[rnd.IntN(len(agents))]))
		}
	}
}

// read looks at items that others are at.
func (c *crowd) read(rnd *rand.Rand) {
	client := rnd.IntN(1 << 20)
	for c.pause(rnd, 5*time.Millisecond) {
		if it, some := c.recent(rnd); some {
			c.look(client, it)
		}
	}
}

// recent returns one of the last items: that is where the crowd is.
func (c *crowd) recent(rnd *rand.Rand) (item, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.items) == 0 {
		return item{}, false
	}
	last := min(len(c.items), 12)
	return c.items[len(c.items)-1-rnd.IntN(last)], true
}

// ask answers an offer. Its id is the item's with a number.
func (c *crowd) ask(client int, who string, what kind, offer string) {
	id, number, _ := strings.Cut(offer, "-o")
	n, err := strconv.Atoi(number)
	if err != nil {
		c.complain("offer " + offer + " has no number")
		return
	}
	c.mu.Lock()
	owner := c.owners[offer]
	c.mu.Unlock()
	c.do(client, input{kind: what, item: id, agent: who, offer: n, owner: owner})
}

// do sends a request and notes what it was answered.
func (c *crowd) do(client int, in input) {
	who, path, body := in.agent, "items/"+in.item+"/"+string(in.kind), any(nil)
	switch in.kind {
	case accept, decline:
		path = fmt.Sprintf("offers/%s-o%d/%s", in.item, in.offer, in.kind)
	case assign:
		who, body = "sue", map[string]string{"agent": in.agent}
	case forceClose, closeRecord:
		who = "sue"
	default:
	}
	caller := c.client(who)
	if c.transport != nil {
		caller.HTTP = &http.Client{Transport: c.transport}
	}
	sent := time.Now()
	var a apiclient.Answer
	var err error
	if in.kind == closeRecord {
		a, err = caller.CloseRecord(c.ctx, "cases", "", in.record)
	} else {
		a, err = caller.Do(c.ctx, path, body)
	}
	if err == nil && c.told != nil {
		c.told()
	}
	c.note(client, sent, in, output{duplicate: a.Duplicate}, err)
}

// look reads an item and notes what it was shown.
func (c *crowd) look(client int, it item) {
	var got struct {
		State, Agent string
		Offer        struct{ ID string }
	}
	sent := time.Now()
	err := c.client("sue").Call(context.WithoutCancel(c.ctx), http.MethodGet, "items/"+it.id, nil, &got)
	_, number, _ := strings.Cut(got.Offer.ID, "-o")
	offer, _ := strconv.Atoi(number) // none is 0
	c.note(client, sent, it.about(read, ""), output{shown: shown{got.State, got.Agent, offer}}, err)
}

// note tells apart what was done, what was refused, what was not done at all, and what nobody knows.
func (c *crowd) note(client int, sent time.Time, in input, out output, err error) {
	p, dial := (*apiclient.Problem)(nil), (*net.OpError)(nil)
	switch {
	case err == nil:
	case errors.As(err, &p) && p.Status == http.StatusServiceUnavailable:
		if p.Reason != "OutcomeUnknown" {
			return
		}
		out = output{unknown: true}
	case errors.As(err, &p) && (p.Status >= 500 || p.Status == http.StatusUnauthorized || p.Reason == "InvalidField"):
		c.complain(fmt.Sprintf("%+v is answered with %v", in, p))
		return
	case p != nil:
		out = output{reason: p.Reason}
	case errors.As(err, &dial) && dial.Op == "dial":
		return
	default:
		out = output{unknown: true}
	}
	if in.kind == read && !out.done() {
		return // it says nothing
	}
	c.history.add(client, sent, in, out)
}

func (c *crowd) complain(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bad = append(c.bad, what)
}

// lastLook reads every item when all is quiet: what was acknowledged must be there.
func (c *crowd) lastLook() {
	for _, it := range c.items {
		c.look(0, it)
	}
}
