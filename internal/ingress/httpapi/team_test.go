// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// teamPlan has what agents do with each other, and what classification and capacity profiles show.
func teamPlan() *plan.Plan {
	p := testPlan()
	chat := &p.Workstreams[0]
	chat.Profiles, chat.PickFromPush = []string{"talk"}, true
	chat.Lifecycle.CustomerReturn = 3 * time.Minute
	chat.Classification = []plan.Classification{{Ruleset: "tiers", Rules: []plan.ClassificationRule{{
		Name: "gold", Priority: 10, Skills: []plan.Skill{{Name: "french", Rating: 3}},
		When: &rule.Condition{Attribute: "context.tier", Operator: rule.Equal, Values: []string{"gold"}},
	}}}}
	p.Profiles = []plan.Profile{{Name: "talk", Reset: plan.Immediate}}
	p.Presences = []plan.CustomPresence{{Name: "Lunch", Base: plan.Away}}
	agent := func(name string, units int32, queues ...string) plan.Agent {
		return plan.Agent{
			Name: name, Subject: name + "@contoso.com", Roles: []plan.Role{plan.RoleAgent}, Units: units, Queues: queues,
			Profiles: []plan.AgentProfile{{Name: "talk", Limit: 2}}, Skills: []plan.Skill{{Name: "french", Rating: 7}},
		}
	}
	p.Agents = []plan.Agent{agent("ann", 100, "vip"), agent("bob", 100, "backlog", "general"), agent("cid", 0, "vip")}
	return p
}

// until reads frames up to the first of a type, and returns that one.
func (w *world) until(conn *websocket.Conn, typ string) map[string]any {
	w.t.Helper()
	for range 100 {
		if f := w.next(conn); f["type"] == typ {
			return f
		}
	}
	w.t.Fatalf("there is no %s", typ)
	return nil
}

// TestAgentsWorkTogether goes through consultations, transfers, internal messages and a customer who was gone for a moment,
// over HTTP, with the streams of both agents beside it.
func TestAgentsWorkTogether(t *testing.T) {
	w := newWorld(t)
	w.activate(teamPlan())
	url := w.listen()
	ann, bob := w.follow(url, w.ann()), w.follow(url, w.bob())
	w.until(ann, "hello")
	w.until(bob, "hello")
	for _, token := range []string{w.ann(), w.bob()} {
		w.want(200, "PUT "+root+"/agent/presence", token, `{"presence":"Available"}`)
	}
	item := w.write("c-1", "Where is my order?")
	path := root + "/items/" + item
	it := w.want(200, "GET "+path, w.supervisor(), "").body
	if it["priority"] != 10.0 || it["units"] != 30.0 || fmt.Sprint(it["skills"]) != "[map[name:french rating:3]]" || fmt.Sprint(it["profiles"]) != "[talk]" {
		t.Errorf("classified as %v", it)
	}
	if !strings.HasPrefix(it["waitsFor"].(string), "ann to answer the offer") {
		t.Errorf("it waits for %q", it["waitsFor"])
	}
	w.want(200, "POST "+root+"/offers/"+w.offer(item)+"/accept", w.ann(), "")
	self := w.want(200, "GET "+root+"/agent", w.ann(), "").body
	if diff := cmp.Diff([]any{map[string]any{"name": "talk", "limit": 2.0, "used": 1.0}}, self["profiles"]); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
	t.Run("consult", func(t *testing.T) { w.t = t; w.consult(path, ann, bob) })
	t.Run("transfer", func(t *testing.T) { w.t = t; w.handOver(path, ann, bob) })
	t.Run("customer", func(t *testing.T) { w.t = t; w.customerGone(path, bob) })
	w.t = t
	trace := w.want(200, "GET "+path+"/trace", w.supervisor(), "")
	if got := trace.text("waitsFor"); got != "bob, who has it" {
		t.Errorf("it waits for %q", got)
	}
	var told []string
	for _, s := range trace.body["items"].([]any) {
		told = append(told, s.(map[string]any)["summary"].(string))
	}
	for _, want := range []string{
		"ruleset tiers: rule gold matched (1st), which gives priority 10, skill french at 3; it has priority 10, skill french at 3",
		"offered to ann (HighestCapacity: the only one eligible); passed over: cid (not connected)",
		"ann asked bob to join", "bob joined", "bob no longer takes part",
		"offered to bob, to whom ann hands it over", "bob declined the offer", "bob took it over", "the customer is back",
	} {
		if !slices.Contains(told, want) {
			t.Errorf("the trace does not say %q:\n%s", want, strings.Join(told, "\n"))
		}
	}
}

