// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"workstream.dev/operator/internal/testkit/apiclient"
)

// distributorWith is the Distributor, and who oversees it all.
const distributorWith = `kind: Distributor
metadata: {name: default}
spec:
  auth: {jwt: [{issuer: "https://login.contoso.com", audiences: [workstream], jwksSecretRef: {name: keys}}]}
%s
---
kind: Agent
metadata: {name: sue}
spec: {subject: sue, roles: [Supervisor], capacity: {units: 0}}
---
kind: Channel
metadata: {name: web}
spec: {workstreamRef: {name: chat}, type: Custom, custom: {credentialsSecretRef: {name: web}}}
---
kind: ContextVariable
metadata: {name: tier}
spec: {workstreamRef: {name: chat}, name: tier, type: Text}
`

// setting is the manifests of a test: a workstream chat with a fallback queue general, and what else it says.
type setting struct {
	distribution string // of spec.workDistribution, beside the capacity
	capacity     string // units: 30 when empty
	routing      string // of spec.routing
	experience   string // of spec.agentExperience
	distributor  string // of spec
	general      string // of the queue's spec
	agents       []string
	more         []string
}

func (s setting) start(t *testing.T) *world {
	t.Helper()
	return start(t, s.manifests())
}

func (s setting) manifests() string {
	capacity := s.capacity
	if capacity == "" {
		capacity = "{units: 30}"
	}
	indent := func(text, by string) string {
		if text == "" {
			return ""
		}
		return by + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+by) + "\n"
	}
	documents := append([]string{
		fmt.Sprintf(distributorWith, indent(s.distributor, "  ")),
		"kind: Workstream\nmetadata: {name: chat}\nspec:\n  type: Messaging\n  channelType: Custom\n  workDistribution:\n    capacity: " +
			capacity + "\n" + indent(s.distribution, "    ") + "  routing:\n    fallbackQueueRef: {name: general}\n" + indent(s.routing, "    ") +
			indent(s.experience, "  "),
		"kind: Queue\nmetadata: {name: general}\nspec:\n  type: Messaging\n" + indent(s.general, "  "),
	}, s.more...)
	for _, a := range s.agents {
		name, rest, _ := strings.Cut(a, " ")
		documents = append(documents, "kind: Agent\nmetadata: {name: "+name+"}\nspec: {subject: "+name+", "+rest+"}\n")
	}
	return strings.Join(documents, "---\n")
}

const (
	units   = "capacity: {units: 30}, queueRefs: [{name: general}]"
	plenty  = "capacity: {units: 300}, queueRefs: [{name: general}]"
	needing = "kind: RoutingRuleset\nmetadata: {name: needs}\nspec: {type: Classification, rules: [{name: all, %s}]}\n"
	profile = "kind: CapacityProfile\nmetadata: {name: slots}\nspec: {%s}\n"
	second  = "kind: Queue\nmetadata: {name: second}\nspec: {type: Messaging%s}\n"
)

func TestSkillMatching(t *testing.T) {
	for mode, matched := range map[string]bool{"Exact": false, "Closest": true, "None": true} {
		t.Run(mode, func(t *testing.T) {
			w := setting{
				distribution: "skillMatching: " + mode, routing: "classification: [{name: needs}]",
				agents: []string{"ann skills: [{name: french, rating: 5}], " + units, "bob skills: [{name: french, rating: 4}], " + units},
				more:   []string{fmt.Sprintf(needing, "skills: [{name: french, rating: 5}]")},
			}.start(t)
			w.online("bob")
			item := w.write("c1", "gold")
			if !matched {
				w.waits(item)
				w.online("ann")
				w.accept("ann", item)
				return
			}
			w.accept("bob", item)
		})
	}
}

