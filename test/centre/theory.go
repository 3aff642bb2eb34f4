// SPDX-License-Identifier: Apache-2.0

package centre

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/test/queueing"
)

// theory is what a model says: of all, of each class and, where it does, of each agent.
type theory struct {
	model   string
	total   queueing.Figures
	classes []queueing.Figures
	agents  []float64
}

// facts are what models ask of a Config.
type facts struct {
	*Config
	pooled      bool      // all agents are equal and serve all
	single      bool      // all agents who serve do so one at a time
	used        []float64 // by agent, the share of the capacity that its customers can take
	slots       int
	exponential bool    // all services, of one rate
	mean        float64 // of all services together
	levels      [][]int // classes in the order of service
	patience    *Dist   // the same for all, nil when nobody leaves
	limit       int     // of the only queue, -1 without
}

// compare looks for a model that c is a case of, and sets what it says beside what was found.
func (c *Config) compare(r *Report) {
	t, why := c.theory()
	if t == nil {
		r.NoModel = why
	} else {
		r.Model = t.model
		t.compare(&r.Total, &t.total)
		for i := range t.classes {
			t.compare(&r.Classes[i], &t.classes[i])
		}
		r.Utilisation.compare(t.total.Utilisation)
		for i, u := range t.agents {
			r.Agents[i].Utilisation.compare(u)
		}
	}
	if r.Total.Unresolved > 0 {
		why := "there are too few agents for them"
		if h := &c.Handling; h.Decline > 0 && h.MaxDeclines > 0 {
			why = fmt.Sprintf("there are too few agents for them who have not declined %d times, which is --max-declines", h.MaxDeclines)
		}
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"%d customers still waited at the end: %s, and all figures depend on how long was looked", r.Total.Unresolved, why))
	}
	for i := range r.Classes {
		if r.Classes[i].Arrivals == 0 {
			r.Warnings = append(r.Warnings, fmt.Sprintf("no customers of class %s came: its figures say nothing", r.Classes[i].Name))
		}
	}
	for i := range c.Classes {
		k := &c.Classes[i]
		if !slices.ContainsFunc(c.Agents, func(a Agent) bool { return c.serves(&a, k) }) {
			r.Warnings = append(r.Warnings, fmt.Sprintf("no agent serves class %s: none has its queue, skills and units", k.Name))
		}
	}
}

func (t *theory) compare(g *Group, f *queueing.Figures) {
	if math.IsInf(f.MeanWait, 0) {
		return
	}
	if g.Served+g.Abandoned == 0 { // there is nothing to compare
		return
	}
	g.WaitProbability.compare(f.Wait)
	g.MeanWait.compare(f.MeanWait)
	g.MeanWaitServed.compare(f.MeanWaitServed())
	g.Abandonment.compare(f.Abandonment)
	g.OverflowedShare.compare(f.Turned)
	g.MeanQueueLength.compare(f.MeanQueue)
	for key, fig := range g.WaitAbove {
		fig.compare(f.Above(number(key)))
		g.WaitAbove[key] = fig
	}
	for key, fig := range g.WaitPercentiles {
		fig.compare(f.Quantile(number(key) / 100))
		g.WaitPercentiles[key] = fig
	}
}

func number(key string) float64 {
	f, _ := strconv.ParseFloat(key, 64) // short wrote it
	return f
}

// theory returns the model that c is a case of, or why there is none.
func (c *Config) theory() (*theory, string) {
	f, why := c.facts()
	if why != "" {
		return nil, why
	}
	if !f.pooled {
		return f.skills()
	}
	t := f.closedForm()
	if t == nil {
		return nil, "no closed form is known for agents with such service times, priorities, patience and limits"
	}
	if math.IsInf(t.total.MeanWait, 0) {
		return nil, "more work comes in than all agents can do: there is no steady state"
	}
	f.spread(t)
	return t, ""
}

// closedForm is what is known of equal agents who serve all, nil when there is nothing.
func (f *facts) closedForm() *theory {
	one := len(f.levels) == 1
	switch {
	case f.limit >= 0:
		if f.exponential && f.patience == nil && one {
			model := fmt.Sprintf("M/M/%d/%d", f.slots, f.slots+f.limit)
			return f.alike(model, queueing.MMnK(f.slots, f.limit, f.rate(), 1/f.mean))
		}
	case f.patience != nil && f.patience.Mean == 0: // Erlang B asks only for the mean of the services
		model := fmt.Sprintf("M/G/%d/%d (Erlang B)", f.slots, f.slots)
		return f.alike(model, queueing.Impatient(f.slots, f.rate(), 1/f.mean, patience{*f.patience}))
	case f.exponential && one:
		return f.oneLine()
	case f.exponential && (f.patience == nil || f.patience.exponential()):
		return f.priorities()
	case f.slots == 1 && f.patience == nil:
		return f.oneServer()
	}
	return nil
}

