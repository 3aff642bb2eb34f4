// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// Explain says who would be offered a waiting item at that moment, or why nobody. It is false of an item that waits in
// no queue, or waits there to be picked.
func (e *Engine) Explain(now event.Instant, id string) (event.Candidates, bool) {
	it := e.items[id]
	if it == nil || !it.Queued || it.ws.Mode != plan.Push {
		return event.Candidates{}, false
	}
	clock := e.clock
	e.clock = max(clock, now)
	var out event.Candidates
	e.choose(it, false, &out)
	e.clock = clock
	return out, true
}