func TestClassificationSetsPriorityAndAttributes(t *testing.T) {
	w := setting{
		routing: "classification: [{name: needs}]\nrouteToQueue: {name: queues}", agents: []string{"ann " + units},
		more: []string{
			fmt.Sprintf(needing, "set: {priority: 7, attributes: [{name: context.tier, value: platinum}]}"),
			"kind: RoutingRuleset\nmetadata: {name: queues}\nspec:\n  type: RouteToQueue\n  rules:\n  - name: both\n" +
				"    when: {all: [{attribute: context.tier, operator: Equal, values: [platinum]}, " +
				"{attribute: item.priority, operator: Equal, values: [\"7\"]}]}\n    route: {queueRef: {name: second}}\n",
			fmt.Sprintf(second, ""),
		},
	}.start(t)
	if it := w.item(w.write("c1", "gold")); it.Queue != "second" || it.Priority != 7 {
		t.Errorf("item = %+v", it)
	}
}

const routed = "kind: RoutingRuleset\nmetadata: {name: queues}\nspec:\n  type: RouteToQueue\n  rules:\n  - name: some\n%s" +
	"    route: {queueRef: {name: second}}\n"

func TestExpression(t *testing.T) {
	w := setting{
		routing: "routeToQueue: {name: queues}", agents: []string{"ann " + units},
		more: []string{
			fmt.Sprintf(routed, "    when: {attribute: item.type, operator: Equal, values: [messaging]}\n"+
				"    expression: has(context.tier) && context.tier.size() > 4 && item.priority == 100\n"),
			fmt.Sprintf(second, ""),
		},
	}.start(t)
	for tier, queue := range map[string]string{"platinum": "second", "gold": "general", "": "general"} {
		if it := w.item(w.write("c-"+tier, tier)); it.Queue != queue {
			t.Errorf("tier %q: item = %+v", tier, it)
		}
	}
}

// Whatever the time is: hours that are never open, those that always are, and moments long ago.
func TestTimeConditions(t *testing.T) {
	const always = "kind: OperatingHours\nmetadata: {name: always}\nspec: {timeZone: Europe/Berlin, weekly: [" +
		"{days: [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday], from: \"00:00\", to: \"24:00\"}]}\n"
	for condition, queue := range map[string]string{
		"operator: Within, operatingHoursRef: {name: always}":                        "second",
		"operator: NotWithin, operatingHoursRef: {name: always}":                     "general",
		"operator: Within, values: [\"00:00\", \"24:00\"], timeZone: Asia/Kathmandu": "second",
		"operator: After, values: [\"2026-01-01\"]":                                  "second",
		"operator: Before, values: [\"2026-01-01T00:00:00+01:00\"]":                  "general",
	} {
		t.Run(condition, func(t *testing.T) {
			w := setting{
				routing: "routeToQueue: {name: queues}", agents: []string{"ann " + units},
				more: []string{
					fmt.Sprintf(routed, "    when: {attribute: item.createdAt, "+condition+"}\n"), fmt.Sprintf(second, ""), always,
				},
			}.start(t)
			if it := w.item(w.write("c1", "gold")); it.Queue != queue {
				t.Errorf("item = %+v", it)
			}
		})
	}
}

func TestCapacityProfiles(t *testing.T) {
	w := setting{
		capacity: "{profileRef: {name: slots}}", more: []string{fmt.Sprintf(profile, "limit: 1")},
		agents: []string{
			"ann capacity: {profiles: [{name: slots}]}, queueRefs: [{name: general}]",
			"bob capacity: {profiles: [{name: slots, limit: 2}]}, queueRefs: [{name: general}]",
			"cid " + plenty,
		},
	}.start(t)
	w.online("ann", "cid")
	first, next := w.write("c1", ""), w.write("c2", "")
	w.accept("ann", first)
	w.waits(next)
	w.online("bob")
	w.accept("bob", next)
	more, last := w.write("c3", ""), w.write("c4", "")
	w.accept("bob", more)
	w.waits(last)
	w.done("ann", first)
	w.accept("ann", last)
}

