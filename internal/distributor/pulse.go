// SPDX-License-Identifier: Apache-2.0

package distributor

import (
	"sync/atomic"
	"time"
)

// hungAfter is how long a loop may not turn before it counts as hung. It turns every second when nothing happens; a
// rebuild, which takes as long as it takes, beats with every entry and looks after itself.
const hungAfter = time.Minute

// pulse tells from outside whether a loop still turns. The zero pulse is of a loop that does not run.
type pulse struct{ last atomic.Int64 }

func (p *pulse) start() { p.beat() }

func (p *pulse) stop() { p.last.Store(0) }

func (p *pulse) beat() { p.last.Store(time.Now().UnixNano()) }

// again is a beat of a loop that runs.
func (p *pulse) again() {
	if p.last.Load() != 0 {
		p.beat()
	}
}

// silence is for how long it has not been felt; 0 where there is none to be felt.
func (p *pulse) silence() time.Duration {
	last := p.last.Load()
	if last == 0 {
		return 0
	}
	return time.Since(time.Unix(0, last))
}
