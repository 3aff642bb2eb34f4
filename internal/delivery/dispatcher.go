// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"container/heap"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"workstream.dev/operator/internal/event"
)

const (
	// workers bounds the callbacks that are under way, and channelWorkers those of one channel: one that does not answer
	// must not hold up the others.
	workers        = 32
	channelWorkers = 8

	minRetry = time.Second
	maxRetry = 5 * time.Minute
	// giveUpAfter is counted from the moment that the delivery was decided, restarts included.
	giveUpAfter = 24 * time.Hour
)

// Sender tells a channel's callback.
type Sender interface {
	Send(ctx context.Context, d event.Delivery) error
}

// Options are what a Dispatcher needs.
type Options struct {
	Sender Sender
	// Classify says of an error of Sender whether trying again is useless, and how long the receiver asked to be left
	// alone.
	Classify func(err error) (permanent bool, after time.Duration)
	// Confirm tells the engine what became of a delivery. It is tried until it succeeds; only then the delivery is done.
	Confirm func(ctx context.Context, c event.ConfirmDelivery) error
	// Metrics may be nil.
	Metrics prometheus.Registerer
	Log     *slog.Logger
}

// Dispatcher sends deliveries.
type Dispatcher struct {
	opts    Options
	metrics *metrics
	// wake has room for one: the scheduler looks at everything when it wakes.
	wake    chan struct{}
	stop    chan struct{}
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu            sync.Mutex
	stopped       bool
	known         map[string]bool // ids of all that is held
	conversations map[key]*conversation
	channels      map[string]*channel
	waiting       schedule
	busy          int
}

// New returns a running dispatcher.
func New(opts Options) *Dispatcher {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d := &Dispatcher{
		opts: opts, metrics: newMetrics(opts.Metrics), cancel: cancel,
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
		known: map[string]bool{}, conversations: map[key]*conversation{}, channels: map[string]*channel{},
	}
	d.running.Go(func() { d.schedule(ctx) })
	return d
}

// Release hands deliveries over, those of a conversation in order. One that is held already is not taken twice. It does
// not block.
func (d *Dispatcher) Release(deliveries []event.Delivery) {
	now := time.Now()
	d.mu.Lock()
	for _, one := range deliveries {
		if d.stopped || d.known[one.ID] {
			continue
		}
		d.known[one.ID] = true
		d.metrics.pending.Inc()
		k := key{channel: one.Channel, conversation: one.Conversation}
		c := d.conversations[k]
		if c == nil {
			c = &conversation{key: k, due: now}
			d.conversations[k] = c
			heap.Push(&d.waiting, c)
		}
		c.pending = append(c.pending, one)
	}
	d.mu.Unlock()
	d.wakeUp()
}

// Stop starts nothing any more and returns when what is under way has ended and is confirmed, or, when ctx ends before,
// has been cancelled. It may be called twice.
func (d *Dispatcher) Stop(ctx context.Context) error {
	d.mu.Lock()
	if !d.stopped {
		d.stopped = true
		close(d.stop)
	}
	d.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		d.running.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	d.cancel()
	<-ended
	return err
}

func (d *Dispatcher) wakeUp() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// schedule starts whatever is due until Stop.
func (d *Dispatcher) schedule(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-d.wake:
		case <-timer.C:
		}
		if next := d.startDue(ctx); !next.IsZero() {
			timer.Reset(time.Until(next))
		} else {
			timer.Stop()
		}
	}
}

// startDue starts what is due and has a worker, and returns when the next is due; zero when that is for somebody else to
// say.
func (d *Dispatcher) startDue(ctx context.Context) time.Time {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.stopped && d.busy < workers && len(d.waiting) > 0 {
		c := d.waiting[0]
		if c.due.After(now) {
			return c.due
		}
		heap.Pop(&d.waiting)
		ch := d.channelLocked(c.key.channel)
		if ch.busy == channelWorkers {
			ch.held = append(ch.held, c)
			continue
		}
		d.busy++
		ch.busy++
		one := c.pending[0]
		d.running.Go(func() { d.attempt(ctx, c, one) })
	}
	return time.Time{}
}

