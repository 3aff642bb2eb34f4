// SPDX-License-Identifier: Apache-2.0

package engine

import "workstream.dev/operator/internal/event"

// Explain says who would be offered a waiting item at that moment, or why nobody; false when the item waits in no queue.
func (e *Engine) Explain(now event.Instant, id string) (event.Candidates, bool) {
	it := e.items[id]
	if it == nil || !it.Queued {
		return event.Candidates{}, false
	}
	clock := e.clock
	e.clock = max(clock, now)
	_, candidates := e.choose(it)
	e.clock = clock
	return candidates, true
}
