// SPDX-License-Identifier: Apache-2.0

package whatif_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/manifest"
	"workstream.dev/operator/internal/whatif"
)

// centre is the plan of a small contact centre; more is YAML of further objects.
func centre(tb testing.TB, more string) *compile.Output {
	tb.Helper()
	loader := manifest.Loader{Stdin: strings.NewReader(objects + more)}
	set, problems := loader.Load("-")
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	out, err := compile.Compile(set.Input("default"))
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

const head = "\n---\napiVersion: routing.workstream.dev/v1alpha1\nkind: "

const objects = head + `Workstream
metadata: {name: chat}
spec:
  type: Messaging
  channelType: Custom
  workDistribution: {capacity: {units: 30}}
  routing: {routeToQueue: {name: queues}, fallbackQueueRef: {name: general}}` + head + `Channel
metadata: {name: web}
spec: {workstreamRef: {name: chat}, type: Custom, custom: {credentialsSecretRef: {name: web}}}` + head + `RoutingRuleset
metadata: {name: queues}
spec:
  type: RouteToQueue
  rules:
  - name: shared
    when: {attribute: channel.shared, operator: Exists}
    route: {split: [{queueRef: {name: general}, percent: 30}, {queueRef: {name: night}, percent: 70}]}
  - name: limited
    when: {attribute: channel.limited, operator: Exists}
    route: {queueRef: {name: limited}}` + head + `Queue
metadata: {name: general}
spec: {type: Messaging}` + head + `Queue
metadata: {name: limited}
spec:
  type: Messaging
  overflow: [{when: ItemLimit, limit: 2, action: End}]` + head + `OperatingHours
metadata: {name: days}
spec:
  timeZone: UTC
  weekly: [{days: [Monday], from: "08:00", to: "18:00"}]` + head + `Queue
metadata: {name: night}
spec:
  type: Messaging
  operatingHoursRef: {name: days}
  overflow: [{when: OutOfHours, action: TransferTo, queueRef: {name: general}}]` + head + `Agent
metadata: {name: ann}
spec: {subject: ann, capacity: {units: 100}, queueRefs: [{name: general}, {name: night}, {name: limited}]}` + head + `Agent
metadata: {name: bob}
spec: {subject: bob, capacity: {units: 60}, queueRefs: [{name: general}]}`

// TestRun: what is given decides, by the engine itself.
func TestRun(t *testing.T) {
	out := centre(t, "")
	for name, tc := range map[string]struct {
		given, queue, candidates string
		state                    event.State
		err                      string
	}{
		"nobody says anything":            {given: `workstream: chat`, queue: "general", candidates: "ann bob"},
		"by its channel":                  {given: `channel: web`, queue: "general", candidates: "ann bob"},
		"as an analysis writes it":        {given: `given: {item.workstream: chat, item.type: Messaging}`, queue: "general", candidates: "ann bob"},
		"who has more capacity is first":  {given: `{workstream: chat, agents: {ann: {holds: {chat: 2}}}}`, queue: "general", candidates: "bob ann"},
		"who has none is none":            {given: `{workstream: chat, agents: {bob: {holds: {chat: 2}}}}`, queue: "general", candidates: "ann"},
		"who is away is none":             {given: `{workstream: chat, agents: {ann: {presence: Away}}}`, queue: "general", candidates: "bob"},
		"all others are offline":          {given: `{workstream: chat, otherAgents: Offline, agents: {bob: {presence: Busy}}}`, queue: "general", candidates: "bob"},
		"the lower draws":                 {given: `{workstream: chat, draw: 29, given: {channel.shared: 1}}`, queue: "general", candidates: "ann bob"},
		"the higher draws":                {given: `{workstream: chat, draw: 30, given: {channel.shared: 1}}`, queue: "night", candidates: "ann"},
		"out of hours":                    {given: `{workstream: chat, draw: 30, at: 2026-01-06T12:00:00Z, given: {channel.shared: 1}}`, queue: "general", candidates: "ann bob"},
		"in hours of another zone":        {given: `{workstream: chat, draw: 30, at: 2026-01-06T02:00:00+09:00, given: {channel.shared: 1}}`, queue: "night", candidates: "ann"},
		"as when it was created":          {given: `{workstream: chat, draw: 30, given: {channel.shared: 1, item.createdAt: 2026-01-06T12:00:00Z}}`, queue: "general", candidates: "ann bob"},
		"below the limit":                 {given: `{workstream: chat, otherAgents: Offline, given: {channel.limited: 1}, waiting: {limited: 1}}`, queue: "limited"},
		"at the limit":                    {given: `{workstream: chat, otherAgents: Offline, given: {channel.limited: 1}, waiting: {limited: 2}}`, state: event.Closed},
		"customers who never want bob":    {given: `{workstream: chat, given: {customer.neverAgents: "bob, cid"}}`, queue: "general", candidates: "ann"},
		"customers who prefer bob":        {given: `{workstream: chat, given: {customer.preferredAgents: bob}}`, queue: "general", candidates: "bob ann"},
		"no workstream":                   {given: `given: {}`, err: "workstream: one of workstream and channel must be set"},
		"a workstream that is not there":  {given: `workstream: chats`, err: `workstream: the plan has no Workstream "chats"`},
		"a channel that is not there":     {given: `channel: app`, err: `channel: the plan has no Channel "app"`},
		"a channel of another workstream": {given: `{channel: web, workstream: cases}`, err: `channel: Channel "web" is of Workstream "chat", not "cases"`},
		"a variable that is not declared": {given: `{workstream: chat, given: {context.x: 1}}`, err: `given: context.x is not declared: Workstream "chat" has no such ContextVariable`},
		"columns of records":              {given: `{workstream: chat, given: {record.x: 1}}`, err: `given: record.x is not of an item of Workstream "chat", whose type is Messaging`},
		"what rules set":                  {given: `{workstream: chat, given: {item.priority: 1}}`, err: "given: item.priority is not sent by a source: rules set it"},
		"another type":                    {given: `{workstream: chat, given: {item.type: Record}}`, err: "given: item.type is not sent by a source: rules set it"},
		"no attribute":                    {given: `{workstream: chat, given: {tier: 1}}`, err: `given: "tier" is no attribute: those are context.*, channel.*, customer.*, record.* and item.createdAt`},
		"an agent who is not there":       {given: `{workstream: chat, agents: {zoe: {}}}`, err: `agents: the plan has no Agent "zoe" who takes work`},
		"no presence":                     {given: `{workstream: chat, agents: {ann: {presence: Lunch}}}`, err: `agents: ann: there is no presence "Lunch": Available, Busy, DoNotDisturb, Away, Offline or one of the Distributor`},
		"no presence of others":           {given: `{workstream: chat, otherAgents: offline}`, err: `otherAgents: there is no presence "offline"`},
		"work of no workstream":           {given: `{workstream: chat, agents: {ann: {holds: {x: 1}}}}`, err: `agents: ann: holds: the plan has no Workstream "x"`},
		"less than nothing":               {given: `{workstream: chat, agents: {ann: {holds: {chat: -1}}}}`, err: "agents: ann: holds: -1 is not from 0 to 1000"},
		"a queue that is not there":       {given: `{workstream: chat, waiting: {x: 1}}`, err: `waiting: the plan has no Queue "x"`},
		"too many":                        {given: `{workstream: chat, waiting: {general: 10001}}`, err: "waiting: general: 10001 is not from 0 to 10000"},
		"a draw of 100":                   {given: `{workstream: chat, draw: 100}`, err: "draw: 100 is not from 0 to 99"},
		"two times":                       {given: `{workstream: chat, at: 2026-01-06T12:00:00Z, given: {item.createdAt: 2026-01-06T12:00:00Z}}`, err: "at and item.createdAt say the same: only one of them may be set"},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := whatif.Decode([]byte(tc.given))
			if err != nil {
				t.Fatal(err)
			}
			got, err := whatif.Run(out.Plan, out.Version, g, whatif.MaxCandidates)
			if tc.err != "" {
				if err == nil || err.Error() != tc.err {
					t.Fatalf("error %v, want %s", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := tc.state
			if want == "" {
				want = event.Open
			}
			if got.Item.State != want || got.Item.Queue != tc.queue {
				t.Errorf("it is %s in queue %s, want %s in %s", got.Item.State, got.Item.Queue, want, tc.queue)
			}
			if diff := cmp.Diff(strings.Fields(tc.candidates), got.Candidates, cmp.Transformer("none", func(l []string) string { return strings.Join(l, " ") })); diff != "" {
				t.Errorf("candidates (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhyNot: each way in which an item is not with an agent.
func TestWhyNot(t *testing.T) {
	out := centre(t, "")
	for name, tc := range map[string]struct {
		given, agent string
		want         whatif.Verdict
	}{
		"first":     {`workstream: chat`, "ann", whatif.Verdict{Agent: "ann", Result: whatif.Offered, Rank: 1, Reason: "MostFree", Detail: "most free capacity: 100, next 60"}},
		"second":    {`workstream: chat`, "bob", whatif.Verdict{Agent: "bob", Result: whatif.Eligible, Rank: 2}},
		"away":      {`{workstream: chat, agents: {bob: {presence: Away}}}`, "bob", whatif.Verdict{Agent: "bob", Result: whatif.Excluded, Reason: "PresenceNotAllowed", Detail: "Away"}},
		"no member": {`{workstream: chat, given: {channel.limited: 1}}`, "bob", whatif.Verdict{Agent: "bob", Result: whatif.Excluded, Reason: "NotAQueueMember", Detail: `serves ["general"], and the item is in limited`}},
		"ended":     {`{workstream: chat, given: {channel.limited: 1}, otherAgents: Offline, waiting: {limited: 2}}`, "bob", whatif.Verdict{Agent: "bob", Result: whatif.Excluded, Reason: "Closed", Detail: "ClosedDueToOverflow"}},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := whatif.Decode([]byte(tc.given))
			if err != nil {
				t.Fatal(err)
			}
			o, err := whatif.Run(out.Plan, out.Version, g, whatif.MaxCandidates)
			if err != nil {
				t.Fatal(err)
			}
			got, err := whatif.WhyNot(out.Plan, out.Version, g, o, tc.agent)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhyNotBeyondTheFirst: a large queue names its first 50 members, and any other can be asked for.
func TestWhyNotBeyondTheFirst(t *testing.T) {
	var more strings.Builder
	for i := range 60 {
		name := "zoe-" + string(rune('a'+i/10)) + string(rune('0'+i%10))
		more.WriteString(head + "Agent\nmetadata: {name: " + name + "}\nspec: {subject: " + name +
			", capacity: {units: 20}, queueRefs: [{name: general}]}")
	}
	out := centre(t, more.String())
	g := &whatif.Given{Workstream: "chat"}
	o, err := whatif.Run(out.Plan, out.Version, g, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Agents) != 50 || o.More == 0 {
		t.Fatalf("%d agents and %d more", len(o.Agents), o.More)
	}
	got, err := whatif.WhyNot(out.Plan, out.Version, g, o, "zoe-f9")
	want := whatif.Verdict{Agent: "zoe-f9", Result: whatif.Excluded, Reason: "NoCapacity", Detail: "free 20, needs 30"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// FuzzGiven: no file that describes an item makes anything panic, and a good one has an outcome or an error.
func FuzzGiven(f *testing.F) {
	for _, seed := range []string{
		`workstream: chat`, `{workstream: chat, draw: 30, at: 2026-01-06T12:00:00Z, given: {channel.shared: 1}}`,
		`{workstream: chat, agents: {bob: {presence: Away, holds: {chat: 2}}}, otherAgents: Offline, waiting: {limited: 2}}`,
		`{"channel": "web", "given": {"customer.neverAgents": "ann", "customer.id": "\u0000"}}`, "given: &a {x: *a}", "- 1",
	} {
		f.Add([]byte(seed))
	}
	out := centre(f, "")
	f.Fuzz(func(t *testing.T, body []byte) {
		g, err := whatif.Decode(body)
		if err != nil {
			return
		}
		for _, n := range g.Waiting { // time is for other things
			if n > 100 {
				return
			}
		}
		for _, a := range g.Agents {
			for _, n := range a.Holds {
				if n > 100 {
					return
				}
			}
		}
		o, err := whatif.Run(out.Plan, out.Version, g, 2)
		if err == nil && o.Item.ID == "" {
			t.Fatalf("neither an error nor an item of %q", body)
		}
	})
}