func TestProfileThatBlocks(t *testing.T) {
	for blocking, waits := range map[string]bool{"Enabled": true, "Disabled": false} {
		t.Run(blocking, func(t *testing.T) {
			w := setting{
				routing: "classification: [{name: needs}]", distribution: "allowedPresences: [Available, Busy, DoNotDisturb]",
				agents: []string{"ann capacity: {units: 300, profiles: [{name: slots}]}, queueRefs: [{name: general}]"},
				more: []string{
					"kind: RoutingRuleset\nmetadata: {name: needs}\nspec: {type: Classification, rules: [{name: gold, " +
						"when: {attribute: context.tier, operator: Equal, values: [gold]}, capacityProfiles: [{name: slots}]}]}\n",
					fmt.Sprintf(profile, "limit: 1, assignmentBlocking: "+blocking),
				},
			}.start(t)
			w.online("ann")
			w.accept("ann", w.write("c1", "gold"))
			item := w.write("c2", "plain")
			if waits {
				w.waits(item)
				return
			}
			w.accept("ann", item)
		})
	}
}

func TestPresentation(t *testing.T) {
	for presentation, decline := range map[string]string{"Prompt": "", "PromptNoDecline": "DeclineNotAllowed"} {
		t.Run(presentation, func(t *testing.T) {
			w := setting{distribution: "offer: {presentation: " + presentation + "}", agents: []string{"ann " + units}}.start(t)
			w.online("ann")
			offer := w.offered("ann", w.write("c1", ""))
			if decline == "" {
				w.do("ann", "offers/"+offer+"/decline")
				return
			}
			w.refused("ann", "offers/"+offer+"/decline", decline)
			w.do("ann", "offers/"+offer+"/accept")
		})
	}
	t.Run("AutoAccept", func(t *testing.T) {
		w := setting{distribution: "offer: {presentation: AutoAccept}", agents: []string{"ann " + units}}.start(t)
		w.online("ann")
		w.becomes(w.write("c1", ""), func(it apiclient.Item) bool { return it.State == "Active" && it.Agent == "ann" })
	})
}

func TestPickFromPush(t *testing.T) {
	for mode, allowed := range map[string]bool{"Enabled": true, "Disabled": false} {
		t.Run(mode, func(t *testing.T) {
			w := setting{distribution: "pickFromPush: " + mode, agents: []string{"ann " + units}}.start(t)
			w.online("ann")
			w.accept("ann", w.write("c1", "")) // all that she has
			item := w.write("c2", "")
			w.waits(item)
			if !allowed {
				w.refused("ann", "items/"+item+"/pick", "ItemNotPickable")
				return
			}
			w.do("ann", "items/"+item+"/pick")
			if it := w.item(item); it.Agent != "ann" || it.State != "Active" {
				t.Errorf("item = %+v", it)
			}
		})
	}
}

func TestAffinity(t *testing.T) {
	cases := map[string]struct {
		affinity string
		waits    bool
	}{
		"by default":         {"", false},
		"Disabled":           {"agentAffinity: {mode: Disabled}", true},
		"respecting it":      {"agentAffinity: {respect: [Presence]}", true},
		"respecting another": {"agentAffinity: {respect: [Capacity]}", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := setting{distribution: tc.affinity, agents: []string{"ann " + units}}.start(t)
			w.online("ann")
			item := w.write("c1", "")
			w.accept("ann", item)
			w.do("ann", "items/"+item+"/close")
			w.presence("ann", "DoNotDisturb")
			w.write("c1", "") // the customer is back
			if tc.waits {
				w.waits(item)
				return
			}
			w.accept("ann", item)
		})
	}
}

