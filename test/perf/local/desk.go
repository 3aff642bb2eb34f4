// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"workstream.dev/operator/internal/testkit/apiclient"
)

// inFlight is a power of two above all conversations at a time.
const inFlight = 1 << 18

// desk are the customers and the agents.
type desk struct {
	api, secret string
	run         string // tells the conversations of this run from others
	overHTTP    bool
	sample      atomic.Pointer[sampler]
	numbers     atomic.Int64
	lives       [inFlight]atomic.Pointer[life]
	agents      []*agent
	ended       sync.WaitGroup
	closing     atomic.Bool
}

// life is one conversation.
type life struct {
	number   int64
	from     time.Time // when it was to begin
	accepted time.Time
	item     string
	done     chan bool // room for one: whether it went as it should
	sample   *sampler
}

type agent struct {
	desk   *desk
	socket *socket
	token  string
}

func openDesk(ctx context.Context, o *options, api, secret string, tokens *apiclient.Issuer) (*desk, error) {
	d := &desk{api: api, secret: secret, run: randomWord(), overHTTP: o.overHTTP}
	d.sample.Store(&sampler{})
	for i := range o.agents {
		token, err := tokens.Token(agentName(i), 24*time.Hour)
		if err != nil {
			return nil, err
		}
		a := &agent{desk: d, token: token}
		if a.socket, err = openSocket(ctx, api, "/v1/namespaces/"+namespace+"/agent/stream", token); err != nil {
			return nil, err
		}
		client := &apiclient.Client{BaseURL: "http://" + api, Namespace: namespace, Token: token}
		if err := client.SetPresence(ctx, "Available"); err != nil {
			return nil, err
		}
		d.agents = append(d.agents, a)
		d.ended.Go(a.work)
	}
	return d, nil
}

func (d *desk) close() {
	d.closing.Store(true)
	for _, a := range d.agents {
		_ = a.socket.conn.Close()
	}
	d.ended.Wait()
}

func randomWord() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// begin has a customer send a first message, and returns the conversation when it was answered.
func (d *desk) begin(c *connection, from time.Time, sample *sampler) (*life, error) {
	l := &life{number: d.numbers.Add(1), from: from, done: make(chan bool, 1), sample: sample}
	d.lives[l.number%inFlight].Store(l)
	number := strconv.FormatInt(l.number, 10)
	body := append(make([]byte, 0, 256), `{"type":"message.created","data":{"conversation":"`...)
	body = append(append(append(body, d.run...), '-'), number...)
	body = append(body, `","customer":{"id":"u1","name":"Mia"},"message":{"text":"Where is my order?"}}}`...)
	id := d.run + "." + number
	ts := strconv.FormatInt(time.Now().Unix(), 10)
	headers := "webhook-id: " + id + "\r\nwebhook-timestamp: " + ts + "\r\nwebhook-signature: " +
		apiclient.Sign(d.secret, id, ts, body) + "\r\n"
	sample.count(from, 1) // its offer may come before the answer
	status, answer, err := c.post("/webhooks/"+namespace+"/"+address, headers, body)
	if err != nil {
		sample.count(from, -1)
		return nil, err
	}
	if status != 202 {
		sample.count(from, -1)
		sample.fail(fmt.Sprintf("webhook answered %d %s", status, member(answer, "reason")))
		return nil, nil
	}
	sample.add(answered, from, time.Since(from))
	return l, nil
}

// work takes whatever is offered, until the socket ends.
func (a *agent) work() {
	for {
		frame, err := a.socket.next()
		if err != nil {
			if !a.desk.closing.Load() {
				a.desk.sample.Load().fail("a stream ended: " + err.Error())
			}
			return
		}
		switch {
		case bytes.Contains(frame[:min(len(frame), 24)], []byte(`"type":"answer"`)):
			a.answered(frame)
		case bytes.Contains(frame, []byte(`"type":"offer.made"`)):
			a.offered(frame)
		}
	}
}

func (a *agent) offered(frame []byte) {
	conversation := member(frame, "conversation")
	run, number, _ := bytes.Cut([]byte(conversation), []byte("-"))
	if string(run) != a.desk.run {
		return
	}
	n, err := strconv.ParseInt(string(number), 10, 64)
	l := a.desk.lives[n%inFlight].Load()
	if err != nil || l == nil || l.number != n {
		a.desk.sample.Load().fail("an offer of no conversation")
		return
	}
	l.accepted = time.Now()
	l.sample.add(offered, l.from, l.accepted.Sub(l.from))
	l.item = member(frame, "id") // of the item, which is an object here
	offer := member(frame, "offer")
	if a.desk.overHTTP {
		go a.handle(l, offer)
		return
	}
	a.send('a', l, "accept", offer)
}

// send puts a command out: its id is the step and the conversation's number.
func (a *agent) send(step byte, l *life, do, target string) {
	body := append(make([]byte, 0, 128), `{"id":"`...)
	body = append(body, step)
	body = strconv.AppendInt(body, l.number, 10)
	body = append(append(append(body, `","do":"`...), do...), `","target":"`...)
	body = append(append(body, target...), `"}`...)
	a.socket.write(text, body)
}

// answered goes on to the next step.
func (a *agent) answered(frame []byte) {
	id := member(frame, "id")
	n, err := strconv.ParseInt(id[min(1, len(id)):], 10, 64)
	l := a.desk.lives[n%inFlight].Load()
	if err != nil || l == nil || l.number != n {
		a.desk.sample.Load().fail("an answer to nothing: " + string(frame))
		return
	}
	if !bytes.Contains(frame[:min(len(frame), 64)], []byte(`"status":200`)) {
		l.sample.fail("command answered with " + member(frame, "reason"))
		l.over(false)
		return
	}
	switch id[0] {
	case 'a':
		l.sample.add(accepted, l.from, time.Since(l.accepted))
		a.send('e', l, "end", l.item)
	case 'e':
		a.send('c', l, "close", l.item)
	case 'c':
		l.end()
	}
}

func (l *life) end() {
	l.sample.add(whole, l.from, time.Since(l.from))
	l.over(true)
}

// over is said once of each.
func (l *life) over(well bool) {
	l.sample.count(l.from, -1)
	l.done <- well
}

// idle are connections that nobody uses at the moment.
var idle = sync.Pool{}

// handle goes through the steps over HTTP.
func (a *agent) handle(l *life, offer string) {
	c, _ := idle.Get().(*connection)
	if c == nil {
		var err error
		if c, err = dial(context.Background(), a.desk.api); err != nil {
			l.sample.fail(err.Error())
			l.over(false)
			return
		}
	}
	headers := "Authorization: Bearer " + a.token + "\r\n"
	for i, path := range []string{"offers/" + offer + "/accept", "items/" + l.item + "/end", "items/" + l.item + "/close"} {
		status, answer, err := c.post("/v1/namespaces/"+namespace+"/"+path, headers, nil)
		if err != nil || status != 200 {
			l.sample.fail(fmt.Sprintf("%s answered %d %s", path, status, member(answer, "reason")))
			l.over(false)
			return
		}
		if i == 0 {
			l.sample.add(accepted, l.from, time.Since(l.accepted))
		}
	}
	idle.Put(c)
	l.end()
}
