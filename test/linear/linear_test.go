// SPDX-License-Identifier: Apache-2.0

package linear

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// patience is how long the checker may search for an order.
const patience = 2 * time.Minute

// theSeed is that of a run before, from the environment, or a new one.
func theSeed(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if given := os.Getenv("LINEAR_SEED"); given != "" {
		var err error
		seed, err = strconv.ParseUint(given, 10, 64)
		check(t, err)
	}
	t.Log("LINEAR_SEED =", seed)
	return seed
}

// judge checks what a crowd was answered, and shows what has no order; as a drawing, too, where LINEAR_DRAWING names a file.
func judge(t *testing.T, c *crowd) porcupine.CheckResult {
	t.Helper()
	for _, what := range c.bad {
		t.Error(what)
	}
	list := c.history.operations()
	done, refusals, unknown := figures(list)
	t.Logf("%d items, %d answers: done %v, refused %v, unknown %d", len(c.items), len(list), done, refusals, unknown)
	m := model()
	result, info := porcupine.CheckOperationsVerbose(m, list, patience)
	if result == porcupine.Illegal {
		if path := os.Getenv("LINEAR_DRAWING"); path != "" && porcupine.VisualizePath(m, info, path) == nil {
			t.Log("drawn in", path)
		}
		for _, part := range byItem(list) {
			if porcupine.CheckOperations(m, part) {
				continue
			}
			for _, op := range part {
				t.Logf("%6d-%6d us  %+v -> %+v", op.Call/1000, op.Return/1000, op.Input, op.Output)
			}
			break
		}
	}
	return result
}

// missing names what a history must have before it proves anything, and has not.
func missing(c *crowd) (names []string) {
	done, refusals, _ := figures(c.history.operations())
	for _, k := range []kind{accept, decline, pick, assign, end, closeItem, closeRecord, read} {
		if done[string(k)] == 0 {
			names = append(names, "a success of "+string(k))
		}
	}
	for _, r := range []string{"accept OfferExpired", "accept OfferRevoked", "accept OfferDeclined", "accept OfferNotYours", "end ItemNotYours"} {
		if refusals[r] == 0 {
			names = append(names, "a refusal of "+r)
		}
	}
	return names
}

// longDay ends a crowd's day after a while, and not before enough has happened: on a machine that has much else to do, that
// takes its time.
func longDay(c *crowd, atLeast time.Duration, enough func() bool, end func()) {
	for wait(c.ctx, atLeast); c.ctx.Err() == nil && !enough(); wait(c.ctx, 100*time.Millisecond) {
	}
	end()
}

func TestDistributorIsLinearizable(t *testing.T) {
	seed := theSeed(t)
	w := newWorld(t)
	w.inProcess()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := newCrowd(ctx, w)
	go longDay(c, 4*time.Second, func() bool { return missing(c) == nil }, cancel)
	c.run(seed)
	c.lastLook()
	if got := judge(t, c); got != porcupine.Ok {
		t.Errorf("the history is %s", got)
	}
	for _, what := range missing(c) {
		t.Error("the history proves too little, it has not", what)
	}
}

// TestDistributorIsLinearizableThroughCrashes kills the process with SIGKILL while everybody works. What was answered
// before must hold after; of what was not, nobody knows. It dies the moment somebody is told that something is done: a
// distributor that answers before it has written would have lost that, for what comes later is written soon.
func TestDistributorIsLinearizableThroughCrashes(t *testing.T) {
	seed := theSeed(t)
	w := newWorld(t)
	p := w.process()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	c := newCrowd(ctx, w)
	var doomed atomic.Pointer[os.Process]
	dead := make(chan bool, 1)
	c.told = func() {
		if now := doomed.Swap(nil); now != nil {
			_ = now.Kill() // at once: kill waits for its end
			dead <- true
		}
	}
	var day sync.WaitGroup
	day.Go(func() { c.run(seed) })
	rnd, n := rand.New(rand.NewPCG(seed, 99)), 0
	alive := func() { wait(ctx, 150*time.Millisecond+time.Duration(rnd.Int64N(int64(250*time.Millisecond)))) }
	for alive(); ctx.Err() == nil; n++ {
		doomed.Store(p.Process)
		select {
		case <-dead:
		case <-ctx.Done():
			doomed.Store(nil)
		}
		w.kill(p)
		p = w.process()
		alive()
	}
	day.Wait()
	defer w.kill(p)
	c.lastLook()
	if got := judge(t, c); got != porcupine.Ok {
		t.Errorf("the history is %s", got)
	}
	_, _, unknown := figures(c.history.operations())
	if n == 0 {
		t.Error("it was never killed")
	}
	t.Logf("killed %d times, %d outcomes unknown", n, unknown)
}

// liar acknowledges every fifth acceptance without passing it on, as a distributor would that answers before it has
// written.
type liar struct{ accepts, lies atomic.Int64 }

// RoundTrip implements http.RoundTripper.
func (l *liar) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/accept") || l.accepts.Add(1)%5 != 0 {
		return http.DefaultTransport.RoundTrip(r)
	}
	l.lies.Add(1)
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(bytes.NewReader([]byte(`{"item":"x","duplicate":false}`))),
	}, nil
}

// TestCheckerFindsTheFault is the same day with a distributor that loses what it acknowledged: the checker must see it.
func TestCheckerFindsTheFault(t *testing.T) {
	seed := theSeed(t)
	w := newWorld(t)
	w.inProcess()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := newCrowd(ctx, w)
	l := &liar{}
	c.transport = l
	go longDay(c, 2*time.Second, func() bool { return l.lies.Load() >= 10 }, cancel)
	c.run(seed)
	c.lastLook()
	if got := judge(t, c); got != porcupine.Illegal {
		t.Errorf("%d acceptances were lost, and the history is %s", l.lies.Load(), got)
	}
}
