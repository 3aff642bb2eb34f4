// SPDX-License-Identifier: Apache-2.0

package whatif

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/match"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/view"
)

// Outcome is what becomes of an item in the moment in which it comes.
type Outcome struct {
	At    time.Time        `json:"at"`
	Item  view.ItemView    `json:"item"`
	Trace []view.TraceStep `json:"trace"`
	// Classified and Routed are the last decisions of their kind; nil when there was none.
	Classified *event.ItemClassified `json:"-"`
	Routed     *event.ItemRouted     `json:"-"`
	// Method orders the agents of the queue.
	Method plan.Method `json:"method,omitempty"`
	// Agents are the members of the item's queue, by name: the first 50 of them and whoever gets it. A closed item has none.
	Agents []Verdict `json:"agents,omitempty"`
	// More is how many members there are beside them.
	More int32 `json:"more,omitempty"`
	// Candidates are those who would be offered the item, one after the other if each were away: as many as were asked for.
	Candidates []string `json:"candidates,omitempty"`
}

// Verdict is what a decision says of an agent.
type Verdict struct {
	Agent string `json:"agent"`
	// Result is Offered, Assigned, Eligible, Excluded, or MayPick of a workstream in which agents pick.
	Result Result `json:"result"`
	// Rank counts those who are offered it one after the other, from 1; 0: not among the first.
	Rank int `json:"rank,omitempty"`
	// Reason and Detail say why an agent is excluded, or was the first to be offered it.
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Result is what an agent gets.
type Result string

// The results.
const (
	Offered  Result = "Offered"
	Assigned Result = "Assigned"
	Eligible Result = "Eligible"
	Excluded Result = "Excluded"
	MayPick  Result = "MayPick"
)

// MaxCandidates is how many agents are asked one after the other where all are asked for.
const MaxCandidates = 10

// Run lets the item come, and finds the first so many candidates. p is not changed; version is its own. The error is what
// is wrong with g.
func Run(p *plan.Plan, version string, g *Given, candidates int) (*Outcome, error) {
	out, err := once(p, version, g, nil)
	if err != nil {
		return nil, err
	}
	chosen := out.chosen()
	away := map[string]bool{}
	for chosen != "" && len(out.Candidates) < candidates {
		out.Candidates = append(out.Candidates, chosen)
		away[chosen] = true
		next, err := once(p, version, g, away)
		if err != nil {
			return nil, err
		}
		if next.Item.Queue != out.Item.Queue {
			break
		}
		chosen = next.chosen()
	}
	for i := range out.Agents {
		out.Agents[i].Rank = slices.Index(out.Candidates, out.Agents[i].Agent) + 1
	}
	return out, nil
}

// chosen is who gets the item first.
func (o *Outcome) chosen() string {
	for i := range o.Agents {
		if r := o.Agents[i].Result; r == Offered || r == Assigned {
			return o.Agents[i].Agent
		}
	}
	return ""
}

// once lets the item come while some agents are away.
func once(p *plan.Plan, version string, g *Given, away map[string]bool) (*Outcome, error) {
	id, err := g.identity()
	if err != nil {
		return nil, err
	}
	cmd, err := g.command(p, id)
	if err != nil {
		return nil, err
	}
	c, err := open(p, version, g, away)
	if err != nil {
		return nil, err
	}
	if err := c.step(cmd); err != nil {
		return nil, err
	}
	out := &Outcome{At: time.UnixMicro(int64(c.now)).UTC()}
	var found bool
	if out.Item, found = c.view.Item(id); !found {
		return nil, fmt.Errorf("item %s is not there after it came", id)
	}
	out.Trace, _ = c.view.Trace(id)
	out.judge(c, p, id)
	return out, nil
}

// decision is what was decided about who gets the item.
type decision struct {
	event.Candidates

	chosen string
	result Result
	via    event.Via
}

// decided finds the last decisions in what the item caused.
func (o *Outcome) decided(events []event.Recorded, id string) decision {
	var d decision
	for _, r := range events {
		if event.ItemOf(r.Event) != id {
			continue
		}
		switch e := r.Event.(type) {
		case event.ItemClassified:
			o.Classified = &e
		case event.ItemRouted:
			o.Routed = &e
		case event.AssignmentDeferred:
			d.Candidates = e.Candidates
		case event.OfferMade:
			d = decision{e.Candidates, e.Agent, Offered, e.Via}
		case event.ItemAssigned:
			d.chosen, d.result, d.via = e.Agent, Assigned, e.Via
			if e.Candidates != nil {
				d.Candidates = *e.Candidates
			}
		}
	}
	return d
}

// maxNamed is how many members of a queue, the first by name, a decision names.
const maxNamed = match.MaxNamed

// judge says of each agent of the queue what was decided.
func (o *Outcome) judge(c *centre, p *plan.Plan, id string) {
	d := o.decided(c.last, id)
	queue := p.Queue(o.Item.Queue)
	if queue == nil || o.Item.State == event.Closed {
		return
	}
	if d.chosen == "" {
		if now, ok := c.engine.Explain(c.now, id); ok {
			d.Candidates = now
		}
	}
	members := p.Members(queue.Name)
	o.Method, o.More = d.Method, d.More
	rest := Eligible
	if ws := p.Workstream(o.Item.Workstream); ws != nil && ws.Mode == plan.Pick {
		rest, o.More = MayPick, int32(max(0, len(members)-maxNamed)) //nolint:gosec // a plan has fewer
	}
	for _, name := range members[:min(len(members), maxNamed)] {
		o.Agents = append(o.Agents, verdict(name, rest, &d.Candidates))
	}
	if d.chosen != "" {
		o.choose(&d)
	}
}

// choose puts who gets the item among the agents.
func (o *Outcome) choose(d *decision) {
	i := slices.IndexFunc(o.Agents, func(v Verdict) bool { return v.Agent == d.chosen })
	if i < 0 {
		i = len(o.Agents)
		o.Agents = append(o.Agents, Verdict{})
	}
	o.Agents[i] = Verdict{Agent: d.chosen, Result: d.result, Reason: string(d.Why), Detail: d.Words()}
	if d.via != event.ViaMethod {
		o.Agents[i].Reason, o.Agents[i].Detail = string(d.via), ""
	}
}

func verdict(name string, rest Result, c *event.Candidates) Verdict {
	for _, x := range c.Excluded {
		if x.Agent == name {
			return Verdict{Agent: name, Result: Excluded, Reason: string(x.Reason), Detail: x.Detail()}
		}
	}
	return Verdict{Agent: name, Result: rest}
}

// WhyNot says of one agent, also of one beyond the first 50, why the item is not with them.
func WhyNot(p *plan.Plan, version string, g *Given, o *Outcome, agent string) (Verdict, error) {
	if p.Agent(agent) == nil {
		return Verdict{}, fmt.Errorf("the plan has no Agent %q who takes work", agent)
	}
	if i := slices.IndexFunc(o.Agents, func(v Verdict) bool { return v.Agent == agent }); i >= 0 {
		return o.Agents[i], nil
	}
	if o.Item.State == event.Closed {
		return Verdict{Agent: agent, Result: Excluded, Reason: "Closed", Detail: string(o.Item.Reason)}, nil
	}
	if !slices.Contains(p.Members(o.Item.Queue), agent) {
		return Verdict{
			Agent: agent, Result: Excluded, Reason: string(event.NotAQueueMember), Detail: "serves " + list(p.Agent(agent).Queues) +
				", and the item is in " + o.Item.Queue,
		}, nil
	}
	alone, err := onlyMember(p, o.Item.Queue, agent)
	if err != nil {
		return Verdict{}, err
	}
	next, err := once(alone, version, g, nil)
	if err != nil {
		return Verdict{}, err
	}
	for _, v := range next.Agents {
		if v.Agent == agent && v.Result == Excluded {
			return v, nil
		}
	}
	return Verdict{Agent: agent, Result: Eligible}, nil
}

// onlyMember is p with one member of the queue.
func onlyMember(p *plan.Plan, queue, agent string) (*plan.Plan, error) {
	body, _, err := p.Encode()
	if err != nil {
		return nil, err
	}
	out, err := plan.Decode(body)
	if err != nil {
		return nil, err
	}
	for i := range out.Agents {
		if a := &out.Agents[i]; a.Name != agent {
			a.Queues = slices.DeleteFunc(a.Queues, func(q string) bool { return q == queue })
		}
	}
	_, _, err = out.Encode()
	return out, err
}

func list(names []string) string {
	if len(names) == 0 {
		return "no queue"
	}
	body, err := json.Marshal(names)
	if err != nil {
		return ""
	}
	return string(body)
}
