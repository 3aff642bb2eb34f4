// SPDX-License-Identifier: Apache-2.0

package view

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
)

// The limits of a page of items.
const (
	DefaultLimit = 100
	MaxLimit     = 500
)

// scanned is how many items are looked at before writers get a turn.
const scanned = 4096

// Filter chooses items. Empty fields choose all.
type Filter struct {
	// States are those that an item may have, any of them.
	States     []event.State
	Queue      string
	Workstream string
	Agent      string
	// Limit is the size of a page: DefaultLimit when 0, MaxLimit at most.
	Limit int
	// Continue is of the page before.
	Continue string
}

func (f *Filter) matches(it *item) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, it.State)) &&
		(f.Queue == "" || it.Queue == f.Queue) &&
		(f.Workstream == "" || it.Workstream == f.Workstream) &&
		(f.Agent == "" || it.Agent == f.Agent)
}

// Seq returns the sequence of the last event that the view includes.
func (v *View) Seq() uint64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.seq
}

// Time returns the moment of the last event.
func (v *View) Time() event.Instant {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.time
}

// Plan returns the plan that is in force; before the first one it is empty, never nil.
func (v *View) Plan() *plan.Plan {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.plan
}

// PlanVersion returns the version of the plan that is in force, empty before the first one.
func (v *View) PlanVersion() string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.version
}

// Item returns an item by its id.
func (v *View) Item(id string) (ItemView, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	it := v.items[id]
	if it == nil {
		return ItemView{}, false
	}
	w := it.view()
	w.WaitsFor = v.waitsForLocked(it)
	return *w, true
}

// pageMark begins a continue token: nearly every word would be a number otherwise.
const pageMark = "v1."

// Items returns one page of the items that f chooses, the newest first. Items that open while somebody pages are on none
// of the later pages; the error says that the continue token is none.
func (v *View) Items(f Filter) (ItemList, error) {
	before := uint64(1<<64 - 1)
	if f.Continue != "" {
		digits, ours := strings.CutPrefix(f.Continue, pageMark)
		n, err := strconv.ParseUint(digits, 36, 64)
		if err != nil || !ours {
			return ItemList{}, fmt.Errorf("%q is no continue token", f.Continue)
		}
		before = n
	}
	limit := f.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	limit = min(limit, MaxLimit)
	list := ItemList{Items: []ItemView{}}
	for {
		next, full := v.scan(&f, before, limit, &list)
		if next == 0 {
			return list, nil
		}
		if full {
			list.Continue = pageMark + strconv.FormatUint(next, 36)
			return list, nil
		}
		before = next
	}
}

// scan looks at a stretch of items opened before a sequence. It returns where it stopped, 0 at the end of all, and
// whether the page is full.
func (v *View) scan(f *Filter, before uint64, limit int, list *ItemList) (next uint64, full bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	end := sort.Search(len(v.order), func(i int) bool { return v.order[i].Opened >= before })
	for n := 0; end > 0; n++ {
		if n == scanned {
			return before, false
		}
		end--
		it := v.order[end]
		before = it.Opened
		if it.dropped || !f.matches(it) {
			continue
		}
		if len(list.Items) == limit {
			return before + 1, true
		}
		list.Items = append(list.Items, *it.view())
	}
	return 0, false
}

// OpenItems returns the items that an agent may pick, MaxLimit at most: those of the agent's queues, in the order of the queues
// and then in that in which they would be served, and behind them those that wait for their customer and that the agent had
// last, in the order in which they came. Of each queue scanned items are looked at.
func (v *View) OpenItems(agent string) []ItemView {
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := []ItemView{}
	p := v.plan.Agent(agent)
	if p == nil {
		return list
	}
	names := slices.Clone(p.Queues)
	slices.SortFunc(names, func(a, b string) int { return cmpFirst(v.priority(a)-v.priority(b), strings.Compare(a, b)) })
	for _, name := range names {
		if q := v.queues[name]; q != nil && len(list) < MaxLimit {
			looked := 0
			q.toPick(func(it *item) bool {
				if it.mayPick(p) {
					list = append(list, *it.view())
				}
				looked++
				return len(list) < MaxLimit && looked < scanned
			})
		}
	}
	parked := slices.SortedFunc(maps.Values(v.parked[agent]), func(a, b *item) int { return cmp.Compare(a.Opened, b.Opened) })
	for _, it := range parked {
		if len(list) < MaxLimit && !it.never(agent) {
			list = append(list, *it.view())
		}
	}
	return list
}