// oneLine is for services of one exponential distribution, first come first served.
func (f *facts) oneLine() *theory {
	if f.patience == nil {
		return f.alike(fmt.Sprintf("M/M/%d (Erlang C)", f.slots), queueing.MMn(f.slots, f.rate(), 1/f.mean))
	}
	model := fmt.Sprintf("M/M/%d+G", f.slots)
	if f.patience.exponential() {
		model = fmt.Sprintf("M/M/%d+M (Erlang A)", f.slots)
	}
	return f.alike(model, queueing.Impatient(f.slots, f.rate(), 1/f.mean, patience{*f.patience}))
}

// spread says of each agent what holds of all, where they are equal. Those whom nobody asks for are idle.
func (f *facts) spread(t *theory) {
	each := t.total.Utilisation
	var busy, units float64
	alike := f.single && !f.prefers()
	for i := range f.Agents {
		busy += f.used[i] * each * float64(f.Agents[i].Units)
		units += float64(f.Agents[i].Units)
		if alike {
			t.agents = append(t.agents, f.used[i]*each)
		}
	}
	t.total.Utilisation = busy / units
}

// prefers reports whether some agents are given more than others although all can take the same.
func (f *facts) prefers() bool {
	var first *Agent
	for i := range f.Agents {
		a := &f.Agents[i]
		if f.used[i] == 0 {
			continue
		}
		if first == nil {
			first = a
		}
		if f.SkillMatching == plan.SkillsClosest && !slices.Equal(a.Skills, first.Skills) {
			return true
		}
		most := func(q Queue) bool { return q.Method == plan.HighestCapacity }
		if a.Units != first.Units && slices.ContainsFunc(f.Queues, most) {
			return true
		}
	}
	return false
}

func (c *Config) facts() (*facts, string) {
	f := &facts{Config: c, pooled: true, single: true, exponential: true, limit: -1}
	h := &c.Handling
	switch {
	case !h.instant():
		return nil, "theory has offers accepted at once"
	case h.WrapUp.Mean > 0:
		return nil, "theory has no after-work"
	}
	if why := f.queues(); why != "" {
		return nil, why
	}
	for i := range c.Classes {
		k := &c.Classes[i]
		if k.Units != c.Classes[0].Units {
			return nil, "theory has items of one size"
		}
		f.mean += k.Rate * k.Service.Mean / c.rate()
		f.exponential = f.exponential && k.Service.exponential() && k.Service.Mean == c.Classes[0].Service.Mean
		if k.Patience != c.Classes[0].Patience {
			return nil, "no closed form is known for classes of different patience"
		}
	}
	if d := c.Classes[0].Patience; !d.Never() {
		f.patience = &d
	}
	f.order()
	f.agents()
	return f, ""
}

func (f *facts) queues() string {
	for i := range f.Queues {
		q := &f.Queues[i]
		if !slices.ContainsFunc(f.Classes, func(k Class) bool { return k.Queue == q.Name }) {
			continue
		}
		switch {
		case len(q.Hours) > 0 || q.PromoteAfter > 0 || len(q.Overflow) > 1:
			return "theory has no hours, promotion or chains of overflow"
		case len(q.Overflow) == 1:
			o := q.Overflow[0]
			elsewhere := slices.ContainsFunc(f.Classes, func(k Class) bool { return k.Queue != q.Name })
			if o.On != plan.ItemLimit || o.Action != plan.EndItem || elsewhere {
				return "theory has no overflow but a limit of the only queue"
			}
			f.limit = int(o.Limit)
		}
	}
	if f.limit == 0 {
		return "a limit of 0 sends everybody away, even if agents are idle"
	}
	return ""
}

// order sorts the classes into levels of equal priority.
func (f *facts) order() {
	compare := func(a, b int) int {
		x, y := &f.Classes[a], &f.Classes[b]
		return cmp.Or(cmp.Compare(f.queue(x.Queue).Priority, f.queue(y.Queue).Priority), cmp.Compare(x.Priority, y.Priority))
	}
	all := make([]int, len(f.Classes))
	for i := range all {
		all[i] = i
	}
	slices.SortStableFunc(all, compare)
	for i, k := range all {
		if i == 0 || compare(all[i-1], k) != 0 {
			f.levels = append(f.levels, nil)
		}
		last := &f.levels[len(f.levels)-1]
		*last = append(*last, k)
	}
}

func (f *facts) agents() {
	f.used = make([]float64, len(f.Agents))
	for i := range f.Agents {
		a := &f.Agents[i]
		n := int(a.Units / f.Classes[0].Units)
		serves := slices.ContainsFunc(f.Classes, func(k Class) bool { return f.serves(a, &k) })
		for j := range f.Classes {
			if f.serves(a, &f.Classes[j]) != serves {
				f.pooled = false
			}
		}
		if !serves {
			continue // and is idle for ever
		}
		f.slots += n
		f.used[i] = float64(int32(n)*f.Classes[0].Units) / float64(a.Units)
		f.pooled = f.pooled && a.Speed == 1
		f.single = f.single && n == 1
	}
}

