// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"math/rand/v2"
	"time"

	"workstream.dev/operator/internal/event"
)

// key tells conversations apart; the ids of different channels may be equal.
type key struct{ channel, conversation string }

// conversation holds what is to be delivered to one conversation. It is in the schedule, or held by its channel, or an
// attempt is at it, which then owns the fields below pending.
type conversation struct {
	key     key
	due     time.Time
	pending []event.Delivery

	attempts int
	// unconfirmed says that the first delivery is decided, with failure if it failed, and the engine does not know yet.
	unconfirmed bool
	failure     string
}

// channel counts the attempts that are under way. What is held waits for one of them to end.
type channel struct {
	busy int
	held []*conversation
}

// schedule is a heap of conversations by when they are due.
type schedule []*conversation

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].due.Before(s[j].due) }
func (s schedule) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push implements heap.Interface.
func (s *schedule) Push(x any) { *s = append(*s, x.(*conversation)) }

// Pop implements heap.Interface.
func (s *schedule) Pop() any {
	old := *s
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*s = old[:len(old)-1]
	return last
}

// backoff doubles with each attempt, from 1, and is spread over a range of half as much more: conversations that failed
// together do not come back together.
func backoff(attempt int) time.Duration {
	d := maxRetry
	if attempt < 16 {
		d = min(minRetry<<(attempt-1), maxRetry)
	}
	return min(d+rand.N(d/2), maxRetry) //nolint:gosec // jitter is no secret
}