func TestAgentsOfACustomer(t *testing.T) {
	say := func(list string, names ...string) map[string]any {
		return map[string]any{list: append([]string{}, names...)}
	}
	t.Run("never", func(t *testing.T) {
		w := setting{distribution: "pickFromPush: Enabled", agents: []string{"ann " + plenty, "bob " + plenty}}.start(t)
		w.online("ann")
		item := w.writeFor("c1", say("neverAgents", "zoe", "ann"))
		w.waits(item)
		w.writeFor("c1", nil) // what is left out stays
		w.waits(item)
		w.refused("ann", "items/"+item+"/pick", "NeverForCustomer")
		w.writeFor("c1", say("neverAgents"))
		w.accept("ann", item)
		next := w.writeFor("c2", say("neverAgents", "ann"))
		w.waits(next)
		w.writeFor("c2", say("neverAgents", "bob"))
		w.accept("ann", next)
	})
	t.Run("preferred", func(t *testing.T) {
		// The method would take ann, who has more left.
		w := setting{agents: []string{
			"ann capacity: {units: 900}, queueRefs: [{name: general}]", "bob " + plenty, "cid " + plenty,
		}}.start(t)
		w.online("ann", "bob", "cid")
		w.accept("bob", w.writeFor("c1", say("preferredAgents", "zoe", "bob", "cid")))
		w.accept("ann", w.writeFor("c2", nil))
		item := w.writeFor("c3", say("preferredAgents", "cid"))
		w.accept("cid", item)
	})
	t.Run("of a record", func(t *testing.T) {
		w := setting{
			agents: []string{"ann capacity: {units: 900}, queueRefs: [{name: cases}]", "bob capacity: {units: 30}, queueRefs: [{name: cases}]"},
			more: []string{
				"kind: Workstream\nmetadata: {name: cases}\nspec: {type: Record, record: {type: case}, " +
					"workDistribution: {capacity: {units: 30}}, routing: {fallbackQueueRef: {name: cases}}}\n",
				"kind: Queue\nmetadata: {name: cases}\nspec: {type: Record}\n",
			},
		}.start(t)
		w.online("ann")
		item := w.submit("CAS-1", say("neverAgents", "ann"))
		w.waits(item)
		w.online("bob")
		w.accept("bob", item)
		next := w.submit("CAS-2", say("neverAgents", "ann"))
		w.waits(next)
		if again := w.submit("CAS-2", say("neverAgents")); again != next {
			t.Errorf("the update is of %s, want %s", again, next)
		}
		w.accept("ann", next)
	})
}

func TestOverflow(t *testing.T) {
	never := "kind: OperatingHours\nmetadata: {name: never}\nspec: {timeZone: Europe/Berlin}\n"
	always := "kind: OperatingHours\nmetadata: {name: always}\nspec:\n  timeZone: Europe/Berlin\n" +
		"  weekly: [{days: [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday], from: \"00:00\", to: \"24:00\"}]\n"
	toSecond := func(q string) string {
		return "kind: RoutingRuleset\nmetadata: {name: queues}\nspec: {type: RouteToQueue, rules: [{name: all, route: {queueRef: {name: " + q + "}}}]}\n"
	}
	in := func(queue string) func(apiclient.Item) bool {
		return func(it apiclient.Item) bool { return it.State == "Open" && it.Queue == queue }
	}
	closed := func(it apiclient.Item) bool { return it.State == "Closed" && it.Reason == "ClosedDueToOverflow" }
	cases := map[string]struct {
		queue       string // of the second queue's spec
		first, next func(apiclient.Item) bool
	}{
		"closed, to another queue": {
			", operatingHoursRef: {name: never}, overflow: [{when: OutOfHours, action: TransferTo, queueRef: {name: general}}]",
			in("general"), in("general"),
		},
		"closed, anyway": {", operatingHoursRef: {name: never}, overflow: [{when: OutOfHours, action: AssignAnyway}]", in("second"), in("second")},
		"open":           {", operatingHoursRef: {name: always}, overflow: [{when: OutOfHours, action: End}]", in("second"), in("second")},
		"full, ended":    {", overflow: [{when: ItemLimit, limit: 1, action: End}]", in("second"), closed},
		"waited for too long": {
			", overflow: [{when: WaitTime, after: 1s, action: TransferTo, queueRef: {name: general}}]", in("general"), in("general"),
		},
		"waited for too long, ended": {", overflow: [{when: WaitTime, after: 1s, action: End}]", closed, closed},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := setting{
				routing: "routeToQueue: {name: queues}", agents: []string{"ann " + units},
				more: []string{toSecond("second"), fmt.Sprintf(second, tc.queue), never, always},
			}.start(t)
			first := w.write("c1", "")
			next := w.write("c2", "")
			w.becomes(first, tc.first)
			w.becomes(next, tc.next)
		})
	}
}