// consult has Bob join what Ann has, talk to her and leave.
func (w *world) consult(path string, ann, bob *websocket.Conn) {
	w.t.Helper()
	w.wantProblem("404 UnknownAgent", "POST "+path+"/consult", w.ann(), `{"agent":"none"}`)
	w.wantProblem("403 ItemNotYours", "POST "+path+"/consult", w.bob(), `{"agent":"ann"}`)
	w.wantProblem("404 UnknownConsult", "POST "+path+"/end-consult", w.ann(), `{"agent":"bob"}`)
	w.wantProblem("403 ItemNotYours", "GET "+path, w.bob(), "")
	asked := w.want(200, "POST "+path+"/consult", w.ann(), `{"agent":"bob"}`).text("offer")
	w.wantProblem("409 AlreadyConsulting", "POST "+path+"/consult", w.ann(), `{"agent":"bob"}`)
	if f := w.until(bob, "consult.requested"); f["consult"].(map[string]any)["id"] != asked || f["item"].(map[string]any)["priority"] != 10.0 {
		w.t.Errorf("bob is asked by %v", f)
	}
	w.want(200, "POST "+path+"/messages", w.ann(), `{"id":"n1","text":"He is angry.","internal":true}`)
	if got := len(w.want(200, "GET "+path+"/messages", w.bob(), "").body["items"].([]any)); got != 1 {
		w.t.Errorf("bob sees %d messages before he has joined", got)
	}
	w.want(200, "POST "+root+"/offers/"+asked+"/accept", w.bob(), "")
	if f := w.until(ann, "consult.joined"); f["consult"].(map[string]any)["agent"] != "bob" {
		w.t.Errorf("ann is told %v", f)
	}
	w.until(bob, "consult.joined")
	w.want(200, "POST "+path+"/messages", w.bob(), `{"id":"n2","text":"Give him a refund.","internal":true}`)
	w.wantProblem("403 ItemNotYours", "POST "+path+"/messages", w.bob(), `{"id":"n3","text":"Hello!"}`)
	if f := w.until(ann, "message.sent"); f["message"].(map[string]any)["internal"] != true {
		w.t.Errorf("ann is told %v", f)
	}
	list := w.want(200, "GET "+path+"/messages", w.bob(), "").body["items"].([]any)
	if len(list) != 3 || list[2].(map[string]any)["agent"] != "bob" || list[2].(map[string]any)["internal"] != true {
		w.t.Errorf("bob sees %v", list)
	}
	// Cid is of the queue, but not of the item.
	if got := len(w.want(200, "GET "+path+"/messages", w.token("cid@contoso.com"), "").body["items"].([]any)); got != 1 {
		w.t.Errorf("cid sees %d messages", got)
	}
	w.want(200, "POST "+path+"/end-consult", w.bob(), "")
	if f := w.until(ann, "consult.ended"); f["outcome"] != "Done" {
		w.t.Errorf("ann is told %v", f)
	}
	w.until(bob, "consult.ended")
}

// handOver has Ann pass an item on to Bob, who takes it the second time.
func (w *world) handOver(path string, ann, bob *websocket.Conn) {
	w.t.Helper()
	w.wantProblem("409 NotConnected", "POST "+path+"/transfer", w.ann(), `{"to":"cid"}`)
	w.want(200, "PUT "+root+"/agents/bob/presence", w.supervisor(), `{"presence":"Lunch"}`)
	w.wantProblem("409 PresenceNotAllowed", "POST "+path+"/transfer", w.ann(), `{"to":"bob"}`)
	w.want(200, "PUT "+root+"/agent/presence", w.bob(), `{"presence":"Available"}`)
	first := w.want(200, "POST "+path+"/transfer", w.ann(), `{"to":"bob"}`).text("offer")
	w.wantProblem("409 TransferPending", "POST "+path+"/transfer", w.ann(), `{"to":"bob"}`)
	it := w.want(200, "GET "+path, w.bob(), "").body
	if it["state"] != "Active" || it["agent"] != "ann" || it["transfer"].(map[string]any)["from"] != "ann" || it["offer"] != nil {
		w.t.Errorf("while it is handed over the item is %v", it)
	}
	w.until(ann, "transfer.offered")
	if f := w.until(bob, "offer.made"); f["via"] != "Transfer" || f["from"] != "ann" || f["used"] != 30.0 {
		w.t.Errorf("bob is told %v", f)
	}
	w.want(200, "POST "+root+"/offers/"+first+"/decline", w.bob(), "")
	if f := w.until(ann, "transfer.closed"); f["outcome"] != "Declined" || f["to"] != "bob" {
		w.t.Errorf("ann is told %v", f)
	}
	second := w.want(200, "POST "+path+"/transfer", w.ann(), `{"to":"bob"}`).text("offer")
	w.want(200, "POST "+root+"/offers/"+second+"/accept", w.bob(), "")
	if f := w.until(ann, "item.released"); f["reason"] != "TransferredToAgent" || f["free"] != 100.0 {
		w.t.Errorf("ann is told %v", f)
	}
	if f := w.until(bob, "item.assigned"); f["how"] != "Transfer" {
		w.t.Errorf("bob is told %v", f)
	}
}

