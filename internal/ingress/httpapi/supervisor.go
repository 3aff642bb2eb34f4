// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net/http"
	"slices"
	"strconv"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/desk"
	"workstream.dev/operator/internal/view"
)

var states = []event.State{event.Open, event.Active, event.Waiting, event.WrapUp, event.Closed}

// items shows one page of the items that the query chooses, the newest first.
func (a *API) items(c *call) (*answer, error) {
	if err := query(c, "state", "queue", "workstream", "agent", "limit", "continue"); err != nil {
		return nil, err
	}
	q := c.URL.Query()
	f := view.Filter{
		State: event.State(q.Get("state")), Queue: q.Get("queue"), Workstream: q.Get("workstream"), Agent: q.Get("agent"),
		Continue: q.Get("continue"),
	}
	if f.State != "" && !slices.Contains(states, f.State) {
		return nil, parameter("state", string(f.State), "state must be Open, Active, Waiting, WrapUp or Closed")
	}
	if value := q.Get("limit"); value != "" {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > view.MaxLimit {
			return nil, parameter("limit", value, "limit must be a number from 1 to "+strconv.Itoa(view.MaxLimit))
		}
		f.Limit = n
	}
	page, err := a.View.Items(f)
	if err != nil {
		return nil, parameter("continue", f.Continue, "continue must be what the page before returned")
	}
	return ok(page), nil
}

func parameter(name, value, detail string) error {
	p := ingress.NewProblem(http.StatusBadRequest, ingress.ReasonBadRequest, detail)
	p.Field, p.Value = name, clip(value)
	return p
}

// queues shows all queues.
func (a *API) queues(*call) (*answer, error) { return ok(listOf(a.View.Queues())), nil }

// agents shows all agents.
func (a *API) agents(*call) (*answer, error) { return ok(listOf(a.View.Agents())), nil }

// setAgentPresence is a supervisor's choice for an agent; it answers with the agent.
func (a *API) setAgentPresence(c *call) (*answer, error) {
	if _, err := a.perform(c, desk.Find("agent-presence")); err != nil {
		return nil, err
	}
	return a.agent(c.PathValue("agent"))
}
