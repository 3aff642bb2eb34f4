// SPDX-License-Identifier: Apache-2.0

package analysis

import (
	"fmt"
	"slices"
	"strings"

	"workstream.dev/operator/internal/plan"
)

// profiles says of which capacity profiles, that items need, no agent has a slot.
func (n *namespace) profiles() {
	asked := map[string][]Place{}
	for _, w := range n.workstreams {
		for _, p := range w.Profiles {
			asked[p] = append(asked[p], Place{kindWorkstream, w.Name, "spec.workDistribution.capacity.profileRef"})
		}
		for i := range w.Classification {
			c := &w.Classification[i]
			for j := range c.Rules {
				for _, p := range c.Rules[j].Profiles {
					place := Place{kindRuleset, c.Ruleset, fmt.Sprintf("spec.rules[%d](%s).capacityProfiles", j, c.Rules[j].Name)}
					if !slices.Contains(asked[p], place) {
						asked[p] = append(asked[p], place)
					}
				}
			}
		}
	}
	for i := range n.plan.Profiles {
		name := n.plan.Profiles[i].Name
		if len(asked[name]) == 0 || slices.ContainsFunc(n.plan.Agents, func(a plan.Agent) bool {
			return slices.Contains(a.Roles, plan.RoleAgent) && slots(&a, name) > 0
		}) {
			continue
		}
		n.add(Finding{
			Code: ProfileUnheld, Severity: Warning, Kind: kindProfile, Name: name, Blame: asked[name],
			Message: "no agent has a slot of this capacity profile: nobody is ever offered the items that need one",
		})
	}
}

func slots(a *plan.Agent, profile string) int32 {
	for _, p := range a.Profiles {
		if p.Name == profile {
			return p.Limit
		}
	}
	return 0
}

// agents says who can never be offered an item that comes to their queues.
func (n *namespace) agents() {
	feeds := n.feeds()
	for i := range n.plan.Agents {
		a := &n.plan.Agents[i]
		if n.plan.Agent(a.Name) == nil {
			continue
		}
		var why []string
		able := false
		for _, q := range a.Queues {
			for _, w := range feeds[q] {
				reason := lacks(a, w.Workstream)
				able = able || reason == ""
				if !slices.Contains(why, reason) {
					why = append(why, reason)
				}
			}
		}
		if able || len(why) == 0 {
			continue
		}
		n.add(Finding{
			Code: AgentTooSmall, Severity: Warning, Kind: kindAgent, Name: a.Name, Path: "spec.capacity",
			Message: "this agent is never offered an item: " + strings.Join(why, ", "),
		})
	}
}

// lacks says what of their capacity keeps an agent from ever being offered an item, empty if nothing. Where agents may pick
// whatever their capacity nothing does.
func lacks(a *plan.Agent, w *plan.Workstream) string {
	if w.PickFromPush {
		return ""
	}
	if a.Units < w.Units {
		return fmt.Sprintf("an item of Workstream %q costs %d units, and the agent has %d", w.Name, w.Units, a.Units)
	}
	for _, p := range w.Profiles {
		if slots(a, p) < 1 {
			return fmt.Sprintf("an item of Workstream %q needs a slot of CapacityProfile %q, and the agent has none", w.Name, p)
		}
	}
	return ""
}

// feeds are the workstreams whose items come to each queue, by rules and by overflow.
func (n *namespace) feeds() map[string][]*workstream {
	feeds := map[string][]*workstream{}
	var feed func(queue string, w *workstream)
	feed = func(queue string, w *workstream) {
		if slices.Contains(feeds[queue], w) {
			return
		}
		feeds[queue] = append(feeds[queue], w)
		q := n.plan.Queue(queue)
		if q == nil {
			return
		}
		for _, o := range q.Overflow {
			if o.Action == plan.TransferTo {
				feed(o.Queue, w)
			}
		}
	}
	for i := range n.plan.Queues {
		for _, l := range n.leads[n.plan.Queues[i].Name] {
			feed(n.plan.Queues[i].Name, l.w)
		}
	}
	return feeds
}