// customerGone loses the customer for a moment.
func (w *world) customerGone(path string, bob *websocket.Conn) {
	w.t.Helper()
	send := func(id, kind, conversation, want string) *response {
		body := `{"type":"` + kind + `","data":{"conversation":"` + conversation + `"}}`
		if status, _, refused := strings.Cut(want, " "); refused {
			return w.wantProblem(want, "POST "+webhookPath, "", body, signed(id, body)...)
		} else if status != "202" {
			w.t.Fatal(want)
		}
		return w.want(202, "POST "+webhookPath, "", body, signed(id, body)...)
	}
	send("g0", "customer.disconnected", "none", "404 UnknownConversation")
	send("g1", "customer.disconnected", "c-1", "202")
	w.until(bob, "customer.disconnected")
	it := w.want(200, "GET "+path, w.bob(), "").body
	if it["customerGoneUntil"] == nil || !strings.HasPrefix(it["waitsFor"].(string), "the customer to connect again") {
		w.t.Errorf("with the customer gone the item is %v", it)
	}
	send("g2", "customer.reconnected", "c-1", "202")
	w.until(bob, "customer.reconnected")
	if again := send("g1", "customer.disconnected", "c-1", "202"); again.body["duplicate"] != true {
		w.t.Errorf("a late repetition is answered with %v", again.body)
	}
	if it := w.want(200, "GET "+path, w.bob(), "").body; it["customerGoneUntil"] != nil {
		w.t.Errorf("a late repetition has the customer gone again: %v", it)
	}
}

// TestChannelIsToldWhereNobodyWaits has a channel that knows connections, and a workstream that does not care.
func TestChannelIsToldWhereNobodyWaits(t *testing.T) {
	w := newWorld(t)
	w.write("c-1", "hi")
	gone := `{"type":"customer.disconnected","data":{"conversation":"c-1"}}`
	if got := w.wantProblem("409 WrongState", "POST "+webhookPath, "", gone, signed("g1", gone)...); got.problem.Detail == "" {
		t.Error("there is no word why")
	}
	back := `{"type":"customer.reconnected","data":{"conversation":"c-1"}}` // who was not gone is back already
	if got := w.want(202, "POST "+webhookPath, "", back, signed("g2", back)...); got.body["duplicate"] != true {
		t.Errorf("the customer is back: %v", got.body)
	}
}

