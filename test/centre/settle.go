// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"math"
	"slices"

	"workstream.dev/operator/internal/plan"
)

// mostWarming is how many customers a warm-up has at most, where that is more than what is looked at five times over.
const mostWarming = 50_000

// settling is a warm-up that is long enough to forget that the centre was empty at first, and whether it had to be cut
// short: four times the relaxation time of what takes longest to settle, and at least a tenth of what is looked at.
func (c *Config) settling(span float64) (warmup, wanted float64) {
	wanted = max(span/10, 10*c.longest())
	all := uint64(1)<<len(c.Classes) - 1
	if len(c.Classes) > 10 { // too many sets to look at all of them
		for k := range c.Classes {
			wanted = max(wanted, c.relaxation([]int{k}))
		}
		return c.cut(max(wanted, c.relaxation(classesOf(all, len(c.Classes)))), span)
	}
	// A few classes for whom there are few agents settle late, however many idle agents there are for others.
	for set := uint64(1); set <= all; set++ {
		wanted = max(wanted, c.relaxation(classesOf(set, len(c.Classes))))
	}
	return c.cut(wanted, span)
}

// cut makes a warm-up as short as people wait for. One that would be far from enough all the same need not be long.
func (c *Config) cut(wanted, span float64) (warmup, whole float64) {
	most := max(5*span, mostWarming/c.rate())
	if wanted > 10*most {
		most = 5 * span
	}
	return min(wanted, most), wanted
}

func classesOf(set uint64, n int) []int {
	var out []int
	for k := range n {
		if set>>k&1 == 1 {
			out = append(out, k)
		}
	}
	return out
}

// longest is how long one customer may be there, but for those who wait very long.
func (c *Config) longest() float64 {
	h := &c.Handling
	after := h.WrapUp.Mean + h.Accept.Mean
	if h.Decline > 0 || h.Miss > 0 {
		after += h.Reoffer
	}
	if h.Miss > 0 {
		after += h.Timeout
	}
	var longest float64
	for i := range c.Classes {
		longest = max(longest, c.Classes[i].Service.Mean+after)
	}
	return longest
}

// ringing is how long offers take of an agent's time for each that is accepted.
func (h *Handling) ringing() float64 {
	accepted := 1 - h.Decline - h.Miss
	if accepted <= 0 {
		return 0
	}
	return (h.Accept.Mean*(accepted+h.Decline) + h.Timeout*h.Miss) / accepted
}

// relaxation is four times the relaxation time of some classes with all agents who serve any of them, as if there were no
// others: that of M/M/n, by how the time that one takes varies. Patience or little room makes it shorter. It is 0 where there
// is no steady state.
func (c *Config) relaxation(classes []int) float64 {
	units, speed := c.supply(classes)
	if units == 0 {
		return 0
	}
	var rate, load, mean, square, size, patience float64
	impatient := true
	var room float64
	for _, i := range classes {
		k := &c.Classes[i]
		h := c.Handling
		holds := k.Service.Mean/speed + h.WrapUp.Mean + h.ringing()
		varies := k.Service.variance()/(speed*speed) + h.WrapUp.variance()
		rate += k.Rate
		mean += k.Rate * holds
		square += k.Rate * (varies + holds*holds)
		size += k.Rate * float64(k.Units)
		load += k.Rate * holds * float64(k.Units)
		patience = max(patience, k.Patience.Mean)
		impatient = impatient && !k.Patience.Never()
		room = max(room, c.room(k.Queue))
	}
	mean, square, size = mean/rate, square/rate, size/rate
	servers := units / size
	load /= size
	out := math.Inf(1)
	if load < servers {
		root := math.Sqrt(servers) - math.Sqrt(load)
		varied := square / (mean * mean) / 2
		if !(varied > 1) { // which it is not, either, of times whose squares are too small for a number
			varied = 1
		}
		out = 4 * mean * varied / (root * root)
	}
	if impatient {
		out = min(out, 10*max(patience, mean))
	}
	if !math.IsInf(room, 1) { // as a random walk between two walls
		out = min(out, 4*mean*room*room/servers/(math.Pi*math.Pi)+10*mean)
	}
	if math.IsInf(out, 1) {
		return 0
	}
	return out
}

// supply is the capacity of all who serve any of the classes, and how fast they are on average.
func (c *Config) supply(classes []int) (units, speed float64) {
	for i := range c.Agents {
		a := &c.Agents[i]
		if slices.ContainsFunc(classes, func(k int) bool { return c.serves(a, &c.Classes[k]) }) {
			units += float64(a.Units)
			speed += float64(a.Units) * a.Speed
		}
	}
	if units == 0 {
		return 0, 0
	}
	return units, speed / units
}

// room is how many can wait in a queue; infinite without a limit.
func (c *Config) room(queue string) float64 {
	for _, o := range c.queue(queue).Overflow {
		if o.On == plan.ItemLimit && o.Action == plan.EndItem {
			return float64(o.Limit)
		}
	}
	return math.Inf(1)
}
