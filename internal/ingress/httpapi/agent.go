// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net/http"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/desk"
)

// list is a whole list, or one page of it.
type list[T any] struct {
	Items    []T    `json:"items"`
	Continue string `json:"continue,omitempty"`
}

// me shows the calling agent.
func (a *API) me(c *call) (*answer, error) { return a.agent(c.caller.Agent) }

func (a *API) agent(name string) (*answer, error) {
	agent, found := a.View.Agent(name)
	if !found {
		return nil, ingress.NewProblem(http.StatusNotFound, string(event.UnknownAgent), "the plan has no agent "+clip(name)+" any more")
	}
	return ok(agent), nil
}

// perform carries out an operation of the desk; target is what the path says that it is about.
func (a *API) perform(c *call, op *desk.Operation) (desk.Answer, error) {
	var body []byte
	if c.ContentLength != 0 || op.NeedsBody {
		var err error
		if body, err = ingress.ReadBody(c.w, c.Request); err != nil {
			return desk.Answer{}, err
		}
	}
	return a.desk.Do(c.Context(), c.caller, op, c.PathValue(string(op.Target)), body)
}

// operation returns the handler of an operation.
func operation(name string) func(*API, *call) (*answer, error) {
	op := desk.Find(name)
	return func(a *API, c *call) (*answer, error) {
		done, err := a.perform(c, op)
		if err != nil {
			return nil, err
		}
		return ok(done), nil
	}
}

// setPresence is the agent's own choice; it answers with the agent.
func (a *API) setPresence(c *call) (*answer, error) {
	if _, err := a.perform(c, desk.Find("presence")); err != nil {
		return nil, err
	}
	return a.me(c)
}

// presences are what agents may choose.
func (a *API) presences(*call) (*answer, error) { return ok(listOf(a.View.Presences())), nil }

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
