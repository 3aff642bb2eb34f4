// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/plan"
)

// experience is what agents are shown with conversations of the world.
func experience() *plan.Experience {
	notification := func(s plan.Scenario) plan.Notification {
		return plan.Notification{
			Scenario: s, Title: string(s) + ": {customer.name}", AcceptText: "Take", DeclineText: "Leave", DesktopNotification: "Always",
			Fields: []plan.Field{{Header: "Tier", Value: "{context.tier} in {queue.name}"}}, ShowTimeout: true,
		}
	}
	return &plan.Experience{
		QuickReplies: []plan.QuickReply{
			{Title: "Hello", Locale: "en", Message: "Hello {customer.name}, {agent.displayName} here", Tags: []string{"greeting", "first"}},
			{Title: "Bonjour", Locale: "fr", Message: "Bonjour {customer.name}", Tags: []string{"greeting"}},
			{Title: "Goodbye", Locale: "en-GB", Message: "Cheers", Tags: []string{"end"}},
		},
		Session: &plan.Session{
			Title: "{customer.name} {{{context.missing}}}", CommunicationPanel: "Docked",
			Tabs: []plan.Tab{{Title: "Order", URL: "https://shop.example/orders?who={customer.name}&item={item.id}"}},
		},
		Notifications: []plan.Notification{
			notification(plan.IncomingAuthenticated), notification(plan.IncomingUnauthenticated),
			notification(plan.ConsultScenario), notification(plan.TransferScenario), notification(plan.SupervisorAssign),
		},
	}
}

func (w *world) writeAs(customer, conversation string) string {
	w.t.Helper()
	body := `{"type":"message.created","data":{"conversation":"` + conversation + `","customer":` + customer +
		`,"message":{"text":"hi"},"context":{"tier":"gold"},"channel":{"locale":"en-US"}}}`
	return w.want(202, "POST "+webhookPath, "", body, signed(conversation, body)...).text("item")
}

// shown is the title and the texts of the notification that an answer or a frame has, empty for none.
func shown(body map[string]any) string {
	e, _ := body["experience"].(map[string]any)
	n, _ := e["notification"].(map[string]any)
	if n == nil {
		return ""
	}
	decline, _ := n["declineText"].(string)
	field := n["fields"].([]any)[0].(map[string]any)
	return n["title"].(string) + "|" + field["value"].(string) + "|" + n["acceptText"].(string) + "|" + decline
}

func TestAgentsAreShownWhatTheTemplatesSay(t *testing.T) {
	w := newWorld(t)
	url := w.listen()
	conn := w.follow(url, w.ann())
	w.next(conn)
	w.next(w.follow(url, w.bob()))
	w.want(200, "PUT "+root+"/agent/presence", w.ann(), `{"presence":"Available"}`)
	item := w.writeAs(`{"id":"u1","name":"Mia & Co"}`, "c-1")
	frame := w.next(conn)
	for frame["type"] != "offer.made" {
		frame = w.next(conn)
	}
	const offered = "IncomingAuthenticated: Mia & Co|gold in vip|Take|Leave"
	if got := shown(frame); got != offered {
		t.Errorf("the frame shows %q", got)
	}
	path := root + "/items/" + item
	got := w.want(200, "GET "+path, w.ann(), "").body
	if shown(got) != offered {
		t.Errorf("the item shows %q", shown(got))
	}
	want := map[string]any{
		"title": "Mia & Co {}", "communicationPanel": "Docked",
		"tabs": []any{map[string]any{"title": "Order", "url": "https://shop.example/orders?who=Mia%20%26%20Co&item=" + item}},
	}
	if diff := cmp.Diff(want, got["experience"].(map[string]any)["session"]); diff != "" {
		t.Errorf("the session (-want +got):\n%s", diff)
	}
	if body := w.want(200, "GET "+path, w.supervisor(), "").body; body["experience"] != nil {
		t.Errorf("who is no agent is shown %v", body["experience"])
	}
	w.want(200, "POST "+root+"/offers/"+w.offer(item)+"/accept", w.ann(), "")
	if got := shown(w.want(200, "GET "+path, w.ann(), "").body); got != "" {
		t.Errorf("after accepting it shows %q", got)
	}

	other := w.writeAs(`{"name":"Joe"}`, "c-2")
	if got := shown(w.want(200, "GET "+root+"/items/"+other, w.ann(), "").body); got != "IncomingUnauthenticated: Joe|gold in vip|Take|Leave" {
		t.Errorf("without an id it shows %q", got)
	}
	w.want(200, "POST "+path+"/consult", w.ann(), `{"agent":"bob"}`)
	if got := shown(w.want(200, "GET "+path, w.bob(), "").body); got != "Consult: Mia & Co|gold in vip|Take|Leave" {
		t.Errorf("who is asked to join is shown %q", got)
	}
	// One that a supervisor gives cannot be declined.
	w.want(200, "POST "+root+"/items/"+other+"/assign", w.supervisor(), `{"agent":"ann"}`)
	for frame = w.next(conn); frame["type"] != "item.assigned" || frame["how"] != "Supervisor"; frame = w.next(conn) {
	}
	if got := shown(frame); got != "SupervisorAssign: Joe|gold in vip|Take|" {
		t.Errorf("a supervisor's word shows %q", got)
	}
}

func TestQuickReplies(t *testing.T) {
	w := newWorld(t)
	item := w.writeAs(`{"id":"u1","name":"Mia"}`, "c-1")
	path := "GET " + root + "/items/" + item + "/quick-replies"
	for query, want := range map[string][]string{
		"":                              {"Hello Mia, Ann here"}, // the conversation is in en-US
		"?locale=fr-CA":                 {"Bonjour Mia"},
		"?locale=fr_CA":                 {"Bonjour Mia"},
		"?locale=en-gb":                 {"Hello Mia, Ann here", "Cheers"},
		"?locale=de":                    {},
		"?q=hELLO":                      {"Hello Mia, Ann here"},
		"?q=ann+HERE":                   {"Hello Mia, Ann here"},
		"?q=nothing":                    {},
		"?tags=greeting,first":          {"Hello Mia, Ann here"},
		"?tags=greeting,end":            {},
		"?locale=en-GB&tags=end&q=chee": {"Cheers"},
	} {
		got := []string{}
		for _, r := range w.want(200, path+query, w.ann(), "").body["items"].([]any) {
			got = append(got, r.(map[string]any)["message"].(string))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	w.wantProblem("403 ItemNotYours", path, w.bob(), "")
	w.wantProblem("403 Forbidden", path, w.supervisor(), "")
	w.wantProblem("400 BadRequest", path+"?tag=end", w.ann(), "")
}
