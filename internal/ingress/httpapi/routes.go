// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"net/http"

	"workstream.dev/operator/internal/plan"
)

// route is one operation. Its path is written alike for the mux and in OpenAPI.
type route struct {
	method, path string
	// roles may call it, any of them; none: no token is asked for.
	roles []plan.Role
	// unready says that it is answered even before the state is recovered.
	unready bool
	handle  func(a *API, c *call) (*answer, error)
}

const base = "/v1/namespaces/{namespace}"

// routes lists all operations.
func routes() []route {
	agent := []plan.Role{plan.RoleAgent}
	supervisor := []plan.Role{plan.RoleSupervisor}
	people := []plan.Role{plan.RoleAgent, plan.RoleSupervisor}
	integration := []plan.Role{plan.RoleIntegration}
	anyone := []plan.Role{plan.RoleAgent, plan.RoleSupervisor, plan.RoleIntegration}
	return []route{
		{method: http.MethodGet, path: "/openapi.yaml", unready: true, handle: (*API).specYAML},
		{method: http.MethodGet, path: "/openapi.json", unready: true, handle: (*API).specJSON},
		{method: http.MethodPost, path: "/webhooks/{namespace}/{address}", handle: (*API).webhook},
		{method: http.MethodPost, path: base + "/workstreams/{workstream}/records", roles: integration, handle: (*API).record},
		{
			method: http.MethodDelete, path: base + "/workstreams/{workstream}/records/{record}",
			roles: integration, handle: (*API).closeRecord,
		},

		{method: http.MethodGet, path: base + "/agent", roles: agent, handle: (*API).me},
		{method: http.MethodPut, path: base + "/agent/presence", roles: agent, handle: (*API).setPresence},
		{method: http.MethodGet, path: base + "/agent/stream", roles: agent, handle: (*API).stream},
		{method: http.MethodGet, path: base + "/agent/open-items", roles: agent, handle: (*API).openItems},
		{method: http.MethodPost, path: base + "/offers/{offer}/accept", roles: agent, handle: operation("accept")},
		{method: http.MethodPost, path: base + "/offers/{offer}/decline", roles: agent, handle: operation("decline")},
		{method: http.MethodPost, path: base + "/items/{item}/pick", roles: agent, handle: operation("pick")},
		{method: http.MethodPost, path: base + "/items/{item}/messages", roles: agent, handle: operation("message")},
		{method: http.MethodPost, path: base + "/items/{item}/end", roles: agent, handle: operation("end")},
		{method: http.MethodPost, path: base + "/items/{item}/close", roles: agent, handle: operation("close")},
		{method: http.MethodPost, path: base + "/items/{item}/transfer", roles: agent, handle: operation("transfer")},

		{method: http.MethodPost, path: base + "/items/{item}/consult", roles: agent, handle: operation("consult")},
		{method: http.MethodPost, path: base + "/items/{item}/end-consult", roles: agent, handle: operation("end-consult")},
		{method: http.MethodGet, path: base + "/presences", roles: people, handle: (*API).presences},

		{method: http.MethodGet, path: base + "/items/{item}", roles: anyone, handle: (*API).item},
		{method: http.MethodGet, path: base + "/items/{item}/messages", roles: people, handle: (*API).messages},
		{method: http.MethodGet, path: base + "/items/{item}/quick-replies", roles: agent, handle: (*API).quickReplies},
		{method: http.MethodGet, path: base + "/items/{item}/trace", roles: people, handle: (*API).trace},

		{method: http.MethodGet, path: base + "/items", roles: supervisor, handle: (*API).items},
		{method: http.MethodGet, path: base + "/queues", roles: supervisor, handle: (*API).queues},
		{method: http.MethodGet, path: base + "/agents", roles: supervisor, handle: (*API).agents},
		{method: http.MethodPut, path: base + "/agents/{agent}/presence", roles: supervisor, handle: (*API).setAgentPresence},
		{method: http.MethodPost, path: base + "/items/{item}/assign", roles: supervisor, handle: operation("assign")},
		{method: http.MethodPost, path: base + "/items/{item}/force-close", roles: supervisor, handle: operation("force-close")},
	}
}