func (v *View) priority(queue string) int {
	if q := v.plan.Queue(queue); q != nil {
		return int(q.Priority)
	}
	return 0
}

func cmpFirst(orders ...int) int {
	for _, o := range orders {
		if o != 0 {
			return o
		}
	}
	return 0
}

// Timeline returns an item's messages in order, the internal ones only when they are asked for, and whether there is such
// an item.
func (v *View) Timeline(item string, internal bool) ([]MessageView, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	it := v.items[item]
	if it == nil {
		return nil, false
	}
	list := make([]MessageView, 0, len(it.Messages))
	for i := range it.Messages {
		if m := &it.Messages[i]; internal || !m.Internal {
			list = append(list, m.view())
		}
	}
	return list, true
}

// Queues returns the plan's queues by name, and those that left it but still have items.
func (v *View) Queues() []QueueView {
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := make([]QueueView, 0, len(v.plan.Queues))
	for i := range v.plan.Queues {
		p := &v.plan.Queues[i]
		w := QueueView{Name: p.Name, Type: p.Type, Priority: p.Priority, Method: p.Method}
		for _, m := range v.plan.Members(p.Name) {
			w.Agents++
			if a := v.agents[m]; a != nil && a.available() {
				w.AgentsAvailable++
			}
		}
		list = append(list, v.queues[p.Name].show(w))
	}
	for name, q := range v.queues {
		if v.plan.Queue(name) == nil && len(q.items) > 0 {
			list = append(list, q.show(QueueView{Name: name}))
		}
	}
	slices.SortFunc(list, func(a, b QueueView) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// show adds what is in the queue; q is nil when it is empty.
func (q *queue) show(w QueueView) QueueView {
	if q == nil {
		return w
	}
	w.Offered = q.offered
	w.Waiting = len(q.items) - q.offered
	if len(q.oldest) > 0 {
		w.OldestSince = moment(q.oldest[0].since)
	}
	return w
}

// Agents returns the plan's agents by name.
func (v *View) Agents() []AgentView {
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := make([]AgentView, 0, len(v.plan.Agents))
	for i := range v.plan.Agents {
		if a := v.plan.Agent(v.plan.Agents[i].Name); a != nil {
			list = append(list, v.agentViewLocked(a))
		}
	}
	return list
}

// Agent returns one of the plan's agents.
func (v *View) Agent(name string) (AgentView, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	p := v.plan.Agent(name)
	if p == nil {
		return AgentView{}, false
	}
	return v.agentViewLocked(p), true
}

// Connected reports whether the events say that an agent is connected.
func (v *View) Connected(agent string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	a := v.agents[agent]
	return a != nil && a.Connected
}

// Stats are the figures of the whole namespace.
type Stats struct {
	Items           map[event.State]int
	Waiting         map[string]int // by queue
	AgentsConnected int
	Streams         int
}

// Stats counts.
func (v *View) Stats() Stats {
	v.mu.RLock()
	defer v.mu.RUnlock()
	s := Stats{Items: maps.Clone(v.states), Waiting: map[string]int{}, Streams: v.hub.count}
	maps.DeleteFunc(s.Items, func(_ event.State, n int) bool { return n == 0 }) // a state that was is as one that never was
	for i := range v.plan.Queues {
		s.Waiting[v.plan.Queues[i].Name] = 0
	}
	for name, q := range v.queues {
		s.Waiting[name] = len(q.items) - q.offered
	}
	for _, a := range v.agents {
		if a.Connected {
			s.AgentsConnected++
		}
	}
	return s
}

// Sent returns the text of an agent's message, and whether there is one of that id.
func (v *View) Sent(item, agent, message string) (text string, found bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	it := v.items[item]
	if it == nil {
		return "", false
	}
	for i := range it.Messages {
		if m := &it.Messages[i]; m.ID == message && m.Agent == agent {
			return m.Text, true
		}
	}
	return "", false
}

// Presences returns what agents may choose: the base presences, then those of the organisation's own.
func (v *View) Presences() []plan.CustomPresence {
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := make([]plan.CustomPresence, 0, len(basePresences)+len(v.plan.Presences))
	for _, p := range basePresences {
		list = append(list, plan.CustomPresence{Name: string(p), Base: p})
	}
	return append(list, v.plan.Presences...)
}

var basePresences = []plan.Presence{plan.Available, plan.Busy, plan.DoNotDisturb, plan.Away, plan.Offline}
