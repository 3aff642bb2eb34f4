// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/view"
)

// visible returns the item of the path, if the caller may see it: supervisors see all, agents what is or was theirs and
// what is in their queues, integrations the records.
func (a *API) visible(c *call) (*view.ItemView, error) {
	id := c.PathValue("item")
	it, found := a.View.Item(id)
	if !found {
		return nil, noItem(id)
	}
	if c.caller.Has(plan.RoleSupervisor) ||
		c.caller.Has(plan.RoleIntegration) && it.Type == plan.Record ||
		c.caller.Has(plan.RoleAgent) && a.concerns(c.caller.Agent, &it) {
		return &it, nil
	}
	return nil, ingress.NewProblem(http.StatusForbidden, string(event.ItemNotYours), "this item is neither yours nor in a queue of yours")
}

func noItem(id string) error {
	return ingress.NewProblem(http.StatusNotFound, string(event.UnknownItem), "there is no item "+clip(id))
}

// concerns reports whether an item is an agent's business.
func (a *API) concerns(agent string, it *view.ItemView) bool {
	if party(agent, it) || it.Offer != nil && it.Offer.Agent == agent || it.Transfer != nil && it.Transfer.Agent == agent {
		return true
	}
	if slices.ContainsFunc(it.Consults, func(c view.ConsultView) bool { return c.Agent == agent }) {
		return true // asked to join: who is to decide must see what for
	}
	p := a.View.Plan().Agent(agent)
	return p != nil && slices.Contains(p.Queues, it.Queue)
}

// party reports whether an agent has or had the item last, or has joined it.
func party(agent string, it *view.ItemView) bool {
	return it.Agent == agent || slices.ContainsFunc(it.Consults, func(c view.ConsultView) bool { return c.Joined && c.Agent == agent })
}

// item shows one item.
func (a *API) item(c *call) (*answer, error) {
	it, err := a.visible(c)
	if err != nil {
		return nil, err
	}
	return ok(itemAnswer{it, a.View.Experience(c.caller.Agent, it)}), nil
}

// itemAnswer is an item with what an agent is shown of it.
type itemAnswer struct {
	*view.ItemView
	Experience *view.ExperienceView `json:"experience,omitempty"`
}

// quickReplies are the messages that the agent has ready for an item.
func (a *API) quickReplies(c *call) (*answer, error) {
	if err := query(c, "locale", "q", "tags"); err != nil {
		return nil, err
	}
	it, err := a.conversation(c)
	if err != nil {
		return nil, err
	}
	values := c.URL.Query()
	f := view.QuickReplyFilter{Locale: values.Get("locale"), Text: values.Get("q")}
	if tags := values.Get("tags"); tags != "" {
		f.Tags = strings.Split(tags, ",")
	}
	return ok(listOf(a.View.QuickReplies(c.caller.Agent, it, f))), nil
}

// messages shows what customer and agents wrote. Internal messages are for the agents of the item and for supervisors.
func (a *API) messages(c *call) (*answer, error) {
	it, err := a.conversation(c)
	if err != nil {
		return nil, err
	}
	internal := c.caller.Has(plan.RoleSupervisor) || party(c.caller.Agent, it)
	messages, found := a.View.Timeline(it.ID, internal)
	if !found {
		return nil, noItem(it.ID)
	}
	return ok(listOf(messages)), nil
}

// trace shows why an item is where it is.
func (a *API) trace(c *call) (*answer, error) {
	it, err := a.conversation(c)
	if err != nil {
		return nil, err
	}
	steps, found := a.View.Trace(it.ID)
	if !found {
		return nil, noItem(it.ID)
	}
	return ok(traceAnswer{Items: steps, WaitsFor: it.WaitsFor}), nil
}

// traceAnswer is a trace with what the item waits for now.
type traceAnswer struct {
	Items    []view.TraceStep `json:"items"`
	WaitsFor string           `json:"waitsFor,omitempty"`
}

// conversation is visible without what the role Integration adds: it sees how records fare, not what people wrote.
func (a *API) conversation(c *call) (*view.ItemView, error) {
	caller := *c.caller
	caller.Roles = slices.DeleteFunc(slices.Clone(caller.Roles), func(r plan.Role) bool { return r == plan.RoleIntegration })
	narrowed := *c
	narrowed.caller = &caller
	return a.visible(&narrowed)
}

// clip keeps what a caller sent from making an answer long.
func clip(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64]) + "..."
	}
	return s
}
