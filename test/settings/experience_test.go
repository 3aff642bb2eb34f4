// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAgentExperience: what the templates say comes out of a running distributor with the values of their placeholders.
func TestAgentExperience(t *testing.T) {
	w := setting{
		agents: []string{"ann displayName: Ann Smith, " + units},
		experience: `agentExperience:
  quickReplies:
  - {title: Greeting, locale: en, message: "Hello {customer.name}, this is {agent.displayName}", tags: [greeting]}
  - {title: Bonjour, locale: fr, message: Bonjour}
  sessionTemplate:
    title: "{customer.name} ({context.tier})"
    communicationPanel: Minimized
    tabs: [{title: "Queue {queue.name}", url: "/customers/{customer.id}"}]
  notificationTemplates:
  - scenario: IncomingAuthenticated
    title: "{customer.name} is waiting"
    fields: [{header: Item, value: "{item.type} over {item.channel}"}]
    showTimeout: Disabled
    acceptText: Take
    declineText: Leave
    desktopNotification: WhenInBackground
`,
	}.start(t)
	w.online("ann")
	item := w.writeFor("c1", map[string]any{"id": "u/1", "name": "Mia"})
	w.offered("ann", item)
	type object = map[string]any
	var got struct{ Experience object }
	must(t, w.as("ann").Call(t.Context(), http.MethodGet, "items/"+item, nil, &got))
	want := object{
		"notification": object{
			"title": "Mia is waiting", "fields": []any{object{"header": "Item", "value": "Messaging over web"}},
			"showTimeout": false, "acceptText": "Take", "declineText": "Leave", "desktopNotification": "WhenInBackground",
		},
		"session": object{
			"title": "Mia ()", "communicationPanel": "Minimized",
			"tabs": []any{object{"title": "Queue general", "url": "/customers/u%2F1"}},
		},
	}
	if diff := cmp.Diff(want, got.Experience); diff != "" {
		t.Errorf("experience (-want +got):\n%s", diff)
	}
	var replies struct{ Items []object }
	must(t, w.as("ann").Call(t.Context(), http.MethodGet, "items/"+item+"/quick-replies?locale=en-GB", nil, &replies))
	wantReplies := []object{{
		"title": "Greeting", "locale": "en", "message": "Hello Mia, this is Ann Smith", "tags": []any{"greeting"},
	}}
	if diff := cmp.Diff(wantReplies, replies.Items); diff != "" {
		t.Errorf("quick replies (-want +got):\n%s", diff)
	}
}