func (d *Dispatcher) channelLocked(name string) *channel {
	ch := d.channels[name]
	if ch == nil {
		ch = &channel{}
		d.channels[name] = ch
	}
	return ch
}

// attempt sends one delivery, which no other attempt can be at: its conversation is not in the schedule meanwhile.
func (d *Dispatcher) attempt(ctx context.Context, c *conversation, one event.Delivery) {
	if !c.unconfirmed {
		if delay := d.send(ctx, c, one); !c.unconfirmed {
			d.finish(c, delay)
			return
		}
	}
	if err := d.opts.Confirm(ctx, event.ConfirmDelivery{Delivery: one.ID, Failure: c.failure}); err != nil {
		// It was told; what is left is to say so.
		d.opts.Log.Info("Confirming a delivery again later", "delivery", one.ID, "error", err)
		c.attempts++
		d.finish(c, backoff(c.attempts))
		return
	}
	d.done(c, one)
}

// send tells the callback. It notes in c what there is to confirm, or returns when to try again.
func (d *Dispatcher) send(ctx context.Context, c *conversation, one event.Delivery) (delay time.Duration) {
	start := time.Now()
	err := d.opts.Sender.Send(ctx, one)
	d.metrics.seconds.Observe(time.Since(start).Seconds())
	if err == nil {
		d.metrics.attempts.WithLabelValues(outcomeDelivered).Inc()
		c.unconfirmed, c.attempts = true, 0
		return 0
	}
	delay, failure := d.judge(ctx, c, one, err)
	if failure == "" {
		d.metrics.attempts.WithLabelValues(outcomeRetried).Inc()
		return delay
	}
	d.metrics.attempts.WithLabelValues(outcomeGivenUp).Inc()
	d.opts.Log.Warn("Gave up a delivery", "channel", one.Channel, "item", one.Item, "delivery", one.ID, "reason", failure)
	c.unconfirmed, c.attempts, c.failure = true, 0, failure
	return 0
}

// judge decides whether and when a delivery that failed is tried again; failure says why it is not.
func (d *Dispatcher) judge(ctx context.Context, c *conversation, one event.Delivery, err error) (delay time.Duration, failure string) {
	if ctx.Err() != nil {
		return maxRetry, "" // stopping
	}
	permanent, after := d.opts.Classify(err)
	if permanent {
		return 0, err.Error()
	}
	c.attempts++
	delay = max(backoff(c.attempts), after)
	if age := time.Since(time.UnixMicro(int64(one.Time))); age+delay > giveUpAfter {
		return 0, "not taken for " + giveUpAfter.String() + ": " + err.Error()
	}
	if c.attempts == 1 {
		d.opts.Log.Info("Trying a delivery again", "channel", one.Channel, "item", one.Item, "delivery", one.ID, "error", err)
	}
	return delay, ""
}

// done takes the first delivery off its conversation and goes on with the next.
func (d *Dispatcher) done(c *conversation, one event.Delivery) {
	d.mu.Lock()
	delete(d.known, one.ID)
	d.metrics.pending.Dec()
	c.pending[0] = event.Delivery{} // lets go of its text
	c.pending = c.pending[1:]
	c.attempts, c.unconfirmed, c.failure = 0, false, ""
	d.mu.Unlock()
	d.finish(c, 0)
}

// finish frees the worker and puts the conversation back into the schedule, if it has anything left.
func (d *Dispatcher) finish(c *conversation, delay time.Duration) {
	d.mu.Lock()
	d.busy--
	ch := d.channelLocked(c.key.channel)
	ch.busy--
	if len(ch.held) > 0 {
		heap.Push(&d.waiting, ch.held[0])
		ch.held = ch.held[1:]
	} else if ch.busy == 0 {
		delete(d.channels, c.key.channel)
	}
	if len(c.pending) == 0 {
		delete(d.conversations, c.key)
	} else {
		c.due = time.Now().Add(delay)
		heap.Push(&d.waiting, c)
	}
	d.mu.Unlock()
	d.wakeUp()
}
