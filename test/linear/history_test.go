// SPDX-License-Identifier: Apache-2.0

package linear

import (
	"math"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// history is what clients asked for and were answered, by one clock.
type history struct {
	began time.Time

	mu   sync.Mutex
	list []porcupine.Operation
}

func newHistory() *history { return &history{began: time.Now()} }

// add records a request that was sent at a moment and is answered now. One whose outcome is unknown may still happen at
// any time: it never returns.
func (h *history) add(client int, sent time.Time, in input, out output) {
	returned := time.Since(h.began)
	if out.unknown {
		returned = math.MaxInt64
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, porcupine.Operation{
		ClientId: client, Input: in, Call: int64(sent.Sub(h.began)), Output: out, Return: int64(returned),
	})
}

func (h *history) operations() []porcupine.Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.list
}

// figures says what a history has in it.
func figures(list []porcupine.Operation) (done, refusals map[string]int, unknown int) {
	done, refusals = map[string]int{}, map[string]int{}
	for _, op := range list {
		in, out := op.Input.(input), op.Output.(output)
		switch {
		case out.unknown:
			unknown++
		case out.done():
			done[string(in.kind)]++
		default:
			refusals[string(in.kind)+" "+out.reason]++
		}
	}
	return done, refusals, unknown
}
