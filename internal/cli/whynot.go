// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/view"
	"workstream.dev/operator/internal/whatif"
)

// decided is what a step of a trace says of agents, as far as it does.
type decided struct {
	Agent      string            `json:"agent"`
	Queue      string            `json:"queue"`
	Candidates *event.Candidates `json:"candidates"`
}

// whyNotLive says why an item of a distributor is not with an agent, by the last decision that looked at agents.
func whyNotLive(e *explanation, agents []view.AgentView, name string) (*whatif.Verdict, error) {
	i := slices.IndexFunc(agents, func(a view.AgentView) bool { return a.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("--why-not: the distributor knows no agent %q", name)
	}
	v := &whatif.Verdict{Agent: name, Result: whatif.Eligible}
	switch {
	case e.Item.Agent == name && e.Item.State != event.Closed:
		v.Result, v.Detail = whatif.Assigned, "they have it"
		return v, nil
	case e.Item.Offer != nil && e.Item.Offer.Agent == name:
		v.Result, v.Detail = whatif.Offered, "it is offered to them now"
		return v, nil
	case e.Item.Queue != "" && !slices.Contains(agents[i].Queues, e.Item.Queue):
		v.Result, v.Reason = whatif.Excluded, string(event.NotAQueueMember)
		v.Detail = fmt.Sprintf("serves %s, and the item is in %s", orNothing(agents[i].Queues), e.Item.Queue)
		return v, nil
	}
	for _, step := range slices.Backward(e.Trace) {
		var d decided
		if json.Unmarshal(step.Detail, &d) == nil && d.Candidates != nil {
			d.judge(v)
			return v, nil
		}
	}
	v.Detail = "no decision looked at agents: " + whatItDoes(e)
	return v, nil
}

// judge says of an agent what the decision says.
func (d *decided) judge(v *whatif.Verdict) {
	for _, x := range d.Candidates.Excluded {
		if x.Agent == v.Agent {
			v.Result, v.Reason, v.Detail = whatif.Excluded, string(x.Reason), x.Detail()
			return
		}
	}
	switch {
	case d.Agent == v.Agent:
		v.Detail = "it was offered to them"
	case d.Agent != "":
		v.Detail = d.Agent + " came first: " + d.Candidates.Words()
	case d.Candidates.More > 0:
		v.Result, v.Detail = whatif.Excluded, "the decision does not name every member of a large queue"
	}
}

func whatItDoes(e *explanation) string {
	if e.WaitsFor != "" {
		return "it waits for " + e.WaitsFor
	}
	return "it is " + string(e.Item.State)
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "no queue"
	}
	return strings.Join(names, ", ")
}
