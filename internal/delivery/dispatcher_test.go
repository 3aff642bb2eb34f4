// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"workstream.dev/operator/internal/event"
)

type sendError struct {
	permanent bool
	after     time.Duration
}

func (e *sendError) Error() string { return "the callback answered otherwise" }

// world is a sender and an engine that note what they are told and when.
type world struct {
	*Dispatcher
	start time.Time

	mu sync.Mutex
	// answers are by delivery, one for each attempt; the last goes on.
	answers map[string][]error
	takes   time.Duration // each attempt
	refuse  int           // as many confirmations fail
	log     []string
	open    int
	maxOpen int
}

func newWorld(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	w := &world{start: time.Now(), answers: map[string][]error{}}
	opts := Options{
		Sender: w,
		Classify: func(err error) (bool, time.Duration) {
			if e := (*sendError)(nil); errors.As(err, &e) {
				return e.permanent, e.after
			}
			return false, 0
		},
		Confirm: w.confirm,
	}
	for _, c := range change {
		c(&opts)
	}
	w.Dispatcher = New(opts)
	t.Cleanup(func() { _ = w.Stop(t.Context()) })
	return w
}

func (w *world) Send(ctx context.Context, d event.Delivery) error {
	w.mu.Lock()
	w.log = append(w.log, fmt.Sprintf("%v send %s", w.elapsed(), d.ID))
	w.open++
	w.maxOpen = max(w.maxOpen, w.open)
	takes := w.takes
	var err error
	if a := w.answers[d.ID]; len(a) > 0 {
		err = a[0]
		if len(a) > 1 {
			w.answers[d.ID] = a[1:]
		}
	}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.open--
		w.mu.Unlock()
	}()
	select {
	case <-time.After(takes):
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *world) confirm(_ context.Context, c event.ConfirmDelivery) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse > 0 {
		w.refuse--
		return errors.New("not ready")
	}
	line := fmt.Sprintf("%v confirm %s", w.elapsed(), c.Delivery)
	if c.Failure != "" {
		line += ": " + c.Failure
	}
	w.log = append(w.log, line)
	return nil
}

// elapsed is coarse: jitter adds up to a half to a delay.
func (w *world) elapsed() time.Duration { return time.Since(w.start).Truncate(time.Second) }

func (w *world) underWay() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open
}

func (w *world) want(t *testing.T, lines ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if diff := cmp.Diff(lines, w.log); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.log = nil
}

// pass lets time go by until nothing happens any more.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // inside a bubble this is how time passes
	synctest.Wait()
}

func deliveries(conversation string, ids ...string) []event.Delivery {
	var out []event.Delivery
	for _, id := range ids {
		out = append(out, event.Delivery{
			ID: id, Kind: event.DeliverMessage, Channel: "web", Conversation: conversation, Time: event.Instant(time.Now().UnixMicro()),
		})
	}
	return out
}

func TestConversationIsToldInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.takes = 2 * time.Second
		w.Release(deliveries("c1", "a", "b"))
		w.Release(deliveries("c1", "a", "b", "c")) // handed over again
		pass(time.Minute)
		w.want(t, "0s send a", "2s confirm a", "2s send b", "4s confirm b", "4s send c", "6s confirm c")
		w.Release(deliveries("c1", "d"))
		pass(time.Minute)
		w.want(t, "1m0s send d", "1m2s confirm d")
		if len(w.conversations)+len(w.channels)+len(w.known)+len(w.waiting)+w.busy != 0 {
			t.Errorf("something is left: %+v", w.Dispatcher)
		}
	})
}

func TestFailureHoldsUpItsConversationOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.answers["a"] = []error{errors.New("no route"), nil}
		w.Release(deliveries("c1", "a", "b"))
		pass(time.Millisecond)
		w.Release(deliveries("c2", "x"))
		pass(time.Millisecond)
		w.want(t, "0s send a", "0s send x", "0s confirm x")
		pass(2 * time.Second)
		w.want(t, "1s send a", "1s confirm a", "1s send b", "1s confirm b")
	})
}

func TestRetriesBackOffAndEndAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.answers["a"] = []error{errors.New("connection refused")}
		w.Release(deliveries("c1", "a", "b"))
		pass(48 * time.Hour)
		var sends []time.Duration
		for _, line := range w.log {
			if at, ok := strings.CutSuffix(line, " send a"); ok {
				d, err := time.ParseDuration(at)
				if err != nil {
					t.Fatal(err)
				}
				sends = append(sends, d)
			}
		}
		for i := 1; i < len(sends); i++ {
			least := min(time.Second<<(i-1), maxRetry)
			if i > 10 {
				least = maxRetry
			}
			if got := sends[i] - sends[i-1]; got < least-time.Second || got > min(least*3/2, maxRetry)+time.Second {
				t.Errorf("attempt %d came %v after the one before", i+1, got)
			}
		}
		if n := len(sends); n < 280 || n > 310 {
			t.Errorf("%d attempts in a day", n)
		}
		if last := sends[len(sends)-1]; last > giveUpAfter || last < giveUpAfter-2*maxRetry {
			t.Errorf("the last attempt was after %v", last)
		}
		rest := w.log[len(sends):]
		if len(rest) != 3 || !strings.HasSuffix(rest[0], "confirm a: not taken for 24h0m0s: connection refused") ||
			!strings.HasSuffix(rest[1], "send b") || !strings.HasSuffix(rest[2], "confirm b") {
			t.Errorf("after the last attempt: %q", rest)
		}
	})
}

func TestOldDeliveryIsTriedOnceMoreAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pass(72 * time.Hour)
		w := newWorld(t)
		old := deliveries("c1", "a", "b")
		for i := range old {
			old[i].Time = event.Instant(time.Now().Add(-48 * time.Hour).UnixMicro())
		}
		w.answers["a"] = []error{errors.New("connection refused")}
		w.Release(old)
		pass(time.Second)
		w.want(t, "0s send a", "0s confirm a: not taken for 24h0m0s: connection refused", "0s send b", "0s confirm b")
	})
}

func TestRefusalIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.answers["a"] = []error{&sendError{permanent: true}}
		w.Release(deliveries("c1", "a", "b"))
		pass(time.Second)
		w.want(t, "0s send a", "0s confirm a: the callback answered otherwise", "0s send b", "0s confirm b")
	})
}

func TestReceiverIsLeftAloneAsItAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.answers["a"] = []error{&sendError{after: 30 * time.Minute}, nil}
		w.Release(deliveries("c1", "a"))
		pass(time.Hour)
		w.want(t, "0s send a", "30m0s send a", "30m0s confirm a")
	})
}

func TestConfirmationIsRepeatedWithoutTellingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.refuse = 1
		w.answers["a"] = []error{&sendError{permanent: true}}
		w.Release(deliveries("c1", "a", "b"))
		pass(2 * time.Second)
		w.want(t, "0s send a", "1s confirm a: the callback answered otherwise", "1s send b", "1s confirm b")
	})
}

func TestWorkersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.takes = time.Second
		var all []event.Delivery
		for ch := range 10 {
			for c := range 20 {
				one := deliveries(strconv.Itoa(c), fmt.Sprintf("%d/%d", ch, c))
				one[0].Channel = strconv.Itoa(ch)
				all = append(all, one...)
			}
		}
		w.Release(all[:20]) // one channel alone
		pass(0)
		if got := w.underWay(); got != channelWorkers {
			t.Errorf("%d attempts for one channel, want %d", got, channelWorkers)
		}
		w.Release(all)
		pass(0)
		if got := w.underWay(); got != workers {
			t.Errorf("%d attempts, want %d", got, workers)
		}
		pass(time.Minute)
		if w.maxOpen != workers || len(w.log) != 400 {
			t.Errorf("at most %d attempts at once, want %d; %d lines, want 400", w.maxOpen, workers, len(w.log))
		}
	})
}

func TestStopLetsAttemptsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.takes = 5 * time.Second
		w.Release(deliveries("c1", "a", "b"))
		pass(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := w.Stop(ctx); err != nil {
			t.Error(err)
		}
		w.Release(deliveries("c2", "late"))
		pass(time.Minute)
		w.want(t, "0s send a", "5s confirm a")
		if err := w.Stop(t.Context()); err != nil {
			t.Errorf("stopping twice: %v", err)
		}
	})
}

func TestStopCancelsWhatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.takes = time.Hour
		w.Release(deliveries("c1", "a"))
		pass(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		w.want(t, "0s send a") // neither confirmed nor given up: it goes out after the restart
	})
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := prometheus.NewPedanticRegistry()
		w := newWorld(t, func(o *Options) { o.Metrics = r })
		w.answers["a"] = []error{&sendError{permanent: true}}
		w.answers["c"] = []error{errors.New("no route")}
		w.Release(deliveries("c1", "a", "b", "c"))
		pass(time.Millisecond)
		want := `
# HELP workstream_distributor_deliveries_pending Deliveries that no callback has taken yet.
# TYPE workstream_distributor_deliveries_pending gauge
workstream_distributor_deliveries_pending 1
# HELP workstream_distributor_delivery_attempts_total Attempts to tell a callback, by outcome: delivered, retried, given_up.
# TYPE workstream_distributor_delivery_attempts_total counter
workstream_distributor_delivery_attempts_total{outcome="delivered"} 1
workstream_distributor_delivery_attempts_total{outcome="given_up"} 1
workstream_distributor_delivery_attempts_total{outcome="retried"} 1
`
		err := testutil.GatherAndCompare(r, strings.NewReader(want),
			"workstream_distributor_deliveries_pending", "workstream_distributor_delivery_attempts_total")
		if err != nil {
			t.Error(err)
		}
	})
}
