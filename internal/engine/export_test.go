// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// NextOffer is the oracle: it says by the words of the design who must be offered what next, and looks at every item
// and every agent to find out. It shares no code with the engine's own decision. Offers that are not by the method of the
// queue are no concern of its.
func (e *Engine) NextOffer(now event.Instant) (string, string) {
	var waiting []*item
	for _, it := range e.items {
		if it.Queued && it.ws.Mode == plan.Push && e.plan.Queue(it.Queue) != nil {
			waiting = append(waiting, it)
		}
	}
	slices.SortFunc(waiting, func(a, b *item) int {
		qa, pa := e.oraclePriorities(a)
		qb, pb := e.oraclePriorities(b)
		return cmp.Or(cmp.Compare(qa, qb), cmp.Compare(pa, pb), cmp.Compare(a.Since, b.Since), cmp.Compare(a.ID, b.ID))
	})
	for _, it := range waiting {
		var able []*agent
		for i := range e.plan.Agents {
			if g := &e.plan.Agents[i]; e.oracleAllows(it, g, now) {
				able = append(able, e.agents[g.Name])
			}
		}
		if len(able) > 0 {
			return it.ID, e.oracleBest(it, able).Name
		}
	}
	return "", ""
}

func (e *Engine) oraclePriorities(it *item) (queue, own int32) {
	if it.Promoted {
		return 1, 1
	}
	if it.Priority == 0 {
		return e.plan.Queue(it.Queue).Priority, 100
	}
	return e.plan.Queue(it.Queue).Priority, it.Priority
}

func (e *Engine) oracleAllows(it *item, g *plan.Agent, now event.Instant) bool {
	if !slices.Contains(g.Roles, plan.RoleAgent) {
		return false
	}
	a := e.agents[g.Name]
	if !slices.Contains(g.Queues, it.Queue) || !a.Connected || !slices.Contains(it.ws.AllowedPresences, a.Presence) {
		return false
	}
	if e.oracleFree(a) < int(it.ws.Units) || !e.oracleSlots(it, g) || !oracleSuits(it, g) {
		return false
	}
	d := it.Declines[a.Name]
	if d == nil {
		return true
	}
	return d.Until <= now && (d.Count < it.ws.Offer.MaxDeclines || it.ws.Offer.MaxDeclines == 0 ||
		(it.Type == plan.Record && e.oracleAllDeclined(it)))
}

// oracleSlots: a free slot of each profile, and no blocking one without.
func (e *Engine) oracleSlots(it *item, g *plan.Agent) bool {
	free := e.oracleProfiles(g)
	for _, p := range slices.Concat(it.Profiles, it.ws.Profiles) {
		if free[p] <= 0 {
			return false
		}
	}
	for p, n := range free {
		if def := e.plan.Profile(p); n <= 0 && def != nil && def.Blocking {
			return false
		}
	}
	return true
}

func (e *Engine) oracleProfiles(g *plan.Agent) map[string]int {
	free := make(map[string]int)
	for _, p := range g.Profiles {
		free[p.Name] = int(p.Limit)
		for _, en := range e.agents[g.Name].Ledger {
			if slices.Contains(en.Profiles, p.Name) || slices.Contains(en.Kept, p.Name) {
				free[p.Name]--
			}
		}
	}
	return free
}

// oracleSuits: all skills where they must be exact, and nobody whom the customer does not want.
func oracleSuits(it *item, g *plan.Agent) bool {
	for name := range strings.SplitSeq(it.Attributes["customer.neverAgents"].String(), ",") {
		if strings.TrimSpace(name) == g.Name {
			return false
		}
	}
	if m := it.ws.SkillMatching; m != plan.SkillsExact && m != "" {
		return true
	}
	for _, need := range it.Skills {
		if !slices.ContainsFunc(g.Skills, func(s plan.Skill) bool { return s.Name == need.Name && s.Rating >= need.Rating }) {
			return false
		}
	}
	return true
}

func (e *Engine) oracleAllDeclined(it *item) bool {
	for i := range e.plan.Agents {
		g := &e.plan.Agents[i]
		if !slices.Contains(g.Queues, it.Queue) || !slices.Contains(g.Roles, plan.RoleAgent) || !oracleSuits(it, g) {
			continue
		}
		if d := it.Declines[g.Name]; d == nil || d.Count < it.ws.Offer.MaxDeclines {
			return false
		}
	}
	return true
}

func (e *Engine) oracleFree(a *agent) int {
	free := int(e.plan.Agent(a.Name).Units)
	for _, en := range a.Ledger {
		free -= int(en.Units)
	}
	return free
}

// oracleDistance is how far an agent's skills are from what an item needs, where the closest come first.
func oracleDistance(it *item, g *plan.Agent) int {
	if it.ws.SkillMatching != plan.SkillsClosest {
		return 0
	}
	sum := 0
	for _, need := range it.Skills {
		i := slices.IndexFunc(g.Skills, func(s plan.Skill) bool { return s.Name == need.Name })
		switch {
		case i < 0:
			sum += 30
		case need.Rating == 0:
		case g.Skills[i].Rating < need.Rating:
			sum += 10 + int(need.Rating-g.Skills[i].Rating)
		default:
			sum += int(g.Skills[i].Rating - need.Rating)
		}
	}
	return sum
}

func (e *Engine) oracleRoom(it *item, a *agent) int {
	profiles := slices.Concat(it.Profiles, it.ws.Profiles)
	if it.ws.Units > 0 || len(profiles) == 0 {
		return e.oracleFree(a)
	}
	free := e.oracleProfiles(e.plan.Agent(a.Name))
	least := free[profiles[0]]
	for _, p := range profiles {
		least = min(least, free[p])
	}
	return least
}

func (e *Engine) oracleBest(it *item, able []*agent) *agent {
	slices.SortFunc(able, func(a, b *agent) int {
		distance := cmp.Compare(oracleDistance(it, e.plan.Agent(a.Name)), oracleDistance(it, e.plan.Agent(b.Name)))
		byName := cmp.Compare(a.Name, b.Name)
		switch e.plan.Queue(it.Queue).Method {
		case plan.RoundRobin:
			return cmp.Or(distance, cmp.Compare(a.LastAssigned[it.Queue], b.LastAssigned[it.Queue]), byName)
		case plan.LeastActive:
			return cmp.Or(distance, cmp.Compare(a.LastReleased, b.LastReleased), byName)
		default:
			return cmp.Or(distance, cmp.Compare(e.oracleRoom(it, b), e.oracleRoom(it, a)), cmp.Compare(a.LastChange, b.LastChange), byName)
		}
	})
	return able[0]
}

// Percentile is how items are drawn.
func Percentile(item string) int32 { return percentile(item) }

// Clock is the latest time that the engine was given.
func (e *Engine) Clock() event.Instant { return e.clock }

// Overdrawn are the agents whose free capacity is negative.
func (e *Engine) Overdrawn() map[string]bool {
	out := make(map[string]bool)
	for name, a := range e.agents {
		if e.oracleFree(a) < 0 {
			out[name] = true
		}
	}
	return out
}

// SetMaxFired bounds the timers of a step for a test, and returns what the bound was.
func SetMaxFired(n int) int {
	before := maxFired
	maxFired = n
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
func (e *Engine) Attributes(item string) rule.Attributes { return e.items[item].Attributes }