func TestPromoteAfter(t *testing.T) {
	w := setting{
		routing: "routeToQueue: {name: queues}", general: "promoteAfter: 1s",
		agents: []string{"ann capacity: {units: 30}, queueRefs: [{name: general}, {name: second}]"},
		more: []string{
			"kind: RoutingRuleset\nmetadata: {name: queues}\nspec: {type: RouteToQueue, rules: [{name: gold, " +
				"when: {attribute: context.tier, operator: Equal, values: [gold]}, route: {queueRef: {name: second}}}]}\n",
			fmt.Sprintf(second, ", priority: 1"),
		},
	}.start(t)
	old := w.write("c1", "plain")
	gold := w.write("c2", "gold")
	w.eventually("the older item is promoted", func() bool {
		steps, err := w.as("sue").Trace(t.Context(), old)
		must(t, err)
		return steps[len(steps)-1].Step == "promoted"
	})
	w.online("ann")
	w.accept("ann", old)
	w.waits(gold)
}

func TestPresencesAndTheirRules(t *testing.T) {
	for rule, waits := range map[string]bool{"None": false, "DoNotDisturb": true} {
		t.Run(rule, func(t *testing.T) {
			w := setting{
				distributor: "presences: [{name: Lunch, base: Away}]\npresenceRules: {onDeclinedOffer: " + rule + "}", agents: []string{"ann " + plenty},
			}.start(t)
			w.online("ann")
			w.presence("ann", "Lunch")
			first := w.write("c1", "")
			w.waits(first)
			w.presence("ann", "Available")
			w.do("ann", "offers/"+w.offered("ann", first)+"/decline")
			next := w.write("c2", "")
			if waits {
				w.waits(next)
				return
			}
			w.accept("ann", next)
		})
	}
	t.Run("an offer that was missed", func(t *testing.T) {
		w := setting{
			distributor: "presenceRules: {onMissedOffer: Inactive}", distribution: "offer: {timeout: 5s}", agents: []string{"ann " + plenty},
		}.start(t)
		w.online("ann")
		w.offered("ann", w.write("c1", ""))
		w.eventually("she is Inactive", func() bool {
			var me struct {
				Presence     string `json:"presence"`
				PresenceName string `json:"presenceName"`
			}
			must(t, w.as("ann").Call(t.Context(), "GET", "agent", nil, &me))
			return me.Presence == "Away" && me.PresenceName == "Inactive"
		})
		w.waits(w.write("c2", ""))
	})
}

func TestReconnectGrace(t *testing.T) {
	w := setting{distribution: "reconnectGrace: 5s", agents: []string{"ann " + units, "bob " + units}}.start(t)
	w.online("ann")
	item := w.write("c1", "")
	w.accept("ann", item)
	w.streams["ann"].Close()
	delete(w.streams, "ann")
	w.online("bob")
	if it := w.item(item); it.Agent != "ann" {
		t.Errorf("item = %+v", it)
	}
	w.accept("bob", item)
}

// TestIssuerOfAnAgent: who has the subject at another issuer is somebody else, and here nobody.
func TestIssuerOfAnAgent(t *testing.T) {
	w := setting{agents: []string{
		"ann issuer: \"https://login.contoso.com\", " + units, "bob issuer: \"https://adfs.contoso.com\", " + units,
	}}.start(t)
	w.online("ann")
	var p *apiclient.Problem
	if err := w.as("bob").SetPresence(t.Context(), "Available"); !errors.As(err, &p) || p.Status != http.StatusForbidden {
		t.Errorf("presence of bob: %v", err)
	}
}
