// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net/http"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/plan"
)

// commandAnswer answers a command about an item.
type commandAnswer struct {
	Item    string `json:"item"`
	Offer   string `json:"offer,omitempty"`
	Message string `json:"message,omitempty"`
	// Duplicate says that it had been done before.
	Duplicate bool `json:"duplicate"`
}

// list is a whole list, or one page of it.
type list[T any] struct {
	Items    []T    `json:"items"`
	Continue string `json:"continue,omitempty"`
}

// me shows the calling agent.
func (a *API) me(c *call) (*answer, error) {
	agent, found := a.View.Agent(c.caller.Agent)
	if !found {
		return nil, ingress.NewProblem(http.StatusNotFound, string(event.UnknownAgent), "the plan has no agent "+c.caller.Agent+" any more")
	}
	return ok(agent), nil
}

// setPresence is the agent's own choice.
func (a *API) setPresence(c *call) (*answer, error) {
	var in struct {
		Presence plan.Presence `json:"presence"`
	}
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	if in.Presence == "" {
		return nil, ingress.InvalidField("presence", "", "presence is missing or empty")
	}
	if _, err := a.do(c, event.SetPresence{Agent: c.caller.Agent, Presence: in.Presence}); err != nil {
		return nil, err
	}
	return a.me(c)
}

// stream hands the connection over.
func (a *API) stream(c *call) (*answer, error) {
	if err := query(c, "after"); err != nil {
		return nil, err
	}
	return nil, a.Streamer.Serve(c.w, c.Request, c.caller, c.token)
}

// openItems are what the agent may pick.
func (a *API) openItems(c *call) (*answer, error) {
	return ok(listOf(a.View.OpenItems(c.caller.Agent))), nil
}

func listOf[T any](items []T) list[T] { return list[T]{Items: items} }

// command carries out a command that has no body.
func (a *API) command(c *call, cmd event.Command) (*answer, error) {
	if err := noBody(c); err != nil {
		return nil, err
	}
	return a.commandWith(c, cmd)
}

// commandWith carries out a command whose body has been read.
func (a *API) commandWith(c *call, cmd event.Command) (*answer, error) {
	result, err := a.do(c, cmd)
	if err != nil {
		return nil, err
	}
	item := result.Item
	if item == "" {
		item = c.PathValue("item")
	}
	return ok(commandAnswer{Item: item, Offer: result.Offer, Message: result.Message, Duplicate: result.Duplicate}), nil
}

func (a *API) accept(c *call) (*answer, error) {
	return a.command(c, event.AcceptOffer{Agent: c.caller.Agent, Offer: c.PathValue("offer")})
}

func (a *API) decline(c *call) (*answer, error) {
	return a.command(c, event.DeclineOffer{Agent: c.caller.Agent, Offer: c.PathValue("offer")})
}

func (a *API) pick(c *call) (*answer, error) {
	return a.command(c, event.PickItem{Agent: c.caller.Agent, Item: c.PathValue("item")})
}

func (a *API) end(c *call) (*answer, error) {
	return a.command(c, event.EndItem{Agent: c.caller.Agent, Item: c.PathValue("item")})
}

func (a *API) closeItem(c *call) (*answer, error) {
	return a.command(c, event.CloseItem{Agent: c.caller.Agent, Item: c.PathValue("item")})
}

// transfer puts the agent's item into another queue.
func (a *API) transfer(c *call) (*answer, error) {
	var in struct {
		Queue string `json:"queue"`
	}
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	if err := ingress.CheckLength("queue", in.Queue, ingress.MaxID, true); err != nil {
		return nil, err
	}
	return a.commandWith(c, event.TransferItem{Agent: c.caller.Agent, Item: c.PathValue("item"), Queue: in.Queue})
}

// sendMessage writes to the customer. The id is the agent's, so that sending again after a broken connection is safe.
func (a *API) sendMessage(c *call) (*answer, error) {
	var in struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	}
	if err := decode(c, &in); err != nil {
		return nil, err
	}
	if err := ingress.CheckLength("id", in.ID, ingress.MaxID, true); err != nil {
		return nil, err
	}
	if err := ingress.CheckLength("text", in.Text, ingress.MaxText, true); err != nil {
		return nil, err
	}
	return a.commandWith(c, event.SendMessage{
		Agent: c.caller.Agent, Item: c.PathValue("item"), Message: in.ID, Text: in.Text,
	})
}