// alike is for models in which all customers fare alike.
func (f *facts) alike(model string, fig queueing.Figures) *theory {
	t := &theory{model: model, total: fig}
	for i := range f.Classes {
		own := fig
		own.MeanQueue *= f.Classes[i].Rate / f.rate()
		t.classes = append(t.classes, own)
	}
	return t
}

// whole sums up classes.
func (f *facts) whole(t *theory) {
	t.total = queueing.Figures{Utilisation: t.classes[0].Utilisation}
	for i := range t.classes {
		share := f.Classes[i].Rate / f.rate()
		own := &t.classes[i]
		t.total.Wait += share * own.Wait
		t.total.MeanWait += share * own.MeanWait
		t.total.Abandonment += share * own.Abandonment
		t.total.MeanQueue += own.MeanQueue
	}
	if f.patience == nil {
		t.total.AllServed()
	}
}

func (f *facts) priorities() *theory {
	rates := make([]float64, len(f.levels))
	for l, level := range f.levels {
		for _, k := range level {
			rates[l] += f.Classes[k].Rate
		}
	}
	theta, name := 0.0, fmt.Sprintf("M/M/%d with priorities", f.slots)
	if f.patience != nil {
		theta, name = 1/f.patience.Mean, fmt.Sprintf("M/M/%d+M with priorities", f.slots)
	}
	t := &theory{model: name, classes: make([]queueing.Figures, len(f.Classes))}
	for l, fig := range queueing.Priorities(f.slots, rates, 1/f.mean, theta) {
		for _, k := range f.levels[l] {
			own := fig
			own.MeanQueue *= f.Classes[k].Rate / rates[l]
			t.classes[k] = own
		}
	}
	f.whole(t)
	return t
}

func (f *facts) oneServer() *theory {
	levels := make([][]queueing.Service, len(f.levels))
	for l, level := range f.levels {
		for _, k := range level {
			s := f.Classes[k].Service
			levels[l] = append(levels[l], queueing.Service{Rate: f.Classes[k].Rate, Mean: s.Mean, Square: s.square()})
		}
	}
	t := &theory{model: "M/G/1 (Pollaczek-Khinchine)", classes: make([]queueing.Figures, len(f.Classes))}
	if len(levels) > 1 {
		t.model = "M/G/1 with priorities (Cobham)"
	}
	for l, list := range queueing.OneServer(levels) {
		for i, fig := range list {
			t.classes[f.levels[l][i]] = fig
		}
	}
	f.whole(t)
	return t
}

// skills is for agents who serve different classes, or at different speed.
func (f *facts) skills() (*theory, string) {
	methods := slices.ContainsFunc(f.Queues, func(q Queue) bool { return q.Method != plan.LeastActive })
	switch {
	case !f.exponential || f.patience != nil || len(f.levels) > 1:
		return nil, "skills have a closed form for patient customers without priorities and services of one exponential distribution only"
	case methods:
		return nil, "skills have a closed form with method LeastActive (the longest idle agent) only"
	case f.prefers():
		return nil, "skills have a closed form for the longest idle agent only, not for the one of the closest skills"
	case !f.single:
		return nil, "skills have a closed form for agents who serve one at a time only"
	}
	rates := make([]float64, len(f.Classes))
	for i := range f.Classes {
		rates[i] = f.Classes[i].Rate
	}
	var pools []queueing.Pool
	poolOf := make([]int, len(f.Agents))
	for i := range f.Agents {
		p := queueing.Pool{Servers: 1, Mu: f.Agents[i].Speed / f.mean}
		for j := range f.Classes {
			p.Serves = append(p.Serves, f.serves(&f.Agents[i], &f.Classes[j]))
		}
		poolOf[i] = slices.IndexFunc(pools, func(o queueing.Pool) bool { return o.Mu == p.Mu && slices.Equal(o.Serves, p.Serves) })
		if poolOf[i] < 0 {
			poolOf[i] = len(pools)
			pools = append(pools, p)
			continue
		}
		pools[poolOf[i]].Servers++
	}
	fig, err := queueing.Skills(rates, pools)
	if err != nil {
		return nil, err.Error()
	}
	t := &theory{model: "skill based, first come first served, the longest idle agent", classes: fig.Classes}
	f.whole(t)
	var busy, units float64
	for i := range f.Agents {
		t.agents = append(t.agents, f.used[i]*fig.Utilisation[poolOf[i]])
		busy += t.agents[i] * float64(f.Agents[i].Units)
		units += float64(f.Agents[i].Units)
	}
	t.total.Utilisation = busy / units
	return t, ""
}