func TestSupervisorsAndPickers(t *testing.T) {
	w := newWorld(t)
	p := teamPlan()
	p.Workstreams[0].Offer.Presentation = plan.PromptNoDecline
	w.activate(p)
	w.connect("ann")
	w.connect("cid") // whose capacity is 0
	item := w.write("c-1", "hi")
	w.wantProblem("409 DeclineNotAllowed", "POST "+root+"/offers/"+w.offer(item)+"/decline", w.ann(), "")

	w.want(200, "POST "+root+"/items/"+item+"/assign", w.supervisor(), `{"queue":"general"}`)
	it := w.want(200, "GET "+root+"/items/"+item, w.supervisor(), "").body
	if it["queue"] != "general" || it["reason"] != "AssignedBySupervisor" || it["offer"] != nil {
		t.Errorf("put into a queue the item is %v", it)
	}
	if got := it["waitsFor"]; got != "an agent of queue general; passed over: bob (not connected)" {
		t.Errorf("it waits for %q", got)
	}
	w.wantProblem("409 QueueTypeMismatch", "POST "+root+"/items/"+item+"/assign", w.supervisor(), `{"queue":"backlog"}`)
	w.wantProblem("403 NotAQueueMember", "POST "+root+"/items/"+item+"/pick", w.ann(), "")

	// A second and a third conversation fill Ann's slots and one waits: Cid takes it from the queue all the same.
	w.want(200, "POST "+root+"/offers/"+w.offer(w.write("c-2", "hi"))+"/accept", w.ann(), "")
	w.want(200, "POST "+root+"/offers/"+w.offer(w.write("c-3", "hi"))+"/accept", w.ann(), "")
	item = w.write("c-4", "hi")
	cid := w.token("cid@contoso.com")
	open := w.want(200, "GET "+root+"/agent/open-items", cid, "").body["items"].([]any)
	if len(open) != 1 || open[0].(map[string]any)["id"] != item {
		t.Fatalf("cid may pick %v", open)
	}
	w.want(200, "POST "+root+"/items/"+item+"/pick", cid, "")
	if a := w.want(200, "GET "+root+"/agent", cid, "").body; a["free"] != -30.0 || a["presence"] != "Busy" {
		t.Errorf("cid has %v", a)
	}

	// What is sent again after the item has gone is known, for as long as the item can be read.
	w.want(200, "POST "+root+"/items/"+item+"/messages", cid, `{"id":"m1","text":"bye"}`)
	w.want(200, "POST "+root+"/items/"+item+"/force-close", w.supervisor(), "")
	again := w.want(200, "POST "+root+"/items/"+item+"/messages", cid, `{"id":"m1","text":"bye"}`)
	if again.body["duplicate"] != true || again.text("message") != "m1" {
		t.Errorf("sent again: %v", again.body)
	}
	w.wantProblem("409 WrongState", "POST "+root+"/items/"+item+"/messages", cid, `{"id":"m2","text":"bye"}`)
	w.wantProblem("422 InvalidPresence", "PUT "+root+"/agent/presence", cid, `{"presence":"Inactive"}`)
	w.wantProblem("409 NotConnected", "PUT "+root+"/agents/bob/presence", w.supervisor(), `{"presence":"Away"}`)
	w.wantProblem("404 UnknownAgent", "PUT "+root+"/agents/none/presence", w.supervisor(), `{"presence":"Away"}`)
	w.wantProblem("422 InvalidField", "PUT "+root+"/agents/"+strings.Repeat("x", ingress.MaxID+1)+"/presence", w.supervisor(), `{"presence":"Away"}`)
	list := w.want(200, "GET "+root+"/presences", w.supervisor(), "").body["items"].([]any)
	if diff := cmp.Diff(map[string]any{"name": "Lunch", "base": "Away"}, list[len(list)-1]); diff != "" {
		t.Errorf("presences (-want +got):\n%s", diff)
	}
}

// TestTakingUpAgain has an agent find the conversation that she left to wait for its customer, and take it up again.
func TestTakingUpAgain(t *testing.T) {
	w := newWorld(t)
	w.activate(teamPlan())
	w.connect("ann")
	w.connect("cid")
	item, cid := w.write("c-1", "hi"), w.token("cid@contoso.com")
	w.want(200, "POST "+root+"/offers/"+w.offer(item)+"/accept", w.ann(), "")
	w.want(200, "POST "+root+"/items/"+item+"/close", w.ann(), "")
	listed := func(token string) (ids []any) {
		for _, it := range w.want(200, "GET "+root+"/agent/open-items", token, "").body["items"].([]any) {
			ids = append(ids, it.(map[string]any)["id"])
		}
		return ids
	}
	if mine, others := listed(w.ann()), listed(cid); len(mine) != 1 || mine[0] != item || len(others) != 0 {
		t.Errorf("ann may pick %v, cid %v", mine, others)
	}
	w.wantProblem("409 WrongState", "POST "+root+"/items/"+item+"/pick", cid, "")
	w.want(200, "POST "+root+"/items/"+item+"/pick", w.ann(), "")
	w.want(200, "POST "+root+"/items/"+item+"/messages", w.ann(), `{"id":"m1","text":"one more thing"}`)
	if mine := listed(w.ann()); len(mine) != 0 {
		t.Errorf("ann has it, and may pick %v", mine)
	}
	w.want(200, "POST "+root+"/items/"+item+"/close", w.ann(), "")
	w.write("c-1", "back again")
	if mine := listed(w.ann()); len(mine) != 0 {
		t.Errorf("the customer is back, and ann may pick %v", mine)
	}
}

// TestPickingNeedsTheSkill has an item that its queue's members may pick, but only those with the skill.
func TestPickingNeedsTheSkill(t *testing.T) {
	w := newWorld(t)
	p := teamPlan()
	p.Agents[2].Skills = nil
	w.activate(p)
	w.connect("cid")
	item, cid := w.write("c-1", "hi"), w.token("cid@contoso.com")
	if open := w.want(200, "GET "+root+"/agent/open-items", cid, "").body["items"].([]any); len(open) != 0 {
		t.Errorf("cid is shown %v", open)
	}
	w.wantProblem("403 SkillMissing", "POST "+root+"/items/"+item+"/pick", cid, "")
	got := w.want(200, "GET "+root+"/items/"+item, w.supervisor(), "").text("waitsFor")
	if got != "an agent of queue vip; passed over: ann (not connected), cid (0 units free, 30 needed)" {
		t.Errorf("it waits for %q", got)
	}
}
