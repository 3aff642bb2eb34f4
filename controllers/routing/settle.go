// SPDX-License-Identifier: Apache-2.0

package routing

import (
	"context"
	"sync"
	"time"

	"workstream.dev/operator/internal/planfeed"
)

// settleTime is how long replicas may take to answer before statuses say that they have not. An answer takes some milliseconds,
// so as a rule every status is written once, and not twice. The next edit is not kept waiting by it.
const settleTime = 500 * time.Millisecond

// wakers wake the worker that waits for a namespace's replicas.
type wakers struct {
	mu sync.Mutex
	by map[string]chan struct{}
}

// add returns what is sent to when a replica of the namespace said something.
func (w *wakers) add(namespace string) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by == nil {
		w.by = map[string]chan struct{}{}
	}
	c := make(chan struct{}, 1) // one is enough: who is woken looks at everything
	w.by[namespace] = c
	return c
}

func (w *wakers) remove(namespace string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.by, namespace)
}

func (w *wakers) wake(namespace string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.by[namespace] <- struct{}{}:
	default:
	}
}

// settle waits a moment for the connected replicas to answer, if they have been told something new.
func (r *Reconciler) settle(ctx context.Context, s *scope) error {
	defer r.hear(s)
	if s.distributor == "" || s.settled == s.output.Version {
		return nil
	}
	s.settled = s.output.Version
	start := time.Now()
	woken := r.wakers.add(s.name)
	defer r.wakers.remove(s.name)
	limit := time.NewTimer(settleTime)
	defer limit.Stop()
	for {
		replicas := r.feed.Replicas(s.name, s.distributor)
		if r.hurries(s.name) {
			return nil
		}
		if answered(replicas, s.output.Version) {
			if len(replicas) > 0 {
				acknowledgeSeconds.Observe(time.Since(start).Seconds())
			}
			return nil
		}
		select {
		case <-woken:
		case <-limit.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func answered(replicas []planfeed.Replica, version string) bool {
	for i := range replicas {
		if replicas[i].Version != version && replicas[i].RefusedVersion != version {
			return false
		}
	}
	return true
}
