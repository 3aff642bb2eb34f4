// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"slices"

	"workstream.dev/operator/internal/event"
)

// tally is what one replication counts: of the customers who arrived while it was looked at, and of that time.
type tally struct {
	steps, events int
	conversations int
	simulated     float64
	classes       []classTally
	busy          []float64 // by agent, seconds of the time looked at with all capacity in use
	given         []int     // by agent, customers
}

// classTally is of one class. Waits are in seconds, of the served and of those who left.
type classTally struct {
	arrivals, served, left, turned, unresolved int

	waits     []float64
	waited    int // for more than no time
	waitSum   float64
	servedSum float64
	queueTime float64 // customers times seconds of waiting, within the time looked at
}

func newTally(cfg *Config) tally {
	return tally{
		classes: make([]classTally, len(cfg.Classes)), busy: make([]float64, len(cfg.Agents)), given: make([]int, len(cfg.Agents)),
	}
}

// within is how much of a time was looked at.
func (r *replication) within(from, to event.Instant) float64 {
	from, to = max(from, r.from), min(to, r.to)
	return float64(max(0, to-from)) / r.second
}

// waited notes the end of a wait.
func (t *tally) waited(r *replication, c *conversation) (*classTally, float64) {
	k := &t.classes[c.class]
	k.queueTime += r.within(c.arrived, r.now)
	if !r.looked(c.arrived) {
		return nil, 0
	}
	wait := float64(r.now-c.arrived) / r.second
	k.waits = append(k.waits, wait)
	k.waitSum += wait
	if wait > 0 {
		k.waited++
	}
	return k, wait
}

func (t *tally) served(r *replication, c *conversation) {
	if k, wait := t.waited(r, c); k != nil {
		k.served++
		k.servedSum += wait
		t.given[c.agent]++
	}
}

func (t *tally) left(r *replication, c *conversation) {
	if k, _ := t.waited(r, c); k != nil {
		k.left++
	}
}

// turned is for who found no room, or was sent away while waiting.
func (t *tally) turned(r *replication, c *conversation) {
	k := &t.classes[c.class]
	k.queueTime += r.within(c.arrived, r.now)
	if r.looked(c.arrived) {
		k.turned++
	}
}

// released notes the end of what a customer took of an agent's capacity.
func (t *tally) released(r *replication, c *conversation) {
	share := float64(r.cfg.Classes[c.class].Units) / float64(r.cfg.Agents[c.agent].Units)
	t.busy[c.agent] += share * r.within(c.assigned, r.now)
}

// unresolved is for whom the run ended before they knew.
func (t *tally) unresolved(r *replication, c *conversation) {
	if c.assigned != 0 {
		t.released(r, c)
		return
	}
	k := &t.classes[c.class]
	k.queueTime += r.within(c.arrived, r.now)
	if r.looked(c.arrived) {
		k.unresolved++
	}
}

// finish puts the waits in order.
func (t *tally) finish() {
	for i := range t.classes {
		slices.Sort(t.classes[i].waits)
	}
}

// all is the sum of the classes.
func (t *tally) all() classTally {
	var sum classTally
	for i := range t.classes {
		k := &t.classes[i]
		sum.arrivals += k.arrivals
		sum.served += k.served
		sum.left += k.left
		sum.turned += k.turned
		sum.unresolved += k.unresolved
		sum.waited += k.waited
		sum.waitSum += k.waitSum
		sum.servedSum += k.servedSum
		sum.queueTime += k.queueTime
	}
	if len(t.classes) == 1 {
		sum.waits = t.classes[0].waits
		return sum
	}
	for i := range t.classes {
		sum.waits = append(sum.waits, t.classes[i].waits...)
	}
	slices.Sort(sum.waits)
	return sum
}

// pool has the waits of all replications.
func pool(tallies []classTally) classTally {
	n := 0
	for i := range tallies {
		n += len(tallies[i].waits)
	}
	all := classTally{waits: make([]float64, 0, n)}
	for i := range tallies {
		all.waits = append(all.waits, tallies[i].waits...)
	}
	slices.Sort(all.waits)
	return all
}

// above is how many waited for longer than so many seconds.
func (k *classTally) above(t float64) int {
	i, _ := slices.BinarySearchFunc(k.waits, t, func(w, t float64) int {
		if w <= t {
			return -1
		}
		return 1
	})
	return len(k.waits) - i
}

// quantile is the wait that a share p did not exceed.
func (k *classTally) quantile(p float64) float64 {
	if len(k.waits) == 0 {
		return 0
	}
	return k.waits[min(int(p*float64(len(k.waits))), len(k.waits)-1)]
}
