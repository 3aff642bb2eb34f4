// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/whatif"
)

// text writes the steps, the rules that were tried, and the agents.
func (e *explanation) text(p *page) {
	it := &e.Item
	p.printf("%s of workstream %s", p.paint(bold, "item "+it.ID), it.Workstream)
	if it.Channel != "" {
		p.printf(", channel %s", it.Channel)
	}
	p.printf(", opened at %s\n", it.OpenedAt.UTC().Format(time.RFC3339))
	for i := range e.Trace {
		step := &e.Trace[i]
		p.printf("%s  %-11s  %s\n", step.At.UTC().Format("15:04:05"), step.Step, step.Summary)
		if step.Step == "routed" {
			rulesTried(p, step.Detail)
		}
	}
	p.printf("%s: %s", p.paint(bold, "now"), it.State)
	if it.Queue != "" && it.State != event.Closed {
		p.printf(" in queue %s", it.Queue)
	}
	if it.Agent != "" {
		p.printf(", agent %s", it.Agent)
	}
	if e.WaitsFor != "" {
		p.printf("; waits for %s", e.WaitsFor)
	}
	p.printf("\n")
	e.agents(p)
	if v := e.WhyNot; v != nil {
		p.printf("\nwhy not %s: %s\n", v.Agent, whyNotSentence(v, e))
	}
}

// rulesTried lists the rules of a routing.
func rulesTried(p *page, detail json.RawMessage) {
	var routed event.ItemRouted
	if json.Unmarshal(detail, &routed) != nil || len(routed.Tried) == 0 {
		return
	}
	if routed.More > 0 {
		p.printf("            %s before these\n", many(int(routed.More), "rule"))
	}
	width := 0
	for _, r := range routed.Tried {
		width = max(width, len(r.Rule))
	}
	for i, r := range routed.Tried {
		result := "does not match"
		if r.Matched {
			result = p.paint(green, "matches")
		}
		p.printf("%11d. %-*s  %s\n", int(routed.More)+i+1, width, r.Rule, result)
	}
}

// agents writes the table of those of the queue.
func (e *explanation) agents(p *page) {
	if !e.given || e.Item.State == event.Closed {
		return
	}
	if len(e.Agents) == 0 {
		p.printf("\nno agent serves queue %s\n", e.Item.Queue)
		return
	}
	p.printf("\nagents of queue %s", e.Item.Queue)
	if e.Method != "" {
		p.printf(", ordered by %s", e.Method)
	}
	p.printf("\n")
	rows := [][]string{{"AGENT", "RANK", "RESULT", "REASON"}}
	for i := range e.Agents {
		v := &e.Agents[i]
		rank := ""
		if v.Rank > 0 {
			rank = strconv.Itoa(v.Rank)
		}
		rows = append(rows, []string{v.Agent, rank, string(v.Result), reasonOf(v)})
	}
	p.table(rows)
	if e.More > 0 {
		p.printf("and %s more, not looked at\n", many(int(e.More), "agent"))
	}
}

func reasonOf(v *whatif.Verdict) string {
	if v.Reason != "" && v.Detail != "" {
		return v.Reason + ": " + v.Detail
	}
	return v.Reason + v.Detail
}

// whyNotSentence says a verdict in words.
func whyNotSentence(v *whatif.Verdict, e *explanation) string {
	switch v.Result {
	case whatif.Excluded:
		return reasonOf(v)
	case whatif.Offered, whatif.Assigned:
		return strings.TrimSuffix("it is with them; "+reasonOf(v), "; ")
	case whatif.MayPick:
		return "they may pick it: the workstream offers items to nobody"
	case whatif.Eligible:
	}
	switch {
	case v.Detail != "":
		return "nothing excludes them; " + v.Detail
	case v.Rank > 1:
		return fmt.Sprintf("nothing excludes them; %s would be offered it before", strings.Join(e.Candidates[:v.Rank-1], ", "))
	default:
		return fmt.Sprintf("nothing excludes them; at least %s would be offered it before", many(len(e.Candidates), "other"))
	}
}
