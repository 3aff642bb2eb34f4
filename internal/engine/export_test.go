// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/rule"
)

// Clock is the latest time that the engine was given.
func (e *Engine) Clock() event.Instant { return e.clock }

// SetMaxFired bounds the timers of a step for a test, and returns what the bound was.
func SetMaxFired(n int) int {
	before := maxFired
	maxFired = n
	return before
}

// SetFewMembers bounds for a test how many members are looked at one by one, and returns what the bound was.
func SetFewMembers(n int) int {
	before := fewMembers
	fewMembers = n
	return before
}

// Lines is how many lines the queues have.
func (e *Engine) Lines() int {
	n := 0
	for _, q := range e.queues {
		n += len(q.lines)
	}
	return n
}

// Attributes are those of an item.
func (e *Engine) Attributes(item string) rule.Attributes { return e.attributesOf(e.items[item]) }
