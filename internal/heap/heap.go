// SPDX-License-Identifier: Apache-2.0

// Package heap trades memory for garbage collections: a process that is asked for much lets its heap grow, and gives the memory
// back when it is at rest.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	// usualPercent is how far a heap grows otherwise, in percent of what lives.
	usualPercent = 100

	// A process that asks for less than restRate of memory a second, during restAfter and without a collection, is at rest. It
	// gives back what it does not need, if that is as much as worthGiving.
	restAfter   = 10 * time.Second
	restRate    = 1 << 20
	worthGiving = 8 << 20
)

// Growth is how far a heap under load grows from one garbage collection to the next.
type Growth struct {
	// Cycle is how long the time between two collections is to be at least: what one costs does not grow with what is thrown
	// away, so that a small heap under load is better left to grow for a while.
	Cycle time.Duration
	// Max bounds what that takes of the memory, in bytes.
	Max uint64
}

// pacer sets, after each garbage collection, how far the heap may grow until the next one: the more, the faster memory is
// asked for. A process at rest gives back what a busy time, a plan or the start left behind.
type pacer struct {
	growth  Growth
	mu      sync.Mutex
	stopped bool
	percent int // that is set
	// collected is what was allocated at the last collection, before at the one that the speed is measured from, which was at began.
	collected, before uint64
	began             time.Time
	// looked is what was allocated when rest was set.
	looked uint64
	rest   *time.Timer
}

// sizes are what the runtime knows of the memory.
type sizes struct {
	live      uint64 // at the last collection
	allocated uint64 // ever
	free      uint64 // is not used, and not given back
}

// Pace sees to the garbage collector of the process until the function is called. Whoever has set GOGC has decided, and GOMEMLIMIT
// holds in any case.
func Pace(growth Growth) (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	now := sizesNow().allocated
	p := &pacer{growth: growth, percent: usualPercent, collected: now, before: now, began: time.Now(), looked: now}
	p.rest = time.AfterFunc(restAfter, p.giveBack)
	runtime.SetFinalizer(&collected{p}, (*collected).again)
	return p.stop
}

func (p *pacer) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.rest.Stop()
	debug.SetGCPercent(usualPercent)
}

// collected is garbage, so that its finalizer runs after each collection.
type collected struct{ pacer *pacer }

func (c *collected) again() {
	if c.pacer.adapt() {
		runtime.SetFinalizer(c, (*collected).again)
	}
}

// adapt reports whether to go on.
func (p *pacer) adapt() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return false
	}
	now, took := sizesNow(), time.Since(p.began)
	p.setLocked(p.growth.percentFor(now.live, now.allocated-p.before, took))
	p.collected = now.allocated
	if took >= p.growth.Cycle {
		p.began, p.before = time.Now(), now.allocated
	}
	p.waitLocked(now)
	return true
}

func (p *pacer) waitLocked(now sizes) {
	p.looked = now.allocated
	p.rest.Reset(restAfter)
}

// setLocked stops the world for a moment, so that it is done only where something changes.
func (p *pacer) setLocked(percent int) {
	if percent != p.percent {
		p.percent = percent
		debug.SetGCPercent(percent)
	}
}

// giveBack is called when there was no collection for a while.
func (p *pacer) giveBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	now := sizesNow()
	if now.allocated-p.looked > restRate*uint64(restAfter/time.Second) {
		p.waitLocked(now)
		return
	}
	p.setLocked(usualPercent)
	if now.allocated-p.collected+now.free >= worthGiving {
		debug.FreeOSMemory() // collects, so that adapt is called
	}
}

// percentFor is how far a heap with so much that lives is to grow when so much was allocated in that time. What was asked for
// within a moment, as for a plan, need not go on.
func (g Growth) percentFor(live, allocated uint64, took time.Duration) int {
	if live == 0 {
		return usualPercent
	}
	growth := min(float64(allocated)*g.Cycle.Seconds()/max(took, g.Cycle).Seconds(), float64(g.Max))
	const step = 25 // small changes are not worth a stop
	return max(int(growth*100/float64(live))/step*step, usualPercent)
}

func sizesNow() sizes {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(s)
	return sizes{live: s[0].Value.Uint64(), allocated: s[1].Value.Uint64(), free: s[2].Value.Uint64()}
}
