// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/whatif"
)

// run lets the item come, and returns what is not as expected.
func (t *routingTest) run(s *space) (problems []string, out *whatif.Outcome, err error) {
	candidates := 0
	if t.Expect.Candidates != nil {
		candidates = min(len(t.Expect.Candidates)+1, whatif.MaxCandidates)
	}
	if out, err = whatif.Run(s.Output.Plan, s.Output.Version, &t.Given, candidates); err != nil {
		return nil, nil, fmt.Errorf("%w%s", err, s.absent(&t.Given))
	}
	c := comparison{}
	e := &t.Expect
	c.rules(e.Rules, out)
	c.text("queue", out.Item.Queue, e.Queue)
	c.text("state", string(out.Item.State), e.State)
	if e.Priority != 0 && out.Item.Priority != e.Priority {
		c.differs("priority", out.Item.Priority, e.Priority)
	}
	c.needs(e, out)
	for _, name := range slices.Sorted(maps.Keys(e.Attributes)) {
		if got, want := out.Item.Attributes[name], e.Attributes[name]; got != want {
			c.differs("attributes: "+name, show(got.String()), show(want.String()))
		}
	}
	c.agents(e, out)
	return c.problems, out, nil
}

// comparison collects what differs.
type comparison struct{ problems []string }

func (c *comparison) differs(what string, got, want any) {
	c.problems = append(c.problems, fmt.Sprintf("%s is %v, expected %v", what, got, want))
}

func (c *comparison) text(what, got, want string) {
	if want != "" && got != want {
		c.differs(what, show(got), show(want))
	}
}

// rules compares the way through the rulesets.
func (c *comparison) rules(want map[string]string, out *whatif.Outcome) {
	way := wayOf(out)
	for _, ruleset := range slices.Sorted(maps.Keys(want)) {
		got, asked := way[ruleset]
		if !asked {
			c.problems = append(c.problems,
				fmt.Sprintf("rules: RoutingRuleset %q is not asked, expected rule %s of it", ruleset, want[ruleset]))
			continue
		}
		c.text("rules: "+ruleset, got, want[ruleset])
	}
}

// wayOf is the rule of each ruleset that matched, None if none did.
func wayOf(out *whatif.Outcome) map[string]string {
	way := map[string]string{}
	if out.Classified != nil {
		for _, r := range out.Classified.Rulesets {
			way[r.Ruleset] = orNone(r.Rule)
		}
	}
	if r := out.Routed; r != nil && r.Ruleset != "" {
		way[r.Ruleset] = orNone(r.Rule)
	}
	return way
}

// needs compares what the item asks of an agent.
func (c *comparison) needs(e *expectation, out *whatif.Outcome) {
	if e.Skills != nil {
		want := make([]plan.Skill, len(e.Skills))
		for i, s := range e.Skills {
			want[i] = plan.Skill{Name: s.Name, Rating: s.Rating}
		}
		slices.SortFunc(want, func(a, b plan.Skill) int { return strings.Compare(a.Name, b.Name) })
		if !slices.Equal(want, out.Item.Skills) {
			c.differs("skills", skillList(out.Item.Skills), skillList(want))
		}
	}
	if e.CapacityProfiles != nil {
		want := make([]string, len(e.CapacityProfiles))
		for i, p := range e.CapacityProfiles {
			want[i] = p.Name
		}
		slices.Sort(want)
		if got := profilesOf(out); !slices.Equal(want, got) {
			c.differs("capacityProfiles", nameList(got), nameList(want))
		}
	}
}

// profilesOf are the capacity profiles that rules gave.
func profilesOf(out *whatif.Outcome) []string {
	if out.Classified == nil {
		return nil
	}
	return out.Classified.Profiles
}

// agents compares who would be offered the item.
func (c *comparison) agents(e *expectation, out *whatif.Outcome) {
	if e.Candidates != nil && !slices.Equal(e.Candidates, out.Candidates) {
		c.differs("candidates", nameList(out.Candidates), nameList(e.Candidates))
	}
	first := ""
	for i := range out.Agents {
		if r := out.Agents[i].Result; r == whatif.Offered || r == whatif.Assigned {
			first = out.Agents[i].Agent
		}
	}
	c.text("agent", orNone(first), e.Agent)
	for _, agent := range slices.Sorted(maps.Keys(e.Excluded)) {
		c.text("excluded: "+agent, exclusionOf(agent, out), e.Excluded[agent])
	}
}

func exclusionOf(agent string, out *whatif.Outcome) string {
	for i := range out.Agents {
		if v := &out.Agents[i]; v.Agent == agent {
			if v.Result == whatif.Excluded {
				return v.Reason
			}
			return string(v.Result)
		}
	}
	return string(event.NotAQueueMember)
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}

func show(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func nameList(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

func skillList(skills []plan.Skill) string {
	parts := make([]string, len(skills))
	for i, s := range skills {
		parts[i] = s.Name
		if s.Rating != 0 {
			parts[i] = fmt.Sprintf("%s %d", s.Name, s.Rating)
		}
	}
	return nameList(parts)
}
