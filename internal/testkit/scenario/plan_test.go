// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

func TestParsePlan(t *testing.T) {
	got, version, err := ParsePlan(`
# A comment, and an empty line.

queue vip priority=10 method=RoundRobin
queue cases type=Record
workstream chat fallback=vip units=5 mode=Pick allowed=(Away) timeout=1m reoffer=2m declines=4 wrapup=5m autoclose=1h variables=(tier:Text, basket:Number)
rule chat gold attribute=context.tier operator=In values=(gold, new) to=(vip)
workstream cases type=Record fallback=cases
channel web chat callback
agent ann units=7 queues=(vip) display=(Ann A.)
`)
	if err != nil {
		t.Fatal(err)
	}
	want := &plan.Plan{
		Namespace: "scenario",
		Workstreams: []plan.Workstream{
			{
				Name: "cases", Type: plan.Record, RecordType: "case", Mode: plan.Push, Units: 30,
				AllowedPresences: []plan.Presence{plan.Available, plan.Busy},
				Offer:            plan.Offer{Timeout: 2 * time.Minute, ReofferAfter: 2 * time.Minute, MaxDeclines: 3},
				Routing:          plan.Routing{Fallback: "cases"},
			},
			{
				Name: "chat", Type: plan.Messaging, ChannelType: "Custom", Mode: plan.Pick, Units: 5,
				AllowedPresences: []plan.Presence{plan.Away},
				Offer:            plan.Offer{Timeout: time.Minute, ReofferAfter: 2 * time.Minute, MaxDeclines: 4},
				WrapUp:           plan.WrapUp{Block: plan.BlockCustom, For: 5 * time.Minute}, Lifecycle: plan.DefaultLifecycle(plan.Messaging, "Custom", time.Hour),
				Variables: []plan.Variable{{Name: "basket", Kind: rule.Number}, {Name: "tier", Kind: rule.Text}},
				Routing: plan.Routing{Ruleset: "chat-rules", Fallback: "vip", Rules: []plan.Rule{{
					Name:  "gold",
					When:  &rule.Condition{Attribute: "context.tier", Operator: rule.In, Values: []string{"gold", "new"}},
					Split: []plan.Target{{Queue: "vip", Percent: 100}},
				}}},
			},
		},
		Channels: []plan.Channel{{Name: "web", Workstream: "chat", Type: "Custom", Custom: &plan.Custom{
			Address: "web", Credentials: "secret", CallbackURL: "https://customer.example/callback",
		}}},
		Queues: []plan.Queue{
			{Name: "cases", Type: plan.Record, Priority: 100, Method: plan.HighestCapacity},
			{Name: "vip", Type: plan.Messaging, Priority: 10, Method: plan.RoundRobin},
		},
		Agents: []plan.Agent{{
			Name: "ann", DisplayName: "Ann A.", Subject: "ann", Roles: []plan.Role{plan.RoleAgent}, Units: 7, Queues: []string{"vip"},
		}},
	}
	opts := cmp.Options{cmpopts.IgnoreUnexported(plan.Plan{}, plan.Workstream{}, plan.Routing{}, plan.Classification{}), cmpopts.IgnoreFields(plan.Workstream{}, "Revision")}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if version == "" || got.Workstream("chat").Revision == got.Workstream("cases").Revision {
		t.Error("it has no version, or no revisions")
	}
}

func TestParsePlanRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"bot x":                      `"bot x": no such part`,
		"queue":                      `"queue": an argument is missing`,
		"queue a size=3":             `"queue a size=3": not understood: [] map[size:[3]]`,
		"queue a priority=x":         `"queue a priority=x": priority: strconv.ParseInt: parsing "x": invalid syntax`,
		"rule chat x to=(a)":         `"rule chat x to=(a)": no workstream "chat" above`,
		"workstream chat fallback=q": `workstream chat: no fallback queue "q" in the plan`,
		"queue q\nworkstream c fallback=q timeout=x": `"workstream c fallback=q timeout=x": timeout: time: invalid duration "x"`,
	} {
		if _, _, err := ParsePlan(text); fmt.Sprint(err) != want {
			t.Errorf("%q: error %q, want %q", text, fmt.Sprint(err), want)
		}
	}
}

// A command that the engine refuses with an error fails the step: no story goes on over a bug.
func TestWorldReturnsErrors(t *testing.T) {
	w := NewWorld()
	p, version, err := ParsePlan("queue q\nworkstream c fallback=q")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Step(Start, event.ActivatePlan{Version: version + "x", Plan: p}); err == nil {
		t.Error("a plan under another version is accepted")
	}
	if _, err := w.Step(Start, event.ActivatePlan{Version: version, Plan: p}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Step(Start, nil); err == nil {
		t.Error("a command that is none is accepted")
	}
}
