// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/desk"
	"workstream.dev/operator/internal/view"
)

var states = []event.State{event.Open, event.Active, event.Waiting, event.WrapUp, event.Closed}

// unlessKnown answers with what list returns and a tag that changes whenever anything in the namespace does, or with
// nothing when the caller has what goes with that tag. The tag is as old as the answer or older: at worst the same list is
// sent twice. Another process has other tags.
func (a *API) unlessKnown(c *call, list func() (*answer, error)) (*answer, error) {
	tag := fmt.Sprintf(`"%s-%d"`, a.tags, a.View.Seq())
	if slices.ContainsFunc(strings.Split(c.Header.Get("If-None-Match"), ","), func(known string) bool {
		return strings.TrimPrefix(strings.TrimSpace(known), "W/") == tag
	}) {
		return &answer{status: http.StatusNotModified, tag: tag}, nil
	}
	reply, err := list()
	if err == nil {
		reply.tag = tag
	}
	return reply, err
}

// items shows one page of the items that the query chooses, the newest first.
func (a *API) items(c *call) (*answer, error) {
	return a.unlessKnown(c, func() (*answer, error) { return a.pageOfItems(c) })
}

func (a *API) pageOfItems(c *call) (*answer, error) {
	if err := query(c, "state", "queue", "workstream", "agent", "limit", "continue"); err != nil {
		return nil, err
	}
	q := c.URL.Query()
	f := view.Filter{
		Queue: q.Get("queue"), Workstream: q.Get("workstream"), Agent: q.Get("agent"),
		Continue: q.Get("continue"),
	}
	if value := q.Get("state"); value != "" {
		for state := range strings.SplitSeq(value, ",") {
			if !slices.Contains(states, event.State(state)) {
				return nil, parameter("state", value,
					"state must be Open, Active, Waiting, WrapUp or Closed, or several of them as Open,Active")
			}
			f.States = append(f.States, event.State(state))
		}
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
func (a *API) queues(c *call) (*answer, error) {
	return a.unlessKnown(c, func() (*answer, error) { return ok(listOf(a.View.Queues())), nil })
}

// agents shows all agents.
func (a *API) agents(c *call) (*answer, error) {
	return a.unlessKnown(c, func() (*answer, error) { return ok(listOf(a.View.Agents())), nil })
}

// setAgentPresence is a supervisor's choice for an agent; it answers with the agent.
func (a *API) setAgentPresence(c *call) (*answer, error) {
	if _, err := a.perform(c, desk.Find("agent-presence")); err != nil {
		return nil, err
	}
	return a.agent(c.PathValue("agent"))
}
